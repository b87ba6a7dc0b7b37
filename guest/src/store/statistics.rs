//! Figures about many conversations: counts, medians, shares, by group.

use std::collections::BTreeMap;

use rusqlite::{Connection, params_from_iter};

use super::search::Filters;
use crate::error::StoreResult;
use crate::time::UnixSeconds;

/// What conversations are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Day,
    Week,
    Month,
    HourOfDay,
    Team,
    Assignee,
    Tag,
    Channel,
    State,
    Priority,
    Company,
}

/// What is read of one conversation.
struct Row {
    created: UnixSeconds,
    closed: bool,
    waiting: Option<UnixSeconds>,
    first_response: Option<i64>,
    resolution: Option<i64>,
    rating: Option<i64>,
    reopened: bool,
    customer_wrote: bool,
    ai_involved: bool,
    ai_resolved: bool,
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
    waiting: Vec<i64>,
    first_response: Vec<i64>,
    resolution: Vec<i64>,
    ratings: Vec<i64>,
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

impl Gathered {
    fn add(&mut self, row: &Row, now: UnixSeconds) {
        self.conversations += 1;
        self.closed += usize::from(row.closed);
        self.reopened += usize::from(row.reopened);
        self.ai_involved += usize::from(row.ai_involved);
        self.ai_resolved += usize::from(row.ai_resolved);
        self.never_answered += usize::from(row.customer_wrote && row.first_response.is_none());
        self.waiting.extend(row.waiting.map(|since| now.since(since).max(0)));
        self.first_response.extend(row.first_response);
        self.resolution.extend(row.resolution);
        self.ratings.extend(row.rating);
    }

    fn figures(mut self) -> Figures {
        let ratings = self.ratings.len();
        let sum: i64 = self.ratings.iter().sum();
        Figures {
            conversations: self.conversations,
            closed: self.closed,
            unanswered: self.waiting.len(),
            never_answered: self.never_answered,
            waiting: spread(&mut self.waiting),
            first_response: spread(&mut self.first_response),
            resolution: spread(&mut self.resolution),
            reopened: self.reopened,
            ratings,
            rating_counts: std::array::from_fn(|index| {
                self.ratings.iter().filter(|rating| **rating == index as i64 + 1).count()
            }),
            rating_average: (ratings > 0).then(|| (sum as f64 / ratings as f64 * 100.0).round() / 100.0),
            satisfied: self.ratings.iter().filter(|rating| **rating >= 4).count(),
            ai_involved: self.ai_involved,
            ai_resolved: self.ai_resolved,
        }
    }
}

/// Median (of two middle values the mean) and 90th percentile (nearest rank).
fn spread(values: &mut [i64]) -> Option<Spread> {
    values.sort_unstable();
    let count = values.len();
    let middle = *values.get(count / 2)?;
    let median = if count % 2 == 1 { middle } else { (values[count / 2 - 1] + middle) / 2 };
    let p90 = values[(count * 9).div_ceil(10) - 1];
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
    local: &dyn Fn(UnixSeconds) -> (String, String, i8),
) -> StoreResult<(Figures, Vec<(String, Figures)>)> {
    let conditions = filters.conditions(true);
    let (label, join) = match group {
        Some(Group::Team) => (
            "coalesce(t.name, c.team_assignee_id, 'unassigned')",
            "LEFT JOIN teams t ON t.id = c.team_assignee_id",
        ),
        Some(Group::Assignee) => (
            "coalesce(a.name, a.email, c.admin_assignee_id, 'unassigned')",
            "LEFT JOIN admins a ON a.id = c.admin_assignee_id",
        ),
        Some(Group::Channel) => ("coalesce(c.channel, 'unknown')", ""),
        Some(Group::State) => ("c.state", ""),
        Some(Group::Priority) => ("c.priority", ""),
        Some(Group::Company) => ("coalesce(c.company_name, 'none')", ""),
        Some(Group::Tag) => ("c.tags", ""),
        _ => ("NULL", ""),
    };
    let sql = format!(
        "SELECT c.created_at, c.state = 'closed', CASE WHEN c.state <> 'closed' THEN c.waiting_since END, c.first_response_seconds, \
         c.resolution_seconds, c.rating, c.reopen_count > 0, c.last_customer_message_at IS NOT NULL, c.ai_involved, \
         coalesce(c.ai_outcome = 'resolved', FALSE), {label} FROM conversations c {join} WHERE {}",
        conditions.sql()
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params_from_iter(&conditions.values))?;
    let mut all = Gathered::default();
    let mut groups: BTreeMap<String, Gathered> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        // Reading a time costs more than the rest of a row: only groups of time need this one.
        let in_time = matches!(group, Some(Group::Day | Group::Week | Group::Month | Group::HourOfDay));
        let created = if in_time { row.get_ref(0)?.as_str().map_or(None, UnixSeconds::parse) } else { None };
        let waiting = row.get_ref(2)?.as_str().map_or(None, UnixSeconds::parse);
        let read = Row {
            created: created.unwrap_or_default(),
            closed: row.get(1)?,
            waiting,
            first_response: row.get(3)?,
            resolution: row.get(4)?,
            rating: row.get(5)?,
            reopened: row.get(6)?,
            customer_wrote: row.get(7)?,
            ai_involved: row.get(8)?,
            ai_resolved: row.get(9)?,
        };
        all.add(&read, now);
        let label: Option<String> = row.get(10)?;
        for key in keys(group, &read, label, local) {
            groups.entry(key).or_default().add(&read, now);
        }
    }
    let groups = groups.into_iter().map(|(key, gathered)| (key, gathered.figures())).collect();
    Ok((all.figures(), groups))
}

fn keys(
    group: Option<Group>,
    row: &Row,
    label: Option<String>,
    local: &dyn Fn(UnixSeconds) -> (String, String, i8),
) -> Vec<String> {
    match group {
        None => Vec::new(),
        Some(Group::Day) => vec![local(row.created).0],
        Some(Group::Week) => vec![local(row.created).1],
        Some(Group::Month) => vec![local(row.created).0.chars().take(7).collect()],
        Some(Group::HourOfDay) => vec![format!("{:02}:00", local(row.created).2)],
        Some(Group::Tag) => {
            let tags: Vec<String> = serde_json::from_str(&label.unwrap_or_default()).unwrap_or_default();
            if tags.is_empty() { vec!["untagged".to_owned()] } else { tags }
        }
        Some(_) => vec![label.unwrap_or_default()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_percentiles() {
        assert_eq!(spread(&mut []), None);
        assert_eq!(spread(&mut [5]), Some(Spread { count: 1, median: 5, p90: 5 }));
        assert_eq!(spread(&mut [4, 1, 3, 2]), Some(Spread { count: 4, median: 2, p90: 4 }));
        let mut tens: Vec<i64> = (1..=10).collect();
        assert_eq!(spread(&mut tens), Some(Spread { count: 10, median: 5, p90: 9 }));
    }
}
