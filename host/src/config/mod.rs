//! The settings: what they are, where they come from, what they may be.
//!
//! Flags beat the environment, which beats the configuration file, which beats the defaults. The
//! original program's `config.json` beside the database may set intervals and days and nothing
//! else: the component can write to that folder.

mod audit;
mod door;
mod header;
mod oauth;
mod paths;
pub mod portable;
mod settings;
mod sources;
mod token;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use audit::folder as audit_folder;
pub use door::{Door, address, callers_file};
pub use header::{Owner, whose};
pub use paths::{Place, cache_folder, configuration_folder, home, is_within};
pub use settings::{SETTINGS, Setting};
pub use sources::Sources;
pub use token::{TokenSource, find as find_token, login_file, remove as remove_token, store as store_token};

use crate::component::bindings::settings::{Configuration, Redaction};
use crate::component::shared::CallLimits;
use crate::sandbox::outgoing::OutgoingLimits;
use crate::sandbox::policy::Policy;
use crate::sandbox::secret::Secret;

/// A setting that is wrong: which one, its value, and what is allowed. Exit code 2.
#[derive(Debug)]
pub struct ConfigError(pub String);

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// All settings, checked.
pub struct Config {
    pub policy: Policy,
    pub api_version: String,
    pub token: Option<Secret>,
    pub token_source: TokenSource,
    pub data_folder: PathBuf,
    pub database: PathBuf,
    pub read_only: bool,
    /// This process reads a copy of another server's database: it never syncs, and the copy may be
    /// replaced at any time. Implies `read_only`.
    pub replica: bool,
    pub interval: Duration,
    pub sync_days: u32,
    pub initial_sync_days: u32,
    pub timezone: Option<String>,
    pub redactions: Vec<Redaction>,
    pub retention_days: Option<u32>,
    pub keep_raw_answers: bool,
    pub max_in_flight: u32,
    pub overlap_seconds: u32,
    pub call_limits: CallLimits,
    pub memory_total: usize,
    pub outgoing_limits: OutgoingLimits,
    pub certificates: Option<PathBuf>,
    /// The OpenTelemetry collector; `None`: nothing is sent anywhere.
    pub otlp_endpoint: Option<String>,
    /// Who read what.
    pub audit: crate::audit::Settings,
    /// Where compiled code is kept; `None`: nowhere.
    pub code_cache: Option<PathBuf>,
    /// Another component than the embedded one.
    pub component: Option<PathBuf>,
    /// A server of one client, which may close it after a second: see `component::compiler`.
    pub may_end_early: bool,
}

impl Config {
    /// Reads and checks every setting, and makes the data folder.
    ///
    /// # Errors
    /// [`ConfigError`] about the first setting that is wrong.
    pub fn resolve(sources: &Sources) -> Result<Self, ConfigError> {
        Self::resolve_with(sources, None)
    }

    /// The same with that token instead of the one that the settings name.
    ///
    /// # Errors
    /// As [`Config::resolve`].
    pub fn resolve_with(sources: &Sources, token: Option<Secret>) -> Result<Self, ConfigError> {
        let policy = origin(sources)?;
        let place = place(sources)?;
        let (token, token_source) = match token {
            Some(token) => (Some(token), TokenSource::Typed),
            // A replica asks Intercom for nothing, so it holds no token, whatever its environment has.
            None if place.replica => (None, TokenSource::None),
            None => token::find(sources, Some(&place.folder))?,
        };
        let sync_days = sources.number("sync_days", 1..=3_650)?.unwrap_or(7);
        let code_cache = code_cache(sources, Some(&place.folder))?;
        Ok(Self {
            policy,
            api_version: sources.parsed("api_version", api_version)?.unwrap_or_else(|| "2.16".to_owned()),
            token,
            token_source,
            interval: interval(sources)?,
            sync_days,
            initial_sync_days: sources.number("initial_sync_days", 0..=3_650)?.unwrap_or(sync_days),
            timezone: sources.parsed("timezone", timezone)?,
            redactions: sources.parsed("redact", redactions)?.unwrap_or_default(),
            retention_days: sources.number("retention_days", 1..=36_500)?,
            keep_raw_answers: sources.parsed("keep_raw_answers", yes_or_no)?.unwrap_or(false),
            max_in_flight: sources.number("max_in_flight", 1..=100)?.unwrap_or(60),
            overlap_seconds: sources.number("overlap_seconds", 0..=86_400)?.unwrap_or(600),
            call_limits: CallLimits {
                call: Duration::from_secs(
                    sources.number("call_timeout_seconds", 1..=3_600)?.unwrap_or(30).into(),
                ),
                sync_stall: Duration::from_secs(
                    sources.number("sync_stall_seconds", 10..=86_400)?.unwrap_or(300).into(),
                ),
                memory: megabytes(sources.number("memory_mb", 32..=4_096)?.unwrap_or(512)),
                readers: sources.number("readers", 1..=64)?.unwrap_or(4) as usize,
                // The largest answer of ours, a thread of 500 long messages, has under 2 MB, and no
                // model reads more.
                answer: megabytes(sources.number("answer_mb", 1..=256)?.unwrap_or(8)),
            },
            memory_total: megabytes(sources.number("memory_total_mb", 64..=65_536)?.unwrap_or(2_048)),
            outgoing_limits: outgoing_limits(sources)?,
            certificates: sources.path("certificates")?,
            otlp_endpoint: sources.parsed("otlp_endpoint", otlp_endpoint)?,
            audit: audit::resolve(sources, &place.folder)?,
            code_cache,
            component: component_file(sources)?,
            may_end_early: false,
            data_folder: place.folder,
            database: place.file,
            read_only: place.read_only,
            replica: place.replica,
        })
    }

    /// What the component is told; no secret among it.
    #[must_use]
    pub fn for_component(&self) -> Configuration {
        Configuration {
            base_url: self.policy.origin(),
            api_version: self.api_version.clone(),
            database_file: self
                .database
                .file_name()
                .map_or_else(|| "data.db".to_owned(), |name| name.to_string_lossy().into_owned()),
            read_only: self.read_only,
            replica: self.replica,
            token_present: self.token.is_some(),
            sync_days: self.sync_days,
            initial_sync_days: self.initial_sync_days,
            sync_interval_minutes: u32::try_from(self.interval.as_secs().div_ceil(60)).unwrap_or(u32::MAX),
            timezone: self.timezone.clone(),
            redactions: self.redactions.clone(),
            max_in_flight: self.max_in_flight,
            overlap_seconds: self.overlap_seconds,
            retention_days: self.retention_days,
            keep_raw_answers: self.keep_raw_answers,
        }
    }
}

/// Where compiled code is kept: never where the component could change it.
///
/// # Errors
/// [`ConfigError`] about a path that means nothing.
pub fn code_cache(sources: &Sources, data_folder: Option<&Path>) -> Result<Option<PathBuf>, ConfigError> {
    let folder = sources.path("cache_folder")?.or_else(cache_folder);
    let within =
        |folder: &PathBuf| data_folder.is_some_and(|data| paths::is_within(folder, &paths::real(data)));
    if folder.as_ref().is_some_and(within) {
        tracing::warn!(
            "compiled code is not cached: its folder lies in the data folder, where the component could change it"
        );
        return Ok(None);
    }
    Ok(folder)
}

/// Where the database is; its folder and an empty file are made.
///
/// # Errors
/// [`ConfigError`] that names the path, and why it cannot be used.
pub fn place(sources: &Sources) -> Result<Place, ConfigError> {
    let replica = sources.parsed("read_only", yes_or_no)?.unwrap_or(false);
    paths::database(sources, replica)
}

/// The defaults are explained where they stand.
fn outgoing_limits(sources: &Sources) -> Result<OutgoingLimits, ConfigError> {
    let usual = OutgoingLimits::default();
    let seconds = |key: &str, usual: Duration| {
        let found = sources.number(key, 1..=3_600)?;
        Ok::<_, ConfigError>(found.map_or(usual, |seconds| Duration::from_secs(seconds.into())))
    };
    Ok(OutgoingLimits {
        connect: seconds("connect_timeout_seconds", usual.connect)?,
        first_byte: seconds("first_byte_timeout_seconds", usual.first_byte)?,
        total: seconds("response_timeout_seconds", usual.total)?,
        answer: sources.number("response_mb", 1..=1_024)?.map_or(usual.answer, megabytes),
    })
}

/// Time between two background syncs. Seconds are for tests and trials: nobody needs them, and
/// they win so that a test can set them beside whatever else is set.
fn interval(sources: &Sources) -> Result<Duration, ConfigError> {
    if let Some(seconds) = sources.number("sync_interval_seconds", 1..=604_800)? {
        return Ok(Duration::from_secs(seconds.into()));
    }
    let minutes = sources.number("sync_interval_minutes", 1..=10_080)?.unwrap_or(15);
    Ok(Duration::from_secs(u64::from(minutes) * 60))
}

fn megabytes(count: u32) -> usize {
    count as usize * 1024 * 1024
}

/// The base address wins over the region.
fn origin(sources: &Sources) -> Result<Policy, ConfigError> {
    if let Some(policy) = sources.parsed("base_url", |text| Policy::new(text.trim_end_matches('/')))? {
        return Ok(policy);
    }
    let base = sources
        .parsed("region", |text| match text.to_ascii_lowercase().as_str() {
            "us" => Ok("https://api.intercom.io"),
            "eu" => Ok("https://api.eu.intercom.io"),
            "au" => Ok("https://api.au.intercom.io"),
            _ => Err("allowed are us, eu and au".to_owned()),
        })?
        .unwrap_or("https://api.intercom.io");
    Policy::new(base).map_err(ConfigError)
}

/// An address without anything secret in it: it is shown in the log.
fn otlp_endpoint(text: &str) -> Result<String, String> {
    let shape = "it is an address such as http://127.0.0.1:4318, without a user, query or fragment";
    let url = reqwest::Url::parse(text).map_err(|_| shape.to_owned())?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain { Ok(text.to_owned()) } else { Err(shape.to_owned()) }
}

/// The component that is to run instead of the one inside the program.
///
/// # Errors
/// [`ConfigError`] when there is no such file.
pub fn component_file(sources: &Sources) -> Result<Option<PathBuf>, ConfigError> {
    sources.parsed("component", component)
}

fn component(text: &str) -> Result<PathBuf, String> {
    let file = paths::expand(text)?;
    if file.is_file() { Ok(file) } else { Err("there is no such file".to_owned()) }
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("allowed are true and false".to_owned()),
    }
}

fn api_version(text: &str) -> Result<String, String> {
    let plain = text.split_once('.').is_some_and(|(major, minor)| {
        !major.is_empty()
            && !minor.is_empty()
            && (major.to_owned() + minor).bytes().all(|byte| byte.is_ascii_digit())
    });
    if plain || text == "Preview" {
        Ok(text.to_owned())
    } else {
        Err("it is a version such as 2.16".to_owned())
    }
}

/// The component knows the zones; here only what cannot be one is refused.
fn timezone(text: &str) -> Result<String, String> {
    let plain = !text.is_empty()
        && text.len() < 64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte));
    if plain { Ok(text.to_owned()) } else { Err("it is an IANA name such as Europe/Berlin".to_owned()) }
}

/// Kinds of personal data and the settings' words for them.
const REDACTIONS: [(Redaction, &str); 6] = [
    (Redaction::Emails, "emails"),
    (Redaction::Phones, "phones"),
    (Redaction::Cards, "cards"),
    (Redaction::Accounts, "accounts"),
    (Redaction::Secrets, "secrets"),
    (Redaction::Names, "names"),
];

/// Reads kinds of personal data, separated by commas.
///
/// # Errors
/// What is allowed.
pub fn redactions(text: &str) -> Result<Vec<Redaction>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(|word| {
            let known = REDACTIONS.iter().find(|(_, name)| *name == word);
            known.map(|(kind, _)| *kind).ok_or_else(|| {
                "allowed are emails, phones, cards, accounts, secrets and names, separated by commas"
                    .to_owned()
            })
        })
        .collect()
}

/// The word for that kind.
#[must_use]
pub fn redaction_name(kind: Redaction) -> &'static str {
    REDACTIONS.iter().find(|(known, _)| *known == kind).map_or("", |(_, name)| name)
}
