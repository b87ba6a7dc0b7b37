//! Opening the database with the settings that sharing it needs.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::StoreResult;

/// The schema version this program writes, in `PRAGMA user_version`.
pub const SCHEMA_VERSION: i64 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    ReadWrite,
    ReadOnly,
}

/// An open database.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens the database at that path, creating or migrating its tables.
    ///
    /// # Errors
    /// [`crate::error::StoreError`] when the file is no database, of a newer version, damaged,
    /// locked for too long, or cannot be written.
    pub fn open(path: &Path, mode: OpenMode) -> StoreResult<Self> {
        let flags = match mode {
            OpenMode::ReadWrite => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            OpenMode::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::from_secs(15))?;
        connection.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON;")?;
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version == 0 {
            connection.execute_batch(&format!(
                "BEGIN IMMEDIATE; {} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;",
                include_str!("schema.sql")
            ))?;
        }
        Ok(Self { connection })
    }

    /// The connection, for the other files of the store.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The connection, for transactions.
    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_database_gets_its_tables() {
        let store = Store::open(Path::new(":memory:"), OpenMode::ReadWrite).expect("opens");
        let tables: i64 = store
            .connection()
            .query_row(
                "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'messages_fts_%'",
                [],
                |row| row.get(0),
            )
            .expect("counts");
        assert!(tables > 15, "{tables} tables");
    }
}
