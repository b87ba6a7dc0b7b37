//! Words about time, such as "last week", as instants in the workspace's time zone.

use jiff::Span;
use jiff::civil::{Date, Weekday};

use super::arguments::{When, parse_when};
use super::calendar::{Days, Named, Unit, Yearly, dated, latest, weekday, with_day, year};
use super::zone::{Zone, add, monday};
use crate::time::{DAY, HOUR, MINUTE, UnixSeconds};

/// What a phrase means: both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeframe {
    pub start: UnixSeconds,
    pub end: UnixSeconds,
    /// Of what it is a part, or the whole: an earlier one has the same part.
    pub unit: Option<Unit>,
}

/// What is understood, for schemas and errors.
pub const UNDERSTOOD: &str = "\"last 24 hours\", \"today\", \"yesterday\", \"3 days ago\", \"this week\", \"last week\", \"last 7 days\" (any number of hours, days, weeks or months), \"last weekend\", \"this month\", \"last month\", \"last quarter\", \"this year\", \"November\", \"29 November\", \"1-15 November\", \"Monday\", \"Q4\", \"2026-06\", \"2026-06-15\", \"2026-W48\", \"2026-06-01 to 2026-06-15\", \"since 2026-06-01\", \"since Monday\"";

/// Reads a phrase. `None`: not understood.
#[must_use]
pub fn parse(phrase: &str, now: UnixSeconds, zone: &Zone) -> Option<Timeframe> {
    let words = words(phrase);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Clock { now, today: zone.date(now), zone }.meant(&words)
}

/// The words of a phrase that say something, with one word for what has several.
fn words(phrase: &str) -> Vec<String> {
    let plain = phrase.to_lowercase().replace(['_', ','], " ").replace("..", " to ");
    let plain = plain.replace(['–', '—'], " to ");
    plain
        .split_whitespace()
        .filter(|word| !matches!(*word, "in" | "on" | "of" | "the" | "during" | "within" | "over" | "for"))
        .map(|word| match word {
            "past" | "previous" => "last",
            "until" | "till" | "through" | "-" => "to",
            word => word,
        })
        .flat_map(|word| match ends(word) {
            Some((start, end)) => vec![start.to_owned(), "to".to_owned(), end.to_owned()],
            None => vec![word.to_owned()],
        })
        .collect()
}

/// The ends of `1-15`, `mon-wed` and `2026-06-01/2026-06-15`.
fn ends(word: &str) -> Option<(&str, &str)> {
    let has_year = |word: &str| word.get(..4).is_some_and(|start| year(start).is_some());
    if has_year(word) {
        return word.split_once('/').filter(|(_, end)| has_year(end));
    }
    let (start, end) = word.split_once('-')?;
    (!start.is_empty() && !end.is_empty() && !end.contains('-')).then_some((start, end))
}

struct Clock<'a> {
    now: UnixSeconds,
    today: Date,
    zone: &'a Zone,
}

impl Clock<'_> {
    fn meant(&self, words: &[&str]) -> Option<Timeframe> {
        if let ["between", ends @ ..] = words {
            return self.stretch(ends, "and");
        }
        let (first, rest) = match words {
            [first @ ("since" | "after" | "from"), rest @ ..] => (Some(*first), rest),
            _ => (None, words),
        };
        if rest.contains(&"to") {
            return self.stretch(rest, "to");
        }
        let since = match first {
            None => false,
            // Whoever gives a date goes on from there.
            Some("from") => Named::read(rest).is_some_and(Named::is_a_date),
            Some(_) => true,
        };
        if since { self.since(rest) } else { self.period(rest).or_else(|| self.span(rest)) }
    }

    fn since(&self, words: &[&str]) -> Option<Timeframe> {
        let begun = match words {
            [number, unit, "ago"] if Unit::of(unit).is_some() => {
                self.until_now(Unit::of(unit)?.back(self.today, count(number)?)?, None)
            }
            _ => self.instant(words).or_else(|| self.period(words)).or_else(|| self.span(words)),
        }?;
        (begun.start <= self.now).then_some(Timeframe { end: self.now, ..begun })
    }

    /// From one period to another, with that word in between.
    fn stretch(&self, words: &[&str], between: &str) -> Option<Timeframe> {
        let place = words.iter().position(|word| *word == between)?;
        let (left, right) = (&words[..place], &words[place + 1..]);
        let (left, right) = completed(left, right);
        let frame = match (Named::read(&left), Named::read(&right)) {
            (Some(left), Some(right)) => {
                let ((start, last), unit) = self.both_named(left, right)?;
                self.days(start, last, unit)?
            }
            // "Monday to today"
            _ => {
                let side = |words: &[&str]| self.instant(words).or_else(|| self.period(words));
                Timeframe { start: side(&left)?.start, end: side(&right)?.end, unit: None }
            }
        };
        (frame.start <= frame.end).then_some(frame)
    }

    /// From one named period to another: what has no year is of the other's, or the latest that has
    /// begun. None where that would be a guess.
    fn both_named(&self, left: Named, right: Named) -> Option<(Days, Option<Unit>)> {
        match (left, right) {
            (Named::Fixed((start, _), _), Named::Fixed((_, last), _)) => Some(((start, last), None)),
            (Named::Weekday(left), Named::Weekday(right)) => {
                let last = latest(right, self.today)?;
                Some(((latest(left, last)?, last), Some(Unit::Week)))
            }
            (Named::Yearly(left), Named::Fixed((other, last), unit)) if unit != Unit::Year => {
                let in_year = |year: i16| left.in_year(year).filter(|(_, end)| *end <= last);
                let (start, _) = in_year(other.year()).or_else(|| in_year(other.year() - 1))?;
                Some(((start, last), None))
            }
            (Named::Yearly(left), Named::Yearly(right)) => Some((self.without_years(left, right)?, None)),
            _ => None,
        }
    }

    /// "March to May", "December to February"
    fn without_years(&self, left: Yearly, right: Yearly) -> Option<Days> {
        let (year, (start, end)) = left.latest(self.today)?;
        let same = right.in_year(year).filter(|(_, last)| *last >= end);
        let (_, last) = same.or_else(|| {
            // Of a turn of the year that is still to come, the one before may be meant.
            right.in_year(year + 1).filter(|(_, last)| *last <= self.today)
        })?;
        Some((start, last))
    }

    /// An instant: not a period, but the beginning or the end of one.
    fn instant(&self, words: &[&str]) -> Option<Timeframe> {
        let at = match words {
            ["now"] => self.now,
            [number, unit, "ago"] if Unit::of(unit).is_none() => self.ago(count(number)?, unit)?,
            _ => match parse_when(&words.join(" ").to_uppercase())? {
                When::Instant(at) => at,
                When::Day(_) => return None,
            },
        };
        Some(Timeframe { start: at, end: at, unit: None })
    }

    /// A piece of the calendar: of the one at hand, what there is of it.
    fn period(&self, words: &[&str]) -> Option<Timeframe> {
        let today = self.today;
        match words {
            ["today"] => self.until_now(today, Some(Unit::Day)),
            ["yesterday"] => self.earlier(Unit::Day, 1),
            ["this", "weekend"] if matches!(today.weekday(), Weekday::Saturday | Weekday::Sunday) => {
                self.until_now(latest(Weekday::Saturday, today)?, Some(Unit::Week))
            }
            ["last", "weekend"] => {
                let sunday = monday(today)?.yesterday().ok()?;
                self.days(sunday.yesterday().ok()?, sunday, Some(Unit::Week))
            }
            ["this", unit @ ("week" | "month" | "quarter" | "year")] => {
                let unit = Unit::of(unit)?;
                self.until_now(unit.around(today)?.0, Some(unit))
            }
            ["last", unit @ ("week" | "month" | "quarter" | "year")] => self.earlier(Unit::of(unit)?, 1),
            [number, unit, "ago"] => self.earlier(Unit::of(unit)?, count(number)?),
            ["last", day] if weekday(day).is_some() => {
                let day = latest(weekday(day)?, today.yesterday().ok()?)?;
                self.days(day, day, Some(Unit::Week))
            }
            named => {
                let ((start, last), unit) = Named::read(named)?.days(today)?;
                self.days(start, last, Some(unit))
            }
        }
    }

    /// The whole unit of the calendar so many before the one at hand.
    fn earlier(&self, unit: Unit, times: i64) -> Option<Timeframe> {
        let (start, last) = unit.around(unit.back(unit.around(self.today)?.0, times)?)?;
        self.days(start, last, Some(unit))
    }

    /// So many hours, days or months until now: `last 7 days`, `last 24h`, `7d`.
    fn span(&self, words: &[&str]) -> Option<Timeframe> {
        let start = match words {
            ["last", unit @ ("hour" | "day")] => self.ago(1, unit)?,
            ["last", number, unit] => self.ago(count(number)?, unit)?,
            ["last", short] | [short] => {
                let unit = short.chars().last()?;
                let number = count(short.strip_suffix(unit)?)?;
                match unit {
                    'h' => self.ago(number, "hours")?,
                    'd' => self.ago(number, "days")?,
                    'w' => self.ago(number, "weeks")?,
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(Timeframe { start, end: self.now, unit: None })
    }

    fn ago(&self, number: i64, unit: &str) -> Option<UnixSeconds> {
        let day = |span: Span| Some(self.zone.start_of(add(self.today, span)?));
        let seconds = match unit.strip_suffix('s').unwrap_or(unit) {
            "minute" | "min" => MINUTE,
            "hour" => HOUR,
            "day" => DAY,
            "week" => 7 * DAY,
            "month" => return day(Span::new().try_months(-number).ok()?),
            "year" => return day(Span::new().try_years(-number).ok()?),
            _ => return None,
        };
        Some(self.now.plus(-number.checked_mul(seconds)?))
    }

    fn until_now(&self, start: Date, unit: Option<Unit>) -> Option<Timeframe> {
        Some(Timeframe { start: self.zone.start_of(start), end: self.now, unit })
    }

    /// From the first instant of one day to the last of another.
    fn days(&self, start: Date, last: Date, unit: Option<Unit>) -> Option<Timeframe> {
        Some(Timeframe { start: self.zone.start_of(start), end: self.zone.end_of(last), unit })
    }
}

/// Both ends, where one has only the number of its day: "1 to 15 November", "November 1 to 15".
fn completed<'a>(left: &[&'a str], right: &[&'a str]) -> (Vec<&'a str>, Vec<&'a str>) {
    let whole = (left.to_vec(), right.to_vec());
    match (left, right) {
        ([day], other) => with_day(other, day).map_or(whole, |left| (left, right.to_vec())),
        (other, [day]) => with_day(other, day).map_or(whole, |right| (left.to_vec(), right)),
        (other @ [_, _], [day, last]) if year(last).is_some() => {
            with_day(other, day).map_or(whole, |mut right| {
                right.push(last);
                (left.to_vec(), right)
            })
        }
        _ => whole,
    }
}

/// Why a phrase is not understood, as far as that can be told: a day that is none, ends that are the
/// wrong way round, or a time to come.
#[must_use]
pub fn slip(phrase: &str, now: UnixSeconds, zone: &Zone) -> Option<String> {
    let words = words(phrase);
    let has = |sought: &str| words.iter().any(|word| word == sought);
    let no_day = words.iter().filter_map(|word| day_of(word)).find(|day| dated(day).is_none());
    if let Some(day) = no_day {
        return Some(format!("There is no {day} in the calendar."));
    }
    if has("this") && has("weekend") {
        return Some("That lies in the future.".to_owned());
    }
    let periods: Vec<Days> = words.iter().filter_map(|word| Some(dated(word)?.0)).collect();
    match periods.as_slice() {
        [(start, _), (_, last)] if start > last => Some("It begins after it ends; swap the two.".to_owned()),
        [(start, _)] if ["since", "after", "from"].into_iter().any(has) && zone.start_of(*start) > now => {
            Some("That lies in the future.".to_owned())
        }
        _ => None,
    }
}

/// `2026-02-30` of itself or of an instant on that day.
fn day_of(word: &str) -> Option<&str> {
    let (day, rest) = word.split_at_checked("YYYY-MM-DD".len())?;
    let mut places = day.bytes().enumerate();
    let is_a_day =
        places.all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    (is_a_day && (rest.is_empty() || rest.starts_with('t'))).then_some(day)
}

fn count(word: &str) -> Option<i64> {
    const WORDS: [(&str, i64); 18] = [
        ("a", 1),
        ("one", 1),
        ("two", 2),
        ("three", 3),
        ("four", 4),
        ("five", 5),
        ("six", 6),
        ("seven", 7),
        ("eight", 8),
        ("nine", 9),
        ("ten", 10),
        ("eleven", 11),
        ("twelve", 12),
        ("fifteen", 15),
        ("twenty", 20),
        ("thirty", 30),
        ("sixty", 60),
        ("ninety", 90),
    ];
    if let Some((_, number)) = WORDS.iter().find(|(name, _)| *name == word) {
        return Some(*number);
    }
    // A hundred years in hours; more is a slip.
    word.parse::<i64>().ok().filter(|number| (1..=876_000).contains(number))
}

#[cfg(test)]
mod tests;
