//! The data folder, the database file and its locks.

use std::path::Path;

use super::{Finding, ill, well};
use crate::config::Config;
use crate::sandbox::lock::{Sharing, SyncLock, UseLock};

/// A sync, its journal and a repair need some room; less than this is a matter of days.
const LITTLE_SPACE: u64 = 200_000_000;

pub fn look(config: &Config) -> Vec<Finding> {
    vec![folder(config), file(config), locks(config), servers(config), space(config)]
}

fn folder(config: &Config) -> Finding {
    let folder = &config.data_folder;
    let shown = folder.display();
    if config.replica {
        return well("folder", format!("{shown} is only read: this is a replica"));
    }
    if config.read_only {
        return ill(
            "folder",
            format!(
                "{shown} or the database in it is read-only, so nothing is synced; make both writable (chmod u+w) to sync."
            ),
        );
    }
    match others_may_enter(folder) {
        true => ill("folder", format!("{shown} is open to other users; run: chmod 700 '{shown}'")),
        false => well("folder", format!("{shown} is writable, and closed to other users")),
    }
}

fn file(config: &Config) -> Finding {
    let file = &config.database;
    let shown = file.display();
    if others_may_enter(file) {
        return ill("file", format!("{shown} is open to other users; run: chmod 600 '{shown}'"));
    }
    match std::fs::metadata(file) {
        Ok(found) => {
            well("file", format!("{shown}, {:.1} MB, closed to other users", found.len() as f64 / 1e6))
        }
        Err(error) => ill(
            "file",
            format!(
                "{shown} cannot be read ({error}); fix that, or name another file in FASTINTERCOM_DB_PATH"
            ),
        ),
    }
}

/// Whether somebody else has any right on it.
pub fn others_may_enter(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        // The user's profile, where it lies by default, is closed by itself.
        let _ = path;
        false
    }
}

fn locks(config: &Config) -> Finding {
    match Sharing::of(&config.database) {
        Ok(Sharing::Locks) => well("locks", "servers and other SQLite programs can share the database"),
        Ok(Sharing::SingleOwner) => ill(
            "locks",
            "the file system refuses file locks, so only one FastIntercom can use the database, and no other program may; move it to a local disk with FASTINTERCOM_DB_PATH",
        ),
        Err(error) => ill(
            "locks",
            format!(
                "the database file cannot be locked ({error}); move it to a local disk with FASTINTERCOM_DB_PATH"
            ),
        ),
    }
}

fn servers(config: &Config) -> Finding {
    let database = &config.database;
    let syncing = SyncLock::is_held(database).unwrap_or(false);
    let used = UseLock::is_used_by_other(database).unwrap_or(false);
    well(
        "servers",
        match (used, syncing) {
            (_, true) => "a FastIntercom is syncing this database now",
            (true, false) => "a FastIntercom uses this database; no sync runs now",
            (false, false) => "no other FastIntercom uses this database now",
        },
    )
}

fn space(config: &Config) -> Finding {
    let Some(free) = crate::platform::free_space(&config.data_folder) else {
        return well("space", "free space is not known on this system");
    };
    let size = std::fs::metadata(&config.database).map_or(0, |found| found.len());
    let shown = format!("{:.1} GB free", free as f64 / 1e9);
    if free < LITTLE_SPACE.max(size / 10) {
        return ill("space", format!("only {shown}; a sync stops when the disk is full, so free some"));
    }
    well("space", shown)
}
