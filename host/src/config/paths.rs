//! Folders: which may hold the data, and where configuration and compiled code lie.
//!
//! Real paths come from `dunce`: the standard library gives those of Windows the prefix `\\?\`,
//! which people should not see, and which other programs refuse.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use etcetera::{AppStrategy, AppStrategyArgs};

#[cfg(unix)]
use super::header::is_ours_to_close;
use super::{ConfigError, Sources};

/// The data folder and the database file in it.
pub struct Place {
    pub folder: PathBuf,
    pub file: PathBuf,
    pub read_only: bool,
    /// See [`super::Config::replica`].
    pub replica: bool,
}

/// The home folder, if there is one.
#[must_use]
pub fn home() -> Option<PathBuf> {
    etcetera::home_dir().ok().filter(|home| home.is_absolute())
}

/// Where `config.toml` and the token file of `fastintercom login` lie.
#[must_use]
pub fn configuration_folder() -> Option<PathBuf> {
    strategy().map(|strategy| strategy.config_dir())
}

/// Where compiled code is kept.
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    strategy().map(|strategy| strategy.cache_dir())
}

/// Where logs that are kept lie.
#[must_use]
pub fn state_folder() -> Option<PathBuf> {
    strategy().map(|strategy| strategy.state_dir().unwrap_or_else(|| strategy.data_dir()))
}

fn strategy() -> Option<impl AppStrategy> {
    home()?;
    etcetera::choose_app_strategy(AppStrategyArgs {
        top_level_domain: "io".to_owned(),
        author: "fastintercom".to_owned(),
        app_name: "fastintercom".to_owned(),
    })
    .ok()
}

/// A client's configuration passes no shell, so `~/` is expanded here.
pub fn expand(text: &str) -> Result<PathBuf, String> {
    if text == "~" || text.starts_with("~/") {
        let home = home().ok_or("there is no home folder, so ~ has no meaning; give the whole path")?;
        return Ok(home.join(text.trim_start_matches('~').trim_start_matches('/')));
    }
    let path = PathBuf::from(text);
    if path.is_absolute() {
        return Ok(path);
    }
    std::path::absolute(&path).map_err(|error| format!("it is not a usable path ({error})"))
}

/// Finds the database, makes its folder, and refuses folders that hold more than it.
///
/// For a replica nothing is made or changed: folder and file are somebody else's, and the file may
/// come later.
///
/// # Errors
/// [`ConfigError`] that names the path, and why it cannot be used.
pub fn database(sources: &Sources, replica: bool) -> Result<Place, ConfigError> {
    let named = sources.find("database");
    let place = named.as_ref().map_or("FASTINTERCOM_DB_PATH", |found| found.place.as_str()).to_owned();
    let file = match sources.path("database")? {
        Some(file) => file,
        None => home()
            .ok_or_else(|| {
                ConfigError(
                    "There is no home folder. Set FASTINTERCOM_DB_PATH to the database file.".to_owned(),
                )
            })?
            .join(".fastintercom/data.db"),
    };
    let wrong = |reason: &str| {
        ConfigError(format!(
            "{place} is \"{}\": {reason}.",
            crate::text::printable(&file.display().to_string(), 200)
        ))
    };
    if file.is_dir() {
        return Err(wrong("it is a folder; name the database file in it, such as data.db"));
    }
    if file.file_name().and_then(|name| name.to_str()).is_none() {
        return Err(wrong("it names no file"));
    }
    let folder = file.parent().ok_or_else(|| wrong("it names no file in a folder"))?.to_owned();
    // All that can be refused is refused before anything is made.
    let future = real(&folder);
    if let Some(reason) = too_wide(&future) {
        return Err(wrong(&reason));
    }
    sources.check_outside(&future)?;
    if !replica {
        make_private(&folder, &file).map_err(|reason| wrong(&reason))?;
    }
    let folder = dunce::canonicalize(&folder)
        .map_err(|error| wrong(&format!("its folder cannot be read ({error})")))?;
    if let Some(reason) = too_wide(&folder) {
        return Err(wrong(&reason));
    }
    // A replica only reads its file, and harms nobody.
    if !replica && super::portable::has_cache(&folder) {
        return Err(wrong(super::portable::REFUSAL));
    }
    let name = file.file_name().ok_or_else(|| wrong("it names no file"))?;
    let file = folder.join(name);
    // The component cannot follow a link out of the folder, and must not lead the host along one.
    if fs::symlink_metadata(&file).is_ok_and(|metadata| metadata.is_symlink()) {
        return Err(wrong("it is a symbolic link; name the file that it points to"));
    }
    let read_only =
        replica || make_file(&file).map_err(|error| wrong(&format!("it cannot be opened ({error})")))?;
    Ok(Place { folder, file, read_only, replica })
}

/// The component sees everything in the data folder, so it must hold nothing but the data.
fn too_wide(folder: &Path) -> Option<String> {
    let same = |other: &Path| dunce::canonicalize(other).is_ok_and(|other| other == folder);
    let advice = "use a folder of its own, such as ~/.fastintercom";
    if folder.parent().is_none() {
        return Some(format!("the root folder is not given to the component; {advice}"));
    }
    if home().is_some_and(|home| same(&home)) {
        return Some(format!("the home folder is not given to the component; {advice}"));
    }
    if same(&std::env::temp_dir()) || same(Path::new("/tmp")) || same(Path::new("/var/tmp")) {
        return Some(format!("the temporary folder is not given to the component; {advice}"));
    }
    for (kind, other) in [("configuration", configuration_folder()), ("compiled code", cache_folder())] {
        if other.is_some_and(|other| is_within(&other, folder)) {
            return Some(format!(
                "the {kind} lies in that folder, and the component could change it; {advice}"
            ));
        }
    }
    None
}

/// The path without links. Parts that do not exist yet count as written.
pub(super) fn real(path: &Path) -> PathBuf {
    let resolved = path.ancestors().find_map(|ancestor| {
        let real = dunce::canonicalize(ancestor).ok()?;
        Some(real.join(path.strip_prefix(ancestor).ok()?))
    });
    resolved.unwrap_or_else(|| path.to_owned())
}

/// Whether the path is the folder, lies in it, or leads through it: where it can be changed by
/// whoever can write in the folder. Parts that do not exist yet count as written.
#[must_use]
pub fn is_within(path: &Path, folder: &Path) -> bool {
    real(path).starts_with(folder) || leads_through(path, folder)
}

/// Whether a link on the way lies in the folder, wherever it points.
#[cfg(unix)]
fn leads_through(path: &Path, folder: &Path) -> bool {
    /// As many as Linux follows.
    const LINKS: usize = 40;
    let parts = |path: &Path| path.components().rev().map(|part| part.as_os_str().to_owned()).collect();
    let mut left: Vec<std::ffi::OsString> = parts(path);
    let (mut at, mut links) = (PathBuf::from("/"), 0);
    while let Some(part) = left.pop() {
        // What was walked so far has no link in it any more.
        if at.starts_with(folder) {
            return true;
        }
        match part.as_encoded_bytes() {
            b"/" => at = PathBuf::from("/"),
            b"." => {}
            b".." => drop(at.pop()),
            _ => match fs::read_link(at.join(&part)) {
                Ok(target) => {
                    links += 1;
                    if links > LINKS {
                        return true;
                    }
                    left.extend(parts(&target));
                }
                Err(_) => at.push(part),
            },
        }
    }
    at.starts_with(folder)
}

/// Links need a privilege there.
#[cfg(not(unix))]
fn leads_through(_: &Path, _: &Path) -> bool {
    false
}

/// Makes the folder for its user alone. One that is there is closed to others when it holds nothing
/// or our database; one that holds more is left as it is, and refused if others can write in it:
/// they could put another database in the place of ours.
///
/// # Errors
/// The part of a sentence that says why it cannot be used.
#[cfg(unix)]
fn make_private(folder: &Path, database: &Path) -> Result<(), String> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    let unmade = |error: std::io::Error| format!("its folder cannot be created ({error})");
    if !folder.is_dir() {
        return fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unmade);
    }
    let metadata = fs::metadata(folder).map_err(unmade)?;
    let mode = metadata.permissions().mode();
    let is_ours = metadata.uid() == crate::platform::user_id();
    // A group of that number is the user's own on systems that give everybody one.
    let group_writes = mode & 0o020 != 0 && is_ours && metadata.gid() != metadata.uid();
    let others_write = mode & 0o002 != 0 || group_writes;
    let is_empty = || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    let holds_database = || [database, &folder.join("data.db")].into_iter().any(is_ours_to_close);
    if is_ours && ((mode & 0o077 != 0 && holds_database()) || (others_write && is_empty())) {
        match fs::set_permissions(folder, fs::Permissions::from_mode(0o700)) {
            Ok(()) => return Ok(()),
            Err(error) if !others_write => {
                tracing::warn!("the data folder is open to other users, and cannot be closed: {error}");
                return Ok(());
            }
            Err(_) => {}
        }
    }
    if others_write {
        return Err(format!(
            "other users can write in its folder, and so replace the database; close it (chmod go-w {}), or use a folder of its own, such as ~/.fastintercom",
            folder.display()
        ));
    }
    Ok(())
}

// A new folder has the access list of the one it lies in: the user's profile, mostly.
#[cfg(not(unix))]
fn make_private(folder: &Path, _: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("its folder cannot be created ({error})"))
}

/// Makes an empty database file, 0600 from the first byte, and closes an older one to others.
/// Returns whether it can only be read.
fn make_file(file: &Path) -> std::io::Result<bool> {
    let mut options = fs::File::options();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.clone().create_new(true).open(file) {
        Ok(_) => return Ok(false),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) if !file.exists() => return Err(error),
        // A folder that cannot be written with a database in it: read it.
        Err(_) => return Ok(true),
    }
    // Opening a pipe would wait for its other end; a device is no database.
    if fs::metadata(file).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(std::io::Error::other("it is no regular file"));
    }
    match options.open(file) {
        Ok(_open) => {
            #[cfg(unix)]
            close_to_others(file, &_open);
            Ok(!folder_is_writable(file))
        }
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            fs::File::open(file).map(|_| true)
        }
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn close_to_others(file: &Path, open: &fs::File) {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let Ok(metadata) = open.metadata() else { return };
    // A file of something else, named by mistake, keeps its mode: the component will refuse it.
    if metadata.nlink() > 1 || !is_ours_to_close(file) {
        return;
    }
    if metadata.uid() == crate::platform::user_id()
        && metadata.permissions().mode() & 0o077 != 0
        && let Err(error) = fs::set_permissions(file, fs::Permissions::from_mode(0o600))
    {
        tracing::warn!("the database is open to other users, and cannot be closed: {error}");
    }
}

/// A journal must be made beside the database, so a folder that cannot be written makes the
/// database read-only too. Only trying tells: mode bits say nothing of a read-only mount.
fn folder_is_writable(file: &Path) -> bool {
    // In containers that share a folder, every process has the number 1.
    let moment = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let probe = file.with_extension(format!("probe-{}-{moment}", std::process::id()));
    let made = fs::File::options().write(true).create_new(true).open(&probe);
    let writable = made.is_ok() || made.is_err_and(|error| error.kind() == std::io::ErrorKind::StorageFull);
    let _ = fs::remove_file(&probe);
    writable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_a_folder_is_seen_even_before_it_exists() {
        let folder = dunce::canonicalize(std::env::temp_dir()).expect("a folder");
        assert!(is_within(&folder.join("a/b/c"), &folder));
        assert!(is_within(&folder, &folder));
        assert!(!is_within(Path::new("/nonexistent/x"), &folder));
    }

    /// Whoever can write in a folder can change what its links lead to.
    #[cfg(unix)]
    #[test]
    fn a_link_in_a_folder_counts_as_in_it_wherever_it_points() {
        let root = dunce::canonicalize(std::env::temp_dir()).expect("a folder");
        let root = root.join(format!("fastintercom-links-{}", std::process::id()));
        let (data, other) = (root.join("data"), root.join("other"));
        fs::create_dir_all(&data).expect("a folder");
        fs::create_dir_all(&other).expect("a folder");
        fs::write(other.join("file"), "").expect("a file");
        fs::write(data.join("file"), "").expect("a file");
        let link = |target: PathBuf, at: PathBuf| std::os::unix::fs::symlink(target, at).expect("a link");
        link(other.join("file"), data.join("outward"));
        link(data.join("file"), other.join("inward"));
        link(other.clone(), data.join("folder"));
        link(PathBuf::from("../data/outward"), other.join("twice"));
        link(PathBuf::from("loop"), other.join("loop"));
        for (path, within) in [
            (data.join("file"), true),
            (data.join("outward"), true),
            (data.join("folder/file"), true),
            (data.join("folder/../other/file"), true),
            (other.join("../data/new"), true),
            (other.join("inward"), true),
            (other.join("twice"), true),
            (other.join("loop"), true),
            (other.join("file"), false),
            (other.join("new/er"), false),
            (root.join("database"), false),
        ] {
            assert_eq!(is_within(&path, &data), within, "{}", path.display());
        }
        fs::remove_dir_all(&root).expect("removed");
    }

    #[test]
    fn wide_folders_are_refused() {
        assert!(too_wide(Path::new("/")).is_some());
        let temporary = dunce::canonicalize(std::env::temp_dir()).expect("a folder");
        assert!(too_wide(&temporary).is_some());
        assert!(too_wide(&temporary.join("fastintercom-data")).is_none());
    }
}
