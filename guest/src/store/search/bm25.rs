//! BM25, with the numbers of this cache.

use rusqlite::Connection;

use super::varint::varints;
use crate::error::StoreResult;

/// How soon further occurrences stop to count, and how much the length of a text does: the usual
/// values are 1.2 and 0.75. Of 0.9 to 1.5 and 0.6 to 0.8, these keep the seven collections of
/// docs/SEARCH.md together best.
const SATURATION: f64 = 1.2;
const LENGTH: f64 = 0.6;

/// What is indexed, in all.
#[derive(Clone, Copy, Debug)]
pub struct Totals {
    pub conversations: f64,
    pub messages: f64,
    /// Numbers of the oldest and the newest message.
    pub oldest: i64,
    pub newest: i64,
    /// Words of a conversation on average, as [`super::length`] counts them; none: not counted yet.
    pub conversation_length: Option<f64>,
    /// Words of a message on average, as FTS5 counts them.
    pub message_length: f64,
}

impl Totals {
    /// Reads them, from FTS5's own record of averages.
    pub fn read(connection: &Connection) -> StoreResult<Self> {
        let (conversations, oldest, newest, words, counted): (i64, i64, i64, i64, i64) = connection
            .prepare_cached(
                "SELECT coalesce((SELECT sum(count) FROM counts WHERE kind = 'state'), 0), \
                 coalesce((SELECT min(number) FROM messages), 0), coalesce((SELECT max(number) FROM messages), 0), \
                 (SELECT count FROM counts WHERE kind = 'words' AND name = ''), \
                 (SELECT count FROM counts WHERE kind = 'with_words' AND name = '')",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
        let average = words as f64 / counted as f64;
        let averages: Vec<u8> = connection
            .prepare_cached("SELECT block FROM messages_fts_data WHERE id = 1")?
            .query_row([], |row| row.get(0))?;
        let mut numbers = varints(&averages);
        let messages = numbers.next().unwrap_or(0).max(1) as f64;
        let in_messages = numbers.take(3).sum::<u64>().max(1) as f64;
        let conversations = conversations.max(1) as f64;
        Ok(Self {
            conversations,
            messages,
            oldest,
            newest,
            conversation_length: (average > 0.0).then_some(average),
            message_length: in_messages / messages,
        })
    }
}

/// How much it says that a text has a term that `having` of `all` texts have.
pub fn rarity(having: f64, all: f64) -> f64 {
    let having = having.min(all);
    (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
}

/// What a term adds for a text that has it so often; `length` is relative to the average.
pub fn weight(rarity: f64, occurrences: f64, length: f64) -> f64 {
    rarity * occurrences * (SATURATION + 1.0) / (occurrences + SATURATION * (1.0 - LENGTH + LENGTH * length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_say_more_and_long_texts_less() {
        assert!(rarity(3.0, 1_000.0) > 2.0 * rarity(300.0, 1_000.0));
        assert!(weight(1.0, 2.0, 1.0) > weight(1.0, 1.0, 1.0));
        assert!(weight(1.0, 1.0, 0.5) > weight(1.0, 1.0, 3.0));
        assert!(rarity(1_000.0, 1_000.0) > 0.0);
    }
}
