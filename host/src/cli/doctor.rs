//! `fastintercom doctor`: is everything as it should be, and if not, what to do.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::arguments::JsonOption;
use super::{Failure, terminal};
use crate::application::Application;
use crate::sandbox::lock::{Sharing, SyncLock, UseLock};

/// A sync, its journal and a repair need some room; less than this is a matter of days.
const LITTLE_SPACE: u64 = 200_000_000;

/// One thing that was looked at.
struct Finding {
    name: &'static str,
    ok: bool,
    /// What was found and, where it is not well, what to do.
    text: String,
}

fn well(name: &'static str, text: impl Into<String>) -> Finding {
    Finding { name, ok: true, text: text.into() }
}

fn ill(name: &'static str, text: impl Into<String>) -> Finding {
    Finding { name, ok: false, text: text.into() }
}

pub async fn run(application: &Arc<Application>, options: &JsonOption) -> Result<ExitCode, Failure> {
    let mut findings = vec![folder(application), file(application), locks(application), servers(application)];
    findings.push(space(application));
    findings.push(content(application).await);
    findings.push(freshness(application).await);
    let ok = findings.iter().all(|finding| finding.ok);
    if options.json {
        let checks: Vec<_> = findings
            .iter()
            .map(|finding| json!({"name": finding.name, "ok": finding.ok, "message": finding.text}))
            .collect();
        terminal::json(&json!({"ok": ok, "checks": checks}).to_string());
    } else {
        for finding in &findings {
            let mark = if finding.ok { "ok   " } else { "WRONG" };
            terminal::line(&format!("{mark}  {:<12} {}", finding.name, finding.text));
        }
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn folder(application: &Application) -> Finding {
    let folder = &application.config.data_folder;
    let shown = folder.display();
    if application.config.replica {
        return well("folder", format!("{shown} is only read: this is a replica"));
    }
    if application.config.read_only {
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

fn file(application: &Application) -> Finding {
    let file = &application.config.database;
    let shown = file.display();
    if others_may_enter(file) {
        return ill("file", format!("{shown} is open to other users; run: chmod 600 '{shown}'"));
    }
    match std::fs::metadata(file) {
        Ok(found) => {
            well("file", format!("{shown}, {:.1} MB, closed to other users", found.len() as f64 / 1e6))
        }
        Err(error) => ill("file", format!("{shown} cannot be read ({error})")),
    }
}

/// Whether somebody else has any right on it.
fn others_may_enter(path: &Path) -> bool {
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

fn locks(application: &Application) -> Finding {
    match Sharing::of(&application.config.database) {
        Ok(Sharing::Locks) => well("locks", "servers and other SQLite programs can share the database"),
        Ok(Sharing::SingleOwner) => ill(
            "locks",
            "the file system refuses file locks, so only one FastIntercom can use the database, and no other program may; move it to a local disk with FASTINTERCOM_DB_PATH",
        ),
        Err(error) => ill("locks", format!("the database file cannot be locked ({error})")),
    }
}

fn servers(application: &Application) -> Finding {
    let database = &application.config.database;
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

fn space(application: &Application) -> Finding {
    let Some(free) = crate::platform::free_space(&application.config.data_folder) else {
        return well("space", "free space is not known on this system");
    };
    let size = std::fs::metadata(&application.config.database).map_or(0, |found| found.len());
    let shown = format!("{:.1} GB free", free as f64 / 1e9);
    if free < LITTLE_SPACE.max(size / 10) {
        return ill("space", format!("only {shown}; a sync stops when the disk is full, so free some"));
    }
    well("space", shown)
}

async fn content(application: &Application) -> Finding {
    let checked = application
        .take_care(CancellationToken::new(), |live| {
            Box::pin(async move {
                live.exports.fastintercom_component_maintenance().call_check(&mut live.store).await
            })
        })
        .await;
    let report = match checked {
        Ok(Ok(report)) => serde_json::from_str::<Value>(&report).unwrap_or_default(),
        Ok(Err(sentence)) => return ill("content", sentence),
        Err(error) => return ill("content", error.to_string()),
    };
    if report["ok"] == true {
        return well("content", "SQLite's quick check finds nothing wrong");
    }
    let problems: Vec<_> =
        report["problems"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    ill(
        "content",
        format!(
            "{}. End all servers and run `fastintercom repair`; the damaged file is kept.",
            problems.join("; ")
        ),
    )
}

async fn freshness(application: &Application) -> Finding {
    let (json, _) = match application.status().await {
        Ok(Ok(status)) => status,
        Ok(Err(sentence)) => return ill("freshness", sentence),
        Err(error) => return ill("freshness", error.to_string()),
    };
    let status: Value = serde_json::from_str(&json).unwrap_or_default();
    let info = &status["sync_info"];
    let text = info["message"].as_str().unwrap_or("no sync has completed yet").to_owned();
    if let Some(error) = status["last_error"].as_str() {
        return ill("freshness", format!("{text} The newest sync failed: {error}"));
    }
    if application.config.replica {
        return well("freshness", text);
    }
    if application.config.token.is_none() && text.contains("access token") {
        return ill("freshness", text);
    }
    if application.config.token.is_none() {
        return ill(
            "freshness",
            format!(
                "{text} There is no access token, so nothing is synced: set INTERCOM_ACCESS_TOKEN or INTERCOM_ACCESS_TOKEN_FILE."
            ),
        );
    }
    well("freshness", text)
}
