//! Finding conversations: by words in any of their messages, by conditions, or both.
//!
//! Message numbers grow with time, and the index of words is read by number. So "newest first"
//! costs nothing, and a range of time is a range of numbers. Words that few messages have are
//! ranked by bm25 over all of them, blended with recency; words that very many have are answered
//! newest first, since ranking a hundred thousand messages would take longer than it is worth.
//! One word, sorted by creation, is read no further than the page needs ([`newest`]).
//!
//! Pages stay stable while a sync changes the data: a [`Position`] remembers what was shown, or,
//! where the order cannot change (by creation), where the last page ended.

mod ast;
mod bm25;
mod by_conditions;
mod by_creation;
mod doclist;
mod eligible;
mod expansion;
mod filters;
mod having_all;
mod length;
mod letters;
mod lexer;
mod occurrences;
mod order;
mod parser;
mod position;
mod postings;
mod query;
mod ranked;
#[cfg(test)]
mod ranked_tests;
mod snippet;
mod spelling;
mod stems;
mod stop_words;
mod streamed;
mod varint;
mod vocabulary;
mod whose;

use rusqlite::{Connection, params};

pub use ast::Leaf;
pub use expansion::expanded;
pub use filters::{Ai, Assigned, Attribute, Between, Conditions, Filters, Holder, Linked, containing};
pub use length::{BATCH as MEASURED_AT_ONCE, measure, measure_some};
pub use letters::fold;
pub use position::Position;
pub use query::Query;
pub use snippet::{Mark, snippet};
pub use spelling::{Correction, nearest};
pub use stems::{LanguageOfEach, Languages};
pub use stop_words::without_stop_words;
pub use vocabulary::Vocabulary;

use crate::error::StoreResult;
use crate::sorting;
use crate::time::UnixSeconds;

/// Up to so many messages are ranked by bm25: about 20 ms of work in WebAssembly.
const RANKED: usize = 3_000;
/// Up to so many conversations are listed to look for common words in just those.
const SELECTIVE: usize = 2_000;
/// Most messages with a common word that are looked at for one page: some 20 ms of work.
const SCANNED: usize = 20_000;
/// Most messages whose text is looked through for signs that the index does not know.
const LOOKED_THROUGH: i64 = 50_000;
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// `conversations.number`.
    pub conversation: i64,
    /// `messages.number` of the message that matches best, when words were asked for.
    pub message: Option<i64>,
    /// It has only these of [`Query::leaves`], and not all that is asked for.
    pub only: Option<Vec<usize>>,
}

/// How many conversations there are in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    Exactly(usize),
    MoreThan(usize),
    /// So many were found, and not everything was looked through.
    AtLeast(usize),
}

impl Total {
    /// Nothing was found.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        matches!(self, Self::Exactly(0) | Self::AtLeast(0))
    }
}

/// One page of results.
#[derive(Clone, Debug)]
pub struct Page {
    pub hits: Vec<Hit>,
    pub total: Total,
    /// Position after each hit, so that a page can be cut; empty when nothing may follow it.
    pub more: bool,
    /// So many messages have the words that the newest were taken instead of ranking all.
    pub newest_only: bool,
    /// Conversations are left that have the words in messages which were not read.
    pub cut_short: bool,
    /// The query as it was answered.
    pub query: Query,
    /// Of [`Query::leaves`], those that no message in range has, as far as the query was ranked.
    pub nowhere: Vec<usize>,
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
    Streamed,
    /// By creation, newest first, as far as needed.
    Newest,
}

/// Makes a connection ready for searches.
///
/// # Errors
/// What SQLite reports.
pub fn register(connection: &Connection) -> StoreResult<()> {
    whose::register(connection)?;
    occurrences::register(connection)
}

/// Finds one page.
///
/// # Errors
/// When the database cannot be read.
pub fn search(connection: &Connection, request: &Request<'_>) -> StoreResult<Page> {
    let vocabulary = &Vocabulary::open(connection)?;
    let query = expanded(vocabulary, request.query)?;
    // Who does not wait has no place in that order.
    let waiting =
        Filters { unanswered: Some(request.filters.unanswered.unwrap_or(true)), ..request.filters.clone() };
    let filters = if request.sort == Sort::LongestWaiting { &waiting } else { request.filters };
    let request = &Request { query: &query, filters, ..request.clone() };
    let search = Search { connection, vocabulary, request, conditions: request.filters.conditions(false) };
    let Some(expression) = request.query.expression(request.with_notes) else {
        return match request.literal {
            Some(literal) => search.literally(literal),
            None => search.listed(),
        };
    };
    let query = request.query;
    match request.position.mode {
        Mode::Streamed => search.streamed(query, &expression),
        Mode::Newest => search.newest(&expression),
        Mode::Ranked | Mode::Listed => search.ranked(query),
        // Several words may be spread over the messages of a conversation, which only reading all
        // of them tells.
        Mode::Undecided if !query.is_single() => search.ranked(query),
        Mode::Undecided if request.sort == Sort::Newest => {
            let page = search.newest(&expression)?;
            if page.total == Total::Exactly(0) { search.ranked(query) } else { Ok(page) }
        }
        Mode::Undecided if search.is_common(query, &expression)? && search.few_messages()?.is_none() => {
            search.common(query, &expression)
        }
        Mode::Undecided => search.ranked(query),
    }
}

/// Messages that have a word which says nothing about what a conversation is about.
const COMMON: i64 = 2_000;

/// The words that fewest messages have, of those that more than one and not very many have.
///
/// # Errors
/// When the database cannot be read.
pub fn rarest(connection: &Connection, words: Vec<String>, most: usize) -> StoreResult<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM messages_fts WHERE messages_fts MATCH ?1 LIMIT ?2)",
    )?;
    let mut known: Vec<(i64, String)> = Vec::new();
    for word in words {
        // Words are letters and digits alone, so nothing in them means anything to FTS5.
        let count: i64 = statement.query_row(params![format!("\"{word}\""), COMMON], |row| row.get(0))?;
        if count > 1 && count < COMMON {
            known.push((count, word));
        }
    }
    sorting::up(&mut known);
    Ok(known.into_iter().take(most).map(|(_, word)| word).collect())
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
    if page.mode == Mode::Streamed && page.hits.is_empty() && page.more {
        // A stretch without a hit was looked through; the search goes on behind it.
        next.streamed_to = page.streamed_to;
        return Some(next);
    }
    if shown == 0 || (!page.more && shown >= page.hits.len()) {
        return None;
    }
    let by_creation = page.mode == Mode::Listed && matches!(request.sort, Sort::Newest | Sort::Oldest);
    if by_creation || page.mode == Mode::Newest {
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
    vocabulary: &'a Vocabulary<'a>,
    request: &'a Request<'a>,
    conditions: Conditions,
}

impl Search<'_> {
    fn page(&self, hits: Vec<Hit>, total: Total, more: bool, mode: Mode) -> Page {
        Page {
            hits,
            total,
            more,
            newest_only: false,
            cut_short: false,
            query: self.request.query.clone(),
            nowhere: Vec::new(),
            mode,
            streamed_to: None,
        }
    }
}
