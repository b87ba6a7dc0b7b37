//! SQLite's door to the outside: the one file system interface (VFS) of the guest, and with it
//! all of the guest's `unsafe` code.
//!
//! WASI has no file locks, and SQLite's stand-in there, a lock folder, outlives a crash and
//! means nothing to native programs. The VFS `host-lock` takes SQLite's real byte-range locks
//! through the host instead (`interface database-lock` in `wit/world.wit`), so that instances,
//! servers and the `sqlite3` shell exclude each other on the one database file.
//!
//! It talks to `wasi:filesystem` itself rather than through wasi-libc, for two reasons. A write
//! through libc becomes a write to a stream, which wasmtime performs on another thread: it may
//! land after the instance, and with it the lock, is gone. `descriptor.write` has ended when it
//! returns. And a full disk stays recognisable, where a stream's error says only that it failed.
//!
//! Where a rule is not WASI's it is that of SQLite's own `os_unix.c`.
//!
//! Natively, in tests, SQLite's default VFS is used.

#[cfg(target_family = "wasm")]
mod file;
#[cfg(target_family = "wasm")]
mod folder;
#[cfg(target_family = "wasm")]
mod host_lock;
#[cfg(target_family = "wasm")]
mod opening;

#[cfg(target_family = "wasm")]
pub(super) use folder::std_path;
#[cfg(target_family = "wasm")]
pub(super) use host_lock::{NAME, register};
#[cfg(target_family = "wasm")]
pub(super) use opening::take_lock_failure;

use rusqlite::{Connection, ffi};

/// Whether the file behind the connection is no longer the one at its path: it was deleted,
/// moved or replaced. Where that cannot be told, it has not.
pub(super) fn has_moved(connection: &Connection) -> bool {
    let mut moved: core::ffi::c_int = 0;
    // SAFETY: the handle is valid as long as the connection is borrowed; a null name means the
    // main database; SQLITE_FCNTL_HAS_MOVED writes one int through the pointer and keeps nothing
    // (https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntlhasmoved).
    let code = unsafe {
        ffi::sqlite3_file_control(
            connection.handle(),
            core::ptr::null(),
            ffi::SQLITE_FCNTL_HAS_MOVED,
            (&raw mut moved).cast(),
        )
    };
    code == ffi::SQLITE_OK && moved != 0
}
