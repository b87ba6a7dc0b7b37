//! Figures that are asked for less often, and read whole rows: Intercom's own measurements, the AI
//! agent's ratings, and how many customers there were.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use super::groups::{Gather, Group, Keyed, Local, gather};
use super::{Spread, spread};
use crate::error::StoreResult;
use crate::store::lossy::number;
use crate::store::search::Filters;

/// Durations that Intercom measured: the name of the figure, and its column.
pub const TIMES: [(&str, &str); 8] = [
    ("assignment", "assignment_seconds"),
    ("office_first_response", "office_first_response_seconds"),
    ("office_median_reply", "office_median_reply_seconds"),
    ("office_resolution", "office_resolution_seconds"),
    ("handling", "handling_seconds"),
    ("active_handling", "active_handling_seconds"),
    ("team_response", "team_response_seconds"),
    ("office_team_response", "office_team_response_seconds"),
];

/// Further figures of a group of conversations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    pub customers: usize,
    /// In the order of [`TIMES`].
    pub times: [Option<Spread>; TIMES.len()],
    /// Of the AI agent alone.
    pub ai_ratings: usize,
    pub ai_rating_average: Option<f64>,
    /// Conversations of which these were not read yet.
    pub unfilled: usize,
}

#[derive(Clone, Debug, Default)]
struct Gathered {
    customers: HashSet<String>,
    times: [Vec<i64>; TIMES.len()],
    ai_ratings: usize,
    ai_rating_sum: i64,
    unfilled: usize,
}

impl Gather for Gathered {
    fn add_all(&mut self, other: &Self) {
        self.customers.extend(other.customers.iter().cloned());
        for (times, more) in self.times.iter_mut().zip(&other.times) {
            times.extend(more);
        }
        self.ai_ratings += other.ai_ratings;
        self.ai_rating_sum += other.ai_rating_sum;
        self.unfilled += other.unfilled;
    }
}

impl Gathered {
    fn details(mut self) -> Details {
        let average = self.ai_rating_sum as f64 / self.ai_ratings as f64;
        Details {
            customers: self.customers.len(),
            times: std::array::from_fn(|place| self.times.get_mut(place).and_then(|times| spread(times))),
            ai_ratings: self.ai_ratings,
            ai_rating_average: (self.ai_ratings > 0).then(|| (average * 100.0).round() / 100.0),
            unfilled: self.unfilled,
        }
    }
}

/// The further figures of all conversations that meet the conditions, and of each group.
///
/// # Errors
/// When the database cannot be read.
pub fn details(
    connection: &Connection,
    filters: &Filters,
    group: Option<Group>,
    local: Local<'_>,
) -> StoreResult<(Details, HashMap<String, Details>)> {
    let times: Vec<String> = TIMES.iter().map(|(_, column)| format!("c.{column}")).collect();
    let columns = format!("c.contact_id, c.ai_rating, c.fields, {}", times.join(", "));
    let mut keyed = Keyed::default();
    gather(connection, filters, group, &columns, local, &mut keyed, |gathered: &mut Gathered, row| {
        if let Ok(contact) = row.get_ref(1)?.as_str()
            && !gathered.customers.contains(contact)
        {
            gathered.customers.insert(contact.to_owned());
        }
        if let Some(rating) = number(row, 2)? {
            gathered.ai_ratings += 1;
            gathered.ai_rating_sum += rating;
        }
        gathered.unfilled += usize::from(number(row, 3)?.is_none());
        for (place, times) in gathered.times.iter_mut().enumerate() {
            times.extend(number(row, place + 4)?);
        }
        Ok(())
    })?;
    let (all, groups) = keyed.named(connection, group)?;
    let groups = groups.into_iter().map(|(name, gathered)| (name, gathered.details())).collect();
    Ok((all.details(), groups))
}
