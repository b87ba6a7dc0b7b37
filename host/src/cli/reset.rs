//! `fastintercom reset`: removes everything that is cached.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

use super::arguments::ResetOptions;
use super::{Failure, repair, terminal};
use crate::config::{Place, Sources, place};
use crate::sandbox::lock::{DatabaseLock, UseLock};

/// How often, and how many times, it is tried to have the database alone.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: u32 = 20;

pub fn run(sources: &Sources, options: &ResetOptions) -> Result<ExitCode, Failure> {
    let place = place(sources)?;
    if place.replica {
        return Err(Failure::Usage(
            "A replica only reads its database, so it removes nothing; run this without --read-only where the database belongs.".to_owned(),
        ));
    }
    if place.read_only {
        return Err(Failure::Work(format!(
            "{} or its folder is read-only, so nothing can be removed; make both writable first.",
            place.file.display()
        )));
    }
    let found = cached(&place)
        .map_err(|error| Failure::Work(format!("{} cannot be listed ({error}).", place.folder.display())))?;
    if found.iter().all(|file| file.bytes == 0) {
        say(options, &[], vec![format!("Nothing is cached in {}.", place.folder.display())]);
        return Ok(ExitCode::SUCCESS);
    }
    if !options.yes && !agreed(&place, &found)? {
        say(options, &[], vec!["Nothing was removed.".to_owned()]);
        return Ok(ExitCode::SUCCESS);
    }
    let removed = remove(&place)?;
    let mut lines: Vec<_> = removed.iter().map(|file| format!("Removed {}.", file.shown())).collect();
    lines.push(
        "Your settings and the access token are as they were; `fastintercom logout` removes a stored token. The next sync begins anew.".to_owned(),
    );
    say(options, &removed, lines);
    Ok(ExitCode::SUCCESS)
}

fn say(options: &ResetOptions, removed: &[Cached], lines: Vec<String>) {
    let removed: Vec<_> = removed.iter().map(Cached::document).collect();
    terminal::answer(options.json, &json!({"success": true, "removed": removed}), &lines);
}

/// A file with customers' texts.
struct Cached {
    path: PathBuf,
    bytes: u64,
}

impl Cached {
    fn shown(&self) -> String {
        format!("{} ({:.1} MB)", self.path.display(), self.bytes as f64 / 1e6)
    }

    fn document(&self) -> Value {
        json!({"file": self.path.display().to_string(), "bytes": self.bytes})
    }
}

/// The database, its journals, the copies that were made of it before a take-over and by a repair,
/// and what an interrupted backup or repair left. The database itself comes last: while it is
/// there, its locks keep others out.
fn cached(place: &Place) -> io::Result<Vec<Cached>> {
    let name = place.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found = Vec::new();
    for entry in fs::read_dir(&place.folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() && is_ours(&entry.file_name().to_string_lossy(), &name) {
            found.push(Cached { path: entry.path(), bytes: entry.metadata()?.len() });
        }
    }
    found.sort_by(|one, other| {
        (one.path == place.file, &one.path).cmp(&(other.path == place.file, &other.path))
    });
    Ok(found)
}

fn is_ours(file: &str, database: &str) -> bool {
    if let Some(suffix) = file.strip_prefix(database) {
        return matches!(suffix, "" | "-journal" | "-wal" | "-shm")
            || suffix.starts_with(".bak-")
            || suffix.starts_with(".damaged-");
    }
    ["backup-", "repair-"].iter().any(|prefix| file.starts_with(prefix)) && file.contains(".tmp")
}

fn agreed(place: &Place, found: &[Cached]) -> Result<bool, Failure> {
    terminal::note(&format!("These hold what was read from Intercom into {}:", place.folder.display()));
    for file in found {
        terminal::note(&format!("  {}", file.shown()));
    }
    terminal::ask("Remove them for good?").map_err(|error| match error.kind() {
        io::ErrorKind::Unsupported => Failure::Usage(
            "Nobody can be asked here, so nothing was removed; add --yes to remove these files.".to_owned(),
        ),
        _ => Failure::Work(format!("The answer could not be read ({error}); nothing was removed.")),
    })
}

/// Nobody else may be at work with the database: a server would go on with a file that has no
/// name any more.
fn remove(place: &Place) -> Result<Vec<Cached>, Failure> {
    let locked = |error: io::Error| Failure::Work(format!("The database file cannot be locked ({error})."));
    let Some(_alone) = UseLock::alone(&place.file).map_err(locked)? else {
        return Err(Failure::Work(
            "A FastIntercom server uses this database, so nothing was removed. Close the clients that started one (or end the process), then run `fastintercom reset` again.".to_owned(),
        ));
    };
    let lock = DatabaseLock::open(&place.file, false).map_err(locked)?;
    let mut looks = 0;
    while !repair::take(&lock).map_err(locked)? {
        looks += 1;
        if looks > LOOKS {
            return Err(Failure::Work(
                "Another program has the database open in a transaction, so nothing was removed. End it, then run `fastintercom reset` again.".to_owned(),
            ));
        }
        std::thread::sleep(LOOK);
    }
    // What came since it was asked is of the same kind.
    let found = cached(place).map_err(locked)?;
    let mut removed = Vec::new();
    for file in found {
        fs::remove_file(&file.path).map_err(|error| half_done(&file.path, &error, &removed))?;
        removed.push(file);
    }
    Ok(removed)
}

fn half_done(path: &Path, error: &io::Error, removed: &[Cached]) -> Failure {
    Failure::Work(format!(
        "{} could not be removed ({error}); {} other files were. Run `fastintercom reset` again.",
        path.display(),
        removed.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_this_database_are_ours() {
        for ours in [
            "data.db",
            "data.db-journal",
            "data.db-wal",
            "data.db.bak-20261122",
            "data.db.damaged-20261122-101010",
            "data.db.damaged-20261122-101010-journal",
            "backup-77.tmp",
            "repair-77.tmp.part-journal",
        ] {
            assert!(is_ours(ours, "data.db"), "{ours}");
        }
        for theirs in
            ["config.json", "data.db2", "other.db", "data.database", "backup-of-mine.db", "notes.tmp"]
        {
            assert!(!is_ours(theirs, "data.db"), "{theirs}");
        }
    }
}
