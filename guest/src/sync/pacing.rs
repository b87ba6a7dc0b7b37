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

/// Successes after which one more request at once is tried again.
const SUCCESSES_A_STEP: u32 = 20;

/// How many requests may be in flight: as many as allowed while all goes well, half as many after
/// each sign of trouble, and slowly more again.
#[derive(Debug)]
pub(super) struct Concurrency {
    most: usize,
    now: usize,
    successes: u32,
}

impl Concurrency {
    pub(super) fn new(most: u32) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX).max(1);
        Self { most, now: most, successes: 0 }
    }

    pub(super) fn limit(&self) -> usize {
        self.now
    }

    pub(super) fn success(&mut self) {
        self.successes += 1;
        if self.successes >= SUCCESSES_A_STEP {
            self.successes = 0;
            self.now = (self.now + 1).min(self.most);
        }
    }

    /// The server is slow or broken.
    pub(super) fn trouble(&mut self) {
        self.successes = 0;
        self.now = (self.now / 2).max(1);
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

    #[test]
    fn trouble_halves_and_success_restores() {
        let mut concurrency = Concurrency::new(15);
        concurrency.trouble();
        concurrency.trouble();
        assert_eq!(concurrency.limit(), 3);
        for _ in 0..SUCCESSES_A_STEP * 20 {
            concurrency.success();
        }
        assert_eq!(concurrency.limit(), 15);
    }

    #[test]
    fn pauses_double_up_to_a_bound() {
        let pace = Pace::default();
        let pauses: Vec<u64> = (1..7).map(|failures| pace.pause_ms(failures)).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 8000]);
    }
}
