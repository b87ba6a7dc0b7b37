//! `occurrences(messages_fts, n)`: how often the phrases of a search stand in a message.
//!
//! An auxiliary function of FTS5, which SQLite offers to C only; it spares the ranking a pass over
//! the index for each word. The first `n` phrases count whole, the others (words that merely
//! contain the one asked for) half; in the subject each counts half as much again.

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

use rusqlite::{Connection, ffi};

use crate::error::{StoreError, StoreResult};

/// What one occurrence counts, so that halves and thirds stay integers.
pub const ONE: f64 = 4.0;
const SUBJECT: c_int = 2;

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
        let mut sum: c_int = 0;
        for instance in 0..instances {
            let (mut phrase, mut column, mut offset) = (0, 0, 0);
            code = place(row, instance, &raw mut phrase, &raw mut column, &raw mut offset);
            if code != ffi::SQLITE_OK {
                break;
            }
            let one = if phrase < whole { 4 } else { 2 };
            sum = sum.saturating_add(if column == SUBJECT { one + one / 2 } else { one });
        }
        if code == ffi::SQLITE_OK {
            ffi::sqlite3_result_int(context, sum);
        } else {
            ffi::sqlite3_result_error_code(context, code);
        }
    }
}
