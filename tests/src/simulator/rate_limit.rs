//! Intercom's rate limit: a number of calls in each window of ten seconds.

use std::sync::Mutex;
use std::sync::PoisonError;

use super::model::Seconds;

/// Seconds of a window; all windows start at multiples of it.
pub const WINDOW: Seconds = 10;

/// Counts calls in the current window.
#[derive(Debug)]
pub struct RateLimit {
    /// `None` sends no rate headers and limits nothing.
    limit: Option<u32>,
    /// Calls that other apps of the workspace spend in each window, evenly over its time.
    others: u32,
    current: Mutex<Window>,
}

#[derive(Debug, Default)]
struct Window {
    start: Seconds,
    used: u32,
}

/// What the rate headers of one answer say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub allowed: bool,
    pub limit: u32,
    pub remaining: u32,
    /// Unix seconds at which the next window starts.
    pub reset: Seconds,
}

impl RateLimit {
    pub fn new(limit: Option<u32>, others: u32) -> Self {
        Self { limit, others, current: Mutex::default() }
    }

    /// Counts one call at `now_ms`. `None` when nothing is limited.
    pub fn take(&self, now_ms: i64) -> Option<Verdict> {
        let limit = self.limit?;
        let now = now_ms.div_euclid(1_000);
        let start = now - now.rem_euclid(WINDOW);
        let mut window = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if window.start != start {
            *window = Window { start, used: 0 };
        }
        let elapsed = now_ms - start * 1_000;
        let others = (i64::from(self.others) * elapsed / (WINDOW * 1_000)) as u32;
        let allowed = window.used + others < limit;
        if allowed {
            window.used += 1;
        }
        let remaining = limit.saturating_sub(window.used + others);
        Some(Verdict { allowed, limit, remaining, reset: start + WINDOW })
    }

    /// What a 429 says about the window at `now_ms`, for a storm of them without a limit, too.
    pub fn exhausted(&self, now_ms: i64) -> Verdict {
        let now = now_ms.div_euclid(1_000);
        let reset = now - now.rem_euclid(WINDOW) + WINDOW;
        Verdict { allowed: false, limit: self.limit.unwrap_or(167), remaining: 0, reset }
    }

    /// Uses up the rest of the current window, as another app's burst would.
    pub fn exhaust(&self, now_ms: i64) {
        if let Some(limit) = self.limit {
            let now = now_ms.div_euclid(1_000);
            let mut window = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            *window = Window { start: now - now.rem_euclid(WINDOW), used: limit };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_allows_its_limit_and_the_next_one_starts_afresh() {
        let limit = RateLimit::new(Some(3), 0);
        let taken: Vec<_> = (0..4).filter_map(|i| limit.take(1_778_146_881_000 + i)).collect();
        assert_eq!(taken.iter().map(|v| v.allowed).collect::<Vec<_>>(), [true, true, true, false]);
        assert_eq!(taken.iter().map(|v| v.remaining).collect::<Vec<_>>(), [2, 1, 0, 0]);
        assert_eq!(taken[3].reset, 1_778_146_890);
        assert!(limit.take(1_778_146_890_000).is_some_and(|v| v.allowed && v.remaining == 2));
    }

    #[test]
    fn other_apps_use_up_the_window_as_time_passes() {
        let limit = RateLimit::new(Some(10), 10);
        assert_eq!(limit.take(1_778_146_880_000).map(|v| v.remaining), Some(9));
        assert_eq!(limit.take(1_778_146_885_000).map(|v| v.remaining), Some(3));
        assert_eq!(limit.take(1_778_146_889_999).map(|v| v.allowed), Some(false));
    }
}
