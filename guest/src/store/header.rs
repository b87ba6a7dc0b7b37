//! What a file is: looked at before SQLite opens it, so that a stranger's stays untouched.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::schema::{APPLICATION_ID, SCHEMA_VERSION};
use crate::error::{StoreError, StoreResult};

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No file, or an empty one, which SQLite takes for a new database.
    Nothing,
    Database {
        /// The file is in WAL mode, which no guest can share.
        write_ahead_log: bool,
    },
}

/// Reads the first 100 bytes of the file (<https://sqlite.org/fileformat2.html#the_database_header>)
/// and judges by them.
///
/// # Errors
/// [`StoreError::NotADatabase`], [`StoreError::Newer`], [`StoreError::Foreign`], or
/// [`StoreError::CannotOpen`] when the file cannot be read.
pub(super) fn look_at(path: &Path) -> StoreResult<Found> {
    let mut header = [0_u8; 100];
    let mut file = match File::open(on_disk(path)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(StoreError::CannotOpen(error.to_string())),
    };
    let mut length = 0;
    while length < header.len() {
        match file.read(&mut header[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(StoreError::CannotOpen(error.to_string())),
        }
    }
    if length == 0 {
        return Ok(Found::Nothing);
    }
    if length < header.len() || !header.starts_with(b"SQLite format 3\0") {
        return Err(StoreError::NotADatabase);
    }
    let number = |at: usize| i32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    judge(i64::from(number(60)), number(68))?;
    Ok(Found::Database { write_ahead_log: header[18] == 2 || header[19] == 2 })
}

/// Refuses what this program did not write and does not know.
///
/// # Errors
/// [`StoreError::Newer`] or [`StoreError::Foreign`].
pub(super) fn judge(user_version: i64, application_id: i32) -> StoreResult<()> {
    if application_id != 0 && application_id != APPLICATION_ID {
        return Err(StoreError::Foreign(format!("application id {application_id:#010x}")));
    }
    if user_version > SCHEMA_VERSION {
        return Err(StoreError::Newer { found: user_version, known: SCHEMA_VERSION });
    }
    if user_version < 0 {
        return Err(StoreError::Foreign(format!("user version {user_version}")));
    }
    Ok(())
}

/// The schema version of the database, when this program can work with it.
pub(super) fn version(connection: &Connection) -> StoreResult<i64> {
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let application = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    judge(version, application)?;
    Ok(version)
}

/// Where `std::fs` finds the file: in the guest, paths are relative to the preopened folder.
pub(super) fn on_disk(path: &Path) -> PathBuf {
    #[cfg(target_family = "wasm")]
    return super::vfs::std_path(path);
    #[cfg(not(target_family = "wasm"))]
    return path.to_owned();
}

/// The path of a file beside the database, with that added to its name.
pub(super) fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}
