//! The documented views that free SQL may read.
//!
//! Each is made of two: one of a name that nobody can guess, which reads the tables, and the
//! documented one, which reads that. SQLite tells its authorizer for each column that is read the
//! name of the innermost view *or common table expression* around it; so a name that a caller can
//! write proves nothing, and only reads under the hidden names are let through to the tables.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value, ValueRef};

use super::sql_functions::{self, LONGEST_VALUE, in_time};
use crate::environment::Redaction;
use crate::error::StoreResult;
use crate::redaction;
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
    "v_articles",
    "v_tickets",
    "v_ticket_parts",
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
pub fn ensure(connection: &Connection, redactions: &[Redaction]) -> StoreResult<String> {
    let hidden: Vec<String> = connection
        .prepare("SELECT name FROM temp.sqlite_schema WHERE type = 'view' AND name GLOB 'hidden_*'")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if !redactions.is_empty() {
        install_redaction(connection, redactions)?;
    }
    let prefix = hidden.iter().find_map(|name| Some(name.split_once(NAMES[0])?.0.to_owned()));
    if let Some(prefix) = prefix.filter(|_| hidden.len() == NAMES.len()) {
        // One caller's texts are blanked out, the next one's may not be.
        let redacts: bool = connection.query_row(
            "SELECT instr(sql, 'redacted_text(') > 0 FROM temp.sqlite_schema WHERE name = ?1",
            [NAMES[0]],
            |row| row.get(0),
        )?;
        if redacts == redactions.is_empty() {
            let drop: String = NAMES.iter().map(|name| format!("DROP VIEW temp.{name};")).collect();
            connection.execute_batch(&format!("SAVEPOINT views; {drop}"))?;
            show(connection, &prefix, !redactions.is_empty())?;
        }
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
    let create = |name: &str| format!("CREATE TEMP VIEW {name} AS");
    for name in NAMES {
        sql = sql.replace(&create(name), &create(&format!("{prefix}{name}")));
    }
    connection.execute_batch(&format!("SAVEPOINT views; {sql}"))?;
    show(connection, &prefix, !redactions.is_empty())?;
    Ok(prefix)
}

/// Creates the documented views over those behind them, and ends the savepoint.
fn show(connection: &Connection, prefix: &str, redacts: bool) -> StoreResult<()> {
    for name in NAMES {
        let behind = format!("temp.{prefix}{name}");
        let statement = connection.prepare(&format!("SELECT * FROM {behind}"))?;
        let columns: Vec<String> = statement.column_names().map(|column| shown(name, column)).collect();
        let columns = if redacts { columns.join(", ") } else { "*".to_owned() };
        connection.execute_batch(&format!("CREATE TEMP VIEW {name} AS SELECT {columns} FROM {behind}"))?;
    }
    Ok(connection.execute_batch("RELEASE views")?)
}

/// Columns that are never redacted: ids of Intercom's, by which views are joined, and instants.
const RAW: &[&str] = &["conversation_id", "message_id", "article_id"];
/// Columns that hold names of people.
const PEOPLE: &[&str] = &["customer_name", "author_name", "assignee", "closed_by", "author", "owner"];
/// A column as a statement sees it under redaction. It is redacted here and not in the answer, so
/// that no function, pattern, cast or aggregate gets at more. What is new is redacted.
fn shown(view: &str, column: &str) -> String {
    let name = format!("\"{column}\"");
    let is_person =
        PEOPLE.contains(&column) || ["v_contacts", "v_teammates"].contains(&view) && column == "name";
    if RAW.contains(&column) || column.ends_with("_at") {
        name
    } else if column == "assigned_to" {
        // A teammate's name, or a team's.
        format!(
            "CASE assigned_to_type WHEN 'team' THEN redacted_text({name}) ELSE redacted_name({name}) END AS {name}"
        )
    } else if is_person {
        format!("redacted_name({name}) AS {name}")
    } else {
        format!("redacted_text({name}) AS {name}")
    }
}

/// The functions of [`shown`]. Numbers stay numbers: a column of them holds no person's.
fn install_redaction(connection: &Connection, redactions: &[Redaction]) -> StoreResult<()> {
    type Redact = fn(&str, &[Redaction]) -> String;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let functions: [(&str, Redact); 2] = [
        ("redacted_text", |text, kinds| {
            let text = text::clean(text);
            // JSON stays JSON, and its numbers are looked at, too.
            let is_json = text.starts_with(['{', '[']);
            let redacted =
                if is_json { redaction::redact_json(&text, kinds) } else { redaction::redact(&text, kinds) };
            redacted.into_owned()
        }),
        ("redacted_name", redaction::redact_name),
    ];
    for (name, function) in functions {
        let kinds = redactions.to_vec();
        connection.create_scalar_function(name, 1, flags, move |call| {
            in_time()?;
            Ok(match call.get_raw(0) {
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    Value::from(function(&String::from_utf8_lossy(bytes), &kinds))
                }
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Real(number) => Value::Real(number),
                ValueRef::Null => Value::Null,
            })
        })?;
    }
    Ok(())
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
