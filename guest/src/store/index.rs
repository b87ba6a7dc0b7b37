//! The index of words (`messages_fts`): entering and removing one message.

use rusqlite::{Connection, params};

use crate::error::StoreResult;
use crate::text::index_text;

/// What the index knows of a message.
#[derive(Clone, Copy, Debug)]
pub struct IndexEntry<'a> {
    /// `messages.number`
    pub message: i64,
    /// `conversations.number`
    pub conversation: i64,
    /// The conversation's title, for its first message only.
    pub subject: Option<&'a str>,
    /// What a person reads: `text::clean(&text::html_to_text(body))`. [`index_message`] turns it
    /// into [`index_text`] itself.
    pub plain_body: &'a str,
    /// An internal note goes into the column `note`, so that a search can leave notes out.
    pub is_note: bool,
}

/// Enters a message into the index, or replaces its entry.
///
/// # Errors
/// What SQLite reports.
pub fn index_message(transaction: &Connection, entry: &IndexEntry<'_>) -> StoreResult<()> {
    let text = index_text(entry.plain_body);
    let (body, note) = if entry.is_note { ("", text.as_str()) } else { (text.as_str(), "") };
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO messages_fts (rowid, body, note, subject, conversation) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            entry.message,
            body,
            note,
            index_text(entry.subject.unwrap_or_default()),
            entry.conversation
        ])?;
    Ok(())
}

/// Takes a message out of the index. Nothing happens when it is not there.
///
/// # Errors
/// What SQLite reports.
pub fn unindex_message(transaction: &Connection, number: i64) -> StoreResult<()> {
    transaction.prepare_cached("DELETE FROM messages_fts WHERE rowid = ?1")?.execute([number])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(db: &Connection, query: &str) -> Vec<i64> {
        let mut statement = db
            .prepare("SELECT rowid FROM messages_fts WHERE messages_fts MATCH ?1 ORDER BY rowid")
            .expect("prepares");
        statement
            .query_map([query], |row| row.get(0))
            .expect("matches")
            .collect::<Result<_, _>>()
            .expect("reads")
    }

    #[test]
    fn a_message_is_found_in_its_column_until_it_is_removed() {
        let db = Connection::open_in_memory().expect("opens");
        db.execute_batch(include_str!("schema.sql")).expect("schema");
        let enter = |message: i64, subject: Option<&str>, plain_body: &str, is_note: bool| {
            index_message(&db, &IndexEntry { message, conversation: 7, subject, plain_body, is_note })
                .expect("indexes");
        };
        enter(16, Some("Broken invoice"), "The total is wrong", false);
        enter(32, None, "wrong account, I think", true);
        assert_eq!(found(&db, "wrong"), [16, 32]);
        assert_eq!(found(&db, "{subject body}: wrong"), [16]);
        assert_eq!(found(&db, "subject: invoice"), [16]);

        let conversation: i64 = db
            .query_row(
                "SELECT conversation FROM messages_fts WHERE messages_fts MATCH 'invoice'",
                [],
                |row| row.get(0),
            )
            .expect("its conversation");
        assert_eq!(conversation, 7);

        enter(16, None, "All is right now", false);
        assert_eq!(found(&db, "wrong"), [32]);
        assert_eq!(found(&db, "invoice"), Vec::<i64>::new());

        unindex_message(&db, 32).expect("removes");
        unindex_message(&db, 32).expect("nothing to remove is no error");
        assert_eq!(found(&db, "wrong"), Vec::<i64>::new());
    }
}
