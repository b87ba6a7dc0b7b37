//! Figures about many conversations: counts, medians, shares, by group.

mod days;
mod detailed;
mod groups;
mod work;

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::search::Filters;
use crate::error::StoreResult;
use crate::time::UnixSeconds;

pub use days::keep as keep_days;
pub use detailed::{Details, TIMES, details};
pub use groups::{Group, NAMES as GROUPS};
pub use work::{Work, replies, work};

use groups::{Gather, Local, gather};

/// What is read of one conversation.
struct Row {
    bits: Bits,
    waiting: Option<UnixSeconds>,
    first_response: Option<i64>,
    resolution: Option<i64>,
}

/// `conversations.figure_bits`, as schema_2.sql puts it together.
#[derive(Clone, Copy)]
struct Bits(i64);

impl Bits {
    fn has(self, bit: u32) -> bool {
        self.0 >> bit & 1 == 1
    }

    fn closed(self) -> bool {
        self.has(0)
    }

    fn reopened(self) -> bool {
        self.has(1)
    }

    fn customer_wrote(self) -> bool {
        self.has(2)
    }

    fn ai_involved(self) -> bool {
        self.has(3)
    }

    fn ai_resolved(self) -> bool {
        self.has(4)
    }

    /// 1 to 5
    fn rating(self) -> Option<i64> {
        Some(self.0 >> 5).filter(|rating| *rating != 0)
    }
}

/// Figures of one group, while they are gathered.
#[derive(Clone, Debug, Default)]
struct Gathered {
    conversations: usize,
    closed: usize,
    reopened: usize,
    ai_involved: usize,
    ai_resolved: usize,
    never_answered: usize,
    ratings: usize,
    rating_sum: i64,
    satisfied: usize,
    rating_counts: [usize; 5],
    /// Unix seconds since when customers wait.
    waiting: Vec<i64>,
    first_response: Vec<i64>,
    resolution: Vec<i64>,
}

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

impl Gather for Gathered {
    fn add_all(&mut self, other: &Self) {
        self.conversations += other.conversations;
        self.closed += other.closed;
        self.reopened += other.reopened;
        self.ai_involved += other.ai_involved;
        self.ai_resolved += other.ai_resolved;
        self.never_answered += other.never_answered;
        self.ratings += other.ratings;
        self.rating_sum += other.rating_sum;
        self.satisfied += other.satisfied;
        for (count, more) in self.rating_counts.iter_mut().zip(other.rating_counts) {
            *count += more;
        }
        self.waiting.extend(&other.waiting);
        self.first_response.extend(&other.first_response);
        self.resolution.extend(&other.resolution);
    }
}

impl Gathered {
    fn add(&mut self, row: &Row) {
        self.conversations += 1;
        self.closed += usize::from(row.bits.closed());
        self.reopened += usize::from(row.bits.reopened());
        self.ai_involved += usize::from(row.bits.ai_involved());
        self.ai_resolved += usize::from(row.bits.ai_resolved());
        self.never_answered += usize::from(row.bits.customer_wrote() && row.first_response.is_none());
        self.waiting.extend(row.waiting.map(|since| since.0));
        self.first_response.extend(row.first_response);
        self.resolution.extend(row.resolution);
        if let Some(rating) = row.bits.rating() {
            self.ratings += 1;
            self.rating_sum += rating;
            self.satisfied += usize::from(rating >= 4);
            let place = usize::try_from(rating - 1).unwrap_or(usize::MAX);
            if let Some(count) = self.rating_counts.get_mut(place) {
                *count += 1;
            }
        }
    }

    fn figures(mut self, now: UnixSeconds) -> Figures {
        let average = self.rating_sum as f64 / self.ratings as f64;
        self.waiting.iter_mut().for_each(|since| *since = now.since(UnixSeconds(*since)).max(0));
        Figures {
            conversations: self.conversations,
            closed: self.closed,
            unanswered: self.waiting.len(),
            never_answered: self.never_answered,
            waiting: spread(&mut self.waiting),
            first_response: spread(&mut self.first_response),
            resolution: spread(&mut self.resolution),
            reopened: self.reopened,
            ratings: self.ratings,
            rating_counts: self.rating_counts,
            rating_average: (self.ratings > 0).then(|| (average * 100.0).round() / 100.0),
            satisfied: self.satisfied,
            ai_involved: self.ai_involved,
            ai_resolved: self.ai_resolved,
        }
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
    if group.is_none()
        && let Some(gathered) = days::gathered(connection, filters)?
    {
        return Ok((gathered.figures(now), Vec::new()));
    }
    let (all, groups) = of_rows(connection, filters, group, local)?;
    let groups = groups.into_iter().map(|(name, gathered)| (name, gathered.figures(now))).collect();
    Ok((all.figures(now), groups))
}

/// Gathers from the rows of all conversations that meet the conditions, and for each group.
fn of_rows(
    connection: &Connection,
    filters: &Filters,
    group: Option<Group>,
    local: Local<'_>,
) -> StoreResult<(Gathered, BTreeMap<String, Gathered>)> {
    let columns = "c.figure_bits, c.waiting_since, c.first_response_seconds, c.resolution_seconds";
    gather(connection, filters, group, columns, local, |gathered: &mut Gathered, row| {
        let bits = Bits(row.get(1)?);
        // Reading a time costs more than the rest of a row.
        let waiting = if bits.closed() { None } else { row.get_ref(2)?.as_str().ok() };
        gathered.add(&Row {
            bits,
            waiting: waiting.and_then(UnixSeconds::parse),
            first_response: row.get(3)?,
            resolution: row.get(4)?,
        });
        Ok(())
    })
}

#[cfg(test)]
mod tests;
