//! What a run waited for, and how long the rest will take.

use std::collections::VecDeque;

use crate::environment::Holder;
use crate::store::runs::facts::RunTimes;

/// The speed is that of so much time: two windows of the limit.
const SPEED_OVER_MS: u64 = 20_000;
/// Before this nothing can be said of it.
const SPEED_AFTER_MS: u64 = 2000;
/// Waiting for the limit for more than one part in so many of the time, a run would gain nothing by
/// a faster network.
const LIMIT_SHARE: u64 = 20;

/// What the run waits for at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Limit,
    Network,
}

/// How the run stood at some moment.
#[derive(Clone, Copy, Debug, Default)]
struct Stand {
    at_ms: u64,
    done: u64,
    limit_ms: u64,
    network_ms: u64,
}

/// Where the time of a run goes.
#[derive(Debug)]
pub(super) struct Waits {
    begun_ms: u64,
    now: Stand,
    /// Of the last seconds, the oldest first.
    stands: VecDeque<Stand>,
}

impl Waits {
    pub(super) fn beginning_at(now_ms: u64) -> Self {
        Self { begun_ms: now_ms, now: Stand { at_ms: now_ms, ..Stand::default() }, stands: VecDeque::new() }
    }

    /// A wait has ended.
    pub(super) fn add(&mut self, cause: Cause, waited_ms: u64) {
        match cause {
            Cause::Limit => self.now.limit_ms += waited_ms,
            Cause::Network => self.now.network_ms += waited_ms,
        }
    }

    /// Where the time went so far; what was not waiting was the run's own work.
    pub(super) fn times(&self, now_ms: u64) -> RunTimes {
        let all = now_ms.saturating_sub(self.begun_ms);
        let Stand { limit_ms, network_ms, .. } = self.now;
        RunTimes { limit_ms, network_ms, own_ms: all.saturating_sub(limit_ms + network_ms) }
    }

    /// Notes how many conversations are done.
    pub(super) fn note_done(&mut self, now_ms: u64, done: u64) {
        self.now = Stand { at_ms: now_ms, done, ..self.now };
        self.stands.push_back(self.now);
        while self.stands.get(1).is_some_and(|next| now_ms.saturating_sub(next.at_ms) >= SPEED_OVER_MS) {
            self.stands.pop_front();
        }
    }

    /// What held the run up in the last seconds.
    pub(super) fn holder(&self) -> Option<Holder> {
        let from = self.stands.front()?;
        let all = self.now.at_ms.saturating_sub(from.at_ms);
        if all < SPEED_AFTER_MS {
            return None;
        }
        let limit = self.now.limit_ms - from.limit_ms;
        let network = self.now.network_ms - from.network_ms;
        Some(if limit > all / LIMIT_SHARE {
            Holder::Limit
        } else if network > all / 2 {
            Holder::Network
        } else {
            Holder::Itself
        })
    }

    /// Seconds until so many more are done: at the speed of the last seconds, and no faster than the
    /// limit leaves to us over whole windows, since each begins with more than its share.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, and within a day"
    )]
    pub(super) fn seconds_left(&self, left: u64, share_per_second: Option<f64>) -> Option<u32> {
        let from = self.stands.front()?;
        let ms = self.now.at_ms.saturating_sub(from.at_ms);
        let done = self.now.done.saturating_sub(from.done);
        if ms < SPEED_AFTER_MS || done == 0 || left == 0 {
            return None;
        }
        let speed = done as f64 / (ms as f64 / 1000.0);
        let speed = share_per_second.map_or(speed, |share| speed.min(share));
        Some((left as f64 / speed).ceil().min(86_400.0) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_told_by_what_it_was_waited_for() {
        let mut waits = Waits::beginning_at(1000);
        waits.add(Cause::Network, 6000);
        waits.add(Cause::Limit, 3000);
        assert_eq!(waits.times(11_000), RunTimes { limit_ms: 3000, network_ms: 6000, own_ms: 1000 });
    }

    #[test]
    fn the_limit_holds_a_run_up_as_soon_as_it_waits_for_it() {
        let mut waits = Waits::beginning_at(0);
        waits.note_done(0, 0);
        assert_eq!(waits.holder(), None);
        waits.add(Cause::Network, 4000);
        waits.note_done(5000, 10);
        assert_eq!(waits.holder(), Some(Holder::Network));
        waits.add(Cause::Limit, 600);
        waits.note_done(6000, 20);
        assert_eq!(waits.holder(), Some(Holder::Limit));
        // Half a minute later it is its own work that takes the time.
        for second in 7..40 {
            waits.add(Cause::Network, 200);
            waits.note_done(second * 1000, second * 10);
        }
        assert_eq!(waits.holder(), Some(Holder::Itself));
    }

    #[test]
    fn the_rest_is_estimated_at_the_last_speed_and_no_faster_than_the_limit() {
        let mut waits = Waits::beginning_at(0);
        waits.note_done(0, 0);
        waits.note_done(1000, 200);
        assert_eq!(waits.seconds_left(1000, None), None, "too soon");
        waits.note_done(5000, 1000);
        assert_eq!(waits.seconds_left(3000, None), Some(15));
        assert_eq!(waits.seconds_left(3000, Some(150.0)), Some(20));
        waits.note_done(30_000, 1100);
        assert_eq!(waits.seconds_left(100, Some(150.0)), Some(25), "100 in the last 25 seconds");
    }
}
