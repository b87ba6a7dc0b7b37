//! Asking Intercom: one loop for everything that a run reads, several requests at once, in one thread.
//!
//! A [`Fetcher`] knows how many requests may be in flight, what the rate limit leaves, which answers
//! are overdue and whether the host wants an end. What is asked, and what becomes of an answer, is a
//! [`Source`]'s affair. No database is needed here.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use super::SyncError;
use super::erased;
use super::failure::{Failure, held_back, stopped};
use super::flights::{Ended, Flights};
use super::pacing::{Concurrency, HeldBack, Pace};
use super::waits::{Cause, Waits};
use crate::environment::{
    Clock, Holder, Http, HttpError, HttpRequest, HttpResponse, Progress, Settings, Ticket,
};
use crate::intercom::answer;
use crate::intercom::error::ApiError;
use crate::intercom::limits::RateLimits;
use crate::intercom::request::Api;
use crate::store::erasure::BlockList;
use crate::store::runs::facts::RunTimes;
use crate::store::runs::future::SLACK;
use crate::time::UnixSeconds;

/// Longest wait before the host's wish to stop is looked at again.
const ATTENTION_MS: u64 = 100;
/// While the rate limit was waited for within this time, more requests at once would not help.
const LIMITED_MS: u64 = 10_000;
/// A server that is busy is given time to recover before it is judged again.
const RELAX_EVERY_MS: u64 = 2000;
/// A wait for the rate limit from which on a run is held back by it, and how often that is noted.
const HELD_BACK_MS: u64 = 1000;
const HELD_BACK_EVERY_MS: u64 = 5000;
/// A run ends when for so long every call was answered 429.
const LONGEST_REFUSAL_MS: u64 = 300_000;

/// What a source wants to ask.
pub(super) enum Next<Job> {
    /// This, and what the answer is for.
    Ask(HttpRequest, Job),
    /// Nothing for so many milliseconds, unless an answer changes that.
    Nothing { for_ms: u64 },
}

impl<Job> Next<Job> {
    /// Nothing until an answer comes.
    pub(super) const NOTHING: Self = Self::Nothing { for_ms: ATTENTION_MS };
}

/// How the loop goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Waits for answers.
    Wait,
    /// There is more to ask at once.
    Again,
    /// Everything was asked and answered.
    Done,
}

/// Something of which a run reads many.
pub(super) trait Source {
    /// What a request in flight was for.
    type Job;

    /// Whether there may be a next question. Where there is none, nothing waits for the limit.
    fn may_ask(&self) -> bool {
        true
    }

    /// The next question. Called as long as more requests may be in flight and the limit allows.
    fn next(&mut self, fetcher: &mut Fetcher<'_>) -> Result<Next<Self::Job>, Failure>;

    /// Takes an answer.
    fn arrived(
        &mut self,
        fetcher: &mut Fetcher<'_>,
        job: Self::Job,
        answer: Result<Value, ApiError>,
    ) -> Result<(), Failure>;

    /// Called each time around, before answers are waited for: a moment to write and to report.
    /// `idle`: nothing is in flight.
    fn turn(&mut self, fetcher: &mut Fetcher<'_>, idle: bool) -> Result<Turn, Failure>;
}

pub(super) struct Fetcher<'a> {
    http: &'a mut dyn Http,
    clock: &'a dyn Clock,
    progress: &'a dyn Progress,
    pub pace: Pace,
    pub api: Api,
    /// Who was erased: every answer is blanked by it as it arrives.
    pub erased: Rc<BlockList>,
    limits: RateLimits,
    concurrency: Concurrency,
    flights: Flights,
    waits: Waits,
    held_back: HeldBack,
    /// When the rate limit was last waited for, and when a busy server was last spared.
    limited_ms: Option<u64>,
    relaxed_ms: u64,
    /// When a long wait for the limit was last noted, and whether one is still to be told.
    held_back_ms: Option<u64>,
    is_held_back: bool,
    /// Since when nothing but 429 came, and how many useful answers there had been.
    refused_since: Option<(u64, u64)>,
    /// Requests, and those that were answered 429.
    pub calls: u64,
    pub refusals: u64,
    /// Useful answers, as sources judge; tells a broken question from a broken network.
    pub useful: u64,
}

impl<'a> Fetcher<'a> {
    pub(super) fn new(
        settings: &Settings,
        http: &'a mut dyn Http,
        clock: &'a dyn Clock,
        progress: &'a dyn Progress,
        pace: Pace,
        erased: Rc<BlockList>,
    ) -> Self {
        let now_ms = clock.monotonic_ms();
        Self {
            http,
            clock,
            progress,
            pace,
            api: Api::new(&settings.base_url, &settings.api_version),
            erased,
            limits: RateLimits::default(),
            concurrency: Concurrency::new(settings.max_in_flight),
            flights: Flights::default(),
            waits: Waits::beginning_at(now_ms),
            held_back: HeldBack::beginning_at(now_ms),
            limited_ms: None,
            relaxed_ms: 0,
            held_back_ms: None,
            is_held_back: false,
            refused_since: None,
            calls: 0,
            refusals: 0,
            useful: 0,
        }
    }

    pub(super) fn monotonic_ms(&self) -> u64 {
        self.clock.monotonic_ms()
    }

    /// Intercom's time, once an answer has told it.
    pub(super) fn told_time(&self) -> Option<UnixSeconds> {
        self.limits.server_now(self.monotonic_ms())
    }

    /// Intercom's time, for everything compared with its times. Where it is further ahead than two
    /// honest clocks differ, ours counts: what is read up to a moment to come would keep out what
    /// is written until then.
    pub(super) fn server_now(&self) -> UnixSeconds {
        let ours = self.clock.now();
        self.told_time().map_or(ours, |theirs| theirs.min(ours.plus(SLACK)))
    }

    /// How many seconds Intercom's clock is ahead of ours.
    pub(super) fn clocks_differ_by(&self) -> i64 {
        self.told_time().map_or(0, |theirs| theirs.since(self.clock.now()))
    }

    /// Whether the host wants the run to end.
    pub(super) fn should_stop(&self) -> bool {
        self.progress.should_stop()
    }

    pub(super) fn check_stop(&self) -> Result<(), SyncError> {
        if self.should_stop() { Err(stopped()) } else { Ok(()) }
    }

    /// Asks everything that a source wants to know.
    ///
    /// # Errors
    /// The source's, the host's wish to stop, and a rate limit that lets the run get nowhere. No
    /// request is in flight afterwards.
    pub(super) fn fetch<Job>(&mut self, source: &mut dyn Source<Job = Job>) -> Result<(), Failure> {
        let result = self.go_round(source);
        self.flights.forget().into_iter().for_each(|ticket| self.http.cancel(ticket));
        result
    }

    fn go_round<Job>(&mut self, source: &mut dyn Source<Job = Job>) -> Result<(), Failure> {
        let mut jobs = HashMap::new();
        loop {
            self.check_stop()?;
            let (pause, cause) = self.send_what_may_be_sent(source, &mut jobs)?;
            match source.turn(self, jobs.is_empty())? {
                Turn::Done => return Ok(()),
                Turn::Again => {}
                Turn::Wait => {
                    // A ticket that is not among them belongs to a question that was given up.
                    if let Some((ticket, answer)) = self.wait(pause, cause)
                        && let Some(job) = jobs.remove(&ticket)
                    {
                        source.arrived(self, job, answer)?;
                    }
                }
            }
        }
    }

    /// Returns for how many milliseconds nothing more can be sent, and why.
    fn send_what_may_be_sent<Job>(
        &mut self,
        source: &mut dyn Source<Job = Job>,
        jobs: &mut HashMap<Ticket, Job>,
    ) -> Result<(u64, Cause), Failure> {
        loop {
            if !source.may_ask() || jobs.len() >= self.most_in_flight() {
                return Ok((ATTENTION_MS, Cause::Network));
            }
            let wait = self.limit_ms()?;
            if wait > 0 {
                return Ok((wait, Cause::Limit));
            }
            match source.next(self)? {
                Next::Ask(request, job) => _ = jobs.insert(self.send(request), job),
                Next::Nothing { for_ms } => return Ok((for_ms.max(1), Cause::Network)),
            }
        }
    }

    /// Asks one question and waits for its answer, trying again where that may help. `turn` is called
    /// each time around.
    pub(super) fn ask<T>(
        &mut self,
        request: &HttpRequest,
        read: impl Fn(Value) -> Result<T, ApiError>,
        mut turn: impl FnMut(&mut Fetcher<'_>) -> Result<(), SyncError>,
    ) -> Result<T, Failure> {
        let mut answer = None;
        let mut question = OneQuestion {
            request,
            read: &mut |value| {
                answer = Some(read(value)?);
                Ok(())
            },
            turn: &mut turn,
            failures: 0,
            due_ms: Some(0),
            is_answered: false,
        };
        self.fetch(&mut question)?;
        answer.ok_or_else(|| Failure::Fatal(stopped()))
    }

    fn send(&mut self, request: HttpRequest) -> Ticket {
        self.calls += 1;
        let ticket = self.http.send(request.clone());
        self.flights.sent(ticket, request, self.monotonic_ms());
        ticket
    }

    /// Waits for the next answer to a question, at most so long, and reads its body. An overdue
    /// question is asked again meanwhile; `cause` is what else the wait is for.
    fn wait(&mut self, at_most_ms: u64, cause: Cause) -> Option<(Ticket, Result<Value, ApiError>)> {
        let from = self.monotonic_ms();
        self.ask_again(from);
        let ended = self.http.wait(at_most_ms.min(ATTENTION_MS));
        let now = self.monotonic_ms();
        self.waits.add(cause, now.saturating_sub(from));
        let (ticket, reply) = ended?;
        if let Ok(response) = &reply {
            self.limits.note(response, now);
        }
        match self.flights.ended(ticket, reply, now) {
            Ended::Answer { question, reply, needless } => {
                needless.into_iter().for_each(|ticket| self.http.cancel(ticket));
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
            self.calls += 1;
            let ticket = self.http.send(request);
            self.flights.repeated(question, ticket, now);
        }
    }

    /// Reads an answer and takes note of what it says about the server.
    fn read(&mut self, reply: Result<HttpResponse, HttpError>, now: u64) -> Result<Value, ApiError> {
        let read = answer::read(reply);
        match &read {
            Err(ApiError::RateLimited { retry_after }) => {
                self.refusals += 1;
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
    fn most_in_flight(&self) -> usize {
        self.concurrency.limit(self.flights.objects.usual_ms(), self.limits.share_per_second())
    }

    /// How long the rate limit keeps the next request waiting.
    ///
    /// # Errors
    /// When it left next to no answers for ten minutes: what is read then is not worth the waiting.
    fn limit_ms(&mut self) -> Result<u64, SyncError> {
        let now = self.monotonic_ms();
        let wait = self.limits.wait_ms(self.flights.awaited(now), now);
        if wait > 0 {
            self.limited_ms = Some(now);
        }
        let answers = self.calls.saturating_sub(self.refusals);
        if let Some(answers) = self.held_back.note(now, wait, answers) {
            return Err(held_back(answers));
        }
        let noted = self.held_back_ms.is_some_and(|last| now.saturating_sub(last) < HELD_BACK_EVERY_MS);
        if wait >= HELD_BACK_MS && !noted {
            self.held_back_ms = Some(now);
            self.is_held_back = true;
        }
        Ok(wait)
    }

    /// Whether the rate limit began a long wait since this was last asked.
    pub(super) fn take_held_back(&mut self) -> bool {
        std::mem::take(&mut self.is_held_back)
    }

    /// Bounds how long a run goes on while every call is refused.
    pub(super) fn refused(&mut self) -> Result<(), Failure> {
        let now = self.monotonic_ms();
        match self.refused_since {
            Some((since, useful)) if useful == self.useful => {
                if now.saturating_sub(since) > LONGEST_REFUSAL_MS {
                    return Err(Failure::Api(ApiError::RateLimited { retry_after: None }));
                }
            }
            _ => self.refused_since = Some((now, self.useful)),
        }
        Ok(())
    }

    /// Where the time went so far.
    pub(super) fn times(&self) -> RunTimes {
        self.waits.times(self.monotonic_ms())
    }

    /// Notes how many conversations are done.
    pub(super) fn note_done(&mut self, done: u64) {
        self.waits.note_done(self.monotonic_ms(), done);
    }

    /// What held the run up in the last seconds.
    pub(super) fn holder(&self) -> Option<Holder> {
        self.waits.holder()
    }

    /// Seconds until so many more are done.
    pub(super) fn seconds_left(&self, left: u64) -> Option<u32> {
        self.waits.seconds_left(left, self.limits.share_per_second())
    }
}

/// A single question is a source, too. What differs by the question is behind pointers, so that the
/// loop is compiled once for all of them.
struct OneQuestion<'r> {
    request: &'r HttpRequest,
    read: &'r mut dyn FnMut(Value) -> Result<(), ApiError>,
    turn: &'r mut dyn FnMut(&mut Fetcher<'_>) -> Result<(), SyncError>,
    failures: u32,
    /// When it is to be asked; none while it is in flight.
    due_ms: Option<u64>,
    is_answered: bool,
}

impl Source for OneQuestion<'_> {
    type Job = ();

    fn may_ask(&self) -> bool {
        self.due_ms.is_some()
    }

    fn next(&mut self, fetcher: &mut Fetcher<'_>) -> Result<Next<()>, Failure> {
        let Some(due) = self.due_ms else { return Ok(Next::NOTHING) };
        let for_ms = due.saturating_sub(fetcher.monotonic_ms());
        if for_ms > 0 {
            return Ok(Next::Nothing { for_ms });
        }
        self.due_ms = None;
        Ok(Next::Ask(self.request.clone(), ()))
    }

    fn arrived(
        &mut self,
        fetcher: &mut Fetcher<'_>,
        (): (),
        answer: Result<Value, ApiError>,
    ) -> Result<(), Failure> {
        let Err(error) = answer.and_then(&mut self.read) else {
            self.is_answered = true;
            return Ok(());
        };
        self.failures += 1;
        if !error.is_temporary() || self.failures >= fetcher.pace.attempts {
            return Err(Failure::Api(error));
        }
        let pause = match error {
            ApiError::RateLimited { .. } => 0,
            _ => fetcher.pace.pause_ms(self.failures),
        };
        self.due_ms = Some(fetcher.monotonic_ms() + pause);
        Ok(())
    }

    fn turn(&mut self, fetcher: &mut Fetcher<'_>, _idle: bool) -> Result<Turn, Failure> {
        if self.is_answered {
            return Ok(Turn::Done);
        }
        (self.turn)(fetcher)?;
        Ok(Turn::Wait)
    }
}
