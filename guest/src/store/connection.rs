//! Opening the database with the settings that sharing it needs, and its transactions.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::header::{Found, look_at, version};
use super::migrations::{self, Prepared};
use super::opening::{OpenMode, OpenOptions, open_raw};
use super::schema::SCHEMA_VERSION;
use super::vfs;
use crate::error::{StoreError, StoreResult};

/// Prepared statements kept ready. The sync and the tools have fewer than a hundred.
const STATEMENTS: usize = 128;

/// An open database.
///
/// Settings of the connection, and why:
///
/// - Rollback journal in `TRUNCATE` mode: WAL needs shared memory, which WASI has not; an empty
///   journal that stays is found faster than a missing one.
/// - `synchronous = NORMAL`. What that risks in rollback mode (`syncJournal` and
///   `pager_end_transaction` in SQLite's `pager.c`): the journal's truncation is not synced, so a
///   power cut may undo the last commits, each as a whole; and header and content of the journal
///   are synced together, so that a power cut in that moment leaves a journal whose records are
///   only as good as their checksums, before anything was written to the database. A killed
///   process loses nothing. Rows, coverage and queue of the sync are committed together, so what
///   is undone is read from Intercom again. `FULL` closes these gaps with two more syncs a commit,
///   during which nobody can read: on a Mac, where a sync empties the drive's cache, it doubles
///   that time. Taking over an old database, once, runs with `FULL`.
/// - `temp_store = MEMORY`: the guest has no folder for temporary files.
/// - `cache_spill = OFF`: a transaction that spills locks readers out until it commits.
/// - A writer waits up to 15 seconds for others, asking every millisecond at first: SQLite's own
///   growing pauses are unfair to those who wait longest.
pub struct Store {
    connection: Connection,
    path: PathBuf,
    mode: OpenMode,
    cache_kib: u32,
    prepared: Prepared,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Store")
            .field("path", &self.path)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database at that path for a reader, creating or migrating its tables.
    ///
    /// # Errors
    /// As [`Store::open_with`].
    pub fn open(path: &Path, mode: OpenMode) -> StoreResult<Self> {
        Self::open_with(path, &OpenOptions::new(mode))
    }

    /// Opens the database at that path, creating or migrating its tables. In the guest the path
    /// is relative to the preopened folder.
    ///
    /// # Errors
    /// [`StoreError`] when the file is no database, of a newer version or of another program
    /// (then it stays as it is, byte for byte), damaged, locked for too long, or cannot be
    /// opened, read or written.
    pub fn open_with(path: &Path, options: &OpenOptions<'_>) -> StoreResult<Self> {
        let mut connection = connect(path, options.mode, options.cache_kib)?;
        let prepared = migrations::prepare(&mut connection, path, options)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            mode: options.mode,
            cache_kib: options.cache_kib,
            prepared,
        })
    }

    /// Runs a piece of work in one short read transaction: it sees one state of the database,
    /// whatever others commit meanwhile. They wait for its end with their commits.
    ///
    /// # Errors
    /// What the work returns, and what SQLite reports. [`StoreError::Moved`] when the file is
    /// gone; when another lies in its place, that one is opened.
    pub fn read<T>(&mut self, work: impl FnOnce(&Transaction<'_>) -> StoreResult<T>) -> StoreResult<T> {
        self.transact(TransactionBehavior::Deferred, work)
    }

    /// Runs a piece of work in one write transaction (`BEGIN IMMEDIATE`), which is committed
    /// when the work returns `Ok`, and undone otherwise. Never do anything slow in it.
    ///
    /// # Errors
    /// As [`Store::read`]; nothing is changed then.
    pub fn write<T>(&mut self, work: impl FnOnce(&Transaction<'_>) -> StoreResult<T>) -> StoreResult<T> {
        if self.mode == OpenMode::ReadOnly {
            return Err(StoreError::ReadOnly);
        }
        self.transact(TransactionBehavior::Immediate, work)
    }

    fn transact<T>(
        &mut self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>) -> StoreResult<T>,
    ) -> StoreResult<T> {
        // What differs from one piece of work to the next is only this: everything else is compiled once.
        let mut work = Some(work);
        let mut done = None;
        self.transact_once(behavior, &mut |transaction| {
            if let Some(work) = work.take() {
                done = Some(work(transaction)?);
            }
            Ok(())
        })?;
        done.ok_or_else(|| StoreError::Other("the transaction did not run".to_owned()))
    }

    fn transact_once(
        &mut self,
        behavior: TransactionBehavior,
        work: &mut dyn FnMut(&Transaction<'_>) -> StoreResult<()>,
    ) -> StoreResult<()> {
        if vfs::has_moved(&self.connection) {
            self.reconnect()?;
        }
        let mut again = false;
        loop {
            match begin(&self.connection, behavior) {
                Ok(transaction) => {
                    work(&transaction)?;
                    return Ok(transaction.commit()?);
                }
                // A native program has switched the file to WAL mode. The old connection still
                // believes in its journal; only a new one sees the file as it is.
                Err(StoreError::CannotOpen(_)) if !again => again = true,
                Err(error) => return Err(error),
            }
            self.reconnect()?;
        }
    }

    /// Opens the file at the path anew.
    fn reconnect(&mut self) -> StoreResult<()> {
        if look_at(&self.path)? == Found::Nothing {
            return Err(StoreError::Moved);
        }
        let connection = connect(&self.path, self.mode, self.cache_kib)?;
        if version(&connection)? != SCHEMA_VERSION {
            return Err(StoreError::Moved);
        }
        self.connection = connection;
        Ok(())
    }

    /// The connection, for the other files of the store.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The connection, for transactions.
    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// The path it was opened at.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What opening did to the tables.
    #[must_use]
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }
}

/// Begins a transaction and reads, so that trouble with the file shows now and not later.
fn begin(connection: &Connection, behavior: TransactionBehavior) -> StoreResult<Transaction<'_>> {
    let transaction = Transaction::new_unchecked(connection, behavior)?;
    transaction.prepare_cached("PRAGMA schema_version")?.query_row([], |_| Ok(()))?;
    Ok(transaction)
}

/// A connection with all settings, to a file that is not in WAL mode.
pub(super) fn connect(path: &Path, mode: OpenMode, cache_kib: u32) -> StoreResult<Connection> {
    let in_memory = path.as_os_str() == ":memory:";
    let mut tries = 3;
    loop {
        tries -= 1;
        let found = if in_memory { Found::Nothing } else { look_at(path)? };
        let mut connection = open_raw(path, mode)?;
        connection.busy_handler(Some(wait))?;
        if found == (Found::Database { write_ahead_log: true }) {
            if mode == OpenMode::ReadWrite {
                refuse_stranger(path)?;
            }
            leave_write_ahead_log(&connection, mode)?;
        }
        match configure(&connection, mode, cache_kib) {
            // Switched to WAL between the look and the opening.
            Err(StoreError::CannotOpen(_)) if tries > 0 && found != Found::Nothing => {}
            Err(error) => return Err(error),
            Ok(()) => return Ok(connection),
        }
    }
}

fn configure(connection: &Connection, mode: OpenMode, cache_kib: u32) -> StoreResult<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // The file may come from anywhere: nothing in its schema may do more than hold data.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // Without it SQLite prepares a statement again for other values, which costs more than most of
    // ours take.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(&format!(
        "PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;
         PRAGMA cache_size = -{cache_kib}; PRAGMA cache_spill = OFF; PRAGMA synchronous = NORMAL;"
    ))?;
    if mode == OpenMode::ReadWrite {
        connection.query_row("PRAGMA journal_mode = TRUNCATE", [], |_| Ok(()))?;
    }
    connection.query_row("PRAGMA schema_version", [], |_| Ok(()))?;
    super::text_search::register(connection)?;
    super::search::register(connection)
}

/// Looks at the tables of a file in WAL mode without a lock, a journal or a write: even reading it
/// in earnest would leave a `-wal` file beside a stranger's.
fn refuse_stranger(path: &Path) -> StoreResult<()> {
    let name = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let uri = format!("file:{name}?immutable=1");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    #[cfg(target_family = "wasm")]
    let opened = {
        let _registered = vfs::register();
        Connection::open_with_flags_and_vfs(uri, flags, vfs::NAME)
    };
    #[cfg(not(target_family = "wasm"))]
    let opened = Connection::open_with_flags(uri, flags);
    match opened.map_err(StoreError::from).and_then(|connection| migrations::known(&connection)) {
        Err(error @ (StoreError::Foreign(_) | StoreError::Newer { .. })) => Err(error),
        // Whatever else is wrong shows when it is opened.
        _ => Ok(()),
    }
}

/// Puts a file that a native tool left in WAL mode back to a rollback journal. What is still in
/// its `-wal` file is kept.
///
/// Without shared memory, SQLite opens such a file only in exclusive locking mode. As long as a
/// native program has it open, that is refused, and this waits.
fn leave_write_ahead_log(connection: &Connection, mode: OpenMode) -> StoreResult<()> {
    if mode == OpenMode::ReadOnly {
        // Natively a reader can share the WAL; in the guest it cannot.
        return if cfg!(target_family = "wasm") { Err(StoreError::WriteAheadLog) } else { Ok(()) };
    }
    let pragma = |sql: &str| connection.query_row(sql, [], |_| Ok(()));
    pragma("PRAGMA locking_mode = EXCLUSIVE")?;
    // The WAL may hold a newer version number than the file's header, or the tables of a stranger.
    // Then neither is touched.
    if let Err(error) = migrations::known(connection) {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        return Err(error);
    }
    pragma("PRAGMA journal_mode = DELETE")?;
    pragma("PRAGMA locking_mode = NORMAL")?;
    // Only the next read really gives the exclusive lock back.
    pragma("PRAGMA schema_version")?;
    Ok(())
}

/// Waits before SQLite asks for a lock again, 15 seconds in all: a hundred times one
/// millisecond, then five.
fn wait(times: i32) -> bool {
    const QUICK: i32 = 100;
    const SLOW: i32 = 2_980;
    std::thread::sleep(Duration::from_millis(if times < QUICK { 1 } else { 5 }));
    times < QUICK + SLOW
}

#[cfg(test)]
mod tests;
