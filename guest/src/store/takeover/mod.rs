//! Taking over the database of the original program, in place and in one transaction.
//!
//! The original (`fast-intercom-mcp`) had three generations of tables, called v0, v1 and v2
//! here; its last version "migrated" the older two by renaming every table to
//! `<name>_backup_<time>` and starting empty, possibly more than once. All of these, and
//! mixtures, are recognised by their tables, never by a version number, since there is none.
//!
//! What happens to what was there:
//!
//! - Rows of `conversations` and `messages`, of every generation and backup, are merged into the
//!   new tables. Where a conversation is there twice, the one updated last counts, and messages
//!   are united. The old tables are dropped only when every row and every column was understood;
//!   otherwise they stay as `<name>_original`.
//! - Threads count as not fetched, because the original stored only first messages.
//! - Rows of `sync_metadata` stay, with their local times turned into UTC. They never count as
//!   coverage. The key/value table of that name in v0 goes into `meta`.
//! - The original's own book-keeping (`sync_periods`, `request_patterns`, …) is dropped where it
//!   is empty and stays where it is not. `schema_version` stays, and is made where it is
//!   missing: without it the original, started once more on this file, would rename all tables.
//! - Views of the original are dropped: they hold no data. Tables that we do not know stay.
//!
//! Before the first change a copy of the file is written beside it.

mod conversations;
mod copy;
mod messages;
mod runs;
mod sources;
mod values;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

pub(super) use self::copy::create_private;
use self::sources::Sources;
use super::header::version;
use super::opening::OpenOptions;
use super::schema::{SCHEMA_VERSION, apply};
use crate::error::{StoreError, StoreResult};

/// What was taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub conversations: u64,
    pub messages: u64,
    /// File name of the copy beside the database; none for a database in memory.
    pub copy: Option<String>,
}

/// Whether the database was made by the original program. `false`: it has no tables at all.
///
/// # Errors
/// [`StoreError::Foreign`] when it has tables, but none of the original's.
pub(super) fn is_original(connection: &Connection) -> StoreResult<bool> {
    if !Sources::find(connection)?.is_empty() {
        return Ok(true);
    }
    let stranger = connection.query_row(
        "SELECT min(name) FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        [],
        |row| row.get::<_, Option<String>>(0),
    )?;
    match stranger {
        Some(name) => Err(StoreError::Foreign(format!("it has a table `{name}` but none of FastIntercom's"))),
        None => Ok(false),
    }
}

/// Takes over the database. None: another process did it in the meantime.
///
/// # Errors
/// What SQLite or the disk reports; the database is as before then.
pub(super) fn take_over(
    connection: &mut Connection,
    path: &Path,
    options: &OpenOptions<'_>,
) -> StoreResult<Option<Report>> {
    // Renaming must not rewrite other tables, and dropping must not delete rows one by one: both
    // only outside of a transaction. The transaction may be larger than memory, so it may spill;
    // and it happens once, so it is worth syncing fully.
    connection.execute_batch(
        "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; PRAGMA cache_spill = ON; PRAGMA synchronous = FULL;",
    )?;
    let taken_over = in_transaction(connection, path, options);
    connection.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA legacy_alter_table = OFF; PRAGMA cache_spill = OFF; PRAGMA synchronous = NORMAL;",
    )?;
    taken_over
}

fn in_transaction(
    connection: &mut Connection,
    path: &Path,
    options: &OpenOptions<'_>,
) -> StoreResult<Option<Report>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version(&transaction)? == SCHEMA_VERSION {
        return Ok(None);
    }
    // The lock that is held now lets others read, this process included, but not write.
    (options.phase)("copying the database of the original program");
    let copy = copy::write_copy(path, options.now)?;
    let report = convert(&transaction, options, copy)?;
    transaction.commit()?;
    Ok(Some(report))
}

/// The conversion itself; a crash in it leaves no trace.
fn convert(transaction: &Connection, options: &OpenOptions<'_>, copy: Option<String>) -> StoreResult<Report> {
    let mut sources = Sources::find(transaction)?;
    sources.make_room(transaction)?;
    apply(transaction, 0)?;

    (options.phase)("taking over its conversations");
    let mut conversations = conversations::read(transaction, &mut sources.conversations)?;
    (options.phase)("taking over its messages");
    let entries = messages::read(transaction, &mut sources.messages, &mut conversations)?;
    (options.phase)(&format!("writing {} conversations and {} messages", conversations.len(), entries.len()));
    let counts = messages::counts(&conversations, &entries);
    conversations::write(transaction, &conversations, &counts, options.now)?;
    messages::write(transaction, &sources.messages, &conversations, &entries)?;
    runs::copy(transaction, &sources, options)?;
    sources.clear_away(transaction)?;

    let (found, stored) = (conversations.len() as u64, entries.len() as u64);
    runs::note_migration(transaction, found, stored, options.now)?;
    let mut note = transaction.prepare("INSERT INTO meta (key, value) VALUES (?1, ?2)")?;
    note.execute(["taken_over_at", options.now.to_iso().as_str()])?;
    if let Some(copy) = &copy {
        note.execute(["taken_over_copy", copy])?;
    }
    if transaction.prepare("PRAGMA foreign_key_check(messages)")?.exists([])? {
        return Err(StoreError::Other(
            "The old database could not be taken over: a message would have no conversation. It was left as it was; please report this.".to_owned(),
        ));
    }
    Ok(Report { conversations: found, messages: stored, copy })
}
