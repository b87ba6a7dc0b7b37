//! Conversations of which an earlier version of this program kept less than this one does, and those
//! that somebody wants to be fetched again (`sync --refetch`).
//!
//! They are fetched again, a bounded number a run, the latest changes first, so that a large cache
//! is brought up to date within a day of background syncs without being in the way of what is new.
//! What was kept of Intercom's answers needs no request.

use std::rc::Rc;

use super::SyncError;
use super::engine::Engine;
use super::erased::Presence;
use super::threads::read_thread;
use crate::store::conversations::fields;
use crate::store::conversations::hydration_queue::Queued;
use crate::store::conversations::raw_answers;
use crate::store::conversations::rows::ThreadRows;
use crate::store::conversations::write_conversation;
use crate::store::conversations::write_thread::{ThreadOutcome, store_thread};
use crate::store::people::forget_contacts;
use crate::store::runs::facts::{Fact, clear_fact};
use crate::store::runs::notes::{clear_note, set_note};

/// Fetched again in one run: some ten seconds of what Intercom lets one program ask.
const A_RUN: u32 = 1_000;
/// Read from kept answers in one transaction.
const BATCH: u32 = 100;
const TOPIC: &str = "fields";

/// Has everything fetched again that is cached, however far this run gets.
pub(super) fn mark_all(engine: &mut Engine<'_>) -> Result<(), SyncError> {
    engine.write(|transaction| {
        fields::forget_all(transaction)?;
        // Without where tickets begin, all are listed.
        for listed in [Fact::TicketsFrom, Fact::ArticlesListedAt, Fact::HelpCenterAskedAt] {
            clear_fact(transaction, listed)?;
        }
        forget_contacts(transaction)
    })?;
    note(engine)
}

/// `all`: what is to be fetched again is so in this run, and from Intercom.
pub(super) fn queue(engine: &mut Engine<'_>, all: bool) -> Result<(), SyncError> {
    if all {
        engine.write(|transaction| fields::enqueue_unfilled(transaction, u32::MAX))?;
        return Ok(());
    }
    if engine.settings.keep_raw_answers {
        from_raw_answers(engine)?;
    } else {
        // Whoever takes the setting away wants them gone.
        engine.write(|transaction| raw_answers::forget_all(transaction))?;
    }
    engine.write(|transaction| fields::enqueue_unfilled(transaction, A_RUN))?;
    Ok(())
}

/// Reads what is missing from answers that were kept.
fn from_raw_answers(engine: &mut Engine<'_>) -> Result<(), SyncError> {
    loop {
        engine.fetcher.check_stop()?;
        let now = engine.now();
        let server_now = engine.server_now();
        let erased = Rc::clone(&engine.fetcher.erased);
        let read = engine.write(|transaction| {
            let waiting = raw_answers::unfilled(transaction, BATCH)?;
            for id in &waiting {
                let known = write_conversation::stored(transaction, id)?;
                let rows = raw_answers::read(transaction, id)?
                    .and_then(|answer| serde_json::from_slice(&answer).ok())
                    .zip(known.and_then(|known| known.thread))
                    .and_then(|(answer, as_of)| {
                        let item = Queued { updated_at: as_of, id: id.clone() };
                        let (presence, rows) = read_thread(answer, &item, server_now, &erased).ok()?;
                        // Of whom there are parts to leave out, no answer is kept.
                        (presence == Presence::Nothing).then_some(ThreadRows { as_of, ..rows })
                    });
                let stored = match rows {
                    Some(rows) => {
                        matches!(store_thread(transaction, &rows, now)?, ThreadOutcome::Stored { .. })
                    }
                    None => false,
                };
                if !stored {
                    // It is older than what is known, or damaged: Intercom has to be asked.
                    raw_answers::forget(transaction, id)?;
                }
            }
            Ok(waiting.len())
        })?;
        if read < BATCH as usize {
            return Ok(());
        }
    }
}

/// Tells the user how many are left, or takes back that there were any.
pub(super) fn note(engine: &mut Engine<'_>) -> Result<(), SyncError> {
    let now = engine.now();
    engine.write(|transaction| match fields::unfilled(transaction)? {
        0 => clear_note(transaction, TOPIC),
        left => set_note(transaction, TOPIC, &fields::note(left), now),
    })
}
