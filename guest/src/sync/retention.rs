//! Dropping conversations that are older than what shall be kept.

use super::SyncError;
use super::engine::Engine;
use crate::environment::LogLevel;
use crate::store::sync_windows;
use crate::store::tombstones::{self, Reason};
use crate::store::write_conversation::oldest_before;
use crate::time::UnixSeconds;

/// Conversations removed in one transaction.
const BATCH: u32 = 200;

/// Before this moment nothing is kept; none: everything is.
pub(super) fn horizon(engine: &Engine<'_>, now: UnixSeconds) -> Option<UnixSeconds> {
    engine.outside.settings.retention_days.map(|days| now.day().plus(-i64::from(days)).start())
}

/// Removes what was last changed before the horizon, and takes it out of the coverage first: what
/// is dropped is no longer covered.
pub(super) fn apply(engine: &mut Engine<'_>) -> Result<(), SyncError> {
    let now = engine.server_now();
    let Some(horizon) = horizon(engine, now) else { return Ok(()) };
    engine.write(|transaction| sync_windows::uncover_before(transaction, horizon))?;
    let mut dropped = 0;
    loop {
        engine.check_stop()?;
        let ids = oldest_before(engine.store.connection(), horizon, BATCH)?;
        if ids.is_empty() {
            break;
        }
        dropped += ids.len();
        engine.write(|transaction| {
            for id in &ids {
                tombstones::bury(transaction, id, now, Reason::Retention)?;
            }
            Ok(())
        })?;
    }
    if dropped > 0 {
        engine.log(
            LogLevel::Info,
            &format!("Removed {dropped} conversations not updated since {}", horizon.day()),
        );
    }
    Ok(())
}
