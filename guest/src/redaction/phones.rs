//! Telephone numbers of all countries.
//!
//! A number that begins with a plus sign, has an area code in parentheses, or is grouped as one
//! country does it, is one by itself; any other is only where the words around it say so, and one
//! that is an order's or an invoice's by the word before it is none.

use std::cell::Cell;

use super::Place;
use super::digits::{Group, Groups};
use super::labels::{self, Said};

/// Groups of the longest number: `+33 1 23 45 67 89`, and Denmark's in single digits.
const MOST_GROUPS: usize = 8;
/// Digits of the longest (ITU-T E.164), with a prefix of international calls before it.
const MOST_DIGITS: usize = 18;

pub(super) fn find(text: &str, groups: &Groups, taken: &[Place], places: &mut Vec<Place>) {
    let mut taken = taken.iter().peekable();
    let mut index = 0;
    // What the words before the run say, which goes for the numbers of a run.
    let mut run = Run { start: 0, said: Cell::new(None) };
    while index < groups.all.len() {
        let group = groups.all[index];
        while taken.next_if(|place| place.end <= group.start).is_some() {}
        if taken.peek().is_some_and(|place| place.start <= group.start) {
            index += 1;
            continue;
        }
        if !group.gap.phone {
            run = Run { start: group.start, said: Cell::new(None) };
        }
        match number(text, groups, index, &run) {
            Some((start, last)) => {
                places.push(Place { start, end: groups.all[last].end, label: "[phone]" });
                index = last + 1;
            }
            None => index += 1,
        }
    }
}

/// Groups with nothing but separators between them.
struct Run {
    start: usize,
    /// What the words before it say, once somebody has asked.
    said: Cell<Option<Said>>,
}

impl Run {
    /// The same of the number that starts there, unless it is far behind them.
    fn said(&self, text: &str, start: usize) -> Said {
        if start > self.start + 40 {
            return Said::Nothing;
        }
        self.said.get().unwrap_or_else(|| {
            let said = labels::before(text, self.start);
            self.said.set(Some(said));
            said
        })
    }
}

/// The number that begins with that group: where it starts in the text, and its last group.
fn number(text: &str, groups: &Groups, first: usize, run: &Run) -> Option<(usize, usize)> {
    let group = groups.all[first];
    let (start, plus) = opening(text, group.start);
    // Within a run a number begins behind a blank, or with a sign of its own.
    let may_begin = if group.gap.phone { plus || group.gap.loose } else { stands_free_before(text, start) };
    if !may_begin {
        return None;
    }
    let mut last = first;
    let mut found = None;
    loop {
        let digits = groups.digits(first, last);
        if digits.len() > MOST_DIGITS || last - first >= MOST_GROUPS {
            break;
        }
        let next = groups.all.get(last + 1).filter(|next| next.gap.phone);
        // It ends where the run does, or before a blank.
        if digits.len() >= 7
            && next.is_none_or(|next| next.gap.loose)
            && stands_free_behind(text, groups.all[last].end)
            && (Candidate {
                text,
                groups: &groups.all[first..=last],
                all: groups,
                first,
                start,
                plus,
                ends: next.is_none(),
                run,
            })
            .is_number(digits)
        {
            found = Some((start, last));
        }
        // Two numbers side by side are two.
        if next.is_none_or(|next| next.gap.plus) {
            break;
        }
        last += 1;
    }
    found
}

/// Where the number begins whose digits begin there: a plus sign and a parenthesis belong to it.
fn opening(text: &str, digits: usize) -> (usize, bool) {
    let mut start = digits;
    let mut plus = false;
    for letter in text[..digits].chars().rev().take(4) {
        match letter {
            '+' | '＋' => plus = true,
            '(' | '（' => {}
            ' ' if plus => break,
            _ => break,
        }
        start -= letter.len_utf8();
    }
    (start, plus)
}

fn stands_free_before(text: &str, start: usize) -> bool {
    let mut before = text[..start].chars().rev();
    match before.next() {
        Some(letter) if letter.is_ascii_alphanumeric() || "_$#".contains(letter) => false,
        // A part of `INV-2026-001`, of a path, or of a fraction.
        Some('-' | '/' | '.' | ',' | '@' | '\'' | '’') => {
            !before.next().is_some_and(|letter| letter.is_alphanumeric()) || text[..start].ends_with("wa.me/")
        }
        _ => true,
    }
}

fn stands_free_behind(text: &str, end: usize) -> bool {
    let mut behind = text[end..].chars();
    match behind.next() {
        // `415-555-0132x12` has an extension.
        Some('x' | 'X') => behind.next().is_some_and(|letter| letter.is_ascii_digit()),
        Some(letter) if letter.is_ascii_alphanumeric() || "_%@".contains(letter) => false,
        Some(':' | '\'' | '’') => !behind.next().is_some_and(|letter| letter.is_ascii_digit()),
        Some('-') => !behind.next().is_some_and(|letter| letter.is_ascii_alphanumeric()),
        _ => true,
    }
}

/// Some groups of digits that may be a number.
struct Candidate<'a> {
    text: &'a str,
    groups: &'a [Group],
    all: &'a Groups,
    /// Where they begin in all groups.
    first: usize,
    start: usize,
    plus: bool,
    /// No other group follows at once.
    ends: bool,
    run: &'a Run,
}

impl Candidate<'_> {
    fn is_number(&self, digits: &[u8]) -> bool {
        let mut sizes = [0; MOST_GROUPS];
        for (size, group) in sizes.iter_mut().zip(self.groups) {
            *size = group.count;
        }
        let sizes = &sizes[..self.groups.len()];
        let end = self.groups.last().map_or(self.start, |group| group.end);
        if self.plus {
            return (8..=15).contains(&digits.len()) && self.is_international(digits, sizes);
        }
        let has_area_code = self.has_area_code() && (7..=13).contains(&digits.len()) && sizes.len() > 1;
        let is_grouped = self.is_grouped_as_one(digits, sizes);
        // Words tell numbers only where these end, and not of digits one by one.
        let may_be_told = self.ends && digits.len() <= 15 && sizes.iter().any(|size| *size > 1);
        if !has_area_code && !is_grouped && !may_be_told && self.start != self.run.start
            || self.is_date()
            || self.is_address(sizes)
            || is_isbn(digits, sizes)
            || self.is_fraction(sizes)
        {
            return false;
        }
        if has_area_code {
            return true;
        }
        let said = self.run.said(self.text, self.start);
        if said == Said::Other {
            return is_grouped && sizes.len() > 1 && self.ends && labels::phone_behind(self.text, end);
        }
        let told = said == Said::Phone
            && digits.len() <= 15
            && !(sizes.len() > 2 && sizes.iter().all(|size| *size == 1));
        (is_grouped || told || may_be_told && labels::phone_behind(self.text, end))
            && !labels::is_amount(self.text, self.start, end)
    }

    /// Behind a plus sign: +1 and +7 have ten digits, and an amount has none but groups of three.
    fn is_international(&self, digits: &[u8], sizes: &[usize]) -> bool {
        let round =
            digits.ends_with(&[0, 0, 0]) && sizes.len() > 1 && sizes[1..].iter().all(|size| *size == 3);
        match digits[0] {
            0 => self.has_area_code(),
            1 | 7 => digits.len() == 11,
            _ => !round,
        }
    }

    /// As one country or the other writes its numbers, and nobody anything else.
    fn is_grouped_as_one(&self, digits: &[u8], sizes: &[usize]) -> bool {
        let america = |digits: &[u8]| digits[0] >= 2 && digits[3] >= 2 && !(digits[1] == 1 && digits[2] == 1);
        match digits {
            [0, 0, 1..=9, ..] => {
                (10..=17).contains(&digits.len()) && sizes[0] != digits.len()
                    || (12..=14).contains(&digits.len())
            }
            [0, 1, 1, rest @ ..] if sizes[0] == 3 && sizes.len() > 2 && rest.len() >= 9 => true,
            [0, 1..=9, ..] if sizes.len() > 1 => {
                (9..=12).contains(&digits.len())
                    && sizes[0] <= 6
                    && sizes.len() <= 6
                    && !(sizes.iter().all(|size| *size == 2) && (digits.len() != 10 || !self.ends))
            }
            [0, 1..=9, ..] => (10..=12).contains(&digits.len()),
            _ => match *sizes {
                // Examples are seldom real: 555-123-4567.
                [3, 3, 4] => true,
                [10] => america(digits) || digits[..3] == [5, 5, 5],
                [3, 7] | [6, 4] => america(digits),
                [1, 3, 3, 4] => digits[0] == 1,
                [1, 10] | [4, 3, 4] | [1, 3, 7] => digits[0] == 1 && america(&digits[1..]),
                [11] => {
                    digits[0] == 1 && (america(&digits[1..]) || digits[1] >= 3)
                        || matches!(digits[..2], [7 | 8, 9])
                }
                [3, 4, 4] => digits[0] == 1 && digits[1] >= 3,
                [5, 5] => digits[0] >= 6,
                [3, 3, 3] => {
                    digits[0] >= 4
                        && !digits.ends_with(&[0, 0, 0])
                        && !self.groups[1..].iter().any(|group| group.gap.stop)
                }
                [3, 2, 2, 2] => digits[0] >= 5,
                [1, 3, 3, 2, 2] => digits[0] >= 7,
                [4, 6] => digits[0] == 7,
                _ => false,
            },
        }
    }

    /// Whether nothing but full stops stands between the groups.
    fn is_dotted(&self) -> bool {
        self.groups[1..].iter().all(|group| group.gap.stop)
    }

    /// `(415) 555-0132`, `(0171) 2345678`, `8 (916) …`.
    fn has_area_code(&self) -> bool {
        self.groups.iter().enumerate().any(|(index, group)| {
            let digits = self.digits(index);
            let is_year = digits.len() == 4 && matches!(digits[..2], [1, 9] | [2, 0]);
            let is_code = (2..=5).contains(&group.count) && !is_year || digits == [0];
            is_code
                && self.text[..group.start].ends_with(['(', '（'])
                && self.text[group.end..].starts_with([')', '）'])
        })
    }

    fn digits(&self, index: usize) -> &[u8] {
        self.all.digits(self.first + index, self.first + index)
    }

    fn value(&self, index: usize) -> u32 {
        self.digits(index).iter().take(8).fold(0, |sum, digit| sum * 10 + u32::from(*digit))
    }

    /// Three groups that are a day: `2026-06-01`, `01.06.2026`, `6/1/26` (which is short).
    fn is_date(&self) -> bool {
        let size = |index: usize| self.groups[index].count;
        let year = |index: usize| size(index) == 4 && (1900..2100).contains(&self.value(index));
        let short = |index: usize| size(index) <= 2 && (1..=31).contains(&self.value(index));
        let tight = |index: usize| self.groups[index].gap.tight;
        (2..self.groups.len()).any(|last| {
            short(last - 1)
                && tight(last - 1)
                && tight(last)
                && (year(last - 2) && short(last) || short(last - 2) && year(last))
        }) || self.groups.len() == 1 && size(0) == 8 && (19_000_101..21_000_000).contains(&self.value(0))
            || self.groups.len() == 2 && year(0) && year(1)
    }

    /// An address of the internet (IPv4), or a version.
    fn is_address(&self, sizes: &[usize]) -> bool {
        let byte = |index: usize| {
            let digits = self.digits(index);
            digits.len() <= 3 && !(digits.len() > 1 && digits[0] == 0) && self.value(index) <= 255
        };
        let is_short = |size: &usize| *size <= 2;
        self.is_dotted()
            && (sizes.len() == 4 && ((0..4).all(byte) || sizes.iter().all(is_short))
                || sizes.len() > 2
                    && self.digits(0)[0] != 0
                    && sizes[..2].iter().all(is_short)
                    && sizes[2] != 2)
    }

    /// `52.520008`, `0.1234567891`, `20240601.1234567`.
    fn is_fraction(&self, sizes: &[usize]) -> bool {
        sizes.len() == 2 && self.is_dotted() && (sizes[0] <= 3 && sizes[1] >= 5 || sizes[0] > 6)
    }
}

/// The number of a book, with hyphens or blanks (ISO 2108).
fn is_isbn(digits: &[u8], sizes: &[usize]) -> bool {
    if digits.len() == 13 {
        return matches!(digits[..3], [9, 7, 8 | 9]);
    }
    let sum: usize =
        digits.iter().rev().enumerate().map(|(index, digit)| (index + 1) * usize::from(*digit)).sum();
    digits.len() == 10 && sizes.len() == 4 && sizes[3] == 1 && sum.is_multiple_of(11)
}
