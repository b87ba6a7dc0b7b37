//! Words that are nowhere, corrected to words that are.

use super::vocabulary::Vocabulary;
use crate::error::StoreResult;
use crate::sorting;

/// Shortest word that is corrected: below that most are other words.
const SHORTEST: usize = 4;
/// Shortest word in which two slips are corrected.
const SHORTEST_WITH_TWO: usize = 7;
/// Words looked at for two slips.
const LOOKED_AT: usize = 600;
/// Most words taken for one.
const MOST: usize = 3;
/// Most words taken for one that is the beginning of them.
const MOST_BEGINNINGS: usize = 20;

/// A word that is nowhere, and the words that were taken for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    pub typed: String,
    pub taken: Vec<String>,
    /// They begin with what was typed; otherwise they are spelt alike.
    pub begins: bool,
}

/// The words that were probably meant: one slip away, else those that begin so, else two slips
/// away.
pub fn correct(vocabulary: &Vocabulary<'_>, word: &str) -> StoreResult<Option<Correction>> {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() < SHORTEST || letters.len() > 30 || !letters.iter().all(|letter| letter.is_alphabetic())
    {
        return Ok(None);
    }
    let correction = |taken, begins| Ok(Some(Correction { typed: word.to_owned(), taken, begins }));
    let longer = vocabulary.beginning_with(word, MOST_BEGINNINGS)?;
    if !longer.is_empty() {
        return correction(longer, true);
    }
    let mut near = Vec::new();
    for slip in one_slip(&letters) {
        if near.len() < MOST && vocabulary.has(&slip)? {
            near.push(slip);
        }
    }
    if near.is_empty() && letters.len() >= SHORTEST_WITH_TWO {
        let beginning: String = letters[..3].iter().collect();
        for candidate in vocabulary.beginning_with(&beginning, LOOKED_AT)? {
            let other: Vec<char> = candidate.chars().collect();
            if near.len() < MOST
                && other.len().abs_diff(letters.len()) <= 2
                && distance(&letters, &other) <= 2
            {
                near.push(candidate);
            }
        }
    }
    if !near.is_empty() {
        return correction(near, false);
    }
    // `authentification` for `authentication`: the longest beginning that some words have.
    for length in (letters.len() * 2 / 3..letters.len()).rev().filter(|length| *length >= SHORTEST) {
        let beginning: String = letters[..length].iter().collect();
        let words = vocabulary.beginning_with(&beginning, MOST_BEGINNINGS)?;
        if !words.is_empty() {
            return correction(words, false);
        }
    }
    Ok(None)
}

/// Words that some message has and that are spelt most like this one, for whoever found nothing.
pub fn nearest(vocabulary: &Vocabulary<'_>, word: &str) -> StoreResult<Vec<String>> {
    let letters: Vec<char> = word.chars().take(30).collect();
    if letters.len() < SHORTEST || !letters.iter().all(|letter| letter.is_alphabetic()) {
        return Ok(Vec::new());
    }
    let beginning: String = letters[..2].iter().collect();
    let mut near: Vec<(usize, String)> = vocabulary
        .beginning_with(&beginning, LOOKED_AT)?
        .into_iter()
        .map(|word| (distance(&letters, &word.chars().collect::<Vec<_>>()), word))
        .filter(|(distance, _)| *distance <= letters.len() / 2)
        .collect();
    sorting::up(&mut near);
    Ok(near.into_iter().take(MOST).map(|(_, word)| word).collect())
}

/// Everything one slip away: two letters swapped, one too few, one too many, a wrong one.
fn one_slip(letters: &[char]) -> Vec<String> {
    let first = letters.first().copied().unwrap_or('a');
    let alphabet: Vec<char> = match first {
        'а'..='џ' => ('а'..='я').collect(),
        'ά'..='ώ' => ('α'..='ω').collect(),
        '\u{5d0}'..='\u{5ea}' => ('\u{5d0}'..='\u{5ea}').collect(),
        '\u{620}'..='\u{64a}' => ('\u{621}'..='\u{64a}').collect(),
        _ => ('a'..='z').collect(),
    };
    let mut slips: Vec<String> = Vec::new();
    for at in 0..letters.len().saturating_sub(1) {
        let mut swapped = letters.to_vec();
        swapped.swap(at, at + 1);
        slips.push(swapped.into_iter().collect());
    }
    for at in 0..letters.len() {
        slips.push(letters[..at].iter().chain(&letters[at + 1..]).collect());
    }
    for at in 0..=letters.len() {
        for letter in &alphabet {
            slips.push(letters[..at].iter().chain([letter]).chain(&letters[at..]).collect());
        }
    }
    for at in 0..letters.len() {
        for letter in &alphabet {
            slips.push(letters[..at].iter().chain([letter]).chain(&letters[at + 1..]).collect());
        }
    }
    let word: String = letters.iter().collect();
    slips.retain(|slip| *slip != word);
    slips
}

/// Levenshtein's distance.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(a != b)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_lead_back() {
        let slips = |word: &str| one_slip(&word.chars().collect::<Vec<_>>());
        for (typed, meant) in [
            ("chekcsum", "checksum"),
            ("ketle", "kettle"),
            ("authentcation", "authentication"),
            ("refumd", "refund"),
            ("refundd", "refund"),
        ] {
            assert!(slips(typed).contains(&meant.to_owned()), "{typed}");
        }
        assert_eq!(distance(&['a', 'b', 'c'], &['b', 'c', 'd']), 2);
    }
}
