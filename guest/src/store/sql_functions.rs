//! SQL functions for free SQL in place of SQLite's own, which may run for minutes within one step
//! of its machine, where nothing can interrupt them: looking for a long text in a long text
//! compares each with each there. These take time in proportion to the text's length, and look at
//! the clock.

use std::borrow::Cow;
use std::cell::Cell;
use std::time::Instant;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};

/// Names and numbers of arguments.
const FUNCTIONS: &[(&str, i32)] = &[
    ("instr", 2),
    ("replace", 3),
    ("trim", 2),
    ("ltrim", 2),
    ("rtrim", 2),
    ("like", 2),
    ("like", 3),
    ("glob", 2),
];

/// Comparisons between two looks at the clock.
const STEPS: usize = 100_000;

thread_local! {
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Puts them in place, for as long as the connection lives: SQLite does not give its own ones back.
/// Texts that they make have `longest` bytes at most.
///
/// # Errors
/// What SQLite reports.
pub(super) fn install(connection: &Connection, longest: usize) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    for (name, arguments) in FUNCTIONS {
        let add = |function: fn(&Context<'_>, usize) -> Result<Option<Answer>>| {
            connection.create_scalar_function(*name, *arguments, flags, move |call| {
                in_time()?;
                function(call, longest)
            })
        };
        match *name {
            "instr" => add(instr),
            "replace" => add(replace),
            "trim" => add(|call, _| trim(call, true, true)),
            "ltrim" => add(|call, _| trim(call, true, false)),
            "rtrim" => add(|call, _| trim(call, false, true)),
            "like" => add(|call, _| matches(call, Kind::Like)),
            _ => add(|call, _| matches(call, Kind::Glob)),
        }?;
    }
    Ok(())
}

/// From that moment on they fail; `None`: never.
pub(super) fn set_deadline(deadline: Option<Instant>) {
    DEADLINE.set(deadline);
}

/// Longest text or blob that a statement may read or build. Bodies of messages are far smaller.
pub(super) const LONGEST_VALUE: i32 = 1_000_000;

/// # Errors
/// As an interrupted statement, when its time is over. For every function of ours that takes long.
pub(super) fn in_time() -> Result<()> {
    match DEADLINE.get() {
        Some(deadline) if Instant::now() >= deadline => {
            Err(Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_INTERRUPT), None))
        }
        _ => Ok(()),
    }
}

enum Answer {
    Number(i64),
    Text(String),
}

impl rusqlite::ToSql for Answer {
    fn to_sql(&self) -> Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Number(number) => number.to_sql(),
            Self::Text(text) => text.to_sql(),
        }
    }
}

/// An argument as text, as SQLite converts it. `None`: null.
pub(super) fn text<'a>(call: &'a Context<'_>, index: usize) -> Option<Cow<'a, str>> {
    match call.get_raw(index) {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string().into()),
        ValueRef::Real(number) => Some(format!("{number:?}").into()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes)),
    }
}

fn instr(call: &Context<'_>, _: usize) -> Result<Option<Answer>> {
    let (Some(hay), Some(needle)) = (text(call, 0), text(call, 1)) else { return Ok(None) };
    let found = hay.find(&*needle).map_or(0, |at| hay[..at].chars().count() + 1);
    Ok(Some(Answer::Number(i64::try_from(found).unwrap_or(0))))
}

fn replace(call: &Context<'_>, longest: usize) -> Result<Option<Answer>> {
    let (Some(hay), Some(needle), Some(with)) = (text(call, 0), text(call, 1), text(call, 2)) else {
        return Ok(None);
    };
    if needle.is_empty() {
        return Ok(Some(Answer::Text(hay.into_owned())));
    }
    let times = hay.matches(&*needle).count();
    if hay.len().saturating_add(times.saturating_mul(with.len()))
        > longest.saturating_add(times * needle.len())
    {
        return Err(Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_TOOBIG), None));
    }
    Ok(Some(Answer::Text(hay.replace(&*needle, &with))))
}

fn trim(call: &Context<'_>, left: bool, right: bool) -> Result<Option<Answer>> {
    let (Some(whole), Some(set)) = (text(call, 0), text(call, 1)) else { return Ok(None) };
    let set: std::collections::HashSet<char> = set.chars().collect();
    let mut rest = &*whole;
    if left {
        rest = rest.trim_start_matches(|letter| set.contains(&letter));
    }
    if right {
        rest = rest.trim_end_matches(|letter| set.contains(&letter));
    }
    Ok(Some(Answer::Text(rest.to_owned())))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `%` and `_`, and letters of ASCII in either case.
    Like,
    /// `*`, `?` and `[a-z]`.
    Glob,
}

fn matches(call: &Context<'_>, kind: Kind) -> Result<Option<Answer>> {
    let (Some(pattern), Some(whole)) = (text(call, 0), text(call, 1)) else { return Ok(None) };
    let mut escape = None;
    if call.len() == 3 {
        let Some(given) = text(call, 2) else { return Ok(None) };
        let mut letters = given.chars();
        escape = letters.next();
        if escape.is_none() || letters.next().is_some() {
            return Err(Error::UserFunctionError("ESCAPE expression must be a single character".into()));
        }
    }
    let pattern = Pattern::read(&pattern, kind, escape);
    Ok(Some(Answer::Number(i64::from(pattern.matches(&whole)?))))
}

/// One place of a pattern.
enum Place {
    Letter(char),
    Any,
    /// Of a set of ranges, or not.
    Set(Vec<(char, char)>, bool),
}

/// A pattern as the stretches between its wildcards: each must be found behind the one before,
/// where the first place that fits is as good as any.
struct Pattern {
    stretches: Vec<Vec<Place>>,
    fold: bool,
}

impl Pattern {
    fn read(pattern: &str, kind: Kind, escape: Option<char>) -> Self {
        let (many, one) = if kind == Kind::Like { ('%', '_') } else { ('*', '?') };
        let fold = kind == Kind::Like;
        let mut stretches = vec![Vec::new()];
        let add = |stretches: &mut Vec<Vec<Place>>, place| {
            if let Some(last) = stretches.last_mut() {
                last.push(place);
            }
        };
        let mut letters = pattern.chars().peekable();
        while let Some(letter) = letters.next() {
            if Some(letter) == escape {
                // At the very end it stands for nothing and so matches nothing.
                add(
                    &mut stretches,
                    letters
                        .next()
                        .map_or(Place::Set(Vec::new(), false), |next| Place::Letter(folded(next, fold))),
                );
            } else if letter == many {
                stretches.push(Vec::new());
            } else if letter == one {
                add(&mut stretches, Place::Any);
            } else if letter == '[' && kind == Kind::Glob {
                add(&mut stretches, set(&mut letters));
            } else {
                add(&mut stretches, Place::Letter(folded(letter, fold)));
            }
        }
        Self { stretches, fold }
    }

    fn matches(&self, text: &str) -> Result<bool> {
        let letters: Vec<char> = text.chars().map(|letter| folded(letter, self.fold)).collect();
        let Some((first, others)) = self.stretches.split_first() else { return Ok(letters.is_empty()) };
        let fits = |stretch: &[Place], at: usize| {
            letters
                .get(at..at + stretch.len())
                .is_some_and(|part| stretch.iter().zip(part).all(|(place, letter)| place.takes(*letter)))
        };
        if !fits(first, 0) {
            return Ok(false);
        }
        let mut at = first.len();
        let Some((last, middle)) = others.split_last() else { return Ok(at == letters.len()) };
        let mut steps = 0;
        for stretch in middle {
            while !fits(stretch, at) {
                at += 1;
                steps += stretch.len() + 1;
                if steps > STEPS {
                    steps = 0;
                    in_time()?;
                }
                if at > letters.len() {
                    return Ok(false);
                }
            }
            at += stretch.len();
        }
        let Some(end) = letters.len().checked_sub(last.len()) else { return Ok(false) };
        Ok(end >= at && fits(last, end))
    }
}

impl Place {
    fn takes(&self, letter: char) -> bool {
        match self {
            Self::Letter(own) => *own == letter,
            Self::Any => true,
            Self::Set(ranges, inverted) => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter)) != *inverted
            }
        }
    }
}

fn folded(letter: char, fold: bool) -> char {
    if fold { letter.to_ascii_lowercase() } else { letter }
}

/// Behind a `[`. One that is not closed matches nothing, as in SQLite.
fn set(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Place {
    let inverted = letters.next_if_eq(&'^').is_some();
    let mut ranges: Vec<(char, char)> = Vec::new();
    let mut first = true;
    while let Some(letter) = letters.next() {
        match letter {
            ']' if !first => return Place::Set(ranges, inverted),
            '-' if !first && letters.peek().is_some_and(|next| *next != ']') => {
                if let (Some(range), Some(high)) = (ranges.last_mut(), letters.next()) {
                    range.1 = high;
                }
            }
            _ => ranges.push((letter, letter)),
        }
        first = false;
    }
    Place::Set(Vec::new(), false)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rusqlite::types::Value;
    use rusqlite::{Connection, ErrorCode};

    use super::{install, set_deadline};

    /// The same answers as SQLite's own.
    #[test]
    fn they_answer_as_the_functions_they_stand_for() {
        let db = Connection::open_in_memory().expect("opens");
        let mut questions = Vec::new();
        let texts = [
            "''",
            "'abc'",
            "'aXbxc'",
            "'Grüße'",
            "'a%b_c'",
            "'[a-c]x'",
            "NULL",
            "12",
            "1.5",
            "'日本語'",
            "'aaab'",
            "'x]y'",
        ];
        let patterns = [
            "''",
            "'%'",
            "'a%'",
            "'%C'",
            "'%b%'",
            "'_b_'",
            "'%a%b%'",
            "'a\\%b%'",
            "'*'",
            "'a*'",
            "'*b*'",
            "'?b?'",
            "'[a-c]*'",
            "'[^a-c]*'",
            "'*[]]*'",
            "'[a'",
            "'日_語'",
            "'?[!-~]*'",
            "NULL",
            "'1%'",
            "'%aab'",
            "'a\\'",
        ];
        for text in texts {
            for pattern in patterns {
                questions.push(format!("SELECT {text} LIKE {pattern}"));
                questions.push(format!("SELECT {text} LIKE {pattern} ESCAPE '\\'"));
                questions.push(format!("SELECT {text} GLOB {pattern}"));
                questions.push(format!("SELECT instr({text}, {pattern})"));
                questions.push(format!("SELECT trim({text}, {pattern})"));
                questions.push(format!("SELECT ltrim({text}, {pattern}) || rtrim({text}, {pattern})"));
                questions.push(format!("SELECT replace({text}, {pattern}, '-+-')"));
            }
        }
        let ask = |sql: &String| -> Value { db.query_row(sql, [], |row| row.get(0)).expect("answers") };
        let own: Vec<_> = questions.iter().map(ask).collect();
        install(&db, 1_000_000).expect("installs");
        let ours: Vec<_> = questions.iter().map(ask).collect();
        for ((question, own), ours) in questions.iter().zip(&own).zip(ours) {
            assert_eq!(*own, ours, "{question}");
        }
        set_deadline(Some(Instant::now()));
        let late = db.query_row("SELECT instr('a', 'a')", [], |row| row.get::<_, i64>(0));
        assert!(late.is_err_and(|error| error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)));
        set_deadline(None);
        assert_eq!(questions.iter().map(ask).collect::<Vec<_>>(), own);
    }
}
