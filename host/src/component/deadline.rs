//! How long a call may take, with waiting for others not counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A stopwatch with a limit, shared by the call, the host functions it waits in, and the watcher
/// that ends it.
///
/// For a tool call the limit is a deadline: [`Deadline::pause`] stops the watch while the guest
/// waits for a sync. For a sync it is a watchdog: every sign of progress [`Deadline::touch`]es it.
#[derive(Debug)]
pub struct Deadline {
    origin: Instant,
    limit: Duration,
    /// Milliseconds after `origin` from which the limit counts.
    started: AtomicU64,
    /// Milliseconds after `origin` at which a pause began, plus one; 0: not paused.
    paused: AtomicU64,
}

impl Deadline {
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self { origin: Instant::now(), limit, started: AtomicU64::new(0), paused: AtomicU64::new(0) }
    }

    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// The limit counts from now on.
    pub fn touch(&self) {
        self.started.store(self.now(), Ordering::Relaxed);
    }

    /// Stops the watch until the guard is dropped.
    pub fn pause(&self) -> Pause<'_> {
        self.paused.store(self.now() + 1, Ordering::Relaxed);
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
        if self.paused.load(Ordering::Relaxed) != 0 {
            return None;
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
        let began = self.0.paused.swap(0, Ordering::Relaxed).saturating_sub(1);
        let waited = self.0.now().saturating_sub(began);
        self.0.started.fetch_add(waited, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = false)]
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
