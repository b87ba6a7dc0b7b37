//! Reading the windows of a run and the threads that their rows call for, both at once.

use std::collections::VecDeque;

use serde_json::Value;

use super::SyncError;
use super::engine::Engine;
use super::failure::Failure;
use super::fetch::{Fetcher, Next, Source, Turn};
use super::pages;
use super::threads::{ThreadJob, Threads};
use super::windows::Windows;
use super::writer::Writer;
use crate::environment::HttpRequest;
use crate::intercom::error::ApiError;
use crate::intercom::page::SearchPage;
use crate::intercom::request::Search;
use crate::store::runs::windows::WindowRow;

/// While so many threads wait, no further page of older conversations is read: what is listed
/// should not stay without its messages for long.
const ENOUGH_QUEUED: usize = 450;
/// A run of so many windows is long enough to ask how many conversations it will meet.
const LONG_RUN: usize = 4;

/// Reads all windows to their end and fetches all threads that can be fetched now. What was
/// fetched is written also when it ends early.
///
/// # Errors
/// The reason why not everything was read; what was read is written.
pub(super) fn read_all(engine: &mut Engine<'_>, windows: VecDeque<WindowRow>) -> Result<(), SyncError> {
    let mut reading = Reading {
        is_counted: windows.len() < LONG_RUN,
        windows: Windows::new(windows),
        threads: Threads::default(),
        writer: &mut engine.writer,
    };
    let result = engine.fetcher.fetch(&mut reading);
    reading.threads.commit(reading.writer, &engine.fetcher)?;
    let windows = reading.windows;
    if result.is_ok() {
        windows.note_short(&mut engine.writer)?;
    }
    result.map_err(|failure| engine.ended_by(failure))?;
    windows.into_failure().map_or(Ok(()), Err)
}

/// What a request in flight was for.
enum Job {
    Page,
    Thread(ThreadJob),
    /// How many conversations the windows hold, so that whoever watches learns how long it takes.
    Count,
}

struct Reading<'e, 'a> {
    writer: &'e mut Writer<'a>,
    windows: Windows,
    threads: Threads,
    /// How many conversations the windows hold was asked, or is not worth a question.
    is_counted: bool,
}

impl Source for Reading<'_, '_> {
    type Job = Job;

    fn next(&mut self, fetcher: &mut Fetcher<'_>) -> Result<Next<Job>, Failure> {
        let now = fetcher.monotonic_ms();
        if self.page_is_next(now)
            && let Some(request) = pages::request(&mut self.windows, self.writer, fetcher)
        {
            return Ok(Next::Ask(request, Job::Page));
        }
        // After the first page was asked for: it matters more.
        if !self.is_counted {
            self.is_counted = true;
            if let Some(request) = self.count(fetcher) {
                return Ok(Next::Ask(request, Job::Count));
            }
        }
        if let Some((request, job)) = self.threads.next(self.writer, fetcher)? {
            return Ok(Next::Ask(request, Job::Thread(job)));
        }
        // What is due already waits for something else.
        let due =
            self.threads.due_ms().into_iter().chain(self.windows.due_ms()).filter(|due| *due > now).min();
        Ok(due.map_or(Next::NOTHING, |due| Next::Nothing { for_ms: due.saturating_sub(now) }))
    }

    fn arrived(
        &mut self,
        fetcher: &mut Fetcher<'_>,
        job: Job,
        answer: Result<Value, ApiError>,
    ) -> Result<(), Failure> {
        match job {
            Job::Page => {
                let queued = pages::arrived(&mut self.windows, self.writer, fetcher, answer)?;
                self.threads.queue(queued);
            }
            Job::Thread(job) => self.threads.arrived(self.writer, fetcher, job, answer)?,
            // A failure leaves it unknown.
            Job::Count => {
                let count = answer.and_then(SearchPage::read).ok().and_then(|page| page.total_count);
                self.writer.expected = count.and_then(|count| u64::try_from(count).ok());
            }
        }
        Ok(())
    }

    fn turn(&mut self, fetcher: &mut Fetcher<'_>, idle: bool) -> Result<Turn, Failure> {
        self.writer.turn(fetcher)?;
        // With nothing to wait for, it is a good moment to write, and to see what is left.
        let wrote = self.threads.is_batch_due(fetcher.monotonic_ms(), idle)
            && self.threads.commit(self.writer, fetcher)?;
        Ok(match idle {
            true if wrote => Turn::Again,
            true if self.windows.is_empty() && self.threads.is_empty() => Turn::Done,
            _ => Turn::Wait,
        })
    }
}

impl Reading<'_, '_> {
    fn page_is_next(&self, now: u64) -> bool {
        let Some(high) = self.windows.next_high(now) else { return false };
        let newer_than_queued = self.threads.newest().is_none_or(|newest| newest < high);
        self.threads.queued() < ENOUGH_QUEUED || newer_than_queued
    }

    fn count(&self, fetcher: &Fetcher<'_>) -> Option<HttpRequest> {
        let (low, high) = self.windows.bounds()?;
        Some(fetcher.api.search(&Search { low, high, per_page: 1, cursor: None }))
    }
}
