//! The simulated workspace's clock, which tests can set and advance.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::model::Seconds;

/// Runs with the real time, shifted by an offset, or stands still until it is advanced.
#[derive(Debug)]
pub struct Clock {
    /// Milliseconds: an offset to the real time, or the time itself when the clock is frozen.
    value: AtomicI64,
    frozen: bool,
}

impl Clock {
    pub fn real() -> Self {
        Self { value: AtomicI64::new(0), frozen: false }
    }

    /// Starts at `now` and runs on.
    pub fn starting_at(now: Seconds) -> Self {
        Self { value: AtomicI64::new(now * 1_000 - real_millis()), frozen: false }
    }

    /// Stands at `now`.
    pub fn frozen_at(now: Seconds) -> Self {
        Self { value: AtomicI64::new(now * 1_000), frozen: true }
    }

    /// Unix time in milliseconds.
    pub fn millis(&self) -> i64 {
        let value = self.value.load(Ordering::Relaxed);
        if self.frozen { value } else { real_millis() + value }
    }

    pub fn seconds(&self) -> Seconds {
        self.millis().div_euclid(1_000)
    }

    pub fn advance(&self, seconds: Seconds) {
        self.value.fetch_add(seconds * 1_000, Ordering::Relaxed);
    }
}

fn real_millis() -> i64 {
    // A machine whose clock is before 1970 is not worth a failure path in a simulator.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}
