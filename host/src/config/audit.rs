//! The settings of the audit log.

use std::path::Path;

use super::{ConfigError, Sources, paths};
use crate::audit::Settings;

/// Some hundred thousand lines.
const FILE_MB: u32 = 64;

/// Reads the settings; the folder is not made.
///
/// # Errors
/// [`ConfigError`] about a value that means nothing, and about a folder that the component sees.
pub fn resolve(sources: &Sources, data_folder: &Path) -> Result<Settings, ConfigError> {
    let one_of = |key: &str, no: &'static str, yes: &'static str| {
        sources.parsed(key, |text| match text.to_ascii_lowercase().as_str() {
            word if word == yes => Ok(true),
            word if word == no => Ok(false),
            _ => Err(format!("allowed are {no} and {yes}")),
        })
    };
    let folder = folder(sources)?;
    if let Some(folder) = folder.as_deref().filter(|folder| paths::is_within(folder, data_folder)) {
        let place = sources.find("audit_folder").map_or("audit_folder".to_owned(), |found| found.place);
        return Err(ConfigError(format!(
            "{place} is \"{}\": a log in the data folder could be changed by the component; name a folder elsewhere.",
            folder.display()
        )));
    }
    Ok(Settings {
        enabled: one_of("audit", "off", "on")?,
        folder,
        hash_arguments: one_of("audit_arguments", "full", "hash")?.unwrap_or(false),
        synchronous: sources.parsed("audit_sync", super::yes_or_no)?.unwrap_or(false),
        file_bytes: u64::from(sources.number("audit_file_mb", 1..=4_096)?.unwrap_or(FILE_MB)) * 1024 * 1024,
        answer_unlogged: one_of("audit_full", "refuse", "unlogged")?.unwrap_or(false),
    })
}

/// Where the log is: the folder that is named, else the system's usual one.
///
/// # Errors
/// [`ConfigError`] about a path that means nothing.
pub fn folder(sources: &Sources) -> Result<Option<std::path::PathBuf>, ConfigError> {
    Ok(sources.path("audit_folder")?.or_else(|| paths::state_folder().map(|folder| folder.join("audit"))))
}
