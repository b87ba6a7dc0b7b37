//! Files that the component writes into the data folder, the only one that it sees, and where they go
//! from there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

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

/// How long nobody wrote a file that a killed process has left.
const LEFT: Duration = Duration::from_secs(3_600);

/// Removes what killed processes have left in the data folder, in which every conversation may be:
/// files that nobody wrote for an hour, and unfinished erasures of any age. To be called with the
/// lock of the sync, under which there is no other erasure.
pub fn sweep(data_folder: &Path) {
    let Ok(entries) = fs::read_dir(data_folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(what) = name.to_str().and_then(whose) else { continue };
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if what == "erase" || age().is_some_and(|age| age > LEFT) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// What a file of that name is made for, if it is one of [`Temporary`], or beside one.
fn whose(name: &str) -> Option<&str> {
    let (what, rest) = name.split_once('-')?;
    let (number, ending) = rest.split_once('.')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_ours = matches!(what, "backup" | "erase" | "filtered" | "repair") && is_number;
    (is_ours && matches!(ending, "tmp" | "tmp.part" | "tmp-journal" | "tmp.part-journal")).then_some(what)
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

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn only_what_killed_processes_left_is_swept() {
        let folder = std::env::temp_dir().join(format!("fastintercom-sweep-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let old = SystemTime::now() - 2 * LEFT;
        let files = [
            ("erase-7.tmp", false, false),
            ("erase-7.tmp.part-journal", false, false),
            ("backup-7.tmp", false, true),
            ("backup-8.tmp", true, false),
            ("filtered-8.tmp-journal", true, false),
            ("repair-8.tmp", true, false),
            ("data.db", true, true),
            ("backup-2026.db", true, true),
            ("erase-notes.tmp", true, true),
            ("erase-7.tmp.mine", true, true),
        ];
        for (name, is_old, _) in files {
            let file = fs::File::create(folder.join(name)).expect(name);
            if is_old {
                file.set_modified(old).expect("sets the time");
            }
        }
        sweep(&folder);
        for (name, _, stays) in files {
            assert_eq!(folder.join(name).exists(), stays, "{name}");
        }
        fs::remove_dir_all(&folder).expect("removes");
    }
}
