//! SQLite's byte-range locks on the database file, and the lock that says "a sync is running".
//!
//! The guest's SQLite asks for lock levels; this module takes, on the real file, the very bytes
//! that every native SQLite takes (<https://sqlite.org/lockingv3.html>, and the comments of
//! `os_unix.c` and `os_win.c`). So instances, processes and the `sqlite3` shell exclude each other.
//!
//! Each [`DatabaseLock`] owns a file description of its own. Its locks end with that description,
//! which is why a crash leaves nothing behind, and why whoever must keep a lock until some work
//! has ended holds on to the `Arc` (see `component::worker`).
//!
//! Two bytes far behind any database say what SQLite has no word for: that a sync runs
//! ([`SyncLock`]), and that a program works with the file ([`UseLock`]).
//!
//! Some file systems refuse such locks. There one process owns the database alone: see
//! [`single_owner`].

mod single_owner;

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

use single_owner::SingleOwner;

/// The first byte of SQLite's lock page: PENDING, then RESERVED, then 510 SHARED bytes.
const PENDING_BYTE: u64 = 0x4000_0000;
const RESERVED_BYTE: u64 = PENDING_BYTE + 1;
const SHARED_FIRST: u64 = PENDING_BYTE + 2;
const SHARED_SIZE: u64 = 510;

/// One byte far behind any database (SQLite's largest is 2^48 bytes): held while a sync runs.
const SYNC_BYTE: u64 = 1 << 50;

/// Its neighbour: shared by every process that works with the database, taken exclusively by one
/// that must have it for itself.
const USE_BYTE: u64 = SYNC_BYTE + 1;

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
    /// Where the file system refuses locks: the levels of this process's own handles.
    alone: Option<Arc<SingleOwner>>,
}

impl DatabaseLock {
    /// Opens the existing file, for reading only where it cannot be written.
    ///
    /// # Errors
    /// The operating system's, when the file cannot be opened at all; a sentence for the user,
    /// when its file system refuses locks and another process owns the database.
    pub fn open(path: &Path, read_only: bool) -> io::Result<Arc<Self>> {
        let file = open_file(path, read_only)?;
        let alone = single_owner::of(path, &file, are_refused)?;
        Ok(Arc::new(Self { path: path.to_owned(), file, level: Mutex::new(Level::Unlocked), alone }))
    }

    /// Raises the lock. `Ok(false)`: somebody holds a conflicting one.
    ///
    /// # Errors
    /// The operating system's, other than "it is locked".
    pub fn acquire(&self, wanted: Level) -> io::Result<bool> {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        match &self.alone {
            Some(owner) => owner.acquire(&mut level, wanted),
            None => platform::acquire(&self.file, &mut level, wanted),
        }
    }

    /// Lowers the lock to [`Level::Shared`] or [`Level::Unlocked`].
    ///
    /// # Errors
    /// The operating system's.
    pub fn release(&self, wanted: Level) -> io::Result<()> {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        match &self.alone {
            Some(owner) => owner.release(&mut level, wanted),
            None => platform::release(&self.file, &mut level, wanted),
        }
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
        match &self.alone {
            Some(owner) => Ok(owner.is_reserved()),
            None => platform::is_locked_by_other(&self.file, RESERVED_BYTE, 1),
        }
    }

    /// Whether the path now names another file, or none.
    #[must_use]
    pub fn has_moved(&self) -> bool {
        platform::has_moved(&self.file, &self.path)
    }
}

impl Drop for DatabaseLock {
    fn drop(&mut self) {
        // The system gives back its own locks with the file.
        if let Some(owner) = &self.alone {
            let level = self.level.get_mut().unwrap_or_else(PoisonError::into_inner);
            let _ = owner.release(level, Level::Unlocked);
        }
    }
}

/// A handle that whoever must keep the lock holds on to.
pub type SharedLock = Arc<DatabaseLock>;

/// Whether the file's file system refuses byte-range locks altogether; the error it refuses with.
///
/// # Errors
/// The operating system's, when it is something else.
fn are_refused(file: &File) -> io::Result<Option<io::Error>> {
    // A byte that nobody ever locks exclusively: "busy" can only be the `ENOLCK` of a network file
    // system without a lock service, with which SQLite would wait for ever.
    match platform::try_lock(file, RangeMode::Shared, USE_BYTE + 1, 1) {
        Ok(true) => Ok(None),
        Ok(false) => Ok(Some(io::Error::other("no locks available"))),
        Err(error) if platform::is_refusal(&error) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

/// How a database can be shared, for `fastintercom doctor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// With everybody, through SQLite's own locks.
    Locks,
    /// Not at all: the file system refuses such locks.
    SingleOwner,
}

impl Sharing {
    /// # Errors
    /// The operating system's.
    pub fn of(database: &Path) -> io::Result<Self> {
        let refused = are_refused(&open_file(database, true)?)?;
        Ok(if refused.is_some() { Self::SingleOwner } else { Self::Locks })
    }
}

/// Says that this process works with the database, or that nobody else may.
#[derive(Debug)]
pub struct UseLock {
    file: File,
}

impl UseLock {
    /// Shares the database with other processes. `None`: one of them has it for itself, for a
    /// repair. Where the file system refuses locks, this process becomes the single owner.
    ///
    /// # Errors
    /// The operating system's, or a sentence that another process is the single owner.
    pub fn share(database: &Path) -> io::Result<Option<Self>> {
        // Shared locks need no more than reading.
        Self::take(database, open_file(database, true)?, RangeMode::Shared)
    }

    /// Takes the database for this process alone. `None`: another one works with it.
    ///
    /// # Errors
    /// As [`UseLock::share`].
    pub fn alone(database: &Path) -> io::Result<Option<Self>> {
        Self::take(database, File::options().read(true).write(true).open(database)?, RangeMode::Exclusive)
    }

    /// Whether another process works with the database.
    ///
    /// # Errors
    /// The operating system's.
    pub fn is_used_by_other(database: &Path) -> io::Result<bool> {
        if cfg!(windows) {
            // There only trying tells, and sharers would let a reader in.
            return Ok(Self::alone(database)?.is_none());
        }
        platform::is_locked_by_other(&open_file(database, true)?, USE_BYTE, 1)
    }

    /// Whether the path now names another file than the one that is used, or none.
    #[must_use]
    pub fn has_moved(&self, database: &Path) -> bool {
        platform::has_moved(&self.file, database)
    }

    fn take(database: &Path, file: File, mode: RangeMode) -> io::Result<Option<Self>> {
        if single_owner::of(database, &file, are_refused)?.is_some() {
            return Ok(Some(Self { file }));
        }
        let taken = platform::try_lock(&file, mode, USE_BYTE, 1)?;
        Ok(taken.then_some(Self { file }))
    }
}

/// Held while a sync runs; it vanishes with the process that holds it.
#[derive(Debug)]
pub struct SyncLock {
    _file: File,
    /// Where the file system refuses locks, there is only this process.
    _alone: Option<single_owner::Syncing>,
}

impl SyncLock {
    /// Takes the lock, or says `None` when another process or another run holds it.
    ///
    /// # Errors
    /// The operating system's.
    pub fn try_acquire(database: &Path) -> io::Result<Option<Self>> {
        // An exclusive lock needs a file that can be written; without one the error says why.
        let file = File::options().read(true).write(true).open(database)?;
        if let Some(owner) = single_owner::of(database, &file, are_refused)? {
            return Ok(owner.try_sync().map(|syncing| Self { _file: file, _alone: Some(syncing) }));
        }
        let taken = platform::try_lock_past_probes(&file, SYNC_BYTE)?;
        Ok(taken.then_some(Self { _file: file, _alone: None }))
    }

    /// Whether anybody holds it.
    ///
    /// # Errors
    /// The operating system's.
    pub fn is_held(database: &Path) -> io::Result<bool> {
        let file = open_file(database, true)?;
        if let Some(owner) = single_owner::of(database, &file, are_refused)? {
            return Ok(owner.is_syncing());
        }
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
        #[cfg(windows)]
        std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, windows::NO_FOLLOW);
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

    #[test]
    fn whoever_wants_the_database_alone_waits_for_those_who_use_it() {
        let scratch = Scratch::new("use");
        let one = UseLock::share(&scratch.0).expect("answer").expect("shared");
        let two = UseLock::share(&scratch.0).expect("answer").expect("shared");
        assert!(UseLock::is_used_by_other(&scratch.0).expect("answer"));
        drop(one);
        assert!(UseLock::alone(&scratch.0).expect("answer").is_none());
        drop(two);
        let alone = UseLock::alone(&scratch.0).expect("answer").expect("alone");
        assert!(UseLock::share(&scratch.0).expect("answer").is_none());
        drop(alone);
        assert!(!UseLock::is_used_by_other(&scratch.0).expect("answer"));
    }

    #[test]
    fn a_replaced_file_is_noticed() {
        let scratch = Scratch::new("moved");
        let lock = scratch.lock();
        assert!(!lock.has_moved());
        let away = scratch.0.with_extension("away");
        std::fs::rename(&scratch.0, &away).expect("moved");
        assert!(lock.has_moved());
        std::fs::write(&scratch.0, b"").expect("replaced");
        assert!(lock.has_moved());
        std::fs::remove_file(away).expect("removed");
    }
}
