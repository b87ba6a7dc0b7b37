//! Folders: which may hold the data, and where configuration and compiled code lie.
//!
//! Real paths come from `dunce`: the standard library gives those of Windows the prefix `\\?\`,
//! which people should not see, and which other programs refuse.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use etcetera::{AppStrategy, AppStrategyArgs};

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
    if !replica {
        make_private(&folder).map_err(|error| wrong(&format!("its folder cannot be created ({error})")))?;
    }
    let folder = dunce::canonicalize(&folder)
        .map_err(|error| wrong(&format!("its folder cannot be read ({error})")))?;
    if let Some(reason) = too_wide(&folder) {
        return Err(wrong(&reason));
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

/// Whether the path is the folder or lies in it. Parts that do not exist yet count as written.
#[must_use]
pub fn is_within(path: &Path, folder: &Path) -> bool {
    let real = path
        .ancestors()
        .find_map(|ancestor| {
            let real = dunce::canonicalize(ancestor).ok()?;
            Some(real.join(path.strip_prefix(ancestor).ok()?))
        })
        .unwrap_or_else(|| path.to_owned());
    real.starts_with(folder)
}

#[cfg(unix)]
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    if !folder.exists() {
        return fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    }
    // An older, open folder of ours is closed; somebody else's is left as it is.
    let metadata = fs::metadata(folder)?;
    if metadata.uid() == crate::platform::user_id()
        && metadata.permissions().mode() & 0o077 != 0
        && folder.join("data.db").exists()
        && let Err(error) = fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
    {
        tracing::warn!("the data folder is open to other users, and cannot be closed: {error}");
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
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

    #[test]
    fn wide_folders_are_refused() {
        assert!(too_wide(Path::new("/")).is_some());
        let temporary = dunce::canonicalize(std::env::temp_dir()).expect("a folder");
        assert!(too_wide(&temporary).is_some());
        assert!(too_wide(&temporary.join("fastintercom-data")).is_none());
    }
}
