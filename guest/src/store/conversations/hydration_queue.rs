//! Conversations whose thread is to be fetched.

use rusqlite::{Connection, params};

use crate::error::StoreResult;
use crate::ids::ConversationId;
use crate::time::UnixSeconds;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Queued {
    pub updated_at: UnixSeconds,
    pub id: ConversationId,
}

/// Puts a conversation into the queue. A newer change also ends the pause after failures. Says
/// whether that changed anything.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn enqueue(connection: &Connection, item: &Queued) -> StoreResult<bool> {
    let changed = connection
        .prepare_cached(
            "INSERT INTO hydration_queue (conversation_id, updated_at) VALUES (?1, ?2)
             ON CONFLICT (conversation_id) DO UPDATE SET updated_at = excluded.updated_at, not_before = 0
             WHERE excluded.updated_at > updated_at",
        )?
        .execute(params![item.id.as_str(), item.updated_at.0])?;
    Ok(changed > 0)
}

/// Whether the conversation is in the queue.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn is_waiting(connection: &Connection, id: &ConversationId) -> StoreResult<bool> {
    let found = connection
        .prepare_cached("SELECT 1 FROM hydration_queue WHERE conversation_id = ?1")?
        .exists([id.as_str()])?;
    Ok(found)
}

/// Takes a conversation out of the queue, unless it has changed again after `as_of`.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn dequeue(connection: &Connection, id: &ConversationId, as_of: UnixSeconds) -> StoreResult<()> {
    connection
        .prepare_cached("DELETE FROM hydration_queue WHERE conversation_id = ?1 AND updated_at <= ?2")?
        .execute(params![id.as_str(), as_of.0])?;
    Ok(())
}

/// Notes a failed attempt; nothing more is tried before `not_before`.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn postpone(
    connection: &Connection,
    id: &ConversationId,
    error: &str,
    not_before: impl Fn(u32) -> UnixSeconds,
) -> StoreResult<()> {
    let attempts: u32 = connection
        .prepare_cached(
            "UPDATE hydration_queue SET attempts = attempts + 1, last_error = ?2 WHERE conversation_id = ?1
             RETURNING attempts",
        )?
        .query_row(params![id.as_str(), error], |row| row.get(0))
        .or_else(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => Ok(0),
            other => Err(other),
        })?;
    connection
        .prepare_cached("UPDATE hydration_queue SET not_before = ?2 WHERE conversation_id = ?1")?
        .execute(params![id.as_str(), not_before(attempts).0])?;
    Ok(())
}

/// What can be fetched now, the latest change first, at most so many.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn ready(connection: &Connection, now: UnixSeconds, limit: u32) -> StoreResult<Vec<Queued>> {
    let mut statement = connection.prepare_cached(
        "SELECT conversation_id, updated_at FROM hydration_queue WHERE not_before <= ?1
         ORDER BY updated_at DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![now.0, limit], |row| {
        Ok(Queued { id: ConversationId(row.get(0)?), updated_at: UnixSeconds(row.get(1)?) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many wait, paused ones included.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn waiting(connection: &Connection) -> StoreResult<u64> {
    let count: i64 =
        connection.prepare_cached("SELECT count(*) FROM hydration_queue")?.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Queues every conversation whose thread is not stored whole: after a takeover, all of them.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn enqueue_incomplete(connection: &Connection) -> StoreResult<usize> {
    let queued = connection.execute(
        "INSERT OR IGNORE INTO hydration_queue (conversation_id, updated_at)
         SELECT id, CAST(strftime('%s', updated_at) AS INTEGER) FROM conversations WHERE NOT thread_complete",
        [],
    )?;
    Ok(queued)
}

/// Queues conversations closed in a range of time whose thread was not fetched since some time
/// after that: ratings, SLA outcomes and AI verdicts arrive late, and do not always move
/// `updated_at`.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn enqueue_recently_closed(
    connection: &Connection,
    closed_after: UnixSeconds,
    closed_before: UnixSeconds,
    settled_after_seconds: i64,
) -> StoreResult<usize> {
    let queued = connection.execute(
        "INSERT OR IGNORE INTO hydration_queue (conversation_id, updated_at)
         SELECT id, CAST(strftime('%s', updated_at) AS INTEGER) FROM conversations
         WHERE state = 'closed' AND updated_at >= ?1 AND last_closed_at BETWEEN ?1 AND ?2 AND thread_complete
            AND CAST(strftime('%s', thread_last_checked) AS INTEGER)
                < CAST(strftime('%s', last_closed_at) AS INTEGER) + ?3",
        params![closed_after, closed_before, settled_after_seconds],
    )?;
    Ok(queued)
}

/// Threads whose fetch failed and that are not tried again before some later moment.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn postponed(connection: &Connection, now: UnixSeconds) -> StoreResult<u64> {
    let sql = "SELECT count(*) FROM hydration_queue WHERE attempts > 0 AND not_before > ?1";
    let count: i64 = connection.prepare_cached(sql)?.query_row([now.0], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}
