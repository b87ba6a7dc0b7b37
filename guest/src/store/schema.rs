//! The tables, by the steps that lead from one version of them to the next.

use rusqlite::Connection;

use crate::error::StoreResult;
use crate::text::INDEX_TEXT_VERSION;

/// The schema version this program writes, in `PRAGMA user_version`.
pub const SCHEMA_VERSION: i64 = 10;

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
    include_str!("schema_9.sql"),
    include_str!("schema_10.sql"),
];

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

/// A database in memory with the tables of the present version, and nothing in them.
pub(super) fn scratch() -> StoreResult<Connection> {
    let scratch = Connection::open_in_memory()?;
    for step in STEPS {
        scratch.execute_batch(step)?;
    }
    Ok(scratch)
}

/// Names of the tables, views, indexes and triggers of the present version, in lower case.
pub(super) fn own_names() -> StoreResult<Vec<String>> {
    let scratch = scratch()?;
    let mut statement =
        scratch.prepare("SELECT lower(name) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")?;
    let names = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(names)
}
