//! Words that very many messages have: answered newest first, as far as one page needs.

use std::collections::HashSet;

use rusqlite::{params, params_from_iter};

use super::judge::{Judge, Match};
use super::{Hit, Mode, Page, RANKED, SCANNED, SELECTIVE, Search, Sort, Total};
use crate::error::StoreResult;

impl Search<'_> {
    /// Words that very many messages have.
    pub(super) fn common(&self, expression: &str) -> StoreResult<Page> {
        if let Some(theirs) = self.few_conversations()? {
            let (rows, all) = self.of_these(expression, |number| theirs.contains(&number))?;
            let page = self.best(rows.into_iter().map(|found| (found, 0.0)).collect(), Mode::Ranked)?;
            return Ok(if all { page } else { newest_of(page) });
        }
        match self.request.sort {
            Sort::Newest => self.newest(expression),
            Sort::RecentlyUpdated | Sort::LongestWaiting => {
                let rows = self.matching(expression, RANKED)?.into_iter().map(|found| (found, 0.0)).collect();
                Ok(newest_of(self.best(rows, Mode::Ranked)?))
            }
            Sort::Relevance | Sort::Oldest => self.streamed(expression),
        }
    }

    /// The conversations that meet the conditions, when these are few.
    fn few_conversations(&self) -> StoreResult<Option<HashSet<i64>>> {
        if self.conditions.is_empty() {
            return Ok(None);
        }
        let sql = format!(
            "SELECT c.number FROM conversations c WHERE {} LIMIT {}",
            self.conditions.sql(),
            SELECTIVE + 1
        );
        let mut statement = self.connection.prepare(&sql)?;
        let few: HashSet<i64> = statement
            .query_map(params_from_iter(&self.conditions.values), |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok((few.len() <= SELECTIVE).then_some(few))
    }

    /// The messages of these conversations that match, newest first, and whether these are all:
    /// of a very common word no more than [`SCANNED`] messages are looked at.
    fn of_these(&self, expression: &str, these: impl Fn(i64) -> bool) -> StoreResult<(Vec<Match>, bool)> {
        let mut rows = self.matching(expression, SCANNED + 1)?;
        let all = rows.len() <= SCANNED;
        rows.retain(|found| these(found.conversation));
        Ok((rows, all))
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
        let mut judge = Judge::new(self)?;
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
                && let Some(candidate) = judge.candidate(found)?
            {
                if hits.len() == request.limit {
                    more = true;
                    break;
                }
                seen.insert(candidate.number);
                hits.push(Hit { conversation: candidate.number, message: Some(found.message) });
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
