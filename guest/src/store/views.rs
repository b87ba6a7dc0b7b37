//! The documented views that free SQL may read.
//!
//! Each is made of two: one of a name that nobody can guess, which reads the tables, and the
//! documented one, which reads that. SQLite tells its authorizer for each column that is read the
//! name of the innermost view *or common table expression* around it; so a name that a caller can
//! write proves nothing, and only reads under the hidden names are let through to the tables.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use super::sql_functions::{self, LONGEST_VALUE, in_time};
use crate::error::StoreResult;
use crate::text;

/// The views with what their columns mean; a resource shows this text as it is.
pub const SQL: &str = include_str!("views.sql");

/// Names of the views.
pub const NAMES: &[&str] = &[
    "v_conversations",
    "v_messages",
    "v_tags",
    "v_events",
    "v_ai_sources",
    "v_links",
    "v_contacts",
    "v_companies",
    "v_teammates",
    "v_teams",
    "v_syncs",
];

/// Creates the views for this connection, unless it has them, and returns how the names of those
/// that read the tables begin.
///
/// They are temporary: the database file stays as the original program's users know it, a
/// read-only file is no obstacle, and a new version of a view needs no migration.
///
/// # Errors
/// What SQLite reports.
pub fn ensure(connection: &Connection) -> StoreResult<String> {
    let hidden: Vec<String> = connection
        .prepare("SELECT name FROM temp.sqlite_schema WHERE type = 'view' AND name GLOB 'hidden_*'")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let prefix = hidden.iter().find_map(|name| Some(name.split_once(NAMES[0])?.0.to_owned()));
    if let Some(prefix) = prefix.filter(|_| hidden.len() == NAMES.len()) {
        return Ok(prefix);
    }
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("plain_text", 1, flags, |call| {
        in_time()?;
        let html = sql_functions::text(call, 0);
        Ok(html.map(|html| text::plain_text(&html)))
    })?;
    sql_functions::install(connection, LONGEST_VALUE.unsigned_abs() as usize)?;
    let random: String = connection.query_row("SELECT lower(hex(randomblob(16)))", [], |row| row.get(0))?;
    let prefix = format!("hidden_{random}_");
    let mut sql = SQL.to_owned();
    for name in NAMES {
        let create = |name: &str| format!("CREATE TEMP VIEW {name} AS");
        sql = sql.replace(&create(name), &create(&format!("{prefix}{name}")));
        sql.push_str(&format!("\n{} SELECT * FROM temp.{prefix}{name};", create(name)));
    }
    connection.execute_batch(&format!("SAVEPOINT views; {sql} RELEASE views"))?;
    Ok(prefix)
}

/// Whether a view reads that table.
#[must_use]
pub fn are_made_of(table: &str) -> bool {
    let name = table.to_ascii_lowercase();
    SQL.split("main.").skip(1).any(|rest| {
        rest.strip_prefix(name.as_str())
            .is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
    })
}
