//! `force_sync`: sync now, and wait for it as long as a client waits.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::answer::{ToolOutput, ago, counted, filled, finished, listed, when};
use super::{Arguments, Context, Failure, Outcome, Tool, schema};
use crate::environment::SyncOutcome;
use crate::store::runs;
use crate::sync::{SyncKind, SyncReport, SyncRequest};

/// Clients give up on a tool after 60 seconds by default (TypeScript SDK, Claude Desktop).
pub const WAIT_SECONDS: u32 = 50;

pub const TOOL: Tool = Tool {
    name: "force_sync",
    title: "Sync with Intercom now",
    description: "Fetches what changed in Intercom during the last days into the cache and waits for it, up to about 50 seconds; a longer sync goes on in the background. Not needed before ordinary questions: the cache syncs itself every few minutes.",
    input: schema::no_arguments,
    output: schema::of::<SyncAnswer>(),
    boolean: Some("success"),
    syncs: true,
    limits: None,
    drawn: false,
    call,
};

#[derive(Serialize, JsonSchema)]
struct SyncAnswer {
    success: bool,
    // A call that fails has the boolean and a sentence, so nothing else is promised.
    #[serde(flatten)]
    #[schemars(with = "Option<Done>")]
    done: Done,
}

#[skip_serializing_none]
#[derive(Default, Serialize, JsonSchema)]
#[schemars(description = "")]
struct Done {
    message: &'static str,
    /// True: the sync goes on; ask get_sync_status later.
    is_syncing: Option<bool>,
    #[schemars(skip)]
    sync_type: Option<String>,
    #[schemars(skip)]
    coverage_start: Option<String>,
    #[schemars(skip)]
    coverage_end: Option<String>,
    /// In the cache, of coverage_start to coverage_end.
    total_conversations: Option<u64>,
    #[schemars(skip)]
    total_messages: Option<u64>,
    /// Nothing was read: the cache was fresh.
    skipped: Option<bool>,
    #[serde(flatten)]
    #[schemars(skip)]
    work: Option<Work>,
    /// Left to the next sync.
    threads_waiting: Option<u64>,
    /// What could not be read.
    notes: Option<Vec<String>>,
}

/// What the sync did.
#[skip_serializing_none]
#[derive(Serialize)]
struct Work {
    threads_fetched: u64,
    unchanged: u64,
    deleted: Option<u64>,
    api_calls: u64,
    duration_seconds: f64,
}

fn call(context: &mut Context<'_>, _: &Arguments) -> Outcome {
    let request = SyncRequest {
        kind: SyncKind::Background,
        start_date: None,
        end_date: None,
        days: None,
        unless_newer_than: None,
        refetch: false,
    };
    run(context, request)
}

/// Asks for the sync and answers with what it did. No transaction is open here.
pub fn run(context: &mut Context<'_>, request: SyncRequest) -> Outcome {
    if context.settings.replica {
        return Err(Failure::Refused(refusal_of_a_replica(context)?));
    }
    if !context.settings.token_present {
        return Err(Failure::Refused(
            "Sync failed: there is no access token. Set INTERCOM_ACCESS_TOKEN or INTERCOM_ACCESS_TOKEN_FILE for the server and start it again; the cached data stays readable."
                .to_owned(),
        ));
    }
    match context.sync.request_sync(request, WAIT_SECONDS) {
        SyncOutcome::Finished(report) => Ok(completed(report)),
        SyncOutcome::Failed(error) => Err(Failure::Refused(format!("Sync failed: {error}"))),
        SyncOutcome::StillRunning => {
            let message = "The sync goes on in the background; call get_sync_status to see when it is done. What was read so far is searchable already.";
            let done = Done { message, is_syncing: Some(true), ..Done::default() };
            Ok(finished(&SyncAnswer { success: true, done }, message))
        }
    }
}

/// That a replica does not sync, where its data comes from, and how old it is.
fn refusal_of_a_replica(context: &mut Context<'_>) -> Result<String, Failure> {
    let now = context.clock.now();
    let synced = context.reading(|connection| Ok(runs::latest_read(connection)?))?;
    let age = synced
        .and_then(|run| run.completed_at)
        .map_or_else(|| "had not been synced yet".to_owned(), |at| format!("was synced {}", ago(at, now)));
    Ok(format!(
        "Nothing was synced: these answers come from a copy of the database (a read-only replica), which is not synced itself. What it has now {age}; newer data comes with the next copy."
    ))
}

fn completed(report: SyncReport) -> ToolOutput {
    let message =
        if report.skipped { "The cache is fresh; nothing was read" } else { "Sync completed successfully" };
    let text = format!(
        "{message}: {} and {} in the cache for {} to {}.",
        counted(report.total_conversations, "conversation"),
        counted(report.total_messages, "message"),
        report.start_date,
        report.end_date
    );
    let work = Work {
        threads_fetched: report.hydrated,
        unchanged: report.unchanged,
        deleted: Some(report.deleted).filter(|deleted| *deleted > 0),
        api_calls: report.api_calls,
        duration_seconds: report.duration_ms.div_ceil(100) as f64 / 10.0,
    };
    let done = Done {
        message,
        is_syncing: None,
        sync_type: filled(report.kind),
        coverage_start: filled(report.start_date),
        coverage_end: filled(report.end_date),
        total_conversations: Some(report.total_conversations),
        total_messages: Some(report.total_messages),
        skipped: when(report.skipped),
        work: (!report.skipped).then_some(work),
        threads_waiting: Some(report.waiting).filter(|waiting| *waiting > 0),
        notes: listed(report.notes),
    };
    finished(&SyncAnswer { success: true, done }, text)
}
