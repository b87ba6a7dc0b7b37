//! Running a SELECT that somebody else wrote, so that it can neither change, reach nor exhaust
//! anything.
//!
//! SQLite's authorizer decides, while the statement is prepared, about every table, function and
//! kind of statement; `PRAGMA query_only` refuses writes once more while it runs. A read-only open
//! would not do: such a connection cannot recover a journal that a crash left behind.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode};

use super::views;
use crate::error::{StoreError, StoreResult};

/// Longest statement, in bytes.
pub const LONGEST: usize = 20_000;
/// How long a statement may run: an agent waits no longer for an answer it can narrow.
const TIME: Duration = Duration::from_secs(3);
/// Steps of SQLite's machine between two looks at the clock, some tenths of a millisecond.
const STEPS: i32 = 20_000;
/// Longest text or blob that a statement may build or read. Bodies of messages are smaller. The
/// clock is looked at between two steps only, so one step must be short: `instr` and `replace` take
/// a time that grows with the product of two lengths.
const LONGEST_VALUE: i32 = 1_000_000;
/// Longest pattern of LIKE and GLOB, for the same reason.
const LONGEST_PATTERN: i32 = 500;
/// Memory SQLite may take for it, beyond which it gives up: sorting is done in memory here.
const MEMORY: i64 = 128 * 1024 * 1024;

/// What a statement returned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
    /// There are more rows.
    pub more: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    /// A blob, of which only the length is told.
    Blob(usize),
}

/// Why there is no table: refused or wrong, in a sentence, or the database's own trouble.
#[derive(Debug)]
pub enum FreeSqlError {
    Refused(String),
    Store(StoreError),
}

/// Runs one SELECT over the [views](views::SQL). `take` says of each row whether it is wanted:
/// the first refusal ends the table.
///
/// # Errors
/// [`FreeSqlError::Refused`] when the statement is no SELECT, reaches for anything but the views,
/// is wrong, or takes too long.
pub fn select(
    connection: &mut Connection,
    sql: &str,
    mut take: impl FnMut(&[Cell]) -> bool,
) -> Result<Table, FreeSqlError> {
    if sql.len() > LONGEST {
        return Err(FreeSqlError::Refused(format!(
            "The statement is longer than {LONGEST} bytes; shorten it."
        )));
    }
    views::ensure(connection).map_err(FreeSqlError::Store)?;
    let guard = Guard::set(connection).map_err(FreeSqlError::Store)?;
    let table = run(guard.connection, sql, &mut take);
    drop(guard);
    table.map_err(refusal)
}

fn run(
    connection: &Connection,
    sql: &str,
    take: &mut impl FnMut(&[Cell]) -> bool,
) -> rusqlite::Result<Table> {
    let mut statement = connection.prepare(sql)?;
    // The plan of a statement names what the views are made of.
    if statement.is_explain() != 0 {
        return Err(rusqlite::Error::InvalidQuery);
    }
    let mut table =
        Table { columns: statement.column_names().map(str::to_owned).collect(), ..Table::default() };
    if table.columns.is_empty() {
        return Err(rusqlite::Error::InvalidQuery);
    }
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let mut cells = Vec::with_capacity(table.columns.len());
        for index in 0..table.columns.len() {
            cells.push(match row.get_ref(index)? {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(value) => Cell::Integer(value),
                ValueRef::Real(value) => Cell::Real(value),
                ValueRef::Text(bytes) => Cell::Text(String::from_utf8_lossy(bytes).into_owned()),
                ValueRef::Blob(bytes) => Cell::Blob(bytes.len()),
            });
        }
        if !take(&cells) {
            table.more = true;
            break;
        }
        table.rows.push(cells);
    }
    Ok(table)
}

fn refusal(error: rusqlite::Error) -> FreeSqlError {
    let views = views::NAMES.join(", ");
    match (&error, error.sqlite_error_code()) {
        (_, Some(ErrorCode::AuthorizationForStatementDenied)) => FreeSqlError::Refused(format!(
            "Only one SELECT over the views is allowed ({views}; see the resource intercom://schema); this statement reaches for something else: {error}."
        )),
        (_, Some(ErrorCode::OperationInterrupted)) => FreeSqlError::Refused(format!(
            "The statement ran longer than {} seconds and was ended. Narrow it by dates, or join by conversation_id.",
            TIME.as_secs()
        )),
        (_, Some(ErrorCode::OutOfMemory | ErrorCode::TooBig)) => FreeSqlError::Refused(
            "The statement needs too much memory and was ended. Select fewer columns or rows, or sort less."
                .to_owned(),
        ),
        (rusqlite::Error::InvalidQuery, _) => {
            FreeSqlError::Refused("The statement returns no rows; write one SELECT.".to_owned())
        }
        (rusqlite::Error::MultipleStatement, _) => FreeSqlError::Refused(
            "Only one statement is allowed; write one SELECT without anything after its semicolon."
                .to_owned(),
        ),
        (
            _,
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::SystemIoFailure,
            ),
        ) => FreeSqlError::Store(error.into()),
        _ => FreeSqlError::Refused(format!(
            "SQLite cannot run this: {error}. The views are {views}; see the resource intercom://schema."
        )),
    }
}

/// Everything that keeps a foreign statement in its place; taken back when it is dropped, also
/// when the statement failed.
struct Guard<'a> {
    connection: &'a mut Connection,
    /// What the limits were before.
    limits: Vec<(Limit, i32)>,
}

/// What a statement may have at most.
const LIMITS: [(Limit, i32); 3] = [
    (Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, LONGEST_PATTERN),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
];

impl<'a> Guard<'a> {
    fn set(connection: &'a mut Connection) -> StoreResult<Self> {
        let mut statement = connection
            .prepare_cached("SELECT lower(name) FROM main.sqlite_schema WHERE type IN ('table', 'view')")?;
        let tables: HashSet<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        drop(statement);
        let inner = views::inner_names(connection)?;
        let mut guard = Self { connection, limits: Vec::new() };
        for (limit, value) in LIMITS {
            let before = guard.connection.limit(limit)?;
            guard.limits.push((limit, before));
            guard.connection.set_limit(limit, value)?;
        }
        let connection = &mut *guard.connection;
        connection.execute_batch("PRAGMA query_only = ON")?;
        connection.query_row(&format!("PRAGMA hard_heap_limit = {MEMORY}"), [], |_| Ok(()))?;
        let end = Instant::now() + TIME;
        connection.progress_handler(STEPS, Some(move || Instant::now() >= end))?;
        connection.authorizer(Some(move |context: AuthContext<'_>| authorize(&context, &tables, &inner)))?;
        Ok(guard)
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // Taking these back cannot fail on an open connection; were it to, the next statement
        // would be refused, which is the safe side.
        let connection = &mut *self.connection;
        let _ = connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>);
        let _ = connection.progress_handler(0, None::<fn() -> bool>);
        let _ = connection.execute_batch("PRAGMA query_only = OFF");
        for (limit, before) in &self.limits {
            let _ = connection.set_limit(*limit, *before);
        }
        let _ = connection.query_row("PRAGMA hard_heap_limit = 0", [], |_| Ok(()));
    }
}

/// Functions that reach outside, or that break SQLite's own rules.
const FORBIDDEN: &[&str] = &[
    "load_extension",
    "readfile",
    "writefile",
    "edit",
    "fts3_tokenizer",
    "fts5",
    "fts5_source_id",
    "zipfile",
    "sqlite_log",
    "lsmode",
    "fsdir",
    "sqlar_compress",
    "sqlar_uncompress",
    "sqlite_compileoption_get",
    "sqlite_compileoption_used",
    "rtreecheck",
];

/// Virtual tables that read nothing but their arguments.
const TABLE_FUNCTIONS: &[&str] = &["json_each", "json_tree"];

/// `tables`: what the database has. `inner`: the views that read them.
fn authorize(context: &AuthContext<'_>, tables: &HashSet<String>, inner: &HashSet<String>) -> Authorization {
    let allowed = match context.action {
        AuthAction::Select | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => {
            !FORBIDDEN.contains(&function_name.to_ascii_lowercase().as_str())
        }
        AuthAction::Read { table_name, column_name } => {
            let name = table_name.to_ascii_lowercase();
            // Columns of subqueries and common table expressions are not asked about.
            if tables.contains(&name) {
                // Counting the rows of a view is, to SQLite, reading no column of the table behind
                // it, and it no longer names the view then. How many rows a table has is no secret.
                column_name.is_empty()
                    || context.accessor.is_some_and(|view| inner.contains(&view.to_ascii_lowercase()))
            } else {
                [views::NAMES, TABLE_FUNCTIONS].concat().contains(&name.as_str()) || inner.contains(&name)
            }
        }
        _ => false,
    };
    if allowed { Authorization::Allow } else { Authorization::Deny }
}
