//! The loop in which pages and threads arrive, several requests at once, in one thread.

use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};

use super::SyncError;
use super::engine::{ATTENTION_MS, Engine};
use super::failure::fatal;
use super::pages::{Short, Window};
use super::threads::{Batch, ThreadJob};
use super::waits::Cause;
use crate::environment::Ticket;
use crate::ids::ConversationId;
use crate::intercom::error::ApiError;
use crate::intercom::page::SearchPage;
use crate::intercom::request::Search;
use crate::store::hydration_queue::{self, Queued};
use crate::store::sync_windows::WindowRow;
use crate::time::UnixSeconds;

/// While so many threads wait, no further page of older conversations is read: what is listed
/// should not stay without its messages for long.
const ENOUGH_QUEUED: usize = 450;
/// A run ends when for so long every call was answered 429.
const LONGEST_REFUSAL_MS: u64 = 300_000;
/// How many are taken from the durable queue at once.
const REFILL: u32 = 1000;
/// A run of so many windows is long enough to ask how many conversations it will meet.
const LONG_RUN: usize = 4;

/// What a request in flight was for.
pub(super) enum Job {
    Page,
    Thread(ThreadJob),
    /// How many conversations the windows hold, so that whoever watches learns how long it takes.
    Count,
}

pub(super) struct Reading<'e, 'a> {
    pub engine: &'e mut Engine<'a>,
    /// Windows still to be read; the first one is being read.
    pub windows: VecDeque<Window>,
    pub page_in_flight: bool,
    /// No page before this moment, after a failure.
    pub page_due_ms: u64,
    /// Threads to fetch, the latest change on top. The durable queue holds the same, and more.
    pub queue: BinaryHeap<Queued>,
    /// The durable queue may hold something that is not in `queue`.
    pub maybe_more: bool,
    /// Being fetched, waiting for another attempt, or fetched and not yet written.
    pub busy: HashSet<ConversationId>,
    pub retries: Vec<(u64, ThreadJob)>,
    pub in_flight: HashMap<Ticket, Job>,
    pub batch: Batch,
    /// Useful answers so far; tells a broken window from a broken network.
    pub answers: u64,
    /// How many pages were read.
    pub pages: u64,
    /// Since when nothing but 429 came, and how many answers there had been.
    refused_since: Option<(u64, u64)>,
    /// Why windows were given up.
    pub failures: Vec<SyncError>,
    /// Failures in a row that other and smaller windows were to explain.
    pub doubts: u32,
    /// How often a window was read in halves because its list had ended early.
    pub halvings: u32,
    /// What lists did not bring.
    pub short: Short,
}

impl<'e, 'a> Reading<'e, 'a> {
    pub(super) fn new(engine: &'e mut Engine<'a>, windows: VecDeque<WindowRow>) -> Self {
        Self {
            engine,
            windows: windows.into_iter().map(Window::left).collect(),
            page_in_flight: false,
            page_due_ms: 0,
            queue: BinaryHeap::new(),
            maybe_more: true,
            busy: HashSet::new(),
            retries: Vec::new(),
            in_flight: HashMap::new(),
            batch: Batch::default(),
            answers: 0,
            pages: 0,
            refused_since: None,
            failures: Vec::new(),
            doubts: 0,
            halvings: 0,
            short: Short::default(),
        }
    }

    /// Reads all windows to their end and fetches all threads that can be fetched now. What was
    /// fetched is written also when it ends early.
    ///
    /// # Errors
    /// The reason why not everything was read; what was read is written.
    pub(super) fn read_all(mut self) -> Result<(), SyncError> {
        let result = self.drive();
        self.engine.forget_all();
        self.commit()?;
        if result.is_ok() {
            self.note_short()?;
        }
        result?;
        match self.failures.into_iter().next() {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    fn drive(&mut self) -> Result<(), SyncError> {
        let mut count_asked = self.windows.len() < LONG_RUN;
        loop {
            self.engine.check_stop()?;
            let (pause, cause) = self.send_what_may_be_sent()?;
            // After the first page was asked for: it matters more.
            if !count_asked && cause == Cause::Network {
                count_asked = true;
                self.send_count();
            }
            if self.batch.is_due(self.engine.monotonic_ms()) {
                self.commit()?;
            }
            if self.in_flight.is_empty() {
                if !self.batch.is_empty() {
                    // Nothing to wait for: a good moment to write, and to see what is left.
                    self.commit()?;
                    continue;
                }
                if self.windows.is_empty()
                    && self.queue.is_empty()
                    && self.retries.is_empty()
                    && !self.maybe_more
                {
                    return Ok(());
                }
            }
            if let Some((ticket, answer)) = self.engine.next(pause, cause) {
                // A ticket that is not ours belongs to a question that was given up.
                match self.in_flight.remove(&ticket) {
                    Some(Job::Page) => self.page_arrived(answer)?,
                    Some(Job::Thread(job)) => self.thread_arrived(job, answer)?,
                    // A failure leaves it unknown.
                    Some(Job::Count) => {
                        let count = answer.and_then(SearchPage::read).ok().and_then(|page| page.total_count);
                        self.engine.expected = count.and_then(|count| u64::try_from(count).ok());
                    }
                    None => {}
                }
            }
            self.engine.report(false)?;
        }
    }

    fn send_count(&mut self) {
        let low = self.windows.iter().map(|window| window.row.last_seen.unwrap_or(window.row.stretch.low));
        let high = self.windows.iter().map(|window| window.row.stretch.high);
        if let (Some(low), Some(high)) = (low.min(), high.max()) {
            let request = self.engine.api.search(&Search { low, high, per_page: 1, cursor: None });
            let ticket = self.engine.send(request);
            self.in_flight.insert(ticket, Job::Count);
        }
    }

    /// Sends as much as limits allow. Returns for how many milliseconds nothing more can be sent,
    /// and why.
    fn send_what_may_be_sent(&mut self) -> Result<(u64, Cause), SyncError> {
        loop {
            let now = self.engine.monotonic_ms();
            if self.in_flight.len() >= self.engine.most_in_flight() {
                return Ok((ATTENTION_MS, Cause::Network));
            }
            let wait = self.engine.limit_ms()?;
            if wait > 0 {
                return Ok((wait, Cause::Limit));
            }
            if self.page_is_next(now) {
                self.send_page();
                continue;
            }
            match self.next_thread(now)? {
                Some(job) => self.send_thread(job),
                None => return Ok((self.next_due_ms(now), Cause::Network)),
            }
        }
    }

    /// Bounds how long a run goes on while every call is refused.
    pub(super) fn refused(&mut self) -> Result<(), SyncError> {
        let now = self.engine.monotonic_ms();
        match self.refused_since {
            Some((since, answers)) if answers == self.answers => {
                if now.saturating_sub(since) > LONGEST_REFUSAL_MS {
                    return Err(fatal(&self.engine.api, &ApiError::RateLimited { retry_after: None }));
                }
            }
            _ => self.refused_since = Some((now, self.answers)),
        }
        Ok(())
    }

    fn page_is_next(&self, now: u64) -> bool {
        let Some(window) = self.windows.front() else { return false };
        if self.page_in_flight || now < self.page_due_ms {
            return false;
        }
        let newer_than_queued =
            self.queue.peek().is_none_or(|queued| queued.updated_at < window.row.stretch.high);
        self.queue.len() < ENOUGH_QUEUED || newer_than_queued
    }

    /// The next thread to fetch: one whose pause is over, or the latest change.
    fn next_thread(&mut self, now: u64) -> Result<Option<ThreadJob>, SyncError> {
        if let Some(place) = self.retries.iter().position(|(due, _)| *due <= now) {
            return Ok(Some(self.retries.swap_remove(place).1));
        }
        loop {
            if self.queue.is_empty() {
                self.refill()?;
            }
            let Some(item) = self.queue.pop() else { return Ok(None) };
            // Fetched meanwhile, for an older or newer change; what is left to do is in the table.
            if self.busy.contains(&item.id) {
                self.maybe_more = true;
                continue;
            }
            if hydration_queue::is_waiting(self.engine.store.connection(), &item.id)? {
                self.busy.insert(item.id.clone());
                return Ok(Some(ThreadJob { item, failures: 0, asked_at: UnixSeconds(0) }));
            }
        }
    }

    fn refill(&mut self) -> Result<(), SyncError> {
        if !self.maybe_more {
            return Ok(());
        }
        let now = self.engine.server_now();
        let ready = hydration_queue::ready(self.engine.store.connection(), now, REFILL)?;
        let more = ready.len() >= REFILL as usize;
        self.queue.extend(ready.into_iter().filter(|item| !self.busy.contains(&item.id)));
        // What is busy may come back with the next commit, which asks again.
        self.maybe_more = more && !self.queue.is_empty();
        Ok(())
    }

    fn next_due_ms(&self, now: u64) -> u64 {
        let page = (!self.windows.is_empty() && !self.page_in_flight && self.page_due_ms > now)
            .then_some(self.page_due_ms);
        let due = self.retries.iter().map(|(due, _)| *due).chain(page).min();
        due.map_or(ATTENTION_MS, |due| due.saturating_sub(now)).clamp(1, ATTENTION_MS)
    }
}
