//! What the cache covers: intervals of `updated_at` that were read to the end.
//!
//! The table `coverage` alone says so, not `sync_metadata`: a run that failed half-way covers what
//! it read, and rows of the original program cover nothing that anybody could vouch for.

use std::fmt;

use rusqlite::Connection;

use crate::error::StoreResult;
use crate::sorting;
use crate::store::runs::future;
use crate::time::{Day, Interval, UnixSeconds};

/// Intercom was founded in August 2011; no conversation is older.
pub const BEFORE_INTERCOM: UnixSeconds = UnixSeconds(1_312_156_800);

/// The union of all that was read, ascending, without overlaps.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    spans: Vec<Interval>,
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
        let mut spans = covered(connection)?;
        if let Some(end) = end {
            spans.iter_mut().for_each(|span| span.high = span.high.min(end));
        }
        Ok(Self::from_spans(spans))
    }

    /// Merges what overlaps or touches.
    #[must_use]
    pub fn from_spans(mut spans: Vec<Interval>) -> Self {
        spans.retain(|span| span.low <= span.high);
        sorting::by_key(&mut spans, |span| span.low);
        let mut merged: Vec<Interval> = Vec::with_capacity(spans.len());
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
    pub fn spans(&self) -> &[Interval] {
        &self.spans
    }

    /// The newest contiguous stretch.
    #[must_use]
    pub fn newest(&self) -> Option<Interval> {
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
        touching_gaps(start, end, self.days(now))
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
        touching_gaps(
            start,
            end,
            self.spans.iter().map(|span| {
                let reaches_today = span.high >= today.start();
                (span.low, if reaches_today { span.high.max(today.end()) } else { span.high })
            }),
        )
    }
}

/// The stretches that were read to the end, in order, none touching another.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn covered(connection: &Connection) -> StoreResult<Vec<Interval>> {
    let mut statement = connection.prepare_cached("SELECT low, high FROM coverage ORDER BY low")?;
    let rows = statement.query_map([], |row| {
        Ok(Interval { low: UnixSeconds(row.get(0)?), high: UnixSeconds(row.get(1)?) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds a stretch that was read to the end, merging it with those it overlaps or touches.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn cover(connection: &Connection, stretch: Interval) -> StoreResult<()> {
    let reach = [stretch.low.0.saturating_sub(1), stretch.high.0.saturating_add(1)];
    let merged: (Option<i64>, Option<i64>) = connection
        .prepare_cached("SELECT min(low), max(high) FROM coverage WHERE high >= ?1 AND low <= ?2")?
        .query_row(reach, |row| Ok((row.get(0)?, row.get(1)?)))?;
    connection.prepare_cached("DELETE FROM coverage WHERE high >= ?1 AND low <= ?2")?.execute(reach)?;
    let low = merged.0.map_or(stretch.low.0, |low| low.min(stretch.low.0));
    let high = merged.1.map_or(stretch.high.0, |high| high.max(stretch.high.0));
    connection.prepare_cached("INSERT INTO coverage (low, high) VALUES (?1, ?2)")?.execute([low, high])?;
    Ok(())
}

/// Takes what lies before that moment out of the coverage.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn uncover_before(connection: &Connection, horizon: UnixSeconds) -> StoreResult<()> {
    connection.execute("DELETE FROM coverage WHERE high < ?1", [horizon.0])?;
    connection.execute("UPDATE coverage SET low = ?1 WHERE low < ?1", [horizon.0])?;
    Ok(())
}

/// What of a stretch none of the others covers, in order.
#[must_use]
pub fn gaps(wanted: Interval, covered: &[Interval]) -> Vec<Interval> {
    let mut gaps = Vec::new();
    let mut low = wanted.low;
    let mut sorted = covered.to_vec();
    sorted.sort_unstable();
    for stretch in sorted {
        if stretch.high < low {
            continue;
        }
        if stretch.low > wanted.high {
            break;
        }
        if stretch.low > low {
            gaps.push(Interval { low, high: stretch.low.plus(-1) });
        }
        low = stretch.high.plus(1);
    }
    if low <= wanted.high {
        gaps.push(Interval { low, high: wanted.high });
    }
    gaps
}

/// Gaps that share their end points with what is covered: see [`Checked`].
fn touching_gaps<T: Copy + Ord>(start: T, end: T, covered: impl IntoIterator<Item = (T, T)>) -> Checked<T> {
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
            ranges
                .iter()
                .map(|(from, to)| Interval { low: day(from).start(), high: day(to).end() })
                .collect(),
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
            Coverage::from_spans(vec![Interval { low: day("2026-11-15").start(), high: now.plus(-600) }]);
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
        let coverage = Coverage::from_spans(vec![Interval {
            low: day("2026-06-10").start().plus(1),
            high: day("2026-06-12").start().plus(5),
        }]);
        assert_eq!(coverage.days(late()), vec![(day("2026-06-11"), day("2026-06-11"))]);
    }

    fn stretch(low: i64, high: i64) -> Interval {
        Interval { low: UnixSeconds(low), high: UnixSeconds(high) }
    }

    #[test]
    fn stretches_merge_when_they_touch() {
        let connection = Connection::open_in_memory().expect("opens");
        connection
            .execute_batch("CREATE TABLE coverage (low INTEGER PRIMARY KEY, high INTEGER NOT NULL)")
            .expect("creates");
        for piece in [stretch(10, 20), stretch(40, 50), stretch(21, 25), stretch(60, 70), stretch(24, 39)] {
            cover(&connection, piece).expect("covers");
        }
        assert_eq!(covered(&connection).expect("reads"), [stretch(10, 50), stretch(60, 70)]);
    }

    #[test]
    fn gaps_are_what_is_left() {
        let covered = [stretch(10, 20), stretch(30, 40)];
        assert_eq!(gaps(stretch(0, 50), &covered), [stretch(0, 9), stretch(21, 29), stretch(41, 50)]);
        assert_eq!(gaps(stretch(12, 18), &covered), []);
        assert_eq!(gaps(stretch(15, 35), &covered), [stretch(21, 29)]);
        assert_eq!(gaps(stretch(0, 5), &[]), [stretch(0, 5)]);
    }
}
