//! Files that the component writes into the data folder, the only one that it sees, and where they go
//! from there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file in the data folder that is removed at the end, whatever happened.
pub struct Temporary {
    pub name: String,
    pub path: PathBuf,
}

impl Temporary {
    /// Of a name that says for what it is, and that nobody else takes: in containers all processes
    /// have the same number.
    #[must_use]
    pub fn new(data_folder: &Path, what: &str) -> Self {
        let number = getrandom::u64().unwrap_or_else(|_| u64::from(std::process::id()));
        let name = format!("{what}-{number}.tmp");
        let path = data_folder.join(&name);
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

/// The folder that a file is in.
#[must_use]
pub fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Puts the file in the place of another, perhaps on another file system, so that whoever opens
/// that name gets the old file or the new one, and never a part. Returns the size.
///
/// # Errors
/// The operating system's; the file that was there stays.
pub fn replace(from: &Path, to: &Path) -> io::Result<u64> {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    let number = getrandom::u64().unwrap_or_else(|_| u64::from(std::process::id()));
    name.push(format!(".incoming-{number}"));
    let beside = to.with_file_name(name);
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
///
/// # Errors
/// The operating system's.
pub fn move_out(from: &Path, to: &Path) -> io::Result<u64> {
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
