//! What all steps of a run share: the outside world, the counts, and single questions.

use std::rc::Rc;

use serde_json::Value;

use super::SyncError;
use super::erased;
use super::failure::{Failure, fatal, held_back, stopped};
use super::flights::{Ended, Flights};
use super::pacing::Concurrency;
use super::pacing::HeldBack;
use super::run::SyncEnvironment;
use super::waits::{Cause, Waits};
use crate::environment::{HttpError, HttpRequest, HttpResponse, LogLevel, ProgressUpdate, Ticket};
use crate::error::StoreResult;
use crate::intercom::answer;
use crate::intercom::error::ApiError;
use crate::intercom::limits::RateLimits;
use crate::intercom::request::Api;
use crate::store::erasure::BlockList;
use crate::store::future::SLACK;
use crate::store::sync_state::{Fact, RunTimes, clear_fact, set_fact, set_run_times};
use crate::store::{Store, hydration_queue};
use crate::time::UnixSeconds;

/// Longest wait before the host's wish to stop is looked at again.
pub(super) const ATTENTION_MS: u64 = 100;
/// Progress is reported at most so often.
const REPORT_EVERY_MS: u64 = 200;
/// While the rate limit was waited for within this time, more requests at once would not help.
const LIMITED_MS: u64 = 10_000;
/// A server that is busy is given time to recover before it is judged again.
const RELAX_EVERY_MS: u64 = 2000;
/// A wait for the rate limit from which on a run is held back by it, and how often that is noted.
const HELD_BACK_MS: u64 = 1000;
const HELD_BACK_EVERY_MS: u64 = 5000;

/// What a run did so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub api_calls: u64,
    pub rate_limited: u64,
    /// Rows that lists showed, in range.
    pub listed: u64,
    pub hydrated: u64,
    pub unchanged: u64,
    pub deleted: u64,
    pub messages: u64,
}

/// Where the time went, and when the end is expected.
pub(super) struct Standing {
    pub times: RunTimes,
    pub expected_end: Option<UnixSeconds>,
}

impl Standing {
    pub(super) fn write(&self, connection: &rusqlite::Connection) -> StoreResult<()> {
        set_run_times(connection, self.times)?;
        match self.expected_end {
            Some(at) => set_fact(connection, Fact::ExpectedEndAt, at),
            None => clear_fact(connection, Fact::ExpectedEndAt),
        }
    }
}

pub(super) struct Engine<'a> {
    pub store: &'a mut Store,
    pub outside: SyncEnvironment<'a>,
    pub api: Api,
    pub limits: RateLimits,
    concurrency: Concurrency,
    flights: Flights,
    waits: Waits,
    /// When the rate limit was last waited for, and when a busy server was last spared.
    limited_ms: Option<u64>,
    relaxed_ms: u64,
    pub tally: Tally,
    pub sync_id: i64,
    pub phase: String,
    /// Rows that the run's lists will show in all, when that was asked.
    pub expected: Option<u64>,
    /// Who was erased.
    pub erased: Rc<BlockList>,
    reported_ms: Option<u64>,
    held_back_ms: Option<u64>,
    held_back: HeldBack,
}

impl<'a> Engine<'a> {
    pub(super) fn new(
        store: &'a mut Store,
        outside: SyncEnvironment<'a>,
        sync_id: i64,
        erased: Rc<BlockList>,
    ) -> Self {
        let api = Api::new(&outside.settings.base_url, &outside.settings.api_version);
        let now_ms = outside.clock.monotonic_ms();
        let concurrency = Concurrency::new(outside.settings.max_in_flight);
        Self {
            store,
            outside,
            api,
            limits: RateLimits::default(),
            concurrency,
            flights: Flights::default(),
            waits: Waits::beginning_at(now_ms),
            limited_ms: None,
            relaxed_ms: 0,
            tally: Tally::default(),
            sync_id,
            phase: "asking Intercom".to_owned(),
            expected: None,
            erased,
            reported_ms: None,
            held_back_ms: None,
            held_back: HeldBack::beginning_at(now_ms),
        }
    }

    /// Our clock's time, for what is written about ourselves.
    pub(super) fn now(&self) -> UnixSeconds {
        self.outside.clock.now()
    }

    pub(super) fn monotonic_ms(&self) -> u64 {
        self.outside.clock.monotonic_ms()
    }

    /// Intercom's time, for everything compared with its times. Where it is further ahead than two
    /// honest clocks differ, ours counts: what is read up to a moment to come would keep out what
    /// is written until then.
    pub(super) fn server_now(&self) -> UnixSeconds {
        let ours = self.now();
        self.limits.server_now(self.monotonic_ms()).map_or(ours, |theirs| theirs.min(ours.plus(SLACK)))
    }

    /// How many seconds Intercom's clock is ahead of ours.
    pub(super) fn clocks_differ_by(&self) -> i64 {
        self.limits.server_now(self.monotonic_ms()).map_or(0, |theirs| theirs.since(self.now()))
    }

    pub(super) fn log(&self, level: LogLevel, message: &str) {
        self.outside.log.write(level, message);
    }

    /// Runs a write in a transaction of its own. No request is waited for meanwhile.
    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> StoreResult<T>,
    ) -> Result<T, SyncError> {
        let transaction = self
            .store
            .connection_mut()
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    pub(super) fn check_stop(&self) -> Result<(), SyncError> {
        if self.outside.progress.should_stop() { Err(stopped()) } else { Ok(()) }
    }

    pub(super) fn send(&mut self, request: HttpRequest) -> Ticket {
        self.tally.api_calls += 1;
        let ticket = self.outside.http.send(request.clone());
        self.flights.sent(ticket, request, self.monotonic_ms());
        ticket
    }

    /// Waits for the next answer to a question, at most so long, and reads its body. An overdue
    /// question is asked again meanwhile; `cause` is what else the wait is for.
    pub(super) fn next(
        &mut self,
        at_most_ms: u64,
        cause: Cause,
    ) -> Option<(Ticket, Result<Value, ApiError>)> {
        let from = self.monotonic_ms();
        self.ask_again(from);
        let ended = self.outside.http.wait(at_most_ms.min(ATTENTION_MS));
        let now = self.monotonic_ms();
        self.waits.add(cause, now.saturating_sub(from));
        let (ticket, reply) = ended?;
        if let Ok(response) = &reply {
            self.limits.note(response, now);
        }
        match self.flights.ended(ticket, reply, now) {
            Ended::Answer { question, reply, needless } => {
                needless.into_iter().for_each(|ticket| self.outside.http.cancel(ticket));
                Some((question, self.read(reply, now)))
            }
            Ended::Nothing => None,
        }
    }

    /// Repeats what is overdue, as far as the limit and the share of such requests allow.
    fn ask_again(&mut self, now: u64) {
        while let Some((question, request)) = self.flights.overdue(now) {
            if self.limits.wait_ms(self.flights.awaited(now), now) > 0 {
                return;
            }
            self.tally.api_calls += 1;
            let ticket = self.outside.http.send(request);
            self.flights.repeated(question, ticket, now);
        }
    }

    /// Reads an answer and takes note of what it says about the server.
    fn read(&mut self, reply: Result<HttpResponse, HttpError>, now: u64) -> Result<Value, ApiError> {
        let read = answer::read(reply);
        match &read {
            Err(ApiError::RateLimited { retry_after }) => {
                self.tally.rate_limited += 1;
                self.limits.note_refusal(*retry_after, now);
            }
            Err(error) if error.is_trouble() => {
                self.limits.note_success(now);
                self.concurrency.failure();
            }
            Ok(_) | Err(_) => {
                self.limits.note_success(now);
                self.note_ease(now);
            }
        }
        read.map(|mut answer| {
            erased::blank(&mut answer, &self.erased);
            answer
        })
    }

    /// A useful answer: more at once may be tried, unless the limit is what waits, or the server.
    fn note_ease(&mut self, now: u64) {
        let limited = self.limited_ms.is_some_and(|at| now.saturating_sub(at) < LIMITED_MS);
        let busy = self.flights.objects.is_busy();
        // The answer at hand was one of them. Where fewer were in flight, more were not needed.
        let full = self.flights.questions() + 1 >= self.most_in_flight();
        self.concurrency.success(full && !limited && !busy);
        if busy && now.saturating_sub(self.relaxed_ms) >= RELAX_EVERY_MS {
            self.relaxed_ms = now;
            self.concurrency.relax();
        }
    }

    /// How many questions may be open at once.
    pub(super) fn most_in_flight(&self) -> usize {
        self.concurrency.limit(self.flights.objects.usual_ms(), self.limits.share_per_second())
    }

    /// Asks one question and waits for its answer, trying again where that may help. Nothing else
    /// may be in flight.
    pub(super) fn ask<T>(
        &mut self,
        request: &HttpRequest,
        read: impl Fn(Value) -> Result<T, ApiError>,
    ) -> Result<T, Failure> {
        let pace = self.outside.pace;
        let mut failures = 0;
        loop {
            self.wait_for_limit()?;
            let ticket = self.send(request.clone());
            let answer = loop {
                self.check_stop()?;
                match self.next(ATTENTION_MS, Cause::Network) {
                    Some((question, answer)) if question == ticket => break answer,
                    // An answer to something that was given up.
                    Some(_) | None => {}
                }
            };
            let error = match answer.and_then(&read) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            failures += 1;
            if !error.is_temporary() || failures >= pace.attempts {
                return Err(Failure::Api(error));
            }
            if !matches!(error, ApiError::RateLimited { .. }) {
                self.sleep(pace.pause_ms(failures), Cause::Network)?;
            }
        }
    }

    /// Like [`Engine::ask`], for what the run cannot do without.
    pub(super) fn demand<T>(
        &mut self,
        request: &HttpRequest,
        read: impl Fn(Value) -> Result<T, ApiError>,
    ) -> Result<T, SyncError> {
        self.ask(request, read).map_err(|failure| match failure {
            Failure::Fatal(error) => error,
            Failure::Api(error) => fatal(&self.api, &error),
        })
    }

    pub(super) fn wait_for_limit(&mut self) -> Result<(), SyncError> {
        loop {
            let wait = self.limit_ms()?;
            if wait == 0 {
                return Ok(());
            }
            self.sleep(wait, Cause::Limit)?;
        }
    }

    /// How long the rate limit keeps the next request waiting. A long wait is noted for those who ask why the cache is not complete yet.
    ///
    /// # Errors
    /// When it left next to no answers for ten minutes: what is read then is not worth the waiting.
    pub(super) fn limit_ms(&mut self) -> Result<u64, SyncError> {
        let now = self.monotonic_ms();
        let wait = self.limits.wait_ms(self.flights.awaited(now), now);
        if wait > 0 {
            self.limited_ms = Some(now);
        }
        let answers = self.tally.api_calls.saturating_sub(self.tally.rate_limited);
        if let Some(answers) = self.held_back.note(now, wait, answers) {
            return Err(held_back(answers));
        }
        let noted = self.held_back_ms.is_some_and(|last| now.saturating_sub(last) < HELD_BACK_EVERY_MS);
        if wait >= HELD_BACK_MS && !noted {
            self.held_back_ms = Some(now);
            let at = self.now();
            self.write(|transaction| set_fact(transaction, Fact::HeldBackAt, at))?;
        }
        Ok(wait)
    }

    /// Sleeps with an ear for the host.
    pub(super) fn sleep(&mut self, milliseconds: u64, cause: Cause) -> Result<(), SyncError> {
        let until = self.monotonic_ms().saturating_add(milliseconds);
        loop {
            self.check_stop()?;
            let left = until.saturating_sub(self.monotonic_ms());
            if left == 0 {
                return Ok(());
            }
            // Answers that come meanwhile belong to what was given up.
            let _ = self.next(left, cause);
        }
    }

    /// Ends all requests: nobody wants their answers any more.
    pub(super) fn forget_all(&mut self) {
        self.flights.forget().into_iter().for_each(|ticket| self.outside.http.cancel(ticket));
    }

    /// How the run stands, for those who ask meanwhile.
    pub(super) fn standing(&self) -> Result<Standing, SyncError> {
        let waiting = hydration_queue::waiting(self.store.connection())?;
        let left = self.seconds_left(waiting);
        let expected_end = left.map(|seconds| self.now().plus(i64::from(seconds)));
        Ok(Standing { times: self.waits.times(self.monotonic_ms()), expected_end })
    }

    /// Rows that lists have yet to show, as far as that is known.
    fn unlisted(&self) -> u64 {
        self.expected.unwrap_or(0).saturating_sub(self.tally.listed)
    }

    fn seconds_left(&self, waiting: u64) -> Option<u32> {
        self.waits.seconds_left(waiting + self.unlisted(), self.limits.share_per_second())
    }

    /// Tells the host how far the run has come, at most every fifth of a second.
    pub(super) fn report(&mut self, force: bool) -> Result<(), SyncError> {
        let now = self.monotonic_ms();
        if !force && self.reported_ms.is_some_and(|last| now.saturating_sub(last) < REPORT_EVERY_MS) {
            return Ok(());
        }
        self.reported_ms = Some(now);
        let waiting = hydration_queue::waiting(self.store.connection())?;
        let done = self.tally.hydrated + self.tally.unchanged;
        let unlisted = self.unlisted();
        self.waits.note_done(now, done);
        self.outside.progress.report(&ProgressUpdate {
            phase: self.phase.clone(),
            done,
            total: Some(done + waiting + unlisted),
            messages: self.tally.messages,
            waiting,
            holder: self.waits.holder(),
            seconds_left: self.seconds_left(waiting),
        });
        Ok(())
    }
}
