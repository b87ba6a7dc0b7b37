//! How far an answer can be trusted: `sync_info`.

use rusqlite::Connection;
use serde_json::Value;

use super::answer::{Answer, ago, minutes_since, seconds_since, threads_have};
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
    pub state: &'static str,
    pub last_sync: Option<UnixSeconds>,
    pub message: String,
    pub data_complete: bool,
}

/// How old data may be and still be called fresh: the interval, and a minute for the sync itself.
fn fresh_for(settings: &Settings) -> i64 {
    (i64::from(settings.sync_interval_minutes) + 1) * MINUTE
}

impl Freshness {
    /// Judges the cache by what a question reaches for.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn of(
        connection: &Connection,
        settings: &Settings,
        now: UnixSeconds,
        reach: Reach,
    ) -> StoreResult<Self> {
        let coverage = Coverage::load(connection, now)?;
        let last_sync = runs::latest_read(connection)?.and_then(|run| run.completed_at);
        let incomplete = incomplete_since(connection, reach.start)?;
        let Some(newest) = coverage.newest() else {
            return Ok(Self {
                state: "stale",
                last_sync,
                message: format!(
                    "Nothing has been synced from Intercom yet{}. {}",
                    if settings.token_present || settings.replica {
                        ""
                    } else {
                        ", and there is no access token (INTERCOM_ACCESS_TOKEN)"
                    },
                    how_to_begin(settings)
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
        let bounded = reach.start.is_some();
        let recent_enough = fresh || (end <= newest.high);
        let mut message = match last_sync {
            Some(at) => format!("Last sync {}; the cache covers {held}.", ago(at, now)),
            None => format!("The cache covers {held}."),
        };
        if bounded && !checked.gaps.is_empty() {
            let place = if settings.replica { " on the primary" } else { "" };
            message.push_str(&if checked.any {
                format!(" Part of the time asked about is not in the cache, so conversations may be missing: check_coverage names the gaps, `fastintercom sync --start-date … --end-date …`{place} fills them.")
            } else {
                format!(" The time asked about is not in the cache: `fastintercom sync --start-date … --end-date …`{place} fetches it.")
            });
        } else if !bounded && !checked.gaps.is_empty() {
            message.push_str(" Conversations that last changed before that are not in it.");
        }
        if !recent_enough {
            message.push_str(if settings.replica {
                " Newer messages may be missing; they come with this replica's next copy."
            } else {
                " Newer messages may be missing; force_sync fetches them."
            });
        }
        if incomplete > 0 {
            message.push_str(&format!(
                " The {} not been fetched yet; the next sync continues there.",
                threads_have(incomplete)
            ));
        }
        let state = match (bounded, checked.gaps.is_empty(), checked.any, recent_enough) {
            (true, false, false, _) => "stale",
            (true, false, true, _) => "partial",
            (_, _, _, true) => "fresh",
            (_, _, _, false) if reach.start.is_some_and(|start| start > newest.high) => "stale",
            (_, _, _, false) => "partial",
        };
        Ok(Self {
            state,
            last_sync,
            message,
            data_complete: checked.gaps.is_empty() && recent_enough && incomplete == 0,
        })
    }

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
    pub fn to_json(&self) -> Value {
        let mut info = Answer::new();
        info.set("state", self.state);
        info.set_some("last_sync", self.last_sync.map(UnixSeconds::to_iso));
        info.set("message", self.message.clone());
        info.set("data_complete", self.data_complete);
        info.into_value()
    }
}

/// Where the first data comes from, when there is none.
#[must_use]
pub fn how_to_begin(settings: &Settings) -> &'static str {
    if settings.replica {
        "It comes with this replica's next copy of the primary's database."
    } else {
        "Call force_sync, or wait for the background sync."
    }
}

/// Adds `last_sync` and `data_age_minutes` of the newest run that read from Intercom.
///
/// # Errors
/// When the database cannot be read.
pub fn add_age(answer: &mut Answer, connection: &Connection, now: UnixSeconds) -> StoreResult<()> {
    if let Some(at) = runs::latest_read(connection)?.and_then(|run| run.completed_at) {
        answer.set("last_sync", at.to_iso());
        answer.set_some("data_age_minutes", minutes_since(at, now));
    }
    Ok(())
}

/// Adds the first and last covered day, and whether that is everything there is.
pub fn add_coverage(answer: &mut Answer, held: Held) {
    answer.set("coverage_start", held.first.to_string()).set("coverage_end", held.last.to_string());
    answer.set_true("covers_everything", held.everything);
}

/// The freshness for the question of one call.
///
/// # Errors
/// When the database cannot be read.
pub fn of(around: Surroundings<'_>, connection: &Connection, reach: Reach) -> StoreResult<Freshness> {
    Freshness::of(connection, around.settings, around.now, reach)
}
