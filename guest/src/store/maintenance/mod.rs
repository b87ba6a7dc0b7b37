//! Care of the database file: check, copy, save what a damaged file still holds, tidy up.

mod backup;
mod check;
mod salvage;
#[cfg(test)]
mod tests;
mod values;

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::connection::Store;
use super::header::on_disk;
use super::migrations::Prepared;
use super::opening::{OpenMode, OpenOptions};
use crate::error::{StoreError, StoreResult};

pub use salvage::salvage;

/// Pages given back to the file system in one go, 4 KiB each: a transaction that size keeps
/// readers waiting for a moment only.
const VACUUM_PAGES: u32 = 2_000;

/// Opens the database, creating, migrating or taking over its tables, refreshes an outdated
/// index, and says in one line what was done.
///
/// # Errors
/// As [`Store::open_with`].
pub fn prepare(path: &Path, options: &OpenOptions<'_>) -> StoreResult<String> {
    let mut store = Store::open_with(path, options)?;
    let mut line = match store.prepared() {
        Prepared::Current => "The database is ready.".to_owned(),
        Prepared::Created => "Created a new database.".to_owned(),
        Prepared::Migrated { from } => {
            format!("Updated the database from schema {from} to {}.", super::SCHEMA_VERSION)
        }
        Prepared::TakenOver(report) => {
            let copy = report
                .copy
                .as_ref()
                .map(|name| format!(" A copy of it as it was is in `{name}`."))
                .unwrap_or_default();
            format!(
                "Took over a database of the original FastIntercom with {} conversations and {} messages; the next sync fetches their threads.{copy}",
                report.conversations, report.messages
            )
        }
    };
    if options.mode == OpenMode::ReadWrite {
        let indexed = store.refresh_index(&|| false)?;
        if indexed > 0 {
            line.push_str(&format!(" Indexed {indexed} messages anew."));
        }
    }
    Ok(line)
}

impl Store {
    /// Lets SQLite refresh its statistics, merges the index of words and gives free pages back to
    /// the file system. For the end of a big sync; takes up to some seconds, in short transactions,
    /// between which it asks whether to stop.
    ///
    /// # Errors
    /// What SQLite reports; nothing is lost.
    pub fn optimize(&mut self, stop: &dyn Fn() -> bool) -> StoreResult<()> {
        const MERGE_STEPS: usize = 200;
        self.merge_words(MERGE_STEPS, stop)?;
        if stop() {
            return Ok(());
        }
        // Bounded, so that a big table is sampled and not read whole.
        self.connection().execute_batch("PRAGMA analysis_limit = 1000; PRAGMA optimize;")?;
        self.analyse_conversations()?;
        self.vacuum(stop)
    }

    /// Refreshes SQLite's statistics of conversations, if there are none or twice as many
    /// conversations since.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn keep_statistics(&mut self) -> StoreResult<()> {
        if self.read(|tx| has_outgrown_its_statistics(tx))? { self.analyse_conversations() } else { Ok(()) }
    }

    /// Has all indexes of conversations read whole (0.4 s for 200,000): of a sample of a thousand
    /// SQLite takes the few states for rare values, and reads a week's conversations by their state.
    fn analyse_conversations(&mut self) -> StoreResult<()> {
        self.write(|tx| Ok(tx.execute_batch("PRAGMA analysis_limit = 0; ANALYZE conversations;")?))
    }

    /// Merges the index of words in short transactions, so many at most. When it is done, what was
    /// removed is no longer in it.
    ///
    /// # Errors
    /// What SQLite reports; nothing is lost.
    pub(in crate::store) fn merge_words(&mut self, steps: usize, stop: &dyn Fn() -> bool) -> StoreResult<()> {
        // A step writes about so many pages (https://sqlite.org/fts5.html#the_merge_command); it has
        // nothing left to do when it changes less than two rows.
        const MERGE_PAGES: i64 = 500;
        // The first, negative step begins a merge of everything; the next ones go on with it.
        let mut pages = -MERGE_PAGES;
        for _ in 0..steps {
            if stop() {
                break;
            }
            let changed = self.write(|tx| {
                let before = tx.total_changes();
                tx.execute("INSERT INTO messages_fts (messages_fts, rank) VALUES ('merge', ?1)", [pages])?;
                Ok(tx.total_changes() - before)
            })?;
            if changed < 2 {
                break;
            }
            pages = MERGE_PAGES;
        }
        Ok(())
    }

    /// Gives free pages back. Does nothing for databases of the original, which were made without
    /// that ability; there free pages are used again.
    fn vacuum(&mut self, stop: &dyn Fn() -> bool) -> StoreResult<()> {
        loop {
            let before = self.pragma("freelist_count")?;
            if stop() || before < i64::from(VACUUM_PAGES) {
                // Some free pages spare the next sync from growing the file again.
                return Ok(());
            }
            let sql = format!("PRAGMA incremental_vacuum({VACUUM_PAGES})");
            let mut statement = self.connection().prepare(&sql)?;
            let mut rows = statement.query([])?;
            // Each row is a step; SQLite vacuums as long as somebody asks for the next.
            while rows.next()?.is_some() {}
            drop(rows);
            drop(statement);
            if self.pragma("freelist_count")? >= before {
                return Ok(());
            }
        }
    }

    /// The size of the database in bytes, without its journal.
    ///
    /// # Errors
    /// What SQLite reports.
    pub fn size(&self) -> StoreResult<u64> {
        let bytes = self.pragma("page_count")?.saturating_mul(self.pragma("page_size")?);
        Ok(u64::try_from(bytes).unwrap_or(0))
    }

    fn pragma(&self, name: &str) -> StoreResult<i64> {
        Ok(self.connection().query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))?)
    }
}

/// The path of a file to be made beside the database.
pub(in crate::store) fn new_file_beside(path: &Path, file_name: &str) -> StoreResult<PathBuf> {
    let plain =
        !file_name.is_empty() && !file_name.starts_with('.') && !file_name.contains(['/', '\\', ':', '\0']);
    if !plain {
        return Err(StoreError::Other(format!(
            "`{file_name}` is no file name; give one without a folder, such as `copy.db`."
        )));
    }
    let target = path.with_file_name(file_name);
    if on_disk(&target).exists() {
        return Err(StoreError::Other(format!(
            "There is already a file `{file_name}`; choose another name or move it away."
        )));
    }
    Ok(target)
}

fn has_outgrown_its_statistics(connection: &Connection) -> StoreResult<bool> {
    const FEW: i64 = 200;
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let conversations = number("SELECT coalesce(sum(count), 0) FROM counts WHERE kind = 'state'")?;
    let known = match number("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'")? {
        0 => 0,
        // "200000 1 1": rows, and how many share a value.
        _ => number(
            "SELECT coalesce(max(CAST(stat AS INTEGER)), 0) FROM sqlite_stat1 WHERE tbl = 'conversations'",
        )?,
    };
    Ok(conversations > FEW && conversations >= 2 * known)
}
