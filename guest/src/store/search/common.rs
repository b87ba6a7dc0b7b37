//! Words that very many messages have: answered newest first, as far as one page needs.

use std::collections::HashSet;

use rusqlite::{params, params_from_iter};

use super::judge::Judge;
use super::{Hit, Mode, Page, SCANNED, SELECTIVE, Search, Sort, Total};
use crate::error::StoreResult;

impl Search<'_> {
    /// Words that very many messages have.
    pub(super) fn common(&self, expression: &str, newest: Vec<i64>) -> StoreResult<Page> {
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM conversations c WHERE {} LIMIT {})",
            self.conditions.sql(),
            SELECTIVE + 1
        );
        let few: i64 =
            self.connection.query_row(&sql, params_from_iter(&self.conditions.values), |row| row.get(0))?;
        if few <= SELECTIVE {
            let sql = format!(
                "SELECT number FROM messages WHERE conversation_id IN (SELECT c.id FROM conversations c WHERE {})",
                self.conditions.sql()
            );
            let mut statement = self.connection.prepare(&sql)?;
            let theirs: HashSet<i64> = statement
                .query_map(params_from_iter(&self.conditions.values), |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let rows = self.matching(expression, usize::MAX >> 1)?;
            let rows = rows
                .into_iter()
                .filter(|number| theirs.contains(number))
                .map(|number| (number, 0.0))
                .collect();
            return self.best(rows, Mode::Ranked);
        }
        match self.request.sort {
            Sort::RecentlyUpdated | Sort::LongestWaiting => {
                let mut page =
                    self.best(newest.into_iter().map(|number| (number, 0.0)).collect(), Mode::Ranked)?;
                page.newest_only = true;
                if let Total::Exactly(total) = page.total {
                    page.total = Total::MoreThan(total);
                }
                Ok(page)
            }
            _ => self.streamed(expression),
        }
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
            "SELECT rowid FROM messages_fts WHERE messages_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid {direction}"
        ))?;
        let mut rows = statement.query(params![expression, low, high])?;
        let mut judge = Judge::new(self)?;
        let mut seen: HashSet<i64> = request.position.seen.iter().copied().collect();
        let mut hits = Vec::new();
        let mut more = false;
        let mut streamed_to = None;
        let mut scanned = 0;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            scanned += 1;
            if scanned > SCANNED {
                more = true;
                break;
            }
            if let Some(candidate) = judge.candidate(number)?
                && seen.insert(candidate.number)
            {
                if hits.len() == request.limit {
                    more = true;
                    break;
                }
                hits.push(Hit { conversation: candidate.number, message: Some(number) });
            }
            streamed_to = Some(number);
        }
        let shown = request.position.seen.len() + hits.len();
        let total = if more { Total::MoreThan(shown) } else { Total::Exactly(shown) };
        let mut page = self.page(hits, total, more, Mode::Streamed);
        page.streamed_to = streamed_to;
        page.newest_only = true;
        Ok(page)
    }
}
