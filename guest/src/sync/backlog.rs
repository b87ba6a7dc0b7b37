//! What is still to be read before the cache is complete, and why it is not read yet.
//!
//! It asks the very functions that plan a run, so that it cannot promise less than a run will do.

use rusqlite::Connection;

use super::plan::{Known, plan};
use crate::environment::Settings;
use crate::error::StoreResult;
use crate::intercom::request::LARGEST_PAGE;
use crate::store::conversations::hydration_queue;
use crate::store::conversations::totals::incomplete_since;
use crate::store::runs::coverage::{covered, gaps};
use crate::store::runs::facts::{Fact, fact};
use crate::store::runs::windows::windows;
use crate::store::runs::{self, Run, RunState};
use crate::time::{Day, Interval, MINUTE, UnixSeconds};

/// So long after a wait for the rate limit a running sync counts as held back by it. Intercom
/// gives out calls anew every ten seconds.
const HELD_BACK_SECONDS: i64 = 15;

/// What is left to be read; at least one of the counts is not zero, or nothing was ever read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// No sync has read anything yet, so that nobody can say how much there is.
    pub untouched: bool,
    /// Windows of `updated_at` that were not read to the end.
    pub windows: usize,
    /// The days they lie in, both included, in order, none touching another.
    pub days: Vec<(Day, Day)>,
    /// Conversations whose thread is not fetched, or not since they changed.
    pub threads: u64,
    /// How many of them failed and wait for another attempt.
    pub postponed: u64,
    pub reason: Reason,
}

/// Why the rest is not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A sync is reading it now.
    Running {
        /// It has just waited for Intercom's rate limit.
        held_back: bool,
    },
    NoToken,
    /// The newest run failed, with that explanation.
    Failed(String),
    /// Nothing stands in the way of the next sync.
    NotYet,
}

/// What is left; none when everything asked for so far was read.
///
/// What changed within the sync interval is nobody's backlog: the next sync reads it, and until
/// then answers are called fresh.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn backlog(
    connection: &Connection,
    settings: &Settings,
    is_syncing: bool,
    now: UnixSeconds,
) -> StoreResult<Option<Backlog>> {
    let covered = covered(connection)?;
    let newest = runs::newest_attempt(connection)?;
    let windows = unread(connection, settings, &covered, newest.as_ref(), now)?;
    let threads = incomplete_since(connection, None)?;
    let untouched = covered.is_empty() && windows.is_empty();
    if !untouched && windows.is_empty() && threads == 0 {
        return Ok(None);
    }
    let reason = if is_syncing {
        let held_back = fact(connection, Fact::HeldBackAt)?
            .is_some_and(|at| (0..HELD_BACK_SECONDS).contains(&now.since(at)));
        Reason::Running { held_back }
    } else if !settings.token_present {
        Reason::NoToken
    } else {
        match newest.filter(|attempt| attempt.state == RunState::Failed).and_then(|attempt| attempt.error) {
            Some(error) => Reason::Failed(error),
            None => Reason::NotYet,
        }
    };
    Ok(Some(Backlog {
        untouched,
        windows: windows.len(),
        days: days(&windows),
        threads,
        postponed: hydration_queue::postponed(connection, now)?,
        reason,
    }))
}

/// The windows that runs were asked for, or had begun, and that were not read to the end, in
/// order.
fn unread(
    connection: &Connection,
    settings: &Settings,
    covered: &[Interval],
    newest: Option<&Run>,
    now: UnixSeconds,
) -> StoreResult<Vec<Interval>> {
    let young = i64::from(settings.overlap_seconds)
        .max((i64::from(settings.sync_interval_minutes) + 1).saturating_mul(MINUTE));
    let kept_from = settings.retention_days.map(|days| now.day().plus(-i64::from(days)).start());
    let mut wanted = Vec::new();
    // A row without a time or days makes no sense.
    if let Some(attempt) = newest.filter(|attempt| attempt.state != RunState::Completed)
        && let Some((days, started_at)) = attempt.interval().zip(attempt.started_at)
    {
        wanted.push(Interval { high: days.high.min(started_at.plus(-young)), ..days });
    }
    // The first sync goes on where it was, also when other days were read meanwhile.
    if fact(connection, Fact::InitialDone)?.is_none()
        && let Some(low) = fact(connection, Fact::InitialLow)?
        && let Some(newest) = covered.last()
    {
        wanted.push(Interval { low, high: newest.high });
    }
    let half_read = windows(connection)?;
    wanted.extend(half_read.iter().map(|window| window.stretch));
    let mut windows: Vec<Interval> = Vec::new();
    for mut stretch in wanted {
        stretch.low = stretch.low.max(kept_from.unwrap_or(stretch.low));
        // What an earlier stretch asked for as well counts once.
        let mut known = covered.to_vec();
        known.extend(&windows);
        for gap in gaps(stretch, &known) {
            let left = half_read.iter().filter(|window| !gaps(window.stretch, &known).is_empty());
            let known = Known {
                covered: &known,
                provisional_from: None,
                left: left.cloned().collect(),
                all_left: false,
                overlap: 0,
            };
            windows.extend(plan(gap, known, LARGEST_PAGE).windows.iter().map(|window| window.stretch));
        }
    }
    windows.sort_unstable();
    windows.dedup();
    Ok(windows)
}

/// The days that windows in order lie in.
fn days(windows: &[Interval]) -> Vec<(Day, Day)> {
    let mut days: Vec<(Day, Day)> = Vec::new();
    for window in windows {
        let (first, last) = (window.low.day(), window.high.day());
        match days.last_mut() {
            Some(range) if first <= range.1.plus(1) => range.1 = range.1.max(last),
            _ => days.push((first, last)),
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(low: &str, high: &str) -> Interval {
        Interval {
            low: UnixSeconds::parse(low).expect("an instant"),
            high: UnixSeconds::parse(high).expect("an instant"),
        }
    }

    #[test]
    fn days_that_touch_are_told_as_one_range() {
        let windows = [
            stretch("2026-11-01", "2026-11-03T23:59:59Z"),
            stretch("2026-11-04", "2026-11-04T12:00:00Z"),
            stretch("2026-11-08T01:00:00Z", "2026-11-08T02:00:00Z"),
        ];
        let told: Vec<String> =
            days(&windows).iter().map(|(first, last)| format!("{first} to {last}")).collect();
        assert_eq!(told, ["2026-11-01 to 2026-11-04", "2026-11-08 to 2026-11-08"]);
    }
}
