//! Where the access token comes from.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::paths::{configuration_folder, expand, is_within};
use super::{ConfigError, Sources};
use crate::sandbox::secret::Secret;

/// Named in messages; the token itself never is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSource {
    None,
    Environment,
    File(PathBuf),
    /// Given to `fastintercom login`.
    Typed,
}

impl fmt::Display for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("none"),
            Self::Environment => formatter.write_str("INTERCOM_ACCESS_TOKEN"),
            Self::File(path) => write!(formatter, "file {}", path.display()),
            Self::Typed => formatter.write_str("typed in"),
        }
    }
}

/// The file that `fastintercom login` writes.
#[must_use]
pub fn login_file() -> Option<PathBuf> {
    configuration_folder().map(|folder| folder.join("token"))
}

/// Stores the token for this user alone. It is there as a whole or not at all.
///
/// # Errors
/// The operating system's.
pub fn store(secret: &Secret, file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        make_private(folder)?;
    }
    let draft = file.with_extension(format!("{}.draft", std::process::id()));
    let written = write_private(&draft, secret).and_then(|()| fs::rename(&draft, file));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

fn write_private(file: &Path, secret: &Secret) -> io::Result<()> {
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(secret.expose().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes a stored token. Says whether there was one.
///
/// # Errors
/// The operating system's.
pub fn remove(file: &Path) -> io::Result<bool> {
    match fs::remove_file(file) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The environment variable, else the file that a setting names, else the file of `login`.
/// `data_folder`, where it is known, may hold no token: the component could read it there.
///
/// # Errors
/// [`ConfigError`] that says where the token was to be found, and never the token.
pub fn find(
    sources: &Sources,
    data_folder: Option<&Path>,
) -> Result<(Option<Secret>, TokenSource), ConfigError> {
    if let Some(text) = sources.variable("INTERCOM_ACCESS_TOKEN") {
        let secret = Secret::new(text)
            .map_err(|reason| ConfigError(format!("INTERCOM_ACCESS_TOKEN cannot be used: {reason}.")))?;
        return Ok((Some(secret), TokenSource::Environment));
    }
    let (file, place) = match sources.find("token_file") {
        Some(found) => {
            let file = expand(&found.value)
                .map_err(|reason| ConfigError(format!("{} cannot be used: {reason}.", found.place)))?;
            (file, found.place)
        }
        None => match login_file().filter(|file| file.exists()) {
            Some(file) => (file, "The token of fastintercom login".to_owned()),
            None => return Ok((None, TokenSource::None)),
        },
    };
    let secret = read_file(&file, &place, data_folder)?;
    Ok((Some(secret), TokenSource::File(file)))
}

/// Reads a token from a file, which `place` names in messages.
///
/// # Errors
/// [`ConfigError`] when the file cannot be read, holds no token, or lies where the component
/// could read it.
pub(super) fn read_file(file: &Path, place: &str, data_folder: Option<&Path>) -> Result<Secret, ConfigError> {
    let shown = file.display();
    if data_folder.is_some_and(|folder| is_within(file, folder)) {
        return Err(ConfigError(format!(
            "{place} is \"{shown}\": a token file in the data folder could be read by the component; move it elsewhere."
        )));
    }
    let text = fs::read_to_string(file)
        .map_err(|error| ConfigError(format!("{place} is \"{shown}\": it cannot be read ({error}).")))?;
    let text = zeroize::Zeroizing::new(text);
    Secret::new(&text).map_err(|reason| ConfigError(format!("{place} is \"{shown}\": {reason}.")))
}
