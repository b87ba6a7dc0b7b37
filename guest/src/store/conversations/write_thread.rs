//! Writing a whole thread: only what differs from what is stored.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreResult;
use crate::ids::{ConversationId, PartId};
use crate::store::conversations::message_numbers;
use crate::store::conversations::raw_answers;
use crate::store::conversations::rows::{EventRow, MessageRow, SeenContact, ThreadRows};
use crate::store::conversations::write_conversation;
use crate::store::index::{IndexEntry, index_message, unindex_message};
use crate::store::lossy;
use crate::text;
use crate::time::UnixSeconds;

/// What writing a thread did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadOutcome {
    /// It is stored; so many messages were new or changed.
    Stored { messages: u64 },
    /// The database holds a newer state of the conversation.
    Older,
}

/// Writes a thread, in the caller's transaction.
///
/// Parts that are no longer returned are removed, except those older than what a truncated answer
/// reaches back to: these Intercom cannot show any more, and ours may be the only copy.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn store_thread(
    connection: &Connection,
    thread: &ThreadRows,
    now: UnixSeconds,
) -> StoreResult<ThreadOutcome> {
    let Some(number) = write_conversation::upsert(connection, &thread.conversation, now)? else {
        return Ok(ThreadOutcome::Older);
    };
    if let Some(raw) = thread.raw.as_ref().filter(|_| !thread.parts_unknown) {
        raw_answers::write(connection, number, raw)?;
    }
    let id = &thread.conversation.id;
    let owner = Owner { id, number };
    let mut stored = stored_messages(connection, id)?;
    let oldest = thread.oldest_part.map(UnixSeconds::to_iso);
    let out_of_reach = |created_at: &str| {
        thread.parts_unknown
            || (thread.truncated && oldest.as_deref().is_some_and(|oldest| created_at < oldest))
    };

    let subject = thread.conversation.title.as_deref();
    let returned: std::collections::HashSet<&str> =
        thread.first.iter().chain(&thread.messages).map(|message| message.id.as_str()).collect();
    let is_returned = |id: &str| returned.contains(owner.shared_part(id).unwrap_or(id));
    let kept =
        stored.iter().filter(|(id, message)| !is_returned(id) && out_of_reach(&message.created_at)).count();

    let mut changed = 0;
    let mut sequence = 0;
    if let Some(first) = &thread.first {
        changed += u64::from(write_message(connection, owner, first, sequence, subject, &mut stored)?);
        sequence += 1;
    }
    sequence += i64::try_from(kept).unwrap_or(i64::MAX / 2);
    for message in &thread.messages {
        changed += u64::from(write_message(connection, owner, message, sequence, None, &mut stored)?);
        sequence += 1;
    }
    for (gone, message) in stored {
        if !out_of_reach(&message.created_at) {
            remove_message(connection, &gone, message.number)?;
        }
    }
    write_events(connection, number, &thread.events, |created_at| out_of_reach(&created_at.to_iso()))?;
    for contact in &thread.seen_contacts {
        write_seen_contact(connection, contact)?;
    }

    let last = thread.messages.last().or(thread.first.as_ref()).map(|message| message.created_at);
    let figures = &thread.conversation.figures;
    connection
        .prepare_cached(
            "UPDATE conversations SET
                message_count = ?2, thread_complete = NOT ?10,
                last_message_synced = CASE WHEN ?10 THEN coalesce(last_message_synced, ?3) ELSE ?3 END,
                message_sequence_number = ?4, thread_last_checked = ?5, thread_updated_at = ?6,
                parts_truncated = CASE WHEN ?10 THEN parts_truncated ELSE ?7 END,
                first_response_seconds =
                    CASE WHEN ?7 OR ?10 THEN coalesce(first_response_seconds, ?8) ELSE ?8 END,
                first_ai_response_seconds =
                    CASE WHEN ?7 OR ?10 THEN coalesce(first_ai_response_seconds, ?9) ELSE ?9 END,
                customer_email = coalesce(customer_email, (SELECT email FROM contacts WHERE contacts.id = contact_id)),
                has_attachment = has_attachment OR ((?7 OR ?10) AND EXISTS (
                    SELECT 1 FROM messages WHERE conversation_id = ?1 AND attachments IS NOT NULL))
             WHERE id = ?1",
        )?
        .execute(params![
            id.as_str(),
            sequence,
            last,
            (sequence - 1).max(0),
            now,
            thread.as_of,
            thread.truncated,
            figures.first_response_seconds,
            figures.first_ai_response_seconds,
            thread.parts_unknown,
        ])?;
    crate::store::search::measure(connection, number)?;
    Ok(ThreadOutcome::Stored { messages: changed })
}

/// The conversation whose messages are written.
#[derive(Clone, Copy)]
struct Owner<'a> {
    id: &'a ConversationId,
    number: i64,
}

impl Owner<'_> {
    /// The id under which a part is stored that another conversation holds, too.
    fn id_of_shared(&self, part: &PartId) -> PartId {
        PartId(format!("{part}@{}", self.id))
    }

    /// The part whose id that is, when it is one of [`Owner::id_of_shared`].
    fn shared_part<'i>(&self, id: &'i str) -> Option<&'i str> {
        id.strip_suffix(self.id.as_str())?.strip_suffix('@')
    }
}

struct StoredMessage {
    number: i64,
    sequence: Option<i64>,
    created_at: String,
    body: String,
    updated_at: Option<String>,
    author_name: Option<String>,
    redacted: bool,
    part_type: Option<String>,
    attachments: Option<String>,
    tags: Option<String>,
}

fn stored_messages(
    connection: &Connection,
    id: &ConversationId,
) -> StoreResult<HashMap<String, StoredMessage>> {
    let mut statement = connection.prepare_cached(
        "SELECT m.id, m.number, m.sequence_number, m.created_at, m.body, m.updated_at,
                coalesce(m.author_name, a.name), m.redacted, m.part_type, m.attachments, m.tags
         FROM messages m LEFT JOIN admins a ON a.id = m.author_id WHERE m.conversation_id = ?1",
    )?;
    let rows = statement.query_map([id.as_str()], |row| {
        Ok((
            lossy::text(row, 0)?,
            StoredMessage {
                number: row.get(1)?,
                sequence: row.get(2)?,
                created_at: lossy::text(row, 3)?,
                body: lossy::text(row, 4)?,
                updated_at: lossy::text(row, 5)?,
                author_name: lossy::text(row, 6)?,
                redacted: row.get(7)?,
                part_type: lossy::text(row, 8)?,
                attachments: lossy::text(row, 9)?,
                tags: lossy::text(row, 10)?,
            },
        ))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes one message if it differs from what is stored, which is taken out of `stored`. Says
/// whether there was something to write.
fn write_message(
    connection: &Connection,
    owner: Owner<'_>,
    message: &MessageRow,
    sequence: i64,
    subject: Option<&str>,
    stored: &mut HashMap<String, StoredMessage>,
) -> StoreResult<bool> {
    let shared = owner.id_of_shared(&message.id);
    let known = match stored.remove(message.id.as_str()) {
        Some(known) => Some((&message.id, known)),
        None => stored.remove(shared.as_str()).map(|known| (&shared, known)),
    };
    if let Some((id, known)) = known {
        let same_text = known.body == message.body && known.redacted == message.redacted;
        // A new title is a change of the first message's index row too; whether it is new is not
        // known here, so the first message is indexed again with each change of its thread.
        if !same_text || subject.is_some() {
            unindex_message(connection, known.number)?;
            index(connection, owner, known.number, subject, message)?;
        }
        let same = same_text
            && known.sequence == Some(sequence)
            && known.updated_at == message.updated_at.map(UnixSeconds::to_iso)
            && known.author_name == message.author_name
            && known.part_type.as_deref() == Some(message.part_type.as_str())
            && known.attachments == message.attachments
            && known.tags == message.tags;
        if same {
            return Ok(false);
        }
        delete_row(connection, known.number)?;
        return insert_at(connection, owner.id, id, message, sequence, known.number).map(|_| !same_text);
    }
    let mut number = crate::store::message_number(message.created_at);
    if !insert_at(connection, owner.id, &message.id, message, sequence, number)? {
        // Either the number is taken, or another conversation holds the same part: one that was
        // merged into this one, or Intercom shows it in both. Each keeps its message; that of a
        // conversation that is gone goes with it.
        let is_shared = message_numbers::of_message(connection, &message.id)?.is_some();
        let id = if is_shared { &shared } else { &message.id };
        number = message_numbers::free_from(connection, number)?;
        insert_at(connection, owner.id, id, message, sequence, number)?;
    }
    index(connection, owner, number, subject, message)?;
    Ok(true)
}

fn index(
    connection: &Connection,
    owner: Owner<'_>,
    number: i64,
    subject: Option<&str>,
    message: &MessageRow,
) -> StoreResult<()> {
    if message.body.is_empty() && subject.is_none() {
        return Ok(());
    }
    let entry = IndexEntry {
        message: number,
        conversation: owner.number,
        subject,
        plain_body: &text::plain_text(&message.body),
        is_note: message.is_note,
    };
    index_message(connection, &entry)
}

/// Inserts a message under that number. False when the number or the id is taken.
fn insert_at(
    connection: &Connection,
    conversation: &ConversationId,
    id: &PartId,
    message: &MessageRow,
    sequence: i64,
    number: i64,
) -> StoreResult<bool> {
    let inserted = connection
        .prepare_cached(
            "INSERT INTO messages (number, id, conversation_id, author_type, body, created_at, part_type,
                sequence_number, thread_position, author_id, author_name,
                is_note, is_ai, redacted, updated_at, attachments, tags)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9,
                nullif(?10, (SELECT name FROM admins WHERE admins.id = ?9)), ?11, ?12, ?13, ?14, ?15, ?16)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            number,
            id.as_str(),
            conversation.as_str(),
            message.author_type,
            message.body,
            message.created_at,
            message.part_type,
            sequence,
            message.author_id,
            message.author_name,
            message.is_note,
            message.is_ai,
            message.redacted,
            message.updated_at,
            message.attachments,
            message.tags,
        ])?;
    Ok(inserted > 0)
}

fn delete_row(connection: &Connection, number: i64) -> StoreResult<()> {
    connection.prepare_cached("DELETE FROM messages WHERE number = ?1")?.execute([number])?;
    Ok(())
}

/// Removes a message from the table and from the index of words.
pub(in crate::store) fn remove_message(connection: &Connection, id: &str, number: i64) -> StoreResult<()> {
    unindex_message(connection, number)?;
    connection.prepare_cached("DELETE FROM messages WHERE id = ?1")?.execute([id])?;
    Ok(())
}

fn write_events(
    connection: &Connection,
    conversation: i64,
    events: &[EventRow],
    out_of_reach: impl Fn(UnixSeconds) -> bool,
) -> StoreResult<()> {
    let mut statement = connection.prepare_cached(
        "SELECT CAST(id AS TEXT), created_seconds FROM conversation_events WHERE conversation = ?1",
    )?;
    let mut stored: HashMap<String, UnixSeconds> = statement
        .query_map([conversation], |row| Ok((row.get(0)?, UnixSeconds(row.get(1)?))))?
        .collect::<Result<_, _>>()?;
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO conversation_events (conversation, id, kind, created_seconds, author_type,
            author_id, author_name, assigned_to_type, assigned_to_id, details)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, nullif(?7, (SELECT name FROM admins WHERE admins.id = ?6)), ?8, ?9, ?10)",
    )?;
    for event in events {
        if stored.remove(event.id.as_str()).is_some() {
            continue;
        }
        insert.execute(params![
            conversation,
            event_id(event.id.as_str()),
            event_kind(connection, &event.kind)?,
            event.created_at.0,
            event.author_type,
            event.author_id,
            event.author_name,
            event.assigned_to_type,
            event.assigned_to_id,
            event.details,
        ])?;
    }
    for (gone, created_at) in stored {
        if !out_of_reach(created_at) {
            connection
                .prepare_cached("DELETE FROM conversation_events WHERE conversation = ?1 AND id = ?2")?
                .execute(params![conversation, event_id(&gone)])?;
        }
    }
    Ok(())
}

/// An event's id as it is stored: as a number, which is half as long, if it is the text of one.
fn event_id(id: &str) -> Value {
    match id.parse::<i64>() {
        Ok(number) if number.to_string() == id => Value::Integer(number),
        _ => Value::Text(id.to_owned()),
    }
}

/// The number of a kind of event, which is entered when it is new.
fn event_kind(connection: &Connection, kind: &str) -> StoreResult<i64> {
    let known = connection
        .prepare_cached("SELECT number FROM event_kinds WHERE name = ?1")?
        .query_row([kind], |row| row.get(0))
        .optional()?;
    match known {
        Some(number) => Ok(number),
        None => Ok(connection
            .prepare_cached("INSERT INTO event_kinds (name) VALUES (?1) RETURNING number")?
            .query_row([kind], |row| row.get(0))?),
    }
}

/// Remembers a customer seen in a thread, unless the contact itself was fetched.
fn write_seen_contact(connection: &Connection, contact: &SeenContact) -> StoreResult<()> {
    connection
        .prepare_cached(
            "INSERT INTO contacts (id, role, name, email) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET
                role = excluded.role,
                name = coalesce(excluded.name, name),
                email = coalesce(excluded.email, email)
             WHERE fetched_at IS NULL
                AND (role IS NOT excluded.role OR name IS NOT excluded.name OR email IS NOT excluded.email)",
        )?
        .execute(params![contact.id.as_str(), contact.role, contact.name, contact.email])?;
    Ok(())
}
