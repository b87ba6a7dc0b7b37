//! How long a call may take, with waiting for others not counted.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Which limit it is, so that whoever meets it is told what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Of every tool call.
    Call(Duration),
    /// A tool's own, below that of all calls.
    Tool(Duration),
    /// Of a sync, from one sign of progress to the next.
    Stall(Duration),
    /// Of other work, which no setting changes.
    Work(Duration),
}

impl Limit {
    fn duration(self) -> Duration {
        match self {
            Self::Call(limit) | Self::Tool(limit) | Self::Stall(limit) | Self::Work(limit) => limit,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.duration().as_secs_f64();
        match self {
            Self::Call(_) => write!(
                formatter,
                "The call took longer than {seconds} s and was ended. Ask for less at a time (a narrower timeframe or a smaller limit), or raise FASTINTERCOM_CALL_TIMEOUT_SECONDS."
            ),
            Self::Tool(_) => write!(
                formatter,
                "The call took longer than {seconds} s, which is this tool's own limit, and was ended. Ask for less at a time: a narrower timeframe, fewer rows, shorter texts."
            ),
            Self::Stall(_) => write!(
                formatter,
                "The sync made no progress for longer than {seconds} s and was ended. What it read is kept, and the next sync goes on from there; FASTINTERCOM_SYNC_STALL_SECONDS allows more."
            ),
            Self::Work(_) => write!(formatter, "The work took longer than {seconds} s and was ended."),
        }
    }
}

/// A stopwatch with a limit, shared by the call, the host functions it waits in, and the watcher
/// that ends it.
///
/// For a tool call the limit is a deadline: [`Deadline::pause`] stops the watch while the guest
/// waits for a sync. For a sync it is a watchdog: every sign of progress restarts it. A tool
/// call's progress does not: otherwise a loop that reports some would never be ended.
#[derive(Debug)]
pub struct Deadline {
    origin: Instant,
    limit: Limit,
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
    pub fn new(limit: Limit) -> Self {
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
        Self { restarts: true, ..Self::new(Limit::Stall(limit)) }
    }

    #[must_use]
    pub fn limit(&self) -> Limit {
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
        Some(self.limit.duration().saturating_sub(Duration::from_millis(used)))
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
    use tokio::time::{advance, timeout};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn only_a_watchdog_heeds_progress() {
        for (deadline, left) in
            [(Deadline::new(Limit::Call(SECOND)), false), (Deadline::watchdog(SECOND), true)]
        {
            advance(2 * SECOND).await;
            deadline.progress();
            assert_eq!(deadline.remaining().is_some_and(|remaining| !remaining.is_zero()), left);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_watchdog_goes_off_without_progress_and_names_its_setting() {
        let deadline = Deadline::watchdog(300 * SECOND);
        for _ in 0..10 {
            advance(299 * SECOND).await;
            deadline.progress();
        }
        assert!(timeout(299 * SECOND, deadline.expired()).await.is_err());
        assert!(timeout(2 * SECOND, deadline.expired()).await.is_ok());
        let sentence = deadline.limit().to_string();
        assert!(sentence.contains("longer than 300 s"), "{sentence}");
        assert!(sentence.contains("FASTINTERCOM_SYNC_STALL_SECONDS"), "{sentence}");
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_has_an_end_too() {
        let deadline = Deadline::new(Limit::Call(5 * SECOND));
        let _pause = deadline.pause();
        advance(LONGEST_WAIT).await;
        assert_eq!(deadline.remaining(), None);
        advance(SECOND).await;
        assert_eq!(deadline.remaining(), Some(Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_not_charged() {
        let deadline = Deadline::new(Limit::Call(2 * SECOND));
        {
            let _pause = deadline.pause();
            advance(60 * SECOND).await;
        }
        assert!(timeout(SECOND, deadline.expired()).await.is_err());
        assert!(timeout(2 * SECOND, deadline.expired()).await.is_ok());
    }

    #[test]
    fn each_limit_is_told_with_what_changes_it() {
        for (limit, words) in [
            (Limit::Call(30 * SECOND), "FASTINTERCOM_CALL_TIMEOUT_SECONDS"),
            (Limit::Tool(4 * SECOND), "longer than 4 s, which is this tool's own limit"),
            (Limit::Tool(Duration::from_millis(1_500)), "longer than 1.5 s"),
            (Limit::Work(SECOND / 2), "longer than 0.5 s"),
        ] {
            assert!(limit.to_string().contains(words), "{limit}");
        }
    }
}
