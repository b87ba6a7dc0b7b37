//! Conversations by words, ranked: first those with everything that was asked for, then those
//! with some of it, each by BM25.
//!
//! The whole conversation is the text that is scored, since who describes something does it over
//! several messages; the best single message adds to it, and is the one that is shown.

use std::collections::{HashMap, HashSet};

use rusqlite::params;

use super::bm25::{Totals, rarity, weight};
use super::eligible::{Eligible, Match};
use super::occurrences::Occurrences;
use super::order::{Found, order};
use super::postings::{List, Term, terms};
use super::query::Query;
use super::varint::varints;
use super::{Hit, Mode, Page, RANKED, Search, Sort, Total};
use crate::error::StoreResult;
use crate::store::message_number;

/// Messages of which it is looked up to which conversation they belong: all of not very many, else the
/// best of all, so many, and so many for each conversation that is wanted; where these do not fill a
/// page, or where a page is not of the best, as many as are read.
const ALL_PLACED: usize = 5_000;
const PLACED: usize = 1_000;
const PLACED_FOR_EACH: usize = 3;
const MOST_PLACED: usize = 24_000;
/// Conversations whose length is looked up, at least; so many are scored exactly.
const MEASURED: usize = 40;
/// What the best message adds, as a part of its own score.
const BEST_MESSAGE: f64 = 0.1;
/// What two words of the query add when they stand in the same order in one message, that many
/// words apart at most, as a part of what both say.
const SIDE_BY_SIDE: f64 = 0.1;
const APART: i64 = 3;
/// Of the best score, what conversations must have to be listed by another order than relevance
/// when none has everything.
const WORTH_SORTING: f64 = 0.5;

/// A message has a term so often, and there.
type Occurring = (i64, usize, Occurrences);

/// What a conversation has of what was asked for.
pub(super) struct Evidence {
    /// Occurrences of each term in all its messages.
    pub occurrences: Vec<f32>,
    /// Which rows of [`Rows`] are of its messages.
    rows: Vec<usize>,
    /// Some message has everything.
    pub in_one: bool,
}

/// A message that has something of what was asked for.
struct Row {
    message: i64,
    /// Where its occurrences are.
    from: usize,
    to: usize,
    score: f64,
    /// It has everything.
    met: bool,
}

impl Search<'_> {
    /// The range of message numbers that can matter.
    pub(super) fn numbers(&self) -> (i64, i64) {
        let filters = self.request.filters;
        // A message is never older than its conversation; the first is exactly as old.
        let low = filters.message.from.max(filters.created.from).map_or(i64::MIN, message_number);
        let high = filters.message.to.map_or(i64::MAX, |to| message_number(to.plus(1)).saturating_sub(1));
        (low, high)
    }

    /// The messages of that range that match, newest first.
    pub(super) fn matching(
        &self,
        expression: &str,
        (low, high): (i64, i64),
        limit: usize,
    ) -> StoreResult<Vec<Match>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT rowid, conversation FROM messages_fts WHERE messages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 \
             ORDER BY rowid DESC LIMIT ?4",
        )?;
        let rows = statement.query_map(params![expression, low, high, limit as i64], |row| {
            Ok(Match { message: row.get(0)?, conversation: row.get(1)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether more messages match than are ranked. Reads nothing but the index of words.
    pub(super) fn is_common(&self, query: &Query, expression: &str) -> StoreResult<bool> {
        let (low, high) = self.numbers();
        if let Some(newest) = self.newest_with(query, high, RANKED + 1)? {
            return Ok(newest.rows.len() > RANKED);
        }
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 FROM messages_fts WHERE messages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 LIMIT 1 OFFSET ?4",
        )?;
        Ok(statement.exists(params![expression, low, high, RANKED as i64])?)
    }

    /// Most messages that are taken for conversations, the more the more of these are asked for.
    pub(super) fn placed(&self) -> usize {
        let wanted = self.request.position.seen.len().saturating_add(self.request.limit);
        PLACED.max(wanted.saturating_mul(PLACED_FOR_EACH))
    }

    /// A page of the conversations with everything, and then of those with something.
    pub(super) fn ranked(&self, query: &Query) -> StoreResult<Page> {
        if self.request.sort == Sort::Relevance {
            let page = self.ranked_among(query, self.placed())?;
            if !page.cut_short {
                return Ok(page);
            }
        }
        self.ranked_among(query, MOST_PLACED.max(self.placed()))
    }

    /// The same, of that many messages.
    fn ranked_among(&self, query: &Query, most: usize) -> StoreResult<Page> {
        let totals = Totals::read(self.connection)?;
        let terms = terms(query, self.request.with_notes);
        let mut lists = self.newest_of_each(&terms)?;
        let nowhere = terms
            .iter()
            .zip(&lists)
            .filter(|(term, list)| term.whole && list.complete && list.rows.is_empty())
            .map(|(term, _)| term.leaf)
            .collect();
        let only = if lists.iter().all(|list| list.complete) { None } else { self.few_messages()? };
        self.read_rest(&terms, &mut lists, only.as_ref())?;
        let estimates: Vec<f64> =
            lists.iter().map(|list| self.estimated(list, totals.oldest, totals.newest)).collect();
        let (having_all, cut) =
            self.having_all(query, &terms, &mut lists, &estimates, only.as_ref(), most)?;

        let mut occurrences: Vec<Occurring> = Vec::new();
        for (term, list) in lists.iter().enumerate() {
            occurrences.extend(list.rows.iter().map(|(message, found)| (*message, term, *found)));
        }
        // A stable sort, since it finds the runs that are in order already.
        occurrences.sort_by_key(|found| std::cmp::Reverse(found.0));
        let rarities: Vec<f64> =
            estimates.iter().map(|messages| rarity(*messages, totals.messages)).collect();
        let (rows, left) = best_rows(query, &terms, &occurrences, &rarities, &having_all, most);
        let mut evidence = self.by_conversation(&terms, &rows, &occurrences)?;

        // How many conversations have each term: counted, or in the proportion of what was counted.
        let mut placed = vec![0_usize; terms.len()];
        for row in &rows {
            occurrences[row.from..row.to].iter().for_each(|(_, term, _)| placed[*term] += 1);
        }
        let rarities: Vec<f64> = (0..terms.len())
            .map(|term| {
                let having = evidence.values().filter(|found| found.occurrences[term] > 0.0).count();
                let having = having as f64 * estimates[term] / placed[term].max(1) as f64;
                if placed[term] == 0 { 0.0 } else { rarity(having, totals.conversations) }
            })
            .collect();

        let all_looked = self.look_into_other_messages(query, &terms, &lists, &mut evidence)?;

        let mut eligible = Eligible::new(self)?;
        let seen: HashSet<i64> = self.request.position.seen.iter().copied().collect();
        let mut found = Vec::new();
        let mut total = 0;
        for (number, evidence) in &evidence {
            if !(0..terms.len()).any(|term| terms[term].finds && evidence.occurrences[term] > 0.0) {
                continue;
            }
            let Some(candidate) = eligible.candidate(*number)? else { continue };
            let has = leaves(&terms, &evidence.occurrences);
            let met = evidence.in_one || query.is_met(|leaf| has.contains(&leaf));
            total += usize::from(met);
            if seen.contains(number) {
                continue;
            }
            let best = evidence
                .rows
                .iter()
                .max_by(|a, b| rows[**a].score.total_cmp(&rows[**b].score).then(b.cmp(a)))
                .copied()
                .unwrap_or(0);
            found.push(Found {
                candidate,
                score: score(&evidence.occurrences, &terms, &rarities, 1.0) + BEST_MESSAGE * rows[best].score,
                message: rows[best].message,
                only: if met { None } else { Some(has) },
            });
        }
        order(&mut found, Sort::Relevance, self.request.now);
        let neighbours = neighbours(&terms);
        let measured = MEASURED.max(self.request.limit + 1).min(found.len());
        for found in &mut found[..measured] {
            let Some(mut evidence) = evidence.remove(&found.candidate.number) else { continue };
            if left != Left::None && found.only.is_some() {
                self.complete(found.candidate.number, &lists, &mut evidence)?;
                let has = leaves(&terms, &evidence.occurrences);
                let met = query.is_met(|leaf| has.contains(&leaf));
                total += usize::from(met);
                found.only = if met { None } else { Some(has) };
            }
            let length = match totals.conversation_length {
                Some(average) => self.words(found.candidate.number)?.map_or(1.0, |words| words / average),
                None => 1.0,
            };
            found.score = score(&evidence.occurrences, &terms, &rarities, length);
            for (one, other) in neighbours.iter().copied() {
                let side_by_side = evidence.rows.iter().map(|row| &rows[*row]).any(|row| {
                    let here = &occurrences[row.from..row.to];
                    let of = |wanted| here.iter().find(|(_, term, _)| *term == wanted).map(|found| found.2);
                    matches!((of(one), of(other)), (Some(one), Some(other)) if one.is_before(other, APART))
                });
                if side_by_side {
                    found.score += SIDE_BY_SIDE * weight(rarities[one] + rarities[other], 1.0, length);
                }
            }
            let mut best = f64::MIN;
            for row in evidence.rows.iter().map(|row| &rows[*row]) {
                let length = self.words_of_message(row.message)? / totals.message_length;
                let score = occurrences[row.from..row.to]
                    .iter()
                    .map(|(_, term, here)| {
                        terms[*term].share * weight(rarities[*term], f64::from(here.count()), length)
                    })
                    .sum::<f64>();
                if score > best {
                    best = score;
                    found.message = row.message;
                }
            }
            found.score += BEST_MESSAGE * best.max(0.0);
        }
        // Several words may be spread over messages of which some are left.
        let several = terms.iter().filter(|term| term.whole).count() > 1;
        let total = match left {
            _ if cut => Total::MoreThan(total),
            Left::WithAll => Total::MoreThan(total),
            Left::WithSome if several => Total::AtLeast(total),
            _ if !all_looked => Total::AtLeast(total),
            Left::None | Left::WithSome => Total::Exactly(total),
        };
        let page = self.page_of(found, total);
        // Another order than by relevance may begin with what was not read.
        let is_end = !page.more || self.request.sort != Sort::Relevance;
        let cut_short =
            is_end && (left != Left::None || cut || !all_looked || lists.iter().any(|list| !list.complete));
        Ok(Page { nowhere, cut_short, ..page })
    }

    /// Finds the terms that a conversation lacks in messages of it that are not among the best ones.
    fn complete(&self, conversation: i64, lists: &[List], evidence: &mut Evidence) -> StoreResult<()> {
        let mut messages = self.connection.prepare_cached(
            "SELECT m.number FROM conversations c JOIN messages m ON m.conversation_id = c.id WHERE c.number = ?1",
        )?;
        let messages: Vec<i64> =
            messages.query_map([conversation], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let lacking = lists.iter().zip(&mut evidence.occurrences).filter(|(_, count)| **count == 0.0);
        for (list, count) in lacking {
            let found = messages.iter().filter_map(|message| {
                // The newest are first.
                let place = list.rows.binary_search_by(|(other, _)| message.cmp(other)).ok()?;
                Some(list.rows[place].1.count())
            });
            *count = found.sum();
        }
        Ok(())
    }

    /// A page of the conversations of these messages, which all count alike.
    pub(super) fn unscored(&self, messages: Vec<Match>) -> StoreResult<Page> {
        let mut eligible = Eligible::new(self)?;
        let seen: HashSet<i64> = self.request.position.seen.iter().copied().collect();
        let mut newest: HashMap<i64, i64> = HashMap::new();
        for found in messages {
            let newest = newest.entry(found.conversation).or_insert(found.message);
            *newest = found.message.max(*newest);
        }
        let (mut found, mut total) = (Vec::new(), 0);
        for (number, message) in newest {
            let Some(candidate) = eligible.candidate(number)? else { continue };
            total += 1;
            if !seen.contains(&number) {
                found.push(Found { candidate, score: 1.0, message, only: None });
            }
        }
        Ok(self.page_of(found, Total::Exactly(total)))
    }

    /// One page of these, which were not shown yet.
    fn page_of(&self, mut found: Vec<Found>, total: Total) -> Page {
        let request = self.request;
        if request.sort != Sort::Relevance {
            // What has only some of the words comes in this order when nothing has all of them.
            if total.is_nothing() {
                let best = found.iter().map(|found| found.score).fold(0.0, f64::max);
                found.retain(|found| found.score >= best * WORTH_SORTING);
            } else {
                found.retain(|found| found.only.is_none());
            }
        }
        order(&mut found, request.sort, request.now);
        let more = found.len() > request.limit;
        found.truncate(request.limit);
        let hits = found
            .into_iter()
            .map(|found| Hit {
                conversation: found.candidate.number,
                message: Some(found.message),
                only: found.only,
            })
            .collect();
        self.page(hits, total, more, Mode::Ranked)
    }

    /// What each conversation has.
    fn by_conversation(
        &self,
        terms: &[Term],
        rows: &[Row],
        occurrences: &[Occurring],
    ) -> StoreResult<HashMap<i64, Evidence>> {
        let mut conversation =
            self.connection.prepare_cached("SELECT c3 FROM messages_fts_content WHERE id = ?1")?;
        let mut evidence: HashMap<i64, Evidence> = HashMap::new();
        for (place, row) in rows.iter().enumerate() {
            let number: i64 = conversation.query_row([row.message], |found| found.get(0))?;
            let found = evidence.entry(number).or_insert_with(|| Evidence {
                occurrences: vec![0.0; terms.len()],
                rows: Vec::new(),
                in_one: false,
            });
            for (_, term, here) in &occurrences[row.from..row.to] {
                found.occurrences[*term] += here.count();
            }
            found.rows.push(place);
            found.in_one |= row.met;
        }
        Ok(evidence)
    }

    /// Words of a conversation that say something; none, when they were not counted yet.
    fn words(&self, conversation: i64) -> StoreResult<Option<f64>> {
        let mut statement =
            self.connection.prepare_cached("SELECT words FROM conversations WHERE number = ?1")?;
        let words: Option<i64> = statement.query_row([conversation], |row| row.get(0))?;
        Ok(words.map(|words| words as f64))
    }

    /// All words of a message that may be searched.
    fn words_of_message(&self, message: i64) -> StoreResult<f64> {
        let mut statement =
            self.connection.prepare_cached("SELECT sz FROM messages_fts_docsize WHERE id = ?1")?;
        let sizes: Vec<u8> = statement.query_row([message], |row| row.get(0))?;
        let with_notes = self.request.with_notes;
        let searched = varints(&sizes).take(3).enumerate().filter(|(column, _)| with_notes || *column != 1);
        Ok(searched.map(|(_, words)| words).sum::<u64>() as f64)
    }
}

/// What messages beside the best ones have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    None,
    WithSome,
    WithAll,
}

/// The messages that say most; all, when there are few. And whether some that have everything are
/// not among them.
fn best_rows(
    query: &Query,
    terms: &[Term],
    occurrences: &[Occurring],
    rarities: &[f64],
    having_all: &HashSet<i64>,
    most: usize,
) -> (Vec<Row>, Left) {
    let mut rows: Vec<Row> = Vec::new();
    let mut from = 0;
    let needs_all = query.needs_all();
    let leaves = terms.iter().filter(|term| term.whole).count();
    for run in occurrences.chunk_by(|a, b| a.0 == b.0) {
        let message = run[0].0;
        let has = |leaf| run.iter().any(|(_, term, _)| terms[*term].leaf == leaf && terms[*term].whole);
        let score = run
            .iter()
            .map(|(_, term, here)| terms[*term].share * weight(rarities[*term], f64::from(here.count()), 1.0))
            .sum();
        rows.push(Row {
            message,
            from,
            to: from + run.len(),
            score,
            met: having_all.contains(&message)
                || if needs_all {
                    // The quick way for the usual question.
                    run.len() >= leaves
                        && run.iter().filter(|(_, term, _)| terms[*term].whole).count() == leaves
                } else {
                    query.is_met(has)
                },
        });
        from += run.len();
    }
    if rows.len() > most.max(ALL_PLACED) {
        // Of equal ones the newest stay.
        rows.select_nth_unstable_by(most, |a, b| {
            b.met.cmp(&a.met).then(b.score.total_cmp(&a.score)).then(b.message.cmp(&a.message))
        });
        let left = if rows[most..].iter().any(|row| row.met) { Left::WithAll } else { Left::WithSome };
        rows.truncate(most);
        rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.message));
        return (rows, left);
    }
    (rows, Left::None)
}

/// Words of the query that follow each other.
fn neighbours(terms: &[Term]) -> Vec<(usize, usize)> {
    let words: Vec<usize> =
        (0..terms.len()).filter(|term| terms[*term].whole && terms[*term].share == 1.0).collect();
    words
        .windows(2)
        .filter(|pair| terms[pair[1]].leaf == terms[pair[0]].leaf + 1)
        .map(|pair| (pair[0], pair[1]))
        .collect()
}

/// The leaves of which something with these occurrences has the whole.
fn leaves(terms: &[Term], occurrences: &[f32]) -> Vec<usize> {
    let mut leaves: Vec<usize> = terms
        .iter()
        .zip(occurrences)
        .filter(|(term, count)| term.whole && **count > 0.0)
        .map(|(term, _)| term.leaf)
        .collect();
    leaves.dedup();
    leaves
}

fn score(occurrences: &[f32], terms: &[Term], rarities: &[f64], length: f64) -> f64 {
    (0..terms.len())
        .filter(|term| occurrences[*term] > 0.0)
        .map(|term| terms[term].share * weight(rarities[term], f64::from(occurrences[term]), length))
        .sum()
}
