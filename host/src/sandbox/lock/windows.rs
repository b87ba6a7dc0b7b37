//! The locks on Windows: `LockFileEx` on the bytes that `os_win.c` of SQLite locks.
//!
//! These locks are mandatory and belong to the handle; a range cannot be raised or lowered in
//! place, so a step that fails has to take back what it gave up, as SQLite does.
//!
//! All `unsafe` of the host's locks on Windows is in this file.

use std::fs::File;
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::path::Path;
use std::thread;
use std::time::Duration;

use windows_sys::Win32::Foundation::{
    ERROR_INVALID_FUNCTION, ERROR_IO_PENDING, ERROR_LOCK_VIOLATION, ERROR_NOT_LOCKED, ERROR_NOT_SUPPORTED,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT,
    GetFileInformationByHandle, LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY, LockFileEx, UnlockFileEx,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

use super::{Level, PENDING_BYTE, RESERVED_BYTE, RangeMode, SHARED_FIRST, SHARED_SIZE};

/// The steps of `winLock` in `os_win.c`.
pub(super) fn acquire(file: &File, level: &mut Level, wanted: Level) -> io::Result<bool> {
    if *level >= wanted {
        return Ok(true);
    }
    match wanted {
        Level::Unlocked | Level::Pending => Ok(true),
        Level::Shared => {
            if !try_lock(file, RangeMode::Exclusive, PENDING_BYTE, 1)? {
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
                *level = Level::Pending;
            }
            unlock(file, SHARED_FIRST, SHARED_SIZE)?;
            if try_lock(file, RangeMode::Exclusive, SHARED_FIRST, SHARED_SIZE)? {
                *level = Level::Exclusive;
                return Ok(true);
            }
            // A reader is still there; nobody new can have come in past PENDING.
            try_lock(file, RangeMode::Shared, SHARED_FIRST, SHARED_SIZE)?;
            Ok(false)
        }
    }
}

/// The steps of `winUnlock` in `os_win.c`.
pub(super) fn release(file: &File, level: &mut Level, wanted: Level) -> io::Result<()> {
    if *level <= wanted {
        return Ok(());
    }
    if *level == Level::Exclusive {
        unlock(file, SHARED_FIRST, SHARED_SIZE)?;
        if wanted == Level::Shared {
            try_lock(file, RangeMode::Shared, SHARED_FIRST, SHARED_SIZE)?;
        }
    } else if wanted == Level::Unlocked {
        unlock(file, SHARED_FIRST, SHARED_SIZE)?;
    }
    // RESERVED is not held when a hot journal was rolled back; unlocking it then is no error.
    if *level >= Level::Reserved {
        unlock(file, RESERVED_BYTE, 1)?;
    }
    if *level >= Level::Pending {
        unlock(file, PENDING_BYTE, 1)?;
    }
    *level = wanted;
    Ok(())
}

pub(super) fn try_lock(file: &File, mode: RangeMode, start: u64, length: u64) -> io::Result<bool> {
    let flags = LOCKFILE_FAIL_IMMEDIATELY
        | match mode {
            RangeMode::Shared => 0,
            RangeMode::Exclusive => LOCKFILE_EXCLUSIVE_LOCK,
        };
    let mut place = overlapped(start);
    let (low, high) = halves(length);
    // SAFETY: the handle is open for as long as `file` is borrowed; `place` is valid and ours for
    // the length of the call, which does not outlive it: the handle was opened synchronously.
    let locked = unsafe { LockFileEx(file.as_raw_handle(), flags, 0, low, high, &raw mut place) };
    if locked != 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error().map(i32::cast_unsigned) {
        Some(ERROR_LOCK_VIOLATION | ERROR_IO_PENDING) => Ok(false),
        _ => Err(error),
    }
}

/// Takes one byte exclusively. Whoever asks whether it is locked ([`is_locked_by_other`]) holds it
/// for microseconds, and must not pass for an owner; an owner keeps it longer than these tries.
pub(super) fn try_lock_past_probes(file: &File, byte: u64) -> io::Result<bool> {
    const TRIES: u32 = 5;
    for turn in 1..=TRIES {
        if try_lock(file, RangeMode::Exclusive, byte, 1)? {
            return Ok(true);
        }
        if turn < TRIES {
            thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(false)
}

/// Whether the error means that this file system has no such locks.
pub(super) fn is_refusal(error: &io::Error) -> bool {
    matches!(error.raw_os_error().map(i32::cast_unsigned), Some(ERROR_INVALID_FUNCTION | ERROR_NOT_SUPPORTED))
}

fn unlock(file: &File, start: u64, length: u64) -> io::Result<()> {
    let mut place = overlapped(start);
    let (low, high) = halves(length);
    // SAFETY: as in `try_lock`.
    let unlocked = unsafe { UnlockFileEx(file.as_raw_handle(), 0, low, high, &raw mut place) };
    if unlocked != 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error().map(i32::cast_unsigned) {
        // It was not locked; the second is Wine's word for that.
        Some(ERROR_NOT_LOCKED | ERROR_LOCK_VIOLATION) => Ok(()),
        _ => Err(error),
    }
}

/// Windows only tells by trying.
pub(super) fn is_locked_by_other(file: &File, start: u64, length: u64) -> io::Result<bool> {
    if try_lock(file, RangeMode::Shared, start, length)? {
        unlock(file, start, length)?;
        return Ok(false);
    }
    Ok(true)
}

/// Opening follows no symbolic link: it opens the link itself, which is no database.
pub(super) const NO_FOLLOW: u32 = FILE_FLAG_OPEN_REPARSE_POINT;

pub(super) fn has_moved(file: &File, path: &Path) -> bool {
    let Ok(open) = identity(file) else { return false };
    // Without any right, so that nobody's share mode stands in the way.
    let mut options = File::options();
    options.access_mode(0).custom_flags(NO_FOLLOW | FILE_FLAG_BACKUP_SEMANTICS);
    options.open(path).and_then(|named| identity(&named)).map_or(true, |named| named != open)
}

/// The volume and the number of the file on it. Times do not tell files apart: NTFS gives a file
/// the creation time of the one that had its name shortly before.
fn identity(file: &File) -> io::Result<(u32, u32, u32)> {
    let mut found = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open for as long as `file` is borrowed, and `found` is a valid,
    // exclusively borrowed structure that the call fills.
    if unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut found) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((found.dwVolumeSerialNumber, found.nFileIndexHigh, found.nFileIndexLow))
}

fn overlapped(start: u64) -> OVERLAPPED {
    let mut place = OVERLAPPED::default();
    let (low, high) = halves(start);
    place.Anonymous.Anonymous.Offset = low;
    place.Anonymous.Anonymous.OffsetHigh = high;
    place
}

fn halves(number: u64) -> (u32, u32) {
    ((number & u64::from(u32::MAX)) as u32, (number >> 32) as u32)
}
