//! Messages that have everything that was asked for and are older than what was read of each word.

use std::collections::{HashMap, HashSet};

use super::Search;
use super::doclist::Wanted;
use super::occurrences::Occurrences;
use super::postings::{List, Term};
use super::query::Query;
use super::ranked::Evidence;
use crate::error::StoreResult;
use crate::sorting;

/// Most conversations with the rare words whose other messages are looked into.
const LOOKED_INTO: usize = 250;
/// Most rows of the rarest word, of which the others are looked up.
const READ: f64 = 150_000.0;

impl Search<'_> {
    /// Where some lists were not read to the end, the messages that have everything and are older
    /// than what was read; and whether there are more than are ranked.
    pub(super) fn having_all(
        &self,
        query: &Query,
        terms: &[Term],
        lists: &mut [List],
        estimates: &[f64],
        only: Option<&HashSet<i64>>,
        placed: usize,
    ) -> StoreResult<(HashSet<i64>, bool)> {
        let none = Ok((HashSet::new(), false));
        let read_down_to = lists.iter().filter(|list| !list.complete).map(|list| list.lowest).max();
        let (Some(read_down_to), Some(expression)) =
            (read_down_to, query.expression(self.request.with_notes))
        else {
            return none;
        };
        // What any of the lists has is met already, and enough of it was read.
        if query.needs_any() || terms.iter().any(|term| term.literal.is_some()) {
            return Ok((HashSet::new(), query.needs_any()));
        }
        let (low, high) = self.numbers();
        let high = high.min(read_down_to.saturating_sub(1));
        let most = placed + 1;
        let by_lists =
            if query.needs_all() { self.with_all(terms, lists, estimates, (low, high))? } else { None };
        let mut all: Vec<i64> = match by_lists {
            Some(all) => all.into_iter().take(most).collect(),
            None => {
                self.matching(&expression, (low, high), most)?.iter().map(|found| found.message).collect()
            }
        };
        let cut = all.len() == most;
        if let Some(only) = only {
            all.retain(|message| only.contains(message));
        }
        if query.needs_all() {
            for list in lists.iter_mut().filter(|list| !list.complete) {
                let lowest = list.lowest;
                let older = all.iter().filter(|message| **message < lowest);
                list.rows.extend(older.map(|message| (*message, Occurrences::SOMEWHERE)));
            }
        }
        Ok((all.into_iter().collect(), cut))
    }

    /// A conversation with a rare word may have the common ones in messages older than what was read
    /// of these: they are looked up. False: there were too many such conversations.
    pub(super) fn look_into_other_messages(
        &self,
        query: &Query,
        terms: &[Term],
        lists: &[List],
        evidence: &mut HashMap<i64, Evidence>,
    ) -> StoreResult<bool> {
        let whole = |complete: bool| {
            (0..terms.len()).filter(move |term| terms[*term].whole && lists[*term].complete == complete)
        };
        if !query.needs_all() || whole(true).count() == 0 {
            return Ok(true);
        }
        let lacks = |found: &Evidence, term: usize| found.occurrences[term] == 0.0;
        let mut lacking: Vec<i64> = evidence
            .iter()
            .filter(|(_, found)| {
                !found.in_one
                    && whole(true).all(|term| !lacks(found, term))
                    && whole(false).any(|term| lacks(found, term))
            })
            .map(|(conversation, _)| *conversation)
            .collect();
        lacking.sort_unstable_by(|a, b| b.cmp(a));
        let mut looked = lacking.len() <= LOOKED_INTO;
        lacking.truncate(LOOKED_INTO);

        let (low, high) = self.numbers();
        let mut of_conversation = self.connection.prepare_cached(
            "SELECT m.number FROM conversations c JOIN messages m ON m.conversation_id = c.id \
             WHERE c.number = ?1 AND m.number BETWEEN ?2 AND ?3",
        )?;
        let mut messages: Vec<(i64, i64)> = Vec::new();
        for conversation in lacking {
            for message in of_conversation.query_map([conversation, low, high], |row| row.get(0))? {
                messages.push((message?, conversation));
            }
        }
        messages.sort_unstable_by(|a, b| b.cmp(a));
        let numbers: Vec<i64> = messages.iter().map(|(message, _)| *message).collect();
        let conversations: HashMap<i64, i64> = messages.into_iter().collect();
        for term in whole(false) {
            let mut having: HashMap<i64, f32> = HashMap::new();
            let found =
                if terms[term].is_for_sqlite() { None } else { self.those_with(&terms[term], &numbers)? };
            // The lists cannot tell of a phrase, nor where a page of theirs is not as expected.
            looked &= found.is_some() || numbers.is_empty();
            for message in found.unwrap_or_default() {
                *having.entry(conversations[&message]).or_default() += Occurrences::SOMEWHERE.count();
            }
            for (conversation, count) in having {
                if let Some(found) = evidence.get_mut(&conversation).filter(|found| lacks(found, term)) {
                    found.occurrences[term] = count;
                }
            }
        }
        Ok(looked)
    }

    /// The messages of that range that have every term, newest first: the rarest to begin with, and
    /// of these what the next has, too. None when it takes SQLite to tell.
    fn with_all(
        &self,
        terms: &[Term],
        lists: &[List],
        estimates: &[f64],
        (low, high): (i64, i64),
    ) -> StoreResult<Option<Vec<i64>>> {
        let mut rarest_first: Vec<usize> = (0..terms.len()).filter(|term| terms[*term].whole).collect();
        sorting::by(&mut rarest_first, |a, b| estimates[*a].total_cmp(&estimates[*b]));
        let unread = |term: &&usize| !lists[**term].complete;
        if rarest_first.iter().filter(unread).any(|term| terms[*term].is_for_sqlite()) {
            return Ok(None);
        }
        let numbers = |list: &List| {
            let rows = list.rows.iter().map(|(message, _)| *message);
            rows.filter(|message| (low..=high).contains(message)).collect::<Vec<_>>()
        };
        let mut found: Option<Vec<i64>> = None;
        for term in rarest_first {
            found = match found {
                Some(found) if found.is_empty() => return Ok(Some(found)),
                Some(found) if lists[term].complete => Some(common(&found, &numbers(&lists[term]))),
                Some(found) => self.those_with(&terms[term], &found)?,
                None if lists[term].complete => Some(numbers(&lists[term])),
                None if estimates[term] > READ => None,
                None => {
                    let with_notes = self.request.with_notes;
                    let wanted = Wanted { low, high, with_notes, most: usize::MAX };
                    Some(numbers(&self.read(&terms[term], wanted)?))
                }
            };
            if found.is_none() {
                return Ok(None);
            }
        }
        Ok(found)
    }
}

/// What is in both lists, which both descend.
fn common(one: &[i64], other: &[i64]) -> Vec<i64> {
    let mut found = Vec::new();
    let mut others = other.iter().peekable();
    for number in one {
        while others.next_if(|other| *other > number).is_some() {}
        if others.peek() == Some(&number) {
            found.push(*number);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Filters, Position, Request, Sort, Total, search};
    use super::*;
    use crate::store::index::{IndexEntry, index_message, unindex_message};
    use crate::store::{OpenMode, Store};
    use crate::time::UnixSeconds;

    /// Each message is a conversation of its own; those with every word are far older than what is read
    /// of any.
    #[test]
    fn what_has_every_word_is_found_behind_what_was_read() {
        const MESSAGES: i64 = 40_000;
        let mut store = Store::open(Path::new(":memory:"), OpenMode::ReadWrite).expect("opens");
        let fill = |tx: &rusqlite::Connection| {
            for message in 0..MESSAGES {
                let parcel = if message % 2 == 0 { "parcel" } else { "letter" };
                let late = if message % 2 == 1 || message < 300 { "late" } else { "early" };
                let is_note = message % 30 == 0;
                let text = &format!("order {parcel} {late}");
                let entry = IndexEntry {
                    message: message * 16,
                    conversation: message,
                    subject: None,
                    plain_body: text,
                    is_note,
                };
                index_message(tx, &entry)?;
            }
            (0..300).step_by(50).try_for_each(|message| unindex_message(tx, message * 16))
        };
        store.write(|tx| fill(tx)).expect("fills");
        for (query, with_notes) in [
            ("order parcel late", true),
            ("order parcel late", false),
            ("parcel late", true),
            ("par* late", true),
        ] {
            let expected: Vec<i64> = (0..300)
                .filter(|message| message % 2 == 0 && message % 50 != 0 && (with_notes || message % 30 != 0))
                .collect();
            let query = &Query::parse(query);
            let request = Request {
                query,
                literal: None,
                with_notes,
                filters: &Filters::default(),
                sort: Sort::Relevance,
                limit: 400,
                now: UnixSeconds(MESSAGES),
                position: Position::default(),
            };
            let page = search(store.connection(), &request).expect("searches");
            let mut found: Vec<i64> =
                page.hits.iter().filter(|hit| hit.only.is_none()).map(|hit| hit.conversation).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{query:?} {with_notes}");
            // Of the newer messages with some of the words not all were looked at.
            assert_eq!(page.total, Total::AtLeast(expected.len()));
        }
    }

    /// `gargoyle` is rare; `refund` stands in another message of half of these conversations, older than
    /// all that is read of it.
    #[test]
    fn a_common_word_is_found_in_another_message_of_what_has_the_rare_one() {
        let mut store = Store::open(Path::new(":memory:"), OpenMode::ReadWrite).expect("opens");
        let fill = |tx: &rusqlite::Connection| {
            let say = |message: i64, conversation: i64, text: &str| {
                let entry =
                    IndexEntry { message, conversation, subject: None, plain_body: text, is_note: false };
                index_message(tx, &entry)
            };
            for conversation in 1..=200_i64 {
                tx.execute(
                    "INSERT INTO conversations (number, id, created_at, updated_at) VALUES (?1, ?1, '', '')",
                    [conversation],
                )?;
                for (place, text) in
                    ["a gargoyle", if conversation % 2 == 0 { "refund me" } else { "help me" }]
                        .iter()
                        .enumerate()
                {
                    let message = conversation * 32 + place as i64;
                    tx.execute(
                        "INSERT INTO messages (number, id, conversation_id, author_type, body, created_at)
                         VALUES (?1, ?1, ?2, 'user', ?3, '')",
                        rusqlite::params![message, conversation, text],
                    )?;
                    say(message, conversation, text)?;
                }
            }
            (1_000..31_000).try_for_each(|other| say(other * 16, other, "a refund of another"))
        };
        store.write(|tx| fill(tx)).expect("fills");
        for (query, sort) in [("gargoyle refund", Sort::Relevance), ("refund gargoyle", Sort::Oldest)] {
            let request = Request {
                query: &Query::parse(query),
                literal: None,
                with_notes: false,
                filters: &Filters::default(),
                sort,
                limit: 150,
                now: UnixSeconds(31_000),
                position: Position::default(),
            };
            let page = search(store.connection(), &request).expect("searches");
            let mut found: Vec<i64> =
                page.hits.iter().filter(|hit| hit.only.is_none()).map(|hit| hit.conversation).collect();
            found.sort_unstable();
            assert_eq!(found, (1..=100).map(|half| half * 2).collect::<Vec<i64>>(), "{query}");
            assert_eq!(page.total, Total::AtLeast(100));
        }
    }

    #[test]
    fn what_both_lists_have() {
        assert_eq!(common(&[9, 7, 5, 1], &[8, 7, 6, 5, 2, 1]), [7, 5, 1]);
        assert_eq!(common(&[], &[3]), Vec::<i64>::new());
        assert_eq!(common(&[3], &[]), Vec::<i64>::new());
    }
}
