//! Conversations by conditions alone, and by a text as it stands.

use rusqlite::types::Value;
use rusqlite::{params, params_from_iter};

use super::eligible::Match;
use super::{COUNTED, Conditions, Hit, LOOKED_THROUGH, Mode, Page, RANKED, Search, Sort, Total};
use crate::error::StoreResult;

impl Search<'_> {
    /// Conversations by conditions alone.
    pub(super) fn listed(&self) -> StoreResult<Page> {
        let request = self.request;
        let (order, waiting) = match request.sort {
            Sort::Relevance | Sort::Newest => ("c.created_at DESC, c.number DESC", false),
            Sort::Oldest => ("c.created_at, c.number", false),
            Sort::RecentlyUpdated => ("c.updated_at DESC, c.number DESC", false),
            Sort::LongestWaiting => ("c.waiting_since, c.number", true),
        };
        let add_waiting = |conditions: &mut Conditions| {
            if waiting {
                conditions.add("c.waiting_since IS NOT NULL AND c.state <> 'closed'", []);
            }
        };
        let mut conditions = request.filters.conditions(true);
        add_waiting(&mut conditions);
        let count = if !waiting && self.has_common_tags(COUNTED)? {
            COUNTED + 1
        } else {
            let count = format!(
                "SELECT count(*) FROM (SELECT 1 FROM conversations c WHERE {} LIMIT {})",
                conditions.sql(),
                COUNTED + 1
            );
            self.connection.query_row(&count, params_from_iter(&conditions.values), |row| row.get(0))?
        };
        let total = if count > COUNTED {
            Total::MoreThan(usize::try_from(COUNTED).unwrap_or(0))
        } else {
            Total::Exactly(usize::try_from(count).unwrap_or(0))
        };
        let found_soon = self.is_found_soon(count)?;
        let index = if found_soon {
            conditions = request.filters.conditions_on_each(true);
            add_waiting(&mut conditions);
            "INDEXED BY idx_conversations_created_at"
        } else {
            ""
        };
        if let Some((created_at, number)) = &request.position.after {
            let sign = if request.sort == Sort::Oldest { '>' } else { '<' };
            conditions.add(
                format!("(c.created_at, c.number) {sign} (?, ?)"),
                [Value::Text(created_at.clone()), Value::Integer(*number)],
            );
        }
        if !request.position.seen.is_empty() {
            let seen: Vec<String> = request.position.seen.iter().map(i64::to_string).collect();
            conditions.add(format!("c.number NOT IN ({})", seen.join(", ")), []);
        }
        let sql = format!(
            "SELECT c.number FROM conversations c {index} WHERE {} ORDER BY {order} LIMIT {}",
            conditions.sql(),
            request.limit + 1
        );
        let mut statement = self.connection.prepare(&sql)?;
        let mut hits = statement
            .query_map(params_from_iter(&conditions.values), |row| {
                Ok(Hit { conversation: row.get(0)?, message: None, only: None })
            })?
            .collect::<Result<Vec<_>, _>>()?;
        let more = hits.len() > request.limit;
        hits.truncate(request.limit);
        Ok(self.page(hits, total, more, Mode::Listed))
    }

    /// Whether nothing but tags is asked for, and more conversations than that have one: their own table
    /// tells sooner than the conversations do.
    pub(super) fn has_common_tags(&self, most: i64) -> StoreResult<bool> {
        let Some(tags) = self.request.filters.only_tags() else { return Ok(false) };
        let sql = format!(
            "SELECT 1 FROM (SELECT DISTINCT conversation_id FROM conversation_tags WHERE tag_id IN ({})) \
             LIMIT 1 OFFSET {most}",
            vec!["?"; tags.len()].join(", "),
        );
        Ok(self.connection.prepare_cached(&sql)?.exists(params_from_iter(tags))?)
    }

    /// Whether a page by creation fills up sooner by going through all conversations in that order
    /// than by sorting those that meet the conditions: so many that one in every few does.
    fn is_found_soon(&self, count: i64) -> StoreResult<bool> {
        if !matches!(self.request.sort, Sort::Relevance | Sort::Newest | Sort::Oldest) {
            return Ok(false);
        }
        let all: i64 = self
            .connection
            .prepare_cached("SELECT coalesce(max(number), 0) FROM conversations")?
            .query_row([], |row| row.get(0))?;
        let page = i64::try_from(self.request.limit).unwrap_or(i64::MAX);
        // Those gone through, `page * all / count`, against those sorted, `count`.
        Ok(count.saturating_mul(count) > page.saturating_mul(all))
    }

    /// Messages that contain a text as it stands, the newest of the cache only.
    pub(super) fn literally(&self, literal: &str) -> StoreResult<Page> {
        let (low, high) = self.numbers();
        let mut statement = self.connection.prepare(
            "SELECT m.number, c.number FROM (
                 SELECT number, conversation_id, body, is_note FROM messages
                 WHERE number BETWEEN ?1 AND ?2 ORDER BY number DESC LIMIT ?3
             ) m JOIN conversations c ON c.id = m.conversation_id
             WHERE instr(m.body, ?4) AND (?5 OR NOT m.is_note) LIMIT ?6",
        )?;
        let rows = statement
            .query_map(
                params![low, high, LOOKED_THROUGH, literal, self.request.with_notes, RANKED as i64],
                |row| Ok(Match { message: row.get(0)?, conversation: row.get(1)? }),
            )?
            .collect::<Result<Vec<_>, _>>()?;
        self.unscored(rows)
    }
}
