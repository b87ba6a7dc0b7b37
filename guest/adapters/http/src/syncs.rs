//! Syncs, and the files that readers read.

use serde_json::json;

use crate::bindings::fastintercom::adapter::orders::{self, LogLevel};
use crate::bindings::fastintercom::adapter::writer;
use crate::bindings::fastintercom::component::sync_types::{SyncReport, SyncRequest};
use crate::bindings::fastintercom::component::{maintenance, sync};

/// Why a sync brought nothing.
pub enum Failure {
    /// Another one holds the lease.
    Busy,
    /// A sentence.
    Failed(String),
}

/// Readers need a file before the first answer, if only an empty one.
pub fn make_first_file() -> Result<(), Failure> {
    if writer::is_published() {
        return Ok(());
    }
    if !writer::begin().map_err(Failure::Failed)? {
        return Err(Failure::Busy);
    }
    let made = maintenance::prepare().and_then(|_| publish());
    writer::end();
    made.map_err(Failure::Failed)
}

/// Runs a sync under the lease; what it brought is a JSON object. What is new is published when it
/// is time, or at once.
pub fn run(request: &SyncRequest, at_once: bool) -> Result<String, Failure> {
    if !writer::begin().map_err(Failure::Failed)? {
        return Err(Failure::Busy);
    }
    let _ = sync::close_abandoned("the server was ended during this run");
    let ran = sync::run(request);
    let wait = writer::due_in();
    let published = match wait {
        Some(wait) if wait == 0 || at_once => publish(),
        // The next sync publishes it, too.
        Some(_) | None => Ok(()),
    };
    writer::end();
    if let Err(sentence) = &published {
        orders::log(LogLevel::Warn, sentence);
    }
    match ran {
        Ok(report) => {
            let told = tell(&report);
            orders::log(LogLevel::Info, &format!("sync: {told}"));
            Ok(told)
        }
        Err(error) => {
            orders::log(LogLevel::Warn, &format!("sync: {}", error.sentence));
            Err(Failure::Failed(error.sentence))
        }
    }
}

fn publish() -> Result<(), String> {
    while !writer::publish_step()? {}
    Ok(())
}

fn tell(report: &SyncReport) -> String {
    json!({
        "sync_id": report.sync_id,
        "start_date": report.start_date,
        "end_date": report.end_date,
        "total_conversations": report.total_conversations,
        "total_messages": report.total_messages,
        "threads_fetched": report.hydrated,
        "waiting": report.waiting,
        "requests": report.api_calls,
        "milliseconds": report.duration_ms,
        "skipped": report.skipped,
        "notes": report.notes,
    })
    .to_string()
}
