//! Where the access token comes from.

use std::fmt;
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
}

impl fmt::Display for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("none"),
            Self::Environment => formatter.write_str("INTERCOM_ACCESS_TOKEN"),
            Self::File(path) => write!(formatter, "file {}", path.display()),
        }
    }
}

/// The file that `fastintercom login` writes.
#[must_use]
pub fn login_file() -> Option<PathBuf> {
    configuration_folder().map(|folder| folder.join("token"))
}

/// The environment variable, else the file that a setting names, else the file of `login`.
pub fn find(sources: &Sources, data_folder: &Path) -> Result<(Option<Secret>, TokenSource), ConfigError> {
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
pub(super) fn read_file(file: &Path, place: &str, data_folder: &Path) -> Result<Secret, ConfigError> {
    let shown = file.display();
    if is_within(file, data_folder) {
        return Err(ConfigError(format!(
            "{place} is \"{shown}\": a token file in the data folder could be read by the component; move it elsewhere."
        )));
    }
    let text = std::fs::read_to_string(file)
        .map_err(|error| ConfigError(format!("{place} is \"{shown}\": it cannot be read ({error}).")))?;
    let text = zeroize::Zeroizing::new(text);
    Secret::new(&text).map_err(|reason| ConfigError(format!("{place} is \"{shown}\": {reason}.")))
}
