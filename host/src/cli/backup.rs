//! `fastintercom backup FILE`: a consistent copy of the database, also while servers use it.
//!
//! The component writes the copy into the data folder, the only one that it sees; from there the
//! host moves it to where the user wants it. With `--replace` it takes the place of an older one,
//! and with `--every` it goes on doing so: that is what feeds replicas.

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::arguments::BackupOptions;
use super::{Failure, terminal};
use crate::application::Application;
use crate::component::worker::Live;
use crate::config::{Owner, whose};
use crate::temporary::{Temporary, folder_of, move_out, replace};

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
            Err(Failure::Work(sentence) | Failure::Usage(sentence)) => {
                if options.json {
                    terminal::json_error(&sentence);
                }
                terminal::error(&sentence);
            }
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
    if options.replace {
        may_replace(&options.file)?;
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

/// What `--replace` may take the place of: an older copy, or an empty file. A wrong name may be of a
/// document, and a link leads to a file that somebody else chose.
fn may_replace(file: &Path) -> Result<(), Failure> {
    let shown = file.display();
    let what = match file.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => format!("cannot be read ({error})"),
        Ok(metadata) if metadata.is_symlink() => {
            "is a symbolic link; name the file that it points to".to_owned()
        }
        Ok(_) => match whose(file) {
            Ok(Owner::Ours | Owner::Empty) => return Ok(()),
            Ok(Owner::Unmarked | Owner::Stranger) => "is no database of FastIntercom's".to_owned(),
            Err(error) => format!("cannot be read ({error})"),
        },
    };
    Err(Failure::Work(format!("{shown} {what}, so it was not replaced. Name another file, or move it away.")))
}

/// Writes one copy; says what it wrote, in words or in JSON.
async fn copy(
    application: &Arc<Application>,
    options: &BackupOptions,
    cancelled: &CancellationToken,
) -> Result<String, Failure> {
    let copy = Temporary::new(&application.config.data_folder, "backup");
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
        // Between two copies something else may have got that name.
        may_replace(&options.file)?;
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_an_older_copy_or_an_empty_file_is_replaced() {
        let folder = std::env::temp_dir().join(format!("fastintercom-replaced-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let mut header = b"SQLite format 3\0".to_vec();
        header.resize(100, 0);
        let unmarked = header.clone();
        header[68..72].copy_from_slice(b"FaIn");
        for (name, bytes, may) in [
            ("copy.db", header.as_slice(), true),
            ("empty.db", &[], true),
            ("README.md", b"# A document", false),
            ("others.db", &unmarked, false),
        ] {
            let file = folder.join(name);
            fs::write(&file, bytes).expect("writes");
            let told = may_replace(&file);
            assert_eq!(told.is_ok(), may, "{name}: {told:?}");
            assert!(
                may || matches!(told, Err(Failure::Work(sentence)) if sentence.contains("is no database"))
            );
        }
        assert!(may_replace(&folder.join("new.db")).is_ok());
        #[cfg(unix)]
        {
            let link = folder.join("link.db");
            std::os::unix::fs::symlink(folder.join("copy.db"), &link).expect("links");
            let Err(Failure::Work(sentence)) = may_replace(&link) else { panic!("a link is refused") };
            assert!(sentence.contains("symbolic link"), "{sentence}");
        }
        fs::remove_dir_all(&folder).expect("removes");
    }
}
