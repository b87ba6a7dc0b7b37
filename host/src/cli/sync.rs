//! `fastintercom sync`: one sync, with a line of progress for whoever watches.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use indicatif::HumanDuration;
use serde_json::json;

use super::arguments::SyncOptions;
use super::progress::Shown;
use super::{Failure, terminal};
use crate::application::Application;
use crate::component::bindings::sync_types::{SyncError, SyncErrorKind, SyncKind, SyncReport, SyncRequest};
use crate::syncs::IfBusy;

pub async fn run(application: Arc<Application>, options: SyncOptions) -> Result<ExitCode, Failure> {
    if application.config.replica {
        return Err(Failure::Usage(
            "A replica does not sync: run `fastintercom sync` where the database comes from, without --read-only (FASTINTERCOM_READ_ONLY)."
                .to_owned(),
        ));
    }
    let request = SyncRequest {
        kind: if options.full { SyncKind::Full } else { SyncKind::Incremental },
        days: options.days.or_else(|| {
            (!options.full && options.start_date.is_none()).then_some(application.config.sync_days)
        }),
        start_date: options.start_date,
        end_date: options.end_date,
        unless_newer_than: None,
        refetch: options.refetch,
    };
    let cancelled = super::signals::cancelled_by();
    let shown = Shown::start("sync");
    let run = application.syncs.run(request, IfBusy::Wait, Some(shown.sink()));
    tokio::pin!(run);
    let result = tokio::select! {
        result = &mut run => result,
        () = cancelled.cancelled() => {
            application.syncs.stop().await;
            run.await
        }
    };
    shown.end();
    match result {
        Ok(report) if options.json => {
            terminal::line(&as_json(&report).to_string());
            Ok(ExitCode::SUCCESS)
        }
        Ok(report) => {
            terminal::text(&summary(&report));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => match exit_code(&error) {
            2 => Err(Failure::Usage(error.sentence)),
            _ => Err(Failure::Work(error.sentence)),
        },
    }
}

fn exit_code(error: &SyncError) -> u8 {
    match error.kind {
        SyncErrorKind::InvalidRequest | SyncErrorKind::NoToken => 2,
        _ => 1,
    }
}

fn as_json(report: &SyncReport) -> serde_json::Value {
    json!({
        "success": true,
        "sync_id": report.sync_id,
        "sync_type": report.kind,
        "coverage_start": report.start_date,
        "coverage_end": report.end_date,
        "total_conversations": report.total_conversations,
        "total_messages": report.total_messages,
        "hydrated": report.hydrated,
        "unchanged": report.unchanged,
        "deleted": report.deleted,
        "waiting": report.waiting,
        "api_calls": report.api_calls,
        "rate_limited": report.rate_limited,
        "duration_ms": report.duration_ms,
        "skipped": report.skipped,
        "notes": report.notes,
    })
}

fn summary(report: &SyncReport) -> String {
    if report.skipped {
        return "Nothing to do: the cache is fresh.".to_owned();
    }
    let mut lines = vec![format!(
        "Synced {} to {} in {}: {} conversations with {} messages of these days are cached.",
        report.start_date,
        report.end_date,
        HumanDuration(Duration::from_millis(report.duration_ms)),
        report.total_conversations,
        report.total_messages
    )];
    lines.push(format!(
        "{} threads fetched, {} unchanged, {} deleted, {} requests.",
        report.hydrated, report.unchanged, report.deleted, report.api_calls
    ));
    if report.waiting > 0 {
        lines
            .push(format!("{} threads could not be fetched yet; the next sync tries again.", report.waiting));
    }
    lines.extend(report.notes.iter().map(|note| format!("Note: {note}")));
    lines.join("\n")
}
