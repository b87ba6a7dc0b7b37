//! The documented views that free SQL may read.

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
/// # Errors
/// What SQLite reports.
pub fn ensure(connection: &Connection) -> StoreResult<()> {
    let there: i64 = connection.query_row(
        "SELECT count(*) FROM temp.sqlite_schema WHERE type = 'view' AND name LIKE 'v\\_%' ESCAPE '\\'",
        [],
        |row| row.get(0),
    )?;
    if usize::try_from(there).is_ok_and(|there| there >= NAMES.len()) {
        return Ok(());
    }
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("plain_text", 1, flags, |call| {
        let html = call.get::<Option<String>>(0)?;
        Ok(html.map(|html| text::clean(&text::html_to_text(&html)).trim().to_owned()))
    })?;
    connection.execute_batch(SQL)?;
    Ok(())
}
