//! Looking for what the windows missed.
//!
//! Once a day the last days are listed again, without fetching what is known; once a week the
//! number of conversations is compared stretch by stretch; and conversations that closed lately
//! are fetched once more, because ratings, SLA outcomes and AI verdicts come late.

use super::SyncError;
use super::engine::Engine;
use super::failure::Failure;
use super::plan::cut;
use crate::environment::LogLevel;
use crate::intercom::page::SearchPage;
use crate::intercom::request::{LARGEST_PAGE, Search};
use crate::store::conversations::hydration_queue;
use crate::store::conversations::totals::{oldest_update, totals_within};
use crate::store::runs::coverage::covered;
use crate::store::runs::facts::{Fact, fact, set_fact};
use crate::store::runs::windows::WindowRow;
use crate::time::{DAY, Interval, UnixSeconds};

/// How far back the daily sweep looks.
const SWEEP_DAYS: i64 = 7;
/// How far back closed conversations get their second look, and how long after closing.
const SECOND_LOOK_DAYS: i64 = 8;
const SECOND_LOOK_AFTER: i64 = DAY;
/// A stretch whose counts are compared.
const COUNT_DAYS: i64 = 30;

/// Queues the second look at recently closed conversations.
pub(super) fn second_look(engine: &mut Engine<'_>) -> Result<(), SyncError> {
    let now = engine.server_now();
    engine.write(|transaction| {
        hydration_queue::enqueue_recently_closed(
            transaction,
            now.plus(-SECOND_LOOK_DAYS * DAY),
            now.plus(-SECOND_LOOK_AFTER),
            SECOND_LOOK_AFTER,
        )
    })?;
    Ok(())
}

/// Windows of what is covered already and shall be listed again in this run, `bound` being the
/// run's upper bound.
pub(super) fn windows(engine: &mut Engine<'_>, bound: UnixSeconds) -> Result<Vec<WindowRow>, SyncError> {
    let overlap = i64::from(engine.settings.overlap_seconds);
    let settled = bound.plus(-overlap);
    let mut windows = Vec::new();
    let swept = fact(engine.connection(), Fact::SweptAt)?;
    let counted = fact(engine.connection(), Fact::CountedAt)?;
    if swept.is_none() || counted.is_none() {
        // What was never read needs no second reading.
        engine.write(|transaction| {
            set_fact(transaction, Fact::SweptAt, swept.unwrap_or(bound))?;
            set_fact(transaction, Fact::CountedAt, counted.unwrap_or(bound))
        })?;
    }
    let covered = covered(engine.connection())?;
    let since =
        |last: Option<UnixSeconds>, seconds: i64| last.is_some_and(|last| bound.since(last) >= seconds);
    if since(swept, DAY) {
        let recent = Interval { low: bound.plus(-SWEEP_DAYS * DAY), high: settled };
        for stretch in covered.iter().filter_map(|stretch| stretch.common(recent)) {
            cut(stretch, bound, LARGEST_PAGE, &mut windows);
        }
        engine.write(|transaction| set_fact(transaction, Fact::SweptAt, bound))?;
    }
    if since(counted, 7 * DAY) {
        let older = Interval { low: UnixSeconds(0), high: bound.plus(-SWEEP_DAYS * DAY - 1) };
        for stretch in covered.iter().filter_map(|stretch| stretch.common(older)) {
            compare_counts(engine, stretch, &mut windows)?;
        }
        engine.write(|transaction| set_fact(transaction, Fact::CountedAt, bound))?;
    }
    Ok(windows)
}

/// Asks how many conversations Intercom has in each month of a stretch, and plans to list again
/// those where the cache has more or fewer.
fn compare_counts(
    engine: &mut Engine<'_>,
    stretch: Interval,
    windows: &mut Vec<WindowRow>,
) -> Result<(), SyncError> {
    // Nothing before the oldest conversation is worth a question, but one for all of it.
    let oldest = oldest_update(engine.connection())?.unwrap_or(stretch.high);
    let mut high = stretch.high;
    while high >= stretch.low {
        let month = high.plus(1 - COUNT_DAYS * DAY);
        let low = if month < oldest { stretch.low } else { month.max(stretch.low) };
        let piece = Interval { low, high };
        let request = engine.fetcher.api.search(&Search { low, high, per_page: 1, cursor: None });
        let found = match engine.ask(&request, SearchPage::read) {
            Ok(page) => page.total_count,
            Err(Failure::Fatal(error)) => return Err(error),
            // The comparison is a precaution; it does not fail a sync.
            Err(Failure::Api(error)) => {
                engine.log(LogLevel::Warn, &format!("the counts could not be compared: {error}"));
                return Ok(());
            }
        };
        // The query may reach one second further at both ends.
        let narrow = totals_within(engine.connection(), piece)?.conversations;
        let wide = totals_within(engine.connection(), piece.widened(1))?.conversations;
        if let Some(found) = found.and_then(|count| u64::try_from(count).ok())
            && !(narrow..=wide).contains(&found)
        {
            engine.log(
                LogLevel::Info,
                &format!("Intercom has {found} conversations changed from {low} to {high}, the cache {narrow}; reading them again"),
            );
            let begin = low.max(oldest.plus(-COUNT_DAYS * DAY)).max(stretch.low);
            windows.push(WindowRow {
                stretch: Interval { low: if found > wide { piece.low } else { begin }, high },
                cursor: None,
                per_page: LARGEST_PAGE,
                last_seen: None,
            });
        }
        high = low.plus(-1);
    }
    Ok(())
}
