//! What the cache covers: stretches of `updated_at` that were read to the end.
//!
//! The table `coverage` alone says so, not `sync_metadata`: a run that failed half-way covers what
//! it read, and rows of the original program cover nothing that anybody could vouch for.

use std::fmt;

use rusqlite::Connection;

use crate::error::StoreResult;
use crate::store::runs::future;
use crate::time::{Day, UnixSeconds};

/// Intercom was founded in August 2011; no conversation is older.
pub const BEFORE_INTERCOM: UnixSeconds = UnixSeconds(1_312_156_800);

/// A covered stretch of time, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub low: UnixSeconds,
    pub high: UnixSeconds,
}

/// The union of all that was read, ascending, without overlaps.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    spans: Vec<Span>,
}

/// The newest contiguous range of covered days, as it is told to people and programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The day of the oldest conversation, when everything is covered.
    pub first: Day,
    pub last: Day,
    /// Nothing is older than `first`: every earlier day counts as covered, too.
    pub everything: bool,
}

impl fmt::Display for Held {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let everything = if self.everything { "everything, " } else { "" };
        write!(formatter, "{everything}{} to {}", self.first, self.last)
    }
}

/// How a range that somebody asks about lies to the coverage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked<T> {
    /// Stretches that are not covered. They share their end points with the covered ones, as the
    /// original program's did: asked 06-01 to 06-30 with 06-10 to 06-20 covered, the gaps are
    /// 06-01 to 06-10 and 06-20 to 06-30.
    pub gaps: Vec<(T, T)>,
    /// Whether any part of the range is covered.
    pub any: bool,
}

impl Coverage {
    /// Whether everything was read from then to the newest that was read: figures of a time are whole
    /// only then, since a conversation of it may have changed last at any time since.
    #[must_use]
    pub fn is_whole_from(&self, from: UnixSeconds, now: UnixSeconds) -> bool {
        self.newest().is_some_and(|newest| {
            from <= newest.high && self.check_instants(from, newest.high, now).gaps.is_empty()
        })
    }

    /// Reads the union from the database. What counts as read up to a time to come is known only
    /// as far as [`future::untrusted_from`] says.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn load(connection: &Connection, now: UnixSeconds) -> StoreResult<Self> {
        let end = future::untrusted_from(connection, now)?.map(|from| from.plus(-1));
        let mut statement = connection.prepare_cached("SELECT low, high FROM coverage ORDER BY low")?;
        let spans = statement
            .query_map([], |row| Ok(Span { low: UnixSeconds(row.get(0)?), high: UnixSeconds(row.get(1)?) }))?
            .map(|span: rusqlite::Result<Span>| {
                span.map(|span| Span { high: end.map_or(span.high, |end| span.high.min(end)), ..span })
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self::from_spans(spans))
    }

    /// Merges what overlaps or touches.
    #[must_use]
    pub fn from_spans(mut spans: Vec<Span>) -> Self {
        spans.retain(|span| span.low <= span.high);
        spans.sort_by_key(|span| span.low);
        let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match merged.last_mut() {
                Some(last) if span.low <= last.high.plus(1) => last.high = last.high.max(span.high),
                _ => merged.push(span),
            }
        }
        Self { spans: merged }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The newest contiguous stretch.
    #[must_use]
    pub fn newest(&self) -> Option<Span> {
        self.spans.last().copied()
    }

    /// The covered days, as ranges with both ends included. A day counts when all of it was read;
    /// today counts as soon as the newest stretch reaches into it.
    #[must_use]
    pub fn days(&self, now: UnixSeconds) -> Vec<(Day, Day)> {
        let today = now.day();
        self.spans
            .iter()
            .filter_map(|span| {
                let low_day = span.low.day();
                let first = if span.low == low_day.start() { low_day } else { low_day.plus(1) };
                let high_day = span.high.day();
                let last = if span.high >= high_day.end() || high_day >= today {
                    high_day
                } else {
                    high_day.plus(-1)
                };
                (first <= last).then_some((first, last.min(today)))
            })
            .collect()
    }

    /// The newest contiguous range of covered days. A range that begins before Intercom did is
    /// told from the oldest conversation on: 1970 would be true, and say nothing.
    ///
    /// # Errors
    /// When the oldest conversation cannot be looked up.
    pub fn held(&self, connection: &Connection, now: UnixSeconds) -> StoreResult<Option<Held>> {
        let Some((first, last)) = self.days(now).last().copied() else { return Ok(None) };
        if first.start() > BEFORE_INTERCOM {
            return Ok(Some(Held { first, last, everything: false }));
        }
        let oldest: Option<String> = connection
            .prepare_cached("SELECT min(created_at) FROM conversations")?
            .query_row([], |row| row.get(0))?;
        let oldest = oldest.as_deref().and_then(UnixSeconds::parse).map_or(last, UnixSeconds::day);
        Ok(Some(Held { first: oldest.clamp(first, last), last, everything: true }))
    }

    /// Holds a range of days, both included, against the coverage. Days after today are a gap like
    /// any other: what has not happened cannot be in the cache.
    #[must_use]
    pub fn check_days(&self, start: Day, end: Day, now: UnixSeconds) -> Checked<Day> {
        gaps(start, end, self.days(now))
    }

    /// Holds a range of instants against the coverage. What is left of today counts as covered
    /// when the newest stretch reaches into today; what comes after today is a gap.
    #[must_use]
    pub fn check_instants(
        &self,
        start: UnixSeconds,
        end: UnixSeconds,
        now: UnixSeconds,
    ) -> Checked<UnixSeconds> {
        let today = now.day();
        gaps(
            start,
            end,
            self.spans.iter().map(|span| {
                let reaches_today = span.high >= today.start();
                (span.low, if reaches_today { span.high.max(today.end()) } else { span.high })
            }),
        )
    }
}

fn gaps<T: Copy + Ord>(start: T, end: T, covered: impl IntoIterator<Item = (T, T)>) -> Checked<T> {
    let mut at = start;
    let mut checked = Checked { gaps: Vec::new(), any: false };
    for (low, high) in covered {
        if high < start || low > end {
            continue;
        }
        checked.any = true;
        if low > at {
            checked.gaps.push((at, low));
        }
        at = at.max(high);
    }
    if at < end || !checked.any {
        checked.gaps.push((at, end));
    }
    checked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a day")
    }

    fn covering(ranges: &[(&str, &str)]) -> Coverage {
        Coverage::from_spans(
            ranges.iter().map(|(from, to)| Span { low: day(from).start(), high: day(to).end() }).collect(),
        )
    }

    fn late() -> UnixSeconds {
        day("2026-11-22").start().plus(3600)
    }

    #[test]
    fn gaps_share_their_end_points_with_what_is_covered() {
        let checked = covering(&[("2026-06-10", "2026-06-20")]).check_days(
            day("2026-06-01"),
            day("2026-06-30"),
            late(),
        );
        assert_eq!(
            checked,
            Checked {
                gaps: vec![(day("2026-06-01"), day("2026-06-10")), (day("2026-06-20"), day("2026-06-30"))],
                any: true
            }
        );
    }

    #[test]
    fn adjacent_ranges_merge() {
        let coverage = covering(&[("2026-06-10", "2026-06-15"), ("2026-06-16", "2026-06-20")]);
        assert_eq!(coverage.spans().len(), 1);
        assert!(coverage.check_days(day("2026-06-10"), day("2026-06-20"), late()).gaps.is_empty());
    }

    /// The original looked at the latest sync only, so a small background sync made it forget an
    /// older and wider one.
    #[test]
    fn an_older_and_wider_sync_still_counts() {
        let coverage = covering(&[("2026-05-01", "2026-06-20"), ("2026-06-19", "2026-06-20")]);
        assert!(coverage.check_days(day("2026-05-01"), day("2026-06-20"), late()).gaps.is_empty());
    }

    #[test]
    fn today_is_covered_up_to_the_latest_sync() {
        let today = day("2026-11-22");
        let now = today.start().plus(40_000);
        let coverage =
            Coverage::from_spans(vec![Span { low: day("2026-11-15").start(), high: now.plus(-600) }]);
        assert!(coverage.check_days(day("2026-11-15"), today, now).gaps.is_empty());
        assert!(coverage.check_instants(day("2026-11-15").start(), now, now).gaps.is_empty());
        assert!(coverage.check_instants(now.plus(-60), now, now).gaps.is_empty());
        assert_eq!(coverage.days(now), [(day("2026-11-15"), today)]);
    }

    #[test]
    fn today_is_not_covered_by_the_sync_of_yesterday() {
        let today = day("2026-11-22");
        let now = today.start().plus(40_000);
        let coverage = covering(&[("2026-11-15", "2026-11-21")]);
        assert_eq!(coverage.check_days(day("2026-11-15"), today, now).gaps, vec![(day("2026-11-21"), today)]);
        assert_eq!(coverage.check_instants(now.plus(-60), now, now).gaps.len(), 1);
    }

    #[test]
    fn nothing_read_is_one_gap() {
        let coverage = Coverage::default();
        let one = day("2026-11-01");
        assert_eq!(coverage.check_days(one, one, late()), Checked { gaps: vec![(one, one)], any: false });
    }

    #[test]
    fn a_day_that_was_read_in_part_is_not_covered() {
        let coverage = Coverage::from_spans(vec![Span {
            low: day("2026-06-10").start().plus(1),
            high: day("2026-06-12").start().plus(5),
        }]);
        assert_eq!(coverage.days(late()), vec![(day("2026-06-11"), day("2026-06-11"))]);
    }
}
