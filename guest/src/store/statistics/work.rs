//! What took more work than an answer, counted from the threads.

use rusqlite::{Connection, params_from_iter};

use crate::error::StoreResult;
use crate::store::lossy::text;
use crate::store::search::Filters;

/// What took more work than an answer, of conversations that meet the conditions. All of it is
/// counted from their threads, so it takes its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Assigned three times or more.
    pub handed_over: usize,
    /// Closed now, with at least one reply of a teammate.
    pub solved: usize,
    /// Of these never reopened, and with just one reply.
    pub solved_at_once: usize,
    /// Closed by a bot.
    pub deflected: usize,
    /// Of these the customer wrote again within the time.
    pub deflected_falsely: usize,
}

/// # Errors
/// When the database cannot be read.
pub fn work(connection: &Connection, filters: &Filters, within_seconds: i64) -> StoreResult<Work> {
    let conditions = filters.conditions(true);
    let replies = "(SELECT count(*) FROM messages m WHERE m.conversation_id = c.id AND m.author_type = 'admin' AND NOT m.is_note AND NOT m.is_ai)";
    let close = "FROM conversation_events e JOIN event_kinds k ON k.number = e.kind \
        WHERE e.conversation = c.number AND k.name = 'close' AND e.author_type = 'bot'";
    let again = format!(
        "AND EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id AND m.author_type IN ('user', 'lead') \
         AND unixepoch(m.created_at) BETWEEN e.created_seconds + 1 AND e.created_seconds + {within_seconds})"
    );
    let sql = format!(
        "SELECT coalesce(sum(handed), 0), coalesce(sum(replies > 0 AND closed), 0), \
            coalesce(sum(replies = 1 AND closed AND once), 0), coalesce(sum(deflected), 0), coalesce(sum(falsely), 0) FROM ( \
            SELECT c.assignment_count >= 3 AS handed, c.state = 'closed' AS closed, c.reopen_count = 0 AS once, \
                {replies} AS replies, EXISTS (SELECT 1 {close}) AS deflected, EXISTS (SELECT 1 {close} {again}) AS falsely \
            FROM conversations c WHERE {})",
        conditions.sql()
    );
    let count = |row: &rusqlite::Row<'_>, index: usize| -> rusqlite::Result<usize> {
        Ok(usize::try_from(row.get::<_, i64>(index)?).unwrap_or(0))
    };
    Ok(connection.query_row(&sql, params_from_iter(&conditions.values), |row| {
        Ok(Work {
            handed_over: count(row, 0)?,
            solved: count(row, 1)?,
            solved_at_once: count(row, 2)?,
            deflected: count(row, 3)?,
            deflected_falsely: count(row, 4)?,
        })
    })?)
}

/// How many replies each teammate wrote in conversations that meet the conditions, and in how
/// many of these; the most diligent first.
///
/// # Errors
/// When the database cannot be read.
pub fn replies(connection: &Connection, filters: &Filters) -> StoreResult<Vec<(String, i64, i64)>> {
    let conditions = filters.conditions(true);
    let sql = format!(
        "SELECT coalesce(a.name, m.author_name, a.email, m.author_id, 'unknown'), count(*) AS n, count(DISTINCT m.conversation_id) \
         FROM conversations c JOIN messages m ON m.conversation_id = c.id LEFT JOIN admins a ON a.id = m.author_id \
         WHERE {} AND m.author_type = 'admin' AND NOT m.is_note AND NOT m.is_ai GROUP BY m.author_id ORDER BY n DESC, 1",
        conditions.sql()
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(&conditions.values), |row| {
        Ok((text(row, 0)?, row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
