//! `fastintercom backup FILE`: a consistent copy of the database, also while servers use it.
//!
//! The component writes the copy into the data folder, the only one that it sees; from there the
//! host moves it to where the user wants it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::arguments::BackupOptions;
use super::{Failure, terminal};
use crate::application::Application;

pub async fn run(application: &Arc<Application>, options: BackupOptions) -> Result<ExitCode, Failure> {
    let shown = options.file.display().to_string();
    if options.file.symlink_metadata().is_ok() {
        return Err(Failure::Usage(format!("{shown} exists already; name a new file.")));
    }
    if options.file.file_name().is_none() {
        return Err(Failure::Usage(format!("{shown} names no file.")));
    }
    let folder = match options.file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    if !folder.is_dir() {
        return Err(Failure::Usage(format!("There is no folder {}.", folder.display())));
    }
    if application.config.read_only {
        return Err(Failure::Work(format!(
            "The data folder is read-only, so no copy can be made in it. Nothing writes to the database then: copy {} itself.",
            application.config.database.display()
        )));
    }
    let copy = Temporary::new(application, "backup");
    let name = copy.name.clone();
    let cancelled = CancellationToken::new();
    super::serve::end_on_signal(cancelled.clone());
    application
        .take_care(cancelled, move |live| {
            Box::pin(async move {
                let maintenance = live.exports.fastintercom_component_maintenance();
                maintenance.call_backup(&mut live.store, &name).await
            })
        })
        .await?
        .map_err(Failure::Work)?;
    let bytes = move_out(&copy.path, &options.file)
        .map_err(|error| Failure::Work(format!("The copy could not be written to {shown} ({error}).")))?;
    if options.json {
        terminal::json(&json!({"success": true, "file": options.file, "bytes": bytes}).to_string());
    } else {
        terminal::line(&format!("Wrote {shown} ({:.1} MB).", bytes as f64 / 1e6));
    }
    Ok(ExitCode::SUCCESS)
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
        for file in [&self.path, &unfinished, &journal] {
            let _ = fs::remove_file(file);
        }
    }
}

/// Gives the file its new name, or copies it where that is on another file system. Overwrites
/// nothing. Returns the size.
fn move_out(from: &Path, to: &Path) -> io::Result<u64> {
    if fs::hard_link(from, to).is_ok() {
        // The name, too, is to survive a power cut.
        let file = fs::File::open(to)?;
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
