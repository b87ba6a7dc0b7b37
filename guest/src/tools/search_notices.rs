//! What `search_conversations` says about the words of a query: which were found nowhere, which were
//! taken for others, what was left out, and in which order the rest comes.

use std::collections::HashSet;

use rusqlite::Connection;

use super::Failure;
use super::content::{Content, clean, cut};
use crate::store::search::{self, Page, Sort, Total};

/// Longest list of words in a sentence, in characters.
const WORDS: usize = 120;
/// Most words that are named because they are spelt alike.
const MOST_ALIKE: usize = 6;

/// The sentences about that page.
///
/// # Errors
/// When the database cannot be read.
pub fn notices(
    connection: &Connection,
    page: &Page,
    typed: &str,
    sort: Sort,
    content: Content<'_>,
) -> Result<Vec<String>, Failure> {
    let mut notices = Vec::new();
    if sort == Sort::LongestWaiting {
        notices.push("Only conversations in which the customer waits are listed and counted.".to_owned());
    }
    notices.extend(partial(page));
    notices.extend(found_nowhere(connection, page, content)?);
    notices.extend(left_out(page, typed));
    notices.extend(corrected(page, content));
    if page.newest_only {
        let instead = match sort {
            Sort::Relevance | Sort::Newest => "they are listed by their newest match instead of by relevance",
            Sort::Oldest => "they are listed by their oldest match",
            Sort::RecentlyUpdated | Sort::LongestWaiting => {
                "only those with the newest matches are put in order"
            }
        };
        notices.push(format!(
            "Very many messages have these words, so {instead}; add words or filters to narrow it."
        ));
    }
    Ok(notices)
}

/// Says that some rows have only a part of what was asked for.
fn partial(page: &Page) -> Option<String> {
    let partial = page.hits.iter().filter(|hit| hit.only.is_some()).count();
    if partial == 0 {
        return None;
    }
    if page.hits.len() == partial && page.total == Total::Exactly(0) {
        return Some("No conversation has everything that was asked for; these have some of it, named in matched_only, the best first.".to_owned());
    }
    if page.hits.len() == partial && page.total.is_nothing() {
        return Some("None was found that has everything that was asked for; these have some of it, named in matched_only, the best first.".to_owned());
    }
    Some(
        "Those with matched_only have only the words it names; total_matches counts those that have all."
            .to_owned(),
    )
}

/// What no message has, and when nothing was found, which words are spelt alike.
fn found_nowhere(connection: &Connection, page: &Page, content: Content<'_>) -> Result<Vec<String>, Failure> {
    let mut notices = Vec::new();
    let leaves: Vec<String> = page.query.leaves().iter().map(search::Leaf::typed).collect();
    let nowhere: Vec<String> = page.nowhere.iter().filter_map(|leaf| leaves.get(*leaf)).cloned().collect();
    // Where something is left out, only messages without it were looked through.
    if !nowhere.is_empty() && page.query.unwanted().is_empty() {
        notices.push(format!("No message in range has {}.", quoted(&nowhere)));
    }
    // Words of the index may be parts of what is blanked out.
    if page.hits.is_empty() && page.total.is_nothing() && !content.blanks_any() {
        let corrected =
            |word: &str| page.query.corrections.iter().any(|known| known.typed == search::fold(word));
        let vocabulary = search::Vocabulary::open(connection)?;
        let mut near = Vec::new();
        for word in leaves.iter().filter(|word| !corrected(word)) {
            let word = search::fold(word);
            if !vocabulary.has(&word)? {
                near.extend(search::nearest(&vocabulary, &word)?);
            }
        }
        let mut named = HashSet::new();
        near.retain(|word| named.insert(word.clone()));
        near.truncate(MOST_ALIKE);
        if !near.is_empty() {
            notices.push(format!("Words in the cache that are spelt alike: {}.", quoted(&near)));
        }
    }
    Ok(notices)
}

/// What was left out by a word that may have been meant otherwise.
fn left_out(page: &Page, typed: &str) -> Option<String> {
    let unwanted = page.query.unwanted();
    let may_be_meant = typed.split_whitespace().any(|word| word == "NOT");
    (!unwanted.is_empty() && (may_be_meant || page.hits.is_empty()))
        .then(|| format!("Conversations with {} were left out, as NOT and \"-\" say.", quoted(&unwanted)))
}

/// Which words were taken for others.
fn corrected(page: &Page, content: Content<'_>) -> impl Iterator<Item = String> {
    page.query.corrections.iter().map(move |correction| {
        // Words of the index may be parts of what is blanked out.
        let taken = if content.blanks_any() {
            "they are not told, since texts are blanked out here".to_owned()
        } else {
            cut(&clean(&correction.taken.join(", ")), WORDS)
        };
        let typed = clean(&correction.typed);
        if correction.begins {
            format!("No message has the word \"{typed}\"; words that begin so were taken: {taken}.")
        } else {
            format!("No message has the word \"{typed}\"; the nearest were taken: {taken}.")
        }
    })
}

fn quoted(words: &[String]) -> String {
    let words: Vec<String> =
        words.iter().map(|word| format!("\"{}\"", clean(word).trim_matches('"'))).collect();
    cut(&words.join(", "), WORDS)
}
