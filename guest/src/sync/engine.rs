//! What all steps of a run share: the outside world, the counts, and single questions.

use std::rc::Rc;

use serde_json::Value;

use super::SyncError;
use super::erased;
use super::failure::{Failure, fatal, held_back, stopped};
use super::pacing::HeldBack;
use super::run::SyncEnvironment;
use crate::environment::{HttpError, HttpRequest, HttpResponse, LogLevel, ProgressUpdate, Ticket};
use crate::error::StoreResult;
use crate::intercom::answer;
use crate::intercom::error::ApiError;
use crate::intercom::limits::RateLimits;
use crate::intercom::request::Api;
use crate::store::erasure::BlockList;
use crate::store::future::SLACK;
use crate::store::sync_state::{Fact, set_fact};
use crate::store::{Store, hydration_queue};
use crate::time::UnixSeconds;

/// Longest wait before the host's wish to stop is looked at again.
pub(super) const ATTENTION_MS: u64 = 100;
/// Progress is reported at most so often.
const REPORT_EVERY_MS: u64 = 200;
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

pub(super) struct Engine<'a> {
    pub store: &'a mut Store,
    pub outside: SyncEnvironment<'a>,
    pub api: Api,
    pub limits: RateLimits,
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
        let held_back = HeldBack::beginning_at(outside.clock.monotonic_ms());
        Self {
            store,
            outside,
            api,
            limits: RateLimits::default(),
            tally: Tally::default(),
            sync_id,
            phase: "asking Intercom".to_owned(),
            expected: None,
            erased,
            reported_ms: None,
            held_back_ms: None,
            held_back,
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
        self.outside.http.send(request)
    }

    /// Takes note of an answer's headers and reads its body.
    pub(super) fn receive(&mut self, result: Result<HttpResponse, HttpError>) -> Result<Value, ApiError> {
        let now_ms = self.monotonic_ms();
        if let Ok(response) = &result {
            self.limits.note(response, now_ms);
        }
        let read = answer::read(result);
        if let Err(ApiError::RateLimited { retry_after }) = read {
            self.tally.rate_limited += 1;
            self.limits.note_refusal(retry_after, now_ms);
        }
        read.map(|mut answer| {
            erased::blank(&mut answer, &self.erased);
            answer
        })
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
            let result = loop {
                self.check_stop()?;
                match self.outside.http.wait(ATTENTION_MS) {
                    Some((ended, result)) if ended == ticket => break result,
                    // An answer to something that was given up.
                    Some(_) | None => {}
                }
            };
            let error = match self.receive(result).and_then(&read) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            failures += 1;
            if !error.is_temporary() || failures >= pace.attempts {
                return Err(Failure::Api(error));
            }
            if !matches!(error, ApiError::RateLimited { .. }) {
                self.sleep(pace.pause_ms(failures))?;
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
            let wait = self.limit_ms(self.outside.http.in_flight())?;
            if wait == 0 {
                return Ok(());
            }
            self.sleep(wait)?;
        }
    }

    /// How long the rate limit keeps the next request waiting while so many are in flight. A long
    /// wait is noted for those who ask why the cache is not complete yet.
    ///
    /// # Errors
    /// When it left next to no answers for ten minutes: what is read then is not worth the waiting.
    pub(super) fn limit_ms(&mut self, in_flight: usize) -> Result<u64, SyncError> {
        let now = self.monotonic_ms();
        let wait = self.limits.wait_ms(in_flight, now);
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
    pub(super) fn sleep(&mut self, milliseconds: u64) -> Result<(), SyncError> {
        let until = self.monotonic_ms().saturating_add(milliseconds);
        loop {
            self.check_stop()?;
            let left = until.saturating_sub(self.monotonic_ms());
            if left == 0 {
                return Ok(());
            }
            // Answers that come meanwhile belong to what was given up.
            let _ = self.outside.http.wait(left.min(ATTENTION_MS));
        }
    }

    /// Lets so many requests end whose answers are no longer wanted.
    pub(super) fn drain(&mut self, mut requests: usize) -> Result<(), SyncError> {
        while requests > 0 {
            self.check_stop()?;
            if let Some((_, result)) = self.outside.http.wait(ATTENTION_MS) {
                requests -= 1;
                let _ = self.receive(result);
            }
        }
        Ok(())
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
        let unlisted = self.expected.unwrap_or(0).saturating_sub(self.tally.listed);
        self.outside.progress.report(&ProgressUpdate {
            phase: self.phase.clone(),
            done,
            total: Some(done + waiting + unlisted),
            messages: self.tally.messages,
            waiting,
        });
        Ok(())
    }
}
