//! Brings the index of words to the current [`INDEX_TEXT_VERSION`], a batch at a time.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Store;
use super::index::{IndexEntry, index_message, unindex_message};
use super::lossy::text;
use super::search::{MEASURED_AT_ONCE, measure_some};
use crate::error::StoreResult;
use crate::text::{INDEX_TEXT_VERSION, plain_text};

/// Messages indexed in one transaction: few enough that readers wait some tens of milliseconds.
const BATCH: usize = 500;

const VERSION: &str = "index_text_version";
/// Up to this `messages.number` the index is of the current version already.
const PROGRESS: &str = "index_text_progress";

impl Store {
    /// Whether an older program wrote the index of words. Until it is refreshed, searches still
    /// work, and find some words in their old form only.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn index_is_outdated(&mut self) -> StoreResult<bool> {
        self.read(|tx| Ok(meta(tx, VERSION)?.unwrap_or(0) < INDEX_TEXT_VERSION))
    }

    /// Indexes all messages anew when the index is outdated, each in its place, so that searches
    /// work meanwhile. Asks `should_stop` between batches; what is done then counts next time.
    /// Returns how many messages were indexed.
    ///
    /// # Errors
    /// What SQLite reports; batches before that stay.
    pub fn refresh_index(&mut self, should_stop: &dyn Fn() -> bool) -> StoreResult<u64> {
        let mut done = 0;
        while self.write(|tx| measure_some(tx))? == MEASURED_AT_ONCE && !should_stop() {}
        if !self.index_is_outdated()? {
            return Ok(done);
        }
        while !should_stop() {
            let count = self.write(|tx| refresh_batch(tx))?;
            done += count as u64;
            if count < BATCH {
                break;
            }
        }
        Ok(done)
    }
}

/// Indexes the next messages. Fewer than [`BATCH`]: these were the last, and the version is noted.
fn refresh_batch(tx: &Connection) -> StoreResult<usize> {
    let after = meta(tx, PROGRESS)?.unwrap_or(i64::MIN);
    let mut statement =
        tx.prepare_cached(&format!("{MESSAGE} WHERE m.number > ?1 ORDER BY m.number LIMIT ?2"))?;
    let mut rows = statement.query(params![after, i64::try_from(BATCH).unwrap_or(i64::MAX)])?;
    let (mut count, mut last) = (0, after);
    while let Some(row) = rows.next()? {
        last = index_row(tx, row)?;
        count += 1;
    }
    if count < BATCH {
        tx.execute("DELETE FROM meta WHERE key = ?1", [PROGRESS])?;
        super::help_center::articles::index_all(tx)?;
        super::tickets::index_all(tx)?;
        set(tx, VERSION, INDEX_TEXT_VERSION)?;
    } else {
        set(tx, PROGRESS, last)?;
    }
    Ok(count)
}

/// Enters a message into the index as it is stored now.
///
/// # Errors
/// What SQLite reports.
pub(super) fn index_anew(tx: &Connection, number: i64) -> StoreResult<()> {
    unindex_message(tx, number)?;
    let mut statement = tx.prepare_cached(&format!("{MESSAGE} WHERE m.number = ?1"))?;
    let mut rows = statement.query([number])?;
    if let Some(row) = rows.next()? {
        index_row(tx, row)?;
    }
    Ok(())
}

/// What [`index_row`] reads.
const MESSAGE: &str =
    "SELECT m.number, m.body, m.is_note, CASE WHEN m.part_type = 'initial' THEN c.title END, c.number
    FROM messages m JOIN conversations c ON c.id = m.conversation_id";

/// Enters a message, and returns its number.
fn index_row(tx: &Connection, row: &Row<'_>) -> StoreResult<i64> {
    let message = row.get(0)?;
    let (body, subject): (String, Option<String>) = (text(row, 1)?, text(row, 3)?);
    let entry = IndexEntry {
        message,
        conversation: row.get(4)?,
        subject: subject.as_deref(),
        plain_body: &plain_text(&body),
        is_note: row.get(2)?,
    };
    index_message(tx, &entry)?;
    Ok(message)
}

fn meta(connection: &Connection, key: &str) -> StoreResult<Option<i64>> {
    Ok(connection
        .query_row("SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?1", [key], |row| row.get(0))
        .optional()?)
}

fn set(connection: &Connection, key: &str, value: i64) -> StoreResult<()> {
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", params![key, value])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::store::OpenMode;

    #[test]
    fn an_outdated_index_is_refreshed_in_batches() {
        let mut store = Store::open(Path::new(":memory:"), OpenMode::ReadWrite).expect("opens");
        assert!(!store.index_is_outdated().expect("reads"), "a new index is current");
        store
            .write(|tx| {
                tx.execute("INSERT INTO conversations (id, created_at, updated_at, title) VALUES ('1', '', '', 'Parcel lost')", [])?;
                for number in 1..=BATCH + 10 {
                    tx.execute(
                        "INSERT INTO messages (number, id, conversation_id, author_type, body, created_at, part_type)
                         VALUES (?1, ?2, '1', 'user', '<p>日本語 word</p>', '', ?3)",
                        params![number as i64, number.to_string(), if number == 1 { "initial" } else { "comment" }],
                    )?;
                    // As an older program indexed it.
                    tx.execute("INSERT INTO messages_fts (rowid, subject, body, note) VALUES (?1, '', '日本語 stale', '')", [number as i64])?;
                }
                set(tx, VERSION, 0)
            })
            .expect("fills");
        let found = |store: &Store, query: &str| -> i64 {
            store
                .connection()
                .query_row("SELECT count(*) FROM messages_fts WHERE messages_fts MATCH ?1", [query], |row| {
                    row.get(0)
                })
                .expect("counts")
        };
        let mut asked = std::cell::Cell::new(0);
        let stop_after_one = || asked.replace(asked.get() + 1) == 1;
        assert_eq!(store.refresh_index(&stop_after_one).expect("refreshes"), BATCH as u64);
        assert!(store.index_is_outdated().expect("reads"));
        assert_eq!(*asked.get_mut(), 2);
        assert_eq!(store.refresh_index(&|| false).expect("refreshes"), 10);
        assert!(!store.index_is_outdated().expect("reads"));
        assert_eq!(found(&store, "stale"), 0);
        assert_eq!(found(&store, "\"本語\""), (BATCH + 10) as i64);
        assert_eq!(found(&store, "subject: parcel"), 1);
    }
}
