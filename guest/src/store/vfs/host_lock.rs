//! The VFS `host-lock`: what SQLite calls, translated to [`File`] and the folder.
//!
//! Ownership: SQLite allocates `szOsFile` bytes for an [`OpenFile`] and hands the same pointer to
//! every method. `open` puts a boxed [`File`] into it, `close` takes it out again. SQLite is built
//! without threads here, so no two methods ever run at once.

use core::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods, sqlite3_vfs};

use super::file::File;
use super::folder::{folder, relative};
use super::opening::open_file;
use crate::wit::wasi::filesystem::types::{DescriptorType, ErrorCode, PathFlags};
use crate::wit::wasi::random::random::get_random_bytes;

/// The name under which SQLite knows this VFS.
pub(in crate::store) const NAME: &CStr = c"host-lock";

/// Longest path, in bytes; also the size of the buffer that `full_pathname` writes to.
const LONGEST_PATH: c_int = 1024;

/// What SQLite reserves for an open file. SQLite reads only `base`.
#[repr(C)]
struct OpenFile {
    base: sqlite3_file,
    /// From `Box::into_raw`; null when the file is not open.
    file: *mut File,
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // Version 1: no shared memory (so no WAL between processes) and no memory mapping.
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

/// Makes this VFS known to SQLite, as the default one. Any number of calls do it once. Returns
/// SQLite's code.
pub(in crate::store) fn register() -> c_int {
    static REGISTERED: OnceLock<c_int> = OnceLock::new();
    *REGISTERED.get_or_init(|| {
        // SQLite links registered structures into a list: it must live and stay where it is.
        let vfs = Box::leak(Box::new(sqlite3_vfs {
            iVersion: 2,
            szOsFile: size_of::<OpenFile>() as c_int,
            mxPathname: LONGEST_PATH,
            pNext: core::ptr::null_mut(),
            zName: NAME.as_ptr(),
            pAppData: core::ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: None,
            xCurrentTimeInt64: Some(current_time_int64),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        }));
        // SAFETY: the structure is complete for its version, is never freed or moved, and nobody
        // else has a reference to it.
        unsafe { ffi::sqlite3_vfs_register(vfs, 1) }
    })
}

/// The text of a path from SQLite. `None`: null, or not UTF-8.
///
/// # Safety
/// `path` is null or points to text that ends with a zero byte and outlives the result.
unsafe fn path<'a>(path: *const c_char) -> Option<&'a str> {
    if path.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(path) }.to_str().ok().map(relative)
}

/// The open file behind SQLite's pointer.
///
/// # Safety
/// `file` is a pointer that `open` has filled in successfully and `close` has not seen yet, and
/// no other reference to the file is alive: SQLite calls one method at a time, and none of them
/// calls back into SQLite.
unsafe fn opened<'a>(file: *mut sqlite3_file) -> &'a mut File {
    // SAFETY: `open` set the field to a valid box, which only `close` takes away.
    unsafe { &mut *(*file.cast::<OpenFile>()).file }
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: ffi::sqlite3_filename,
    out: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let out = out.cast::<OpenFile>();
    // SAFETY: SQLite gives `szOsFile` bytes, aligned for any type. Without methods it will not
    // call `close` when this fails.
    unsafe {
        out.write(OpenFile {
            base: sqlite3_file { pMethods: core::ptr::null() },
            file: core::ptr::null_mut(),
        })
    };
    // SAFETY: SQLite passes null or a path that ends with a zero byte, valid until the file is closed.
    let Some(name) = (unsafe { path(name.cast()) }) else {
        // A temporary file. `temp_store = MEMORY` keeps those away, and there is no place for them.
        return ffi::SQLITE_CANTOPEN_NOTEMPDIR;
    };
    match open_file(name, flags) {
        Ok((file, flags)) => {
            // SAFETY: `out` as above; `out_flags` is null or points to an int.
            unsafe {
                (*out).file = Box::into_raw(Box::new(file));
                (*out).base.pMethods = &raw const METHODS;
                if !out_flags.is_null() {
                    *out_flags = flags;
                }
            }
            ffi::SQLITE_OK
        }
        Err(code) => code,
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite passes a path that ends with a zero byte.
    let Some(name) = (unsafe { path(name) }) else { return ffi::SQLITE_IOERR_DELETE };
    let Some(folder) = folder() else { return ffi::SQLITE_IOERR_DELETE };
    match folder.descriptor.unlink_file_at(name) {
        Ok(()) => {}
        Err(ErrorCode::NoEntry) => return ffi::SQLITE_IOERR_DELETE_NOENT,
        Err(_) => return ffi::SQLITE_IOERR_DELETE,
    }
    if sync_folder & 1 != 0 && folder.descriptor.sync().is_err_and(|error| matches!(error, ErrorCode::Io)) {
        return ffi::SQLITE_IOERR_DIR_FSYNC;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn access(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes a path that ends with a zero byte.
    let name = unsafe { path(name) };
    let stat = name
        .zip(folder())
        .and_then(|(name, folder)| folder.descriptor.stat_at(PathFlags::SYMLINK_FOLLOW, name).ok());
    // An empty journal is no journal; that is what TRUNCATE mode leaves behind.
    let found = stat.is_some_and(|stat| {
        flags != ffi::SQLITE_ACCESS_EXISTS || stat.type_ != DescriptorType::RegularFile || stat.size > 0
    });
    // SAFETY: SQLite passes a pointer to an int.
    unsafe { *out = c_int::from(found) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    size: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite passes a path that ends with a zero byte.
    let Some(name) = (unsafe { path(name) }) else { return ffi::SQLITE_CANTOPEN };
    if name.is_empty() || name.len() >= usize::try_from(size).unwrap_or(0) {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: `out` has room for `size` bytes, more than the path and its zero, and is apart from
    // the path given.
    unsafe {
        core::ptr::copy_nonoverlapping(name.as_ptr(), out.cast::<u8>(), name.len());
        *out.add(name.len()) = 0;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut sqlite3_vfs, size: c_int, out: *mut c_char) -> c_int {
    let bytes = get_random_bytes(u64::try_from(size).unwrap_or(0));
    // SAFETY: `out` has room for `size` bytes, and WASI returns exactly as many as asked for.
    unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), out.cast::<u8>(), bytes.len()) };
    c_int::try_from(bytes.len()).unwrap_or(0)
}

unsafe extern "C" fn sleep(_: *mut sqlite3_vfs, microseconds: c_int) -> c_int {
    std::thread::sleep(Duration::from_micros(u64::try_from(microseconds).unwrap_or(0)));
    microseconds
}

/// Milliseconds since noon of 24 November 4714 BC (Gregorian), where Julian days begin.
fn julian_milliseconds() -> i64 {
    const UNIX_EPOCH_JULIAN: i64 = 210_866_760_000_000;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH_JULIAN.saturating_add(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

unsafe extern "C" fn current_time(_: *mut sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: SQLite passes a pointer to a double.
    unsafe { *out = julian_milliseconds() as f64 / 86_400_000.0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time_int64(_: *mut sqlite3_vfs, out: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite passes a pointer to a 64-bit integer.
    unsafe { *out = julian_milliseconds() };
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let file = file.cast::<OpenFile>();
    // SAFETY: `open` put a box there, or null; taken once, since the field is cleared. The lock
    // goes with it, after the descriptor: fields are dropped in their order.
    unsafe {
        let state = core::mem::replace(&mut (*file).file, core::ptr::null_mut());
        if !state.is_null() {
            drop(Box::from_raw(state));
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    buffer: *mut c_void,
    size: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let (Ok(size), Ok(offset)) = (usize::try_from(size), u64::try_from(offset)) else {
        return ffi::SQLITE_IOERR_READ;
    };
    // SAFETY: SQLite passes an open file of this VFS and a buffer of `size` bytes of its own. They
    // may be uninitialised to Rust's eyes; zeroing them first makes the slice sound.
    unsafe {
        core::ptr::write_bytes(buffer.cast::<u8>(), 0, size);
        opened(file).read(core::slice::from_raw_parts_mut(buffer.cast(), size), offset)
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    buffer: *const c_void,
    size: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let (Ok(size), Ok(offset)) = (usize::try_from(size), u64::try_from(offset)) else {
        return ffi::SQLITE_IOERR_WRITE;
    };
    // SAFETY: SQLite passes an open file of this VFS and `size` initialised bytes.
    unsafe { opened(file).write(core::slice::from_raw_parts(buffer.cast(), size), offset) }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    let Ok(size) = u64::try_from(size) else { return ffi::SQLITE_IOERR_TRUNCATE };
    // SAFETY: SQLite passes an open file of this VFS.
    unsafe { opened(file) }.truncate(size)
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite passes an open file of this VFS.
    unsafe { opened(file) }.sync(flags & ffi::SQLITE_SYNC_DATAONLY != 0)
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, out: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite passes an open file of this VFS.
    match unsafe { opened(file) }.size() {
        Ok(size) => {
            // SAFETY: SQLite passes a pointer to a 64-bit integer.
            unsafe { *out = size };
            ffi::SQLITE_OK
        }
        Err(code) => code,
    }
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite passes an open file of this VFS.
    unsafe { opened(file) }.lock(level)
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite passes an open file of this VFS.
    unsafe { opened(file) }.unlock(level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite passes an open file of this VFS.
    match unsafe { opened(file) }.is_reserved() {
        Ok(reserved) => {
            // SAFETY: SQLite passes a pointer to an int.
            unsafe { *out = c_int::from(reserved) };
            ffi::SQLITE_OK
        }
        Err(code) => code,
    }
}

unsafe extern "C" fn file_control(file: *mut sqlite3_file, operation: c_int, argument: *mut c_void) -> c_int {
    // SAFETY: SQLite passes an open file of this VFS.
    let file = unsafe { opened(file) };
    let answer = match operation {
        ffi::SQLITE_FCNTL_LOCKSTATE => file.held(),
        ffi::SQLITE_FCNTL_HAS_MOVED => c_int::from(file.has_moved()),
        // Overwriting part of a block never harms its neighbours; see `device_characteristics`.
        ffi::SQLITE_FCNTL_POWERSAFE_OVERWRITE => 1,
        // Nothing is allocated ahead.
        ffi::SQLITE_FCNTL_SIZE_HINT => return ffi::SQLITE_OK,
        _ => return ffi::SQLITE_NOTFOUND,
    };
    // SAFETY: for these three operations the argument is a pointer to an int.
    unsafe { *argument.cast::<c_int>() = answer };
    ffi::SQLITE_OK
}

unsafe extern "C" fn sector_size(_: *mut sqlite3_file) -> c_int {
    4096
}

unsafe extern "C" fn device_characteristics(_: *mut sqlite3_file) -> c_int {
    // What os_unix.c says of ordinary disks. SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN would save an
    // open() a commit but is not true: a native SQLite in DELETE mode removes the journal.
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE | ffi::SQLITE_IOCAP_SUBPAGE_READ
}
