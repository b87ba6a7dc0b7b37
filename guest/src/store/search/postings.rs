//! Which messages have the words of a query, and how often: the lists that a ranking is made of.
//!
//! Rare words are read to the end. Of common ones, which say little, only the newest messages are
//! read, the more the fewer other words there are: so a question costs the same in a large cache.

use std::collections::HashSet;

use rusqlite::params;

use super::ast::{Leaf, Phrase, write_near};
use super::occurrences::Occurrences;
use super::query::Query;
use super::{SCANNED, Search};
use crate::error::StoreResult;

/// Rows that are read of all words together.
const BUDGET: usize = 12_000;
/// Rows that are read of every word, to begin with.
const FIRST: usize = 256;
/// Most words and pairs of characters that are scored.
const MOST_TERMS: usize = 64;

/// Something whose occurrences are counted.
#[derive(Debug)]
pub struct Term {
    /// Which leaf of the query it is, or is a part of.
    pub leaf: usize,
    /// Who has this has the leaf.
    pub whole: bool,
    /// Counts in the score. A phrase of pairs does not, since its pairs do.
    pub scored: bool,
    expression: String,
    /// Phrases of the expression that count whole.
    exact: usize,
    pub literal: Option<String>,
}

/// The messages with a term, the newest first.
#[derive(Debug)]
pub struct List {
    /// Numbers of the messages.
    pub rows: Vec<(i64, Occurrences)>,
    /// There are no others.
    pub complete: bool,
    /// Messages gone through; more than rows when only those of some conversations count.
    scanned: usize,
    /// Number of the last message gone through.
    pub lowest: i64,
}

/// The terms of a query.
pub fn terms(query: &Query, with_notes: bool) -> Vec<Term> {
    let mut terms = Vec::new();
    for (leaf, found) in query.leaves().into_iter().enumerate() {
        let mut add = |expression: &str, exact, whole, scored, literal: Option<&String>| {
            if terms.len() < MOST_TERMS || whole {
                let expression = query.part(expression, with_notes);
                terms.push(Term { leaf, whole, scored, expression, exact, literal: literal.cloned() });
            }
        };
        match found {
            Leaf::Near(phrases, distance) => {
                add(&write_near(phrases, distance), phrases.len(), true, true, None);
            }
            Leaf::Without(node) => add(&node.write(), usize::MAX, true, true, None),
            Leaf::Phrase(phrase) => {
                let pieces = if phrase.exact { Vec::new() } else { pieces(phrase) };
                let literal = phrase.literal.as_ref();
                add(&phrase.write_with_others(), phrase.whole(), true, pieces.is_empty(), literal);
                for piece in pieces {
                    add(&piece, usize::MAX, false, true, None);
                }
            }
        }
    }
    terms
}

/// The pairs of characters of a text without blanks, when there are several.
fn pieces(phrase: &Phrase) -> Vec<String> {
    if !phrase.paired || phrase.tokens.len() < 2 {
        return phrase.pieces.clone();
    }
    let last = phrase.tokens.len() - 1;
    let mut pieces: Vec<String> = Vec::with_capacity(last + 1);
    for (place, token) in phrase.tokens.iter().enumerate() {
        let ending = if phrase.prefix && place == last { " *" } else { "" };
        let piece = format!("\"{token}\"{ending}");
        if !pieces.contains(&piece) {
            pieces.push(piece);
        }
    }
    pieces
}

impl Search<'_> {
    /// The newest messages with each term: all, where these are few.
    pub(super) fn newest_of_each(&self, terms: &[Term]) -> StoreResult<Vec<List>> {
        let mut lists = Vec::with_capacity(terms.len());
        for term in terms {
            let mut list = List { rows: Vec::new(), complete: false, scanned: 0, lowest: i64::MAX };
            self.read_on(term, &mut list, FIRST, None)?;
            lists.push(list);
        }
        Ok(lists)
    }

    /// Reads on: the rarer terms to the end, if possible, and the others as far as there is time.
    pub(super) fn read_rest(
        &self,
        terms: &[Term],
        lists: &mut [List],
        only: Option<&HashSet<i64>>,
    ) -> StoreResult<()> {
        let mut left = BUDGET.saturating_sub(lists.iter().map(|list| list.rows.len()).sum());
        // The list whose last row is the oldest is of the rarest of the common terms.
        let mut open: Vec<usize> = (0..lists.len()).filter(|at| !lists[*at].complete).collect();
        open.sort_by_key(|at| lists[*at].lowest);
        if let Some(only) = only {
            lists.iter_mut().for_each(|list| list.rows.retain(|(message, _)| only.contains(message)));
        }
        for (place, at) in open.iter().enumerate() {
            let share = left / (open.len() - place);
            let before = lists[*at].rows.len();
            self.read_on(&terms[*at], &mut lists[*at], share, only)?;
            left = left.saturating_sub(lists[*at].rows.len() - before);
        }
        Ok(())
    }

    /// Reads up to `more` further rows.
    fn read_on(
        &self,
        term: &Term,
        list: &mut List,
        more: usize,
        only: Option<&HashSet<i64>>,
    ) -> StoreResult<()> {
        let (low, high) = self.numbers();
        let mut statement = self.connection.prepare_cached(
            "SELECT rowid, occurrences(messages_fts, ?4) FROM messages_fts \
             WHERE messages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC",
        )?;
        let exact = i32::try_from(term.exact).unwrap_or(i32::MAX);
        let high = high.min(list.lowest.saturating_sub(1));
        let mut rows = statement.query(params![term.expression, low, high, exact])?;
        let mut literal = match term.literal {
            Some(_) => Some(
                self.connection
                    .prepare_cached("SELECT 1 FROM messages WHERE number = ?1 AND instr(lower(body), ?2)")?,
            ),
            None => None,
        };
        let (full, mut scanned) = (list.rows.len() + more, 0);
        while list.rows.len() < full && (only.is_none() || scanned < SCANNED) {
            let Some(row) = rows.next()? else {
                list.complete = true;
                break;
            };
            let message: i64 = row.get(0)?;
            scanned += 1;
            list.lowest = message;
            if only.is_some_and(|only| !only.contains(&message)) {
                continue;
            }
            if let Some(literal) = &mut literal
                && !literal.exists(params![message, term.literal])?
            {
                continue;
            }
            list.rows.push((message, Occurrences::from_sql(row.get(1)?)));
        }
        list.scanned += scanned;
        Ok(())
    }

    /// Messages that have a term, estimated where not all were read: as many a second as in the
    /// time that was.
    pub(super) fn estimated(&self, list: &List, oldest: i64, newest: i64) -> f64 {
        let scanned = list.scanned as f64;
        if list.complete {
            return scanned;
        }
        let read = newest.saturating_sub(list.lowest).max(1) as f64;
        scanned * (newest.saturating_sub(oldest).max(1) as f64 / read).max(1.0)
    }
}
