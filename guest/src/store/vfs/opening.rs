//! Opening a file of the folder as SQLite asks for it, and taking the lock that belongs to it.

use core::ffi::c_int;
use std::cell::Cell;

use rusqlite::ffi;

use super::file::File;
use super::folder::{folder, relative};
use crate::wit::fastintercom::component::database_lock::Lock;
use crate::wit::fastintercom::component::{log, settings};
use crate::wit::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};

thread_local! {
    /// Why the host gave no lock: SQLite's error code has no room for it.
    static LOCK_FAILURE: Cell<Option<String>> = const { Cell::new(None) };
}

/// Why the last opening failed, when it was for want of a lock.
pub(in crate::store) fn take_lock_failure() -> Option<String> {
    LOCK_FAILURE.take()
}

/// Opens the file and, for the database itself, its lock. Returns the flags that came true.
pub(super) fn open_file(name: &str, flags: c_int) -> Result<(File, c_int), c_int> {
    const TRIES: usize = 10;
    for _ in 0..TRIES {
        if let Some(file) = open_once(name, flags)? {
            return Ok(file);
        }
    }
    Err(ffi::SQLITE_CANTOPEN)
}

/// One try. `None`: another file was put in the place of the database between the two steps. The
/// lock would then be on that one, and say for ever that nothing has moved.
fn open_once(name: &str, flags: c_int) -> Result<Option<(File, c_int)>, c_int> {
    let folder = folder().ok_or(ffi::SQLITE_CANTOPEN)?;
    let has = |flag: c_int| flags & flag != 0;
    let journal = has(ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL);
    let mut open_flags = OpenFlags::empty();
    if has(ffi::SQLITE_OPEN_CREATE) {
        open_flags |= OpenFlags::CREATE;
    }
    if has(ffi::SQLITE_OPEN_EXCLUSIVE) {
        open_flags |= OpenFlags::EXCLUSIVE;
    }
    let open_at = |open_flags, flags| loop {
        // As os_unix.c: no symbolic link in the last step.
        match folder.descriptor.open_at(PathFlags::empty(), name, open_flags, flags) {
            Err(ErrorCode::Interrupted) => {}
            result => return result,
        }
    };
    let mut came_true = flags;
    let read_write = has(ffi::SQLITE_OPEN_READWRITE);
    let wanted =
        if read_write { DescriptorFlags::READ | DescriptorFlags::WRITE } else { DescriptorFlags::READ };
    let descriptor = match open_at(open_flags, wanted) {
        Ok(descriptor) => descriptor,
        Err(ErrorCode::IsDirectory) => return Err(ffi::SQLITE_CANTOPEN_ISDIR),
        Err(error) if read_write => {
            let refused = matches!(error, ErrorCode::Access | ErrorCode::NotPermitted | ErrorCode::ReadOnly);
            if journal && has(ffi::SQLITE_OPEN_CREATE) && refused && !exists(&folder.descriptor, name) {
                // Not the journal is at fault but the folder, which lets no file be made.
                return Err(ffi::SQLITE_READONLY_DIRECTORY);
            }
            came_true &= !(ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE);
            came_true |= ffi::SQLITE_OPEN_READONLY;
            open_at(OpenFlags::empty(), DescriptorFlags::READ).map_err(|_| match error {
                ErrorCode::InsufficientSpace | ErrorCode::Quota => ffi::SQLITE_FULL,
                _ => ffi::SQLITE_CANTOPEN,
            })?
        }
        Err(_) => return Err(ffi::SQLITE_CANTOPEN),
    };
    if descriptor.get_type().is_ok_and(|kind| kind == DescriptorType::Directory) {
        return Err(ffi::SQLITE_CANTOPEN_ISDIR);
    }
    // The host knows locks of one file only. Every other database that is opened here is a copy
    // that nobody else knows yet.
    let shared = has(ffi::SQLITE_OPEN_MAIN_DB) && name == relative(&settings::get().database_file);
    let lock = if shared {
        // After the file, which must exist for it.
        Some(Lock::open().map_err(|reason| {
            log::write(log::Level::Error, &format!("could not prepare the database's file lock: {reason}"));
            LOCK_FAILURE.set(Some(reason));
            ffi::SQLITE_CANTOPEN
        })?)
    } else {
        None
    };
    if shared && !is_the_file_named(&folder.descriptor, &descriptor, name) {
        return Ok(None);
    }
    let sync_folder = journal && has(ffi::SQLITE_OPEN_CREATE);
    Ok(Some((File::new(descriptor, lock, sync_folder), came_true)))
}

/// Whether the name in the folder means that open file. Where that cannot be told, it does.
fn is_the_file_named(folder: &Descriptor, file: &Descriptor, name: &str) -> bool {
    match (file.metadata_hash(), folder.metadata_hash_at(PathFlags::empty(), name)) {
        (Ok(open), Ok(named)) => (open.lower, open.upper) == (named.lower, named.upper),
        (Ok(_), Err(ErrorCode::NoEntry)) => false,
        _ => true,
    }
}

fn exists(folder: &Descriptor, name: &str) -> bool {
    folder.stat_at(PathFlags::empty(), name).is_ok()
}
