//! The database file behind the program's back, for assertions only.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

/// A read-only connection of a native SQLite, as the `sqlite3` shell has one. It holds no lock
/// between two questions.
#[derive(Debug)]
pub struct Database(Connection);

impl Database {
    /// # Panics
    /// When the file cannot be opened.
    #[must_use]
    pub fn open(file: &Path) -> Self {
        let connection =
            Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
        connection.busy_timeout(Duration::from_secs(20)).expect("a timeout");
        Self(connection)
    }

    /// A connection that may roll a hot journal back, which a read-only one refuses to read past.
    ///
    /// # Panics
    /// When the file cannot be opened.
    #[must_use]
    pub fn open_for_recovery(file: &Path) -> Self {
        let connection =
            Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE).expect("it opens");
        connection.busy_timeout(Duration::from_secs(20)).expect("a timeout");
        Self(connection)
    }

    /// Makes a file with these statements, and returns nothing that keeps it open.
    ///
    /// # Panics
    /// When a statement is wrong.
    pub fn create(file: &Path, statements: &str) {
        let connection = Connection::open(file).expect("it opens");
        connection.execute_batch(statements).expect("the statements are right");
    }

    /// The rows of a query, each as texts; NULL is `-`.
    ///
    /// # Panics
    /// When the query is wrong.
    #[must_use]
    pub fn rows(&self, query: &str) -> Vec<Vec<String>> {
        let mut statement = self.0.prepare(query).unwrap_or_else(|error| panic!("{error}: {query}"));
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..columns).map(|column| Ok(shown(row.get(column)?))).collect::<Result<Vec<_>, _>>()
        });
        rows.and_then(Iterator::collect).unwrap_or_else(|error| panic!("{error}: {query}"))
    }

    /// The first value of the first row.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn value(&self, query: &str) -> String {
        let rows = self.rows(query);
        rows.first().and_then(|row| row.first()).unwrap_or_else(|| panic!("no row: {query}")).clone()
    }

    /// The first value of the first row, a whole number.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn number(&self, query: &str) -> i64 {
        self.value(query).parse().unwrap_or_else(|_| panic!("no number: {query}"))
    }
}

fn shown(value: Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text,
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}
