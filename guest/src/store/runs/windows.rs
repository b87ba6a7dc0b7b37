//! Windows that are being read: the table `sync_windows`.

use rusqlite::{Connection, params};

use crate::error::StoreResult;
use crate::time::{Interval, UnixSeconds};

/// A window in the course of being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowRow {
    pub stretch: Interval,
    /// Intercom's `starting_after` of the next page; none: from the beginning.
    pub cursor: Option<String>,
    pub per_page: u32,
    /// `updated_at` of the last row that was stored.
    pub last_seen: Option<UnixSeconds>,
}

/// Windows that an earlier run left, the newest first.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn windows(connection: &Connection) -> StoreResult<Vec<WindowRow>> {
    let mut statement = connection
        .prepare("SELECT low, high, cursor, per_page, last_seen FROM sync_windows ORDER BY high DESC")?;
    let rows = statement.query_map([], |row| {
        Ok(WindowRow {
            stretch: Interval { low: UnixSeconds(row.get(0)?), high: UnixSeconds(row.get(1)?) },
            cursor: row.get(2)?,
            per_page: row.get(3)?,
            last_seen: row.get::<_, Option<i64>>(4)?.map(UnixSeconds),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes how far a window has been read, together with the rows of the page.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn save_window(connection: &Connection, window: &WindowRow, sync_id: i64) -> StoreResult<()> {
    connection
        .prepare_cached(
            "INSERT INTO sync_windows (low, high, cursor, per_page, last_seen, sync_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (low, high) DO UPDATE SET cursor = excluded.cursor, per_page = excluded.per_page,
                last_seen = excluded.last_seen, sync_id = excluded.sync_id",
        )?
        .execute(params![
            window.stretch.low.0,
            window.stretch.high.0,
            window.cursor,
            window.per_page,
            window.last_seen.map(|at| at.0),
            sync_id,
        ])?;
    Ok(())
}

/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn remove_window(connection: &Connection, stretch: Interval) -> StoreResult<()> {
    connection
        .prepare_cached("DELETE FROM sync_windows WHERE low = ?1 AND high = ?2")?
        .execute([stretch.low.0, stretch.high.0])?;
    Ok(())
}

/// Forgets half-read windows that begin before that moment.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn remove_windows_before(connection: &Connection, horizon: UnixSeconds) -> StoreResult<()> {
    connection.execute("DELETE FROM sync_windows WHERE low < ?1", [horizon.0])?;
    Ok(())
}
