//! The copy of the file that is written before anything changes.

use std::fs;
use std::path::Path;

use rusqlite::backup::Backup;

use crate::error::{StoreError, StoreResult};
use crate::store::header::{on_disk, sibling};
use crate::store::opening::{OpenMode, open_raw};
use crate::time::UnixSeconds;

/// Copies the database to `<name>.bak-<date>` beside it, or `-2`, `-3` … behind that where such
/// a file exists. Returns the name; `None` for a database in memory.
///
/// The caller holds a lock against writers, so the copy is the state that will be converted, and
/// nobody else chooses the same name. Content of a left-over WAL is in it, because opening has
/// already put the file back to a rollback journal. An unfinished copy never has the final name.
pub(super) fn write_copy(path: &Path, now: UnixSeconds) -> StoreResult<Option<String>> {
    if path.as_os_str() == ":memory:" {
        return Ok(None);
    }
    let mut copy = sibling(path, &format!(".bak-{}", now.day()));
    let mut number = 1;
    while on_disk(&copy).exists() {
        number += 1;
        copy = sibling(path, &format!(".bak-{}-{number}", now.day()));
    }
    let part = sibling(&copy, ".part");
    let written = write_part(path, &part).and_then(|()| {
        fs::rename(on_disk(&part), on_disk(&copy)).map_err(|error| StoreError::from_writing(&error))
    });
    if let Err(error) = written {
        let _ = fs::remove_file(on_disk(&part));
        return Err(error);
    }
    Ok(Some(copy.file_name().unwrap_or_default().to_string_lossy().into_owned()))
}

fn write_part(path: &Path, part: &Path) -> StoreResult<()> {
    // Empty for SQLite to fill, and from the first byte readable by its owner only.
    create_private(part)?;
    let source = open_raw(path, OpenMode::ReadOnly)?;
    let mut target = open_raw(part, OpenMode::ReadWrite)?;
    target.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL;")?;
    let backup = Backup::new(&source, &mut target)?;
    match backup.step(-1)? {
        rusqlite::backup::StepResult::Done => Ok(()),
        _ => Err(StoreError::Busy),
    }
}

/// An empty file that only its owner may read; one that is there is replaced.
pub(in crate::store) fn create_private(path: &Path) -> StoreResult<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = fs::remove_file(on_disk(path));
    options.open(on_disk(path)).map_err(|error| StoreError::from_writing(&error))?;
    Ok(())
}
