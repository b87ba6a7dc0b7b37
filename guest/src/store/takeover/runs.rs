//! What the original knew about its syncs.

use std::collections::HashSet;

use rusqlite::{Connection, params, params_from_iter};

use super::sources::{RUNS, Sources};
use super::values::{from_local, text, time};
use crate::error::StoreResult;
use crate::sorting;
use crate::store::opening::OpenOptions;
use crate::time::{HOUR, UnixSeconds};

/// Copies the rows of all `sync_metadata` tables, oldest first, each once, and the keys and
/// values of v0 into `meta`.
pub(super) fn copy(connection: &Connection, sources: &Sources, options: &OpenOptions<'_>) -> StoreResult<()> {
    let mut runs: Vec<Vec<Option<String>>> = Vec::new();
    for source in &sources.runs {
        let list = RUNS.iter().map(|name| source.column(name)).collect::<Vec<_>>().join(", ");
        let mut statement =
            connection.prepare(&format!("SELECT {list} FROM {} ORDER BY rowid", source.sql()))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut run = Vec::with_capacity(RUNS.len() - 1);
            // The first column is the id, which is given anew.
            for (column, name) in RUNS.iter().enumerate().skip(1) {
                let value = text(row, column)?;
                run.push(match *name {
                    "sync_started_at" | "sync_completed_at" => {
                        value.map(|value| from_local(&value, options.local_offset))
                    }
                    "created_at" => time(row, column)?.map(UnixSeconds::to_iso).or(value),
                    "sync_status" => value.or_else(|| Some("failed".to_owned())),
                    _ => value,
                });
            }
            if let Some(started @ None) = run.first_mut() {
                *started = Some(UnixSeconds::default().to_iso());
            }
            runs.push(run);
        }
    }
    sorting::by(&mut runs, |one, other| one.first().cmp(&other.first()));
    let mut seen = HashSet::new();
    let columns = RUNS.get(1..).unwrap_or_default().join(", ");
    let mut insert = connection.prepare(&format!(
        "INSERT INTO sync_metadata ({columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    ))?;
    for run in runs {
        if seen.insert(run.clone()) {
            insert.execute(params_from_iter(&run))?;
        }
    }
    let mut insert =
        connection.prepare("INSERT OR IGNORE INTO meta (key, value) VALUES ('original:' || ?1, ?2)")?;
    for source in &sources.key_values {
        let mut statement = connection.prepare(&format!("SELECT key, value FROM {}", source.sql()))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(key) = text(row, 0)? {
                insert.execute(params![key, text(row, 1)?])?;
            }
        }
    }
    Ok(())
}

/// Where no sync is known, one row says that there is data, as the original's v1 did. It is no
/// coverage. Without a conversation there is no data, and no row.
pub(super) fn note_migration(
    connection: &Connection,
    conversations: u64,
    messages: u64,
    now: UnixSeconds,
) -> StoreResult<()> {
    if conversations == 0 || connection.prepare("SELECT 1 FROM sync_metadata")?.exists([])? {
        return Ok(());
    }
    connection.execute(
        "INSERT INTO sync_metadata (sync_started_at, sync_completed_at, sync_status, coverage_start_date,
             coverage_end_date, total_conversations, total_messages, sync_type, created_at)
         VALUES (?1, ?2, 'completed', ?3, ?4, ?5, ?6, 'migration', ?2)",
        params![
            now.plus(-HOUR).to_iso(),
            now.to_iso(),
            now.day().plus(-7).to_string(),
            now.day().to_string(),
            i64::try_from(conversations).unwrap_or(i64::MAX),
            i64::try_from(messages).unwrap_or(i64::MAX),
        ],
    )?;
    Ok(())
}
