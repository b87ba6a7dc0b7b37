//! What to do about pages that fail: ask again, ask for less, leave a moment or a window aside, or end
//! the run.

use super::SyncError;
use super::failure::{Failure, fatal};
use super::fetch::Fetcher;
use super::windows::{Window, Windows};
use super::writer::Writer;
use crate::environment::LogLevel;
use crate::intercom::error::ApiError;

/// Below this size a failing page is no longer halved: the window is.
const SPLIT_BELOW: u32 = 10;
/// How often a window may begin anew after its cursor was rejected.
const RESTARTS: u32 = 3;
/// So many broken connections in a row, and the page may be to blame.
const BREAKS_OF_A_PAGE: u32 = 3;
/// So many failures in a row are looked into, by other and by smaller windows, because nobody knows
/// whether a page fails or Intercom does; and how often each of these is tried.
const MOST_DOUBTS: u32 = 6;
const TRIES_IN_DOUBT: u32 = 2;
/// How often a moment that cannot be read is tried in one run.
const TRIES_OF_A_MOMENT: u32 = 2;
/// More than so many are no accident.
const MOST_MOMENTS: u64 = 50;

/// A page did not come, or cannot be read.
///
/// # Errors
/// When nothing at all gets through, or never will.
pub(super) fn failed(
    windows: &mut Windows,
    writer: &mut Writer<'_>,
    fetcher: &mut Fetcher<'_>,
    error: ApiError,
) -> Result<(), Failure> {
    let Some(mut window) = windows.left.pop_front() else { return Ok(()) };
    if matches!(
        error,
        ApiError::Unauthorized { .. }
            | ApiError::Forbidden { .. }
            | ApiError::Redirected { .. }
            | ApiError::Denied(_)
    ) {
        return Err(Failure::Api(error));
    }
    if matches!(error, ApiError::RateLimited { .. }) {
        windows.left.push_front(window);
        return fetcher.refused();
    }
    if matches!(error, ApiError::Rejected { .. }) {
        if window.row.cursor.is_some() && window.restarts < RESTARTS {
            writer.log(
                LogLevel::Warn,
                &format!(
                    "Intercom rejects the cursor ({error}); the window begins again where it was stored"
                ),
            );
            window.restart();
            windows.left.push_front(window);
        } else {
            let failure = fatal(&fetcher.api, &error);
            windows.give_up(writer, window, failure)?;
        }
        return Ok(());
    }
    window.good_pages = 0;
    if window.failures == 0 {
        window.useful_before = fetcher.useful;
        window.pages_before = windows.pages;
    }
    window.failures += 1;
    let pace = fetcher.pace;
    let alone = fetcher.useful > window.useful_before;
    // Other pages get through: it is this one that fails, and the less it holds the less is lost.
    let others = window.aside || windows.pages > window.pages_before;
    let poisoned = others && windows.short.moments < MOST_MOMENTS;
    if window.is_moment() && poisoned && window.failures >= TRIES_OF_A_MOMENT {
        return Ok(windows.set_aside(writer, &window, &error.to_string())?);
    }
    let tries = if windows.doubts > 0 { TRIES_IN_DOUBT } else { pace.attempts };
    // A connection that breaks is the network's affair, until it breaks for this page again and again.
    let breaks = matches!(error, ApiError::Connection(_)) && window.failures >= BREAKS_OF_A_PAGE.min(tries);
    let of_the_page = error.may_be_size() || breaks;
    let narrower = of_the_page && !window.is_moment();
    if window.failures >= tries && !(narrower && poisoned) {
        if of_the_page && windows.doubts < MOST_DOUBTS && !windows.is_empty() {
            // Does this page fail, or Intercom? The next window tells, or a smaller one.
            windows.doubts += 1;
            windows.page_due_ms = fetcher.monotonic_ms() + pace.first_pause_ms;
            if narrower && windows.doubts.is_multiple_of(2) {
                return Ok(make_smaller(windows, writer, window)?);
            }
            windows.left.insert(1, window);
            return Ok(());
        }
        if alone {
            let failure = fatal(&fetcher.api, &error);
            return Ok(windows.give_up(writer, window, failure)?);
        }
        // Nothing at all gets through: the other windows would only fail in turn.
        return Err(Failure::Api(error));
    }
    let pause = if poisoned && narrower { pace.first_pause_ms } else { pace.pause_ms(window.failures) };
    windows.page_due_ms = fetcher.monotonic_ms() + pause;
    writer.log(
        LogLevel::Warn,
        &format!("a page of {} conversations failed: {error}; trying again", window.row.per_page),
    );
    if narrower {
        make_smaller(windows, writer, window)?;
    } else {
        windows.left.push_front(window);
    }
    Ok(())
}

/// Halves the page, and when that is small already, the window (Estuary saw days whose search
/// answered only with a page of one, GitBook searches of 18 seconds).
fn make_smaller(windows: &mut Windows, writer: &mut Writer<'_>, mut window: Window) -> Result<(), SyncError> {
    let begin = window.row.last_seen.unwrap_or(window.row.stretch.low);
    if window.row.per_page >= SPLIT_BELOW || window.row.stretch.high.since(begin) < 1 {
        window.row.per_page = (window.row.per_page / 2).max(1);
        windows.left.push_front(window);
        return Ok(());
    }
    windows.halve(writer, window, begin)
}
