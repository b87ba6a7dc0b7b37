//! The steps that lead from one version of the schema to the next, in `PRAGMA user_version`.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::connection::OpenOptions;
use super::header::judge;
use super::takeover;
use crate::error::{StoreError, StoreResult};
use crate::text::INDEX_TEXT_VERSION;

/// The schema version this program writes, in `PRAGMA user_version`.
pub const SCHEMA_VERSION: i64 = 8;

/// `PRAGMA application_id`: "FaIn". With it `file` and this program tell the database from others.
pub const APPLICATION_ID: i32 = 0x4661_496e;

/// The SQL of each step; the first creates version 1. A step that has been released never
/// changes: databases out there have gone through it.
pub(super) const STEPS: [&str; SCHEMA_VERSION as usize] = [
    include_str!("schema.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
];

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
        return Err(StoreError::Unprepared);
    }
    if version == 0 {
        if takeover::is_original(connection)? {
            return takeover::take_over(connection, path, options);
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
        return takeover::take_over(connection, path, options);
    }
    apply(&transaction, from)?;
    transaction.commit()?;
    Ok(if from == 0 { Prepared::Created } else { Prepared::Migrated { from } })
}

/// Runs the steps after `from`, and marks the database as this program's.
pub(super) fn apply(transaction: &Connection, from: i64) -> StoreResult<()> {
    let done = usize::try_from(from).unwrap_or(0);
    for step in STEPS.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    if from == 0 {
        transaction.execute(
            "INSERT INTO meta (key, value) VALUES ('index_text_version', ?1)",
            [INDEX_TEXT_VERSION],
        )?;
    }
    transaction.execute_batch(&format!(
        "PRAGMA user_version = {SCHEMA_VERSION}; PRAGMA application_id = {APPLICATION_ID};"
    ))?;
    Ok(())
}

/// The schema version of the database, when this program can work with it.
pub(super) fn version(connection: &Connection) -> StoreResult<i64> {
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let application = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    judge(version, application)?;
    Ok(version)
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

/// Names of the tables, views, indexes and triggers of the present version, in lower case.
pub(super) fn own_names() -> StoreResult<Vec<String>> {
    let scratch = Connection::open_in_memory()?;
    for step in STEPS {
        scratch.execute_batch(step)?;
    }
    let mut statement =
        scratch.prepare("SELECT lower(name) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")?;
    let names = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(names)
}

/// The path of a file beside the database, with that added to its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}
