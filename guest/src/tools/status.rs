//! The state of the cache, for `fastintercom status` and the resource `intercom://status`.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::answer::{Answer, ToolOutput, counted, in_words};
use super::content::Content;
use super::freshness::{Freshness, Reach};
use super::get_data_info::megabytes;
use super::{Context, Surroundings, freshness, get_sync_status, incomplete};
use crate::error::StoreResult;
use crate::store::conversations::raw_answers;
use crate::store::conversations::totals::{database_bytes, incomplete_since, totals};
use crate::store::runs::coverage::Coverage;
use crate::store::runs::facts::{self, Fact, fact};
use crate::store::runs::notes::notes;
use crate::store::workspace::workspace;
use crate::store::{runs, tickets};

/// The latest notes are shown, so many at most.
const MOST_NOTES: usize = 5;

/// The state as a JSON object, and in a few lines for a person.
///
/// # Errors
/// When the database cannot be read.
pub fn status(context: &mut Context<'_>) -> StoreResult<(String, String)> {
    let is_syncing = context.sync.is_syncing();
    let around = context.surroundings();
    context.store.read(|transaction| {
        super::know_names(transaction, around.settings)?;
        let (answer, lines) = describe(around, transaction, is_syncing)?;
        Ok(redacted(&answer, lines, around))
    })
}

/// The same for the command line, with what all syncs of this database did together.
///
/// # Errors
/// When the database cannot be read.
pub fn status_and_activity(context: &mut Context<'_>) -> StoreResult<(String, String)> {
    let is_syncing = context.sync.is_syncing();
    let around = context.surroundings();
    context.store.read(|transaction| {
        super::know_names(transaction, around.settings)?;
        let (mut answer, lines) = describe(around, transaction, is_syncing)?;
        let traffic = facts::traffic(transaction)?;
        let (completed, failed) = runs::counts(transaction)?;
        answer["activity"] = json!({
            "syncs_completed": completed,
            "syncs_failed": failed,
            "requests_sent": traffic.requests,
            "rate_limited": traffic.rate_limited,
        });
        Ok(redacted(&answer, lines, around))
    })
}

/// Where the time of the running or the last sync went, and a line about it.
fn sync_times(answer: &mut Answer, connection: &Connection, is_syncing: bool) -> StoreResult<Option<String>> {
    let Some(times) = facts::run_times(connection)? else { return Ok(None) };
    let seconds = |ms: u64| i64::try_from(ms / 1000).unwrap_or(i64::MAX);
    let [limit, network, own] = [times.limit_ms, times.network_ms, times.own_ms].map(seconds);
    answer.set("sync_times", json!({"limit_seconds": limit, "network_seconds": network, "own_seconds": own}));
    let which = if is_syncing { "so far" } else { "last" };
    Ok(Some(format!(
        "Time of the sync ({which}): {} waiting for the rate limit, {} for Intercom's answers, {} of its own work",
        in_words(limit),
        in_words(network),
        in_words(own)
    )))
}

/// The sentences quote what stopped a sync.
fn redacted(answer: &Value, text: String, around: Surroundings<'_>) -> (String, String) {
    let output = ToolOutput { structured: answer.to_string(), text }.redacted(&around.settings.redactions);
    (output.structured, output.text)
}

/// The state of cache and sync. `is_syncing` is asked before the transaction begins, since the
/// host answers it.
fn describe(
    around: Surroundings<'_>,
    connection: &Connection,
    is_syncing: bool,
) -> StoreResult<(Value, String)> {
    let Surroundings { settings, now } = around;
    let totals = totals(connection)?;
    let bytes = database_bytes(connection)?;
    let coverage = Coverage::load(connection, now)?;
    let zone = super::zone(settings, connection)?;
    let reach = Reach { start: coverage.newest().map(|span| span.low), end: None };
    let freshness = Freshness::of(connection, settings, now, reach)?;
    let content = Content::new(&settings.redactions);
    let mut answer = Answer::new();
    let mut lines = Vec::new();
    answer.set("status", if totals.conversations > 0 { "ready" } else { "empty" });
    answer.set("total_conversations", totals.conversations).set("total_messages", totals.messages);
    answer.set("database_size_mb", megabytes(bytes));
    lines.push(format!(
        "Cache: {}, {}, {} MB",
        counted(totals.conversations, "conversation"),
        counted(totals.messages, "message"),
        megabytes(bytes)
    ));
    let raw = raw_answers::bytes(connection)?;
    if raw > 0 {
        answer.set("raw_answers_mb", megabytes(raw));
        lines.push(format!(
            "Answers kept as they came (keep_raw_answers): {} MB, {} % of the database",
            megabytes(raw),
            raw * 100 / bytes.max(1)
        ));
    }
    let tickets_at = super::search_tickets::as_of(connection)?;
    if let Some(at) = &tickets_at {
        let count = tickets::count(connection)?;
        answer.set("tickets", count).set("tickets_as_of", at.as_str());
        if count > 0 {
            let from =
                fact(connection, Fact::TicketsFrom)?.map(|from| format!(", changed since {}", from.day()));
            lines.push(format!("Tickets: {count}{}", from.unwrap_or_default()));
        }
    }
    if let Some(held) = coverage.held(connection, now)? {
        freshness::add_coverage(&mut answer, held);
        let oldest = if held.everything { "; no conversation is older" } else { "" };
        lines.push(format!("Coverage: {held} (days in UTC{oldest})"));
    }
    freshness::add_age(&mut answer, connection, now)?;
    match freshness.last_sync {
        Some(at) => lines.push(format!("Last sync: {} ago ({at})", in_words(now.since(at)))),
        None => lines.push("Last sync: none yet".to_owned()),
    }
    let mut sync = get_sync_status::describe(&mut answer, connection, is_syncing, now)?;
    if is_syncing && let Some(end) = fact(connection, Fact::ExpectedEndAt)? {
        let left = end.since(now).max(0);
        answer.set("sync_seconds_left", left);
        sync.push_str(&format!(" About {} left.", in_words(left)));
    }
    lines.push(format!("Sync: {sync}"));
    lines.extend(sync_times(&mut answer, connection, is_syncing)?);
    if let Some(failure) = runs::latest_failure(connection)?.and_then(|run| run.error) {
        let failure = content.text(&failure);
        lines.push(format!("Newest sync failed: {failure}"));
        answer.set("last_error", failure);
    }
    let waiting = incomplete_since(connection, None)?;
    if waiting > 0 {
        answer.set("threads_waiting", waiting);
    }
    lines.extend(incomplete::add(&mut answer, around, connection, is_syncing)?);
    answer.set("sync_interval_minutes", settings.sync_interval_minutes);
    answer.set("token_present", settings.token_present);
    answer.set_true("replica", settings.replica);
    if settings.replica {
        lines.push("Replica: a read-only copy of the primary's database, which syncs it".to_owned());
    } else if !settings.token_present {
        lines.push("Access token: none, so nothing is synced (set INTERCOM_ACCESS_TOKEN)".to_owned());
    }
    if let Some(workspace) = workspace(connection)? {
        let name = content.line(workspace.name.as_deref().unwrap_or(workspace.id.as_str()));
        let region = workspace.region.map(|region| format!(" ({region})")).unwrap_or_default();
        lines.push(format!("Workspace: {name}{region}"));
        answer.set("workspace", name);
    }
    answer.set("timezone", zone.name());
    lines.push(format!("Time zone of days in answers: {}", zone.name()));
    let notes: Vec<String> =
        notes(connection)?.iter().take(MOST_NOTES).map(|note| content.text(note)).collect();
    lines.extend(notes.iter().map(|note| format!("Note: {note}")));
    answer.set_some("notes", Some(json!(notes)));
    answer.set("sync_info", freshness.to_json());
    lines.push(freshness.message);
    Ok((answer.into_value(), lines.join("\n")))
}
