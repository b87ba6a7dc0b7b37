//! Texts of a database that others may have written, too.
//!
//! SQLite does not look whether a text is UTF-8, so a shell, another program or a disk can leave
//! one that is not. It must cost a character, and not every answer that would show its row.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

/// Reads a text column, `String` or `Option<String>`; what is not UTF-8 in it becomes U+FFFD.
///
/// # Errors
/// As [`Row::get`], but for what is not UTF-8.
pub fn text<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    Lossy<T>: FromSql,
{
    row.get(column).map(|Lossy(text)| text)
}

/// Reads a column of whole numbers; of another number the whole part, and what is no number as none.
///
/// # Errors
/// As [`Row::get`], when there is no such column.
pub fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<i64>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Integer(number) => Some(number),
        ValueRef::Real(number) => Some(number as i64),
        _ => None,
    })
}

/// What [`text`] reads.
pub struct Lossy<T>(pub T);

impl FromSql for Lossy<String> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Text(bytes) => Ok(Self(String::from_utf8_lossy(bytes).into_owned())),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

impl FromSql for Lossy<Option<String>> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Null => Ok(Self(None)),
            value => Lossy::<String>::column_result(value).map(|Lossy(text)| Self(Some(text))),
        }
    }
}
