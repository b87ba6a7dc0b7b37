//! Reading windows page by page.

use std::rc::Rc;

use serde_json::Value;

use super::SyncError;
use super::erased::{Presence, leave_out};
use super::failure::Failure;
use super::fetch::Fetcher;
use super::page_failures;
use super::retention;
use super::translate;
use super::windows::{Window, Windows, leave};
use super::writer::Writer;
use crate::environment::{HttpRequest, LogLevel};
use crate::error::StoreResult;
use crate::intercom::conversation::Conversation;
use crate::intercom::error::ApiError;
use crate::intercom::page::SearchPage;
use crate::intercom::request::{Cursor, Search};
use crate::store::conversations::hydration_queue::{self, Queued};
use crate::store::conversations::tombstones;
use crate::store::conversations::totals::totals_within;
use crate::store::conversations::write_conversation;
use crate::store::erasure::{self, BlockList};
use crate::store::runs::{coverage, windows};
use crate::time::{Interval, UnixSeconds};

/// Successful pages after which a larger one is tried again.
const PAGES_A_STEP: u32 = 5;
/// A window that brought fewer conversations than it was said to hold is read in halves, down to
/// this many seconds, and so often in a run: were the count wrong everywhere, it would never end.
const SHORTEST_HALF: i64 = 3600;
const MOST_HALVINGS: u32 = 64;

/// What the rows of one page led to.
#[derive(Default)]
struct Stored {
    queued: Vec<Queued>,
    listed: u64,
    unchanged: u64,
}

/// What to ask for the next page of the first window.
pub(super) fn request(
    windows: &mut Windows,
    writer: &mut Writer<'_>,
    fetcher: &Fetcher<'_>,
) -> Option<HttpRequest> {
    let row = &windows.left.front()?.row;
    let cursor = row.cursor.clone().map(Cursor);
    let low = match (&cursor, row.last_seen) {
        (None, Some(seen)) => seen,
        _ => row.stretch.low,
    };
    writer.phase = format!("reading {}", row.last_seen.unwrap_or(row.stretch.low).day());
    let search = Search { low, high: row.stretch.high, per_page: row.per_page, cursor: cursor.as_ref() };
    windows.page_in_flight = true;
    Some(fetcher.api.search(&search))
}

/// Writes a page. Returns the threads that its rows call for.
pub(super) fn arrived(
    windows: &mut Windows,
    writer: &mut Writer<'_>,
    fetcher: &mut Fetcher<'_>,
    answer: Result<Value, ApiError>,
) -> Result<Vec<Queued>, Failure> {
    windows.page_in_flight = false;
    match answer.and_then(SearchPage::read) {
        Ok(page) => {
            let mut arrived = Arrived { windows, writer, fetcher, queued: Vec::new() };
            arrived.read(page)?;
            Ok(arrived.queued)
        }
        Err(error) => page_failures::failed(windows, writer, fetcher, error).map(|()| Vec::new()),
    }
}

/// A page that came, and where it belongs.
struct Arrived<'x, 'a, 'f> {
    windows: &'x mut Windows,
    writer: &'x mut Writer<'a>,
    fetcher: &'x mut Fetcher<'f>,
    queued: Vec<Queued>,
}

impl Arrived<'_, '_, '_> {
    fn read(&mut self, page: SearchPage) -> Result<(), SyncError> {
        let Some(mut window) = self.windows.left.pop_front() else { return Ok(()) };
        self.fetcher.useful += 1;
        self.windows.pages += 1;
        self.windows.doubts = 0;
        window.failures = 0;
        window.halved = 0;
        if page.unreadable > 0 {
            self.writer.log(
                LogLevel::Warn,
                &format!(
                    "a page of conversations held {} entries without an id; they are left out",
                    page.unreadable
                ),
            );
        }
        if let Some(trouble) = window.note(&page) {
            let sentence = format!(
                "Intercom's list of conversations goes in circles: {trouble}. The window was left unfinished instead of looping; the next sync begins it again."
            );
            return self.windows.give_up(self.writer, window, SyncError::Upstream(sentence));
        }
        if page.next.is_none() && !window.whole {
            return self.end_resumed(window, page);
        }
        let missing = missing(&window, &page);
        if missing > 0 {
            return self.read_short(window, page, missing);
        }
        self.store(&mut window, page, true)?;
        if window.row.cursor.is_some() {
            window.good_pages += 1;
            let largest = self.fetcher.pace.largest_page;
            if window.good_pages >= PAGES_A_STEP && window.row.per_page < largest {
                window.good_pages = 0;
                window.row.per_page = (window.row.per_page * 2).min(largest);
            }
            self.windows.left.push_front(window);
        }
        Ok(())
    }

    /// Writes the rows of a page, the queue entries they call for, and how far the window is, in
    /// one transaction. `to_the_end`: the last page ends the window.
    fn store(&mut self, window: &mut Window, page: SearchPage, to_the_end: bool) -> Result<(), SyncError> {
        let now = self.writer.now();
        let sync_id = self.writer.sync_id;
        let stretch = window.row.stretch;
        window.row.cursor = page.next.map(|cursor| cursor.0);
        // What changed within the overlap may not be listed yet.
        let server_now = self.fetcher.server_now();
        let listed_by_now = server_now.plus(-i64::from(self.writer.settings.overlap_seconds));
        let kept_from = retention::horizon(self.writer.settings, server_now);
        let listed = Interval { low: stretch.low, high: stretch.high.min(listed_by_now) };
        let queried = Interval { low: stretch.low.plus(-1), high: stretch.high.plus(1) };
        let missing_from = (window.row.cursor.is_none() && window.from_beginning).then_some(&*window);
        let mut row = window.row.clone();
        let erased = Rc::clone(&self.fetcher.erased);
        let stored = self.writer.write(|transaction| {
            let mut stored = Stored::default();
            for mut conversation in page.conversations {
                // A time that is not there, cannot be read or is still to come says nothing: then
                // the thread is fetched whatever is stored.
                conversation.dated &= conversation.updated_at <= server_now;
                if conversation.dated {
                    if stretch.contains(conversation.updated_at) {
                        row.last_seen = row.last_seen.max(Some(conversation.updated_at));
                    } else if queried.contains(conversation.updated_at) {
                        // The query is a second wider than the window; its neighbour reads this one.
                        continue;
                    }
                    // One from elsewhere has changed since the list was made, or tells another time
                    // than the one it is listed by. No other window need list it.
                } else {
                    conversation.updated_at = conversation.created_at.clamp(stretch.low, stretch.high);
                }
                store_listed(transaction, conversation, &erased, now, kept_from, &mut stored)?;
            }
            if !to_the_end || row.cursor.is_some() {
                windows::save_window(transaction, &row, sync_id)?;
            } else {
                if let Some(window) = missing_from {
                    queue_unseen(transaction, listed, window, &mut stored)?;
                }
                coverage::cover(transaction, stretch)?;
                windows::remove_window(transaction, stretch)?;
            }
            Ok(stored)
        })?;
        window.row = row;
        self.writer.tally.listed += stored.listed;
        self.writer.tally.unchanged += stored.unchanged;
        self.queued.extend(stored.queued);
        Ok(())
    }

    /// The end of a window that an earlier run began: what that one saw, the cache alone knows. If
    /// it has fewer than Intercom counts, the window is read again as a whole, which tells exactly.
    fn end_resumed(&mut self, mut window: Window, page: SearchPage) -> Result<(), SyncError> {
        let stretch = window.row.stretch;
        let counted = page.total_count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
        self.store(&mut window, page, false)?;
        // The query may reach one second further at both ends.
        let cached = totals_within(self.writer.store.connection(), stretch.widened(1))?.conversations;
        if counted > cached {
            self.writer.log(
                LogLevel::Info,
                &format!(
                    "Intercom counts {counted} conversations changed from {} to {}, the cache has {cached}; they are listed again",
                    stretch.low, stretch.high
                ),
            );
            window.row.last_seen = None;
            window.begin();
            leave(self.writer, &window)?;
            self.windows.left.push_front(window);
            return Ok(());
        }
        self.writer.write(|transaction| {
            coverage::cover(transaction, stretch)?;
            windows::remove_window(transaction, stretch)
        })
    }

    /// The list ended before it had shown what it said it holds. What it showed is kept, the window
    /// does not count as read, and its halves are read.
    fn read_short(&mut self, mut window: Window, page: SearchPage, missing: u64) -> Result<(), SyncError> {
        let stretch = window.row.stretch;
        self.store(&mut window, page, false)?;
        window.row.last_seen = None;
        window.begin();
        self.writer.log(
            LogLevel::Warn,
            &format!(
                "Intercom listed {missing} conversations fewer than it counts from {} to {}",
                stretch.low, stretch.high
            ),
        );
        if stretch.high.since(stretch.low) >= 2 * SHORTEST_HALF && self.windows.halvings < MOST_HALVINGS {
            self.windows.halvings += 1;
            return self.windows.halve(self.writer, window, stretch.low);
        }
        self.windows.short.missing += missing;
        leave(self.writer, &window)
    }
}

/// How many conversations the last page of a whole pass leaves missing. What changes meanwhile
/// leaves the window and its count, so fewer are fine.
fn missing(window: &Window, page: &SearchPage) -> u64 {
    if page.next.is_some() || !window.whole {
        return 0;
    }
    let counted = page.total_count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
    // Entries without an id are counted, and as lost as those that are not listed.
    counted.saturating_sub(window.seen())
}

/// Writes one row of a list, unless what is stored is as new, and queues its thread.
fn store_listed(
    connection: &rusqlite::Connection,
    mut conversation: Conversation,
    erased: &BlockList,
    now: UnixSeconds,
    kept_from: Option<UnixSeconds>,
    stored: &mut Stored,
) -> StoreResult<()> {
    let updated_at = conversation.updated_at;
    if tombstones::is_buried(connection, &conversation.id, updated_at, kept_from)? {
        return Ok(());
    }
    stored.listed += 1;
    let known = write_conversation::stored(connection, &conversation.id)?;
    if leave_out(&mut conversation, erased) == Presence::Whole {
        if known.is_some() || !erased.bars_conversation(conversation.id.as_str()) {
            erasure::remove_conversation(connection, &conversation.id, now)?;
        }
        return Ok(());
    }
    if conversation.dated
        && known.is_some_and(|known| known.thread.is_some_and(|thread| thread >= updated_at))
    {
        stored.unchanged += 1;
        return Ok(());
    }
    if known.is_none_or(|known| known.updated_at < updated_at) {
        write_conversation::upsert(connection, &translate::conversation(&mut conversation), now)?;
        write_conversation::mark_incomplete(connection, &conversation.id)?;
        if known.is_none() {
            tombstones::unbury(connection, &conversation.id)?;
        }
    }
    let item = Queued { updated_at, id: conversation.id };
    if hydration_queue::enqueue(connection, &item)? {
        stored.queued.push(item);
    }
    Ok(())
}

/// Queues what is cached in the window and was not listed in it: its fetch tells whether it is
/// gone, or what became of it.
fn queue_unseen(
    connection: &rusqlite::Connection,
    stretch: Interval,
    window: &Window,
    stored: &mut Stored,
) -> StoreResult<()> {
    for (id, updated_at) in write_conversation::updated_within(connection, stretch.low, stretch.high)? {
        if !window.has_seen(id.as_str()) {
            let item = Queued { updated_at, id };
            if hydration_queue::enqueue(connection, &item)? {
                stored.queued.push(item);
            }
        }
    }
    Ok(())
}
