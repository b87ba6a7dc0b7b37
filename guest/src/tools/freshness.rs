//! How far an answer can be trusted: `sync_info`.

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::answer::{ago, minutes_since, seconds_since, threads_have, when};
use super::arguments::Purpose;
use super::{Reader, Surroundings};
use crate::environment::Settings;
use crate::error::StoreResult;
use crate::store::conversations::totals::incomplete_since;
use crate::store::runs;
use crate::store::runs::coverage::{BEFORE_INTERCOM, Coverage, Held};
use crate::time::{MINUTE, UnixSeconds};

/// The stretch of `updated_at` that must have been read for an answer to be complete.
///
/// Coverage is about `updated_at`. A conversation created in a range may have changed at any time
/// since, so a question about creation needs everything from the range's start until now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reach {
    pub start: Option<UnixSeconds>,
    pub end: Option<UnixSeconds>,
}

/// State of the cache with respect to one question.
#[derive(Clone, Debug)]
pub struct Freshness {
    pub state: State,
    pub last_sync: Option<UnixSeconds>,
    pub message: String,
    pub data_complete: bool,
}

/// How old data may be and still be called fresh: the interval, and a minute for the sync itself.
fn fresh_for(settings: &Settings) -> i64 {
    (i64::from(settings.sync_interval_minutes) + 1) * MINUTE
}

/// Judges the cache by what a question reaches for.
///
/// # Errors
/// When the database cannot be read.
pub fn of(around: Surroundings<'_>, connection: &Connection, reach: Reach) -> StoreResult<Freshness> {
    let Surroundings { settings, now, reader } = around;
    let coverage = Coverage::load(connection, now)?;
    let last_sync = runs::latest_read(connection)?.and_then(|run| run.completed_at);
    let incomplete = incomplete_since(connection, reach.start)?;
    let Some(newest) = coverage.newest() else {
        return Ok(Freshness {
            state: State::Stale,
            last_sync,
            message: format!(
                "Nothing has been synced from Intercom yet{}. {}",
                if settings.token_present || settings.replica {
                    ""
                } else {
                    ", and there is no access token (INTERCOM_ACCESS_TOKEN)"
                },
                how_to_begin(around)
            ),
            data_complete: false,
        });
    };
    let age = last_sync.and_then(|at| seconds_since(at, now)).unwrap_or(i64::MAX);
    let fresh = age <= fresh_for(settings);
    let start = reach.start.unwrap_or(BEFORE_INTERCOM);
    // No answer can be wrong about what has not happened yet.
    let end = reach.end.unwrap_or(now).min(now).max(start);
    let checked = coverage.check_instants(start, end, now);
    let held = coverage
        .held(connection, now)?
        .map_or_else(|| format!("up to {}", newest.high), |held| held.to_string());
    // Of the time to come there is nothing to fetch, and nothing is missing.
    let is_to_come = reach.start.is_some_and(|start| start > now);
    let bounded = reach.start.is_some() && !is_to_come;
    let recent_enough = fresh || (end <= newest.high);
    let mut message = match last_sync {
        Some(at) => format!("Last sync {}; the cache covers {held}.", ago(at, now)),
        None => format!("The cache covers {held}."),
    };
    if is_to_come {
        message.push_str(&format!(" The time asked about is still to come: today is {} (UTC).", now.day()));
    } else if bounded && !checked.gaps.is_empty() {
        let place = if settings.replica { " on the primary" } else { "" };
        let fill = format!("`fastintercom sync --start-date … --end-date …`{place}");
        message.push_str(&match (checked.any, reader) {
            (true, Reader::Person) => format!(" Part of the time asked about is not in the cache, so conversations may be missing; {fill} fills the gaps."),
            (true, _) => format!(" Part of the time asked about is not in the cache, so conversations may be missing: check_coverage names the gaps, {fill} fills them."),
            (false, _) => format!(" The time asked about is not in the cache: {fill} fetches it."),
        });
    } else if !bounded && !checked.gaps.is_empty() {
        message.push_str(" Conversations that last changed before that are not in it.");
    }
    if !recent_enough {
        message.push_str(" Newer messages may be missing; ");
        message.push_str(&if settings.replica {
            "they come with this replica's next copy.".to_owned()
        } else {
            format!("{} fetches them.", reader.calls(Purpose::Sync))
        });
    }
    if incomplete > 0 {
        message.push_str(&format!(
            " The {} not been fetched yet; the next sync continues there.",
            threads_have(incomplete)
        ));
    }
    let state = match (bounded, checked.gaps.is_empty(), checked.any, recent_enough) {
        (true, false, false, _) => State::Stale,
        (true, false, true, _) => State::Partial,
        (_, _, _, true) => State::Fresh,
        (_, _, _, false) if !is_to_come && reach.start.is_some_and(|start| start > newest.high) => {
            State::Stale
        }
        (_, _, _, false) => State::Partial,
    };
    Ok(Freshness {
        state,
        last_sync,
        message,
        data_complete: (is_to_come || checked.gaps.is_empty()) && recent_enough && incomplete == 0,
    })
}

/// When Intercom was read last, for answers that have no room for more.
///
/// # Errors
/// When the database cannot be read.
pub fn as_of(connection: &Connection) -> StoreResult<Option<String>> {
    Ok(runs::latest_read(connection)?.and_then(|run| run.completed_at).map(UnixSeconds::to_iso))
}

impl Freshness {
    /// The cache may have everything, and the answer still has not.
    pub fn cut_short(&mut self, sentence: &str) {
        self.data_complete = false;
        self.message.push(' ');
        self.message.push_str(sentence);
    }

    /// The same for a program, which may not read the notice that says what is left out.
    pub fn cut_for_programs(&mut self, reader: Reader, notice: Option<&str>) {
        if let (Reader::Program, Some(notice)) = (reader, notice) {
            self.cut_short(notice);
        }
    }

    #[must_use]
    pub fn to_info(&self) -> SyncInfo {
        SyncInfo {
            state: self.state,
            last_sync: self.last_sync.map(UnixSeconds::to_iso),
            message: self.message.clone(),
            data_complete: self.data_complete,
        }
    }
}

/// How far the answer can be trusted.
#[skip_serializing_none]
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SyncInfo {
    pub state: State,
    pub last_sync: Option<String>,
    pub message: String,
    pub data_complete: bool,
}

/// What the cache is for the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(description = "")]
#[serde(rename_all = "snake_case")]
pub enum State {
    Fresh,
    Partial,
    Stale,
}

/// When the newest run read from Intercom ended.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Age {
    #[schemars(skip)]
    pub last_sync: Option<String>,
    #[schemars(skip)]
    pub data_age_minutes: Option<i64>,
}

/// The days that the cache has, the newest contiguous ones.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Covered {
    /// First day of the newest contiguous covered range (UTC).
    pub coverage_start: Option<String>,
    #[schemars(skip)]
    pub coverage_end: Option<String>,
    #[schemars(skip)]
    pub covers_everything: Option<bool>,
}

/// Where the first data comes from, when there is none.
#[must_use]
pub fn how_to_begin(around: Surroundings<'_>) -> &'static str {
    match (around.settings.replica, around.reader) {
        (true, _) => "It comes with this replica's next copy of the primary's database.",
        _ if !around.settings.token_present => {
            "`fastintercom login` stores an access token; a sync then fetches everything."
        }
        (_, Reader::Person) => "Run `fastintercom sync`, or wait for the background sync.",
        _ => "Call force_sync, or wait for the background sync.",
    }
}

/// When the newest run that read from Intercom ended, and how long ago.
///
/// # Errors
/// When the database cannot be read.
pub fn age(connection: &Connection, now: UnixSeconds) -> StoreResult<Age> {
    let at = runs::latest_read(connection)?.and_then(|run| run.completed_at);
    Ok(Age {
        last_sync: at.map(UnixSeconds::to_iso),
        data_age_minutes: at.and_then(|at| minutes_since(at, now)),
    })
}

impl From<Held> for Covered {
    fn from(held: Held) -> Self {
        Self {
            coverage_start: Some(held.first.to_string()),
            coverage_end: Some(held.last.to_string()),
            covers_everything: when(held.everything),
        }
    }
}
