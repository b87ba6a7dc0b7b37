//! Words that very many messages have: answered newest first, as far as one page needs.

use std::collections::HashSet;

use rusqlite::{params, params_from_iter};

use super::eligible::{Eligible, Match};
use super::{Hit, Mode, Page, RANKED, SCANNED, SELECTIVE, Search, Sort, Total};
use crate::error::StoreResult;

impl Search<'_> {
    /// Words that very many messages have.
    pub(super) fn common(&self, expression: &str) -> StoreResult<Page> {
        match self.request.sort {
            Sort::Newest => self.newest(expression),
            Sort::RecentlyUpdated | Sort::LongestWaiting => {
                Ok(newest_of(self.unscored(self.matching(expression, RANKED)?)?))
            }
            Sort::Relevance | Sort::Oldest => self.streamed(expression),
        }
    }

    /// The messages of the conversations that meet the conditions, when these are few.
    pub(super) fn few_messages(&self) -> StoreResult<Option<HashSet<i64>>> {
        if self.conditions.is_empty() {
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
    pub(super) fn streamed(&self, expression: &str) -> StoreResult<Page> {
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
            "SELECT rowid, conversation FROM messages_fts WHERE messages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 \
             ORDER BY rowid {direction}"
        ))?;
        let mut rows = statement.query(params![expression, low, high])?;
        let mut eligible = Eligible::new(self)?;
        let mut seen: HashSet<i64> = request.position.seen.iter().copied().collect();
        let mut hits = Vec::new();
        let mut more = false;
        let mut streamed_to = None;
        let mut scanned = 0;
        while let Some(row) = rows.next()? {
            let found = Match { message: row.get(0)?, conversation: row.get(1)? };
            scanned += 1;
            if scanned > SCANNED {
                more = true;
                break;
            }
            if !seen.contains(&found.conversation)
                && let Some(candidate) = eligible.candidate(found.conversation)?
            {
                if hits.len() == request.limit {
                    more = true;
                    break;
                }
                seen.insert(candidate.number);
                hits.push(Hit { conversation: candidate.number, message: Some(found.message), only: None });
            }
            streamed_to = Some(found.message);
        }
        let shown = request.position.seen.len() + hits.len();
        let total = if more { Total::MoreThan(shown) } else { Total::Exactly(shown) };
        let mut page = self.page(hits, total, more, Mode::Streamed);
        page.streamed_to = streamed_to;
        page.newest_only = true;
        Ok(page)
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
