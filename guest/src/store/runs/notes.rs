//! What could not be read, a sentence a topic: the table `sync_notes`.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreResult;
use crate::store::lossy::text;
use crate::time::UnixSeconds;

/// Writes down what cannot be read, a sentence a topic.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn set_note(connection: &Connection, topic: &str, note: &str, now: UnixSeconds) -> StoreResult<()> {
    connection.execute(
        "INSERT INTO sync_notes (topic, note, noted_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (topic) DO UPDATE SET note = excluded.note, noted_at = excluded.noted_at",
        params![topic, note, now],
    )?;
    Ok(())
}

/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn clear_note(connection: &Connection, topic: &str) -> StoreResult<()> {
    connection.execute("DELETE FROM sync_notes WHERE topic = ?1", [topic])?;
    Ok(())
}

/// What was written down of a topic.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn note(connection: &Connection, topic: &str) -> StoreResult<Option<String>> {
    let mut statement = connection.prepare_cached("SELECT note FROM sync_notes WHERE topic = ?1")?;
    Ok(statement.query_row([topic], |row| text(row, 0)).optional()?)
}

/// Everything that was written down, the latest first.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn notes(connection: &Connection) -> StoreResult<Vec<String>> {
    let mut statement =
        connection.prepare_cached("SELECT note FROM sync_notes ORDER BY noted_at DESC, topic")?;
    let notes = statement.query_map([], |row| text(row, 0))?.collect::<Result<_, _>>()?;
    Ok(notes)
}
