//! The locks on Unix: open-file-description locks.
//!
//! Ordinary POSIX locks belong to the process, and vanish when *any* descriptor of the file is
//! closed in it; wasmtime opens and closes such descriptors all the time. OFD locks (Linux 3.15,
//! macOS 11) belong to the open file description and conflict with POSIX locks of other
//! processes, which is what a native SQLite holds.
//!
//! All `unsafe` of the host's locks is in this file.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{Level, PENDING_BYTE, RESERVED_BYTE, RangeMode, SHARED_FIRST, SHARED_SIZE};

/// The steps of `unixLock` in `os_unix.c`.
pub(super) fn acquire(file: &File, level: &mut Level, wanted: Level) -> io::Result<bool> {
    if *level >= wanted {
        return Ok(true);
    }
    match wanted {
        Level::Unlocked | Level::Pending => Ok(true),
        Level::Shared => {
            // Passing through PENDING is what keeps a waiting writer from being starved.
            if !try_lock(file, RangeMode::Shared, PENDING_BYTE, 1)? {
                return Ok(false);
            }
            let shared = try_lock(file, RangeMode::Shared, SHARED_FIRST, SHARED_SIZE);
            unlock(file, PENDING_BYTE, 1)?;
            let shared = shared?;
            if shared {
                *level = Level::Shared;
            }
            Ok(shared)
        }
        Level::Reserved => {
            let reserved = try_lock(file, RangeMode::Exclusive, RESERVED_BYTE, 1)?;
            if reserved {
                *level = Level::Reserved;
            }
            Ok(reserved)
        }
        Level::Exclusive => {
            if *level < Level::Pending {
                if !try_lock(file, RangeMode::Exclusive, PENDING_BYTE, 1)? {
                    return Ok(false);
                }
                // Kept when the next step fails: readers leave, no new ones come.
                *level = Level::Pending;
            }
            let exclusive = try_lock(file, RangeMode::Exclusive, SHARED_FIRST, SHARED_SIZE)?;
            if exclusive {
                *level = Level::Exclusive;
            }
            Ok(exclusive)
        }
    }
}

/// The steps of `posixUnlock` in `os_unix.c`.
pub(super) fn release(file: &File, level: &mut Level, wanted: Level) -> io::Result<()> {
    if *level <= wanted {
        return Ok(());
    }
    if *level > Level::Shared {
        if wanted == Level::Shared {
            try_lock(file, RangeMode::Shared, SHARED_FIRST, SHARED_SIZE)?;
        }
        // PENDING and RESERVED are neighbours.
        unlock(file, PENDING_BYTE, 2)?;
        *level = Level::Shared;
    }
    if wanted == Level::Unlocked {
        unlock(file, SHARED_FIRST, SHARED_SIZE)?;
        *level = Level::Unlocked;
    }
    Ok(())
}

/// Takes a range without waiting; `Ok(false)` when somebody else holds a conflicting lock.
pub(super) fn try_lock(file: &File, mode: RangeMode, start: u64, length: u64) -> io::Result<bool> {
    let kind = match mode {
        RangeMode::Shared => libc::F_RDLCK,
        RangeMode::Exclusive => libc::F_WRLCK,
    };
    match control(file, libc::F_OFD_SETLK, kind as libc::c_short, start, length) {
        Ok(_) => Ok(true),
        // The errors that `sqliteErrorFromPosixError` in os_unix.c takes for "busy".
        Err(error) => match error.raw_os_error() {
            Some(
                libc::EACCES | libc::EAGAIN | libc::ETIMEDOUT | libc::EBUSY | libc::EINTR | libc::ENOLCK,
            ) => Ok(false),
            _ => Err(error),
        },
    }
}

/// Takes one byte exclusively. Asking for a lock ([`is_locked_by_other`]) takes none here.
pub(super) fn try_lock_past_probes(file: &File, byte: u64) -> io::Result<bool> {
    try_lock(file, RangeMode::Exclusive, byte, 1)
}

/// Whether the error means that this file system or kernel has no such locks.
pub(super) fn is_refusal(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS | libc::EOPNOTSUPP | libc::ENOTTY))
}

fn unlock(file: &File, start: u64, length: u64) -> io::Result<()> {
    control(file, libc::F_OFD_SETLK, libc::F_UNLCK as libc::c_short, start, length).map(|_| ())
}

/// Whether another description holds any lock on the range.
pub(super) fn is_locked_by_other(file: &File, start: u64, length: u64) -> io::Result<bool> {
    let found = control(file, libc::F_OFD_GETLK, libc::F_WRLCK as libc::c_short, start, length)?;
    Ok(found != libc::F_UNLCK as libc::c_short)
}

pub(super) fn has_moved(file: &File, path: &Path) -> bool {
    let Ok(open) = file.metadata() else { return false };
    std::fs::metadata(path).map_or(true, |named| (named.dev(), named.ino()) != (open.dev(), open.ino()))
}

/// One `fcntl` lock call; returns `l_type` as the kernel left it.
fn control(
    file: &File,
    command: libc::c_int,
    kind: libc::c_short,
    start: u64,
    length: u64,
) -> io::Result<libc::c_short> {
    let out_of_range = |_| io::Error::from(io::ErrorKind::InvalidInput);
    // SAFETY: `flock` is a plain C struct for which all zeroes is a valid value; OFD locks demand
    // l_pid = 0.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = kind;
    lock.l_whence = libc::SEEK_SET as libc::c_short;
    lock.l_start = libc::off_t::try_from(start).map_err(out_of_range)?;
    lock.l_len = libc::off_t::try_from(length).map_err(out_of_range)?;
    // SAFETY: the descriptor is open for as long as `file` is borrowed, and `lock` is a valid,
    // exclusively borrowed `flock` for the length of the call.
    let result = unsafe { libc::fcntl(file.as_raw_fd(), command, &raw mut lock) };
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(lock.l_type) }
}
