//! Sync runs, as the rows of `sync_metadata` tell them, and what is still to be fetched.

pub mod coverage;
pub mod future;
pub mod sync_runs;
pub mod sync_state;
pub mod sync_windows;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::StoreResult;
use crate::store::lossy::text;
use crate::time::{Day, UnixSeconds};

/// One row of `sync_metadata`.
#[derive(Clone, Debug)]
pub struct Run {
    pub started_at: Option<UnixSeconds>,
    pub completed_at: Option<UnixSeconds>,
    pub coverage_start: Option<String>,
    pub coverage_end: Option<String>,
    pub conversations: i64,
    pub messages: i64,
    /// `full`, `incremental`, `background` or `migration`.
    pub kind: Option<String>,
    pub error: Option<String>,
}

impl Run {
    /// The row says only that an older database was taken over; nothing was read from Intercom.
    #[must_use]
    pub fn is_migration(&self) -> bool {
        self.kind.as_deref() == Some("migration")
    }
}

const COLUMNS: &str = "sync_started_at, sync_completed_at, coverage_start_date, coverage_end_date, \
    coalesce(total_conversations, 0), coalesce(total_messages, 0), sync_type, error_message";

fn run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let instant = |index| -> rusqlite::Result<Option<UnixSeconds>> {
        Ok(text::<Option<String>>(row, index)?.as_deref().and_then(UnixSeconds::parse))
    };
    Ok(Run {
        started_at: instant(0)?,
        completed_at: instant(1)?,
        coverage_start: text(row, 2)?,
        coverage_end: text(row, 3)?,
        conversations: row.get(4)?,
        messages: row.get(5)?,
        kind: text(row, 6)?,
        error: text(row, 7)?,
    })
}

fn newest(connection: &Connection, condition: &str) -> StoreResult<Option<Run>> {
    let sql = format!("SELECT {COLUMNS} FROM sync_metadata WHERE {condition} LIMIT 1");
    Ok(connection.prepare_cached(&sql)?.query_row([], run).optional()?)
}

/// The run that completed last, be it only the take-over of an older database.
///
/// # Errors
/// When the table cannot be read; so for the other functions of this file.
pub fn latest_completed(connection: &Connection) -> StoreResult<Option<Run>> {
    newest(connection, "sync_status = 'completed' ORDER BY id DESC")
}

/// The run that completed last and read from Intercom.
pub fn latest_read(connection: &Connection) -> StoreResult<Option<Run>> {
    newest(connection, "sync_status = 'completed' AND sync_type IS NOT 'migration' ORDER BY id DESC")
}

/// The newest row that is marked as running. Whether it does run only the host knows: a crash
/// leaves such a row behind.
pub fn marked_running(connection: &Connection) -> StoreResult<Option<Run>> {
    newest(connection, "sync_status = 'in_progress' ORDER BY id DESC")
}

/// The newest run, when it failed.
pub fn latest_failure(connection: &Connection) -> StoreResult<Option<Run>> {
    newest(
        connection,
        "sync_status = 'failed' AND id = (SELECT max(id) FROM sync_metadata WHERE sync_status <> 'in_progress') ORDER BY id DESC",
    )
}

/// How many runs read from Intercom and completed, and how many failed.
///
/// # Errors
/// When the table cannot be read.
pub fn counts(connection: &Connection) -> StoreResult<(i64, i64)> {
    let sql = "SELECT count(*) FILTER (WHERE sync_status = 'completed' AND sync_type IS NOT 'migration'), \
        count(*) FILTER (WHERE sync_status = 'failed') FROM sync_metadata";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// How a run stands, as its row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Or a crash left the row behind; only the host knows.
    InProgress,
    Completed,
    Failed,
}

/// The newest run that was to read from Intercom.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub state: RunState,
    pub started_at: UnixSeconds,
    pub first_day: Day,
    pub last_day: Day,
    /// Why it failed.
    pub failure: Option<String>,
}

/// The newest run that was to read from Intercom; none when there was none, or when its row makes
/// no sense.
pub fn newest_attempt(connection: &Connection) -> StoreResult<Option<Attempt>> {
    let row = connection
        .prepare_cached(
            "SELECT sync_status, sync_started_at, coverage_start_date, coverage_end_date, error_message
             FROM sync_metadata WHERE sync_type IS NOT 'migration' ORDER BY id DESC LIMIT 1",
        )?
        .query_row([], |row| {
            let text = |index| text::<Option<String>>(row, index);
            Ok((text(0)?, text(1)?, text(2)?, text(3)?, text(4)?))
        })
        .optional()?;
    Ok(row.and_then(|(state, started_at, first_day, last_day, error)| {
        let state = match state?.as_str() {
            "in_progress" => RunState::InProgress,
            "completed" => RunState::Completed,
            _ => RunState::Failed,
        };
        Some(Attempt {
            state,
            started_at: UnixSeconds::parse(&started_at?)?,
            first_day: Day::parse(&first_day?)?,
            last_day: Day::parse(&last_day?)?,
            failure: error.filter(|_| state == RunState::Failed),
        })
    }))
}

/// Threads whose fetch failed and that are not tried again before some later moment.
pub fn postponed(connection: &Connection, now: UnixSeconds) -> StoreResult<u64> {
    let sql = "SELECT count(*) FROM hydration_queue WHERE attempts > 0 AND not_before > ?1";
    let count: i64 = connection.prepare_cached(sql)?.query_row([now.0], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// What the whole cache holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    pub conversations: i64,
    pub messages: i64,
    /// Conversations whose thread was not fetched yet, or not since they changed.
    pub incomplete: i64,
    pub database_bytes: i64,
}

/// What the cache holds, by the counts that triggers keep.
pub fn totals(connection: &Connection) -> StoreResult<Totals> {
    let one = |sql: &str| connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0));
    Ok(Totals {
        conversations: one("SELECT coalesce(sum(count), 0) FROM counts WHERE kind = 'state'")?,
        messages: one("SELECT coalesce(sum(count), 0) FROM counts WHERE kind = 'messages'")?,
        incomplete: incomplete_since(connection, None)?,
        database_bytes: one("PRAGMA page_count")?.saturating_mul(one("PRAGMA page_size")?),
    })
}

/// Conversations updated since then whose thread is not complete.
pub fn incomplete_since(connection: &Connection, since: Option<UnixSeconds>) -> StoreResult<i64> {
    let since = since.map(UnixSeconds::to_iso).unwrap_or_default();
    let sql = "SELECT count(*) FROM conversations WHERE NOT thread_complete AND updated_at >= ?1";
    Ok(connection.prepare_cached(sql)?.query_row([since], |row| row.get(0))?)
}

/// Sentences about what could not be read (a missing permission, say).
pub fn notes(connection: &Connection) -> StoreResult<Vec<String>> {
    let mut statement =
        connection.prepare_cached("SELECT note FROM sync_notes ORDER BY noted_at DESC LIMIT 5")?;
    let notes = statement.query_map([], |row| text(row, 0))?.collect::<Result<_, _>>()?;
    Ok(notes)
}

/// The workspace this database belongs to.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    pub id_code: Option<String>,
    pub name: Option<String>,
    pub region: Option<String>,
    pub timezone: Option<String>,
}

/// The workspace, once a sync has seen it.
pub fn workspace(connection: &Connection) -> StoreResult<Workspace> {
    let mut statement =
        connection.prepare_cached("SELECT id_code, name, region, timezone FROM workspace LIMIT 1")?;
    let row = statement
        .query_row([], |row| {
            Ok(Workspace {
                id_code: text(row, 0)?,
                name: text(row, 1)?,
                region: text(row, 2)?,
                timezone: text(row, 3)?,
            })
        })
        .optional()?;
    Ok(row.unwrap_or_default())
}
