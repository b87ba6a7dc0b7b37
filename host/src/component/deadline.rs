//! How long a call may take, with waiting for others not counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A stopwatch with a limit, shared by the call, the host functions it waits in, and the watcher
/// that ends it.
///
/// For a tool call the limit is a deadline: [`Deadline::pause`] stops the watch while the guest
/// waits for a sync. For a sync it is a watchdog: every sign of progress restarts it. A tool
/// call's progress does not: otherwise a loop that reports some would never be ended.
#[derive(Debug)]
pub struct Deadline {
    origin: Instant,
    limit: Duration,
    restarts: bool,
    /// Milliseconds after `origin` from which the limit counts.
    started: AtomicU64,
    /// Milliseconds after `origin` at which a pause began, plus one; 0: not paused.
    paused: AtomicU64,
    /// Milliseconds that pauses have taken so far.
    waited: AtomicU64,
}

/// How long a call may wait for syncs in all before its watch goes on: a tool waits under a
/// minute, so this is only reached by a component that never stops waiting.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);

impl Deadline {
    /// So much time in all.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self {
            origin: Instant::now(),
            limit,
            restarts: false,
            started: AtomicU64::new(0),
            paused: AtomicU64::new(0),
            waited: AtomicU64::new(0),
        }
    }

    /// So much time between two signs of progress.
    #[must_use]
    pub fn watchdog(limit: Duration) -> Self {
        Self { restarts: true, ..Self::new(limit) }
    }

    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// The call begins: the limit counts from now on.
    pub fn start(&self) {
        self.started.store(self.now(), Ordering::Relaxed);
    }

    /// A sign of progress, which only a watchdog heeds.
    pub fn progress(&self) {
        if self.restarts {
            self.start();
        }
    }

    /// Stops the watch until the guard is dropped. A watchdog does not stop.
    pub fn pause(&self) -> Pause<'_> {
        if !self.restarts {
            self.paused.store(self.now() + 1, Ordering::Relaxed);
        }
        Pause(self)
    }

    /// Resolves when the limit is reached.
    pub async fn expired(&self) {
        loop {
            match self.remaining() {
                None => tokio::time::sleep(Duration::from_millis(100)).await,
                Some(Duration::ZERO) => return,
                Some(left) => tokio::time::sleep(left).await,
            }
        }
    }

    /// What is left; `None` while paused.
    fn remaining(&self) -> Option<Duration> {
        let paused = self.paused.load(Ordering::Relaxed);
        if paused != 0 {
            let waited = self.waited.load(Ordering::Relaxed) + self.now().saturating_sub(paused - 1);
            let over = Duration::from_millis(waited) > LONGEST_WAIT;
            return if over { Some(Duration::ZERO) } else { None };
        }
        let used = self.now().saturating_sub(self.started.load(Ordering::Relaxed));
        Some(self.limit.saturating_sub(Duration::from_millis(used)))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX / 2)
    }
}

/// While it lives, the deadline does not count.
#[derive(Debug)]
pub struct Pause<'a>(&'a Deadline);

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        let paused = self.0.paused.swap(0, Ordering::Relaxed);
        if paused == 0 {
            return;
        }
        let waited = self.0.now().saturating_sub(paused - 1);
        self.0.started.fetch_add(waited, Ordering::Relaxed);
        self.0.waited.fetch_add(waited, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_watchdog_heeds_progress() {
        for (deadline, left) in [
            (Deadline::new(Duration::from_millis(50)), false),
            (Deadline::watchdog(Duration::from_millis(50)), true),
        ] {
            std::thread::sleep(Duration::from_millis(60));
            deadline.progress();
            assert_eq!(deadline.remaining().is_some_and(|remaining| !remaining.is_zero()), left);
        }
    }

    #[test]
    fn waiting_has_an_end_too() {
        let deadline = Deadline::new(Duration::from_secs(5));
        deadline.waited.store(600_000, Ordering::Relaxed);
        let _pause = deadline.pause();
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(deadline.remaining(), Some(Duration::ZERO));
    }

    #[tokio::test]
    async fn a_pause_is_not_charged() {
        let deadline = Deadline::new(Duration::from_millis(200));
        {
            let _pause = deadline.pause();
            std::thread::sleep(Duration::from_millis(250));
        }
        assert!(deadline.remaining().is_some_and(|left| left > Duration::from_millis(100)));
        deadline.expired().await;
        assert_eq!(deadline.remaining(), Some(Duration::ZERO));
    }
}
