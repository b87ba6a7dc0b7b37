//! Bringing the tables of an open database to the present version of the schema.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::header::version;
use super::opening::OpenOptions;
use super::schema::{SCHEMA_VERSION, apply};
use super::takeover;
use crate::error::{StoreError, StoreResult};

/// What opening did to the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// Nothing: they were as they should be.
    Current,
    /// A new database.
    Created,
    /// Steps from that older version of this program's.
    Migrated { from: i64 },
    /// The database of the original program was taken over.
    TakenOver(takeover::Report),
}

/// Brings the tables of an open database to [`SCHEMA_VERSION`], in one transaction. Who comes
/// second waits, and finds it done.
///
/// # Errors
/// [`StoreError::Newer`] and [`StoreError::Foreign`] before anything is changed,
/// [`StoreError::Unprepared`] when nothing may be written, and what SQLite reports; then the
/// database is as before.
pub(super) fn prepare(
    connection: &mut Connection,
    path: &Path,
    options: &OpenOptions<'_>,
) -> StoreResult<Prepared> {
    let version = version(connection)?;
    if version == SCHEMA_VERSION {
        return Ok(Prepared::Current);
    }
    if options.is_read_only() {
        return Err(StoreError::Unprepared(version));
    }
    if version == 0 {
        if takeover::is_original(connection)? {
            return take_over(connection, path, options);
        }
        // Both only have an effect on a database without pages. 4096 bytes are the block of
        // nearly every file system, and what the original used; incremental vacuum lets
        // `optimize` give pages back without rewriting the file.
        connection.execute_batch("PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL;")?;
    }
    // A step may rewrite a table, which is more than memory should hold.
    connection.execute_batch("PRAGMA cache_spill = ON")?;
    let prepared = migrate(connection, path, options);
    connection.execute_batch("PRAGMA cache_spill = OFF")?;
    prepared
}

/// Runs the steps that are missing, unless another process has done so in the meantime.
fn migrate(connection: &mut Connection, path: &Path, options: &OpenOptions<'_>) -> StoreResult<Prepared> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = version(&transaction)?;
    if from == SCHEMA_VERSION {
        return Ok(Prepared::Current);
    }
    if from == 0 && takeover::is_original(&transaction)? {
        // It was filled by the original program since the look above.
        drop(transaction);
        return take_over(connection, path, options);
    }
    apply(&transaction, from)?;
    transaction.commit()?;
    Ok(if from == 0 { Prepared::Created } else { Prepared::Migrated { from } })
}

/// Takes over the database of the original program, unless another process just did.
fn take_over(connection: &mut Connection, path: &Path, options: &OpenOptions<'_>) -> StoreResult<Prepared> {
    let report = takeover::take_over(connection, path, options)?;
    Ok(report.map_or(Prepared::Current, Prepared::TakenOver))
}

/// Whether this program may touch the database: it is its own, the original's, or empty.
///
/// # Errors
/// [`StoreError::Newer`], [`StoreError::Foreign`], and what SQLite reports.
pub(super) fn known(connection: &Connection) -> StoreResult<()> {
    if version(connection)? == 0 {
        takeover::is_original(connection)?;
    }
    Ok(())
}
