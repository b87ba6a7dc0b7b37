//! SQLite's byte-range locks on the database file, and the lock that says "a sync is running".
//!
//! The guest's SQLite asks for lock levels; this module takes, on the real file, the very bytes
//! that every native SQLite takes (<https://sqlite.org/lockingv3.html>, and the comments of
//! `os_unix.c` and `os_win.c`). So instances, processes and the `sqlite3` shell exclude each other.
//!
//! Each [`DatabaseLock`] owns a file description of its own. Its locks end with that description,
//! which is why a crash leaves nothing behind, and why whoever must keep a lock until some work
//! has ended holds on to the `Arc` (see `component::worker`).

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as platform;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as platform;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The first byte of SQLite's lock page: PENDING, then RESERVED, then 510 SHARED bytes.
const PENDING_BYTE: u64 = 0x4000_0000;
const RESERVED_BYTE: u64 = PENDING_BYTE + 1;
const SHARED_FIRST: u64 = PENDING_BYTE + 2;
const SHARED_SIZE: u64 = 510;

/// One byte far behind any database (SQLite's largest is 2^48 bytes): held while a sync runs.
const SYNC_BYTE: u64 = 1 << 50;

/// SQLite's lock levels, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Unlocked,
    Shared,
    Reserved,
    /// Held on the way to exclusive: no new readers come in.
    Pending,
    Exclusive,
}

/// Shared locks admit each other; exclusive ones admit nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RangeMode {
    Shared,
    Exclusive,
}

/// A handle on the database file with a lock level.
#[derive(Debug)]
pub struct DatabaseLock {
    path: PathBuf,
    file: File,
    level: Mutex<Level>,
}

impl DatabaseLock {
    /// Opens the existing file, for reading only where it cannot be written.
    ///
    /// # Errors
    /// The operating system's, when the file cannot be opened at all.
    pub fn open(path: &Path, read_only: bool) -> io::Result<Arc<Self>> {
        let file = open_file(path, read_only)?;
        Ok(Arc::new(Self { path: path.to_owned(), file, level: Mutex::new(Level::Unlocked) }))
    }

    /// Raises the lock. `Ok(false)`: somebody holds a conflicting one.
    ///
    /// # Errors
    /// The operating system's, other than "it is locked".
    pub fn acquire(&self, wanted: Level) -> io::Result<bool> {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        platform::acquire(&self.file, &mut level, wanted)
    }

    /// Lowers the lock to [`Level::Shared`] or [`Level::Unlocked`].
    ///
    /// # Errors
    /// The operating system's.
    pub fn release(&self, wanted: Level) -> io::Result<()> {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        platform::release(&self.file, &mut level, wanted)
    }

    /// Whether any connection, this one included, holds reserved or more.
    ///
    /// # Errors
    /// The operating system's.
    pub fn is_reserved(&self) -> io::Result<bool> {
        let level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        if *level >= Level::Reserved {
            return Ok(true);
        }
        platform::is_locked_by_other(&self.file, RESERVED_BYTE, 1)
    }

    /// Whether the path now names another file, or none.
    #[must_use]
    pub fn has_moved(&self) -> bool {
        platform::has_moved(&self.file, &self.path)
    }
}

/// A handle that whoever must keep the lock holds on to.
pub type SharedLock = Arc<DatabaseLock>;

/// Held while a sync runs; it vanishes with the process that holds it.
#[derive(Debug)]
pub struct SyncLock {
    _file: File,
}

impl SyncLock {
    /// Takes the lock, or says `None` when another process or another run holds it.
    ///
    /// # Errors
    /// The operating system's.
    pub fn try_acquire(database: &Path) -> io::Result<Option<Self>> {
        let file = open_file(database, false)?;
        let taken = platform::try_lock(&file, RangeMode::Exclusive, SYNC_BYTE, 1)?;
        Ok(taken.then_some(Self { _file: file }))
    }

    /// Whether anybody holds it.
    ///
    /// # Errors
    /// The operating system's.
    pub fn is_held(database: &Path) -> io::Result<bool> {
        let file = open_file(database, true)?;
        platform::is_locked_by_other(&file, SYNC_BYTE, 1)
    }
}

fn open_file(path: &Path, read_only: bool) -> io::Result<File> {
    let options = || {
        let mut options = File::options();
        options.read(true);
        // The component could put a link in the file's place, and lead the host elsewhere.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
        options
    };
    let writable = || options().write(true).open(path);
    if read_only {
        return options().open(path);
    }
    writable().or_else(|error| match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => options().open(path),
        _ => Err(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("fastintercom-lock-{}-{name}", std::process::id()));
            std::fs::write(&path, b"").expect("a scratch file");
            Self(path)
        }
        fn lock(&self) -> Arc<DatabaseLock> {
            DatabaseLock::open(&self.0, false).expect("opens")
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    #[test]
    fn readers_share_and_one_of_them_reserves() {
        let scratch = Scratch::new("share");
        let (one, two) = (scratch.lock(), scratch.lock());
        assert!(one.acquire(Level::Shared).expect("shared"));
        assert!(two.acquire(Level::Shared).expect("shared"));
        assert!(one.acquire(Level::Reserved).expect("reserved"));
        assert!(!two.acquire(Level::Reserved).expect("answer"));
        assert!(two.is_reserved().expect("answer"));
    }

    #[test]
    fn a_failed_exclusive_keeps_new_readers_out_until_it_is_released() {
        let scratch = Scratch::new("pending");
        let (writer, reader, newcomer) = (scratch.lock(), scratch.lock(), scratch.lock());
        assert!(reader.acquire(Level::Shared).expect("shared"));
        assert!(writer.acquire(Level::Shared).expect("shared"));
        assert!(writer.acquire(Level::Reserved).expect("reserved"));
        assert!(!writer.acquire(Level::Exclusive).expect("answer"), "a reader is still there");
        assert!(!newcomer.acquire(Level::Shared).expect("answer"), "pending keeps newcomers out");
        reader.release(Level::Unlocked).expect("released");
        assert!(writer.acquire(Level::Exclusive).expect("exclusive"));
        writer.release(Level::Shared).expect("lowered");
        assert!(newcomer.acquire(Level::Shared).expect("shared"));
    }

    #[test]
    fn a_dropped_handle_leaves_no_lock() {
        let scratch = Scratch::new("drop");
        let one = scratch.lock();
        for level in [Level::Shared, Level::Reserved, Level::Exclusive] {
            assert!(one.acquire(level).expect("acquired"));
        }
        let two = scratch.lock();
        assert!(!two.acquire(Level::Shared).expect("answer"));
        drop(one);
        assert!(two.acquire(Level::Shared).expect("shared"));
    }

    #[test]
    fn one_sync_at_a_time() {
        let scratch = Scratch::new("sync");
        assert!(!SyncLock::is_held(&scratch.0).expect("answer"));
        let held = SyncLock::try_acquire(&scratch.0).expect("answer").expect("taken");
        assert!(SyncLock::is_held(&scratch.0).expect("answer"));
        assert!(SyncLock::try_acquire(&scratch.0).expect("answer").is_none());
        drop(held);
        assert!(SyncLock::try_acquire(&scratch.0).expect("answer").is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_replaced_file_is_noticed() {
        let scratch = Scratch::new("moved");
        let lock = scratch.lock();
        assert!(!lock.has_moved());
        std::fs::remove_file(&scratch.0).expect("removed");
        assert!(lock.has_moved());
        std::fs::write(&scratch.0, b"").expect("replaced");
        assert!(lock.has_moved());
    }
}
