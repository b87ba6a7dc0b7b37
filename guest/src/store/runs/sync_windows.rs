//! Windows that are being read, and the stretches that were read to the end.

use rusqlite::{Connection, params};

use crate::error::StoreResult;
use crate::time::UnixSeconds;

/// A stretch of `updated_at`, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stretch {
    pub low: UnixSeconds,
    pub high: UnixSeconds,
}

impl Stretch {
    #[must_use]
    pub fn contains(&self, at: UnixSeconds) -> bool {
        self.low <= at && at <= self.high
    }
}

/// A window in the course of being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowRow {
    pub stretch: Stretch,
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
            stretch: Stretch { low: UnixSeconds(row.get(0)?), high: UnixSeconds(row.get(1)?) },
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
pub fn remove_window(connection: &Connection, stretch: Stretch) -> StoreResult<()> {
    connection
        .prepare_cached("DELETE FROM sync_windows WHERE low = ?1 AND high = ?2")?
        .execute([stretch.low.0, stretch.high.0])?;
    Ok(())
}

/// The stretches that were read to the end, in order, none touching another.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn covered(connection: &Connection) -> StoreResult<Vec<Stretch>> {
    let mut statement = connection.prepare_cached("SELECT low, high FROM coverage ORDER BY low")?;
    let rows = statement
        .query_map([], |row| Ok(Stretch { low: UnixSeconds(row.get(0)?), high: UnixSeconds(row.get(1)?) }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds a stretch that was read to the end, merging it with those it overlaps or touches.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn cover(connection: &Connection, stretch: Stretch) -> StoreResult<()> {
    let reach = [stretch.low.0.saturating_sub(1), stretch.high.0.saturating_add(1)];
    let merged: (Option<i64>, Option<i64>) = connection
        .prepare_cached("SELECT min(low), max(high) FROM coverage WHERE high >= ?1 AND low <= ?2")?
        .query_row(reach, |row| Ok((row.get(0)?, row.get(1)?)))?;
    connection.prepare_cached("DELETE FROM coverage WHERE high >= ?1 AND low <= ?2")?.execute(reach)?;
    let low = merged.0.map_or(stretch.low.0, |low| low.min(stretch.low.0));
    let high = merged.1.map_or(stretch.high.0, |high| high.max(stretch.high.0));
    connection.prepare_cached("INSERT INTO coverage (low, high) VALUES (?1, ?2)")?.execute([low, high])?;
    Ok(())
}

/// Takes what lies before that moment out of the coverage.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn uncover_before(connection: &Connection, horizon: UnixSeconds) -> StoreResult<()> {
    connection.execute("DELETE FROM coverage WHERE high < ?1", [horizon.0])?;
    connection.execute("UPDATE coverage SET low = ?1 WHERE low < ?1", [horizon.0])?;
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

/// What of a stretch none of the others covers, in order.
#[must_use]
pub fn gaps(wanted: Stretch, covered: &[Stretch]) -> Vec<Stretch> {
    let mut gaps = Vec::new();
    let mut low = wanted.low;
    let mut sorted = covered.to_vec();
    sorted.sort_unstable();
    for stretch in sorted {
        if stretch.high < low {
            continue;
        }
        if stretch.low > wanted.high {
            break;
        }
        if stretch.low > low {
            gaps.push(Stretch { low, high: stretch.low.plus(-1) });
        }
        low = stretch.high.plus(1);
    }
    if low <= wanted.high {
        gaps.push(Stretch { low, high: wanted.high });
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(low: i64, high: i64) -> Stretch {
        Stretch { low: UnixSeconds(low), high: UnixSeconds(high) }
    }

    #[test]
    fn stretches_merge_when_they_touch() {
        let connection = Connection::open_in_memory().expect("opens");
        connection
            .execute_batch("CREATE TABLE coverage (low INTEGER PRIMARY KEY, high INTEGER NOT NULL)")
            .expect("creates");
        for piece in [stretch(10, 20), stretch(40, 50), stretch(21, 25), stretch(60, 70), stretch(24, 39)] {
            cover(&connection, piece).expect("covers");
        }
        assert_eq!(covered(&connection).expect("reads"), [stretch(10, 50), stretch(60, 70)]);
    }

    #[test]
    fn gaps_are_what_is_left() {
        let covered = [stretch(10, 20), stretch(30, 40)];
        assert_eq!(gaps(stretch(0, 50), &covered), [stretch(0, 9), stretch(21, 29), stretch(41, 50)]);
        assert_eq!(gaps(stretch(12, 18), &covered), []);
        assert_eq!(gaps(stretch(15, 35), &covered), [stretch(21, 29)]);
        assert_eq!(gaps(stretch(0, 5), &[]), [stretch(0, 5)]);
    }
}
