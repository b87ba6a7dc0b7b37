//! `occurrences(messages_fts, n)`: how often the phrases of a search stand in a message, and where.
//!
//! An auxiliary function of FTS5, which SQLite offers to C only; it spares the ranking a pass over
//! the index for each word. The first `n` phrases count whole, the others (words that merely
//! contain the one asked for) half; in the subject each counts half as much again. The answer is
//! one integer, since it is made for thousands of messages: see [`Occurrences`].

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

use rusqlite::{Connection, ffi};

use crate::error::{StoreError, StoreResult};

/// What one occurrence counts, so that halves and thirds stay integers.
const ONE: f32 = 4.0;
const SUBJECT: c_int = 2;
/// Places that are told of a message, the first ones.
const PLACES: usize = 3;
/// Where the places in the subject begin, behind those in the text.
const SUBJECT_FROM: i64 = 60_000;

/// How often a term stands in a message, and where: 16 bits for the sum, and 16 for each of the
/// first places, counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occurrences(u64);

impl Occurrences {
    /// It is there, nobody knows where.
    pub const SOMEWHERE: Self = Self(ONE as u64);

    pub fn from_sql(answer: i64) -> Self {
        Self(answer.cast_unsigned())
    }

    /// Adds an occurrence at a place, counted from 0: of the word itself, or of one that merely
    /// contains it.
    pub fn add(&mut self, offset: i64, in_subject: bool, whole: bool) {
        let one = if whole { 4 } else { 2 };
        self.count_up(if in_subject { one + one / 2 } else { one });
        let start = if in_subject { SUBJECT_FROM } else { 0 };
        let end = if in_subject { 0xffff } else { SUBJECT_FROM };
        let place = start.saturating_add(offset).saturating_add(1);
        if place < end {
            self.note(place.cast_unsigned());
        }
    }

    /// Adds what another word of the same meaning has in the same message.
    pub fn join(&mut self, other: Self) {
        self.count_up(other.0 & 0xffff);
        other.places().for_each(|place| self.note(place.cast_unsigned()));
    }

    /// The same of words that merely contain the one asked for.
    pub fn halved(self) -> Self {
        Self((self.0 & !0xffff) | ((self.0 & 0xffff) / 2))
    }

    fn count_up(&mut self, more: u64) {
        let sum = (self.0 & 0xffff).saturating_add(more).min(0xffff);
        self.0 = (self.0 & !0xffff) | sum;
    }

    fn note(&mut self, place: u64) {
        if let Some(free) = (1..=PLACES).find(|free| (self.0 >> (16 * free)) & 0xffff == 0) {
            self.0 |= place << (16 * free);
        }
    }

    pub fn count(self) -> f32 {
        (self.0 & 0xffff) as f32 / ONE
    }

    fn places(self) -> impl Iterator<Item = i64> {
        (1..=PLACES)
            .map(move |place| (self.0 >> (16 * place) & 0xffff).cast_signed())
            .filter(|place| *place > 0)
    }

    /// Whether the other one stands at most so many words behind this one.
    pub fn is_before(self, other: Self, most: i64) -> bool {
        self.places().any(|one| other.places().any(|other| (1..=most).contains(&(other - one))))
    }
}

/// Makes the function known to a connection.
///
/// # Errors
/// When SQLite was built without FTS5.
pub fn register(connection: &Connection) -> StoreResult<()> {
    let refused =
        |code: c_int| StoreError::Other(format!("SQLite refused the ranking function (code {code})."));
    let mut api: *mut ffi::fts5_api = null_mut();
    // SAFETY: the handle lives as long as the connection, and is used on this thread only. SQLite
    // writes through the pointer during `sqlite3_step` only, while `api` is alive. The function
    // keeps no state, so it has nothing to free.
    unsafe {
        let mut statement = null_mut();
        let code = ffi::sqlite3_prepare_v2(
            connection.handle(),
            c"SELECT fts5(?1)".as_ptr(),
            -1,
            &raw mut statement,
            null_mut(),
        );
        if code != ffi::SQLITE_OK {
            return Err(refused(code));
        }
        ffi::sqlite3_bind_pointer(
            statement,
            1,
            (&raw mut api).cast::<c_void>(),
            c"fts5_api_ptr".as_ptr(),
            None,
        );
        ffi::sqlite3_step(statement);
        ffi::sqlite3_finalize(statement);
        let create = api.as_ref().and_then(|api| api.xCreateFunction).ok_or_else(|| refused(0))?;
        let code = create(api, c"occurrences".as_ptr(), null_mut(), Some(occurrences), None);
        if code != ffi::SQLITE_OK {
            return Err(refused(code));
        }
    }
    Ok(())
}

/// # Safety
/// Called by FTS5 only, with its own pointers.
unsafe extern "C" fn occurrences(
    api: *const ffi::Fts5ExtensionApi,
    row: *mut ffi::Fts5Context,
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: FTS5 passes a table of functions, the row that matches and `count` values, all of
    // which are valid during the call.
    unsafe {
        let whole = if count > 0 { ffi::sqlite3_value_int(*values) } else { c_int::MAX };
        let (Some(count), Some(place)) = ((*api).xInstCount, (*api).xInst) else {
            ffi::sqlite3_result_int(context, 0);
            return;
        };
        let mut instances = 0;
        let mut code = count(row, &raw mut instances);
        let mut found = Occurrences::default();
        for instance in 0..instances {
            let (mut phrase, mut column, mut offset) = (0, 0, 0);
            code = place(row, instance, &raw mut phrase, &raw mut column, &raw mut offset);
            if code != ffi::SQLITE_OK {
                break;
            }
            found.add(i64::from(offset), column == SUBJECT, phrase < whole);
        }
        if code == ffi::SQLITE_OK {
            ffi::sqlite3_result_int64(context, found.0.cast_signed());
        } else {
            ffi::sqlite3_result_error_code(context, code);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_sums_are_told_apart() {
        let at = |places: [u64; 3]| {
            Occurrences(places.iter().rev().fold(0, |packed, place| packed << 16 | place) << 16 | 8)
        };
        let (one, other) = (at([3, 90, 0xffff]), at([2, 92, 0]));
        assert!(
            (one.count() - 2.0).abs() < f32::EPSILON && (Occurrences::SOMEWHERE.count() - 1.0).abs() < 0.1
        );
        assert!(one.is_before(other, 2) && !one.is_before(other, 1) && !other.is_before(one, 0));
        assert!(!Occurrences::SOMEWHERE.is_before(one, 9) && !one.is_before(Occurrences::SOMEWHERE, 9));
        assert_eq!(Occurrences::from_sql(one.0.cast_signed()), one);
    }
}
