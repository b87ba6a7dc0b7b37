//! What figures are made of, gathered from the rows of conversations.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::groups::{Gather, Group, Keyed, Local, gather};
use crate::error::StoreResult;
use crate::store::lossy::number;
use crate::store::search::Filters;
use crate::time::UnixSeconds;

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
pub(super) struct Gathered {
    pub conversations: usize,
    pub closed: usize,
    pub reopened: usize,
    pub ai_involved: usize,
    pub ai_resolved: usize,
    pub never_answered: usize,
    pub ratings: usize,
    pub rating_sum: i64,
    pub satisfied: usize,
    pub rating_counts: [usize; 5],
    /// Unix seconds since when customers wait.
    pub waiting: Vec<i64>,
    pub first_response: Vec<i64>,
    pub resolution: Vec<i64>,
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
}

/// Gathers from the rows of all conversations that meet the conditions, and for each group.
pub(super) fn of_rows(
    connection: &Connection,
    filters: &Filters,
    group: Option<Group>,
    local: Local<'_>,
) -> StoreResult<(Gathered, BTreeMap<String, Gathered>)> {
    let mut keyed = Keyed::default();
    add_rows(connection, filters, group, local, &mut keyed)?;
    keyed.named(connection, group)
}

/// The same, beside what was gathered before.
pub(super) fn add_rows(
    connection: &Connection,
    filters: &Filters,
    group: Option<Group>,
    local: Local<'_>,
    into: &mut Keyed<Gathered>,
) -> StoreResult<()> {
    let columns = "c.figure_bits, c.waiting_since, c.first_response_seconds, c.resolution_seconds";
    gather(connection, filters, group, columns, local, into, |gathered, row| {
        let bits = Bits(number(row, 1)?.unwrap_or(0));
        // Reading a time costs more than the rest of a row.
        let waiting = if bits.closed() { None } else { row.get_ref(2)?.as_str().ok() };
        gathered.add(&Row {
            bits,
            waiting: waiting.and_then(UnixSeconds::parse),
            first_response: number(row, 3)?,
            resolution: number(row, 4)?,
        });
        Ok(())
    })
}
