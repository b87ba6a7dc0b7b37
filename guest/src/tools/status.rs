//! The state of the cache, for `fastintercom status` and the resource `intercom://status`.

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::answer::{ToolOutput, counted, finished, in_words, listed, when};
use super::content::Content;
use super::freshness::{self, Age, Covered, Reach, SyncInfo};
use super::get_data_info::megabytes;
use super::get_sync_status::{self, Running};
use super::incomplete::incomplete;
use super::zone::Zone;
use super::{Context, Reader, Surroundings, schema};
use crate::error::StoreResult;
use crate::store::conversations::raw_answers;
use crate::store::conversations::totals::{database_bytes, incomplete_since, totals};
use crate::store::runs::coverage::Coverage;
use crate::store::runs::facts::{self, Fact, fact};
use crate::store::workspace::workspace;
use crate::store::{runs, tickets};

#[skip_serializing_none]
#[derive(Serialize, JsonSchema)]
pub(super) struct Status {
    status: CacheState,
    total_conversations: u64,
    total_messages: u64,
    #[schemars(skip)]
    database_size_mb: f64,
    #[schemars(skip)]
    raw_answers_mb: Option<f64>,
    #[schemars(skip)]
    tickets: Option<u64>,
    #[schemars(skip)]
    tickets_as_of: Option<String>,
    #[serde(flatten)]
    #[schemars(skip)]
    covered: Covered,
    #[serde(flatten)]
    #[schemars(skip)]
    age: Age,
    #[serde(flatten)]
    running: Running,
    #[schemars(skip)]
    sync_seconds_left: Option<i64>,
    #[schemars(skip)]
    sync_times: Option<SyncTimes>,
    #[schemars(skip)]
    interrupted: Option<bool>,
    #[schemars(skip)]
    last_error: Option<String>,
    #[schemars(skip)]
    threads_waiting: Option<u64>,
    #[schemars(skip)]
    incomplete: Option<String>,
    #[schemars(skip)]
    sync_interval_minutes: u32,
    #[schemars(skip)]
    token_present: bool,
    #[schemars(skip)]
    replica: Option<bool>,
    #[schemars(skip)]
    workspace: Option<String>,
    #[schemars(skip)]
    timezone: String,
    #[schemars(skip)]
    notes: Option<Vec<String>>,
    #[schemars(with = "schema::Object")]
    sync_info: SyncInfo,
    #[schemars(skip)]
    activity: Option<Activity>,
}

/// Whether there is any conversation.
#[derive(Serialize, JsonSchema)]
#[schemars(description = "")]
#[serde(rename_all = "snake_case")]
enum CacheState {
    Ready,
    Empty,
}

/// Where the time of a sync went.
#[derive(Serialize)]
struct SyncTimes {
    limit_seconds: i64,
    network_seconds: i64,
    own_seconds: i64,
}

/// What all syncs of this database did together.
#[derive(Serialize)]
struct Activity {
    syncs_completed: i64,
    syncs_failed: i64,
    requests_sent: u64,
    rate_limited: u64,
}

/// The state as a JSON object, and in a few lines for a person.
///
/// # Errors
/// When the database cannot be read.
pub fn status(context: &mut Context<'_>) -> StoreResult<(String, String)> {
    told(context, |_| Ok(None))
}

/// The same for the command line, with what all syncs of this database did together.
///
/// # Errors
/// When the database cannot be read.
pub fn status_and_activity(context: &mut Context<'_>) -> StoreResult<(String, String)> {
    context.reader = Reader::Person;
    told(context, |connection| {
        let traffic = facts::traffic(connection)?;
        let (syncs_completed, syncs_failed) = runs::counts(connection)?;
        Ok(Some(Activity {
            syncs_completed,
            syncs_failed,
            requests_sent: traffic.requests,
            rate_limited: traffic.rate_limited,
        }))
    })
}

fn told(
    context: &mut Context<'_>,
    activity: fn(&Connection) -> StoreResult<Option<Activity>>,
) -> StoreResult<(String, String)> {
    let is_syncing = context.sync.is_syncing();
    let around = context.surroundings();
    context.store.read(|transaction| {
        super::know_names(transaction, around.settings)?;
        let (mut status, lines) = describe(around, transaction, is_syncing)?;
        status.activity = activity(transaction)?;
        // The sentences quote what stopped a sync.
        let output: ToolOutput = finished(&status, lines).redacted(&around.settings.redactions);
        Ok((output.structured, output.text))
    })
}

/// Where the time of the running or the last sync went, and a line about it.
fn sync_times(connection: &Connection, is_syncing: bool) -> StoreResult<Option<(SyncTimes, String)>> {
    let Some(times) = facts::run_times(connection)? else { return Ok(None) };
    let seconds = |ms: u64| i64::try_from(ms / 1000).unwrap_or(i64::MAX);
    let [limit_seconds, network_seconds, own_seconds] =
        [times.limit_ms, times.network_ms, times.own_ms].map(seconds);
    let which = if is_syncing { "so far" } else { "last" };
    let line = format!(
        "Time of the sync ({which}): {} waiting for the rate limit, {} for Intercom's answers, {} of its own work",
        in_words(limit_seconds),
        in_words(network_seconds),
        in_words(own_seconds)
    );
    Ok(Some((SyncTimes { limit_seconds, network_seconds, own_seconds }, line)))
}

/// The state of cache and sync. `is_syncing` is asked before the transaction begins, since the
/// host answers it.
fn describe(
    around: Surroundings<'_>,
    connection: &Connection,
    is_syncing: bool,
) -> StoreResult<(Status, String)> {
    let Surroundings { settings, now, .. } = around;
    let totals = totals(connection)?;
    let bytes = database_bytes(connection)?;
    let coverage = Coverage::load(connection, now)?;
    let zone = super::zone(settings, connection)?;
    let reach = Reach { start: coverage.newest().map(|span| span.low), end: None };
    let freshness = freshness::of(around, connection, reach)?;
    let content = Content::new(&settings.redactions);
    let mut lines = vec![format!(
        "Cache: {}, {}, {} MB",
        counted(totals.conversations, "conversation"),
        counted(totals.messages, "message"),
        megabytes(bytes)
    )];
    let raw = Some(raw_answers::bytes(connection)?).filter(|raw| *raw > 0);
    lines.extend(raw.map(|raw| {
        format!(
            "Answers kept as they came (keep_raw_answers): {} MB, {} % of the database",
            megabytes(raw),
            raw * 100 / bytes.max(1)
        )
    }));
    let tickets_as_of = super::search_tickets::as_of(connection)?;
    let tickets = tickets_as_of.as_ref().map(|_| tickets::count(connection)).transpose()?;
    if let Some(count) = tickets.filter(|count| *count > 0) {
        let from = fact(connection, Fact::TicketsFrom)?.map(|from| format!(", changed since {}", from.day()));
        lines.push(format!("Tickets: {count}{}", from.unwrap_or_default()));
    }
    let held = coverage.held(connection, now)?;
    if let Some(held) = &held {
        let oldest = if held.everything { "; no conversation is older" } else { "" };
        lines.push(format!("Coverage: {held} (days in UTC{oldest})"));
    }
    match freshness.last_sync {
        Some(at) => lines.push(format!("Last sync: {} ago ({at})", in_words(now.since(at)))),
        None => lines.push("Last sync: none yet".to_owned()),
    }
    let (running, mut sync) = get_sync_status::running(connection, is_syncing, now)?;
    let end = if is_syncing { fact(connection, Fact::ExpectedEndAt)? } else { None };
    let sync_seconds_left = end.map(|end| end.since(now).max(0));
    if let Some(left) = sync_seconds_left {
        sync.push_str(&format!(" About {} left.", in_words(left)));
    }
    lines.push(format!("Sync: {sync}"));
    let (sync_times, line) = sync_times(connection, is_syncing)?.unzip();
    lines.extend(line);
    let interrupted = runs::interrupted(connection, is_syncing)?;
    let last_error = if interrupted {
        lines.push("Newest sync: interrupted; the next one continues where it stopped".to_owned());
        None
    } else {
        runs::latest_failure(connection)?.and_then(|run| run.error)
    };
    let last_error = last_error.map(|failure| content.text(&failure));
    lines.extend(last_error.as_ref().map(|failure| format!("Newest sync failed: {failure}")));
    let waiting = incomplete_since(connection, None)?;
    let incomplete = incomplete(around, connection, is_syncing)?;
    lines.extend(incomplete.clone());
    if settings.replica {
        lines.push("Replica: a read-only copy of the primary's database, which syncs it".to_owned());
    } else if !settings.token_present {
        lines.push("Access token: none, so nothing is synced (set INTERCOM_ACCESS_TOKEN)".to_owned());
    }
    let workspace = workspace(connection)?.map(|workspace| {
        let name = content.line(workspace.name.as_deref().unwrap_or(workspace.id.as_str()));
        let region = workspace.region.map(|region| format!(" ({region})")).unwrap_or_default();
        lines.push(format!("Workspace: {name}{region}"));
        name
    });
    lines.push(format!("Time zone of days in answers: {}", zone.name()));
    let mut notes: Vec<String> =
        get_sync_status::notes(connection)?.iter().flatten().map(|note| content.text(note)).collect();
    if let Some(name) = settings.timezone.as_deref().filter(|name| !Zone::is_known(name)) {
        notes.push(format!(
            "The setting `timezone` is \"{name}\", which is no time zone; write a name such as Europe/Berlin. Days are those of {}.",
            zone.name()
        ));
    }
    lines.extend(notes.iter().map(|note| format!("Note: {note}")));
    let sync_info = freshness.to_info();
    lines.push(freshness.message);
    let status = Status {
        status: if totals.conversations > 0 { CacheState::Ready } else { CacheState::Empty },
        total_conversations: totals.conversations,
        total_messages: totals.messages,
        database_size_mb: megabytes(bytes),
        raw_answers_mb: raw.map(megabytes),
        tickets,
        tickets_as_of,
        covered: held.map(Covered::from).unwrap_or_default(),
        age: freshness::age(connection, now)?,
        running,
        sync_seconds_left,
        sync_times,
        interrupted: when(interrupted),
        last_error,
        threads_waiting: (waiting > 0).then_some(waiting),
        incomplete,
        sync_interval_minutes: settings.sync_interval_minutes,
        token_present: settings.token_present,
        replica: when(settings.replica),
        workspace,
        timezone: zone.name().to_owned(),
        notes: listed(notes),
        sync_info,
        activity: None,
    };
    Ok((status, lines.join("\n")))
}
