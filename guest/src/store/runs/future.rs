//! What the database says of times that have not come yet, and how it is taken back.
//!
//! A clock that was ahead once, Intercom's or ours, leaves marks in the future: stretches that count
//! as read although nobody had written in them yet, moments up to which deletions were seen, changes
//! that no later one overtakes. None of them is known, and what was read before them is known only
//! up to the run that wrote them.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreResult;
use crate::store::runs::facts::{Fact, fact, set_fact};
use crate::time::{DAY, MINUTE, UnixSeconds};

/// Two honest clocks may differ by so much.
pub const SLACK: i64 = 5 * MINUTE;

/// Read again before the run that was ahead, since the list lags behind.
const OVERLAP: i64 = 15 * MINUTE;
/// How far back deletions are looked for again when nobody knows since when they were missed.
const DELETIONS: i64 = 90 * DAY;

/// Facts that name a moment up to which something was done.
const MOMENTS: [Fact; 8] = [
    Fact::HighWater,
    Fact::ProvisionalFrom,
    Fact::InitialDone,
    Fact::LabelsRefreshedAt,
    Fact::CompaniesRefreshedAt,
    Fact::SweptAt,
    Fact::CountedAt,
    Fact::HeldBackAt,
];

/// From when on nothing that counts as read can be trusted; none when no mark lies in the future.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn untrusted_from(connection: &Connection, now: UnixSeconds) -> StoreResult<Option<UnixSeconds>> {
    let latest: Option<i64> =
        connection.prepare_cached("SELECT max(high) FROM coverage")?.query_row([], |row| row.get(0))?;
    let latest = latest.max(fact(connection, Fact::HighWater)?.map(|at| at.0));
    if latest.is_none_or(|latest| latest <= now.plus(SLACK).0) {
        return Ok(None);
    }
    // The first run that was to read a day to come began, by our own clock, when it was written.
    let began: Option<Option<String>> = connection
        .prepare_cached(
            "SELECT sync_started_at FROM sync_metadata WHERE coverage_end_date > ?1 AND sync_type IS NOT 'migration'
             ORDER BY id LIMIT 1",
        )?
        .query_row([now.day().to_string()], |row| row.get(0))
        .optional()?;
    let began = began.flatten().as_deref().and_then(UnixSeconds::parse).filter(|at| *at <= now);
    Ok(Some(began.map_or(UnixSeconds(0), |at| at.plus(-OVERLAP))))
}

/// Takes back every mark in the future, so that the run at hand reads again what they hid. Returns
/// from when on nothing counts as read any more, if there was any.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn take_back(connection: &Connection, now: UnixSeconds) -> StoreResult<Option<UnixSeconds>> {
    let end = now.plus(SLACK);
    let from = untrusted_from(connection, now)?;
    if let Some(from) = from {
        connection.execute("DELETE FROM coverage WHERE low >= ?1", [from.0])?;
        connection.execute("UPDATE coverage SET high = ?1 WHERE high >= ?2", [from.0 - 1, from.0])?;
        connection.execute("DELETE FROM sync_windows WHERE high >= ?1", [from.0])?;
    }
    for moment in MOMENTS {
        if fact(connection, moment)?.is_some_and(|at| at > end) {
            crate::store::runs::facts::clear_fact(connection, moment)?;
        }
    }
    if fact(connection, Fact::DeletedUpTo)?.is_some_and(|at| at > end) {
        let since = from.filter(|from| from.0 > 0).unwrap_or(now.plus(-DELETIONS));
        set_fact(connection, Fact::DeletedUpTo, since)?;
    }
    // A change to come would keep every other one out; the thread is fetched again, whenever it
    // changed.
    connection.execute(
        "UPDATE conversations SET updated_at = min(created_at, ?1), thread_updated_at = NULL, thread_complete = FALSE WHERE updated_at > ?2",
        params![now, end],
    )?;
    connection.execute("UPDATE tombstones SET deleted_at = ?1 WHERE deleted_at > ?2", params![now, end])?;
    connection.execute(
        "UPDATE hydration_queue SET updated_at = min(updated_at, ?1), not_before = 0 WHERE updated_at > ?2 OR not_before > ?3",
        [now.0, end.0, now.plus(DAY).0],
    )?;
    connection.execute("UPDATE contacts SET fetched_at = NULL WHERE fetched_at > ?1", params![end])?;
    Ok(from)
}
