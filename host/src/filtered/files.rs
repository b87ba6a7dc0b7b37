//! Where the copies lie: a folder beside the database, and in it one for each scope.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Held while a copy is put in place, and while copies are removed: by one process at a time.
const LOCK: &str = "lock";

/// Where the copies of that database are.
pub(super) fn folder_of(database: &Path) -> PathBuf {
    let mut name = database.file_name().unwrap_or_default().to_owned();
    name.push(".filtered");
    database.with_file_name(name)
}

/// A folder that only its user sees, and no link to another.
///
/// # Errors
/// The operating system's.
pub(super) fn private_folder(folder: &Path) -> io::Result<()> {
    for step in folder.ancestors().take(2) {
        if step.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
            return Err(io::Error::other(format!("{} is a link", step.display())));
        }
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// # Errors
/// The operating system's.
pub(super) fn lock(database: &Path) -> io::Result<File> {
    let folder = folder_of(database);
    private_folder(&folder)?;
    let lock = File::options().create(true).append(true).open(folder.join(LOCK))?;
    match lock.lock() {
        // Where a file system has no locks, one process has the database to itself.
        Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(error),
        _ => Ok(lock),
    }
}

/// Folders of copies, by the names that this program gives.
fn folders(database: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let folders = match fs::read_dir(folder_of(database)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        folders => folders?,
    };
    for folder in folders {
        let folder = folder?;
        let key = folder.file_name().to_string_lossy().into_owned();
        let ours = key.len() == 16 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        if ours && folder.file_type()?.is_dir() {
            found.push(folder.path());
        }
    }
    Ok(found)
}

/// The filtered copies of that database with their journals.
///
/// # Errors
/// The operating system's.
pub fn files(database: &Path) -> io::Result<Vec<PathBuf>> {
    let name = database.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found = Vec::new();
    for folder in folders(database)? {
        for file in fs::read_dir(folder)? {
            let file = file?;
            if file.file_type()?.is_file() && file.file_name().to_string_lossy().starts_with(&name) {
                found.push(file.path());
            }
        }
    }
    Ok(found)
}

/// What servers that run are making, and those that were killed.
fn unfinished(database: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for file in fs::read_dir(database.parent().unwrap_or(Path::new(".")))? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        let number = name.strip_prefix("filtered-").and_then(|rest| rest.split_once(".tmp"));
        if number.is_some_and(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit())) {
            found.push(file.path());
        }
    }
    Ok(found)
}

/// Removes all filtered copies of that database, with what is being made. Servers make those that
/// somebody reads anew, from the file that is the database now.
///
/// # Errors
/// The operating system's.
pub fn remove(database: &Path) -> io::Result<()> {
    let lock = if folder_of(database).try_exists()? { Some(lock(database)?) } else { None };
    for file in files(database)?.into_iter().chain(unfinished(database)?) {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    for folder in folders(database)? {
        let _ = fs::remove_dir(folder);
    }
    if lock.is_some() {
        let _ = fs::remove_file(folder_of(database).join(LOCK));
        let _ = fs::remove_dir(folder_of(database));
    }
    Ok(())
}

/// Removes copies that are older than that but for those that are used here. Whoever reads one
/// elsewhere makes it anew.
///
/// # Errors
/// The operating system's.
pub(super) fn remove_unused(database: &Path, used: &[PathBuf], age: Duration) -> io::Result<()> {
    let is_old = |file: &Path| {
        let changed = fs::metadata(file).and_then(|metadata| metadata.modified());
        changed.is_ok_and(|at| at.elapsed().is_ok_and(|since| since > age))
    };
    for file in files(database)?.into_iter().chain(unfinished(database)?) {
        if is_old(&file) && !used.contains(&file) {
            let _ = fs::remove_file(&file);
            if let Some(folder) = file.parent().filter(|folder| folder.starts_with(folder_of(database))) {
                let _ = fs::remove_dir(folder);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::testing::Folder;

    #[test]
    fn removing_takes_copies_and_what_was_being_made_and_nothing_of_others() {
        let folder = Folder(std::env::temp_dir().join(format!("fastintercom-copies-{}", std::process::id())));
        let database = folder.0.join("data.db");
        let copy = folder_of(&database).join("0123456789abcdef");
        let mine = folder_of(&database).join("mine");
        for folder in [&copy, &mine] {
            private_folder(folder).expect("a folder");
        }
        let ours = [
            copy.join("data.db"),
            copy.join("data.db.incoming-7"),
            folder.0.join("filtered-77.tmp"),
            folder.0.join("filtered-77.tmp-journal"),
        ];
        let theirs = [database.clone(), mine.join("data.db"), folder.0.join("filtered-notes.tmp")];
        for file in ours.iter().chain(&theirs) {
            fs::write(file, "x").expect("a file");
        }
        // Nothing is an hour old yet, and what is used stays whatever its age.
        remove_unused(&database, &[], Duration::from_secs(3_600)).expect("removes");
        assert!(ours.iter().all(|file| file.exists()));
        remove_unused(&database, &ours[..1], Duration::ZERO).expect("removes");
        assert_eq!(ours.map(|file| file.exists()), [true, false, false, false]);
        remove(&database).expect("removes");
        assert!(!copy.exists() && theirs.iter().all(|file| file.exists()));
        // A link leads nowhere.
        #[cfg(unix)]
        {
            fs::remove_dir_all(folder_of(&database)).expect("removes");
            std::os::unix::fs::symlink(&folder.0, folder_of(&database)).expect("a link");
            assert!(private_folder(&copy).is_err_and(|error| error.to_string().contains("is a link")));
        }
    }
}
