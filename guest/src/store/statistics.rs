//! Figures about many conversations: counts, medians, shares, by group.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, params_from_iter};

use super::lossy::text;
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
    Sla,
    AiOutcome,
    /// The first attribute that the filters name.
    Attribute,
}

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

impl Gathered {
    fn add(&mut self, row: &Row, now: UnixSeconds) {
        self.conversations += 1;
        self.closed += usize::from(row.bits.closed());
        self.reopened += usize::from(row.bits.reopened());
        self.ai_involved += usize::from(row.bits.ai_involved());
        self.ai_resolved += usize::from(row.bits.ai_resolved());
        self.never_answered += usize::from(row.bits.customer_wrote() && row.first_response.is_none());
        self.waiting.extend(row.waiting.map(|since| now.since(since).max(0)));
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

    fn figures(mut self) -> Figures {
        let average = self.rating_sum as f64 / self.ratings as f64;
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
    local: &dyn Fn(UnixSeconds) -> (String, String, i8),
) -> StoreResult<(Figures, Vec<(String, Figures)>)> {
    let conditions = filters.conditions(true);
    // What each row is grouped by. Names are looked up and lists read once for each of them, and
    // not for each row.
    let key = match group {
        Some(Group::Attribute) => &attribute_key(filters),
        Some(Group::Sla) => "c.sla_status",
        Some(Group::AiOutcome) => "c.ai_outcome",
        Some(Group::Team) => "c.team_assignee_id",
        Some(Group::Assignee) => "c.admin_assignee_id",
        Some(Group::Channel) => "c.channel",
        Some(Group::State) => "c.state",
        Some(Group::Priority) => "c.priority",
        Some(Group::Company) => "c.company_name",
        Some(Group::Tag) => "c.tags",
        Some(Group::Day | Group::Week | Group::Month | Group::HourOfDay) => "c.created_at",
        None => "NULL",
    };
    let sql = format!(
        "SELECT c.figure_bits, c.waiting_since, c.first_response_seconds, c.resolution_seconds, {key} \
         FROM conversations c WHERE {}",
        conditions.sql()
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params_from_iter(&conditions.values))?;
    let mut without_key = Gathered::default();
    let mut by_key: HashMap<String, Gathered> = HashMap::new();
    while let Some(row) = rows.next()? {
        let bits = Bits(row.get(0)?);
        // Reading a time costs more than the rest of a row.
        let waiting = if bits.closed() { None } else { row.get_ref(1)?.as_str().ok() };
        let read = Row {
            bits,
            waiting: waiting.and_then(UnixSeconds::parse),
            first_response: row.get(2)?,
            resolution: row.get(3)?,
        };
        let key = row.get_ref(4)?.as_bytes_or_null().map_err(rusqlite::Error::from)?;
        let key = key.map(String::from_utf8_lossy);
        let place = match key.as_deref().map(|key| time_key(group, key, local)) {
            None => &mut without_key,
            Some(key) => match by_key.get_mut(key.as_ref()) {
                Some(place) => place,
                None => by_key.entry(key.into_owned()).or_default(),
            },
        };
        place.add(&read, now);
    }
    let mut all = without_key.clone();
    by_key.values().for_each(|gathered| all.add_all(gathered));
    let mut groups: BTreeMap<String, Gathered> = BTreeMap::new();
    if let Some(group) = group {
        let names = names(connection, group)?;
        if without_key.conversations > 0 {
            groups.insert(nameless(group).to_owned(), without_key);
        }
        for (key, gathered) in by_key {
            for name in named(group, key, &names) {
                groups.entry(name).or_default().add_all(&gathered);
            }
        }
    }
    let groups = groups.into_iter().map(|(name, gathered)| (name, gathered.figures())).collect();
    Ok((all.figures(), groups))
}

/// The value of the attribute that the filters name first, as text.
fn attribute_key(filters: &Filters) -> String {
    let name = filters.attributes.first().map_or("", |(name, _)| name);
    format!(
        "(SELECT CASE j.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(j.value AS TEXT) END \
         FROM json_each(c.custom_attributes) j WHERE j.key = '{}' COLLATE NOCASE LIMIT 1)",
        name.replace('\'', "''")
    )
}

/// What took more work than an answer, of conversations that meet the conditions. All of it is
/// counted from their threads, so it takes its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Assigned three times or more.
    pub handed_over: usize,
    /// Closed now, with at least one reply of a teammate.
    pub solved: usize,
    /// Of these never reopened, and with just one reply.
    pub solved_at_once: usize,
    /// Closed by a bot.
    pub deflected: usize,
    /// Of these the customer wrote again within the time.
    pub deflected_falsely: usize,
}

/// # Errors
/// When the database cannot be read.
pub fn work(connection: &Connection, filters: &Filters, within_seconds: i64) -> StoreResult<Work> {
    let conditions = filters.conditions(true);
    let replies = "(SELECT count(*) FROM messages m WHERE m.conversation_id = c.id AND m.author_type = 'admin' AND NOT m.is_note AND NOT m.is_ai)";
    let close = "FROM conversation_events e JOIN event_kinds k ON k.number = e.kind \
        WHERE e.conversation = c.number AND k.name = 'close' AND e.author_type = 'bot'";
    let again = format!(
        "AND EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id AND m.author_type IN ('user', 'lead') \
         AND unixepoch(m.created_at) BETWEEN e.created_seconds + 1 AND e.created_seconds + {within_seconds})"
    );
    let sql = format!(
        "SELECT coalesce(sum(handed), 0), coalesce(sum(replies > 0 AND closed), 0), \
            coalesce(sum(replies = 1 AND closed AND once), 0), coalesce(sum(deflected), 0), coalesce(sum(falsely), 0) FROM ( \
            SELECT c.assignment_count >= 3 AS handed, c.state = 'closed' AS closed, c.reopen_count = 0 AS once, \
                {replies} AS replies, EXISTS (SELECT 1 {close}) AS deflected, EXISTS (SELECT 1 {close} {again}) AS falsely \
            FROM conversations c WHERE {})",
        conditions.sql()
    );
    let count = |row: &rusqlite::Row<'_>, index: usize| -> rusqlite::Result<usize> {
        Ok(usize::try_from(row.get::<_, i64>(index)?).unwrap_or(0))
    };
    Ok(connection.query_row(&sql, params_from_iter(&conditions.values), |row| {
        Ok(Work {
            handed_over: count(row, 0)?,
            solved: count(row, 1)?,
            solved_at_once: count(row, 2)?,
            deflected: count(row, 3)?,
            deflected_falsely: count(row, 4)?,
        })
    })?)
}

/// How many replies each teammate wrote in conversations that meet the conditions, and in how
/// many of these; the most diligent first.
///
/// # Errors
/// When the database cannot be read.
pub fn replies(connection: &Connection, filters: &Filters) -> StoreResult<Vec<(String, i64, i64)>> {
    let conditions = filters.conditions(true);
    let sql = format!(
        "SELECT coalesce(a.name, m.author_name, a.email, m.author_id, 'unknown'), count(*) AS n, count(DISTINCT m.conversation_id) \
         FROM conversations c JOIN messages m ON m.conversation_id = c.id LEFT JOIN admins a ON a.id = m.author_id \
         WHERE {} AND m.author_type = 'admin' AND NOT m.is_note AND NOT m.is_ai GROUP BY m.author_id ORDER BY n DESC, 1",
        conditions.sql()
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(&conditions.values), |row| {
        Ok((text(row, 0)?, row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The part of time that an instant is grouped by; other keys as they are.
fn time_key<'a>(
    group: Option<Group>,
    key: &'a str,
    local: &dyn Fn(UnixSeconds) -> (String, String, i8),
) -> Cow<'a, str> {
    let local = || local(UnixSeconds::parse(key).unwrap_or_default());
    match group {
        Some(Group::Day) => local().0.into(),
        Some(Group::Week) => local().1.into(),
        Some(Group::Month) => local().0.chars().take(7).collect::<String>().into(),
        Some(Group::HourOfDay) => format!("{:02}:00", local().2).into(),
        _ => key.into(),
    }
}

/// Names of teams or teammates by id, where conversations are grouped by these.
fn names(connection: &Connection, group: Group) -> StoreResult<HashMap<String, String>> {
    let sql = match group {
        Group::Team => "SELECT id, coalesce(name, id) FROM teams",
        Group::Assignee => "SELECT id, coalesce(name, email, id) FROM admins",
        _ => return Ok(HashMap::new()),
    };
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((text(row, 0)?, text(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The groups that conversations of that key belong to.
fn named(group: Group, key: String, names: &HashMap<String, String>) -> Vec<String> {
    if group != Group::Tag {
        return vec![names.get(&key).cloned().unwrap_or(key)];
    }
    let tags: Vec<String> = serde_json::from_str(&key).unwrap_or_default();
    if tags.is_empty() { vec!["untagged".to_owned()] } else { tags }
}

/// The group of conversations without a team, a teammate, …
fn nameless(group: Group) -> &'static str {
    match group {
        Group::Team | Group::Assignee => "unassigned",
        Group::Tag => "untagged",
        Group::Company | Group::Sla | Group::AiOutcome | Group::Attribute => "none",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests;
