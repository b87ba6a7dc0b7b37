//! Conversations that have the words, by creation, newest first, without reading every match.
//!
//! A conversation is never younger than its messages. So once a page is full of conversations
//! that were all created after the message just read, nothing that is still unread can belong on
//! it: what a page costs depends on how old its conversations are, and not on how many messages
//! have the words.

use std::collections::{BTreeMap, HashSet};

use rusqlite::params;

use super::eligible::{Eligible, Match};
use super::{Hit, Mode, Page, SCANNED, Search, Total};
use crate::error::StoreResult;
use crate::store::message_number;
use crate::time::UnixSeconds;

/// Matches that are read at least, so that words which not very many messages have are counted
/// exactly: some milliseconds of work.
const READ_AT_LEAST: usize = 500;

impl Search<'_> {
    pub(super) fn newest(&self, expression: &str) -> StoreResult<Page> {
        let request = self.request;
        let (low, high) = self.numbers();
        let mut statement = self.connection.prepare_cached(
            "SELECT rowid, conversation FROM messages_fts WHERE messages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 \
             ORDER BY rowid DESC",
        )?;
        let mut rows = statement.query(params![expression, low, high])?;
        let mut eligible = Eligible::new(self)?;
        let mut counted: HashSet<i64> = HashSet::new();
        // Creation and number of a conversation, and its newest matching message; one more than
        // fits on the page.
        let mut newest: BTreeMap<(String, i64), i64> = BTreeMap::new();
        // Messages with smaller numbers cannot change the page any more.
        let mut settled_below = i64::MIN;
        let (mut read, mut settled, mut all) = (0, false, true);
        while let Some(row) = rows.next()? {
            let found = Match { message: row.get(0)?, conversation: row.get(1)? };
            settled = found.message < settled_below;
            if read == SCANNED || (settled && read >= READ_AT_LEAST) {
                all = false;
                break;
            }
            read += 1;
            if counted.contains(&found.conversation) {
                continue;
            }
            let Some(candidate) = eligible.candidate(found.conversation)? else { continue };
            counted.insert(candidate.number);
            let key = (candidate.created_at, candidate.number);
            if request.position.after.as_ref().is_some_and(|after| key >= *after) {
                continue;
            }
            newest.insert(key, found.message);
            if newest.len() > request.limit + 1 {
                newest.pop_first();
            }
            if newest.len() > request.limit
                && let Some(((created_at, _), _)) = newest.first_key_value()
                && let Some(created) = UnixSeconds::parse(created_at)
            {
                settled_below = message_number(created);
            }
        }
        let cut = !all && !settled;
        let more = newest.len() > request.limit || cut;
        let hits = newest
            .into_iter()
            .rev()
            .take(request.limit)
            .map(|((_, conversation), message)| Hit { conversation, message: Some(message), only: None })
            .collect();
        let total = match counted.len() {
            count if all => Total::Exactly(count),
            // There is at least the match that was not read, perhaps of one of these.
            count => Total::MoreThan(count.saturating_sub(1)),
        };
        let mut page = self.page(hits, total, more, Mode::Newest);
        page.newest_only = cut;
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::super::{Filters, Position, Query, Request, Sort, position_after, search};
    use super::*;
    use crate::store::{IndexEntry, OpenMode, Store, index_message};

    /// Of each conversation the second of its creation, whether it is open, and the ages of its
    /// messages with the word.
    type Conversations = Vec<(i64, bool, Vec<i64>)>;

    fn fill(conversations: &Conversations) -> Store {
        let mut store = Store::open(Path::new(":memory:"), OpenMode::ReadWrite).expect("opens");
        store
            .write(|tx| {
                let mut taken = HashSet::new();
                for (place, (created, open, ages)) in conversations.iter().enumerate() {
                    let number = place as i64 + 1;
                    let at = UnixSeconds(*created).to_iso();
                    tx.execute(
                        "INSERT INTO conversations (number, id, created_at, updated_at, state) VALUES (?1, ?1, ?2, ?2, ?3)",
                        params![number, at, if *open { "open" } else { "closed" }],
                    )?;
                    for age in ages {
                        let mut message = message_number(UnixSeconds(created + age));
                        while !taken.insert(message) {
                            message += 1;
                        }
                        index_message(
                            tx,
                            &IndexEntry {
                                message,
                                conversation: number,
                                subject: None,
                                plain_body: "a parcel",
                                is_note: false,
                            },
                        )?;
                    }
                }
                Ok(())
            })
            .expect("fills");
        store
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

        /// Page after page, what reading everything and sorting it would bring.
        #[test]
        fn pages_are_what_sorting_everything_brings(
            conversations in prop::collection::vec(
                (0_i64..2_000, any::<bool>(), prop::collection::vec(0_i64..3_000, 0..4)), 1..400),
            limit in 1_usize..30,
            only_open in any::<bool>(),
        ) {
            let store = fill(&conversations);
            let mut expected: Vec<(i64, i64)> = conversations
                .iter()
                .enumerate()
                .filter(|(_, (_, open, ages))| !ages.is_empty() && (*open || !only_open))
                .map(|(place, (created, _, _))| (*created, place as i64 + 1))
                .collect();
            expected.sort_unstable();
            expected.reverse();
            let expected: Vec<i64> = expected.into_iter().map(|(_, number)| number).collect();

            let query = Query::parse("parcel");
            let filters = Filters {
                states: only_open.then(|| "open".to_owned()).into_iter().collect(),
                ..Filters::default()
            };
            let mut position = Some(Position::default());
            let mut found = Vec::new();
            while let Some(at) = position {
                let request = Request {
                    query: &query, literal: None, with_notes: false, filters: &filters,
                    sort: Sort::Newest, limit, now: UnixSeconds(5_000), position: at,
                };
                let page = search(store.connection(), &request).expect("searches");
                match page.total {
                    Total::Exactly(total) => prop_assert_eq!(total, expected.len()),
                    Total::MoreThan(total) => prop_assert!(total < expected.len()),
                    Total::AtLeast(_) => prop_assert!(false, "nothing was left out"),
                }
                prop_assert!(!page.newest_only);
                let keys: Vec<(String, i64)> = page
                    .hits
                    .iter()
                    .map(|hit| {
                        let created = conversations[hit.conversation as usize - 1].0;
                        (UnixSeconds(created).to_iso(), hit.conversation)
                    })
                    .collect();
                found.extend(page.hits.iter().map(|hit| hit.conversation));
                position = position_after(&request, &page, page.hits.len(), &keys);
            }
            prop_assert_eq!(found, expected);
        }
    }
}
