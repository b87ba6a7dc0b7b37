//! Where the file system refuses byte-range locks, as some network file systems, FUSE and
//! sandboxes do: one process owns the database alone.
//!
//! It holds a lock file as long as it lives, by whatever whole-file lock the system has
//! (`flock`, `LockFileEx`); a crash gives that back. Between the instances of that process this
//! module keeps SQLite's lock levels itself. Other FastIntercom processes are told to go; other
//! programs cannot be kept out here, so the log warns of them.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::Level;

/// The levels that the handles of this process hold together.
#[derive(Debug, Default)]
struct Held {
    /// Handles at shared or above.
    readers: usize,
    reserved: bool,
    /// A writer waits for readers to leave, or has the database for itself.
    pending: bool,
    syncing: bool,
}

/// One database that this process owns.
#[derive(Debug)]
pub struct SingleOwner {
    held: Mutex<Held>,
    _lock_file: File,
}

/// While it lives, this process syncs.
#[derive(Debug)]
pub struct Syncing(Arc<SingleOwner>);

impl Drop for Syncing {
    fn drop(&mut self) {
        self.0.held().syncing = false;
    }
}

/// Databases that this process owns, until it ends.
static OWNED: Mutex<BTreeMap<PathBuf, Arc<SingleOwner>>> = Mutex::new(BTreeMap::new());

/// `None` where the file system has locks, as that function finds; else this process's ownership,
/// which is taken at the first call.
///
/// # Errors
/// A sentence for the user, when another process owns the database, or when nothing at all can be
/// locked on this machine.
pub(super) fn of(
    database: &Path,
    file: &File,
    are_refused: impl Fn(&File) -> io::Result<Option<io::Error>>,
) -> io::Result<Option<Arc<SingleOwner>>> {
    let mut owned = OWNED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(owner) = owned.get(database) {
        return Ok(Some(Arc::clone(owner)));
    }
    let Some(refusal) = are_refused(file)? else { return Ok(None) };
    let owner = Arc::new(SingleOwner { held: Mutex::default(), _lock_file: take(database)? });
    tracing::warn!(
        "the file system of {} refuses file locks ({refusal}), so this process now owns the database alone: other FastIntercom servers are refused, and other programs must not open it meanwhile; move it to a local disk with FASTINTERCOM_DB_PATH to share it",
        database.display()
    );
    owned.insert(database.to_owned(), Arc::clone(&owner));
    Ok(Some(owner))
}

/// Locks a file beside the database or, where that cannot be, one in the temporary folder.
fn take(database: &Path) -> io::Result<File> {
    let mut beside = database.as_os_str().to_owned();
    beside.push("-owner");
    let digest = Sha256::digest(database.as_os_str().as_encoded_bytes());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let elsewhere = std::env::temp_dir().join(format!("fastintercom-{name}.owner"));
    let mut trouble = None;
    for path in [PathBuf::from(beside), elsewhere] {
        let locked =
            File::options().create(true).truncate(false).write(true).open(&path).and_then(|file| match file
                .try_lock()
            {
                Ok(()) => Ok(Some(file)),
                Err(TryLockError::WouldBlock) => Ok(None),
                Err(TryLockError::Error(error)) => Err(error),
            });
        match locked {
            Ok(Some(file)) => return Ok(file),
            Ok(None) => {
                return Err(io::Error::other(
                    "the file system of the database refuses file locks, so only one FastIntercom can use it at a time, and another one does; end that one, or move the database to a local disk with FASTINTERCOM_DB_PATH",
                ));
            }
            Err(error) => trouble = Some(error),
        }
    }
    let reason = trouble.map_or_else(String::new, |error| format!(" ({error})"));
    Err(io::Error::other(format!(
        "nothing can be locked on this system{reason}, so the database is not safe here; move it to a local disk with FASTINTERCOM_DB_PATH"
    )))
}

impl SingleOwner {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As `unixLock`, with the counts in the place of byte ranges.
    pub(super) fn acquire(&self, level: &mut Level, wanted: Level) -> io::Result<bool> {
        if *level >= wanted {
            return Ok(true);
        }
        let mut held = self.held();
        match wanted {
            Level::Unlocked | Level::Pending => return Ok(true),
            Level::Shared => {
                if held.pending {
                    return Ok(false);
                }
                held.readers += 1;
            }
            Level::Reserved => {
                if held.reserved {
                    return Ok(false);
                }
                held.reserved = true;
            }
            Level::Exclusive => {
                // Another one's hot journal may be rolled back without a reserved lock of one's own.
                if *level < Level::Pending {
                    if held.pending || (held.reserved && *level < Level::Reserved) {
                        return Ok(false);
                    }
                    held.pending = true;
                    if *level < Level::Reserved {
                        held.reserved = true;
                    }
                    *level = Level::Pending;
                }
                if held.readers > 1 {
                    return Ok(false);
                }
            }
        }
        *level = wanted;
        Ok(true)
    }

    /// As `posixUnlock`.
    pub(super) fn release(&self, level: &mut Level, wanted: Level) -> io::Result<()> {
        if *level <= wanted {
            return Ok(());
        }
        let mut held = self.held();
        if *level >= Level::Reserved {
            held.reserved = false;
        }
        if *level >= Level::Pending {
            held.pending = false;
        }
        if wanted == Level::Unlocked {
            held.readers = held.readers.saturating_sub(1);
        }
        *level = wanted;
        Ok(())
    }

    pub(super) fn is_reserved(&self) -> bool {
        self.held().reserved
    }

    pub(super) fn try_sync(self: &Arc<Self>) -> Option<Syncing> {
        let mut held = self.held();
        if held.syncing {
            return None;
        }
        held.syncing = true;
        Some(Syncing(Arc::clone(self)))
    }

    pub(super) fn is_syncing(&self) -> bool {
        self.held().syncing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(name: &str) -> (PathBuf, Arc<SingleOwner>) {
        let path = std::env::temp_dir().join(format!("fastintercom-owner-{}-{name}", std::process::id()));
        let file = File::create(&path).expect("a scratch file");
        let refused = |_: &File| Ok(Some(io::Error::from(io::ErrorKind::Unsupported)));
        let owner = of(&path, &file, refused).expect("owned").expect("refused");
        (path, owner)
    }

    fn remove(path: &Path) {
        let _ = std::fs::remove_file(path);
        let _ = std::fs::remove_file(format!("{}-owner", path.display()));
    }

    #[test]
    fn levels_exclude_each_other_as_in_sqlite() {
        let (path, owner) = owned("levels");
        let (mut writer, mut reader, mut newcomer) = (Level::Unlocked, Level::Unlocked, Level::Unlocked);
        let take = |level: &mut Level, wanted| owner.acquire(level, wanted).expect("an answer");
        assert!(take(&mut writer, Level::Shared) && take(&mut reader, Level::Shared));
        assert!(take(&mut writer, Level::Reserved));
        assert!(!take(&mut reader, Level::Reserved), "one writer");
        assert!(owner.is_reserved());
        assert!(!take(&mut writer, Level::Exclusive), "a reader is still there");
        assert!(!take(&mut newcomer, Level::Shared), "pending keeps newcomers out");
        owner.release(&mut reader, Level::Unlocked).expect("released");
        assert!(take(&mut writer, Level::Exclusive));
        owner.release(&mut writer, Level::Shared).expect("lowered");
        assert!(take(&mut newcomer, Level::Shared));
        assert!(!owner.is_reserved());
        remove(&path);
    }

    #[test]
    fn a_hot_journal_is_rolled_back_by_one_alone() {
        let (path, owner) = owned("hot");
        let (mut one, mut two) = (Level::Unlocked, Level::Unlocked);
        let take = |level: &mut Level, wanted| owner.acquire(level, wanted).expect("an answer");
        // SQLite goes from shared to exclusive at once then.
        assert!(take(&mut one, Level::Shared) && take(&mut two, Level::Shared));
        assert!(!take(&mut one, Level::Exclusive) && !take(&mut two, Level::Exclusive));
        owner.release(&mut two, Level::Unlocked).expect("released");
        assert!(take(&mut one, Level::Exclusive));
        owner.release(&mut one, Level::Unlocked).expect("released");
        assert!(take(&mut two, Level::Shared));
        remove(&path);
    }

    #[test]
    fn the_lock_file_keeps_other_processes_out() {
        let (path, _owner) = owned("others");
        // flock belongs to the open file, so a second take stands for a second process.
        let refused = take(&path).expect_err("owned already");
        assert!(refused.to_string().contains("another one does"), "{refused}");
        remove(&path);
    }

    #[test]
    fn a_file_system_with_locks_needs_no_owner_and_one_owner_is_enough() {
        let (path, owner) = owned("once");
        let file = File::open(&path).expect("it is there");
        let again = of(&path, &file, |_| panic!("it was asked already")).expect("owned").expect("refused");
        assert!(Arc::ptr_eq(&owner, &again));
        let other = path.with_extension("other");
        assert!(of(&other, &file, |_| Ok(None)).expect("an answer").is_none());
        assert!(!PathBuf::from(format!("{}-owner", other.display())).exists());
        remove(&path);
    }

    /// A writer that gives up leaves nothing behind that keeps readers out.
    #[test]
    fn pending_ends_with_the_writer_that_waits() {
        let (path, owner) = owned("pending");
        let (mut writer, mut reader, mut newcomer) = (Level::Unlocked, Level::Unlocked, Level::Unlocked);
        let take = |level: &mut Level, wanted| owner.acquire(level, wanted).expect("an answer");
        assert!(take(&mut reader, Level::Shared));
        assert!(take(&mut writer, Level::Shared) && take(&mut writer, Level::Reserved));
        assert!(!take(&mut writer, Level::Exclusive) && !take(&mut newcomer, Level::Shared));
        owner.release(&mut writer, Level::Unlocked).expect("released");
        assert!(take(&mut newcomer, Level::Shared) && take(&mut newcomer, Level::Reserved));
        // Who is no longer there is not released twice.
        owner.release(&mut writer, Level::Unlocked).expect("nothing to release");
        owner.release(&mut reader, Level::Unlocked).expect("released");
        assert!(take(&mut newcomer, Level::Exclusive));
        remove(&path);
    }

    #[test]
    fn threads_that_write_never_meet_anybody() {
        use std::sync::atomic::{AtomicI64, Ordering};
        let (path, owner) = owned("threads");
        let (inside, written) = (AtomicI64::new(0), AtomicI64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let mut level = Level::Unlocked;
                        let climbed = [Level::Shared, Level::Reserved, Level::Exclusive]
                            .into_iter()
                            .all(|wanted| owner.acquire(&mut level, wanted).expect("an answer"));
                        if climbed {
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "somebody else writes");
                            assert_eq!(owner.held().readers, 1, "somebody reads");
                            std::thread::yield_now();
                            inside.fetch_sub(1, Ordering::SeqCst);
                            written.fetch_add(1, Ordering::Relaxed);
                        }
                        owner.release(&mut level, Level::Unlocked).expect("released");
                    }
                });
            }
        });
        assert!(written.into_inner() > 0);
        let held = owner.held();
        assert!(held.readers == 0 && !held.reserved && !held.pending, "{held:?}");
        drop(held);
        remove(&path);
    }

    #[test]
    fn where_no_file_can_lie_beside_the_database_one_in_the_temporary_folder_is_locked() {
        let name = format!("fastintercom-nowhere-{}/data.db", std::process::id());
        let database = std::env::temp_dir().join(name);
        let lock = take(&database).expect("locked elsewhere");
        let refused = take(&database).expect_err("owned already");
        assert!(refused.to_string().contains("another one does"), "{refused}");
        drop(lock);
        // A crash or the end of the process gives it back.
        drop(take(&database).expect("free again"));
        let digest = Sha256::digest(database.as_os_str().as_encoded_bytes());
        let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        std::fs::remove_file(std::env::temp_dir().join(format!("fastintercom-{name}.owner")))
            .expect("it was there");
    }

    #[test]
    fn one_sync_at_a_time() {
        let (path, owner) = owned("sync");
        let running = owner.try_sync().expect("the first");
        assert!(owner.try_sync().is_none() && owner.is_syncing());
        drop(running);
        assert!(!owner.is_syncing());
        remove(&path);
    }
}
