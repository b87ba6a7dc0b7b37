//! How a database is opened, and a connection as SQLite makes it.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags};

#[cfg(target_family = "wasm")]
use super::vfs;
#[cfg(target_family = "wasm")]
use crate::error::StoreError;
use crate::error::StoreResult;
use crate::time::UnixSeconds;

/// Page cache of an instance that answers tools, in KiB. Every commit of another connection
/// empties it (rollback mode has no other way to know what changed), so more is rarely used; and
/// each of several instances has one, so it also decides what the server weighs.
pub const READER_CACHE_KIB: u32 = 8 * 1024;

/// Page cache of an instance that syncs, in KiB: all pages that a transaction changes must fit,
/// since `cache_spill` is off, and the pages of the index of words should.
pub const SYNC_CACHE_KIB: u32 = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    ReadWrite,
    ReadOnly,
}

/// How to open the database.
#[derive(Clone, Copy)]
pub struct OpenOptions<'a> {
    pub mode: OpenMode,
    /// [`READER_CACHE_KIB`] or [`SYNC_CACHE_KIB`].
    pub cache_kib: u32,
    /// The time, for what taking over an old database notes down.
    pub now: UnixSeconds,
    /// Seconds to add to UTC to get local time at that instant, in Unix seconds: the original
    /// program stored some local times. See `local-utc-offset` in `wit/world.wit`.
    pub local_offset: &'a dyn Fn(i64) -> i32,
    /// Is told what takes long, in a few words.
    pub phase: &'a dyn Fn(&str),
}

impl OpenOptions<'_> {
    /// For a reader, with the system's clock and UTC for local time.
    #[must_use]
    pub fn new(mode: OpenMode) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = UnixSeconds(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        Self { mode, cache_kib: READER_CACHE_KIB, now, local_offset: &|_| 0, phase: &|_| {} }
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.mode == OpenMode::ReadOnly
    }
}

/// A connection as SQLite makes it.
pub(super) fn open_raw(path: &Path, mode: OpenMode) -> StoreResult<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX
        | match mode {
            OpenMode::ReadWrite => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            OpenMode::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
    #[cfg(target_family = "wasm")]
    {
        let code = vfs::register();
        if code != rusqlite::ffi::SQLITE_OK {
            return Err(StoreError::Other(format!(
                "SQLite refused the file system interface (code {code})."
            )));
        }
        // An in-memory database has a VFS of its own.
        if path.as_os_str() != ":memory:" {
            return Connection::open_with_flags_and_vfs(path, flags, vfs::NAME).map_err(|error| {
                match vfs::take_lock_failure() {
                    Some(reason) => StoreError::Other(format!("The database could not be opened: {reason}.")),
                    None => error.into(),
                }
            });
        }
    }
    Ok(Connection::open_with_flags(path, flags)?)
}
