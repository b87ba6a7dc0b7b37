//! `fastintercom erase PERSON`: one person out of the database, and out of copies of it.
//!
//! The component removes and blanks, and writes a compact file; the host puts that in the old one's
//! place. The sync's lock is held meanwhile, so nobody else writes; readers go on, and their next
//! call finds the new file.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::arguments::EraseOptions;
use super::{Failure, repair, reset, terminal};
use crate::application::Application;
use crate::component::bindings::maintenance::Erasure;
use crate::component::worker::Live;
use crate::config::{Config, Owner, Sources, portable, whose};
use crate::sandbox::lock::{SyncLock, UseLock};
use crate::temporary::{Temporary, folder_of};

/// How often it is looked whether a sync has ended.
const LOOK: Duration = Duration::from_millis(200);

pub async fn run(
    application: &Arc<Application>,
    sources: &Sources,
    options: EraseOptions,
) -> Result<ExitCode, Failure> {
    if application.config.replica {
        return Err(Failure::Usage(
            "A replica only reads its database, so it removes nobody; run this without --read-only where the database belongs: the next copy brings it here.".to_owned(),
        ));
    }
    if application.config.read_only {
        return Err(Failure::Work(
            "Nobody can be erased: the database file or its folder is read-only. Make it writable first."
                .to_owned(),
        ));
    }
    let mut files = vec![(Arc::clone(application), None)];
    for copy in &options.copy {
        files.push(open_copy(sources, copy).await?);
    }
    let cancelled = super::signals::cancelled_by();
    if options.dry_run || !options.yes {
        let mut counted = Vec::new();
        for (application, _) in &files {
            counted.push(erase(application, &options.person, true, &cancelled).await?);
        }
        refuse_nobody(&options.person, &counted)?;
        if options.dry_run {
            return Ok(say(application, &options, &counted));
        }
        for line in counted.iter().flat_map(lines) {
            terminal::note(&line);
        }
        if !agreed()? {
            terminal::note("Nobody was erased.");
            return Ok(ExitCode::SUCCESS);
        }
    }
    let mut receipts = Vec::new();
    for (application, _) in &files {
        receipts.push(erase(application, &options.person, false, &cancelled).await?);
    }
    refuse_nobody(&options.person, &receipts)?;
    Ok(say(application, &options, &receipts))
}

/// Whatever was typed has to be somebody in one of the files at least.
fn refuse_nobody(person: &str, receipts: &[Map<String, Value>]) -> Result<(), Failure> {
    if receipts.iter().any(is_stored) {
        return Ok(());
    }
    Err(Failure::Work(format!(
        "Nothing is stored of \"{}\": PERSON is an e-mail address, the id of a contact in Intercom, or your own id; nothing was changed.",
        crate::text::printable(person, 100)
    )))
}

/// Whether there was something of them in that file; if not, it is as it was.
fn is_stored(receipt: &Map<String, Value>) -> bool {
    receipt.get("stored") != Some(&Value::Bool(false))
}

/// What opens a copy of the database: the same program on another file.
async fn open_copy(sources: &Sources, copy: &Path) -> Result<(Arc<Application>, Option<UseLock>), Failure> {
    let shown = copy.display();
    let file = dunce::canonicalize(copy)
        .map_err(|error| Failure::Usage(format!("There is no copy {shown} to erase from ({error}).")))?;
    match whose(&file) {
        Ok(Owner::Ours) => {}
        Ok(Owner::Unmarked) => {
            return Err(Failure::Usage(format!(
                "{shown} has no mark of FastIntercom's: it is of the original program, or of another one. Nobody was erased. If it is a copy of yours, remove it."
            )));
        }
        Ok(Owner::Empty | Owner::Stranger) => {
            return Err(Failure::Usage(format!(
                "{shown} is no database of FastIntercom's, so nobody was erased."
            )));
        }
        Err(error) => return Err(Failure::Work(format!("{shown} cannot be read ({error})."))),
    }
    if portable::has_cache(&folder_of(&file)) {
        return Err(Failure::Usage(format!(
            "{shown} is not used: {}. Nobody was erased.",
            portable::REFUSAL
        )));
    }
    let mut config = Config::resolve(sources)?;
    config.data_folder = file.parent().unwrap_or(Path::new(".")).to_owned();
    config.database = file;
    let application = Application::new(config)?;
    let in_use = repair::wait_for(&application).await?;
    Ok((application, Some(in_use)))
}

fn agreed() -> Result<bool, Failure> {
    terminal::ask("Erase them for good?").map_err(|error| match error.kind() {
        io::ErrorKind::Unsupported => Failure::Usage(
            "Nobody can be asked here, so nobody was erased; add --yes to erase, or --dry-run to count."
                .to_owned(),
        ),
        _ => Failure::Work(format!("The answer could not be read ({error}); nobody was erased.")),
    })
}

/// Erases in one file. Returns its receipt.
async fn erase(
    application: &Arc<Application>,
    person: &str,
    dry_run: bool,
    cancelled: &CancellationToken,
) -> Result<Map<String, Value>, Failure> {
    let database = &application.config.database;
    let begun = Instant::now();
    let _lock = sync_lock(database, cancelled).await?;
    crate::temporary::sweep(&application.config.data_folder);
    let compact = Temporary::new(&application.config.data_folder, "erase");
    let (name, person) = (compact.name.clone(), person.to_owned());
    let erasure: Erasure = application
        .take_care(cancelled.clone(), async move |live: &mut Live| {
            let maintenance = live.exports.fastintercom_component_maintenance();
            maintenance.call_erase(&mut live.store, &person, dry_run, &name).await
        })
        .await?
        .map_err(Failure::Work)?;
    let told: Value = serde_json::from_str(&erasure.receipt).unwrap_or_default();
    let told = told.as_object().cloned().unwrap_or_default();
    if !dry_run && is_stored(&told) {
        put_in_place(database, &compact.path, erasure.change_counter).await?;
        // Servers make them anew, without the person.
        crate::filtered::remove(database).map_err(|error| {
            Failure::Work(format!("The person is erased from {}, but not from the copies for callers in {}.filtered ({error}). Remove that folder.", database.display(), database.display()))
        })?;
    }
    let mut receipt = Map::new();
    receipt.insert("file".to_owned(), database.display().to_string().into());
    receipt.extend(told);
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    receipt.insert("total_milliseconds".to_owned(), milliseconds.into());
    Ok(receipt)
}

/// No sync may write meanwhile.
async fn sync_lock(database: &Path, cancelled: &CancellationToken) -> Result<SyncLock, Failure> {
    let mut told = false;
    loop {
        let lock = SyncLock::try_acquire(database)
            .map_err(|error| Failure::Work(format!("The database file cannot be locked ({error}).")))?;
        if let Some(lock) = lock {
            return Ok(lock);
        }
        if !std::mem::replace(&mut told, true) {
            terminal::note("Waiting for the sync that runs to end.");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = cancelled.cancelled() => {
                return Err(Failure::Work("Stopped before anybody was erased.".to_owned()));
            }
        }
    }
}

/// Puts the compact file in the database's place.
async fn put_in_place(database: &Path, compact: &Path, change_counter: u32) -> Result<(), Failure> {
    let failed =
        |error: io::Error| not_made_anew(&format!("the new file could not be put in place: {error}"));
    let _lock = repair::lock_for(database, "erase").await.map_err(|failure| match failure {
        Failure::Work(sentence) | Failure::Usage(sentence) => not_made_anew(sentence.trim_end_matches('.')),
    })?;
    if counter(database).map_err(failed)? != change_counter {
        return Err(not_made_anew("another program wrote to the database meanwhile"));
    }
    if cfg!(windows) {
        // An open file, as this one is for its locks, can be renamed there, and not replaced.
        let aside = database.with_extension(format!("erased-{}", std::process::id()));
        fs::rename(database, &aside).map_err(failed)?;
        fs::rename(compact, database).map_err(failed)?;
        return fs::remove_file(aside).map_err(failed);
    }
    fs::rename(compact, database).map_err(failed)?;
    // The name is to survive a power cut, too, where the system lets a folder be synced.
    if let Some(folder) = database.parent() {
        let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

/// The rows are gone, and the old file, of which gaps may have them, is still there. The component says
/// the same where it could not write the new one.
fn not_made_anew(reason: &str) -> Failure {
    Failure::Work(format!(
        "The rows of the person are gone, but the file was not made anew and may still have their bytes ({reason}). Run `fastintercom erase` again for the same person."
    ))
}

/// How often SQLite changed the file (<https://sqlite.org/fileformat2.html#file_change_counter>).
fn counter(database: &Path) -> io::Result<u32> {
    let mut header = [0; 28];
    fs::File::open(database)?.read_exact(&mut header)?;
    Ok(u32::from_be_bytes([header[24], header[25], header[26], header[27]]))
}

/// Prints the receipts. What should be gone and was found is a failure.
fn say(application: &Application, options: &EraseOptions, receipts: &[Map<String, Value>]) -> ExitCode {
    let found: u64 = receipts.iter().map(found).sum();
    let copies = reset::old_copies(&application.config.database, &application.config.data_folder);
    let copies: Vec<PathBuf> = copies.unwrap_or_default();
    let mut lines: Vec<String> = receipts.iter().flat_map(self::lines).collect();
    for copy in &copies {
        lines.push(format!(
            "{} was not looked at: it is from before FastIntercom took the database over, or damaged. Remove it if they may be in it.",
            copy.display()
        ));
    }
    if !options.dry_run {
        lines.push("Copies that you made elsewhere hold what they held; name each with --copy. Delete the person in Intercom, too.".to_owned());
    }
    let document = json!({
        "success": found == 0,
        "dry_run": options.dry_run,
        "files": receipts,
        "not_looked_at": copies.iter().map(|copy| copy.display().to_string()).collect::<Vec<_>>(),
    });
    terminal::answer(options.json, &document, &lines);
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// What was found when it was looked again.
fn found(receipt: &Map<String, Value>) -> u64 {
    let found = receipt.get("looked_again").and_then(|again| again["found"].as_object());
    found.into_iter().flat_map(Map::values).filter_map(Value::as_u64).sum()
}

/// A receipt for people.
fn lines(receipt: &Map<String, Value>) -> Vec<String> {
    let counts = |field: &str| -> String {
        let counts = receipt.get(field).and_then(Value::as_object);
        let counts: Vec<String> = counts
            .into_iter()
            .flatten()
            .map(|(table, rows)| format!("{rows} of {}", crate::text::printable(table, 60)))
            .collect();
        if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
    };
    let number = |field: &str| receipt.get(field).and_then(Value::as_u64).unwrap_or(0);
    let file = format!("{}:", receipt.get("file").and_then(Value::as_str).unwrap_or_default());
    if !is_stored(receipt) {
        return vec![file, "  nothing is stored of them; nothing was changed".to_owned()];
    }
    let mut lines = vec![
        file,
        format!("  rows removed: {}", counts("removed")),
        format!("  conversations with other customers, without them now: {}", number("shared_conversations")),
        format!("  texts in which they were named, blanked: {}", counts("blanked")),
        format!("  new entries of the block list: {}", number("blocked")),
    ];
    if let Some(again) = receipt.get("looked_again") {
        lines.push(format!(
            "  looked again at {} rows, the index of words and {} bytes, {} free pages; found: {}",
            again["rows"],
            again["bytes"],
            again["free_pages"],
            found(receipt)
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_word_that_is_nobody_in_any_file_is_refused() {
        let (stored, not) = (receipt(json!({"removed": {}})), receipt(json!({"file": "a", "stored": false})));
        assert!(refuse_nobody("jane@example.com", &[not.clone(), stored]).is_ok());
        let Err(Failure::Work(sentence)) = refuse_nobody("ware\nhouse", std::slice::from_ref(&not)) else {
            panic!("it is nobody");
        };
        assert!(sentence.starts_with("Nothing is stored of \"ware"), "{sentence}");
        assert!(!sentence.contains('\n') && sentence.contains("nothing was changed"), "{sentence}");
        assert_eq!(lines(&not), ["a:", "  nothing is stored of them; nothing was changed"]);
    }

    #[test]
    fn an_erasure_that_was_not_put_in_place_says_what_is_left() {
        let Failure::Work(sentence) = not_made_anew("full") else { panic!("it is work") };
        assert!(sentence.contains("may still have their bytes (full)"), "{sentence}");
        assert!(!sentence.contains("as it was"), "{sentence}");
    }
}
