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
    /// The file cannot be opened: missing, a folder, or not allowed; SQLite's words.
    CannotOpen(String),
    /// Reading the disk failed; SQLite's words.
    Disk(String),
    /// The file was deleted, moved or replaced while it was open.
    Moved,
    /// It is the database of another program; what gives it away.
    Foreign(String),
    /// The file is in WAL mode, and nothing may be written to change that.
    WriteAheadLog,
    /// The tables must be created or changed first, and nothing may be written; the version that is
    /// there, 0 when none is.
    Unprepared(i64),
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
            Self::CannotOpen(detail) => write!(
                formatter,
                "The database could not be opened ({detail}). Check that its folder exists and that you may read and write it, or set FASTINTERCOM_DB_PATH to another file.",
            ),
            Self::Disk(detail) => write!(
                formatter,
                "The disk reported an error while the database was read ({detail}). Check the disk and run `fastintercom doctor`.",
            ),
            Self::Moved => formatter.write_str(
                "The database file was deleted or moved while FastIntercom was using it. Put it back, or restart FastIntercom to begin with an empty one.",
            ),
            Self::Foreign(detail) => write!(
                formatter,
                "The database belongs to another program ({detail}), so it was left untouched. Set FASTINTERCOM_DB_PATH to another file.",
            ),
            Self::WriteAheadLog => formatter.write_str(
                "Another program left the database in WAL mode, and its folder is read-only, so it cannot be opened. Make the folder writable once, or run `sqlite3 FILE \"PRAGMA journal_mode=DELETE\"` where it is.",
            ),
            Self::Unprepared(0) => formatter.write_str(
                "The database has no FastIntercom tables yet, and nothing may be written (`--read-only`, or a folder that is). Start FastIntercom once where it may write.",
            ),
            Self::Unprepared(found) => write!(
                formatter,
                "An older FastIntercom wrote this database (schema {found}), which has to be brought to the tables of this one, and nothing may be written (`--read-only`, or a folder that is). Nothing was changed. Start FastIntercom once where it may write.",
            ),
            Self::Sqlite(error) => write!(formatter, "SQLite reports: {error}. Run `fastintercom doctor` to check the database."),
            Self::Other(sentence) => formatter.write_str(sentence),
        }
    }
}

impl std::error::Error for StoreError {}

impl StoreError {
    /// A file beside the database could not be made, written or renamed.
    #[must_use]
    pub fn from_writing(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::CannotWrite(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi::{self, ErrorCode};
        let extended = error.sqlite_error().map(|error| error.extended_code);
        match extended {
            Some(ffi::SQLITE_READONLY_DBMOVED) => return Self::Moved,
            // A full disk where the file system does not say so, or says so late.
            Some(ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_TRUNCATE) => {
                return Self::CannotWrite(error.to_string());
            }
            _ => {}
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase,
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt(error.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::DiskFull) => Self::CannotWrite("no space left".to_owned()),
            Some(ErrorCode::CannotOpen) => Self::CannotOpen(error.to_string()),
            Some(ErrorCode::SystemIoFailure) => Self::Disk(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}
