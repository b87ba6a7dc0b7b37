//! The words that the index has, looked up in the index itself (`fts5vocab`).
//!
//! A list of its own would have to be kept by every sync. Finding the next word behind another is
//! one descent into the index, whatever the number of messages with it.

use rusqlite::{Connection, OptionalExtension};

use crate::error::StoreResult;

/// Makes the vocabulary readable for a connection.
pub fn register(connection: &Connection) -> StoreResult<()> {
    connection.execute_batch(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab('main', 'messages_fts', 'instance')",
    )?;
    Ok(())
}

/// Words that begin so, in the order of their letters, so many at most.
pub fn beginning_with(connection: &Connection, beginning: &str, most: usize) -> StoreResult<Vec<String>> {
    let mut first = connection.prepare_cached("SELECT term FROM temp.vocabulary WHERE term >= ?1 LIMIT 1")?;
    let mut next = connection.prepare_cached("SELECT term FROM temp.vocabulary WHERE term > ?1 LIMIT 1")?;
    let mut words: Vec<String> = Vec::new();
    let mut found: Option<String> = first.query_row([beginning], |row| row.get(0)).optional()?;
    while let Some(word) = found.filter(|word| word.starts_with(beginning) && words.len() < most) {
        found = next.query_row([&word], |row| row.get(0)).optional()?;
        words.push(word);
    }
    Ok(words)
}

/// Whether the index has the word.
pub fn has(connection: &Connection, word: &str) -> StoreResult<bool> {
    Ok(connection.prepare_cached("SELECT 1 FROM temp.vocabulary WHERE term = ?1 LIMIT 1")?.exists([word])?)
}
