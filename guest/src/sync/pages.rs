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
use crate::store::sync_runs;
use crate::store::sync_state::{clear_note, set_note};
use crate::store::sync_windows::{self, Stretch, WindowRow};
use crate::store::{tombstones, write_conversation};
use crate::time::UnixSeconds;

/// Below this size a failing page is no longer halved: the window is.
const SPLIT_BELOW: u32 = 10;
/// Successful pages after which a larger one is tried again.
const PAGES_A_STEP: u32 = 5;
/// How often a window may begin anew after its cursor was rejected.
const RESTARTS: u32 = 3;
/// So many pages in a row may bring nothing new and promise more: Intercom filters after it has cut
/// its pages, so that some are empty.
pub(super) const EMPTY_PAGES: u32 = 50;
/// So many broken connections in a row, and the page may be to blame.
const BREAKS_OF_A_PAGE: u32 = 3;
/// So many failures in a row are looked into, by other and by smaller windows, because nobody knows
/// whether a page fails or Intercom does; and how often each of these is tried.
const MOST_DOUBTS: u32 = 6;
const TRIES_IN_DOUBT: u32 = 2;
/// How often a moment that cannot be read is tried in one run.
const TRIES_OF_A_MOMENT: u32 = 2;
/// More than so many are no accident.
const MOST_MOMENTS: u64 = 50;
/// A window that brought fewer conversations than it was said to hold is read in halves, down to
/// this many seconds, and so often in a run: were the count wrong everywhere, it would never end.
const SHORTEST_HALF: i64 = 3600;
const MOST_HALVINGS: u32 = 64;

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
                store_listed(transaction, conversation, now, kept_from, &mut stored)?;
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
        window.good_pages = 0;
        if window.failures == 0 {
            window.answers_before = self.answers;
            window.pages_before = self.pages;
        }
        window.failures += 1;
        let pace = self.engine.outside.pace;
        let alone = self.answers > window.answers_before;
        // Other pages get through: it is this one that fails, and the less it holds the less is lost.
        let others = window.aside || self.pages > window.pages_before;
        let poisoned = others && self.short.moments < MOST_MOMENTS;
        if window.is_moment() && poisoned && window.failures >= TRIES_OF_A_MOMENT {
            return self.set_aside(window, &error.to_string());
        }
        let tries = if self.doubts > 0 { TRIES_IN_DOUBT } else { pace.attempts };
        // A connection that breaks is the network's affair, until it breaks for this page again and again.
        let breaks =
            matches!(error, ApiError::Connection(_)) && window.failures >= BREAKS_OF_A_PAGE.min(tries);
        let of_the_page = error.may_be_size() || breaks;
        let narrower = of_the_page && !window.is_moment();
        if window.failures >= tries && !(narrower && poisoned) {
            if of_the_page && self.doubts < MOST_DOUBTS && !self.windows.is_empty() {
                // Does this page fail, or Intercom? The next window tells, or a smaller one.
                self.doubts += 1;
                self.page_due_ms = self.engine.monotonic_ms() + pace.first_pause_ms;
                if narrower && self.doubts.is_multiple_of(2) {
                    return self.make_smaller(window);
                }
                self.windows.insert(1, window);
                return Ok(());
            }
            let failure = fatal(&self.engine.api, error);
            if alone {
                return self.give_up(window, failure);
            }
            // Nothing at all gets through: the other windows would only fail in turn.
            return Err(failure);
        }
        let pause = if poisoned && narrower { pace.first_pause_ms } else { pace.pause_ms(window.failures) };
        self.page_due_ms = self.engine.monotonic_ms() + pause;
        self.engine.log(
            LogLevel::Warn,
            &format!("a page of {} conversations failed: {error}; trying again", window.row.per_page),
        );
        if narrower {
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
        if window.row.per_page >= SPLIT_BELOW || window.row.stretch.high.since(begin) < 1 {
            window.row.per_page = (window.row.per_page / 2).max(1);
            self.windows.push_front(window);
            return Ok(());
        }
        self.halve(window, begin)
    }

    /// Reads what lies behind that moment in two windows, the later one first: when the earlier one
    /// holds what fails, this one shows that the rest can be read. The next time the earlier one is
    /// first, since there may be failures at both ends.
    fn halve(&mut self, mut window: Window, begin: UnixSeconds) -> Result<(), SyncError> {
        let whole = window.row.stretch;
        let middle = begin.plus(whole.high.since(begin) / 2);
        window.row.stretch.high = middle;
        // The cursor belongs to the query of the whole window.
        window.begin();
        let upper = WindowRow {
            stretch: Stretch { low: middle.plus(1), high: whole.high },
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
        upper.pages_before = window.pages_before;
        window.halved += 1;
        upper.halved = window.halved;
        let (first, second) = if window.halved % 2 == 1 { (upper, window) } else { (window, upper) };
        self.windows.push_front(second);
        self.windows.push_front(first);
        Ok(())
    }

    /// The end of a window that an earlier run began: what that one saw, the cache alone knows. If
    /// it has fewer than Intercom counts, the window is read again as a whole, which tells exactly.
    fn end_resumed(&mut self, mut window: Window, page: SearchPage) -> Result<(), SyncError> {
        let stretch = window.row.stretch;
        let counted = page.total_count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
        self.store_rows(&mut window, page)?;
        // The query may reach one second further at both ends.
        let (low, high) = (stretch.low.plus(-1), stretch.high.plus(1));
        let cached = sync_runs::totals(self.engine.store.connection(), low, high)?.conversations;
        if counted > cached {
            self.engine.log(
                LogLevel::Info,
                &format!(
                    "Intercom counts {counted} conversations changed from {} to {}, the cache has {cached}; they are listed again",
                    stretch.low, stretch.high
                ),
            );
            window.row.last_seen = None;
            window.begin();
            self.leave(&window)?;
            self.windows.push_front(window);
            return Ok(());
        }
        self.engine.write(|transaction| {
            sync_windows::cover(transaction, stretch)?;
            sync_windows::remove_window(transaction, stretch)
        })
    }

    /// The list ended before it had shown what it said it holds. What it showed is kept, the window
    /// does not count as read, and its halves are read.
    fn read_short(&mut self, mut window: Window, page: SearchPage, missing: u64) -> Result<(), SyncError> {
        let stretch = window.row.stretch;
        self.store_rows(&mut window, page)?;
        window.row.last_seen = None;
        window.begin();
        self.engine.log(
            LogLevel::Warn,
            &format!(
                "Intercom listed {missing} conversations fewer than it counts from {} to {}",
                stretch.low, stretch.high
            ),
        );
        if stretch.high.since(stretch.low) >= 2 * SHORTEST_HALF && self.halvings < MOST_HALVINGS {
            self.halvings += 1;
            return self.halve(window, stretch.low);
        }
        self.short.missing += missing;
        self.leave(&window)
    }

    /// Leaves a moment that Intercom does not list, whatever is asked, and goes on.
    fn set_aside(&mut self, window: Window, reason: &str) -> Result<(), SyncError> {
        self.engine.log(
            LogLevel::Warn,
            &format!(
                "what changed at {} cannot be listed and is set aside: {reason}",
                window.row.stretch.low
            ),
        );
        self.short.moments += 1;
        self.short.reason = Some(reason.to_owned());
        self.leave(&window)
    }

    /// Keeps a window for the next run, which begins it again where it was stored.
    fn leave(&mut self, window: &Window) -> Result<(), SyncError> {
        let sync_id = self.engine.sync_id;
        self.engine.write(|transaction| sync_windows::save_window(transaction, &window.row, sync_id))
    }

    /// Leaves a window for the next run, and says that this one did not reach its end.
    fn give_up(&mut self, mut window: Window, failure: SyncError) -> Result<(), SyncError> {
        let stretch = window.row.stretch;
        // Its cursor may be what is wrong with it.
        window.row.cursor = None;
        self.leave(&window)?;
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

    /// Tells the user what the lists did not bring, or takes back that they once did not.
    pub(super) fn note_short(&mut self) -> Result<(), SyncError> {
        let now = self.engine.now();
        let sentences = [("unlisted", self.short.unlisted()), ("set-aside", self.short.set_aside())];
        self.engine.write(|transaction| {
            for (topic, sentence) in &sentences {
                match sentence {
                    Some(sentence) => set_note(transaction, topic, sentence, now)?,
                    None => clear_note(transaction, topic)?,
                }
            }
            Ok(())
        })
    }
}

/// What lists did not bring in this run.
#[derive(Debug, Default)]
pub(super) struct Short {
    /// Conversations that were counted and not listed.
    missing: u64,
    /// Seconds whose changes cannot be listed.
    moments: u64,
    reason: Option<String>,
}

impl Short {
    fn unlisted(&self) -> Option<String> {
        (self.missing > 0).then(|| {
            format!(
                "Intercom counts {} more conversations than it lists, so some may be missing. The days they lie in do not count as covered, and each sync reads them again.",
                self.missing
            )
        })
    }

    fn set_aside(&self) -> Option<String> {
        let reason = self.reason.as_deref()?;
        Some(format!(
            "Intercom cannot list what changed in {} ({reason}), so at least one conversation is missing there. Everything else was read, and each sync tries again.",
            if self.moments == 1 {
                "one second".to_owned()
            } else {
                format!("{} different seconds", self.moments)
            },
        ))
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
