//! How hard to try, and how many requests at once.

use crate::intercom::request::LARGEST_PAGE;

/// The size of a page, and how often and how long failed requests are tried again.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Pause after a first failure, in milliseconds; it doubles with each further one.
    pub first_pause_ms: u64,
    /// The longest pause.
    pub longest_pause_ms: u64,
    /// How often one page, or one other question, may fail in a row.
    pub attempts: u32,
    /// How often a single thread may fail before it is left for a later run.
    pub thread_attempts: u32,
    /// Conversations a page of the search holds at most.
    pub largest_page: u32,
}

impl Default for Pace {
    /// A page is given up after about half a minute of failures.
    fn default() -> Self {
        Self {
            first_pause_ms: 500,
            longest_pause_ms: 8000,
            attempts: 8,
            thread_attempts: 3,
            largest_page: LARGEST_PAGE,
        }
    }
}

impl Pace {
    /// The pause after so many failures in a row (1 is the first).
    pub(super) fn pause_ms(&self, failures: u32) -> u64 {
        let doubled = self.first_pause_ms.saturating_mul(1 << failures.saturating_sub(1).min(20));
        doubled.min(self.longest_pause_ms)
    }
}

/// A run begins with so many requests at once.
const FIRST: usize = 20;
/// Fewer are never taken for enough.
const FEWEST_NEEDED: usize = 8;
/// So many times as many as the limit could feed at the usual time of an answer: what is not used
/// at the begin of a window cannot be made up for at its end.
const HEADROOM: f64 = 1.5;
/// Once there was trouble, successes after which one more request at once is tried again.
const SUCCESSES_A_STEP: u32 = 20;
/// One failure in so many requests is bad luck, and is only tried again.
const BAD_LUCK: u32 = 10;
/// So many failures beyond that say that the server is busy or broken.
const FAILURES_A_HALVING: u32 = 3;

/// How many requests may be in flight: ever more while answers come as quickly as before, half as
/// many when more than one in ten fails, and slowly more again.
#[derive(Debug)]
pub(super) struct Concurrency {
    most: usize,
    now: usize,
    successes: u32,
    /// There was no trouble yet: it grows by one with each success.
    untroubled: bool,
    /// Tenths of failures that successes have not made up for.
    debt: u32,
}

impl Concurrency {
    pub(super) fn new(most: u32) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX).max(1);
        Self { most, now: most.min(FIRST), successes: 0, untroubled: true, debt: 0 }
    }

    /// How many may be in flight where answers usually take so long and the limit leaves so many
    /// calls a second to us; more would only wait for the limit.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is too large for it is cut off, and nothing is negative"
    )]
    pub(super) fn limit(&self, usual_ms: Option<f64>, share_per_second: Option<f64>) -> usize {
        let needed = usual_ms.zip(share_per_second).map_or(usize::MAX, |(usual_ms, share)| {
            // Little's law: the number in flight is the rate by the time that each takes.
            (share * usual_ms / 1000.0 * HEADROOM).ceil() as usize
        });
        self.now.min(needed.max(FEWEST_NEEDED))
    }

    /// A useful answer; `may_grow` unless more at once would not help.
    pub(super) fn success(&mut self, may_grow: bool) {
        self.debt = self.debt.saturating_sub(1);
        self.successes += 1;
        let a_step = if self.untroubled { 1 } else { SUCCESSES_A_STEP };
        if self.successes >= a_step {
            self.successes = 0;
            self.now = (self.now + usize::from(may_grow)).min(self.most);
        }
    }

    /// A request failed.
    pub(super) fn failure(&mut self) {
        self.debt += BAD_LUCK;
        if self.debt >= FAILURES_A_HALVING * BAD_LUCK {
            self.debt = 0;
            self.successes = 0;
            self.untroubled = false;
            self.now = (self.now / 2).max(1);
        }
    }

    /// Answers take far longer than they did: no more at once than a run begins with.
    pub(super) fn relax(&mut self) {
        if self.now > FIRST {
            self.untroubled = false;
            self.successes = 0;
            self.now = (self.now * 3 / 4).max(FIRST);
        }
    }
}

/// Over so long a stretch a run that the rate limit holds back must get somewhere.
const STRETCH_MS: u64 = 600_000;
/// It does with two answers in each window of ten seconds, which is how Intercom counts.
const FEWEST_ANSWERS: u64 = 120;

/// Whether the rate limit lets a run get anywhere. Where each window has room for a single call, no
/// wait is long, and yet ten thousand conversations would take a day.
#[derive(Debug, Default)]
pub(super) struct HeldBack {
    /// When the stretch began, and how many answers there had been then.
    since_ms: u64,
    answers: u64,
    waited_ms: u64,
    /// When the last wait began, and how long it was to be.
    wait: Option<(u64, u64)>,
}

impl HeldBack {
    pub(super) fn beginning_at(now_ms: u64) -> Self {
        Self { since_ms: now_ms, ..Self::default() }
    }

    /// Takes note of how long the next call has to wait, `answers` being how many there were that
    /// are no refusals. Returns how many a stretch had, when most of it was waiting and these were
    /// too few.
    pub(super) fn note(&mut self, now_ms: u64, wait_ms: u64, answers: u64) -> Option<u64> {
        if let Some((from, wait)) = self.wait.take() {
            self.waited_ms += now_ms.saturating_sub(from).min(wait);
        }
        self.wait = (wait_ms > 0).then_some((now_ms, wait_ms));
        let long = now_ms.saturating_sub(self.since_ms);
        if long < STRETCH_MS {
            return None;
        }
        let got = answers.saturating_sub(self.answers);
        let waiting = self.waited_ms > long / 5 * 4;
        *self = Self { since_ms: now_ms, answers, waited_ms: 0, wait: self.wait };
        (waiting && got < FEWEST_ANSWERS).then_some(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(concurrency: &mut Concurrency, failures: u32, successes: u32) -> usize {
        (0..failures).for_each(|_| concurrency.failure());
        (0..successes).for_each(|_| concurrency.success(true));
        concurrency.now
    }

    #[test]
    fn it_grows_while_answers_come_and_no_further_than_is_needed() {
        let mut concurrency = Concurrency::new(60);
        assert_eq!(concurrency.limit(None, None), 20);
        assert_eq!(after(&mut concurrency, 0, 15), 35, "twice as many with each round");
        concurrency.success(false);
        assert_eq!(after(&mut concurrency, 0, 100), 60);
        assert_eq!(concurrency.limit(Some(200.0), Some(150.0)), 45);
        assert_eq!(concurrency.limit(Some(200.0), Some(15.0)), 8);
        assert_eq!(concurrency.limit(Some(2000.0), Some(150.0)), 60);
        assert_eq!(Concurrency::new(5).limit(Some(200.0), Some(150.0)), 5);
    }

    #[test]
    fn more_than_one_failure_in_ten_halves_it_and_success_restores_it() {
        let mut concurrency = Concurrency::new(60);
        after(&mut concurrency, 0, 60);
        for _ in 0..100 {
            assert_eq!(after(&mut concurrency, 1, 10), 60, "one in eleven is bad luck");
        }
        for _ in 0..40 {
            after(&mut concurrency, 1, 4);
        }
        assert!(concurrency.now <= 4, "{}", concurrency.now);
        assert_eq!(after(&mut concurrency, 6, 0), 1);
        assert_eq!(after(&mut concurrency, 0, SUCCESSES_A_STEP * 60), 60);
    }

    #[test]
    fn slow_answers_take_back_what_was_added_and_no_more() {
        let mut concurrency = Concurrency::new(60);
        after(&mut concurrency, 0, 60);
        concurrency.relax();
        assert_eq!(concurrency.now, 45);
        (0..20).for_each(|_| concurrency.relax());
        assert_eq!(concurrency.now, 20);
    }

    #[test]
    fn pauses_double_up_to_a_bound() {
        let pace = Pace::default();
        let pauses: Vec<u64> = (1..7).map(|failures| pace.pause_ms(failures)).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 8000]);
    }
}
