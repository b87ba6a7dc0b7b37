//! The calendar of a time zone: days, weeks and months as instants, and what came before a period.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use crate::time::{Day, UnixSeconds};
use crate::time_zones;

/// Stretches of time that a period is cut into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Day,
    Week,
    Month,
}

/// The time zone in which days, weeks and hours of an answer are meant.
#[derive(Clone, Debug)]
pub struct Zone {
    zone: TimeZone,
    name: String,
}

impl Zone {
    /// The configured zone, else the workspace's, else UTC. A name that nobody knows is passed over.
    #[must_use]
    pub fn choose(configured: Option<&str>, workspace: Option<&str>) -> Self {
        [configured, workspace]
            .into_iter()
            .flatten()
            .find_map(|name| {
                let zone = time_zones::get(name.trim())?;
                let name = zone.iana_name().unwrap_or(name).to_owned();
                Some(Self { zone, name })
            })
            .unwrap_or_else(|| Self { zone: TimeZone::UTC, name: "UTC".to_owned() })
    }

    /// Whether a time zone is called so.
    #[must_use]
    pub fn is_known(name: &str) -> bool {
        time_zones::get(name.trim()).is_some()
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The calendar day of that instant here.
    #[must_use]
    pub fn date(&self, at: UnixSeconds) -> Date {
        self.zone.to_datetime(timestamp(at)).date()
    }

    /// Day and time of day of that instant here: `2026-06-01 09:30`.
    #[must_use]
    pub fn minute(&self, at: UnixSeconds) -> String {
        let local = self.zone.to_datetime(timestamp(at));
        format!("{} {:02}:{:02}", local.date(), local.hour(), local.minute())
    }

    /// The first instant of that day here.
    #[must_use]
    pub fn start_of(&self, date: Date) -> UnixSeconds {
        date.to_zoned(self.zone.clone())
            .map_or_else(|_| Day(date).start(), |zoned| UnixSeconds(zoned.timestamp().as_second()))
    }

    /// The last instant of that day here.
    #[must_use]
    pub fn end_of(&self, date: Date) -> UnixSeconds {
        date.tomorrow().map_or_else(|_| Day(date).end(), |next| self.start_of(next).plus(-1))
    }

    /// All days, Mondays or firsts of months from one instant to another, both included, as
    /// [`Zone::calendar`] names them, with their first instants. At most `most`.
    #[must_use]
    pub fn steps(
        &self,
        from: UnixSeconds,
        to: UnixSeconds,
        step: Step,
        most: usize,
    ) -> Vec<(String, UnixSeconds)> {
        let (first, last) = (self.date(from), self.date(to));
        let (first, span) = match step {
            Step::Day => (first, 1.day()),
            Step::Week => (monday(first).unwrap_or(first), 7.days()),
            Step::Month => (first.first_of_month(), 1.month()),
        };
        let dates =
            std::iter::successors(Some(first), |date| add(*date, span)).take_while(|date| *date <= last);
        let length = if step == Step::Month { 7 } else { 10 };
        let named = |date: Date| (date.to_string().chars().take(length).collect(), self.start_of(date));
        dates.take(most).map(named).collect()
    }

    /// The period before another, to compare them: the same part of the unit before, where that is
    /// over when the period begins; as many months, for whole months; as many days, for whole days;
    /// else as long. It ends before the other begins.
    #[must_use]
    pub fn before(
        &self,
        from: UnixSeconds,
        to: UnixSeconds,
        unit: Option<Span>,
    ) -> (UnixSeconds, UnixSeconds) {
        let last = from.plus(-1);
        let earlier = |unit: Span| {
            let back = |at: UnixSeconds| {
                let local = self.zone.to_datetime(timestamp(at)).checked_sub(unit).ok()?;
                Some(UnixSeconds(local.to_zoned(self.zone.clone()).ok()?.timestamp().as_second()))
            };
            // A unit that began longer ago than it lasts has no such part.
            Some((back(from)?, back(to)?)).filter(|(_, end)| *end < from)
        };
        let (first, after) = (self.date(from), self.date(to.plus(1)));
        let whole_days = self.start_of(first) == from && self.start_of(after) == to.plus(1);
        let whole_months = whole_days && first.day() == 1 && after.day() == 1;
        if !whole_months && let Some(same_part) = unit.and_then(earlier) {
            return same_part;
        }
        if whole_days {
            let months =
                i32::from(after.year() - first.year()) * 12 + i32::from(after.month() - first.month());
            let start = if whole_months {
                first.checked_sub(months.months()).ok()
            } else {
                first.until(after).ok().and_then(|days| first.checked_sub(days).ok())
            };
            if let Some(start) = start {
                return (self.start_of(start), last);
            }
        }
        (from.plus(-(to.since(from) + 1)), last)
    }

    /// Day, Monday of its week, and hour of the day of that instant here.
    #[must_use]
    pub fn calendar(&self, at: UnixSeconds) -> (String, String, i8) {
        let local = self.zone.to_datetime(timestamp(at));
        let day = local.date();
        (day.to_string(), monday(day).unwrap_or(day).to_string(), local.hour())
    }
}

/// Instants that have no day in some zone become the nearest that have one in all.
fn timestamp(at: UnixSeconds) -> Timestamp {
    let nearest = if at.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(at.0).unwrap_or(nearest)
}

/// The Monday of the week of that day.
pub(super) fn monday(date: Date) -> Option<Date> {
    add(date, i64::from(-date.weekday().since(Weekday::Monday)).days())
}

pub(super) fn add(date: Date, span: Span) -> Option<Date> {
    date.checked_add(span).ok()
}
