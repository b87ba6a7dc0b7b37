//! Windows that cannot be read as they are: pages that fail, lists that end early, moments that are
//! set aside.

use super::Window;
use crate::environment::LogLevel;
use crate::intercom::error::ApiError;
use crate::intercom::page::SearchPage;
use crate::store::sync_runs;
use crate::store::sync_state::{clear_note, set_note};
use crate::store::sync_windows;
use crate::store::sync_windows::Stretch;
use crate::store::sync_windows::WindowRow;
use crate::sync::SyncError;
use crate::sync::failure::fatal;
use crate::sync::reading::Reading;
use crate::time::UnixSeconds;

/// Below this size a failing page is no longer halved: the window is.
const SPLIT_BELOW: u32 = 10;
/// How often a window may begin anew after its cursor was rejected.
const RESTARTS: u32 = 3;
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

impl Reading<'_, '_> {
    pub(super) fn page_failed(&mut self, error: &ApiError) -> Result<(), SyncError> {
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
    pub(super) fn make_smaller(&mut self, mut window: Window) -> Result<(), SyncError> {
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
    pub(super) fn halve(&mut self, mut window: Window, begin: UnixSeconds) -> Result<(), SyncError> {
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
    pub(super) fn end_resumed(&mut self, mut window: Window, page: SearchPage) -> Result<(), SyncError> {
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
    pub(super) fn read_short(
        &mut self,
        mut window: Window,
        page: SearchPage,
        missing: u64,
    ) -> Result<(), SyncError> {
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
    pub(super) fn set_aside(&mut self, window: Window, reason: &str) -> Result<(), SyncError> {
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
    pub(super) fn leave(&mut self, window: &Window) -> Result<(), SyncError> {
        let sync_id = self.engine.sync_id;
        self.engine.write(|transaction| sync_windows::save_window(transaction, &window.row, sync_id))
    }

    /// Leaves a window for the next run, and says that this one did not reach its end.
    pub(super) fn give_up(&mut self, mut window: Window, failure: SyncError) -> Result<(), SyncError> {
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
    pub(in crate::sync) fn note_short(&mut self) -> Result<(), SyncError> {
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
pub(in crate::sync) struct Short {
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
