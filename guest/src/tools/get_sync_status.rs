//! `get_sync_status`: whether a sync runs now.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::answer::{Answer, in_words, minutes_since};
use super::{Arguments, Context, Outcome, Tool, freshness, incomplete, schema};
use crate::error::StoreResult;
use crate::store::runs;
use crate::time::UnixSeconds;

pub const TOOL: Tool = Tool {
    name: "get_sync_status",
    title: "Is a sync running?",
    description: "Whether a sync with Intercom runs now, since when and for which days; else when the last one completed and, if the newest failed, why.",
    input: schema::no_arguments,
    output,
    boolean: Some("is_syncing"),
    syncs: false,
    limits: None,
    drawn: false,
    call,
};

fn output() -> Value {
    schema::answer(
        json!({
            "is_syncing": schema::boolean(""),
            "last_error": schema::text("Why the newest sync failed."),
            "incomplete": schema::text("What is still to be read, and why.")
        }),
        &["is_syncing"],
    )
}

fn call(context: &mut Context<'_>, _: &Arguments) -> Outcome {
    let around = context.surroundings();
    let now = around.now;
    // A crash leaves its row marked as running, so only the host's lock tells whether one is.
    let is_syncing = context.sync.is_syncing();
    context.reading(|connection| {
        let mut answer = Answer::new();
        let mut text = describe(&mut answer, connection, is_syncing, now)?;
        freshness::add_age(&mut answer, connection, now)?;
        if !is_syncing && let Some(failure) = runs::latest_failure(connection)? {
            let error = failure.error.unwrap_or_else(|| "unknown".to_owned());
            text.push_str(&format!(" The newest sync failed: {error}"));
            answer.set("last_error", error);
        }
        if let Some(sentence) = incomplete::add(&mut answer, around, connection, is_syncing)? {
            text = format!("{text} {sentence}");
        }
        Ok(answer.with_text(text))
    })
}

/// Sets `is_syncing` and what is known of the running sync; returns a sentence.
pub fn describe(
    answer: &mut Answer,
    connection: &Connection,
    is_syncing: bool,
    now: UnixSeconds,
) -> StoreResult<String> {
    answer.set("is_syncing", is_syncing);
    if !is_syncing {
        return Ok("No sync is running.".to_owned());
    }
    let Some(run) = runs::marked_running(connection)? else {
        return Ok("A sync is starting.".to_owned());
    };
    let mut text = "A sync is running".to_owned();
    if let Some(started) = run.started_at {
        answer.set("sync_started_at", started.to_iso());
        answer.set_some("duration_minutes", minutes_since(started, now));
        text = format!("A sync has been running for {}", in_words(now.since(started)));
    }
    if let (Some(start), Some(end)) = (run.first_day, run.last_day) {
        answer.set("coverage_dates", json!({"start": start.to_string(), "end": end.to_string()}));
        text.push_str(&format!(", over {start} to {end}"));
    }
    text.push('.');
    Ok(text)
}
