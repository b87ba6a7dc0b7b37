//! One row of `sync_metadata` a sync run.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreResult;
use crate::time::{Day, UnixSeconds};

/// What the cache holds for a range of `updated_at`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub conversations: u64,
    pub messages: u64,
}

/// Opens a run's row, `in_progress`, and returns its id.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn begin(
    connection: &Connection,
    kind: &str,
    first: Day,
    last: Day,
    now: UnixSeconds,
) -> StoreResult<i64> {
    connection.execute(
        "INSERT INTO sync_metadata (sync_started_at, sync_status, coverage_start_date, coverage_end_date, sync_type)
         VALUES (?1, 'in_progress', ?2, ?3, ?4)",
        params![now, first.to_string(), last.to_string(), kind],
    )?;
    Ok(connection.last_insert_rowid())
}

/// Corrects a run's days, once the server's clock is known.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn set_days(connection: &Connection, id: i64, first: Day, last: Day) -> StoreResult<()> {
    connection.execute(
        "UPDATE sync_metadata SET coverage_start_date = ?2, coverage_end_date = ?3 WHERE id = ?1",
        params![id, first.to_string(), last.to_string()],
    )?;
    Ok(())
}

/// The days of a run, as its row has them.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn days(connection: &Connection, id: i64) -> StoreResult<(String, String)> {
    let days = connection.query_row(
        "SELECT coalesce(coverage_start_date, ''), coalesce(coverage_end_date, '') FROM sync_metadata WHERE id = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(days)
}

/// Closes a run that read its whole range.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn complete(connection: &Connection, id: i64, totals: Totals, now: UnixSeconds) -> StoreResult<()> {
    connection.execute(
        "UPDATE sync_metadata SET sync_status = 'completed', sync_completed_at = ?2,
            total_conversations = ?3, total_messages = ?4, error_message = NULL
         WHERE id = ?1",
        params![id, now, signed(totals.conversations), signed(totals.messages)],
    )?;
    Ok(())
}

/// Closes a run that did not.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn fail(
    connection: &Connection,
    id: i64,
    reason: &str,
    totals: Totals,
    now: UnixSeconds,
) -> StoreResult<()> {
    connection.execute(
        "UPDATE sync_metadata SET sync_status = 'failed', sync_completed_at = ?2, error_message = ?3,
            total_conversations = ?4, total_messages = ?5
         WHERE id = ?1",
        params![id, now, reason, signed(totals.conversations), signed(totals.messages)],
    )?;
    Ok(())
}

/// Closes every row that is still `in_progress` as failed. Returns how many there were.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn fail_abandoned(connection: &Connection, reason: &str, now: UnixSeconds) -> StoreResult<u32> {
    let closed = connection.execute(
        "UPDATE sync_metadata SET sync_status = 'failed', sync_completed_at = ?1, error_message = ?2
         WHERE sync_status = 'in_progress'",
        params![now, reason],
    )?;
    Ok(u32::try_from(closed).unwrap_or(u32::MAX))
}

/// The latest completed run of ours (rows of a takeover do not count).
#[derive(Clone, Debug)]
pub struct CompletedRun {
    pub id: i64,
    pub kind: String,
    pub completed_at: UnixSeconds,
    pub first_day: String,
    pub last_day: String,
    pub totals: Totals,
}

/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn latest_completed(connection: &Connection) -> StoreResult<Option<CompletedRun>> {
    let row = connection
        .query_row(
            "SELECT id, coalesce(sync_type, ''), sync_completed_at, coalesce(coverage_start_date, ''),
                coalesce(coverage_end_date, ''), coalesce(total_conversations, 0), coalesce(total_messages, 0)
             FROM sync_metadata
             WHERE sync_status = 'completed' AND sync_type IS NOT 'migration' AND sync_completed_at IS NOT NULL
             ORDER BY id DESC LIMIT 1",
            [],
            |row| {
                let completed: String = row.get(2)?;
                Ok(CompletedRun {
                    id: row.get(0)?,
                    kind: row.get(1)?,
                    completed_at: UnixSeconds::parse(&completed).unwrap_or_default(),
                    first_day: row.get(3)?,
                    last_day: row.get(4)?,
                    totals: Totals { conversations: unsigned(row.get(5)?), messages: unsigned(row.get(6)?) },
                })
            },
        )
        .optional()?;
    Ok(row)
}

/// Counts what the cache holds of conversations updated in that range, both ends included.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn totals(connection: &Connection, low: UnixSeconds, high: UnixSeconds) -> StoreResult<Totals> {
    let totals = connection.query_row(
        "SELECT count(*), coalesce(sum(message_count), 0) FROM conversations WHERE updated_at BETWEEN ?1 AND ?2",
        params![low, high],
        |row| Ok(Totals { conversations: unsigned(row.get(0)?), messages: unsigned(row.get(1)?) }),
    )?;
    Ok(totals)
}

/// `updated_at` of the oldest conversation.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn oldest_update(connection: &Connection) -> StoreResult<Option<UnixSeconds>> {
    let oldest: Option<String> =
        connection.query_row("SELECT min(updated_at) FROM conversations", [], |row| row.get(0))?;
    Ok(oldest.as_deref().and_then(UnixSeconds::parse))
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
