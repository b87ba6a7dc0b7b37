//! The timer: a background sync at start and at every interval.
//!
//! Due times follow the wall clock, so that a laptop that slept syncs when it wakes, and ticks
//! that were missed do not pile up.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use crate::component::bindings::sync_types::{SyncError, SyncErrorKind, SyncKind, SyncRequest};
use crate::syncs::{IfBusy, Syncs};

/// How often the wall clock is looked at; a wake-up costs nothing measurable.
const LOOK: Duration = Duration::from_secs(15);
/// A start within this time of another server's sync leaves it at that.
const FRESH_AT_START: Duration = Duration::from_secs(60);

/// Runs until it is cancelled.
pub async fn run(syncs: Arc<Syncs>, interval: Duration, token_present: bool, cancelled: CancellationToken) {
    match interval.as_secs() {
        seconds if seconds % 60 == 0 => {
            tracing::info!("background sync started, every {} minutes", seconds / 60)
        }
        seconds => tracing::info!("background sync started, every {seconds} seconds"),
    }
    if !token_present {
        tracing::warn!(
            "no access token: answers come from what is cached. Set INTERCOM_ACCESS_TOKEN or INTERCOM_ACCESS_TOKEN_FILE to sync."
        );
        cancelled.cancelled().await;
        tracing::info!("background sync stopped");
        return;
    }
    // Two servers on one database share the work: what the other one read less than half an
    // interval ago is fresh.
    let mut fresh = FRESH_AT_START.min(interval / 2);
    loop {
        let due = SystemTime::now() + interval;
        let request = SyncRequest {
            kind: SyncKind::Background,
            start_date: None,
            end_date: None,
            days: None,
            unless_newer_than: u32::try_from(fresh.as_secs()).ok(),
            refetch: false,
        };
        tokio::select! {
            result = syncs.run(request, IfBusy::Leave, None) => report(result.err()),
            () = cancelled.cancelled() => {}
        }
        if !sleep_until(due, interval, &cancelled).await {
            tracing::info!("background sync stopped");
            return;
        }
        fresh = interval / 2;
    }
}

/// The component logs its own failures; these end before it runs, or without it.
fn report(error: Option<SyncError>) {
    match error {
        Some(SyncError { kind: SyncErrorKind::Busy, sentence }) => tracing::debug!("{sentence}"),
        Some(SyncError { kind: SyncErrorKind::Storage, sentence }) => {
            tracing::error!("sync failed: {sentence} It is tried again at the next tick.");
        }
        _ => {}
    }
}

/// `false` when cancelled. A clock that was set back does not make the wait longer than the
/// interval.
async fn sleep_until(due: SystemTime, interval: Duration, cancelled: &CancellationToken) -> bool {
    loop {
        let left = due.duration_since(SystemTime::now()).unwrap_or(Duration::ZERO).min(interval);
        if left.is_zero() {
            return true;
        }
        tokio::select! {
            () = tokio::time::sleep(left.min(LOOK)) => {}
            () = cancelled.cancelled() => return false,
        }
    }
}
