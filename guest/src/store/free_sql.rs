//! Running a SELECT that somebody else wrote, so that it can neither change, reach nor exhaust
//! anything.
//!
//! SQLite's authorizer decides, while the statement is prepared, about every table, function and
//! kind of statement; `PRAGMA query_only` refuses writes once more while it runs. A read-only open
//! would not do: such a connection cannot recover a journal that a crash left behind.
//!
//! What is allowed is listed, not what is forbidden: the views, two table-valued functions, and
//! SQLite's functions that only compute. SQLite looks at the clock between the steps of its
//! machine; so a step must be short, which the limits and [`super::sql_functions`] see to.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode};

use super::sql_functions::{self, LONGEST_VALUE};
use super::views;
use crate::environment::Redaction;
use crate::error::{StoreError, StoreResult};

/// Longest statement, in bytes.
pub const LONGEST: usize = 20_000;
/// How long a statement may run: an agent waits no longer for an answer it can narrow.
const TIME: Duration = Duration::from_secs(3);
/// Steps of SQLite's machine between two looks at the clock: one may copy or parse a text of
/// [`LONGEST_VALUE`], which takes milliseconds.
const STEPS: i32 = 250;
/// What a statement may be made of. A question of an analyst's needs a tenth of each; a statement
/// with more takes long before it runs, when nothing interrupts it, or is long in one step.
const LIMITS: &[(Limit, i32)] = &[
    (Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 500),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 50),
    (Limit::SQLITE_LIMIT_COLUMN, 300),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 64),
    (Limit::SQLITE_LIMIT_VDBE_OP, 50_000),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 50),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];
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

/// Runs one SELECT over the [views](views::SQL), whose texts are blanked out as `redactions` says.
/// `take` says of each row whether it is wanted:
/// the first refusal ends the table.
///
/// # Errors
/// [`FreeSqlError::Refused`] when the statement is no SELECT, reaches for anything but the views,
/// is wrong, or takes too long.
pub fn select(
    connection: &mut Connection,
    sql: &str,
    redactions: &[Redaction],
    mut take: impl FnMut(&[Cell]) -> bool,
) -> Result<Table, FreeSqlError> {
    if sql.len() > LONGEST {
        return Err(FreeSqlError::Refused(format!(
            "The statement is longer than {LONGEST} bytes; shorten it."
        )));
    }
    let hidden = views::ensure(connection, redactions).map_err(FreeSqlError::Store)?;
    let guard = Guard::set(connection, hidden).map_err(FreeSqlError::Store)?;
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
    let mut table =
        Table { columns: statement.column_names().map(str::to_owned).collect(), ..Table::default() };
    // EXPLAIN would tell the names of the views within the views.
    if table.columns.is_empty() || statement.is_explain() != 0 {
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
        (rusqlite::Error::InvalidQuery, _) => FreeSqlError::Refused(
            "The statement returns no rows of data, as a SELECT does; write one SELECT. EXPLAIN is not allowed.".to_owned(),
        ),
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
            "SQLite cannot run this: {error}. One SELECT over the views is allowed ({views}; see the resource intercom://schema)."
        )),
    }
}

/// Everything that keeps a foreign statement in its place; taken back when it is dropped, also
/// when the statement failed.
struct Guard<'a> {
    connection: &'a mut Connection,
    limits: Vec<(Limit, i32)>,
}

impl<'a> Guard<'a> {
    fn set(connection: &'a mut Connection, hidden: String) -> StoreResult<Self> {
        let tables: HashSet<String> = connection
            .prepare("SELECT lower(name) FROM main.sqlite_schema")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut guard = Self { connection, limits: Vec::new() };
        let Self { connection, limits } = &mut guard;
        for (limit, most) in LIMITS {
            limits.push((*limit, connection.limit(*limit)?));
            connection.set_limit(*limit, *most)?;
        }
        // Else a column that does not exist would be a text, and the answer wrong instead of refused.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.execute_batch("PRAGMA query_only = ON")?;
        connection.query_row(&format!("PRAGMA hard_heap_limit = {MEMORY}"), [], |_| Ok(()))?;
        let end = Instant::now() + TIME;
        sql_functions::set_deadline(Some(end));
        connection.progress_handler(STEPS, Some(move || Instant::now() >= end))?;
        connection.authorizer(Some(move |context: AuthContext<'_>| judge(&context, &hidden, &tables)))?;
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
        sql_functions::set_deadline(None);
        let _ = connection.execute_batch("PRAGMA query_only = OFF");
        let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, true);
        for (limit, usual) in &self.limits {
            let _ = connection.set_limit(*limit, *usual);
        }
        let _ = connection.query_row("PRAGMA hard_heap_limit = 0", [], |_| Ok(()));
    }
}

/// Functions that only compute, each in time that grows with its arguments' length alone.
/// `json_patch` and `unhex` are no such: they compare each with each.
const FUNCTIONS: &[&str] = &[
    "->",
    "->>",
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "avg",
    "ceil",
    "ceiling",
    "char",
    "coalesce",
    "concat",
    "concat_ws",
    "cos",
    "cosh",
    "count",
    "cume_dist",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "datetime",
    "degrees",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "format",
    "glob",
    "group_concat",
    "hex",
    "if",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_array_length",
    "json_error_position",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_insert",
    "json_object",
    "json_pretty",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_type",
    "json_valid",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "length",
    "like",
    "likelihood",
    "likely",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "max",
    "median",
    "min",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "octet_length",
    "percent_rank",
    "percentile",
    "percentile_cont",
    "percentile_disc",
    "pi",
    "plain_text",
    "pow",
    "power",
    "printf",
    "quote",
    "radians",
    "random",
    "randomblob",
    "rank",
    "redacted_name",
    "redacted_text",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "strftime",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "tan",
    "tanh",
    "time",
    "timediff",
    "total",
    "trim",
    "trunc",
    "typeof",
    "unicode",
    "unixepoch",
    "unlikely",
    "upper",
    "zeroblob",
];

/// `hidden` is how the names of the views that may read the tables begin, `tables` what the
/// database has, in lower case.
fn judge(context: &AuthContext<'_>, hidden: &str, tables: &HashSet<String>) -> Authorization {
    let allowed = match context.action {
        AuthAction::Select | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => {
            FUNCTIONS.iter().any(|name| name.eq_ignore_ascii_case(function_name))
        }
        // Columns of subqueries and common table expressions are not asked about.
        AuthAction::Read { table_name, column_name } => {
            // What lies behind the views has what they blank out, so only they read it.
            let is_view = table_name.starts_with(hidden) && context.accessor.is_some()
                || views::NAMES.iter().any(|name| name.eq_ignore_ascii_case(table_name));
            match context.database_name {
                Some("temp") => is_view,
                // Of what no column is read, a count of rows say, SQLite tells the name as it was
                // written: a view's, a common table expression's, or a table's.
                None if column_name.is_empty() => is_view || !is_data(table_name, tables),
                // Of a view that SQLite dissolved, a count of rows names the table behind it, and no
                // longer the view. It tells what counting the view tells.
                Some("main") if column_name.is_empty() && views::are_made_of(table_name) => true,
                _ => {
                    context.accessor.is_some_and(|view| view.starts_with(hidden))
                        || ["json_each", "json_tree"].iter().any(|name| name.eq_ignore_ascii_case(table_name))
                }
            }
        }
        _ => false,
    };
    if allowed { Authorization::Allow } else { Authorization::Deny }
}

/// Whether a name without a schema may mean a table, or a virtual table that SQLite brings along.
fn is_data(name: &str, tables: &HashSet<String>) -> bool {
    let name = name.to_ascii_lowercase();
    tables.contains(&name)
        || ["sqlite_", "pragma_", "fts5"].iter().any(|begins| name.starts_with(begins))
        || matches!(name.as_str(), "dbstat" | "bytecode" | "tables_used")
}
