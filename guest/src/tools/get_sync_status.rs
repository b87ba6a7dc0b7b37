//! `get_sync_status`: whether a sync runs now.

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::answer::{Range, finished, in_words, listed, minutes_since, when};
use super::freshness::{self, Age};
use super::incomplete::incomplete;
use super::{Arguments, Context, Outcome, Tool, schema};
use crate::error::StoreResult;
use crate::store::runs;
use crate::time::UnixSeconds;

/// The latest notes are shown, so many at most.
const MOST_NOTES: usize = 5;

pub const TOOL: Tool = Tool {
    name: "get_sync_status",
    title: "Is a sync running?",
    description: "Whether a sync with Intercom runs now, since when and for which days; else when the last one completed and, if the newest failed, why.",
    input: schema::no_arguments,
    output: schema::of::<SyncStatus>(),
    boolean: Some("is_syncing"),
    syncs: false,
    limits: None,
    drawn: false,
    call,
};

#[skip_serializing_none]
#[derive(Serialize, JsonSchema)]
struct SyncStatus {
    #[serde(flatten)]
    running: Running,
    #[serde(flatten)]
    age: Age,
    #[schemars(skip)]
    interrupted: Option<bool>,
    /// Why the newest sync failed.
    last_error: Option<String>,
    /// What is still to be read, and why.
    incomplete: Option<String>,
    /// What could not be read.
    #[schemars(skip)]
    notes: Option<Vec<String>>,
}

/// Whether a sync runs, and what is known of it.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Running {
    is_syncing: bool,
    #[schemars(skip)]
    sync_started_at: Option<String>,
    #[schemars(skip)]
    duration_minutes: Option<i64>,
    #[schemars(skip)]
    coverage_dates: Option<Range>,
}

fn call(context: &mut Context<'_>, _: &Arguments) -> Outcome {
    let around = context.surroundings();
    let now = around.now;
    // A crash leaves its row marked as running, so only the host's lock tells whether one is.
    let is_syncing = context.sync.is_syncing();
    context.reading(|connection| {
        let (running, mut text) = running(connection, is_syncing, now)?;
        let interrupted = runs::interrupted(connection, is_syncing)?;
        let failure = if is_syncing || interrupted { None } else { runs::latest_failure(connection)? };
        if interrupted {
            text.push_str(" The newest sync was interrupted; the next one continues where it stopped.");
        }
        let last_error = failure.map(|run| run.error.unwrap_or_else(|| "unknown".to_owned()));
        if let Some(error) = &last_error {
            text.push_str(&format!(" The newest sync failed: {error}"));
        }
        let incomplete = incomplete(around, connection, is_syncing)?;
        if let Some(sentence) = &incomplete {
            text = format!("{text} {sentence}");
        }
        let notes = self::notes(connection)?;
        if let (Some(notes), false) = (&notes, is_syncing) {
            text = format!("{text} {}", notes.join(" "));
        }
        let age = freshness::age(connection, now)?;
        let interrupted = when(interrupted);
        Ok(finished(&SyncStatus { running, age, interrupted, last_error, incomplete, notes }, text))
    })
}

/// The latest notes about what could not be read.
pub fn notes(connection: &Connection) -> StoreResult<Option<Vec<String>>> {
    let mut notes = runs::notes::notes(connection)?;
    notes.truncate(MOST_NOTES);
    Ok(listed(notes))
}

/// What is known of the running sync, and a sentence about it.
pub fn running(
    connection: &Connection,
    is_syncing: bool,
    now: UnixSeconds,
) -> StoreResult<(Running, String)> {
    let mut known = Running { is_syncing, ..Running::default() };
    if !is_syncing {
        return Ok((known, "No sync is running.".to_owned()));
    }
    let Some(run) = runs::marked_running(connection)? else {
        return Ok((known, "A sync is starting.".to_owned()));
    };
    let mut text = "A sync is running".to_owned();
    if let Some(started) = run.started_at {
        known.sync_started_at = Some(started.to_iso());
        known.duration_minutes = minutes_since(started, now);
        text = format!("A sync has been running for {}", in_words(now.since(started)));
    }
    if let (Some(start), Some(end)) = (run.first_day, run.last_day) {
        known.coverage_dates = Some(Range::new(start, end));
        text.push_str(&format!(", over {start} to {end}"));
    }
    text.push('.');
    Ok((known, text))
}
