//! How much there is.

use rusqlite::{Connection, params};

use crate::error::StoreResult;
use crate::time::{Interval, UnixSeconds};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub conversations: u64,
    pub messages: u64,
}

/// What the cache holds, by the counts that triggers keep.
///
/// # Errors
/// When the database cannot be read; so for the other functions of this file.
pub fn totals(connection: &Connection) -> StoreResult<Totals> {
    let sum = |kind: &str| -> StoreResult<u64> {
        let mut statement =
            connection.prepare_cached("SELECT coalesce(sum(count), 0) FROM counts WHERE kind = ?1")?;
        Ok(unsigned(statement.query_row([kind], |row| row.get(0))?))
    };
    Ok(Totals { conversations: sum("state")?, messages: sum("messages")? })
}

/// What the cache holds of conversations updated in that interval, counted.
pub fn totals_within(connection: &Connection, updated: Interval) -> StoreResult<Totals> {
    let totals = connection.query_row(
        "SELECT count(*), coalesce(sum(message_count), 0) FROM conversations WHERE updated_at BETWEEN ?1 AND ?2",
        params![updated.low, updated.high],
        |row| Ok(Totals { conversations: unsigned(row.get(0)?), messages: unsigned(row.get(1)?) }),
    )?;
    Ok(totals)
}

/// Conversations updated since then whose thread was not fetched yet, or not since they changed.
pub fn incomplete_since(connection: &Connection, since: Option<UnixSeconds>) -> StoreResult<u64> {
    let since = since.map(UnixSeconds::to_iso).unwrap_or_default();
    let sql = "SELECT count(*) FROM conversations WHERE NOT thread_complete AND updated_at >= ?1";
    Ok(unsigned(connection.prepare_cached(sql)?.query_row([since], |row| row.get(0))?))
}

/// The same of conversations updated in that interval.
pub fn incomplete_within(connection: &Connection, updated: Interval) -> StoreResult<u64> {
    let sql = "SELECT count(*) FROM conversations WHERE NOT thread_complete AND updated_at BETWEEN ?1 AND ?2";
    Ok(unsigned(
        connection.prepare_cached(sql)?.query_row(params![updated.low, updated.high], |row| row.get(0))?,
    ))
}

/// Whether any thread was ever read.
pub fn any_complete(connection: &Connection) -> StoreResult<bool> {
    Ok(connection.prepare_cached("SELECT 1 FROM conversations WHERE thread_complete LIMIT 1")?.exists([])?)
}

/// `updated_at` of the oldest conversation.
pub fn oldest_update(connection: &Connection) -> StoreResult<Option<UnixSeconds>> {
    let oldest: Option<String> =
        connection.query_row("SELECT min(updated_at) FROM conversations", [], |row| row.get(0))?;
    Ok(oldest.as_deref().and_then(UnixSeconds::parse))
}

/// Bytes of the database, free pages included.
pub fn database_bytes(connection: &Connection) -> StoreResult<u64> {
    let one = |sql: &str| connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0));
    Ok(unsigned(one("PRAGMA page_count")?).saturating_mul(unsigned(one("PRAGMA page_size")?)))
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
