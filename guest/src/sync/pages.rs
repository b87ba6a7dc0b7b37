//! Reading windows page by page.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use serde_json::Value;

use super::SyncError;
use super::failure::fatal;
use super::reading::{Job, Reading};
use super::retention;
use super::translate;
use crate::environment::LogLevel;
use crate::error::StoreResult;
use crate::intercom::conversation::Conversation;
use crate::intercom::error::ApiError;
use crate::intercom::page::SearchPage;
use crate::intercom::request::{Cursor, Search};
use crate::store::hydration_queue::{self, Queued};
use crate::store::sync_windows::{self, Stretch, WindowRow};
use crate::store::{tombstones, write_conversation};
use crate::time::UnixSeconds;

/// Below this size a failing page is no longer halved: the window is.
const SPLIT_BELOW: u32 = 10;
/// Successful pages after which a larger one is tried again.
const PAGES_A_STEP: u32 = 5;
/// How often a window may begin anew after its cursor was rejected.
const RESTARTS: u32 = 3;

/// A window being read.
pub(super) struct Window {
    pub row: WindowRow,
    /// Hashes of the ids of this pass, to tell a page that brings nothing new.
    seen: HashSet<u64>,
    hasher: RandomState,
    restarts: u32,
    failures: u32,
    /// How many useful answers there had been when the failures began.
    answers_before: u64,
    good_pages: u32,
    /// Ids that this pass saw, from the window's very beginning: then what is cached and was not
    /// seen is gone or has moved.
    from_beginning: bool,
}

impl Window {
    pub(super) fn new(row: WindowRow) -> Self {
        let from_beginning = row.cursor.is_none() && row.last_seen.is_none();
        Self {
            row,
            seen: HashSet::new(),
            hasher: RandomState::new(),
            restarts: 0,
            failures: 0,
            answers_before: 0,
            good_pages: 0,
            from_beginning,
        }
    }

    /// Notes the ids of a page. False when none of them is new.
    fn note_ids(&mut self, conversations: &[Conversation]) -> bool {
        let before = self.seen.len();
        let hasher = &self.hasher;
        self.seen.extend(conversations.iter().map(|one| hasher.hash_one(one.id.as_str())));
        self.seen.len() > before
    }

    pub(super) fn has_seen(&self, id: &str) -> bool {
        self.seen.contains(&self.hasher.hash_one(id))
    }

    /// Begins again at the last second that was stored, without a cursor.
    fn restart(&mut self) {
        self.row.cursor = None;
        self.seen.clear();
        self.from_beginning = self.row.last_seen.is_none();
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
        window.failures = 0;
        if page.unreadable > 0 {
            self.engine.log(
                LogLevel::Warn,
                &format!(
                    "a page of conversations held {} entries without an id; they are left out",
                    page.unreadable
                ),
            );
        }
        let anything_new = window.note_ids(&page.conversations);
        if let Some(trouble) = going_in_circles(&window.row, &page, anything_new) {
            return self.give_up(window, SyncError::Upstream(trouble));
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
        let now = self.engine.now();
        let sync_id = self.engine.sync_id;
        let stretch = window.row.stretch;
        window.row.cursor = page.next.map(|cursor| cursor.0);
        // What changed within the overlap may not be listed yet.
        let listed_by_now =
            self.engine.server_now().plus(-i64::from(self.engine.outside.settings.overlap_seconds));
        let kept_from = retention::horizon(self.engine.outside.settings, self.engine.server_now());
        let listed = Stretch { low: stretch.low, high: stretch.high.min(listed_by_now) };
        let missing_from = (window.row.cursor.is_none() && window.from_beginning).then_some(&*window);
        let mut row = window.row.clone();
        let stored = self.engine.write(|transaction| {
            let mut stored = Stored::default();
            // The query is a second wider than the window, and a lagging list shows rows that
            // have left it since.
            for conversation in page.conversations.into_iter().filter(|one| stretch.contains(one.updated_at))
            {
                row.last_seen = row.last_seen.max(Some(conversation.updated_at));
                store_listed(transaction, conversation, now, kept_from, &mut stored)?;
            }
            if row.cursor.is_some() {
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

    fn page_failed(&mut self, error: &ApiError) -> Result<(), SyncError> {
        let Some(mut window) = self.windows.pop_front() else { return Ok(()) };
        if matches!(
            error,
            ApiError::Unauthorized { .. }
                | ApiError::Forbidden { .. }
                | ApiError::Redirected { .. }
                | ApiError::Denied(_)
        ) {
            return Err(fatal(&self.engine.api, error));
        }
        if matches!(error, ApiError::RateLimited { .. }) {
            self.windows.push_front(window);
            return self.refused();
        }
        if matches!(error, ApiError::Rejected { .. }) {
            if window.row.cursor.is_some() && window.restarts < RESTARTS {
                self.engine.log(
                    LogLevel::Warn,
                    &format!(
                        "Intercom rejects the cursor ({error}); the window begins again where it was stored"
                    ),
                );
                window.restart();
                self.windows.push_front(window);
            } else {
                let failure = fatal(&self.engine.api, error);
                return self.give_up(window, failure);
            }
            return Ok(());
        }
        self.concurrency.trouble();
        window.good_pages = 0;
        if window.failures == 0 {
            window.answers_before = self.answers;
        }
        window.failures += 1;
        let pace = self.engine.outside.pace;
        if window.failures >= pace.attempts {
            let alone = self.answers > window.answers_before;
            let failure = fatal(&self.engine.api, error);
            if alone {
                return self.give_up(window, failure);
            }
            // Nothing at all gets through: the other windows would only fail in turn.
            return Err(failure);
        }
        self.page_due_ms = self.engine.monotonic_ms() + pace.pause_ms(window.failures);
        self.engine.log(
            LogLevel::Warn,
            &format!("a page of {} conversations failed: {error}; trying again", window.row.per_page),
        );
        if error.may_be_size() {
            self.make_smaller(window)
        } else {
            self.windows.push_front(window);
            Ok(())
        }
    }

    /// Halves the page, and when that is small already, the window (Estuary saw days whose search
    /// answered only with a page of one, GitBook searches of 18 seconds).
    fn make_smaller(&mut self, mut window: Window) -> Result<(), SyncError> {
        let begin = window.row.last_seen.unwrap_or(window.row.stretch.low);
        let high = window.row.stretch.high;
        if window.row.per_page >= SPLIT_BELOW || high.since(begin) < 1 {
            window.row.per_page = (window.row.per_page / 2).max(1);
            self.windows.push_front(window);
            return Ok(());
        }
        let middle = begin.plus(high.since(begin) / 2);
        let whole = window.row.stretch;
        window.row.stretch.high = middle;
        // The cursor belongs to the query of the whole window.
        window.row.cursor = None;
        window.seen.clear();
        window.from_beginning = window.row.last_seen.is_none();
        let upper = WindowRow {
            stretch: Stretch { low: middle.plus(1), high },
            cursor: None,
            per_page: window.row.per_page,
            last_seen: None,
        };
        let sync_id = self.engine.sync_id;
        self.engine.write(|transaction| {
            sync_windows::remove_window(transaction, whole)?;
            sync_windows::save_window(transaction, &window.row, sync_id)?;
            sync_windows::save_window(transaction, &upper, sync_id)
        })?;
        let mut upper = Window::new(upper);
        upper.failures = window.failures;
        upper.answers_before = window.answers_before;
        self.windows.push_front(upper);
        self.windows.push_front(window);
        Ok(())
    }

    /// Leaves a window for the next run, which begins it again where it was stored.
    fn give_up(&mut self, mut window: Window, failure: SyncError) -> Result<(), SyncError> {
        let stretch = window.row.stretch;
        // Its cursor may be what is wrong with it.
        window.row.cursor = None;
        let sync_id = self.engine.sync_id;
        self.engine.write(|transaction| sync_windows::save_window(transaction, &window.row, sync_id))?;
        self.engine.log(
            LogLevel::Warn,
            &format!(
                "the changes from {} to {} could not be read to the end: {failure}",
                stretch.low, stretch.high
            ),
        );
        self.failures.push(failure);
        Ok(())
    }
}

/// Whether the answer is one of those that never end: the same cursor again, or a page of nothing
/// but known ids with a promise of more.
fn going_in_circles(row: &WindowRow, page: &SearchPage, anything_new: bool) -> Option<String> {
    let next = page.next.as_ref()?;
    let what = if row.cursor.as_deref() == Some(next.0.as_str()) {
        "the cursor of a page points to the same page again"
    } else if !anything_new {
        "a page holds no conversation that was not on an earlier one, yet promises more"
    } else {
        return None;
    };
    Some(format!(
        "Intercom's list of conversations goes in circles: {what}. The window was left unfinished instead of looping; the next sync begins it again."
    ))
}

/// Writes one row of a list, unless what is stored is as new, and queues its thread.
fn store_listed(
    connection: &rusqlite::Connection,
    mut conversation: Conversation,
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
    if known.is_some_and(|known| known.thread.is_some_and(|thread| thread >= updated_at)) {
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
