//! Figures about many conversations: counts, medians, shares, by group.

mod days;
mod detailed;
mod gathered;
mod groups;
mod work;

use rusqlite::Connection;

use super::search::Filters;
use crate::error::StoreResult;
use crate::time::UnixSeconds;

pub use days::{forget_stale as forget_stale_days, keep as keep_days, wrong as wrong_days};
pub use detailed::{Details, TIMES, details};
pub use groups::{Group, NAMES as GROUPS};
pub use work::{Work, replies, work};

use gathered::{Gathered, of_rows};
use groups::Local;

/// Half of all are at most `median`, nine tenths at most `p90`. Seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    pub count: usize,
    pub median: i64,
    pub p90: i64,
}

/// Figures of a group of conversations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    pub conversations: usize,
    pub closed: usize,
    /// The customer waits for a teammate now.
    pub waiting: Option<Spread>,
    pub unanswered: usize,
    pub never_answered: usize,
    pub first_response: Option<Spread>,
    pub resolution: Option<Spread>,
    pub reopened: usize,
    pub ratings: usize,
    /// How many ratings of 1, 2, 3, 4 and 5.
    pub rating_counts: [usize; 5],
    pub rating_average: Option<f64>,
    /// Ratings of 4 and 5.
    pub satisfied: usize,
    pub ai_involved: usize,
    pub ai_resolved: usize,
}

/// The figures of what was gathered.
fn told(mut all: Gathered, now: UnixSeconds) -> Figures {
    let average = all.rating_sum as f64 / all.ratings as f64;
    all.waiting.iter_mut().for_each(|since| *since = now.since(UnixSeconds(*since)).max(0));
    Figures {
        conversations: all.conversations,
        closed: all.closed,
        unanswered: all.waiting.len(),
        never_answered: all.never_answered,
        waiting: spread(&mut all.waiting),
        first_response: spread(&mut all.first_response),
        resolution: spread(&mut all.resolution),
        reopened: all.reopened,
        ratings: all.ratings,
        rating_counts: all.rating_counts,
        rating_average: (all.ratings > 0).then(|| (average * 100.0).round() / 100.0),
        satisfied: all.satisfied,
        ai_involved: all.ai_involved,
        ai_resolved: all.ai_resolved,
    }
}

/// Median (of two middle values the mean) and 90th percentile (nearest rank). Reorders the values.
fn spread(values: &mut [i64]) -> Option<Spread> {
    let count = values.len();
    let ninth_tenth = (count * 9).div_ceil(10).checked_sub(1)?;
    let p90 = *values.select_nth_unstable(ninth_tenth).1;
    // The middle lies at or before that, where nothing larger is now.
    let (lower, middle, _) = values[..=ninth_tenth].select_nth_unstable(count / 2);
    let median = match lower.iter().max() {
        Some(below) if count.is_multiple_of(2) => (below + *middle) / 2,
        _ => *middle,
    };
    Some(Spread { count, median, p90 })
}

/// Figures of all conversations that meet the conditions, and of each group. `local` turns an
/// instant into the day and hour of the zone of the answer: `(2026-06-01, Monday of its week, 13)`.
///
/// # Errors
/// When the database cannot be read.
pub fn figures(
    connection: &Connection,
    filters: &Filters,
    group: Option<Group>,
    now: UnixSeconds,
    local: Local<'_>,
) -> StoreResult<(Figures, Vec<(String, Figures)>)> {
    let (all, groups) = match days::gathered(connection, filters, group)? {
        Some(kept) => kept,
        None => of_rows(connection, filters, group, local)?,
    };
    let groups = groups.into_iter().map(|(name, gathered)| (name, told(gathered, now))).collect();
    Ok((told(all, now), groups))
}

#[cfg(test)]
mod tests;
