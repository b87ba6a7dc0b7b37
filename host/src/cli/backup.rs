//! `fastintercom backup FILE`: a consistent copy of the database, also while servers use it.
//!
//! The component writes the copy into the data folder, the only one that it sees; from there the
//! host moves it to where the user wants it. With `--replace` it takes the place of an older one,
//! and with `--every` it goes on doing so: that is what feeds replicas.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::arguments::BackupOptions;
use super::{Failure, terminal};
use crate::application::Application;
use crate::component::worker::Live;

pub async fn run(application: &Arc<Application>, options: BackupOptions) -> Result<ExitCode, Failure> {
    check(application, &options)?;
    let cancelled = super::signals::cancelled_by();
    let Some(minutes) = options.every else {
        let written = copy(application, &options, &cancelled).await?;
        terminal::line(&written);
        return Ok(ExitCode::SUCCESS);
    };
    let pause = Duration::from_secs(u64::from(minutes) * 60);
    loop {
        match copy(application, &options, &cancelled).await {
            Ok(written) => terminal::line(&written),
            Err(_) if cancelled.is_cancelled() => return Ok(ExitCode::SUCCESS),
            // What readers have stays in place, and the next copy may succeed: a full disk gets
            // emptied, a repair ends.
            Err(Failure::Work(sentence) | Failure::Usage(sentence)) => terminal::error(&sentence),
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = cancelled.cancelled() => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// Refuses what cannot succeed, before any work.
fn check(application: &Application, options: &BackupOptions) -> Result<(), Failure> {
    let shown = options.file.display();
    if !options.replace && options.file.symlink_metadata().is_ok() {
        return Err(Failure::Usage(format!(
            "{shown} exists already; name a new file, or add --replace to put the copy in its place."
        )));
    }
    if options.file.file_name().is_none() || options.file.is_dir() {
        return Err(Failure::Usage(format!("{shown} names no file.")));
    }
    let folder = folder_of(&options.file);
    if !folder.is_dir() {
        return Err(Failure::Usage(format!("There is no folder {}.", folder.display())));
    }
    let database = &application.config.database;
    let is_database = dunce::canonicalize(&options.file)
        .and_then(|file| Ok(file == dunce::canonicalize(database)?))
        .unwrap_or(false);
    if is_database {
        return Err(Failure::Usage(format!("{shown} is the database itself; name another file.")));
    }
    if application.config.read_only {
        return Err(Failure::Work(format!(
            "The data folder is read-only, so no copy can be made in it. Nothing writes to the database then: copy {} itself.",
            database.display()
        )));
    }
    Ok(())
}

/// Writes one copy; says what it wrote, in words or in JSON.
async fn copy(
    application: &Arc<Application>,
    options: &BackupOptions,
    cancelled: &CancellationToken,
) -> Result<String, Failure> {
    let copy = Temporary::new(application, "backup");
    let name = copy.name.clone();
    application
        .take_care(cancelled.clone(), async move |live: &mut Live| {
            let maintenance = live.exports.fastintercom_component_maintenance();
            maintenance.call_backup(&mut live.store, &name).await
        })
        .await?
        .map_err(Failure::Work)?;
    let shown = options.file.display();
    let moved = if options.replace {
        replace(&copy.path, &options.file)
    } else {
        move_out(&copy.path, &options.file)
    };
    let bytes = moved
        .map_err(|error| Failure::Work(format!("The copy could not be written to {shown} ({error}).")))?;
    Ok(if options.json {
        json!({"success": true, "file": shown.to_string(), "bytes": bytes}).to_string()
    } else {
        format!("Wrote {shown} ({:.1} MB).", bytes as f64 / 1e6)
    })
}

fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A file in the data folder that is removed at the end, whatever happened.
pub(super) struct Temporary {
    pub name: String,
    pub path: PathBuf,
}

impl Temporary {
    pub fn new(application: &Application, what: &str) -> Self {
        let name = format!("{what}-{}.tmp", std::process::id());
        let path = application.config.data_folder.join(&name);
        Self { name, path }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // A cancelled call leaves an unfinished one under the component's own name for that.
        let unfinished = self.path.with_file_name(format!("{}.part", self.name));
        let journal = self.path.with_file_name(format!("{}.part-journal", self.name));
        let own_journal = self.path.with_file_name(format!("{}-journal", self.name));
        for file in [&self.path, &unfinished, &journal, &own_journal] {
            let _ = fs::remove_file(file);
        }
    }
}

/// Puts the file in the place of another, perhaps on another file system, so that whoever opens
/// that name gets the old file or the new one, and never a part. Returns the size.
fn replace(from: &Path, to: &Path) -> io::Result<u64> {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(format!(".incoming-{}", std::process::id()));
    let beside = to.with_file_name(name);
    // What a killed process left there is nobody's.
    let _ = fs::remove_file(&beside);
    let moved = move_out(from, &beside).and_then(|bytes| fs::rename(&beside, to).map(|()| bytes));
    if moved.is_err() {
        let _ = fs::remove_file(&beside);
        return moved;
    }
    // The name, too, is to survive a power cut, where the system lets a folder be synced.
    let _ = fs::File::open(folder_of(to)).and_then(|folder| folder.sync_all());
    moved
}

/// Gives the file its new name, or copies it where that is on another file system. Overwrites
/// nothing. Returns the size.
fn move_out(from: &Path, to: &Path) -> io::Result<u64> {
    if fs::hard_link(from, to).is_ok() {
        // The name, too, is to survive a power cut. Windows syncs only what may be written.
        let file = fs::File::options().write(true).open(to)?;
        file.sync_all()?;
        return Ok(file.metadata()?.len());
    }
    let mut source = fs::File::open(from)?;
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut target = options.open(to)?;
    let copied = io::copy(&mut source, &mut target).and_then(|bytes| target.sync_all().map(|()| bytes));
    if copied.is_err() {
        let _ = fs::remove_file(to);
    }
    copied
}
