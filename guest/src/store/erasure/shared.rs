//! Conversations in which others took part go on without somebody.

use std::sync::Arc;

use rusqlite::Connection;

use super::erased::{Erased, blank};
use super::person::{self, Person};
use super::sought::Sought;
use super::sweep::Table;
use crate::error::StoreResult;
use crate::ids::ConversationId;
use crate::store::conversations::write_thread::remove_message;

/// Takes a person out of a conversation that goes on without them.
pub(super) fn take_out(
    tx: &Connection,
    person: &Person,
    id: &ConversationId,
    erased: &mut Erased,
) -> StoreResult<()> {
    let ids = person.ids();
    let mut statement = tx.prepare_cached(&format!(
        "SELECT id, number, part_type IS 'initial' FROM messages
         WHERE conversation_id = ?1 AND author_id IN ({ids}) AND author_type IN ('user', 'lead')"
    ))?;
    let messages: Vec<(String, i64, bool)> = statement
        .query_map([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let began = messages.iter().any(|(_, _, first)| *first);
    for (message, number, _) in &messages {
        remove_message(tx, message, *number)?;
    }
    erased.remove("messages", messages.len());
    let mut run = |table: &str, sql: &str| -> StoreResult<usize> {
        let rows = tx.prepare_cached(sql)?.execute([id.as_str()])?;
        if !table.is_empty() {
            erased.remove(table, rows);
        }
        Ok(rows)
    };
    run(
        "conversation_events",
        &format!(
            "DELETE FROM conversation_events WHERE conversation = (SELECT number FROM conversations WHERE id = ?1)
                AND author_id IN ({ids}) AND author_type IN ('user', 'lead')"
        ),
    )?;
    run(
        "conversation_contacts",
        &format!("DELETE FROM conversation_contacts WHERE conversation_id = ?1 AND contact_id IN ({ids})"),
    )?;
    run(
        "raw_answers",
        "DELETE FROM raw_answers WHERE conversation = (SELECT number FROM conversations WHERE id = ?1)",
    )?;
    if began {
        run("", "UPDATE conversations SET title = NULL, source_url = NULL WHERE id = ?1")?;
    }
    // Whose it is by now: the name is that of who wrote first, who need not be the first customer.
    // What the one said of it was theirs.
    let (names, addresses) = (person::list(&person.names), person::list(&person.addresses));
    run(
        "",
        &format!(
            "UPDATE conversations SET (contact_id, customer_name, customer_email, company_id, company_name) = (
                SELECT x.contact_id, k.name, k.email, k.company_id, k.company_name
                FROM conversation_contacts x LEFT JOIN contacts k ON k.id = x.contact_id
                WHERE x.conversation_id = ?1
                ORDER BY x.contact_id = conversations.contact_id DESC, x.contact_id LIMIT 1),
                rating_remark = NULL, ai_rating_remark = NULL
             WHERE id = ?1 AND (contact_id IN ({ids}) OR contact_id IS NULL OR customer_name IN ({names})
                OR lower(customer_email) IN ({addresses}))"
        ),
    )?;
    run(
        "",
        "UPDATE conversations SET
            message_count = (SELECT count(*) FROM messages WHERE conversation_id = ?1) WHERE id = ?1",
    )?;
    Ok(())
}

/// Blanks the words of their names in a conversation that they took part in: `Hi Jane`.
pub(super) fn blank_words(
    tx: &Connection,
    tables: &[Table],
    id: &ConversationId,
    words: &Arc<Sought>,
    erased: &mut Erased,
) -> StoreResult<()> {
    let quoted = id.as_str().replace('\'', "''");
    let number = format!("(SELECT number FROM conversations WHERE id = '{quoted}')");
    for table in tables {
        let condition = match table.name.as_str() {
            "conversations" => format!("id = '{quoted}'"),
            "messages" => format!("conversation_id = '{quoted}'"),
            "conversation_events" => format!("conversation = {number}"),
            _ => continue,
        };
        let (_, found) = table.mentioning(tx, &condition, words)?;
        blank(tx, table, &found, erased)?;
    }
    Ok(())
}
