//! The index of words (`messages_fts`): entering and removing one message.

use rusqlite::{Connection, params};

use crate::error::StoreResult;
use crate::text::index_text;

/// Enters a message into the index, or replaces its entry.
///
/// `number` is its `messages.number`; `subject` the conversation's title, for the first message
/// only; `plain_body` what a person reads: `text::clean(&text::html_to_text(body))`. This turns
/// it into [`index_text`] itself. An internal note goes into the column `note`, so that a search
/// can leave notes out.
///
/// # Errors
/// What SQLite reports.
pub fn index_message(
    transaction: &Connection,
    number: i64,
    subject: Option<&str>,
    plain_body: &str,
    is_note: bool,
) -> StoreResult<()> {
    let text = index_text(plain_body);
    let (body, note) = if is_note { ("", text.as_str()) } else { (text.as_str(), "") };
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO messages_fts (rowid, subject, body, note) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![number, index_text(subject.unwrap_or_default()), body, note])?;
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
        index_message(&db, 16, Some("Broken invoice"), "The total is wrong", false).expect("indexes");
        index_message(&db, 32, None, "wrong account, I think", true).expect("indexes");
        assert_eq!(found(&db, "wrong"), [16, 32]);
        assert_eq!(found(&db, "{subject body}: wrong"), [16]);
        assert_eq!(found(&db, "subject: invoice"), [16]);

        index_message(&db, 16, None, "All is right now", false).expect("replaces");
        assert_eq!(found(&db, "wrong"), [32]);
        assert_eq!(found(&db, "invoice"), Vec::<i64>::new());

        unindex_message(&db, 32).expect("removes");
        unindex_message(&db, 32).expect("nothing to remove is no error");
        assert_eq!(found(&db, "wrong"), Vec::<i64>::new());
    }
}
