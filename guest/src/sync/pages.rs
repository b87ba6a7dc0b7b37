//! Reading windows page by page.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;

use serde_json::Value;

use super::SyncError;
use super::erased::{Presence, leave_out};
use super::reading::{Job, Reading};
use super::retention;
use super::translate;
use crate::environment::LogLevel;
use crate::error::StoreResult;
use crate::intercom::conversation::Conversation;
use crate::intercom::error::ApiError;
use crate::intercom::page::SearchPage;
use crate::intercom::request::{Cursor, Search};
use crate::store::erasure::{self, BlockList};
use crate::store::hydration_queue::{self, Queued};
use crate::store::sync_windows::{self, Stretch, WindowRow};
use crate::store::{tombstones, write_conversation};
use crate::time::UnixSeconds;

mod unread;

pub(super) use unread::Short;

/// Successful pages after which a larger one is tried again.
const PAGES_A_STEP: u32 = 5;
/// So many pages in a row may bring nothing new and promise more: Intercom filters after it has cut
/// its pages, so that some are empty.
pub(super) const EMPTY_PAGES: u32 = 50;

/// A window being read.
pub(super) struct Window {
    pub row: WindowRow,
    /// Hashes of the ids of this pass, to tell a page that brings nothing new.
    seen: HashSet<u64>,
    /// Hashes of the cursors of this pass: one that comes again leads in a circle.
    cursors: HashSet<u64>,
    /// Pages in a row that brought nothing new.
    empty_pages: u32,
    hasher: RandomState,
    restarts: u32,
    failures: u32,
    /// How many useful answers there had been when the failures began.
    answers_before: u64,
    /// The same for pages alone.
    pages_before: u64,
    /// How often in a row it was halved without a page getting through.
    halved: u32,
    good_pages: u32,
    /// Ids that this pass saw, from the window's very beginning: then what is cached and was not
    /// seen is gone or has moved.
    from_beginning: bool,
    /// An earlier run has set it aside, having seen that others can be read.
    aside: bool,
    /// This pass began without a cursor, so it saw whatever its query counts.
    whole: bool,
}

impl Window {
    pub(super) fn new(row: WindowRow) -> Self {
        let whole = row.cursor.is_none();
        let from_beginning = whole && row.last_seen.is_none();
        Self {
            row,
            seen: HashSet::new(),
            cursors: HashSet::new(),
            empty_pages: 0,
            hasher: RandomState::new(),
            restarts: 0,
            failures: 0,
            answers_before: 0,
            pages_before: 0,
            halved: 0,
            good_pages: 0,
            from_beginning,
            aside: false,
            whole,
        }
    }

    /// One that an earlier run left: a moment only where that moment could not be listed.
    pub(super) fn left(row: WindowRow) -> Self {
        let mut window = Self::new(row);
        window.aside = window.is_moment();
        window
    }

    /// Notes the ids and the next cursor of a page. Says why, when the list never ends this way.
    fn note(&mut self, page: &SearchPage) -> Option<&'static str> {
        let before = self.seen.len();
        let hasher = &self.hasher;
        self.seen.extend(page.conversations.iter().map(|one| hasher.hash_one(one.id.as_str())));
        self.empty_pages = if self.seen.len() > before { 0 } else { self.empty_pages + 1 };
        let next = page.next.as_ref()?;
        if let Some(cursor) = &self.row.cursor {
            self.cursors.insert(hasher.hash_one(cursor.as_str()));
        }
        if self.cursors.contains(&hasher.hash_one(next.0.as_str())) {
            Some("a page points to one that was read before")
        } else if self.empty_pages > EMPTY_PAGES {
            Some("page after page holds no conversation that was not on an earlier one, yet promises more")
        } else {
            None
        }
    }

    /// Begins a pass over what is left of the window.
    fn begin(&mut self) {
        self.row.cursor = None;
        self.seen.clear();
        self.cursors.clear();
        self.empty_pages = 0;
        self.from_beginning = self.row.last_seen.is_none();
        self.whole = true;
    }

    /// One second, a conversation a page: it cannot be made smaller.
    fn is_moment(&self) -> bool {
        self.row.stretch.low == self.row.stretch.high && self.row.per_page == 1
    }

    pub(super) fn has_seen(&self, id: &str) -> bool {
        self.seen.contains(&self.hasher.hash_one(id))
    }

    /// Begins again at the last second that was stored, without a cursor.
    fn restart(&mut self) {
        self.begin();
        self.restarts += 1;
    }
}

/// What the rows of one page led to.
#[derive(Default)]
struct Stored {
    queued: Vec<Queued>,
    listed: u64,
    unchanged: u64,
}

impl Reading<'_, '_> {
    pub(super) fn send_page(&mut self) {
        let Some(window) = self.windows.front() else { return };
        let row = &window.row;
        let cursor = row.cursor.clone().map(Cursor);
        let low = match (&cursor, row.last_seen) {
            (None, Some(seen)) => seen,
            _ => row.stretch.low,
        };
        self.engine.phase = format!("reading {}", row.last_seen.unwrap_or(row.stretch.low).day());
        let request = self.engine.api.search(&Search {
            low,
            high: row.stretch.high,
            per_page: row.per_page,
            cursor: cursor.as_ref(),
        });
        let ticket = self.engine.send(request);
        self.in_flight.insert(ticket, Job::Page);
        self.page_in_flight = true;
    }

    pub(super) fn page_arrived(&mut self, answer: Result<Value, ApiError>) -> Result<(), SyncError> {
        self.page_in_flight = false;
        match answer.and_then(SearchPage::read) {
            Ok(page) => self.page_read(page),
            Err(error) => self.page_failed(&error),
        }
    }

    fn page_read(&mut self, page: SearchPage) -> Result<(), SyncError> {
        let Some(mut window) = self.windows.pop_front() else { return Ok(()) };
        self.answers += 1;
        self.pages += 1;
        self.doubts = 0;
        window.failures = 0;
        window.halved = 0;
        if page.unreadable > 0 {
            self.engine.log(
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
            return self.give_up(window, SyncError::Upstream(sentence));
        }
        if page.next.is_none() && !window.whole {
            return self.end_resumed(window, page);
        }
        let missing = missing(&window, &page);
        if missing > 0 {
            return self.read_short(window, page, missing);
        }
        self.store_page(&mut window, page)?;
        if window.row.cursor.is_some() {
            window.good_pages += 1;
            let largest = self.engine.outside.pace.largest_page;
            if window.good_pages >= PAGES_A_STEP && window.row.per_page < largest {
                window.good_pages = 0;
                window.row.per_page = (window.row.per_page * 2).min(largest);
            }
            self.windows.push_front(window);
        }
        Ok(())
    }

    /// Writes the rows of a page, the queue entries they call for, and how far the window is, in
    /// one transaction.
    fn store_page(&mut self, window: &mut Window, page: SearchPage) -> Result<(), SyncError> {
        self.store(window, page, true)
    }

    /// Writes the rows alone.
    fn store_rows(&mut self, window: &mut Window, page: SearchPage) -> Result<(), SyncError> {
        self.store(window, page, false)
    }

    fn store(&mut self, window: &mut Window, page: SearchPage, to_the_end: bool) -> Result<(), SyncError> {
        let now = self.engine.now();
        let sync_id = self.engine.sync_id;
        let stretch = window.row.stretch;
        window.row.cursor = page.next.map(|cursor| cursor.0);
        // What changed within the overlap may not be listed yet.
        let server_now = self.engine.server_now();
        let listed_by_now = server_now.plus(-i64::from(self.engine.outside.settings.overlap_seconds));
        let kept_from = retention::horizon(self.engine.outside.settings, server_now);
        let listed = Stretch { low: stretch.low, high: stretch.high.min(listed_by_now) };
        let queried = Stretch { low: stretch.low.plus(-1), high: stretch.high.plus(1) };
        let missing_from = (window.row.cursor.is_none() && window.from_beginning).then_some(&*window);
        let mut row = window.row.clone();
        let erased = Rc::clone(&self.engine.erased);
        let stored = self.engine.write(|transaction| {
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
                sync_windows::save_window(transaction, &row, sync_id)?;
            } else {
                if let Some(window) = missing_from {
                    queue_unseen(transaction, listed, window, &mut stored)?;
                }
                sync_windows::cover(transaction, stretch)?;
                sync_windows::remove_window(transaction, stretch)?;
            }
            Ok(stored)
        })?;
        window.row = row;
        self.engine.tally.listed += stored.listed;
        self.engine.tally.unchanged += stored.unchanged;
        self.queue.extend(stored.queued);
        Ok(())
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
    counted.saturating_sub(window.seen.len() as u64)
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
    stretch: Stretch,
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
