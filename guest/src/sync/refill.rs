//! Conversations of which an earlier version of this program kept less than this one does.
//!
//! They are fetched again, a bounded number a run, the latest changes first, so that a large cache
//! is brought up to date within a day of background syncs without being in the way of what is new.

use super::SyncError;
use super::engine::Engine;
use crate::store::fields;
use crate::store::sync_state::{clear_note, set_note};

/// Fetched again in one run: some ten seconds of what Intercom lets one program ask.
const A_RUN: u32 = 1_000;
const TOPIC: &str = "fields";

pub(super) fn queue(engine: &mut Engine<'_>) -> Result<(), SyncError> {
    engine.write(|transaction| fields::enqueue_unfilled(transaction, A_RUN))?;
    Ok(())
}

/// Tells the user how many are left, or takes back that there were any.
pub(super) fn note(engine: &mut Engine<'_>) -> Result<(), SyncError> {
    let now = engine.now();
    engine.write(|transaction| match fields::unfilled(transaction)? {
        0 => clear_note(transaction, TOPIC),
        left => set_note(transaction, TOPIC, &fields::note(left), now),
    })
}
