//! Finding conversations: by words in any of their messages, by conditions, or both.
//!
//! Message numbers grow with time, and the index of words is read by number. So "newest first"
//! costs nothing, and a range of time is a range of numbers. Words that few messages have are
//! ranked by bm25 over all of them, blended with recency; words that very many have are answered
//! newest first, since ranking a hundred thousand messages would take longer than it is worth.
//!
//! Pages stay stable while a sync changes the data: a [`Position`] remembers what was shown, or,
//! where the order cannot change (by creation), where the last page ended.

mod filters;
mod fold;
mod position;
mod query;
mod snippet;

use std::collections::{HashMap, HashSet};

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

pub use filters::{Ai, Assigned, Between, Conditions, Filters, containing};
pub use fold::fold;
pub use position::Position;
pub use query::{Mark, Query};
pub use snippet::snippet;

use crate::error::StoreResult;
use crate::store::message_number;
use crate::time::{DAY, UnixSeconds};

/// Up to so many messages are ranked by bm25: about 20 ms of work in WebAssembly.
const RANKED: usize = 4_000;
/// Up to so many conversations are listed to look for common words in just those.
const SELECTIVE: i64 = 2_000;
/// Most messages with a common word that are looked at for one page.
const SCANNED: usize = 50_000;
/// Counting goes no further.
const COUNTED: i64 = 10_000;
/// Most conversations that a position remembers as shown.
const REMEMBERED: usize = 2_000;

/// The order of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Relevance,
    /// By creation of the conversation.
    Newest,
    Oldest,
    RecentlyUpdated,
    LongestWaiting,
}

/// What to find.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub query: &'a Query,
    /// Text to find as it stands, when it has no letters that the index knows: an emoji.
    pub literal: Option<&'a str>,
    pub with_notes: bool,
    pub filters: &'a Filters,
    pub sort: Sort,
    pub limit: usize,
    pub now: UnixSeconds,
    pub position: Position,
}

/// A conversation that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// `conversations.number`.
    pub conversation: i64,
    /// `messages.number` of the message that matches best, when words were asked for.
    pub message: Option<i64>,
}

/// How many conversations there are in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    Exactly(usize),
    MoreThan(usize),
}

/// One page of results.
#[derive(Clone, Debug)]
pub struct Page {
    pub hits: Vec<Hit>,
    pub total: Total,
    /// Position after each hit, so that a page can be cut; empty when nothing may follow it.
    pub more: bool,
    /// No message has all the words, so these have some of them.
    pub relaxed: bool,
    /// So many messages have the words that the newest were taken instead of ranking all.
    pub newest_only: bool,
    mode: Mode,
    /// Number of the last message that a stream looked at.
    streamed_to: Option<i64>,
}

/// How pages of one question are made; kept from page to page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Undecided,
    Listed,
    Ranked,
    Relaxed,
    Streamed,
}

/// What is known of a candidate conversation for ordering it.
#[derive(Clone, Debug)]
struct Candidate {
    number: i64,
    created_at: String,
    updated_at: String,
    waiting_since: Option<String>,
}

/// A conversation with the messages of it that match.
#[derive(Clone, Debug)]
struct Found {
    candidate: Candidate,
    best: f64,
    message: i64,
    matches: u32,
}

/// Finds one page.
///
/// # Errors
/// When the database cannot be read.
pub fn search(connection: &Connection, request: &Request<'_>) -> StoreResult<Page> {
    let search = Search { connection, request, conditions: request.filters.conditions(false) };
    let Some(expression) = request.query.expression(request.with_notes) else {
        return match request.literal {
            Some(literal) => search.literally(literal),
            None => search.listed(),
        };
    };
    match request.position.mode {
        Mode::Streamed => search.streamed(&expression),
        Mode::Relaxed => search.relaxed(),
        _ => {
            let rows = search.matching(&expression, RANKED + 1)?;
            if rows.len() > RANKED {
                return search.common(&expression, rows);
            }
            let page = search.ranked(&expression, Mode::Ranked)?;
            if page.total == Total::Exactly(0) && request.position.mode == Mode::Undecided {
                return search.relaxed();
            }
            Ok(page)
        }
    }
}

/// The position after the first `shown` hits of a page.
#[must_use]
pub fn position_after(
    request: &Request<'_>,
    page: &Page,
    shown: usize,
    keys: &[(String, i64)],
) -> Option<Position> {
    let mut next = Position { mode: page.mode, ..request.position.clone() };
    if page.hits.is_empty() && page.more {
        // A stretch without a hit was looked through; the search goes on behind it.
        next.streamed_to = page.streamed_to;
        return Some(next);
    }
    if shown == 0 || (!page.more && shown >= page.hits.len()) {
        return None;
    }
    if page.mode == Mode::Listed && matches!(request.sort, Sort::Newest | Sort::Oldest) {
        next.after = keys.get(shown - 1).cloned();
        return Some(next);
    }
    next.seen.extend(page.hits[..shown].iter().map(|hit| hit.conversation));
    if page.mode == Mode::Streamed {
        next.streamed_to =
            if shown == page.hits.len() { page.streamed_to } else { page.hits[shown - 1].message };
    }
    (next.seen.len() <= REMEMBERED).then_some(next)
}

struct Search<'a> {
    connection: &'a Connection,
    request: &'a Request<'a>,
    conditions: Conditions,
}

impl Search<'_> {
    /// Conversations by conditions alone.
    fn listed(&self) -> StoreResult<Page> {
        let request = self.request;
        let mut conditions = request.filters.conditions(true);
        let (order, waiting) = match request.sort {
            Sort::Relevance | Sort::Newest => ("c.created_at DESC, c.number DESC", false),
            Sort::Oldest => ("c.created_at, c.number", false),
            Sort::RecentlyUpdated => ("c.updated_at DESC, c.number DESC", false),
            Sort::LongestWaiting => ("c.waiting_since, c.number", true),
        };
        if waiting {
            conditions.add("c.waiting_since IS NOT NULL AND c.state <> 'closed'", []);
        }
        let count = format!(
            "SELECT count(*) FROM (SELECT 1 FROM conversations c WHERE {} LIMIT {})",
            conditions.sql(),
            COUNTED + 1
        );
        let count: i64 =
            self.connection.query_row(&count, params_from_iter(&conditions.values), |row| row.get(0))?;
        let total = if count > COUNTED {
            Total::MoreThan(usize::try_from(COUNTED).unwrap_or(0))
        } else {
            Total::Exactly(usize::try_from(count).unwrap_or(0))
        };
        if let Some((created_at, number)) = &request.position.after {
            let sign = if request.sort == Sort::Oldest { '>' } else { '<' };
            conditions.add(
                format!("(c.created_at, c.number) {sign} (?, ?)"),
                [Value::Text(created_at.clone()), Value::Integer(*number)],
            );
        }
        if !request.position.seen.is_empty() {
            let seen: Vec<String> = request.position.seen.iter().map(i64::to_string).collect();
            conditions.add(format!("c.number NOT IN ({})", seen.join(", ")), []);
        }
        let sql = format!(
            "SELECT c.number FROM conversations c WHERE {} ORDER BY {order} LIMIT {}",
            conditions.sql(),
            request.limit + 1
        );
        let mut statement = self.connection.prepare(&sql)?;
        let mut hits = statement
            .query_map(params_from_iter(&conditions.values), |row| {
                Ok(Hit { conversation: row.get(0)?, message: None })
            })?
            .collect::<Result<Vec<_>, _>>()?;
        let more = hits.len() > request.limit;
        hits.truncate(request.limit);
        Ok(self.page(hits, total, more, Mode::Listed))
    }

    /// Messages that contain a text as it stands, the newest of the cache only.
    fn literally(&self, literal: &str) -> StoreResult<Page> {
        let (low, high) = self.numbers();
        let mut statement = self.connection.prepare(
            "SELECT number FROM (SELECT number, body, is_note FROM messages WHERE number BETWEEN ?1 AND ?2 ORDER BY number DESC LIMIT ?3) \
             WHERE instr(body, ?4) AND (?5 OR NOT is_note) LIMIT ?6",
        )?;
        let limits = (SCANNED as i64, RANKED as i64);
        let rows = statement
            .query_map(params![low, high, limits.0, literal, self.request.with_notes, limits.1], |row| {
                Ok((row.get::<_, i64>(0)?, 0.0))
            })?
            .collect::<Result<Vec<_>, _>>()?;
        self.best(rows, Mode::Ranked)
    }

    /// The range of message numbers that can matter.
    fn numbers(&self) -> (i64, i64) {
        let filters = self.request.filters;
        // A message is never older than its conversation; the first is exactly as old.
        let low = filters.message.from.max(filters.created.from).map_or(i64::MIN, message_number);
        let high = filters.message.to.map_or(i64::MAX, |to| message_number(to.plus(1)).saturating_sub(1));
        (low, high)
    }

    /// Numbers of the messages that match, newest first.
    fn matching(&self, expression: &str, limit: usize) -> StoreResult<Vec<i64>> {
        let (low, high) = self.numbers();
        let mut statement = self.connection.prepare_cached(
            "SELECT rowid FROM messages_fts WHERE messages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC LIMIT ?4",
        )?;
        let rows = statement.query_map(params![expression, low, high, limit as i64], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// All that match, by bm25.
    fn ranked(&self, expression: &str, mode: Mode) -> StoreResult<Page> {
        let (low, high) = self.numbers();
        // What a subject says weighs more, what a note says a little less.
        let mut statement = self.connection.prepare_cached(
            "SELECT rowid, bm25(messages_fts, 3.0, 1.0, 0.8) AS score FROM messages_fts \
             WHERE messages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY score LIMIT ?4",
        )?;
        let rows = statement
            .query_map(params![expression, low, high, RANKED as i64], |row| {
                Ok((row.get(0)?, -row.get::<_, f64>(1)?))
            })?
            .collect::<Result<Vec<(i64, f64)>, _>>()?;
        drop(statement);
        self.best(rows, mode)
    }

    /// Some of the words instead of all, among the newest messages that have any.
    fn relaxed(&self) -> StoreResult<Page> {
        let Some(expression) = self.request.query.relaxed(self.request.with_notes) else {
            return Ok(self.page(Vec::new(), Total::Exactly(0), false, Mode::Ranked));
        };
        self.ranked(&expression, Mode::Relaxed)
    }

    /// Words that very many messages have.
    fn common(&self, expression: &str, newest: Vec<i64>) -> StoreResult<Page> {
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM conversations c WHERE {} LIMIT {})",
            self.conditions.sql(),
            SELECTIVE + 1
        );
        let few: i64 =
            self.connection.query_row(&sql, params_from_iter(&self.conditions.values), |row| row.get(0))?;
        if few <= SELECTIVE {
            let sql = format!(
                "SELECT number FROM messages WHERE conversation_id IN (SELECT c.id FROM conversations c WHERE {})",
                self.conditions.sql()
            );
            let mut statement = self.connection.prepare(&sql)?;
            let theirs: HashSet<i64> = statement
                .query_map(params_from_iter(&self.conditions.values), |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let rows = self.matching(expression, usize::MAX >> 1)?;
            let rows = rows
                .into_iter()
                .filter(|number| theirs.contains(number))
                .map(|number| (number, 0.0))
                .collect();
            return self.best(rows, Mode::Ranked);
        }
        match self.request.sort {
            Sort::RecentlyUpdated | Sort::LongestWaiting => {
                let mut page =
                    self.best(newest.into_iter().map(|number| (number, 0.0)).collect(), Mode::Ranked)?;
                page.newest_only = true;
                if let Total::Exactly(total) = page.total {
                    page.total = Total::MoreThan(total);
                }
                Ok(page)
            }
            _ => self.streamed(expression),
        }
    }

    /// Newest message first (or oldest), as far as one page needs.
    fn streamed(&self, expression: &str) -> StoreResult<Page> {
        let request = self.request;
        let oldest_first = request.sort == Sort::Oldest;
        let (mut low, mut high) = self.numbers();
        match request.position.streamed_to {
            Some(number) if oldest_first => low = low.max(number.saturating_add(1)),
            Some(number) => high = high.min(number.saturating_sub(1)),
            None => {}
        }
        let direction = if oldest_first { "ASC" } else { "DESC" };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT rowid FROM messages_fts WHERE messages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid {direction}"
        ))?;
        let mut rows = statement.query(params![expression, low, high])?;
        let mut judge = Judge::new(self)?;
        let mut seen: HashSet<i64> = request.position.seen.iter().copied().collect();
        let mut hits = Vec::new();
        let mut more = false;
        let mut streamed_to = None;
        let mut scanned = 0;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            scanned += 1;
            if scanned > SCANNED {
                more = true;
                break;
            }
            if let Some(candidate) = judge.candidate(number)?
                && seen.insert(candidate.number)
            {
                if hits.len() == request.limit {
                    more = true;
                    break;
                }
                hits.push(Hit { conversation: candidate.number, message: Some(number) });
            }
            streamed_to = Some(number);
        }
        let shown = request.position.seen.len() + hits.len();
        let total = if more { Total::MoreThan(shown) } else { Total::Exactly(shown) };
        let mut page = self.page(hits, total, more, Mode::Streamed);
        page.streamed_to = streamed_to;
        page.newest_only = true;
        Ok(page)
    }

    /// One row a conversation, in the order asked for.
    fn best(&self, rows: Vec<(i64, f64)>, mode: Mode) -> StoreResult<Page> {
        let request = self.request;
        let mut judge = Judge::new(self)?;
        let mut found: HashMap<i64, Found> = HashMap::new();
        for (message, score) in rows {
            let Some(candidate) = judge.candidate(message)? else { continue };
            let entry = found.entry(candidate.number).or_insert_with(|| Found {
                candidate: candidate.clone(),
                best: score,
                message,
                matches: 0,
            });
            entry.matches += 1;
            if (score, message) > (entry.best, entry.message) {
                entry.best = score;
                entry.message = message;
            }
        }
        let total = found.len();
        let seen: HashSet<i64> = request.position.seen.iter().copied().collect();
        let mut found: Vec<Found> =
            found.into_values().filter(|found| !seen.contains(&found.candidate.number)).collect();
        self.order(&mut found);
        let more = found.len() > request.limit;
        found.truncate(request.limit);
        let hits = found
            .iter()
            .map(|found| Hit { conversation: found.candidate.number, message: Some(found.message) })
            .collect();
        Ok(self.page(hits, Total::Exactly(total), more, mode))
    }

    fn order(&self, found: &mut Vec<Found>) {
        match self.request.sort {
            Sort::Relevance => {
                let now = message_number(self.request.now);
                let mut scored: Vec<(f64, Found)> =
                    found.drain(..).map(|found| (blended(&found, now), found)).collect();
                scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.message.cmp(&a.1.message)));
                found.extend(scored.into_iter().map(|(_, found)| found));
            }
            Sort::Newest => found.sort_by(|a, b| key(b).cmp(&key(a))),
            Sort::Oldest => found.sort_by(|a, b| key(a).cmp(&key(b))),
            Sort::RecentlyUpdated => found.sort_by(|a, b| {
                (&b.candidate.updated_at, b.candidate.number)
                    .cmp(&(&a.candidate.updated_at, a.candidate.number))
            }),
            Sort::LongestWaiting => {
                found.retain(|found| found.candidate.waiting_since.is_some());
                found.sort_by(|a, b| {
                    (&a.candidate.waiting_since, a.candidate.number)
                        .cmp(&(&b.candidate.waiting_since, b.candidate.number))
                });
            }
        }
    }

    fn page(&self, hits: Vec<Hit>, total: Total, more: bool, mode: Mode) -> Page {
        Page {
            hits,
            total,
            more,
            relaxed: mode == Mode::Relaxed,
            newest_only: false,
            mode,
            streamed_to: None,
        }
    }
}

fn key(found: &Found) -> (&str, i64) {
    (&found.candidate.created_at, found.candidate.number)
}

/// Relevance, more for several matching messages, and up to a half more for new ones: a message
/// loses half of that advantage in six weeks.
fn blended(found: &Found, now: i64) -> f64 {
    let days = (now.saturating_sub(found.message) / 16).max(0) as f64 / DAY as f64;
    let recency = (-days / 42.0 * std::f64::consts::LN_2).exp();
    // Without a score (an emoji, a common word) recency alone decides.
    (found.best + 1e-9) * (1.0 + 0.15 * f64::from(found.matches).ln()) * (1.0 + 0.5 * recency)
}

/// Tells of which conversation a message is, and whether that meets the conditions. Remembers
/// what it found, since most conversations have several matching messages.
struct Judge<'a> {
    owner: rusqlite::CachedStatement<'a>,
    conversation: rusqlite::Statement<'a>,
    conditions: &'a Conditions,
    literals: &'a [String],
    known: HashMap<String, Option<Candidate>>,
}

impl<'a> Judge<'a> {
    fn new(search: &'a Search<'_>) -> StoreResult<Self> {
        let literals = &search.request.query.literals;
        let mut owner = "SELECT conversation_id FROM messages WHERE number = ?".to_owned();
        for _ in literals {
            owner.push_str(" AND instr(lower(body), ?)");
        }
        // By relevance only the number matters, and that alone is in the index of ids: no row of
        // the table, which is a page each, is read.
        let columns = match search.request.sort {
            Sort::Relevance => "c.number, '', '', NULL",
            _ => {
                "c.number, c.created_at, c.updated_at, CASE WHEN c.state <> 'closed' THEN c.waiting_since END"
            }
        };
        let conversation =
            format!("SELECT {columns} FROM conversations c WHERE c.id = ? AND {}", search.conditions.sql());
        Ok(Self {
            owner: search.connection.prepare_cached(&owner)?,
            conversation: search.connection.prepare(&conversation)?,
            conditions: &search.conditions,
            literals,
            known: HashMap::new(),
        })
    }

    fn candidate(&mut self, message: i64) -> StoreResult<Option<Candidate>> {
        let mut values = vec![Value::Integer(message)];
        values.extend(self.literals.iter().map(|literal| Value::Text(literal.clone())));
        let owner: Option<String> =
            self.owner.query_row(params_from_iter(values), |row| row.get(0)).optional()?;
        let Some(owner) = owner else { return Ok(None) };
        if let Some(known) = self.known.get(&owner) {
            return Ok(known.clone());
        }
        let values =
            std::iter::once(Value::Text(owner.clone())).chain(self.conditions.values.iter().cloned());
        let candidate = self
            .conversation
            .query_row(params_from_iter(values), |row| {
                Ok(Candidate {
                    number: row.get(0)?,
                    created_at: row.get(1)?,
                    updated_at: row.get(2)?,
                    waiting_since: row.get(3)?,
                })
            })
            .optional()?;
        self.known.insert(owner, candidate.clone());
        Ok(candidate)
    }
}
