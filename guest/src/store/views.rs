//! The documented views that free SQL may read.

use std::collections::HashSet;

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use crate::error::StoreResult;
use crate::text;

/// The views with what their columns mean; a resource shows this text as it is.
pub const SQL: &str = include_str!("views.sql");

/// Names of the views.
pub const NAMES: &[&str] =
    &["v_conversations", "v_messages", "v_tags", "v_events", "v_teammates", "v_teams", "v_syncs"];

/// Creates the views for this connection, unless it has them.
///
/// They are temporary: the database file stays as the original program's users know it, a
/// read-only file is no obstacle, and a new version of a view needs no migration.
///
/// Each documented view selects everything of another one that reads the tables. SQLite tells an
/// authorizer the name of the innermost view *or common table expression* behind a read, so whoever
/// could write `WITH v_messages AS (SELECT email FROM contacts)` would pass for the view. The name of
/// the inner one cannot be guessed, and nothing that a statement may read tells it.
///
/// # Errors
/// What SQLite reports.
pub fn ensure(connection: &Connection) -> StoreResult<()> {
    let there: i64 = connection.query_row(
        "SELECT count(*) FROM temp.sqlite_schema WHERE type = 'view' AND name = ?1",
        [NAMES[NAMES.len() - 1]],
        |row| row.get(0),
    )?;
    if there > 0 {
        return Ok(());
    }
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("plain_text", 1, flags, |call| {
        let html = call.get::<Option<String>>(0)?;
        Ok(html.map(|html| text::clean(&text::html_to_text(&html)).trim().to_owned()))
    })?;
    let suffix: String =
        connection.query_row("SELECT '_' || lower(hex(randomblob(16)))", [], |row| row.get(0))?;
    let mut inner = SQL.to_owned();
    let mut documented = String::new();
    for name in NAMES {
        inner = inner.replace(&format!(" {name} AS"), &format!(" {name}{suffix} AS"));
        documented.push_str(&format!("CREATE TEMP VIEW {name} AS SELECT * FROM temp.{name}{suffix};\n"));
    }
    connection.execute_batch(&format!("SAVEPOINT views; {inner}; {documented} RELEASE views"))?;
    Ok(())
}

/// The names of the views that read the tables, lower case; [`ensure`] made them.
///
/// # Errors
/// What SQLite reports.
pub fn inner_names(connection: &Connection) -> StoreResult<HashSet<String>> {
    let mut statement =
        connection.prepare_cached("SELECT lower(name) FROM temp.sqlite_schema WHERE type = 'view'")?;
    let all = statement.query_map([], |row| row.get(0))?.collect::<Result<HashSet<String>, _>>()?;
    Ok(all.into_iter().filter(|name| !NAMES.contains(&name.as_str())).collect())
}
