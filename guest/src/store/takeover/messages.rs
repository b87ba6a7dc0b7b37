//! Messages of all generations and backups, united by id, numbered and indexed.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, Statement, params};

use super::conversations::Conversations;
use super::sources::Source;
use super::values::{text, time};
use crate::error::StoreResult;
use crate::sorting;
use crate::store::{IndexEntry, index_message, message_number};
use crate::text::plain_text;
use crate::time::UnixSeconds;

/// Where a message is, without its text: all of them are in memory at once.
pub(super) struct Entry {
    id: String,
    /// Its place in [`Conversations`].
    conversation: usize,
    created: UnixSeconds,
    source: usize,
    rowid: i64,
}

/// Finds the messages. Of one that is in several sources, that beside the newer copy of its
/// conversation counts, else that of the most trusted source.
pub(super) fn read(
    connection: &Connection,
    sources: &mut [Source],
    conversations: &mut Conversations,
) -> StoreResult<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut by_id: HashMap<String, usize> = HashMap::new();
    for (number, source) in sources.iter_mut().enumerate() {
        let list =
            ["id", "conversation_id", "created_at", "last_synced"].map(|name| source.column(name)).join(", ");
        let mut statement =
            connection.prepare(&format!("SELECT rowid, {list} FROM {} ORDER BY rowid", source.sql()))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (Some(id), Some(conversation)) = (text(row, 1)?, text(row, 2)?) else {
                source.understood = false;
                continue;
            };
            let created = time(row, 3)?.or(time(row, 4)?).unwrap_or_default();
            let conversation = conversations.place_of(&conversation, created);
            let entry = Entry { id: id.clone(), conversation, created, source: number, rowid: row.get(0)? };
            match by_id.get(&id).copied().and_then(|index| entries.get_mut(index)) {
                Some(known) => {
                    let newer = conversations
                        .get(entry.conversation)
                        .and_then(|conversation| conversation.generation);
                    if newer == Some(source.generation) {
                        *known = entry;
                    }
                }
                None => {
                    by_id.insert(id, entries.len());
                    entries.push(entry);
                }
            }
        }
    }
    // The order of a thread: the first message, then by time.
    sorting::by_key(&mut entries, |entry| {
        (entry.conversation, Reverse(entry.id.ends_with("_initial")), entry.created, entry.rowid)
    });
    Ok(entries)
}

/// How many messages each conversation has.
pub(super) fn counts(conversations: &Conversations, entries: &[Entry]) -> Vec<i64> {
    let mut counts = vec![0; conversations.len()];
    for entry in entries {
        if let Some(count) = counts.get_mut(entry.conversation) {
            *count += 1;
        }
    }
    counts
}

/// Writes the messages and enters them into the index of words.
pub(super) fn write(
    connection: &Connection,
    sources: &[Source],
    conversations: &Conversations,
    entries: &[Entry],
) -> StoreResult<()> {
    let mut readers: Vec<Statement<'_>> = Vec::with_capacity(sources.len());
    for source in sources {
        let list =
            ["author_type", "body", "part_type", "last_synced"].map(|name| source.column(name)).join(", ");
        readers.push(connection.prepare(&format!("SELECT {list} FROM {} WHERE rowid = ?1", source.sql()))?);
    }
    let mut insert = connection.prepare(
        "INSERT INTO messages (number, id, conversation_id, author_type, body, created_at, part_type, sequence_number,
             last_synced, thread_position, is_note)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?8, ?10)",
    )?;
    let mut numbers = Numbers::default();
    let mut number_of = connection.prepare("SELECT number FROM conversations WHERE id = ?1")?;
    let (mut thread, mut position, mut conversation_number) = (None, 0, 0);
    for entry in entries {
        let (Some(reader), Some(conversation)) =
            (readers.get_mut(entry.source), conversations.get(entry.conversation))
        else {
            continue;
        };
        if thread == Some(entry.conversation) {
            position += 1;
        } else {
            position = 0;
            conversation_number = number_of.query_row([&conversation.id], |row| row.get(0))?;
        }
        thread = Some(entry.conversation);
        let (author, body, part, synced) = reader.query_row([entry.rowid], |row| {
            Ok((text(row, 0)?, text(row, 1)?, text(row, 2)?, time(row, 3)?))
        })?;
        let body = body.unwrap_or_default();
        let is_note = part.as_deref() == Some("note");
        let number = numbers.take(entry.created);
        insert.execute(params![
            number,
            entry.id,
            conversation.id,
            author.as_deref().unwrap_or("user"),
            body,
            entry.created.to_iso(),
            part,
            position,
            synced.map(UnixSeconds::to_iso),
            is_note,
        ])?;
        let plain_body = plain_text(&body);
        let entry = IndexEntry {
            message: number,
            conversation: conversation_number,
            subject: None,
            plain_body: &plain_body,
            is_note,
        };
        index_message(connection, &entry)?;
    }
    Ok(())
}

/// Gives each message the next free number of its second.
#[derive(Default)]
struct Numbers {
    taken: HashSet<i64>,
    /// By the first number of a second, where to go on looking: thousands of messages of one
    /// second, as an import makes them, would otherwise each begin anew.
    next: HashMap<i64, i64>,
}

impl Numbers {
    fn take(&mut self, created: UnixSeconds) -> i64 {
        let first = message_number(created);
        let next = self.next.entry(first).or_insert(first);
        while !self.taken.insert(*next) {
            *next = next.saturating_add(1);
        }
        *next
    }
}
