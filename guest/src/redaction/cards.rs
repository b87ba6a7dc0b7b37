//! Numbers of payment cards (ISO/IEC 7812-1).

use super::Place;
use super::digits::Groups;
use super::labels;

/// Digits of the longest card, and so groups of the longest.
const LONGEST: usize = 19;

pub(super) fn find(text: &str, groups: &Groups, places: &mut Vec<Place>) {
    let mut index = 0;
    while index < groups.all.len() {
        match card(text, groups, index) {
            Some(last) => {
                let (start, end) = (groups.all[index].start, groups.all[last].end);
                places.push(Place { start, end, label: "[card]" });
                index = last + 1;
            }
            None => index += 1,
        }
    }
}

/// The last group of the card that begins with that group.
fn card(text: &str, groups: &Groups, first: usize) -> Option<usize> {
    // No issuer's numbers begin with another digit.
    if matches!(groups.digits(first, first)[0], 0 | 1 | 7) {
        return None;
    }
    let start = groups.all[first].start;
    let mut last = first;
    loop {
        let digits = groups.digits(first, last);
        if digits.len() > LONGEST || last - first > LONGEST {
            return None;
        }
        if digits.len() >= 13
            && luhn(digits)
            && is_grouped(groups, first, last)
            && is_issued(digits, || labels::card(text, start))
            && stands_free(text, start, groups.all[last].end)
        {
            return Some(last);
        }
        groups.all.get(last + 1).filter(|next| next.gap.card)?;
        last += 1;
    }
}

/// Groups as cards print them and people type them; other lists of numbers have a right check digit
/// now and then.
fn is_grouped(groups: &Groups, first: usize, last: usize) -> bool {
    let sizes: Vec<usize> = groups.all[first..=last].iter().map(|group| group.count).collect();
    match sizes.as_slice() {
        [_] | [4, 6, 4 | 5] | [8, 8] | [4, 4, 8] | [4, 8, 4] | [8, 4, 4] | [4, 12] | [6, 10] | [6, 13] => {
            true
        }
        [most @ .., last] => {
            most.iter().all(|size| *size == 4) && *last <= 4
                || *last == 1 && most.iter().all(|size| *size == 1)
        }
        [] => false,
    }
}

/// Whether card numbers of that length begin so: every tenth number, and so every tenth id of a
/// conversation, has a right check digit.
fn is_issued(digits: &[u8], is_labelled: impl Fn() -> bool) -> bool {
    let begin = |count: usize| digits[..count].iter().fold(0, |sum, digit| sum * 10 + u32::from(*digit));
    match digits.len() {
        14 => matches!(begin(2), 36 | 38 | 39) || matches!(begin(3), 300..=305),
        15 => matches!(begin(2), 34 | 37),
        16 => {
            matches!(begin(1), 4)
                || matches!(begin(2), 50..=58 | 60 | 62..=65 | 67 | 81)
                || matches!(begin(4), 2200..=2204 | 2221..=2720 | 3528..=3589 | 9792)
        }
        17..=19 => matches!(begin(1), 4) || matches!(begin(2), 50 | 56..=58 | 60 | 62..=65 | 67),
        // Nobody issues these any more, and EANs begin like them.
        13 => matches!(begin(1), 4) && is_labelled(),
        _ => false,
    }
}

/// The check digit (annex B).
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| {
            let digit = u32::from(*digit) * if index % 2 == 1 { 2 } else { 1 };
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}

/// Not within a hash, an id with letters, or a fraction.
fn stands_free(text: &str, start: usize, end: usize) -> bool {
    let mut before = text[..start].chars().rev();
    let previous = before.next();
    let letter_before = previous.is_some_and(|letter| letter.is_ascii_alphabetic());
    let letter_after = text[end..].starts_with(|letter: char| letter.is_ascii_alphabetic());
    let word_before: String =
        text[..start].chars().rev().take(24).take_while(char::is_ascii_alphanumeric).collect();
    let fraction = previous == Some('.') && before.next().is_some_and(|letter| letter.is_ascii_digit());
    !fraction
        && !(letter_before && (letter_after || word_before.bytes().any(|byte| byte.is_ascii_digit())))
        && !(letter_after
            && text[end..]
                .chars()
                .take(24)
                .take_while(char::is_ascii_alphanumeric)
                .any(|letter| letter.is_ascii_digit()))
        && !labels::no_card(text, start)
}
