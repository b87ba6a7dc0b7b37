//! Which messages have the words of a query, and how often: the lists that a ranking is made of.
//!
//! Rare words are read to the end. Of common ones, which say little, only the newest messages are
//! read, the more the fewer other words there are: so a question costs the same in a large cache.
//! Words are read from the index itself ([`doclist`](super::doclist)); what takes more than lists of
//! words to tell, as phrases do, is asked of SQLite.

use std::collections::HashSet;

use rusqlite::params;

use super::ast::{Leaf, Phrase, write_near};
use super::doclist::{Doclist, Wanted};
use super::letters::{fold, folds_like_the_index};
use super::occurrences::Occurrences;
use super::query::Query;
use super::{SCANNED, Search};
use crate::error::StoreResult;
use crate::sorting;

/// Rows that are read of all words together, and of those that SQLite has to find.
const BUDGET: usize = 24_000;
const BUDGET_OF_SQLITE: usize = 12_000;
/// Words with one beginning of which the lists are read one by one.
const MOST_ENDINGS: usize = 200;
/// Rows that are read of every word, to begin with.
const FIRST: usize = 256;
/// Which part of its score a phrase in quotation marks adds to those of its words.
const PHRASE: f64 = 0.25;
/// Most words and pairs of characters that are scored.
const MOST_TERMS: usize = 64;

/// Something whose occurrences are counted.
#[derive(Debug)]
pub struct Term {
    /// Which leaf of the query it is, or is a part of.
    pub leaf: usize,
    /// Who has this has the leaf.
    pub whole: bool,
    /// Which part of its score counts. Of a phrase of pairs nothing does, since its pairs do.
    pub share: f64,
    /// Who has this is found. A word of a phrase in quotation marks only adds to what is found otherwise.
    pub finds: bool,
    parts: Vec<Part>,
    pub literal: Option<String>,
}

impl Term {
    /// Its lists do not tell everything.
    pub fn is_for_sqlite(&self) -> bool {
        self.literal.is_some() || self.parts.iter().any(|part| matches!(part.what, What::Expression(..)))
    }
}

/// One of the ways to have a term.
#[derive(Debug)]
struct Part {
    what: What,
    /// Counts whole; a word that merely contains the one asked for counts half.
    whole: bool,
}

#[derive(Debug)]
enum What {
    /// A word as the index has it.
    Word(String),
    Beginning(String),
    /// An FTS5 expression, and how many of its phrases count whole.
    Expression(String, usize),
}

/// The messages with a term, the newest first.
#[derive(Debug)]
pub struct List {
    /// Numbers of the messages.
    pub rows: Vec<(i64, Occurrences)>,
    /// There are no others.
    pub complete: bool,
    /// Messages read; more than rows when only those of some conversations count.
    scanned: usize,
    /// Number of the oldest message that would be among the rows.
    pub lowest: i64,
}

/// The terms of a query.
pub fn terms(query: &Query, with_notes: bool) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    let leaves = query.leaves();
    let is_alone = leaves.len() == 1;
    for (leaf, found) in leaves.into_iter().enumerate() {
        let by_sqlite = |expression: &str, exact| {
            vec![Part { what: What::Expression(query.part(expression, with_notes), exact), whole: true }]
        };
        // Of messages with unwanted words only SQLite knows.
        let by_lists = query.unwanted().is_empty();
        let parts = |expressions: &mut dyn Iterator<Item = (&String, bool)>| {
            let what = |expression: &String| match word(expression) {
                Some((word, false)) => What::Word(word),
                Some((word, true)) => What::Beginning(word),
                None => What::Expression(query.part(expression, with_notes), usize::MAX),
            };
            expressions.map(|(expression, whole)| Part { what: what(expression), whole }).collect::<Vec<_>>()
        };
        match found {
            Leaf::Near(phrases, distance) => {
                let parts = by_sqlite(&write_near(phrases, distance), phrases.len());
                terms.push(Term { leaf, whole: true, share: 1.0, finds: true, parts, literal: None });
            }
            Leaf::Without(node) => {
                let parts = by_sqlite(&node.write(), usize::MAX);
                terms.push(Term { leaf, whole: true, share: 1.0, finds: true, parts, literal: None });
            }
            Leaf::Phrase(phrase) => {
                let pieces = match phrase.exact {
                    true if is_alone || phrase.tokens.len() < 2 => Vec::new(),
                    true => words(phrase),
                    false => pieces(phrase),
                };
                let itself = phrase.write();
                let parts_of_phrase = if by_lists && phrase.literal.is_none() {
                    let whole = std::iter::once(&itself).chain(&phrase.others).map(|form| (form, true));
                    parts(&mut whole.chain(phrase.akin.iter().map(|form| (form, false))))
                } else {
                    by_sqlite(&phrase.write_with_others(), phrase.whole())
                };
                let share = match pieces.is_empty() {
                    true => 1.0,
                    false if phrase.exact => PHRASE,
                    false => 0.0,
                };
                let literal = phrase.literal.clone();
                terms.push(Term { leaf, whole: true, share, finds: true, parts: parts_of_phrase, literal });
                for piece in pieces.iter().take(MOST_TERMS.saturating_sub(terms.len())) {
                    let parts = if by_lists {
                        parts(&mut std::iter::once((piece, true)))
                    } else {
                        by_sqlite(piece, usize::MAX)
                    };
                    let finds = !phrase.exact;
                    terms.push(Term { leaf, whole: false, share: 1.0, finds, parts, literal: None });
                }
            }
        }
    }
    terms
}

/// The word of an expression that is only that, and whether it is only its beginning; none when it
/// cannot be told how the index writes it.
fn word(expression: &str) -> Option<(String, bool)> {
    let (quoted, beginning) = match expression.strip_suffix(" *") {
        Some(quoted) => (quoted, true),
        None => (expression, false),
    };
    let word = quoted.strip_prefix('"')?.strip_suffix('"')?;
    (!word.is_empty() && word.chars().all(folds_like_the_index)).then(|| (fold(word), beginning))
}

/// The pairs of characters of a text without blanks, when there are several.
fn pieces(phrase: &Phrase) -> Vec<String> {
    if !phrase.paired || phrase.tokens.len() < 2 { phrase.pieces.clone() } else { words(phrase) }
}

/// Each word of a phrase, as the index knows it.
fn words(phrase: &Phrase) -> Vec<String> {
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
        sorting::by_key(&mut open, |at| lists[*at].lowest);
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
        let most = if only.is_some() { BUDGET } else { list.rows.len() + more };
        *list = self.read(term, Wanted { low, high, with_notes: self.request.with_notes, most })?;
        if let Some(only) = only {
            list.rows.retain(|(message, _)| only.contains(message));
        }
        Ok(())
    }

    pub(super) fn read(&self, term: &Term, wanted: Wanted) -> StoreResult<List> {
        let mut all = Doclist::default();
        for part in &term.parts {
            let found = self.read_part(&part.what, term.literal.as_deref(), wanted)?;
            all.join(found, part.whole);
        }
        all.merge();
        Ok(List {
            scanned: all.rows.len(),
            complete: all.down_to.is_none(),
            lowest: all.down_to.unwrap_or(wanted.low),
            rows: all.rows,
        })
    }

    /// Those of some messages, newest first, that have a term; none when the lists of words do not tell.
    pub(super) fn those_with(&self, term: &Term, some: &[i64]) -> StoreResult<Option<Vec<i64>>> {
        let mut having: Vec<i64> = Vec::new();
        for part in &term.parts {
            let words = match &part.what {
                What::Word(word) => vec![word.clone()],
                What::Beginning(beginning) => self.vocabulary.beginning_with(beginning, MOST_ENDINGS + 1)?,
                What::Expression(..) => return Ok(None),
            };
            if words.len() > MOST_ENDINGS {
                return Ok(None);
            }
            for word in &words {
                match self.vocabulary.those_with(word, some, self.request.with_notes)? {
                    Some(those) => having.extend(those),
                    None => return Ok(None),
                }
            }
        }
        having.sort_unstable_by(|a, b| b.cmp(a));
        having.dedup();
        Ok(Some(having))
    }

    /// The newest messages with the one thing that is asked for, from this number down, so many or
    /// some more; none when that is more than a word or the beginning of one.
    pub(super) fn newest_with(&self, query: &Query, high: i64, most: usize) -> StoreResult<Option<List>> {
        let terms = terms(query, self.request.with_notes);
        let [term] = &terms[..] else { return Ok(None) };
        if term.is_for_sqlite() {
            return Ok(None);
        }
        let (low, _) = self.numbers();
        self.read(term, Wanted { low, high, with_notes: self.request.with_notes, most }).map(Some)
    }

    fn read_part(&self, what: &What, literal: Option<&str>, wanted: Wanted) -> StoreResult<Doclist> {
        let columns = |phrase: &str| self.request.query.part(phrase, wanted.with_notes);
        match what {
            What::Word(word) => {
                if let Some(found) = self.vocabulary.messages_with(word, wanted)? {
                    return Ok(found);
                }
                self.read_by_sqlite(&columns(&format!("\"{word}\"")), usize::MAX, None, wanted)
            }
            What::Beginning(beginning) => {
                let words = self.vocabulary.beginning_with(beginning, MOST_ENDINGS + 1)?;
                let mut all = Doclist::default();
                for word in words.iter().take(MOST_ENDINGS) {
                    match self.vocabulary.messages_with(word, wanted)? {
                        Some(found) if words.len() <= MOST_ENDINGS => all.join(found, true),
                        _ => {
                            let expression = columns(&format!("\"{beginning}\" *"));
                            return self.read_by_sqlite(&expression, usize::MAX, None, wanted);
                        }
                    }
                }
                Ok(all)
            }
            What::Expression(expression, exact) => self.read_by_sqlite(expression, *exact, literal, wanted),
        }
    }

    fn read_by_sqlite(
        &self,
        expression: &str,
        exact: usize,
        literal: Option<&str>,
        wanted: Wanted,
    ) -> StoreResult<Doclist> {
        let mut statement = self.connection.prepare_cached(
            "SELECT rowid, occurrences(messages_fts, ?4) FROM messages_fts \
             WHERE messages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC",
        )?;
        let exact = i32::try_from(exact).unwrap_or(i32::MAX);
        let mut rows = statement.query(params![expression, wanted.low, wanted.high, exact])?;
        let mut stands = self
            .connection
            .prepare_cached("SELECT 1 FROM messages WHERE number = ?1 AND instr(lower(body), ?2)")?;
        let mut found = Doclist::default();
        let mut scanned = 0;
        while let Some(row) = rows.next()? {
            let message: i64 = row.get(0)?;
            if found.rows.len() >= wanted.most.min(BUDGET_OF_SQLITE) || scanned >= SCANNED {
                found.down_to = Some(message.saturating_add(1));
                break;
            }
            scanned += 1;
            if literal.is_none_or(|literal| stands.exists(params![message, literal]).unwrap_or(false)) {
                found.rows.push((message, Occurrences::from_sql(row.get(1)?)));
            }
        }
        Ok(found)
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
