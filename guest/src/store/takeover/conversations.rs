//! Conversations of all generations and backups, merged by id.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::sources::Source;
use super::values::{text, time};
use crate::error::StoreResult;
use crate::sorting;
use crate::time::UnixSeconds;

pub(super) struct Conversation {
    pub(super) id: String,
    created: UnixSeconds,
    updated: UnixSeconds,
    customer_email: Option<String>,
    tags: Option<String>,
    last_synced: Option<UnixSeconds>,
    last_message_synced: Option<UnixSeconds>,
    thread_last_checked: Option<UnixSeconds>,
    /// The generation it comes from; none for one that is only known from its messages.
    pub(super) generation: Option<usize>,
}

/// The merged conversations, found by id.
#[derive(Default)]
pub(super) struct Conversations {
    rows: Vec<Conversation>,
    by_id: HashMap<String, usize>,
}

impl Conversations {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Conversation> {
        self.rows.get(index)
    }

    /// The place of the conversation a message belongs to. When no table has it, it is made up
    /// from its messages: a message is never dropped.
    pub(super) fn place_of(&mut self, id: &str, message_at: UnixSeconds) -> usize {
        if let Some(index) = self.by_id.get(id).copied() {
            if let Some(orphan) = self.rows.get_mut(index).filter(|row| row.generation.is_none()) {
                orphan.created = orphan.created.min(message_at);
                orphan.updated = orphan.updated.max(message_at);
            }
            return index;
        }
        self.insert(Conversation {
            id: id.to_owned(),
            created: message_at,
            updated: message_at,
            customer_email: None,
            tags: None,
            last_synced: None,
            last_message_synced: None,
            thread_last_checked: None,
            generation: None,
        })
    }

    fn insert(&mut self, conversation: Conversation) -> usize {
        let index = self.rows.len();
        self.by_id.insert(conversation.id.clone(), index);
        self.rows.push(conversation);
        index
    }
}

/// Reads the sources, the most trusted first. Of one conversation the row updated last stays.
pub(super) fn read(connection: &Connection, sources: &mut [Source]) -> StoreResult<Conversations> {
    let mut merged = Conversations::default();
    for source in sources.iter_mut() {
        let wanted = [
            "id",
            "created_at",
            "updated_at",
            "customer_email",
            "tags",
            "last_synced",
            "last_message_synced",
            "thread_last_checked",
        ];
        let list = wanted.map(|name| source.column(name)).join(", ");
        let mut statement =
            connection.prepare(&format!("SELECT {list} FROM {} ORDER BY rowid", source.sql()))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let Some(id) = text(row, 0)? else {
                source.understood = false;
                continue;
            };
            let last_synced = time(row, 5)?;
            let (created, updated) = (time(row, 1)?, time(row, 2)?);
            // A time that cannot be read must not make the row unreadable.
            let created = created.or(updated).or(last_synced).unwrap_or_default();
            let updated = updated.unwrap_or(created);
            let conversation = Conversation {
                id,
                created,
                updated,
                customer_email: text(row, 3)?,
                tags: text(row, 4)?,
                last_synced,
                last_message_synced: time(row, 6)?,
                thread_last_checked: time(row, 7)?,
                generation: Some(source.generation),
            };
            match merged.by_id.get(&conversation.id).copied().and_then(|index| merged.rows.get_mut(index)) {
                Some(known) if known.updated < conversation.updated => *known = conversation,
                Some(_) => {}
                None => {
                    merged.insert(conversation);
                }
            }
        }
    }
    Ok(merged)
}

/// Writes them, oldest first, and puts each into the queue of threads to fetch.
pub(super) fn write(
    connection: &Connection,
    conversations: &Conversations,
    message_counts: &[i64],
    now: UnixSeconds,
) -> StoreResult<()> {
    let counts = message_counts.iter().copied();
    let mut order: Vec<(&Conversation, i64)> = conversations.rows.iter().zip(counts).collect();
    sorting::by(&mut order, |(one, _), (other, _)| (one.created, &one.id).cmp(&(other.created, &other.id)));
    let mut insert = connection.prepare(
        "INSERT INTO conversations (id, created_at, updated_at, customer_email, tags, last_synced, message_count,
             thread_complete, last_message_synced, thread_last_checked)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, FALSE, ?8, ?9)",
    )?;
    let mut queue =
        connection.prepare("INSERT INTO hydration_queue (conversation_id, updated_at) VALUES (?1, ?2)")?;
    for (conversation, count) in order {
        insert.execute(params![
            conversation.id,
            conversation.created.to_iso(),
            conversation.updated.to_iso(),
            conversation.customer_email,
            tags(conversation.tags.as_deref()),
            conversation.last_synced.unwrap_or(now).to_iso(),
            count,
            conversation.last_message_synced.map(UnixSeconds::to_iso),
            conversation.thread_last_checked.map(UnixSeconds::to_iso),
        ])?;
        queue.execute(params![conversation.id, conversation.updated.0])?;
    }
    Ok(())
}

/// A JSON array of names, whatever was stored.
fn tags(stored: Option<&str>) -> String {
    let stored = stored.unwrap_or_default().trim();
    match serde_json::from_str::<serde_json::Value>(stored) {
        Ok(serde_json::Value::Array(_)) => stored.to_owned(),
        Ok(serde_json::Value::Null) => "[]".to_owned(),
        _ if stored.is_empty() => "[]".to_owned(),
        _ => serde_json::Value::from(vec![stored]).to_string(),
    }
}
