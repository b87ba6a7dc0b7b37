//! Intercom's answers as they came, where they are to be kept: a later version reads further fields
//! from them, without a request.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreResult;
use crate::ids::ConversationId;

/// Of nine: the next one is half as fast for three bytes in a hundred.
const LEVEL: u8 = 6;
/// Longer than any answer that was taken, so that a damaged one cannot fill the memory.
const LONGEST: usize = 64 * 1024 * 1024;

/// An answer, deflated.
#[derive(Clone, Debug)]
pub struct Deflated(Vec<u8>);

impl Deflated {
    #[must_use]
    pub fn of(json: &[u8]) -> Self {
        Self(compress_to_vec(json, LEVEL))
    }
}

/// Keeps the answer about a conversation in place of an older one.
///
/// # Errors
/// When the database cannot be written; so for the other functions of this file.
pub fn write(connection: &Connection, conversation: i64, answer: &Deflated) -> StoreResult<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO raw_answers (conversation, answer) VALUES (?1, ?2)")?
        .execute(params![conversation, answer.0])?;
    Ok(())
}

/// The answer about a conversation as it came; none when none was kept, or it is damaged.
pub fn read(connection: &Connection, id: &ConversationId) -> StoreResult<Option<Vec<u8>>> {
    let deflated: Option<Vec<u8>> = connection
        .prepare_cached(
            "SELECT r.answer FROM conversations c JOIN raw_answers r ON r.conversation = c.number WHERE c.id = ?1",
        )?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(deflated.and_then(|bytes| decompress_to_vec_with_limit(&bytes, LONGEST).ok()))
}

/// Bytes that kept answers take, as far as they hold any.
pub fn bytes(connection: &Connection) -> StoreResult<u64> {
    let sql = "SELECT coalesce(sum(length(answer)), 0) FROM raw_answers";
    let bytes: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(bytes).unwrap_or(0))
}

/// Conversations that an earlier version read and whose answer was kept whole, so many at most.
pub fn unfilled(connection: &Connection, most: u32) -> StoreResult<Vec<ConversationId>> {
    let mut statement = connection.prepare_cached(
        "SELECT c.id FROM conversations c JOIN raw_answers r ON r.conversation = c.number
         WHERE c.fields IS NULL AND c.thread_complete ORDER BY c.updated_at DESC LIMIT ?1",
    )?;
    let rows = statement.query_map([most], |row| row.get(0).map(ConversationId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Removes the answer about a conversation.
pub fn forget(connection: &Connection, id: &ConversationId) -> StoreResult<()> {
    connection
        .prepare_cached(
            "DELETE FROM raw_answers WHERE conversation = (SELECT number FROM conversations WHERE id = ?1)",
        )?
        .execute([id.as_str()])?;
    Ok(())
}

/// Removes all that were kept. Says whether there were any.
pub fn forget_all(connection: &Connection) -> StoreResult<bool> {
    Ok(connection.execute("DELETE FROM raw_answers", [])? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{OpenMode, Store};

    #[test]
    fn an_answer_comes_back_as_it_was_and_a_damaged_one_does_not() {
        let store = Store::open(":memory:".as_ref(), OpenMode::ReadWrite).expect("opens");
        let connection = store.connection();
        connection
            .execute_batch(
                "INSERT INTO conversations (number, id, created_at, updated_at) VALUES (7, '100', '', '')",
            )
            .expect("fills");
        let id = ConversationId("100".to_owned());
        assert_eq!(read(connection, &id).expect("reads"), None);
        let json = "{\"body\": \"こんにちは\"}".repeat(500);
        write(connection, 7, &Deflated::of(b"{}")).expect("writes");
        write(connection, 7, &Deflated::of(json.as_bytes())).expect("writes");
        assert_eq!(read(connection, &id).expect("reads").as_deref(), Some(json.as_bytes()));
        connection.execute("UPDATE raw_answers SET answer = x'ff00ff'", []).expect("damages");
        assert_eq!(read(connection, &id).expect("reads"), None);
        assert!(forget_all(connection).expect("forgets"));
        assert!(!forget_all(connection).expect("forgets"));
    }
}
