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
