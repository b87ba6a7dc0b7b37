//! How long a conversation is to the ranking: in words that say something. Words of grammar make
//! a short question as long as a longer one that says more.

use std::collections::HashSet;
use std::sync::OnceLock;

use rusqlite::{Connection, params};

use super::stop_words::STOP_WORDS;
use crate::error::StoreResult;
use crate::store::lossy::text;
use crate::text::{index_text, plain_text};

/// Conversations that are counted in one transaction.
pub const BATCH: usize = 500;

/// Words of a plain text but for those of English grammar, as the index has them: of scripts
/// without blanks its pairs of characters.
fn words(plain: &str) -> usize {
    static GRAMMAR: OnceLock<HashSet<&str>> = OnceLock::new();
    let grammar = GRAMMAR.get_or_init(|| STOP_WORDS.iter().copied().collect());
    index_text(plain)
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .filter(|word| word.len() > 8 || !grammar.contains(word.to_ascii_lowercase().as_str()))
        .count()
}

/// Counts the words of a stored conversation and notes them.
///
/// # Errors
/// What SQLite reports.
pub fn measure(connection: &Connection, conversation: i64) -> StoreResult<()> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce(title, '') FROM conversations WHERE number = ?1 \
         UNION ALL SELECT body FROM messages \
         WHERE conversation_id = (SELECT id FROM conversations WHERE number = ?1)",
    )?;
    let mut rows = statement.query([conversation])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let body: String = text(row, 0)?;
        count += words(&plain_text(&body));
    }
    connection
        .prepare_cached("UPDATE conversations SET words = ?2 WHERE number = ?1 AND words IS NOT ?2")?
        .execute(params![conversation, i64::try_from(count).unwrap_or(i64::MAX)])?;
    Ok(())
}

/// Counts the words of [`BATCH`] conversations that an earlier version stored. Returns how many
/// these were: fewer when no others are left.
///
/// # Errors
/// What SQLite reports.
pub fn measure_some(connection: &Connection) -> StoreResult<usize> {
    let mut statement =
        connection.prepare_cached("SELECT number FROM conversations WHERE words IS NULL LIMIT ?1")?;
    let uncounted: Vec<i64> = statement
        .query_map([i64::try_from(BATCH).unwrap_or(i64::MAX)], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for conversation in &uncounted {
        measure(connection, *conversation)?;
    }
    Ok(uncounted.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_grammar_do_not_count() {
        assert_eq!(words("What can I do if my card still hasn't arrived after 2 weeks?"), 8);
        assert_eq!(words("The of and"), 0);
        assert_eq!(words("請求書"), 3);
    }
}
