//! `force_sync`: sync now, and wait for it as long as a client waits.

use serde_json::{Value, json};

use super::answer::{Answer, ago, counted};
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
    output,
    boolean: Some("success"),
    syncs: true,
    limits: None,
    drawn: false,
    call,
};

fn output() -> Value {
    schema::answer(
        json!({
            "success": schema::boolean(""),
            "message": schema::text(""),
            "is_syncing": schema::boolean("True: the sync goes on; ask get_sync_status later."),
            "total_conversations": schema::integer("In the cache, of coverage_start to coverage_end."),
            "threads_waiting": schema::integer("Left to the next sync."),
            "skipped": schema::boolean("Nothing was read: the cache was fresh."),
            "notes": schema::texts("What could not be read.")
        }),
        &["success"],
    )
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
        SyncOutcome::Finished(report) => Ok(finished(&report)),
        SyncOutcome::Failed(error) => Err(Failure::Refused(format!("Sync failed: {error}"))),
        SyncOutcome::StillRunning => {
            let message = "The sync goes on in the background; call get_sync_status to see when it is done. What was read so far is searchable already.";
            let mut answer = Answer::new();
            answer.set("success", true).set("message", message).set("is_syncing", true);
            Ok(answer.with_text(message))
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

fn finished(report: &SyncReport) -> super::ToolOutput {
    let mut answer = Answer::new();
    let message =
        if report.skipped { "The cache is fresh; nothing was read" } else { "Sync completed successfully" };
    answer.set("success", true).set("message", message);
    answer.set_some("sync_type", Some(report.kind.clone()));
    answer.set_some("coverage_start", Some(report.start_date.clone()));
    answer.set_some("coverage_end", Some(report.end_date.clone()));
    answer
        .set("total_conversations", report.total_conversations)
        .set("total_messages", report.total_messages);
    answer.set_true("skipped", report.skipped);
    if !report.skipped {
        answer.set("threads_fetched", report.hydrated).set("unchanged", report.unchanged);
        answer.set_some("deleted", (report.deleted > 0).then_some(report.deleted));
        answer.set("api_calls", report.api_calls);
        answer.set("duration_seconds", report.duration_ms.div_ceil(100) as f64 / 10.0);
    }
    answer.set_some("threads_waiting", (report.waiting > 0).then_some(report.waiting));
    answer.set_some("notes", Some(report.notes.clone()));
    let text = format!(
        "{message}: {} and {} in the cache for {} to {}.",
        counted(i64::try_from(report.total_conversations).unwrap_or(i64::MAX), "conversation"),
        counted(i64::try_from(report.total_messages).unwrap_or(i64::MAX), "message"),
        report.start_date,
        report.end_date
    );
    answer.with_text(text)
}
