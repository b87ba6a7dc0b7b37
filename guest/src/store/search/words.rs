//! Conversations by words, ranked.

use std::collections::{HashMap, HashSet};

use rusqlite::params;

use super::judge::{Judge, Match};
use super::order::{Found, order};
use super::query::Query;
use super::{Hit, Mode, Page, RANKED, SKIMMED, Search, Total};
use crate::error::StoreResult;
use crate::store::message_number;

impl Search<'_> {
    /// The range of message numbers that can matter.
    pub(super) fn numbers(&self) -> (i64, i64) {
        let filters = self.request.filters;
        // A message is never older than its conversation; the first is exactly as old.
        let low = filters.message.from.max(filters.created.from).map_or(i64::MIN, message_number);
        let high = filters.message.to.map_or(i64::MAX, |to| message_number(to.plus(1)).saturating_sub(1));
        (low, high)
    }

    /// The messages that match, newest first.
    pub(super) fn matching(&self, expression: &str, limit: usize) -> StoreResult<Vec<Match>> {
        let (low, high) = self.numbers();
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
    pub(super) fn is_common(&self, expression: &str) -> StoreResult<bool> {
        let (low, high) = self.numbers();
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 FROM messages_fts WHERE messages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 LIMIT 1 OFFSET ?4",
        )?;
        Ok(statement.exists(params![expression, low, high, RANKED as i64])?)
    }

    /// All that match, by bm25, and conversations that have the words in several messages.
    pub(super) fn ranked(&self, query: &Query, mode: Mode) -> StoreResult<Page> {
        let Some(expression) = query.expression(self.request.with_notes) else {
            return Ok(self.page(Vec::new(), Total::Exactly(0), false, mode));
        };
        let (low, high) = self.numbers();
        // What a subject says weighs more, what a note says a little less.
        let mut statement = self.connection.prepare_cached(
            "SELECT rowid, conversation, bm25(messages_fts, 1.0, 0.8, 3.0) AS score FROM messages_fts \
             WHERE messages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY score LIMIT ?4",
        )?;
        let rows = statement
            .query_map(params![expression, low, high, RANKED as i64], |row| {
                Ok((Match { message: row.get(0)?, conversation: row.get(1)? }, -row.get::<_, f64>(2)?))
            })?
            .collect::<Result<Vec<(Match, f64)>, _>>()?;
        drop(statement);
        let mut found = self.gathered(rows)?;
        self.add_spread(query, &mut found)?;
        Ok(self.ordered(found, mode))
    }

    /// Conversations all of whose words are there, but in no single message. Given up where each
    /// of the words is common: then one message with all of them is what is meant.
    fn add_spread(&self, query: &Query, found: &mut HashMap<i64, Found>) -> StoreResult<()> {
        let conjuncts = query.conjuncts(self.request.with_notes);
        // `C++` is checked in the text of a message, and the others do not have it.
        if conjuncts.len() < 2 || !query.literals.is_empty() {
            return Ok(());
        }
        // Where they are few, the messages with each of the words.
        let mut lists = Vec::with_capacity(conjuncts.len());
        for conjunct in &conjuncts {
            let few = if self.is_common(conjunct)? { None } else { Some(self.matching(conjunct, RANKED)?) };
            lists.push((conjunct, few));
        }
        lists.sort_by_key(|(_, few)| few.as_ref().map_or(usize::MAX, Vec::len));
        if lists.first().is_none_or(|(_, few)| few.as_ref().is_none_or(Vec::is_empty)) {
            return Ok(());
        }
        let mut judge = Judge::new(self)?;
        let mut spread: HashMap<i64, Found> = HashMap::new();
        for (place, (conjunct, few)) in lists.into_iter().enumerate() {
            let weight = rarity(few.as_ref().map_or(RANKED + 1, Vec::len));
            let list = match few {
                Some(few) => few,
                None => self.skimmed(conjunct, &spread)?,
            };
            let mut rest: HashMap<i64, Found> = HashMap::new();
            for found_in in list {
                let Some(candidate) = judge.candidate(found_in)? else { continue };
                if found.contains_key(&candidate.number) || rest.contains_key(&candidate.number) {
                    continue;
                }
                let before = spread.remove(&candidate.number);
                if place > 0 && before.is_none() {
                    continue;
                }
                // The message with the rarest word is shown.
                let entry = before.unwrap_or(Found {
                    candidate: candidate.clone(),
                    best: 0.0,
                    message: found_in.message,
                    matches: 0,
                    spread: true,
                });
                let best = entry.best + weight;
                rest.insert(candidate.number, Found { best, matches: entry.matches + 1, ..entry });
            }
            if rest.is_empty() {
                return Ok(());
            }
            spread = rest;
        }
        found.extend(spread);
        Ok(())
    }

    /// The messages of these conversations that have a very common word, as far as they are among
    /// the newest with it. The index of words alone is gone through: to ask it of which conversation
    /// each message is would take ten times as long as to list the messages of a few.
    fn skimmed(&self, expression: &str, these: &HashMap<i64, Found>) -> StoreResult<Vec<Match>> {
        let mut messages = self.connection.prepare_cached(
            "SELECT m.number FROM conversations c JOIN messages m ON m.conversation_id = c.id WHERE c.number = ?1",
        )?;
        let mut theirs: HashMap<i64, i64> = HashMap::new();
        for conversation in these.keys() {
            for message in messages.query_map([conversation], |row| row.get(0))? {
                theirs.insert(message?, *conversation);
            }
        }
        let (low, high) = self.numbers();
        let oldest = theirs.keys().min().copied().unwrap_or(i64::MAX);
        let mut index = self.connection.prepare_cached(
            "SELECT rowid FROM messages_fts WHERE messages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 \
             ORDER BY rowid DESC LIMIT ?4",
        )?;
        let rows = index
            .query_map(params![expression, low.max(oldest), high, SKIMMED], |row| row.get::<_, i64>(0))?;
        let mut found = Vec::new();
        for message in rows {
            let message = message?;
            if let Some(conversation) = theirs.get(&message) {
                found.push(Match { message, conversation: *conversation });
            }
        }
        Ok(found)
    }

    /// Some of the words instead of all: the more, and the rarer ones, the better.
    pub(super) fn relaxed(&self, query: &Query) -> StoreResult<Page> {
        let conjuncts = match query.relaxed(self.request.with_notes) {
            None => Vec::new(),
            Some(any) => match query.conjuncts(self.request.with_notes) {
                conjuncts if conjuncts.is_empty() => vec![any],
                conjuncts => conjuncts,
            },
        };
        let mut scores: HashMap<Match, f64> = HashMap::new();
        let mut words: HashMap<i64, Found> = HashMap::new();
        for conjunct in &conjuncts {
            let list = self.matching(conjunct, RANKED)?;
            let weight = rarity(list.len());
            for (number, one) in self.gathered(list.iter().map(|found| (*found, weight)).collect())? {
                let entry = words.entry(number).or_insert(Found { best: 0.0, matches: 0, ..one.clone() });
                entry.best += weight;
                entry.matches = 1;
            }
            for found in list {
                *scores.entry(found).or_default() += weight;
            }
        }
        // What counts is how much of the question a conversation has; that one message has much
        // of it, half as much. The best message is shown.
        for (number, best) in self.gathered(scores.into_iter().collect())? {
            if let Some(entry) = words.get_mut(&number) {
                entry.best += best.best / 2.0;
                entry.message = best.message;
            }
        }
        Ok(self.ordered(words, Mode::Relaxed))
    }

    /// Whether some message in the range matches.
    pub(super) fn exists(&self, expression: &str) -> StoreResult<bool> {
        Ok(!self.matching(expression, 1)?.is_empty())
    }

    /// One row a conversation, in the order asked for.
    pub(super) fn best(&self, rows: Vec<(Match, f64)>, mode: Mode) -> StoreResult<Page> {
        let found = self.gathered(rows)?;
        Ok(self.ordered(found, mode))
    }

    /// Conversations of these messages, each with its best.
    fn gathered(&self, rows: Vec<(Match, f64)>) -> StoreResult<HashMap<i64, Found>> {
        let mut judge = Judge::new(self)?;
        let mut found: HashMap<i64, Found> = HashMap::new();
        for (matched, score) in rows {
            let Some(candidate) = judge.candidate(matched)? else { continue };
            let message = matched.message;
            let entry = found.entry(candidate.number).or_insert_with(|| Found {
                candidate: candidate.clone(),
                best: score,
                message,
                matches: 0,
                spread: false,
            });
            entry.matches += 1;
            if (score, message) > (entry.best, entry.message) {
                entry.best = score;
                entry.message = message;
            }
        }
        Ok(found)
    }

    /// What was not shown yet, as one page.
    fn ordered(&self, found: HashMap<i64, Found>, mode: Mode) -> Page {
        let request = self.request;
        let total = found.len();
        let seen: HashSet<i64> = request.position.seen.iter().copied().collect();
        let mut found: Vec<Found> =
            found.into_values().filter(|found| !seen.contains(&found.candidate.number)).collect();
        order(&mut found, request.sort, request.now);
        let more = found.len() > request.limit;
        found.truncate(request.limit);
        let hits = found
            .iter()
            .map(|found| Hit { conversation: found.candidate.number, message: Some(found.message) })
            .collect();
        self.page(hits, Total::Exactly(total), more, mode)
    }
}

/// How much a word says that so many messages have, as in bm25, for a cache of a million messages.
fn rarity(messages: usize) -> f64 {
    (1.0 + 1_000_000.0 / (messages as f64 + 0.5)).ln()
}
