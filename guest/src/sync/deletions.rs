//! Conversations that were deleted in Intercom, from the list that API 2.16 has.
//!
//! Older versions show a deletion only as a 404 when the thread is fetched, and as a row that is
//! missing from a window that is read again.

use std::rc::Rc;

use super::SyncError;
use super::engine::Engine;
use crate::environment::LogLevel;
use crate::intercom::page::DeletedPage;
use crate::store::conversations::tombstones::{self, Reason};
use crate::store::runs::facts::{Fact, fact, set_fact};
use crate::store::runs::notes::clear_note;

/// A bound for lists that never end: 60 a page.
const MOST_PAGES: u32 = 2000;

/// Buries what was deleted since the last run. The very first run begins with what it lists, so
/// it only remembers from when on to look.
pub(super) fn apply(engine: &mut Engine<'_>) -> Result<(), SyncError> {
    if !engine.fetcher.api.lists_deleted() {
        return Ok(());
    }
    let now = engine.server_now();
    let overlap = i64::from(engine.settings.overlap_seconds);
    let Some(up_to) = fact(engine.connection(), Fact::DeletedUpTo)? else {
        return engine.write(|transaction| set_fact(transaction, Fact::DeletedUpTo, now));
    };
    engine.begin("looking for deletions");
    let since = up_to.plus(-overlap);
    for page in 1..=MOST_PAGES {
        let request = engine.fetcher.api.deleted(page);
        let list = match engine.ask(&request, DeletedPage::read) {
            Ok(list) => list,
            Err(failure) => return engine.degrade("deleted conversations", "Read conversations", failure),
        };
        let done = !list.has_more
            || list.deleted.is_empty()
            || list.deleted.iter().any(|entry| entry.deleted_at.is_some_and(|at| at < since));
        let erased = Rc::clone(&engine.fetcher.erased);
        let buried = engine.write(|transaction| {
            let mut buried = 0;
            // Of those that were erased not even the id is kept.
            for entry in list.deleted.iter().filter(|entry| !erased.bars_conversation(entry.id.as_str())) {
                let deleted_at = entry.deleted_at.unwrap_or(now);
                if deleted_at >= since && !tombstones::is_deleted(transaction, &entry.id)? {
                    buried +=
                        u64::from(tombstones::bury(transaction, &entry.id, deleted_at, Reason::Deleted)?);
                }
            }
            Ok(buried)
        })?;
        engine.writer.tally.deleted += buried;
        if done {
            break;
        }
        if page == MOST_PAGES {
            engine
                .log(LogLevel::Warn, "the list of deleted conversations does not end; its rest is left out");
        }
    }
    engine.write(|transaction| {
        set_fact(transaction, Fact::DeletedUpTo, now)?;
        clear_note(transaction, "deleted conversations")
    })
}
