//! `fastintercom reset`: removes everything that is cached.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

use super::arguments::ResetOptions;
use super::{Failure, repair, terminal};
use crate::config::{Owner, Place, Sources, place, whose};
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
    refuse_strangers(&place)?;
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

/// The setting may name a file by mistake, and then its folder is somebody's, too.
fn refuse_strangers(place: &Place) -> Result<(), Failure> {
    let what = match whose(&place.file) {
        Ok(Owner::Ours | Owner::Empty) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Ok(Owner::Unmarked) => "is a database without FastIntercom's mark (of another program, or of the original one and not yet taken over)".to_owned(),
        Ok(Owner::Stranger) => "does not begin as a database of FastIntercom's".to_owned(),
        Err(error) => format!("cannot be read ({error})"),
    };
    Err(Failure::Work(format!(
        "{} {what}, so nothing was removed. Check FASTINTERCOM_DB_PATH; if you are sure, remove the file yourself.",
        place.file.display()
    )))
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
///
/// A name alone does not make a file ours: what should be a database of ours must begin as one.
fn cached(place: &Place) -> io::Result<Vec<Cached>> {
    list(&place.file, &place.folder)
}

/// What [`cached`] lists.
fn list(database: &Path, folder: &Path) -> io::Result<Vec<Cached>> {
    let name = database.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // Of a link this is the link itself, which is never ours.
        if !entry.file_type()?.is_file() {
            continue;
        }
        let ours = match kind(&entry.file_name().to_string_lossy(), &name) {
            None => false,
            Some(Kind::Companion) => true,
            Some(Kind::Database) => matches!(whose(&entry.path())?, Owner::Ours | Owner::Empty),
            // A copy of the original's database has no mark of ours yet.
            Some(Kind::Copy) => !matches!(whose(&entry.path())?, Owner::Stranger),
        };
        if ours {
            found.push(Cached { path: entry.path(), bytes: entry.metadata()?.len() });
        }
    }
    for path in crate::filtered::files(database)? {
        let bytes = fs::metadata(&path)?.len();
        found.push(Cached { path, bytes });
    }
    found.sort_by(|one, other| (one.path == database, &one.path).cmp(&(other.path == database, &other.path)));
    Ok(found)
}

/// Files in the database's folder that hold what was cached once: copies from before a take-over, and
/// damaged databases that a repair set aside.
pub(super) fn old_copies(database: &Path, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let name = database.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_old = |path: &Path| {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        file.strip_prefix(&name)
            .is_some_and(|rest| rest.starts_with(".bak-") || rest.starts_with(".damaged-"))
    };
    Ok(list(database, folder)?.into_iter().map(|file| file.path).filter(|path| is_old(path)).collect())
}

/// What a file of ours of that name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The database, and what was made to take its place.
    Database,
    /// A copy of the database as it was before a take-over.
    Copy,
    /// Journals, and a damaged database, which may begin with anything. Their names are long enough
    /// to be nobody else's.
    Companion,
}

/// Exactly the names that this program gives, and no others that begin or end like them.
fn kind(file: &str, database: &str) -> Option<Kind> {
    if let Some(suffix) = file.strip_prefix(database) {
        let (copy, unfinished) = match suffix.strip_prefix(".bak-") {
            Some(copy) => (
                Some(copy.trim_end_matches("-journal").trim_end_matches(".part")),
                copy.ends_with("-journal"),
            ),
            None => (None, false),
        };
        if let Some(copy) = copy {
            let day = copy.get(..10).is_some_and(|day| shaped(day, "0000-00-00"));
            let number = copy.get(10..).unwrap_or_default();
            let numbered = number.is_empty() || number.strip_prefix('-').is_some_and(is_number);
            return (day && numbered).then_some(if unfinished { Kind::Companion } else { Kind::Copy });
        }
        if let Some(damaged) = suffix.strip_prefix(".damaged-") {
            let stamp = damaged.get(..15).is_some_and(|stamp| shaped(stamp, "00000000-000000"));
            return (stamp && is_journal_or_none(&damaged[15..])).then_some(Kind::Companion);
        }
        return match suffix {
            "" => Some(Kind::Database),
            suffix if is_journal_or_none(suffix) => Some(Kind::Companion),
            _ => None,
        };
    }
    let (number, rest) = ["backup-", "repair-", "erase-", "filtered-"]
        .iter()
        .find_map(|what| file.strip_prefix(what))?
        .split_once('.')?;
    match rest {
        "tmp" | "tmp.part" if is_number(number) => Some(Kind::Database),
        "tmp.part-journal" | "tmp-journal" if is_number(number) => Some(Kind::Companion),
        _ => None,
    }
}

fn is_journal_or_none(suffix: &str) -> bool {
    matches!(suffix, "" | "-journal" | "-wal" | "-shm")
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the text has digits where the shape has zeros, and else the same characters.
fn shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text
            .bytes()
            .zip(shape.bytes())
            .all(|(byte, wanted)| if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted })
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
    // Their folders, too.
    let _ = crate::filtered::remove(&place.file);
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
    fn only_names_that_we_give_are_ours() {
        for (ours, expected) in [
            ("data.db", Kind::Database),
            ("data.db-journal", Kind::Companion),
            ("data.db-wal", Kind::Companion),
            ("data.db-shm", Kind::Companion),
            ("data.db.bak-2026-11-22", Kind::Copy),
            ("data.db.bak-2026-11-22-3", Kind::Copy),
            ("data.db.bak-2026-11-22.part", Kind::Copy),
            ("data.db.bak-2026-11-22.part-journal", Kind::Companion),
            ("data.db.damaged-20261122-101010", Kind::Companion),
            ("data.db.damaged-20261122-101010-journal", Kind::Companion),
            ("backup-77.tmp", Kind::Database),
            ("repair-77.tmp.part", Kind::Database),
            ("repair-77.tmp.part-journal", Kind::Companion),
            ("erase-77.tmp", Kind::Database),
            ("filtered-77.tmp", Kind::Database),
        ] {
            assert_eq!(kind(ours, "data.db"), Some(expected), "{ours}");
        }
        for theirs in [
            "config.json",
            "data.db2",
            "other.db",
            "data.database",
            "backup-of-mine.db",
            "backup-2025.tmp.gz",
            "backup-.tmp",
            "backup-2025-old.tmp",
            "notes.tmp",
            "data.db.bak-mine",
            "data.db.bak-20261122",
            "data.db.bak-2026-11-22-mine",
            "data.db.bak-2026-11-22.gz",
            "data.db.damaged-mine",
            "data.db.damaged-20261122-101010.txt",
            "data.db-journal.old",
            "Data.db",
            "data.db.bak-ÄÄÄÄÄÄÄÄÄÄ",
        ] {
            assert_eq!(kind(theirs, "data.db"), None, "{theirs}");
        }
    }
}
