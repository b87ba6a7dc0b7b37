//! `fastintercom repair`: what a damaged database still holds, in a new file under its name.
//!
//! The component reads what can be read into a new file; the host puts that into the old one's
//! place, and keeps the old one under a name that says so. Nobody may use the database meanwhile.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::arguments::JsonOption;
use super::{Failure, terminal};
use crate::application::Application;
use crate::component::worker::Live;
use crate::sandbox::lock::{DatabaseLock, Level, UseLock};
use crate::temporary::Temporary;

/// How often, and how many times, a command looks whether a repair has ended.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: u32 = 20;

/// Says that this process uses the database, once no repair runs.
pub async fn wait_for(application: &Application) -> Result<UseLock, Failure> {
    for _ in 0..LOOKS {
        match UseLock::share(&application.config.database) {
            Ok(Some(lock)) => return Ok(lock),
            Ok(None) => tokio::time::sleep(LOOK).await,
            Err(error) => {
                return Err(Failure::Work(format!("The database file cannot be opened ({error}).")));
            }
        }
    }
    Err(Failure::Work(
        "`fastintercom repair` is at work on this database; try again when it is done.".to_owned(),
    ))
}

pub async fn run(application: &Arc<Application>, options: JsonOption) -> Result<ExitCode, Failure> {
    let database = &application.config.database;
    if application.config.read_only {
        return Err(Failure::Work(
            "The database cannot be repaired: the file or its folder is read-only. Make it writable first."
                .to_owned(),
        ));
    }
    let locked = |error: io::Error| Failure::Work(format!("The database file cannot be locked ({error})."));
    let Some(_alone) = UseLock::alone(database).map_err(locked)? else {
        return Err(Failure::Work(
            "A FastIntercom server uses this database. Close the clients that started one (or end the process), then run `fastintercom repair` again.".to_owned(),
        ));
    };
    let cancelled = super::signals::cancelled_by();
    let checked = application
        .take_care(cancelled.clone(), async move |live: &mut Live| {
            live.exports.fastintercom_component_maintenance().call_check(&mut live.store).await
        })
        .await?;
    if checked.as_ref().is_ok_and(|report| is_ok(report)) {
        if options.json {
            terminal::json(&json!({"success": true, "repaired": false}).to_string());
        } else {
            terminal::line("The database is sound; there is nothing to repair.");
        }
        return Ok(ExitCode::SUCCESS);
    }

    let saved = Temporary::new(&application.config.data_folder, "repair");
    let name = saved.name.clone();
    let report = application
        .take_care(cancelled, async move |live: &mut Live| {
            live.exports.fastintercom_component_maintenance().call_salvage(&mut live.store, &name).await
        })
        .await?
        .map_err(Failure::Work)?;
    let kept = exchange(database, &saved.path).await?;
    let report: Value = serde_json::from_str(&report).unwrap_or_default();
    if options.json {
        let mut answer = json!({"success": true, "repaired": true, "kept_as": kept.display().to_string()});
        if let (Some(answer), Value::Object(report)) = (answer.as_object_mut(), report) {
            answer.extend(report);
        }
        terminal::json(&answer.to_string());
    } else {
        terminal::text(&summary(&report, &kept));
    }
    Ok(ExitCode::SUCCESS)
}

fn is_ok(report: &str) -> bool {
    serde_json::from_str::<Value>(report).is_ok_and(|report| report["ok"] == true)
}

/// Puts the new file into the database's place. Returns where the old one is now.
async fn exchange(database: &Path, new: &Path) -> Result<PathBuf, Failure> {
    let failed = |error: io::Error| not_in_place(&error);
    let _lock = lock_for(database, "repair").await?;
    let stamp = chrono::Local::now().format("%Y%m%d-%H%M%S");
    let kept = beside(database, &format!(".damaged-{stamp}"));
    // Its journals go with it: beside the new file they would be taken for the new one's.
    for suffix in ["-journal", "-wal", "-shm"] {
        let journal = beside(database, suffix);
        if journal.exists() {
            fs::rename(&journal, beside(&kept, suffix)).map_err(failed)?;
        }
    }
    // With a second name for the old file there is a database under its own name at every moment.
    // Where Windows cannot replace an open file, as this one is for its locks, it can rename it.
    if cfg!(windows) || fs::hard_link(database, &kept).is_err() {
        fs::rename(database, &kept).map_err(failed)?;
    }
    fs::rename(new, database).map_err(failed)?;
    Ok(kept)
}

/// A new file could not take the database's place.
pub(super) fn not_in_place(error: &io::Error) -> Failure {
    Failure::Work(format!("The new file could not be put in place ({error}); the database is as it was."))
}

/// All of SQLite's locks, to put another file in the database's place: a program in a transaction is
/// in the middle of the old one.
pub(super) async fn lock_for(database: &Path, command: &str) -> Result<Arc<DatabaseLock>, Failure> {
    let failed = |error: io::Error| not_in_place(&error);
    let lock = DatabaseLock::open(database, false).map_err(failed)?;
    let mut looks = 0;
    while !take(&lock).map_err(failed)? {
        looks += 1;
        if looks > LOOKS {
            return Err(Failure::Work(format!(
                "Another program has the database open in a transaction. End it, then run `fastintercom {command}` again."
            )));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(lock)
}

/// All of SQLite's locks at once; `false` while somebody else holds one.
pub(super) fn take(lock: &DatabaseLock) -> io::Result<bool> {
    Ok(lock.acquire(Level::Shared)? && lock.acquire(Level::Reserved)? && lock.acquire(Level::Exclusive)?)
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn summary(report: &Value, kept: &Path) -> String {
    let count = |table: &str| report["saved"][table].as_i64().unwrap_or(0);
    let mut lines =
        vec![format!("Saved {} conversations and {} messages.", count("conversations"), count("messages"))];
    let (lost, left_out) = (rows(&report["lost"]), rows(&report["left_out"]));
    if let Some(lost) = &lost {
        lines.push(format!("Lost: {lost}. The next sync reads them from Intercom again."));
    }
    if let Some(rows) = &left_out {
        lines.push(format!(
            "Left out, since what they belong to is missing: {rows}. The next sync reads their conversations from Intercom again."
        ));
    }
    let mended = rows(&report["mended"]);
    if let Some(rows) = &mended {
        lines.push(format!(
            "Mended: {rows} had a value that does not belong there. What was no text is one now, as far as it can be read; other values were left out. The next syncs read these conversations and customers from Intercom again."
        ));
    }
    if lost.is_none() && left_out.is_none() && mended.is_none() {
        lines.push("Nothing was lost.".to_owned());
    }
    lines.push(format!("The damaged file is kept as {}.", kept.display()));
    if report["unfinished_erasure"] == true {
        lines.push(
            "An erasure was interrupted before: the new file is without the person, and the damaged one may still have their bytes. Remove it when you need it no more.".to_owned(),
        );
    }
    lines.join("\n")
}

/// Rows by table in words, those of none left away.
fn rows(counts: &Value) -> Option<String> {
    let rows: Vec<_> = counts
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(table, rows)| match rows.as_i64() {
            Some(0) => None,
            Some(rows) => Some(format!("{rows} rows of {table}")),
            None => Some(format!("an unknown number of rows of {table}")),
        })
        .collect();
    (!rows.is_empty()).then(|| rows.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repair_says_all_that_it_did() {
        let sound = json!({"saved": {"conversations": 2, "messages": 5}, "lost": {"messages": 0}, "mended": {}, "left_out": {}});
        let told = summary(&sound, Path::new("old"));
        assert_eq!(
            told,
            "Saved 2 conversations and 5 messages.\nNothing was lost.\nThe damaged file is kept as old."
        );
        let worn = json!({
            "saved": {}, "lost": {"contacts": null, "messages": 2}, "mended": {"tickets": 1},
            "left_out": {"conversation_events": 3}, "unfinished_erasure": true,
        });
        let told = summary(&worn, Path::new("old"));
        for words in [
            "Lost: an unknown number of rows of contacts, 2 rows of messages.",
            "missing: 3 rows of conversation_events.",
            "Mended: 1 rows of tickets had",
            "An erasure was interrupted before",
        ] {
            assert!(told.contains(words), "{told}");
        }
        assert!(!told.contains("Nothing was lost"), "{told}");
    }
}
