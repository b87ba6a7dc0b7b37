//! Which windows of `updated_at` a run reads, and in which order.

use std::collections::VecDeque;

use crate::sorting;
use crate::store::runs::coverage::gaps;
use crate::store::runs::windows::WindowRow;
use crate::time::{DAY, Interval, UnixSeconds};

/// Windows of one day for the last days, so that what is new is there within seconds; then larger
/// ones, because each window costs a call even when it is empty.
const SIZES: [(i64, i64); 3] = [(8, DAY), (36, 7 * DAY), (i64::MAX, 30 * DAY)];

/// What is known before planning.
#[derive(Debug)]
pub(super) struct Known<'a> {
    /// What was read to the end.
    pub covered: &'a [Interval],
    /// From here on the list may have lagged behind when it was read.
    pub provisional_from: Option<UnixSeconds>,
    /// Windows that an earlier run left half-read.
    pub left: Vec<WindowRow>,
    /// Half-read windows outside what is wanted go on, too.
    pub all_left: bool,
    pub overlap: i64,
}

/// Windows to read, the newest first, and those of an earlier run that new ones replace.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub windows: VecDeque<WindowRow>,
    pub replaced: Vec<Interval>,
}

/// Plans how to read what of `wanted` is not settled.
///
/// A stretch counts as read only below `provisional_from`: what was read within the overlap of
/// the present then may have missed changes that the list showed late. Each gap begins one
/// overlap earlier than it must, for the same reason. Half-read windows go on where they were,
/// unless they lie in the provisional stretch, which is read anew.
pub(super) fn plan(wanted: Interval, known: Known<'_>, per_page: u32) -> Plan {
    let horizon = known.provisional_from.unwrap_or(UnixSeconds(i64::MAX));
    let settled: Vec<Interval> = known
        .covered
        .iter()
        .filter(|stretch| stretch.low < horizon)
        .map(|stretch| Interval { low: stretch.low, high: stretch.high.min(horizon.plus(-1)) })
        .collect();
    let mut plan = Plan::default();
    let mut resumed = Vec::new();
    for window in known.left {
        let inside = window.stretch.low <= wanted.high && window.stretch.high >= wanted.low;
        if !inside && !known.all_left {
            continue;
        }
        if window.stretch.high < horizon {
            resumed.push(window);
        } else {
            plan.replaced.push(window.stretch);
        }
    }
    let mut taken = settled.clone();
    taken.extend(resumed.iter().map(|window| window.stretch));
    let mut windows = resumed;
    for gap in gaps(wanted, &taken) {
        // Only a stretch that was read can have been read too early.
        let touches = settled.iter().any(|stretch| stretch.high.plus(1) == gap.low);
        let low = if touches { gap.low.plus(-known.overlap).max(UnixSeconds(0)) } else { gap.low };
        cut(Interval { low, high: gap.high }, wanted.high, per_page, &mut windows);
    }
    sorting::by_key(&mut windows, |window| std::cmp::Reverse(window.stretch.high));
    plan.windows = windows.into();
    plan
}

/// Cuts a stretch into windows whose size grows with their age.
pub(super) fn cut(stretch: Interval, now: UnixSeconds, per_page: u32, windows: &mut Vec<WindowRow>) {
    let mut high = stretch.high;
    loop {
        let age_days = now.since(high) / DAY;
        let size = SIZES.iter().find(|(days, _)| age_days < *days).map_or(DAY, |(_, size)| *size);
        let low = high.plus(1 - size).max(stretch.low);
        windows.push(WindowRow { stretch: Interval { low, high }, cursor: None, per_page, last_seen: None });
        if low <= stretch.low {
            return;
        }
        high = low.plus(-1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(low: i64, high: i64) -> Interval {
        Interval { low: UnixSeconds(low), high: UnixSeconds(high) }
    }

    fn planned(
        wanted: Interval,
        covered: &[Interval],
        provisional: Option<i64>,
        left: Vec<WindowRow>,
    ) -> Vec<Interval> {
        let known = Known {
            covered,
            provisional_from: provisional.map(UnixSeconds),
            left,
            all_left: false,
            overlap: 600,
        };
        plan(wanted, known, 150).windows.iter().map(|window| window.stretch).collect()
    }

    #[test]
    fn the_newest_day_comes_first_and_nothing_is_left_out() {
        let windows = planned(stretch(0, 100 * DAY), &[], None, Vec::new());
        assert_eq!(windows[0], stretch(99 * DAY + 1, 100 * DAY));
        for pair in windows.windows(2) {
            assert_eq!(pair[0].low, pair[1].high.plus(1));
        }
        assert_eq!(windows.last().map(|window| window.low), Some(UnixSeconds(0)));
        assert!(windows.len() < 17, "{}", windows.len());
    }

    #[test]
    fn a_later_run_reads_what_is_new_and_the_overlap() {
        let windows = planned(stretch(0, 10_900), &[stretch(0, 10_000)], Some(9401), Vec::new());
        assert_eq!(windows, [stretch(8801, 10_900)]);
    }

    /// Once the first sync is done, background runs want the last days alone; what could not be
    /// read of earlier ones was never tried again.
    #[test]
    fn what_was_left_of_earlier_days_is_tried_again_by_runs_that_have_no_range() {
        let old = WindowRow { stretch: stretch(500, 500), cursor: None, per_page: 1, last_seen: None };
        let covered = [stretch(0, 499), stretch(501, 9000)];
        for (all_left, expected) in [(true, vec![stretch(500, 500)]), (false, Vec::new())] {
            let left = vec![old.clone()];
            let known = Known { covered: &covered, provisional_from: None, left, all_left, overlap: 600 };
            let windows = plan(stretch(5000, 9000), known, 150).windows;
            assert_eq!(windows.iter().map(|window| window.stretch).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn a_half_read_window_goes_on_unless_it_is_read_anew() {
        let old = WindowRow {
            stretch: stretch(0, 5000),
            cursor: Some("c".to_owned()),
            per_page: 75,
            last_seen: None,
        };
        let fresh = WindowRow { stretch: stretch(5001, 10_000), ..old.clone() };
        let known = Known {
            covered: &[],
            provisional_from: Some(UnixSeconds(9401)),
            left: vec![old.clone(), fresh.clone()],
            all_left: false,
            overlap: 600,
        };
        let plan = plan(stretch(0, 11_000), known, 150);
        assert_eq!(plan.replaced, [fresh.stretch]);
        assert_eq!(plan.windows.len(), 2);
        assert_eq!(plan.windows[0].stretch, stretch(5001, 11_000));
        assert_eq!(plan.windows[1], old);
    }
}
