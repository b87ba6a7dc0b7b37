//! Syncs, and the files that readers read.

use std::fmt;

use serde_json::json;

use crate::bindings::fastintercom::adapter::orders::{self, LogLevel};
use crate::bindings::fastintercom::adapter::writer;
use crate::bindings::fastintercom::component::sync_types::{SyncError, SyncKind, SyncReport, SyncRequest};
use crate::bindings::fastintercom::component::{maintenance, sync};

/// Why a sync brought nothing.
pub enum Failure {
    /// Another one holds the lease.
    Busy,
    /// The folder cannot be used, in a sentence.
    Failed(String),
    Sync(SyncError),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Busy => "Another process is writing the cache. Ask again in a moment.",
            Self::Failed(sentence) | Self::Sync(SyncError { sentence, .. }) => sentence,
        })
    }
}

/// Readers need a file before the first answer, if only an empty one.
///
/// # Errors
/// When it cannot be made, or another process makes it at the moment.
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

/// A background sync, as the native server's timer runs it. What it brought is a JSON object.
///
/// # Errors
/// Why it brought nothing.
pub fn background() -> Result<String, Failure> {
    // Two timers, or an impatient one, cost no requests.
    let unless_newer_than = orders::interval_seconds().map(|seconds| seconds / 2);
    let request = SyncRequest {
        kind: SyncKind::Background,
        start_date: None,
        end_date: None,
        days: None,
        unless_newer_than,
        refetch: false,
    };
    run(&request, false).map(|report| tell(&report))
}

/// Runs a sync under the lease, and publishes what is new. Without a timer the next chance is the
/// next sync, so what would be due before that is published now; what was asked for is always.
///
/// # Errors
/// Why it brought nothing.
pub fn run(request: &SyncRequest, at_once: bool) -> Result<SyncReport, Failure> {
    if !writer::begin().map_err(Failure::Failed)? {
        return Err(Failure::Busy);
    }
    let _ = sync::close_abandoned("the server was ended during this run");
    let ran = sync::run(request);
    let wait = writer::due_in();
    let published = match wait {
        Some(wait) if at_once || orders::interval_seconds().is_none_or(|interval| wait <= interval) => {
            publish()
        }
        // The next sync publishes it, too.
        Some(_) | None => Ok(()),
    };
    writer::end();
    if let Err(sentence) = &published {
        orders::log(LogLevel::Warn, sentence);
    }
    match ran {
        Ok(report) => {
            orders::log(LogLevel::Info, &format!("sync: {}", tell(&report)));
            Ok(report)
        }
        Err(error) => {
            orders::log(LogLevel::Warn, &format!("sync: {}", error.sentence));
            Err(Failure::Sync(error))
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
