//! Where settings come from: one table of names, looked up in order.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::ConfigError;
use super::paths::{configuration_folder, expand, is_within};
use super::settings::SETTINGS;

/// A value and where it stands, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub value: String,
    /// `INTERCOM_REGION`, `--database`, `region in …/config.toml`.
    pub place: String,
}

/// The places, read once.
#[derive(Debug, Default)]
pub struct Sources {
    flags: BTreeMap<&'static str, String>,
    environment: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
    file_name: String,
    /// The configuration file that was read.
    file_path: Option<PathBuf>,
    original: BTreeMap<String, String>,
}

impl Sources {
    /// The process's environment and the configuration file of its user.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be read, or holds what it should not.
    pub fn read(flags: BTreeMap<&'static str, String>, file: Option<&Path>) -> Result<Self, ConfigError> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        let (file, must_exist) = match file {
            Some(file) => (Some(file.to_owned()), true),
            None => (configuration_folder().map(|folder| folder.join("config.toml")), false),
        };
        let mut sources = Self { flags, environment, ..Self::default() };
        if let Some(file) = file {
            sources.read_file(&file, must_exist)?;
        }
        Ok(sources)
    }

    /// For tests: an environment and nothing else.
    #[must_use]
    pub fn of_environment(pairs: &[(&str, &str)]) -> Self {
        let environment =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { environment, ..Self::default() }
    }

    fn read_file(&mut self, file: &Path, must_exist: bool) -> Result<(), ConfigError> {
        let shown = file.display();
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => return Ok(()),
            Err(error) => {
                return Err(ConfigError(format!("The configuration file {shown} cannot be read: {error}.")));
            }
        };
        let table: toml::Table = text.parse().map_err(|error| {
            ConfigError(format!("The configuration file {shown} is not valid TOML: {error}"))
        })?;
        for (key, value) in table {
            if !SETTINGS.iter().any(|setting| setting.key == key) {
                let known: Vec<&str> = SETTINGS.iter().map(|setting| setting.key).collect();
                let hint = if key.contains("token") {
                    "A token is not kept there; name its file with token_file.".to_owned()
                } else {
                    format!("Known are {}.", known.join(", "))
                };
                return Err(ConfigError(format!(
                    "The configuration file {shown} has an unknown setting {key}. {hint}"
                )));
            }
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Array(items) => {
                    items.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>().join(",")
                }
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(flag) => flag.to_string(),
                _ => return Err(ConfigError(format!("{key} in {shown} must be a text or a whole number."))),
            };
            self.file.insert(key, value);
        }
        self.file_name = shown.to_string();
        self.file_path = Some(file.to_owned());
        Ok(())
    }

    /// What the original program's `config.json` in the data folder says of intervals and days.
    /// Anything else in it, or a file that cannot be read, is left alone.
    pub fn read_original(&mut self, data_folder: &Path) {
        let file = data_folder.join("config.json");
        // The component can write there: no link to something else, and no endless file.
        let is_small = |metadata: std::fs::Metadata| metadata.is_file() && metadata.len() < 64 * 1024;
        if !std::fs::symlink_metadata(&file).is_ok_and(is_small) {
            return;
        }
        let Ok(text) = std::fs::read_to_string(file) else { return };
        let Ok(serde_json::Value::Object(values)) = serde_json::from_str(&text) else { return };
        for setting in SETTINGS {
            let Some(name) = setting.original else { continue };
            if let Some(number) = values.get(name).and_then(serde_json::Value::as_u64) {
                self.original.insert(setting.key.to_owned(), number.to_string());
            }
        }
    }

    /// That nothing which decides what the host does lies where the component can write. Tokens are
    /// looked at when they are read, and compiled code is not kept in such a place.
    ///
    /// # Errors
    /// [`ConfigError`] that names the first such file.
    pub fn check_outside(&self, data_folder: &Path) -> Result<(), ConfigError> {
        let refuse = |what: &str, file: &Path| {
            let shown = crate::text::printable(&file.display().to_string(), 200);
            Err(ConfigError(format!(
                "{what} is \"{shown}\": the component could change a file in the data folder; move it elsewhere."
            )))
        };
        if let Some(file) = self.file_path.as_deref().filter(|file| is_within(file, data_folder)) {
            return refuse("The configuration file", file);
        }
        let folders = self.variable("SSL_CERT_DIR").unwrap_or_default();
        if let Some(folder) = std::env::split_paths(folders).find(|folder| is_within(folder, data_folder)) {
            return refuse("SSL_CERT_DIR", &folder);
        }
        let own = ["database", "cache_folder", "token_file", "http_token_file"];
        for setting in SETTINGS.iter().filter(|setting| setting.is_path && !own.contains(&setting.key)) {
            if let Some(file) = self.path(setting.key)?.filter(|file| is_within(file, data_folder)) {
                let place = self.find(setting.key).map(|found| found.place).unwrap_or_default();
                return refuse(&place, &file);
            }
        }
        Ok(())
    }

    /// The value of a setting, from the first place that has one.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<Found> {
        let setting = SETTINGS.iter().find(|setting| setting.key == key)?;
        if let Some(value) = self.flags.get(key) {
            return Some(Found { value: value.clone(), place: format!("--{}", key.replace('_', "-")) });
        }
        for variable in setting.variables {
            if let Some(value) = self.environment.get(*variable) {
                return Some(Found { value: value.trim().to_owned(), place: (*variable).to_owned() });
            }
        }
        if let Some(value) = self.file.get(key) {
            return Some(Found { value: value.clone(), place: format!("{key} in {}", self.file_name) });
        }
        self.original
            .get(key)
            .map(|value| Found { value: value.clone(), place: format!("{key} in config.json") })
    }

    /// The settings that stand in a flag or an environment variable, as variables, their paths
    /// whole: what a server that somebody else starts, in another folder, would not find. Variables
    /// of the surroundings that every program reads, such as SSL_CERT_FILE, are not given to us.
    ///
    /// # Errors
    /// [`ConfigError`] about a path that means nothing.
    pub fn given(&self) -> Result<Vec<(String, String)>, ConfigError> {
        let mut given = Vec::new();
        for setting in SETTINGS {
            let ours =
                |variable: &&str| ["FASTINTERCOM_", "INTERCOM_"].iter().any(|own| variable.starts_with(own));
            let is_here = self.flags.contains_key(setting.key)
                || setting.variables.iter().any(|name| ours(name) && self.environment.contains_key(*name));
            let (true, Some(found), Some(variable)) =
                (is_here, self.find(setting.key), setting.variables.first())
            else {
                continue;
            };
            let value = match self.path(setting.key) {
                Ok(Some(path)) if setting.is_path => path.display().to_string(),
                Err(error) if setting.is_path => return Err(error),
                _ => found.value,
            };
            given.push(((*variable).to_owned(), value));
        }
        Ok(given)
    }

    /// An environment variable that is no setting of the table.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str)
    }

    /// The setting, read by that function, whose error says what is allowed.
    ///
    /// # Errors
    /// [`ConfigError`] that names place, value and what is allowed.
    pub fn parsed<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(found) = self.find(key) else { return Ok(None) };
        parse(&found.value).map(Some).map_err(|allowed| {
            let value = crate::text::printable(&found.value, 100);
            ConfigError(format!("{} is \"{value}\": {allowed}.", found.place))
        })
    }

    /// A whole number within the range.
    ///
    /// # Errors
    /// As [`Sources::parsed`].
    pub fn number(&self, key: &str, range: RangeInclusive<u32>) -> Result<Option<u32>, ConfigError> {
        self.parsed(key, |text| {
            text.parse::<u32>()
                .ok()
                .filter(|number| range.contains(number))
                .ok_or_else(|| format!("allowed are whole numbers from {} to {}", range.start(), range.end()))
        })
    }

    /// A path; a leading `~/` is the home folder.
    ///
    /// # Errors
    /// As [`Sources::parsed`].
    pub fn path(&self, key: &str) -> Result<Option<PathBuf>, ConfigError> {
        self.parsed(key, expand)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_beat_the_environment_which_beats_the_file() {
        let mut sources = Sources::of_environment(&[("INTERCOM_REGION", "eu")]);
        sources.file.insert("region".to_owned(), "au".to_owned());
        assert_eq!(sources.find("region").map(|found| found.value), Some("eu".to_owned()));
        sources.flags.insert("region", "us".to_owned());
        assert_eq!(sources.find("region").map(|found| found.place), Some("--region".to_owned()));
    }

    #[test]
    fn a_wrong_number_names_variable_value_and_range() {
        let sources = Sources::of_environment(&[("FASTINTERCOM_SYNC_DAYS", "-3")]);
        let error = sources.number("sync_days", 1..=90).expect_err("wrong");
        assert_eq!(error.0, "FASTINTERCOM_SYNC_DAYS is \"-3\": allowed are whole numbers from 1 to 90.");
    }

    #[test]
    fn what_was_given_here_is_passed_on_with_whole_paths() {
        let mut sources = Sources::of_environment(&[
            ("FASTINTERCOM_BACKGROUND_SYNC_INTERVAL", "10"),
            ("FASTINTERCOM_DB_PATH", "somewhere/data.db"),
            // Of this shell, and perhaps not of the next.
            ("SSL_CERT_FILE", "/tmp/authorities.pem"),
        ]);
        sources.flags.insert("region", "eu".to_owned());
        sources.file.insert("sync_days".to_owned(), "3".to_owned());
        let given = sources.given().expect("usable");
        let names: Vec<&str> = given.iter().map(|(name, _)| name.as_str()).collect();
        // What stands in the configuration file, a server reads itself.
        assert_eq!(names, ["INTERCOM_REGION", "FASTINTERCOM_DB_PATH", "FASTINTERCOM_SYNC_INTERVAL_MINUTES"]);
        let path = Path::new(&given[1].1);
        assert!(path.is_absolute() && path.ends_with("somewhere/data.db"), "{}", path.display());
    }

    #[test]
    fn the_originals_variable_is_understood() {
        let sources = Sources::of_environment(&[("FASTINTERCOM_BACKGROUND_SYNC_INTERVAL", "10")]);
        assert_eq!(sources.number("sync_interval_minutes", 1..=60).expect("a number"), Some(10));
    }
}
