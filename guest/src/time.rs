//! Instants and days, as the database and the API write them.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
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
        self.utc().to_rfc3339_opts(SecondsFormat::Secs, false)
    }

    /// Reads any RFC 3339 instant, `YYYY-MM-DD HH:MM:SS` in UTC (SQLite's `CURRENT_TIMESTAMP`)
    /// or a bare day (its midnight, UTC).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return Some(Self(instant.timestamp()));
        }
        if let Some(naive) = parse_naive(text) {
            return Some(Self(naive.and_utc().timestamp()));
        }
        Day::parse(text).map(Day::start)
    }

    /// The UTC day this instant lies in.
    #[must_use]
    pub fn day(self) -> Day {
        Day(self.utc().date_naive())
    }

    /// Out-of-range instants become the nearest that chrono can hold.
    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0, 0).unwrap_or(if self.0 < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        })
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

/// A date and time without an offset: `2025-06-22T12:00:00.123456` or with a blank for the `T`.
#[must_use]
pub fn parse_naive(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
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
pub struct Day(pub NaiveDate);

impl Day {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(Self)
    }

    /// Midnight at the beginning of the day.
    #[must_use]
    pub fn start(self) -> UnixSeconds {
        UnixSeconds(self.0.and_time(chrono::NaiveTime::MIN).and_utc().timestamp())
    }

    /// The last second of the day.
    #[must_use]
    pub fn end(self) -> UnixSeconds {
        self.start().plus(DAY - 1)
    }

    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        self.start().plus(days.saturating_mul(DAY)).day()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0.format("%Y-%m-%d"))
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
        assert_eq!(UnixSeconds::parse("bogus"), None);
    }

    #[test]
    fn a_day_ends_one_second_before_the_next_begins() {
        let day = Day::parse("2025-02-28").expect("a day");
        assert_eq!(day.end().plus(1), day.plus(1).start());
        assert_eq!(day.plus(1).to_string(), "2025-03-01");
    }
}
