//! An erasure of which the rows are gone, and the file is not made anew yet.
//!
//! A full disk or the process's end can come between the two. Until then the index of words and gaps
//! between rows may have what was erased, so a mark in `meta` says so, which names nobody. Making the
//! file anew for whomever takes it away; who was erased is known to who did it, and their own
//! repetition also looks for them again.

use rusqlite::Connection;

use crate::error::{StoreError, StoreResult};

/// The key in `meta` of the mark.
const KEY: &str = "unfinished_erasure";

/// Marks the file as one to be made anew.
pub(super) fn mark(tx: &Connection) -> StoreResult<()> {
    tx.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, 1)", [KEY])?;
    Ok(())
}

/// Takes the mark away, in a file that was made anew. Says whether there was one.
///
/// # Errors
/// When the database cannot be written.
pub fn unmark(connection: &Connection) -> StoreResult<bool> {
    Ok(connection.execute("DELETE FROM meta WHERE key = ?1", [KEY])? > 0)
}

/// Whether the file may still have somebody's bytes.
///
/// # Errors
/// When the database cannot be read.
pub fn is_marked(connection: &Connection) -> StoreResult<bool> {
    Ok(connection.prepare("SELECT 1 FROM meta WHERE key = ?1")?.exists([KEY])?)
}

/// What to say when the rows could not be removed.
pub(super) fn not_begun(error: StoreError) -> StoreError {
    match error {
        StoreError::CannotWrite(detail) => StoreError::Other(format!(
            "The database could not be written ({detail}); the disk is probably full. Nobody was erased. Free some space, then run the same command again."
        )),
        error => error,
    }
}

/// What to say when they are gone, and the file was not made anew.
pub(super) fn not_ended(error: StoreError) -> StoreError {
    let reason = match error {
        StoreError::CannotWrite(detail) => format!("{detail}; the disk is probably full"),
        error => error.to_string(),
    };
    StoreError::Other(format!(
        "The rows of the person are gone, but the file was not made anew and may still have their bytes ({reason}). Mend that, then run `fastintercom erase` again for the same person; until then `doctor` reminds of it."
    ))
}
