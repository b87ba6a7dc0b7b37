//! Sync runs, a row of `sync_metadata` each; and what they leave behind: what is covered, what is being
//! read, and what they remember.

pub mod coverage;
pub mod facts;
pub mod future;
pub mod notes;
pub mod windows;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::StoreResult;
use crate::store::conversations::totals::Totals;
use crate::store::lossy::text;
use crate::time::{Day, Interval, UnixSeconds};

/// How a run stands, as its row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Or a crash left the row behind; only the host knows.
    InProgress,
    Completed,
    Failed,
}

/// One row of `sync_metadata`.
#[derive(Clone, Debug)]
pub struct Run {
    pub id: i64,
    pub state: RunState,
    /// `full`, `incremental`, `background` or `migration`; none in a row that the original program
    /// left without.
    pub kind: Option<String>,
    pub started_at: Option<UnixSeconds>,
    pub completed_at: Option<UnixSeconds>,
    /// The days that it was to read.
    pub first_day: Option<Day>,
    pub last_day: Option<Day>,
    pub totals: Totals,
    pub error: Option<String>,
}

impl Run {
    /// The row says only that an older database was taken over; nothing was read from Intercom.
    #[must_use]
    pub fn is_migration(&self) -> bool {
        self.kind.as_deref() == Some("migration")
    }

    /// From the first second of its first day to the last one of its last.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        Some(Interval { low: self.first_day?.start(), high: self.last_day?.end() })
    }
}

const COLUMNS: &str = "id, sync_status, sync_type, sync_started_at, sync_completed_at, coverage_start_date, \
    coverage_end_date, coalesce(total_conversations, 0), coalesce(total_messages, 0), error_message";

fn read(row: &Row<'_>) -> rusqlite::Result<Run> {
    let words = |index| text::<Option<String>>(row, index);
    let instant = |index| Ok::<_, rusqlite::Error>(words(index)?.as_deref().and_then(UnixSeconds::parse));
    let day = |index| Ok::<_, rusqlite::Error>(words(index)?.as_deref().and_then(Day::parse));
    let count = |index| Ok::<_, rusqlite::Error>(u64::try_from(row.get::<_, i64>(index)?).unwrap_or(0));
    let state = match words(1)?.as_deref() {
        Some("in_progress") => RunState::InProgress,
        Some("completed") => RunState::Completed,
        _ => RunState::Failed,
    };
    Ok(Run {
        id: row.get(0)?,
        state,
        kind: words(2)?,
        started_at: instant(3)?,
        completed_at: instant(4)?,
        first_day: day(5)?,
        last_day: day(6)?,
        totals: Totals { conversations: count(7)?, messages: count(8)? },
        error: words(9)?,
    })
}

fn newest(connection: &Connection, condition: &str) -> StoreResult<Option<Run>> {
    let sql = format!("SELECT {COLUMNS} FROM sync_metadata WHERE {condition} ORDER BY id DESC LIMIT 1");
    Ok(connection.prepare_cached(&sql)?.query_row([], read).optional()?)
}

/// One run.
///
/// # Errors
/// When the table cannot be read, or has no such row.
pub fn by_id(connection: &Connection, id: i64) -> StoreResult<Run> {
    let sql = format!("SELECT {COLUMNS} FROM sync_metadata WHERE id = ?1");
    Ok(connection.query_row(&sql, [id], read)?)
}

/// Every run, in order.
///
/// # Errors
/// When the table cannot be read; so for the following functions.
pub fn all(connection: &Connection) -> StoreResult<Vec<Run>> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM sync_metadata ORDER BY id"))?;
    let runs = statement.query_map([], read)?.collect::<Result<_, _>>()?;
    Ok(runs)
}

/// The run that completed last, be it only the take-over of an older database.
pub fn latest_completed(connection: &Connection) -> StoreResult<Option<Run>> {
    newest(connection, "sync_status = 'completed'")
}

/// The run that completed last and read from Intercom.
pub fn latest_read(connection: &Connection) -> StoreResult<Option<Run>> {
    newest(connection, "sync_status = 'completed' AND sync_type IS NOT 'migration'")
}

/// The newest row that is marked as running. Whether it does run only the host knows: a crash
/// leaves such a row behind.
pub fn marked_running(connection: &Connection) -> StoreResult<Option<Run>> {
    newest(connection, "sync_status = 'in_progress'")
}

/// The newest run, when it failed.
pub fn latest_failure(connection: &Connection) -> StoreResult<Option<Run>> {
    newest(
        connection,
        "sync_status = 'failed' AND id = (SELECT max(id) FROM sync_metadata WHERE sync_status <> 'in_progress')",
    )
}

/// The newest run, when it was stopped from outside: it is marked as running, and none runs.
pub fn interrupted(connection: &Connection, is_syncing: bool) -> StoreResult<bool> {
    let newest = newest_attempt(connection)?;
    Ok(!is_syncing && newest.is_some_and(|run| run.state == RunState::InProgress))
}

/// The newest run that was to read from Intercom, however it stands.
pub fn newest_attempt(connection: &Connection) -> StoreResult<Option<Run>> {
    newest(connection, "sync_type IS NOT 'migration'")
}

/// How many runs read from Intercom and completed, and how many failed.
pub fn counts(connection: &Connection) -> StoreResult<(i64, i64)> {
    let sql = "SELECT count(*) FILTER (WHERE sync_status = 'completed' AND sync_type IS NOT 'migration'), \
        count(*) FILTER (WHERE sync_status = 'failed') FROM sync_metadata";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
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

/// Writes how much the cache holds of what a run read.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn set_totals(connection: &Connection, id: i64, totals: Totals) -> StoreResult<()> {
    connection
        .prepare_cached(
            "UPDATE sync_metadata SET total_conversations = ?2, total_messages = ?3 WHERE id = ?1",
        )?
        .execute(params![id, signed(totals.conversations), signed(totals.messages)])?;
    Ok(())
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
