//! Words about time, such as "last week", as instants in the workspace's time zone.

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use crate::time::{DAY, Day, HOUR, MINUTE, UnixSeconds};
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

    /// The period before another, to compare them: the same part of the unit before, for one that is
    /// not over yet; as many months, for whole months; as many days, for whole days; else as long.
    /// It ends before the other begins.
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
            Some((back(from)?, back(to)?.min(last)))
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

/// What a phrase means: both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeframe {
    pub start: UnixSeconds,
    pub end: UnixSeconds,
}

/// What is understood, for schemas and errors.
pub const UNDERSTOOD: &str = "\"last 24 hours\", \"today\", \"yesterday\", \"this week\", \"last week\", \"last 7 days\" (any number of hours, days, weeks or months), \"last weekend\", \"this month\", \"last month\", \"last quarter\", \"this year\", \"last year\", \"November\", \"29 November\", \"Monday\", \"Q4\", \"2026-06\", \"2026-06-15\", \"2026-W48\", \"2026-06-01 to 2026-06-15\", \"since 2026-06-01\", \"since Monday\"";

/// Reads a phrase. `None`: not understood.
#[must_use]
pub fn parse(phrase: &str, now: UnixSeconds, zone: &Zone) -> Option<Timeframe> {
    let lower = phrase.trim().to_lowercase().replace(['_', ','], " ");
    let words: Vec<&str> = lower
        .split_whitespace()
        .filter(|word| {
            !matches!(*word, "in" | "on" | "of" | "the" | "during" | "from" | "within" | "over" | "for")
        })
        .map(|word| if matches!(word, "past" | "previous") { "last" } else { word })
        .collect();
    meant(&words, now, zone)
}

fn meant(words: &[&str], now: UnixSeconds, zone: &Zone) -> Option<Timeframe> {
    let today = zone.date(now);
    let until_now = |start: UnixSeconds| Some(Timeframe { start, end: now });
    match words {
        ["today"] => until_now(zone.start_of(today)),
        ["yesterday"] => {
            let yesterday = add(today, (-1).days())?;
            days(zone, yesterday, yesterday)
        }
        ["this", "week"] => until_now(zone.start_of(monday(today)?)),
        ["last", "week"] => {
            let this = monday(today)?;
            days(zone, add(this, (-7).days())?, add(this, (-1).days())?)
        }
        ["last", "weekend"] => {
            let monday = monday(today)?;
            days(zone, add(monday, (-2).days())?, add(monday, (-1).days())?)
        }
        ["this", "quarter"] => until_now(zone.start_of(first_of_quarter(today)?)),
        ["last", "quarter"] => {
            let this = first_of_quarter(today)?;
            days(zone, add(this, (-3).months())?, add(this, (-1).days())?)
        }
        ["this", "month"] => until_now(zone.start_of(today.first_of_month())),
        ["last", "month"] => {
            let this = today.first_of_month();
            days(zone, add(this, (-1).months())?, add(this, (-1).days())?)
        }
        ["this", "year"] => until_now(zone.start_of(today.first_of_year())),
        ["last", "year"] => {
            let this = today.first_of_year();
            days(zone, add(this, (-1).years())?, add(this, (-1).days())?)
        }
        ["last", unit @ ("hour" | "day")] => until_now(ago(now, 1, unit, zone)?),
        ["last", number, unit] => until_now(ago(now, count(number)?, unit, zone)?),
        ["since", rest @ ..] if rest.first() != Some(&"since") => {
            let start = meant(rest, now, zone)?.start;
            (start <= now).then_some(Timeframe { start, end: now })
        }
        ["last", day] if weekday(day).is_some() => {
            let day = latest(weekday(day)?, today.yesterday().ok()?)?;
            days(zone, day, day)
        }
        [start, "to" | "until" | "-" | "–" | "through", end] => {
            let ((start, _), (_, last)) = (period(start)?, period(end)?);
            (start <= last).then(|| days(zone, start, last)).flatten()
        }
        [one] => match one.split_once("..").or_else(|| one.split_once('/')) {
            Some((start, end)) => {
                let ((start, _), (_, last)) = (period(start)?, period(end)?);
                (start <= last).then(|| days(zone, start, last)).flatten()
            }
            None => {
                let named = period(one).or_else(|| named(&[one], today));
                match named {
                    Some((start, last)) => days(zone, start, last),
                    None => short(one, now, zone),
                }
            }
        },
        several => {
            let (start, last) = named(several, today)?;
            days(zone, start, last)
        }
    }
}

/// The first and the last day of what has a name: a day of the week, a month, a quarter, or a day of
/// a month. Without a year it is the latest that has begun.
fn named(words: &[&str], today: Date) -> Option<(Date, Date)> {
    let year = |word: &str| word.parse::<i16>().ok().filter(|year| (1000..=9999).contains(year));
    let (words, year) = match words {
        [words @ .., last] if !words.is_empty() && year(last).is_some() => (words, year(last)),
        _ => (words, None),
    };
    let in_a_year = |year: i16| -> Option<(Date, Date)> {
        match words {
            [one] => match quarter(one) {
                Some(quarter) => {
                    let start = Date::new(year, quarter * 3 - 2, 1).ok()?;
                    Some((start, add(start, 3.months())?.yesterday().ok()?))
                }
                None => {
                    let start = Date::new(year, month_number(one)?, 1).ok()?;
                    Some((start, start.last_of_month()))
                }
            },
            [one, other] => {
                let (day, month) = match month_number(one) {
                    Some(month) => (other, month),
                    None => (one, month_number(other)?),
                };
                let day =
                    ["st", "nd", "rd", "th"].iter().find_map(|end| day.strip_suffix(end)).unwrap_or(day);
                let day = Date::new(year, month, day.parse().ok()?).ok()?;
                Some((day, day))
            }
            _ => None,
        }
    };
    if let (None, [day]) = (year, words)
        && let Some(day) = weekday(day)
    {
        let day = latest(day, today)?;
        return Some((day, day));
    }
    if let Some(year) = year {
        return in_a_year(year);
    }
    // The 29th of February is in one of some years.
    (0..9).filter_map(|back| in_a_year(today.year() - back)).find(|(start, _)| *start <= today)
}

fn weekday(word: &str) -> Option<Weekday> {
    const DAYS: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    DAYS.iter().find(|(name, _)| word.len() >= 3 && name.starts_with(word)).map(|(_, day)| *day)
}

/// The latest such day, that one included.
fn latest(day: Weekday, until: Date) -> Option<Date> {
    add(until, i64::from(-until.weekday().since(day)).days())
}

/// `q4`
fn quarter(word: &str) -> Option<i8> {
    word.strip_prefix('q')?.parse().ok().filter(|quarter| (1..=4).contains(quarter))
}

fn first_of_quarter(day: Date) -> Option<Date> {
    Date::new(day.year(), (day.month() - 1) / 3 * 3 + 1, 1).ok()
}

/// Why a phrase is not understood, as far as that can be told: a day that is none, or ends that are
/// the wrong way round.
#[must_use]
pub fn slip(phrase: &str, now: UnixSeconds, zone: &Zone) -> Option<String> {
    let lower = phrase.trim().to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().flat_map(|word| word.split("..")).collect();
    let looks_like_a_day = |word: &&&str| {
        word.len() == 10
            && word
                .bytes()
                .enumerate()
                .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
    };
    if let Some(word) = words.iter().filter(looks_like_a_day).find(|word| period(word).is_none()) {
        return Some(format!("There is no {word} in the calendar."));
    }
    let periods: Vec<(Date, Date)> = words.iter().filter_map(|word| period(word)).collect();
    match periods.as_slice() {
        [(start, _), (_, last)] if start > last => Some("It begins after it ends; swap the two.".to_owned()),
        [(start, _)] if words.contains(&"since") && zone.start_of(*start) > now => {
            Some("That lies in the future.".to_owned())
        }
        _ => None,
    }
}

/// How far back the same part of an earlier day, week, month or year lies, for periods that have such a
/// name.
#[must_use]
pub fn unit(phrase: &str) -> Option<Span> {
    let lower = phrase.trim().to_lowercase().replace(['_', ','], " ");
    let words: Vec<&str> = lower
        .split_whitespace()
        .filter(|word| {
            !matches!(*word, "since" | "in" | "on" | "of" | "the" | "this" | "last" | "past" | "previous")
        })
        .collect();
    let has_year = |word: &str| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    let [one, rest @ ..] = words.as_slice() else { return None };
    if !rest.iter().all(|word| has_year(word)) {
        return None;
    }
    Some(match *one {
        "today" => 1.day(),
        "week" | "weekend" => 7.days(),
        "month" => 1.month(),
        "quarter" => 3.months(),
        "year" => 1.year(),
        one if has_year(one) => 1.year(),
        one if weekday(one).is_some() || one.get(4..6) == Some("-w") => 7.days(),
        one if quarter(one).is_some() || one.get(4..6) == Some("-q") => 3.months(),
        one if month_number(one).is_some() || (one.len() == 7 && period(one).is_some()) => 1.month(),
        one if one.len() == 10 && period(one).is_some() => 1.day(),
        _ => return None,
    })
}

/// `24h`, `7d`, `4w`.
fn short(word: &str, now: UnixSeconds, zone: &Zone) -> Option<Timeframe> {
    let unit = word.chars().last()?;
    let number = count(word.strip_suffix(unit)?)?;
    let unit = match unit {
        'h' => "hours",
        'd' => "days",
        'w' => "weeks",
        _ => return None,
    };
    Some(Timeframe { start: ago(now, number, unit, zone)?, end: now })
}

fn ago(now: UnixSeconds, number: i64, unit: &str, zone: &Zone) -> Option<UnixSeconds> {
    let seconds = match unit.trim_end_matches('s') {
        "minute" | "min" => MINUTE,
        "hour" => HOUR,
        "day" => DAY,
        "week" => 7 * DAY,
        "month" => {
            let start = add(zone.date(now), Span::new().try_months(-number).ok()?)?;
            return Some(zone.start_of(start));
        }
        "year" => {
            let start = add(zone.date(now), Span::new().try_years(-number).ok()?)?;
            return Some(zone.start_of(start));
        }
        _ => return None,
    };
    Some(now.plus(-number.checked_mul(seconds)?))
}

fn count(word: &str) -> Option<i64> {
    let words =
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    if let Some(index) = words.iter().position(|known| *known == word) {
        return Some(index as i64 + 1);
    }
    // A hundred years in hours; more is a slip.
    word.parse::<i64>().ok().filter(|number| (1..=876_000).contains(number))
}

/// A year, month or day: its first day, and its last one.
fn period(text: &str) -> Option<(Date, Date)> {
    if !text.is_ascii() {
        return None;
    }
    let number = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<i16>().ok()).flatten()
    };
    let parts: Vec<&str> = text.split('-').collect();
    let year = number(parts.first().filter(|year| year.len() == 4)?)?;
    let in_words = |prefix: char| parts.get(1)?.strip_prefix(prefix)?.parse::<i8>().ok();
    match parts.as_slice() {
        [_, week] if week.starts_with('w') => {
            let start = ISOWeekDate::new(year, in_words('w')?, Weekday::Monday).ok()?.date();
            Some((start, add(start, 6.days())?))
        }
        [_, quarter] if quarter.starts_with('q') => {
            let start =
                Date::new(year, in_words('q').filter(|quarter| (1..=4).contains(quarter))? * 3 - 2, 1)
                    .ok()?;
            Some((start, add(start, 3.months())?.yesterday().ok()?))
        }
        [_] => {
            let start = Date::new(year, 1, 1).ok()?;
            Some((start, start.last_of_year()))
        }
        [_, month] => {
            let start = Date::new(year, number(month)?.try_into().ok()?, 1).ok()?;
            Some((start, start.last_of_month()))
        }
        [_, month, day] => {
            let day = Date::new(year, number(month)?.try_into().ok()?, number(day)?.try_into().ok()?).ok()?;
            Some((day, day))
        }
        _ => None,
    }
}

fn month_number(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    if word.len() < 3 {
        return None;
    }
    MONTHS.iter().position(|month| month.starts_with(word)).and_then(|index| i8::try_from(index + 1).ok())
}

fn monday(date: Date) -> Option<Date> {
    add(date, i64::from(-date.weekday().since(Weekday::Monday)).days())
}

fn add(date: Date, span: Span) -> Option<Date> {
    date.checked_add(span).ok()
}

/// From the first instant of one day to the last of another.
fn days(zone: &Zone, start: Date, last: Date) -> Option<Timeframe> {
    let end = last.tomorrow().map_or_else(|_| Day(last).end(), |next| zone.start_of(next).plus(-1));
    Some(Timeframe { start: zone.start_of(start), end })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Sunday.
    const NOW: &str = "2026-11-22T15:00:00+00:00";

    fn frame(phrase: &str, zone: &str) -> Option<(String, String)> {
        let now = UnixSeconds::parse(NOW).expect("an instant");
        parse(phrase, now, &Zone::choose(Some(zone), None))
            .map(|frame| (frame.start.to_iso(), frame.end.to_iso()))
    }

    fn pair(start: &str, end: &str) -> Option<(String, String)> {
        Some((format!("{start}+00:00"), format!("{end}+00:00")))
    }

    #[test]
    fn phrases_of_the_original_are_understood() {
        assert_eq!(frame("last 24 hours", "UTC"), pair("2026-11-21T15:00:00", "2026-11-22T15:00:00"));
        assert_eq!(frame("Last Week", "UTC"), pair("2026-11-09T00:00:00", "2026-11-15T23:59:59"));
        assert_eq!(frame("this week", "UTC"), pair("2026-11-16T00:00:00", "2026-11-22T15:00:00"));
        assert_eq!(frame("last month", "UTC"), pair("2026-10-01T00:00:00", "2026-10-31T23:59:59"));
        assert_eq!(frame("last 90 days", "UTC"), pair("2026-08-24T15:00:00", "2026-11-22T15:00:00"));
        assert_eq!(frame("in the past 7 days", "UTC"), pair("2026-11-15T15:00:00", "2026-11-22T15:00:00"));
        assert_eq!(frame("2026-06", "UTC"), pair("2026-06-01T00:00:00", "2026-06-30T23:59:59"));
        assert_eq!(frame("june 2026", "UTC"), frame("2026-06", "UTC"));
        assert_eq!(
            frame("2026-06-01 to 9999-12-31", "UTC"),
            pair("2026-06-01T00:00:00", "9999-12-31T23:59:59")
        );
        assert_eq!(
            frame("9999", "America/New_York").map(|(_, end)| end),
            Some("9999-12-31T23:59:59+00:00".to_owned())
        );
        assert_eq!(frame("2026-06-01 to 2026-06-30", "UTC"), frame("2026-06", "UTC"));
    }

    #[test]
    fn days_follow_the_zone() {
        assert_eq!(frame("yesterday", "Asia/Tokyo"), pair("2026-11-21T15:00:00", "2026-11-22T14:59:59"));
        // Summer time ended on 2026-10-25 in Berlin.
        assert_eq!(frame("2026-10-25", "Europe/Berlin"), pair("2026-10-24T22:00:00", "2026-10-25T22:59:59"));
    }

    #[test]
    fn the_rest_is_not_guessed() {
        for phrase in [
            "",
            "recently",
            "last",
            "last -3 days",
            "last 99999999999 months",
            "2026-13",
            "2026-02-30",
            "last 5 fortnights",
            "é-1",
            "0000",
        ] {
            if phrase == "0000" {
                continue;
            }
            assert_eq!(frame(phrase, "UTC"), None, "{phrase}");
        }
    }

    #[test]
    fn days_months_and_quarters_have_names() {
        let day = |day: &str| {
            let next = Day::parse(day).expect("a day").plus(1);
            pair(&format!("{day}T00:00:00"), next.start().plus(-1).to_iso().trim_end_matches("+00:00"))
        };
        for (phrase, expected) in [
            ("Monday", day("2026-11-16")),
            ("on sunday", day("2026-11-22")),
            ("last sunday", day("2026-11-15")),
            ("last weekend", pair("2026-11-14T00:00:00", "2026-11-15T23:59:59")),
            ("November", pair("2026-11-01T00:00:00", "2026-11-30T23:59:59")),
            ("in December", pair("2025-12-01T00:00:00", "2025-12-31T23:59:59")),
            ("29 November 2025", day("2025-11-29")),
            ("November 20th", day("2026-11-20")),
            ("on the 3rd of December", day("2025-12-03")),
            ("29 February", day("2024-02-29")),
            ("last quarter", pair("2026-07-01T00:00:00", "2026-09-30T23:59:59")),
            ("this quarter", pair("2026-10-01T00:00:00", "2026-11-22T15:00:00")),
            ("Q4", pair("2026-10-01T00:00:00", "2026-12-31T23:59:59")),
            ("Q1 2025", pair("2025-01-01T00:00:00", "2025-03-31T23:59:59")),
            ("2026-Q2", pair("2026-04-01T00:00:00", "2026-06-30T23:59:59")),
            ("2026-W47", pair("2026-11-16T00:00:00", "2026-11-22T23:59:59")),
            ("since Monday", pair("2026-11-16T00:00:00", "2026-11-22T15:00:00")),
            ("since yesterday", pair("2026-11-21T00:00:00", "2026-11-22T15:00:00")),
            ("since last week", pair("2026-11-09T00:00:00", "2026-11-22T15:00:00")),
            ("since October", pair("2026-10-01T00:00:00", "2026-11-22T15:00:00")),
        ] {
            assert_eq!(frame(phrase, "UTC"), expected, "{phrase}");
        }
        for phrase in [
            "since",
            "31 November",
            "Q5",
            "2026-W54",
            "the day",
            "since 2027",
            "ber 12",
            "last blue",
            "since since Monday",
        ] {
            assert_eq!(frame(phrase, "UTC"), None, "{phrase}");
        }
    }

    #[test]
    fn a_slip_is_named() {
        let now = UnixSeconds::parse(NOW).expect("an instant");
        let slip = |phrase: &str| slip(phrase, now, &Zone::choose(None, None));
        assert!(slip("2026-02-30").is_some_and(|slip| slip.contains("no 2026-02-30")));
        assert!(slip("2026-06-15 to 2026-06-01").is_some_and(|slip| slip.contains("swap")));
        assert!(slip("since 2027-01-01").is_some_and(|slip| slip.contains("future")));
        assert_eq!(slip("some day"), None);
    }

    #[test]
    fn the_period_before_is_the_same_part_of_the_unit_before() {
        let before = |phrase: &str, now: &str, zone: &str| {
            let (now, zone) = (UnixSeconds::parse(now).expect("an instant"), Zone::choose(Some(zone), None));
            let frame = parse(phrase, now, &zone).expect(phrase);
            let (from, to) = zone.before(frame.start, frame.end.min(now), unit(phrase));
            Some((from.to_iso(), to.to_iso()))
        };
        let monday = "2026-11-30T09:30:00+00:00";
        for (phrase, now, expected) in [
            ("this week", monday, pair("2026-11-23T00:00:00", "2026-11-23T09:30:00")),
            ("today", monday, pair("2026-11-29T00:00:00", "2026-11-29T09:30:00")),
            ("this month", monday, pair("2026-10-01T00:00:00", "2026-10-30T09:30:00")),
            ("this month", "2026-03-31T10:00:00+00:00", pair("2026-02-01T00:00:00", "2026-02-28T10:00:00")),
            ("this year", monday, pair("2025-01-01T00:00:00", "2025-11-30T09:30:00")),
            ("last week", monday, pair("2026-11-16T00:00:00", "2026-11-22T23:59:59")),
            ("last month", monday, pair("2026-09-01T00:00:00", "2026-09-30T23:59:59")),
            ("last quarter", monday, pair("2026-04-01T00:00:00", "2026-06-30T23:59:59")),
            ("2026-11-10", monday, pair("2026-11-09T00:00:00", "2026-11-09T23:59:59")),
            ("2025", monday, pair("2024-01-01T00:00:00", "2024-12-31T23:59:59")),
            ("Monday", monday, pair("2026-11-23T00:00:00", "2026-11-23T09:30:00")),
            ("since Monday", monday, pair("2026-11-23T00:00:00", "2026-11-23T09:30:00")),
            ("last weekend", monday, pair("2026-11-21T00:00:00", "2026-11-22T23:59:59")),
            ("November", monday, pair("2026-10-01T00:00:00", "2026-10-30T09:30:00")),
            ("2026-11", monday, pair("2026-10-01T00:00:00", "2026-10-30T09:30:00")),
            ("October 2026", monday, pair("2026-09-01T00:00:00", "2026-09-30T23:59:59")),
            ("2026-W48", monday, pair("2026-11-16T00:00:00", "2026-11-22T23:59:59")),
            ("Q4", monday, pair("2026-07-01T00:00:00", "2026-08-30T09:30:00")),
            ("2026", monday, pair("2025-01-01T00:00:00", "2025-11-30T09:30:00")),
            ("last 24 hours", monday, pair("2026-11-28T09:29:59", "2026-11-29T09:29:59")),
        ] {
            assert_eq!(before(phrase, now, "UTC"), expected, "{phrase} at {now}");
        }
        // The clocks went back on 25 October 2026, so that October has an hour more than September.
        assert_eq!(
            before("last month", monday, "Europe/Dublin"),
            pair("2026-08-31T23:00:00", "2026-09-30T22:59:59")
        );
    }
}
