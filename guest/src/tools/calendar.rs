//! Names of days, weeks, months, quarters and years: the first and the last day of each.

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::{Span, ToSpan};

use super::zone::{add, monday};

/// The first day and the last one.
pub type Days = (Date, Date);

/// What a calendar is divided into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Half,
    Year,
}

impl Unit {
    /// `week`, `weeks`
    pub fn of(word: &str) -> Option<Self> {
        Some(match word.strip_suffix('s').unwrap_or(word) {
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return None,
        })
    }

    pub fn span(self) -> Span {
        match self {
            Self::Day => 1.day(),
            Self::Week => 7.days(),
            Self::Month => 1.month(),
            Self::Quarter => 3.months(),
            Self::Half => 6.months(),
            Self::Year => 1.year(),
        }
    }

    /// The same day so many units earlier.
    pub fn back(self, day: Date, times: i64) -> Option<Date> {
        add(day, self.span().checked_mul(-times).ok()?)
    }

    /// The unit in which that day lies.
    pub fn around(self, day: Date) -> Option<Days> {
        let month = |count: i8| Date::new(day.year(), (day.month() - 1) / count * count + 1, 1).ok();
        let first = match self {
            Self::Day => day,
            Self::Week => monday(day)?,
            Self::Month => month(1)?,
            Self::Quarter => month(3)?,
            Self::Half => month(6)?,
            Self::Year => month(12)?,
        };
        // The year 9999 has no day after it.
        Some((first, add(first, self.span()).map_or(Date::MAX, |next| next.yesterday().unwrap_or(next))))
    }
}

/// What comes once in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yearly {
    Day { month: i8, day: i8 },
    Week(i8),
    Month(i8),
    Quarter(i8),
    Half(i8),
}

impl Yearly {
    pub fn unit(self) -> Unit {
        match self {
            Self::Day { .. } => Unit::Day,
            Self::Week(_) => Unit::Week,
            Self::Month(_) => Unit::Month,
            Self::Quarter(_) => Unit::Quarter,
            Self::Half(_) => Unit::Half,
        }
    }

    pub fn in_year(self, year: i16) -> Option<Days> {
        let first = match self {
            Self::Day { month, day } => Date::new(year, month, day),
            Self::Week(week) => ISOWeekDate::new(year, week, Weekday::Monday).map(ISOWeekDate::date),
            Self::Month(month) => Date::new(year, month, 1),
            Self::Quarter(quarter) => Date::new(year, quarter * 3 - 2, 1),
            Self::Half(half) => Date::new(year, half * 6 - 5, 1),
        };
        self.unit().around(first.ok()?)
    }

    /// The latest that has begun, and its year.
    pub fn latest(self, today: Date) -> Option<(i16, Days)> {
        // The first week of the next year may begin in this one; the 29th of February and the 53rd
        // week are in some years only.
        let years = (-1..9).filter_map(|back| today.year().checked_sub(back));
        years.filter_map(|year| Some((year, self.in_year(year)?))).find(|(_, (first, _))| *first <= today)
    }

    /// `november`, `q4`, `h2`, `w47`, `week 47`, `29 november`, `november 29th`
    fn read(words: &[&str]) -> Option<Self> {
        match words {
            [one] => month_number(one)
                .map(Self::Month)
                .or_else(|| numbered(one, 'q', 4).map(Self::Quarter))
                .or_else(|| numbered(one, 'h', 2).map(Self::Half))
                .or_else(|| numbered(one, 'w', 53).map(Self::Week)),
            ["week", number] => digits(number).filter(|week| (1..=53).contains(week)).map(Self::Week),
            [one, other] => {
                let (day, month) = match month_number(one) {
                    Some(month) => (other, month),
                    None => (one, month_number(other)?),
                };
                Some(Self::Day { month, day: day_number(day)? })
            }
            _ => None,
        }
    }
}

/// A period that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// With its year.
    Fixed(Days, Unit),
    Yearly(Yearly),
    Weekday(Weekday),
}

impl Named {
    pub fn read(words: &[&str]) -> Option<Self> {
        if let [one] = words
            && let Some((days, unit)) = dated(one)
        {
            return Some(Self::Fixed(days, unit));
        }
        if let [words @ .., last] = words
            && !words.is_empty()
            && let Some(year) = year(last)
        {
            let yearly = Yearly::read(words)?;
            return Some(Self::Fixed(yearly.in_year(year)?, yearly.unit()));
        }
        match words {
            [one] if weekday(one).is_some() => weekday(one).map(Self::Weekday),
            _ => Yearly::read(words).map(Self::Yearly),
        }
    }

    /// Without a year it is the latest that has begun.
    pub fn days(self, today: Date) -> Option<(Days, Unit)> {
        match self {
            Self::Fixed(days, unit) => Some((days, unit)),
            Self::Yearly(yearly) => Some((yearly.latest(today)?.1, yearly.unit())),
            // Compared is with the same day of the week before.
            Self::Weekday(day) => latest(day, today).map(|day| ((day, day), Unit::Week)),
        }
    }

    /// One day, given with numbers.
    pub fn is_a_date(self) -> bool {
        matches!(self, Self::Fixed(_, Unit::Day) | Self::Yearly(Yearly::Day { .. }))
    }
}

/// `2026`, `2026-06`, `2026-06-15`, `2026-w25`, `2026-q2`, `2026-h1`
pub fn dated(text: &str) -> Option<(Days, Unit)> {
    let mut parts = text.split('-');
    let year = parts.next().filter(|year| year.len() == 4).and_then(digits::<i16>)?;
    let yearly =
        match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => return Some((Unit::Year.around(Date::new(year, 1, 1).ok()?)?, Unit::Year)),
            (Some(month), None, _) => digits(month)
                .filter(|month| (1..=12).contains(month))
                .map(Yearly::Month)
                .or_else(|| Yearly::read(&[month]).filter(|_| month_number(month).is_none()))?,
            (Some(month), Some(day), None) => Yearly::Day { month: digits(month)?, day: digits(day)? },
            _ => return None,
        };
    Some((yearly.in_year(year)?, yearly.unit()))
}

/// The words with another number of the day in them: of `15 november 2026` and `1` it is
/// `1 november 2026`.
pub fn with_day<'a>(words: &[&'a str], day: &'a str) -> Option<Vec<&'a str>> {
    day_number(day)?;
    let place = words.iter().position(|word| day_number(word).is_some())?;
    let mut words = words.to_vec();
    words[place] = day;
    matches!(words.as_slice(), [one, other, ..] if month_number(one).or(month_number(other)).is_some())
        .then_some(words)
}

/// The latest such day, that one included.
pub fn latest(day: Weekday, until: Date) -> Option<Date> {
    add(until, i64::from(-until.weekday().since(day)).days())
}

pub fn weekday(word: &str) -> Option<Weekday> {
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

/// A year that stands alone, so that no number of anything else is taken for one.
pub fn year(word: &str) -> Option<i16> {
    digits(word).filter(|year| (1000..=9999).contains(year))
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

/// `29`, `29th`
fn day_number(word: &str) -> Option<i8> {
    let number = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
    digits(number).filter(|day| (1..=31).contains(day))
}

/// `q4`
fn numbered(word: &str, letter: char, most: i8) -> Option<i8> {
    digits(word.strip_prefix(letter)?).filter(|number| (1..=most).contains(number))
}

/// A number without a sign.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
