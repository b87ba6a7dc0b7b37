//! Settings from environment variables, by the names that the native host reads.

use std::cell::Cell;
use std::str::FromStr;

use fastintercom_policy::Policy;
use fastintercom_policy::secret::Secret;

use crate::Base;
use crate::bindings::exports::fastintercom::adapter::{door, writer_settings};
use crate::bindings::exports::fastintercom::component::log::Level;
use crate::bindings::exports::fastintercom::component::settings as given;
use crate::bindings::wasi::cli::environment::get_environment;
use crate::{lease, publishing};

/// A token that could be guessed protects nothing.
const SHORTEST_TOKEN: usize = 16;

/// What a native server's database is called.
pub const NATIVE_DATABASE: &str = "data.db";

/// The settings of this process, and what is wrong with them.
pub struct Settings {
    pub token: Option<Secret>,
    pub policy: Option<Policy>,
    /// None: nothing is logged.
    pub log: Option<Level>,
    /// A copy of another server's database, by its name in the folder, which is only read.
    pub replica: Option<String>,
    pub interval_seconds: u32,
    door_token: Option<Secret>,
    door_is_open: bool,
    door_names: Vec<String>,
    api_version: String,
    sync_days: u32,
    initial_sync_days: Option<u32>,
    timezone: Option<String>,
    redactions: Vec<given::Redaction>,
    max_in_flight: u32,
    overlap_seconds: u32,
    retention_days: Option<u32>,
    keep_raw_answers: bool,
    /// A sentence each.
    pub complaints: Vec<String>,
}

thread_local! { static READ: Cell<Option<&'static Settings>> = const { Cell::new(None) } }

/// The settings; read once, since an environment does not change.
pub fn settings() -> &'static Settings {
    READ.get().unwrap_or_else(|| take(get_environment()))
}

/// Reads the settings from these variables, whatever they were before.
pub fn take(variables: Vec<(String, String)>) -> &'static Settings {
    let settings: &'static Settings = Box::leak(Box::new(Variables::of(variables).read()));
    READ.set(Some(settings));
    settings
}

struct Variables {
    all: Vec<(String, String)>,
    complaints: Vec<String>,
}

impl Variables {
    fn of(all: Vec<(String, String)>) -> Self {
        Self { all, complaints: Vec::new() }
    }

    fn text(&self, name: &str) -> Option<&str> {
        let found = self.all.iter().find(|(key, _)| key == name)?;
        Some(found.1.trim()).filter(|value| !value.is_empty())
    }

    /// The value, if it is there and good; what is allowed is said of one that is not.
    fn parsed<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match read(self.text(name)?) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.complaints.push(format!("{name} cannot be used: {reason}."));
                None
            }
        }
    }

    fn number(&mut self, name: &str, least: u32) -> Option<u32> {
        self.parsed(name, |text| match u32::from_str(text) {
            Ok(number) if number >= least => Ok(number),
            _ => Err(format!("it is a whole number of at least {least}")),
        })
    }

    fn flag(&mut self, name: &str) -> bool {
        self.parsed(name, |text| match text {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err("it is true or false".to_owned()),
        })
        .unwrap_or(false)
    }

    fn read(mut self) -> Settings {
        let token = self.parsed("INTERCOM_ACCESS_TOKEN", Secret::new);
        let policy = self.policy();
        let log = match self.text("FASTINTERCOM_LOG") {
            Some("off") => None,
            Some("error") => Some(Level::Error),
            Some("warn") => Some(Level::Warn),
            Some("debug" | "trace") => Some(Level::Debug),
            _ => Some(Level::Info),
        };
        let replica = self.flag("FASTINTERCOM_READ_ONLY").then(|| {
            let name = self.text("FASTINTERCOM_DB_PATH").unwrap_or(NATIVE_DATABASE);
            name.rsplit('/').next().unwrap_or(name).to_owned()
        });
        let seconds = self.number("FASTINTERCOM_SYNC_INTERVAL_SECONDS", 1);
        let minutes = self
            .number("FASTINTERCOM_SYNC_INTERVAL_MINUTES", 1)
            .or_else(|| self.number("FASTINTERCOM_BACKGROUND_SYNC_INTERVAL", 1));
        let door_token = self.parsed("FASTINTERCOM_HTTP_TOKEN", |text| match Secret::new(text) {
            Ok(token) if token.len() < SHORTEST_TOKEN => {
                Err(format!("it has fewer than {SHORTEST_TOKEN} characters and could be guessed"))
            }
            other => other,
        });
        let redactions = self.parsed("FASTINTERCOM_REDACT", redactions).unwrap_or_default();
        for name in ["INTERCOM_ACCESS_TOKEN_FILE", "FASTINTERCOM_HTTP_TOKEN_FILE", "SSL_CERT_FILE"] {
            if self.text(name).is_some() {
                self.complaints.push(format!(
                    "{name} is set, and no file but those of the data folder can be read here. Give the token in a variable; certificates are the host's affair."
                ));
            }
        }
        Settings {
            token,
            policy,
            log,
            replica,
            interval_seconds: seconds.unwrap_or_else(|| minutes.unwrap_or(15).saturating_mul(60)),
            door_token,
            door_is_open: self.flag("FASTINTERCOM_HTTP_OPEN"),
            door_names: self
                .text("FASTINTERCOM_HTTP_HOSTS")
                .unwrap_or_default()
                .split(',')
                .map(|name| name.trim().trim_end_matches('.').to_ascii_lowercase())
                .filter(|name| !name.is_empty())
                .collect(),
            api_version: self.text("INTERCOM_API_VERSION").unwrap_or("2.16").to_owned(),
            sync_days: self.number("FASTINTERCOM_SYNC_DAYS", 1).unwrap_or(7),
            initial_sync_days: self.number("FASTINTERCOM_INITIAL_SYNC_DAYS", 0),
            timezone: self.text("FASTINTERCOM_TIMEZONE").map(str::to_owned),
            redactions,
            max_in_flight: self.number("FASTINTERCOM_MAX_IN_FLIGHT", 1).unwrap_or(60).min(100),
            overlap_seconds: self.number("FASTINTERCOM_OVERLAP_SECONDS", 0).unwrap_or(600),
            retention_days: self.number("FASTINTERCOM_RETENTION_DAYS", 1),
            keep_raw_answers: self.text("FASTINTERCOM_KEEP_RAW_ANSWERS") == Some("true"),
            complaints: self.complaints,
        }
    }

    fn policy(&mut self) -> Option<Policy> {
        if self.text("INTERCOM_BASE_URL").is_some() {
            return self.parsed("INTERCOM_BASE_URL", |text| Policy::new(text.trim_end_matches('/')));
        }
        let region = self.parsed("INTERCOM_REGION", |text| match text {
            "us" => Ok("https://api.intercom.io"),
            "eu" => Ok("https://api.eu.intercom.io"),
            "au" => Ok("https://api.au.intercom.io"),
            _ => Err("it is us, eu or au".to_owned()),
        });
        Policy::new(region.unwrap_or("https://api.intercom.io")).ok()
    }
}

fn redactions(text: &str) -> Result<Vec<given::Redaction>, String> {
    text.split(',')
        .map(|word| match word.trim() {
            "emails" => Ok(given::Redaction::Emails),
            "phones" => Ok(given::Redaction::Phones),
            "cards" => Ok(given::Redaction::Cards),
            "accounts" => Ok(given::Redaction::Accounts),
            "secrets" => Ok(given::Redaction::Secrets),
            "names" => Ok(given::Redaction::Names),
            _ => {
                Err("it is a list of emails, phones, cards, accounts, secrets and names, separated by commas"
                    .to_owned())
            }
        })
        .collect()
}

impl Settings {
    /// For an instance with that file.
    fn configuration(&self, database_file: String, read_only: bool) -> given::Configuration {
        given::Configuration {
            base_url: self.policy.as_ref().map(Policy::origin).unwrap_or_default(),
            api_version: self.api_version.clone(),
            database_file,
            read_only,
            replica: self.replica.is_some(),
            token_present: self.token.is_some(),
            sync_days: self.sync_days,
            initial_sync_days: self.initial_sync_days.unwrap_or(self.sync_days),
            sync_interval_minutes: (self.interval_seconds / 60).max(1),
            timezone: self.timezone.clone(),
            redactions: self.redactions.clone(),
            max_in_flight: self.max_in_flight,
            overlap_seconds: self.overlap_seconds,
            retention_days: self.retention_days,
            keep_raw_answers: self.keep_raw_answers,
        }
    }
}

impl given::Guest for Base {
    /// For tools: the file that was published last. Another name at the next call means a newer file.
    fn get() -> given::Configuration {
        let settings = settings();
        let file = settings.replica.clone().unwrap_or_else(publishing::newest_name);
        settings.configuration(file, true)
    }

    /// WASI knows no time zone. Only databases of the original program need it, and none is taken
    /// over here.
    fn local_utc_offset(_: i64) -> i32 {
        0
    }
}

impl writer_settings::Guest for Base {
    /// For the sync: the file of the lease that is held.
    fn get() -> writer_settings::Configuration {
        settings().configuration(lease::writer_file(), false)
    }

    fn local_utc_offset(_: i64) -> i32 {
        0
    }
}

impl door::Guest for Base {
    fn token() -> Option<String> {
        settings().door_token.as_ref().map(|token| token.expose().to_owned())
    }

    fn is_open() -> bool {
        settings().door_is_open
    }

    fn names() -> Vec<String> {
        settings().door_names.clone()
    }
}
