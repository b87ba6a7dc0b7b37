//! Values of the original's rows, which SQLite lets be of any type, as ours.

use rusqlite::types::ValueRef;
use rusqlite::{Result, Row};

use crate::time::UnixSeconds;

/// A value as text; numbers as written, what is no UTF-8 with replacement characters.
pub(super) fn text(row: &Row<'_>, column: usize) -> Result<Option<String>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    })
}

/// A time; without an offset it is UTC, and a number is Unix seconds.
pub(super) fn time(row: &Row<'_>, column: usize) -> Result<Option<UnixSeconds>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Integer(number) => Some(UnixSeconds(number)),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole seconds are wanted, and the cast saturates"
        )]
        ValueRef::Real(number) => Some(UnixSeconds(number as i64)),
        ValueRef::Text(bytes) => UnixSeconds::parse(&String::from_utf8_lossy(bytes)),
        ValueRef::Null | ValueRef::Blob(_) => None,
    })
}

/// Text of a time in our form, when it is one; without an offset it is local time.
pub(super) fn from_local(text: &str, local_offset: &dyn Fn(i64) -> i32) -> String {
    let utc = match UnixSeconds::parse_local(text) {
        Some(UnixSeconds(local)) => {
            // The offset is known by UTC instant. Taking it for the local time gives an instant
            // at most a day off; taking it there again is right, but within an hour of a change.
            let near = local - i64::from(local_offset(local));
            Some(UnixSeconds(local - i64::from(local_offset(near))))
        }
        None => UnixSeconds::parse(text),
    };
    utc.map_or_else(|| text.to_owned(), UnixSeconds::to_iso)
}
