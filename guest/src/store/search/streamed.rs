//! Words that very many messages have: answered newest first, as far as one page needs.

use std::collections::HashSet;

use rusqlite::{params, params_from_iter};

use super::eligible::{Eligible, Match};
use super::query::Query;
use super::{Hit, Mode, Page, RANKED, SCANNED, SELECTIVE, Search, Sort, Total};
use crate::error::StoreResult;

/// Messages that are read of the lists of words for one page, at least.
const NEWEST: usize = 400;

impl Search<'_> {
    /// Words that very many messages have.
    pub(super) fn common(&self, query: &Query, expression: &str) -> StoreResult<Page> {
        match self.request.sort {
            Sort::Newest => self.newest(expression),
            Sort::RecentlyUpdated | Sort::LongestWaiting => {
                Ok(newest_of(self.unscored(self.matching(expression, self.numbers(), RANKED)?)?))
            }
            Sort::Relevance | Sort::Oldest => self.streamed(query, expression),
        }
    }

    /// The messages of the conversations that meet the conditions, when these are few.
    pub(super) fn few_messages(&self) -> StoreResult<Option<HashSet<i64>>> {
        if self.conditions.is_empty() || self.has_common_tags(SELECTIVE as i64)? {
            return Ok(None);
        }
        let few = format!(
            "SELECT c.id FROM conversations c WHERE {} LIMIT {}",
            self.conditions.sql(),
            SELECTIVE + 1
        );
        let mut statement = self.connection.prepare(&few)?;
        let few: Vec<String> = statement
            .query_map(params_from_iter(&self.conditions.values), |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if few.len() > SELECTIVE {
            return Ok(None);
        }
        let mut messages = HashSet::new();
        let mut statement =
            self.connection.prepare_cached("SELECT number FROM messages WHERE conversation_id = ?1")?;
        for id in few {
            for number in statement.query_map([id], |row| row.get(0))? {
                messages.insert(number?);
            }
        }
        Ok(Some(messages))
    }

    /// Newest message first (or oldest), as far as one page needs.
    pub(super) fn streamed(&self, query: &Query, expression: &str) -> StoreResult<Page> {
        let request = self.request;
        let oldest_first = request.sort == Sort::Oldest;
        let (mut low, mut high) = self.numbers();
        match request.position.streamed_to {
            Some(number) if oldest_first => low = low.max(number.saturating_add(1)),
            Some(number) => high = high.min(number.saturating_sub(1)),
            None => {}
        }
        let mut stream = Stream::new(self)?;
        // The lists of words tell the newest messages soonest; SQLite goes on where they end.
        let newest = if oldest_first { None } else { self.newest_with(query, high, NEWEST)? };
        if let Some(newest) = newest {
            let mut conversation =
                self.connection.prepare_cached("SELECT c3 FROM messages_fts_content WHERE id = ?1")?;
            for (message, _) in &newest.rows {
                let conversation = conversation.query_row([message], |row| row.get(0))?;
                if !stream.take(Match { message: *message, conversation })? {
                    return Ok(stream.page());
                }
            }
            if newest.complete {
                return Ok(stream.page());
            }
            high = newest.lowest.saturating_sub(1);
        }
        let direction = if oldest_first { "ASC" } else { "DESC" };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT rowid, conversation FROM messages_fts WHERE messages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 \
             ORDER BY rowid {direction}"
        ))?;
        let mut rows = statement.query(params![expression, low, high])?;
        while let Some(row) = rows.next()? {
            if !stream.take(Match { message: row.get(0)?, conversation: row.get(1)? })? {
                break;
            }
        }
        Ok(stream.page())
    }
}

/// A page of the conversations of messages that come in the order in which it lists them.
struct Stream<'a> {
    search: &'a Search<'a>,
    eligible: Eligible<'a>,
    seen: HashSet<i64>,
    hits: Vec<Hit>,
    more: bool,
    streamed_to: Option<i64>,
    scanned: usize,
}

impl<'a> Stream<'a> {
    fn new(search: &'a Search<'a>) -> StoreResult<Self> {
        Ok(Self {
            search,
            eligible: Eligible::new(search)?,
            seen: search.request.position.seen.iter().copied().collect(),
            hits: Vec::new(),
            more: false,
            streamed_to: None,
            scanned: 0,
        })
    }

    /// Takes in the next message. False: the page is full, or enough was looked through for one.
    fn take(&mut self, found: Match) -> StoreResult<bool> {
        self.scanned += 1;
        if self.scanned > SCANNED {
            self.more = true;
            return Ok(false);
        }
        if !self.seen.contains(&found.conversation)
            && let Some(candidate) = self.eligible.candidate(found.conversation)?
        {
            if self.hits.len() == self.search.request.limit {
                self.more = true;
                return Ok(false);
            }
            self.seen.insert(candidate.number);
            self.hits.push(Hit { conversation: candidate.number, message: Some(found.message), only: None });
        }
        self.streamed_to = Some(found.message);
        Ok(true)
    }

    fn page(self) -> Page {
        let shown = self.search.request.position.seen.len() + self.hits.len();
        let total = if self.more { Total::MoreThan(shown) } else { Total::Exactly(shown) };
        let mut page = self.search.page(self.hits, total, self.more, Mode::Streamed);
        page.streamed_to = self.streamed_to;
        page.newest_only = true;
        page
    }
}

/// Says that a page was made from the newest of very many messages.
fn newest_of(mut page: Page) -> Page {
    page.newest_only = true;
    if let Total::Exactly(total) = page.total {
        page.total = Total::MoreThan(total);
    }
    page
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Filters, Position, REMEMBERED, Request, position_after, search};
    use super::*;
    use crate::store::index::{IndexEntry, index_message, unindex_message};
    use crate::store::{OpenMode, Store, message_number};
    use crate::time::UnixSeconds;

    /// Through words and beginnings of words, page after page: every conversation once, by its newest
    /// message.
    #[test]
    fn pages_of_what_many_messages_have_are_newest_first_to_the_end() {
        const CONVERSATIONS: i64 = 5_000;
        const MESSAGES: i64 = 9_000;
        let mut store = Store::open(Path::new(":memory:"), OpenMode::ReadWrite).expect("opens");
        let conversation_of = |message: i64| message * 7_919 % CONVERSATIONS + 1;
        let number_of = |message: i64| message_number(UnixSeconds(message));
        for batch in (0..MESSAGES).collect::<Vec<_>>().chunks(2_000) {
            let fill = |tx: &rusqlite::Connection| {
                for message in batch {
                    let conversation = conversation_of(*message);
                    tx.execute(
                        "INSERT INTO conversations (number, id, created_at, updated_at, state)
                         VALUES (?1, ?1, '', '', ?2) ON CONFLICT DO NOTHING",
                        params![conversation, if conversation % 2 == 0 { "open" } else { "closed" }],
                    )?;
                    let entry = IndexEntry {
                        message: number_of(*message),
                        conversation,
                        subject: None,
                        plain_body: &format!("order of parcel{}", message % 40),
                        is_note: false,
                    };
                    index_message(tx, &entry)?;
                }
                Ok(())
            };
            store.write(|tx| fill(tx)).expect("fills");
        }
        let is_gone = |message: i64| message % 11 == 5;
        let remove = |tx: &rusqlite::Connection| {
            (0..MESSAGES)
                .filter(|message| is_gone(*message))
                .try_for_each(|message| unindex_message(tx, number_of(message)))
        };
        store.write(|tx| remove(tx)).expect("removes");

        for (query, only_open, limit) in
            [("order", false, 100), ("order", true, 30), ("parc*", false, 100), ("parc*", true, 170)]
        {
            let mut expected = Vec::new();
            for message in (0..MESSAGES).rev().filter(|message| !is_gone(*message)) {
                let conversation = conversation_of(message);
                if !expected.contains(&conversation) && (!only_open || conversation % 2 == 0) {
                    expected.push(conversation);
                }
            }
            let filters = Filters {
                states: only_open.then(|| "open".to_owned()).into_iter().collect(),
                ..Filters::default()
            };
            let query = &Query::parse(query);
            let mut position = Some(Position::default());
            let mut found = Vec::new();
            while let Some(at) = position {
                let request = Request {
                    query,
                    literal: None,
                    with_notes: false,
                    filters: &filters,
                    sort: Sort::Relevance,
                    limit,
                    now: UnixSeconds(MESSAGES),
                    position: at,
                };
                let page = search(store.connection(), &request).expect("searches");
                assert!(page.newest_only, "{query:?}");
                found.extend(page.hits.iter().map(|hit| hit.conversation));
                position = position_after(&request, &page, page.hits.len(), &[]);
            }
            // A position remembers no more.
            assert!(found.len() >= REMEMBERED, "{query:?} {only_open}");
            assert_eq!(found, expected[..found.len()], "{query:?} {only_open}");
        }
    }
}
