//! The windows of a run: stretches of `updated_at` whose conversations are listed page by page.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};

use super::SyncError;
use super::writer::Writer;
use crate::environment::LogLevel;
use crate::intercom::page::SearchPage;
use crate::store::runs::notes::{clear_note, set_note};
use crate::store::runs::windows::{self, WindowRow};
use crate::time::{Interval, UnixSeconds};

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
    pub restarts: u32,
    pub failures: u32,
    /// How many useful answers the run had when the failures began.
    pub useful_before: u64,
    /// The same for pages alone.
    pub pages_before: u64,
    /// How often in a row it was halved without a page getting through.
    pub halved: u32,
    pub good_pages: u32,
    /// Ids that this pass saw, from the window's very beginning: then what is cached and was not
    /// seen is gone or has moved.
    pub from_beginning: bool,
    /// An earlier run has set it aside, having seen that others can be read.
    pub aside: bool,
    /// This pass began without a cursor, so it saw whatever its query counts.
    pub whole: bool,
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
            useful_before: 0,
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
    pub(super) fn note(&mut self, page: &SearchPage) -> Option<&'static str> {
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
    pub(super) fn begin(&mut self) {
        self.row.cursor = None;
        self.seen.clear();
        self.cursors.clear();
        self.empty_pages = 0;
        self.from_beginning = self.row.last_seen.is_none();
        self.whole = true;
    }

    /// One second, a conversation a page: it cannot be made smaller.
    pub(super) fn is_moment(&self) -> bool {
        self.row.stretch.low == self.row.stretch.high && self.row.per_page == 1
    }

    /// How many conversations this pass saw.
    pub(super) fn seen(&self) -> u64 {
        self.seen.len() as u64
    }

    pub(super) fn has_seen(&self, id: &str) -> bool {
        self.seen.contains(&self.hasher.hash_one(id))
    }

    /// Begins again at the last second that was stored, without a cursor.
    pub(super) fn restart(&mut self) {
        self.begin();
        self.restarts += 1;
    }
}

/// Those still to be read; the first one is being read.
pub(super) struct Windows {
    pub left: VecDeque<Window>,
    pub page_in_flight: bool,
    /// No page before this moment, after a failure.
    pub page_due_ms: u64,
    /// How many pages were read.
    pub pages: u64,
    /// Failures in a row that other and smaller windows were to explain.
    pub doubts: u32,
    /// How often a window was read in halves because its list had ended early.
    pub halvings: u32,
    /// What lists did not bring.
    pub short: Short,
    /// Why windows were given up.
    failures: Vec<SyncError>,
}

impl Windows {
    pub(super) fn new(rows: VecDeque<WindowRow>) -> Self {
        Self {
            left: rows.into_iter().map(Window::left).collect(),
            page_in_flight: false,
            page_due_ms: 0,
            pages: 0,
            doubts: 0,
            halvings: 0,
            short: Short::default(),
            failures: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// The end of the window of which a page may be asked for now.
    pub(super) fn next_high(&self, now_ms: u64) -> Option<UnixSeconds> {
        let may = !self.page_in_flight && now_ms >= self.page_due_ms;
        self.left.front().filter(|_| may).map(|window| window.row.stretch.high)
    }

    /// When the pause after a failed page is over.
    pub(super) fn due_ms(&self) -> Option<u64> {
        (!self.is_empty() && !self.page_in_flight).then_some(self.page_due_ms)
    }

    /// From where to where there is something to be read.
    pub(super) fn bounds(&self) -> Option<(UnixSeconds, UnixSeconds)> {
        let low = self.left.iter().map(|window| window.row.last_seen.unwrap_or(window.row.stretch.low));
        let high = self.left.iter().map(|window| window.row.stretch.high);
        low.min().zip(high.max())
    }

    /// Reads what lies behind that moment in two windows, the later one first: when the earlier one
    /// holds what fails, this one shows that the rest can be read. The next time the earlier one is
    /// first, since there may be failures at both ends.
    pub(super) fn halve(
        &mut self,
        writer: &mut Writer<'_>,
        mut window: Window,
        begin: UnixSeconds,
    ) -> Result<(), SyncError> {
        let whole = window.row.stretch;
        let middle = begin.plus(whole.high.since(begin) / 2);
        window.row.stretch.high = middle;
        // The cursor belongs to the query of the whole window.
        window.begin();
        let upper = WindowRow {
            stretch: Interval { low: middle.plus(1), high: whole.high },
            cursor: None,
            per_page: window.row.per_page,
            last_seen: None,
        };
        let sync_id = writer.sync_id;
        writer.write(|transaction| {
            windows::remove_window(transaction, whole)?;
            windows::save_window(transaction, &window.row, sync_id)?;
            windows::save_window(transaction, &upper, sync_id)
        })?;
        let mut upper = Window::new(upper);
        upper.failures = window.failures;
        upper.useful_before = window.useful_before;
        upper.pages_before = window.pages_before;
        window.halved += 1;
        upper.halved = window.halved;
        let (first, second) = if window.halved % 2 == 1 { (upper, window) } else { (window, upper) };
        self.left.push_front(second);
        self.left.push_front(first);
        Ok(())
    }

    /// Leaves a moment that Intercom does not list, whatever is asked, and goes on.
    pub(super) fn set_aside(
        &mut self,
        writer: &mut Writer<'_>,
        window: &Window,
        reason: &str,
    ) -> Result<(), SyncError> {
        writer.log(
            LogLevel::Warn,
            &format!(
                "what changed at {} cannot be listed and is set aside: {reason}",
                window.row.stretch.low
            ),
        );
        self.short.moments += 1;
        self.short.reason = Some(reason.to_owned());
        leave(writer, window)
    }

    /// Leaves a window for the next run, and says that this one did not reach its end.
    pub(super) fn give_up(
        &mut self,
        writer: &mut Writer<'_>,
        mut window: Window,
        failure: SyncError,
    ) -> Result<(), SyncError> {
        let stretch = window.row.stretch;
        // Its cursor may be what is wrong with it.
        window.row.cursor = None;
        leave(writer, &window)?;
        writer.log(
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
    pub(super) fn note_short(&self, writer: &mut Writer<'_>) -> Result<(), SyncError> {
        let now = writer.now();
        let sentences = [("unlisted", self.short.unlisted()), ("set-aside", self.short.set_aside())];
        writer.write(|transaction| {
            for (topic, sentence) in &sentences {
                match sentence {
                    Some(sentence) => set_note(transaction, topic, sentence, now)?,
                    None => clear_note(transaction, topic)?,
                }
            }
            Ok(())
        })
    }
    /// Why not everything was read.
    pub(super) fn into_failure(self) -> Option<SyncError> {
        self.failures.into_iter().next()
    }
}

/// Keeps a window for the next run, which begins it again where it was stored.
pub(super) fn leave(writer: &mut Writer<'_>, window: &Window) -> Result<(), SyncError> {
    let sync_id = writer.sync_id;
    writer.write(|transaction| windows::save_window(transaction, &window.row, sync_id))
}

/// What lists did not bring in this run.
#[derive(Debug, Default)]
pub(super) struct Short {
    /// Conversations that were counted and not listed.
    pub missing: u64,
    /// Seconds whose changes cannot be listed.
    pub moments: u64,
    pub reason: Option<String>,
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
