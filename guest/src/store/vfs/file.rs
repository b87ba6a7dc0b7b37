//! An open file: the same rules as `os_unix.c`, in safe code. Results are SQLite's codes.

use core::ffi::c_int;

use rusqlite::ffi;

use super::folder::folder;
use crate::wit::fastintercom::component::database_lock::{Level, Lock};
use crate::wit::fastintercom::component::log;
use crate::wit::wasi::filesystem::types::{Descriptor, ErrorCode};

/// SQLite's lock levels, `SQLITE_LOCK_…`.
const SHARED: c_int = 1;
const RESERVED: c_int = 2;

pub(super) struct File {
    descriptor: Descriptor,
    /// Only for the database itself; journals and copies need none.
    lock: Option<Lock>,
    /// The level that SQLite holds, `SQLITE_LOCK_…`.
    held: c_int,
    /// The folder is still to be synced, since the file may be new in it.
    sync_folder: bool,
}

impl File {
    pub(super) fn new(descriptor: Descriptor, lock: Option<Lock>, sync_folder: bool) -> Self {
        Self { descriptor, lock, held: 0, sync_folder }
    }

    /// Fills the buffer. Behind the end of the file there are zeros, and a code that says so.
    pub(super) fn read(&self, buffer: &mut [u8], offset: u64) -> c_int {
        let mut done = 0;
        while done < buffer.len() {
            let rest = &mut buffer[done..];
            match self.descriptor.read(rest.len() as u64, offset + done as u64) {
                Ok((bytes, ended)) => {
                    let count = bytes.len().min(rest.len());
                    rest[..count].copy_from_slice(&bytes[..count]);
                    done += count;
                    if (ended || count == 0) && done < buffer.len() {
                        buffer[done..].fill(0);
                        return ffi::SQLITE_IOERR_SHORT_READ;
                    }
                }
                Err(ErrorCode::Interrupted) => {}
                Err(ErrorCode::Io | ErrorCode::NoSuchDevice | ErrorCode::Overflow) => {
                    return ffi::SQLITE_IOERR_CORRUPTFS;
                }
                Err(_) => return ffi::SQLITE_IOERR_READ,
            }
        }
        ffi::SQLITE_OK
    }

    /// Writes all of the buffer, or says that the disk is full.
    pub(super) fn write(&self, buffer: &[u8], offset: u64) -> c_int {
        let mut done = 0;
        while done < buffer.len() {
            match self.descriptor.write(&buffer[done..], offset + done as u64) {
                Ok(0) => return ffi::SQLITE_FULL,
                Ok(count) => done += usize::try_from(count).unwrap_or(usize::MAX).min(buffer.len() - done),
                Err(ErrorCode::Interrupted) => {}
                Err(ErrorCode::InsufficientSpace | ErrorCode::Quota) => return ffi::SQLITE_FULL,
                Err(_) => return ffi::SQLITE_IOERR_WRITE,
            }
        }
        ffi::SQLITE_OK
    }

    pub(super) fn truncate(&self, size: u64) -> c_int {
        loop {
            match self.descriptor.set_size(size) {
                Ok(()) => return ffi::SQLITE_OK,
                Err(ErrorCode::Interrupted) => {}
                Err(ErrorCode::InsufficientSpace | ErrorCode::Quota) => return ffi::SQLITE_FULL,
                Err(_) => return ffi::SQLITE_IOERR_TRUNCATE,
            }
        }
    }

    pub(super) fn sync(&mut self, data_only: bool) -> c_int {
        let synced = if data_only { self.descriptor.sync_data() } else { self.descriptor.sync() };
        match synced {
            Ok(()) => {}
            // Delayed allocation may find only now that there is no room.
            Err(ErrorCode::InsufficientSpace | ErrorCode::Quota) => return ffi::SQLITE_FULL,
            Err(_) => return ffi::SQLITE_IOERR_FSYNC,
        }
        if self.sync_folder {
            self.sync_folder = false;
            // A journal whose name a power cut can undo protects nothing. Not every system can
            // sync a folder, so as in os_unix.c a failure is no error.
            if let Some(folder) = folder() {
                let _ = folder.descriptor.sync();
            }
        }
        ffi::SQLITE_OK
    }

    /// The size in bytes.
    pub(super) fn size(&self) -> Result<i64, c_int> {
        let stat = self.descriptor.stat().map_err(|_| ffi::SQLITE_IOERR_FSTAT)?;
        // An empty file counts as one byte long in no place here: that rule of os_unix.c is for
        // a Mac file system of long ago.
        i64::try_from(stat.size).map_err(|_| ffi::SQLITE_IOERR_FSTAT)
    }

    /// Raises the lock to that `SQLITE_LOCK_…` level.
    pub(super) fn lock(&mut self, level: c_int) -> c_int {
        if self.held >= level {
            return ffi::SQLITE_OK;
        }
        if let Some(lock) = &self.lock {
            let wanted = match level {
                SHARED => Level::Shared,
                RESERVED => Level::Reserved,
                _ => Level::Exclusive,
            };
            match lock.acquire(wanted) {
                Ok(true) => {}
                Ok(false) => return ffi::SQLITE_BUSY,
                Err(reason) => {
                    complain("take", &reason);
                    return if level == SHARED { ffi::SQLITE_IOERR_RDLOCK } else { ffi::SQLITE_IOERR_LOCK };
                }
            }
        }
        self.held = level;
        ffi::SQLITE_OK
    }

    /// Lowers the lock. The host is asked even when SQLite holds nothing: a failed attempt at an
    /// exclusive lock leaves a pending one, which only the host knows.
    pub(super) fn unlock(&mut self, level: c_int) -> c_int {
        if let Some(lock) = &self.lock {
            let wanted = if level == SHARED { Level::Shared } else { Level::Unlocked };
            if let Err(reason) = lock.release(wanted) {
                complain("release", &reason);
                return ffi::SQLITE_IOERR_UNLOCK;
            }
        }
        self.held = self.held.min(level);
        ffi::SQLITE_OK
    }

    /// Whether any connection, this one included, holds a reserved lock or more.
    pub(super) fn is_reserved(&self) -> Result<bool, c_int> {
        if self.held >= RESERVED {
            return Ok(true);
        }
        let Some(lock) = &self.lock else { return Ok(false) };
        lock.is_reserved().map_err(|reason| {
            complain("ask for", &reason);
            ffi::SQLITE_IOERR_CHECKRESERVEDLOCK
        })
    }

    pub(super) fn held(&self) -> c_int {
        self.held
    }

    pub(super) fn has_moved(&self) -> bool {
        self.lock.as_ref().is_some_and(Lock::has_moved)
    }
}

/// SQLite's error code has no room for the reason.
fn complain(what: &str, reason: &str) {
    log::write(log::Level::Warn, &format!("could not {what} the database's file lock: {reason}"));
}
