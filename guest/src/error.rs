//! Errors of the store. Each becomes one sentence for a person, with what to do about it.

use std::fmt;

/// What went wrong with the database.
#[derive(Debug)]
pub enum StoreError {
    /// The file is not an SQLite database.
    NotADatabase,
    /// A newer FastIntercom wrote it; both schema numbers.
    Newer { found: i64, known: i64 },
    /// SQLite finds the file damaged.
    Corrupt(String),
    /// Someone else kept the file locked for longer than we wait.
    Busy,
    /// The file or its folder cannot be written.
    ReadOnly,
    /// The disk is full, or a write failed.
    CannotWrite(String),
    /// Nothing of the above; SQLite's own words.
    Sqlite(rusqlite::Error),
    /// What is asked contradicts what is stored.
    Other(String),
}

pub type StoreResult<T> = Result<T, StoreError>;

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADatabase => formatter.write_str(
                "The database file is not an SQLite database, so it was left untouched. Move it away, or set FASTINTERCOM_DB_PATH to another file.",
            ),
            Self::Newer { found, known } => write!(
                formatter,
                "A newer FastIntercom wrote this database (schema {found}; this program knows {known}), so it was left untouched. Update FastIntercom, or set FASTINTERCOM_DB_PATH to another file.",
            ),
            Self::Corrupt(detail) => write!(
                formatter,
                "The database is damaged ({detail}). Run `fastintercom repair` to save what is readable into a new file; the old one is kept.",
            ),
            Self::Busy => formatter.write_str(
                "Another program keeps the database locked. Try again in a moment; if it goes on, end the program that holds it open in a transaction.",
            ),
            Self::ReadOnly => formatter.write_str(
                "The database cannot be written: the file or its folder is read-only. Make it writable, or set FASTINTERCOM_DB_PATH to another file.",
            ),
            Self::CannotWrite(detail) => write!(
                formatter,
                "The database could not be written ({detail}); the disk is probably full. Nothing stored before is lost. Free some space, and the next sync goes on.",
            ),
            Self::Sqlite(error) => write!(formatter, "SQLite reports: {error}. Run `fastintercom doctor` to check the database."),
            Self::Other(sentence) => formatter.write_str(sentence),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase,
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt(error.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::DiskFull) => Self::CannotWrite("no space left".to_owned()),
            Some(ErrorCode::SystemIoFailure) => Self::CannotWrite(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}
