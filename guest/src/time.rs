//! Instants and days, as the database and the API write them.

use std::fmt;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// Whole seconds since 1970-01-01T00:00:00Z, which is how Intercom counts time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixSeconds(pub i64);

impl UnixSeconds {
    /// The instant as the database stores it: `2025-06-22T12:00:00+00:00`. Text of this form
    /// compares in the order of time.
    #[must_use]
    pub fn to_iso(self) -> String {
        format!("{}+00:00", self.utc())
    }

    /// Reads any RFC 3339 instant, `YYYY-MM-DD HH:MM:SS` in UTC (SQLite's `CURRENT_TIMESTAMP`)
    /// or a bare day (its midnight, UTC).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let pieces = pieces(text)?;
        let offset = i64::from(pieces.to_numeric_offset().map_or(0, Offset::seconds));
        // RFC 3339 counts the hours of an offset up to 23.
        (offset.abs() < DAY).then(|| written(&pieces).plus(-offset))
    }

    /// A date and time without an offset, `2025-06-22T12:00:00.123456` or with a blank for the `T`,
    /// as if it were UTC.
    #[must_use]
    pub fn parse_local(text: &str) -> Option<Self> {
        let pieces = pieces(text)?;
        (pieces.time().is_some() && pieces.to_numeric_offset().is_none()).then(|| written(&pieces))
    }

    /// The UTC day this instant lies in.
    #[must_use]
    pub fn day(self) -> Day {
        Day(self.utc().date())
    }

    /// Instants outside of the years -9999 to 9999 become the nearest in them.
    fn utc(self) -> DateTime {
        let last = Day(Date::MAX).end();
        Day::EPOCH.at(0, 0, 0, 0).saturating_add(SignedDuration::from_secs(self.0.min(last.0)))
    }

    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this instant; negative when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for UnixSeconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_iso())
    }
}

/// The parts of a date and time. Not of `20250622`, which is a number to whoever writes it, and not
/// with a time zone's name in brackets, which nobody here would look up.
fn pieces(text: &str) -> Option<Pieces<'_>> {
    let text = text.trim();
    let is_plain = text.as_bytes().get(4) == Some(&b'-') && !text.contains('[');
    is_plain.then(|| Pieces::parse(text).ok()).flatten()
}

/// What they say where there is no offset, as if it were UTC; a bare day's midnight.
fn written(pieces: &Pieces<'_>) -> UnixSeconds {
    let time = pieces.time().unwrap_or(Time::midnight());
    let seconds = Time::midnight().duration_until(time).as_secs();
    Day(pieces.date()).start().plus(seconds)
}

/// An interval of time; both ends are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    pub low: UnixSeconds,
    pub high: UnixSeconds,
}

impl Interval {
    #[must_use]
    pub fn contains(self, at: UnixSeconds) -> bool {
        self.low <= at && at <= self.high
    }

    /// Whether all of the other one lies in this one.
    #[must_use]
    pub fn includes(self, other: Self) -> bool {
        self.low <= other.low && other.high <= self.high
    }

    /// What both have in common, if there is anything.
    #[must_use]
    pub fn common(self, other: Self) -> Option<Self> {
        let common = Self { low: self.low.max(other.low), high: self.high.min(other.high) };
        (common.low <= common.high).then_some(common)
    }

    /// Seconds before and after are in it, too.
    #[must_use]
    pub fn widened(self, seconds: i64) -> Self {
        Self { low: self.low.plus(-seconds), high: self.high.plus(seconds) }
    }
}

/// A calendar day in UTC: `2025-06-22`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub Date);

impl Day {
    /// Days between any two that there are, and more.
    const LONGEST: i64 = 10_000_000;
    const EPOCH: Date = Date::constant(1970, 1, 1);

    /// Reads `2025-06-22` and no other form: days are compared as text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let pieces = pieces(text)?;
        (text.len() == "YYYY-MM-DD".len() && pieces.time().is_none()).then(|| Self(pieces.date()))
    }

    /// Midnight at the beginning of the day.
    #[must_use]
    pub fn start(self) -> UnixSeconds {
        UnixSeconds(Self::EPOCH.duration_until(self.0).as_secs())
    }

    /// The last second of the day.
    #[must_use]
    pub fn end(self) -> UnixSeconds {
        self.start().plus(DAY - 1)
    }

    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        Self(
            self.0.saturating_add(SignedDuration::from_hours(days.clamp(-Self::LONGEST, Self::LONGEST) * 24)),
        )
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_is_read_back() {
        let noon = UnixSeconds(1_750_593_600);
        assert_eq!(noon.to_iso(), "2025-06-22T12:00:00+00:00");
        assert_eq!(UnixSeconds::parse(&noon.to_iso()), Some(noon));
    }

    #[test]
    fn other_forms_are_understood() {
        let noon = UnixSeconds::parse("2025-06-22T12:00:00Z");
        assert_eq!(UnixSeconds::parse("2025-06-22 12:00:00"), noon);
        assert_eq!(UnixSeconds::parse("2025-06-22T14:00:00.123+02:00"), noon);
        assert_eq!(UnixSeconds::parse("2025-06-22T12:00"), noon);
        assert_eq!(UnixSeconds::parse("2025-06-22"), Day::parse("2025-06-22").map(Day::start));
        for no_time in [
            "bogus",
            "20250622",
            "2025-6-2",
            "2025-02-30",
            "2025-06-22T12:00[Europe/Berlin]",
            "2025-06-22T12:00:00+25:00",
        ] {
            assert_eq!(UnixSeconds::parse(no_time), None, "{no_time}");
        }
    }

    #[test]
    fn local_times_have_no_offset() {
        let noon = UnixSeconds::parse("2025-06-22T12:00:00Z");
        assert_eq!(UnixSeconds::parse_local(" 2025-06-22 12:00:00.123456"), noon);
        for other in ["2025-06-22T12:00:00Z", "2025-06-22T12:00:00+00:00", "2025-06-22"] {
            assert_eq!(UnixSeconds::parse_local(other), None, "{other}");
        }
    }

    /// Who wants everything writes the last day there is.
    #[test]
    fn the_end_of_time_is_no_error() {
        let last = Day::parse("9999-12-31").expect("a day");
        assert_eq!(UnixSeconds::parse("9999-12-31T23:59:59Z"), Some(last.end()));
        assert_eq!(last.plus(1), last);
        assert_eq!(last.plus(i64::MIN).plus(i64::MAX), last);
        assert_eq!(UnixSeconds(i64::MAX).to_iso(), "9999-12-31T23:59:59+00:00");
        assert!(UnixSeconds(i64::MIN).to_iso().starts_with("-009999-01-01T00:00:00"));
    }

    #[test]
    fn a_day_ends_one_second_before_the_next_begins() {
        let day = Day::parse("2025-02-28").expect("a day");
        assert_eq!(day.end().plus(1), day.plus(1).start());
        assert_eq!(day.plus(1).to_string(), "2025-03-01");
    }
}
