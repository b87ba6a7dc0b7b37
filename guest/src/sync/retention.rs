//! Dropping conversations that are older than what shall be kept.

use super::SyncError;
use super::engine::Engine;
use crate::environment::{LogLevel, Settings};
use crate::store::conversations::tombstones::{self, Reason};
use crate::store::conversations::write_conversation::oldest_before;
use crate::store::people::forget_strangers;
use crate::store::runs::{coverage, windows};
use crate::time::UnixSeconds;

/// Conversations removed in one transaction.
const BATCH: u32 = 200;

/// Before this moment nothing is kept; none: everything is.
pub(super) fn horizon(settings: &Settings, now: UnixSeconds) -> Option<UnixSeconds> {
    settings.retention_days.map(|days| now.day().plus(-i64::from(days)).start())
}

/// Removes what was last changed before the horizon, and takes it out of the coverage first: what
/// is dropped is no longer covered. A run does this before it reads, so that a run that fails
/// later has kept the promise, too; and with Intercom's clock, since ours may be years ahead.
pub(super) fn apply(engine: &mut Engine<'_>, bound: UnixSeconds) -> Result<(), SyncError> {
    let Some(horizon) = horizon(engine.settings, bound) else { return Ok(()) };
    engine.write(|transaction| {
        coverage::uncover_before(transaction, horizon)?;
        // A half-read window would cover, at its end, all that it is about.
        windows::remove_windows_before(transaction, horizon)
    })?;
    let mut dropped = 0;
    loop {
        engine.fetcher.check_stop()?;
        let ids = oldest_before(engine.connection(), horizon, BATCH)?;
        if ids.is_empty() {
            break;
        }
        dropped += ids.len();
        engine.write(|transaction| {
            for id in &ids {
                tombstones::bury(transaction, id, bound, Reason::Retention)?;
            }
            Ok(())
        })?;
    }
    if dropped > 0 {
        engine.write(|transaction| forget_strangers(transaction))?;
        engine.log(
            LogLevel::Info,
            &format!("Removed {dropped} conversations not updated since {}", horizon.day()),
        );
    }
    Ok(())
}
