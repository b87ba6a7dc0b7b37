//! Conversations that are gone, remembered so that they do not come back.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreResult;
use crate::ids::ConversationId;
use crate::store::conversations::write_thread::remove_message;
use crate::time::UnixSeconds;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Intercom answered 404.
    NotFound,
    /// The list of deleted conversations names it.
    Deleted,
    /// It is older than what shall be kept.
    Retention,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Deleted => "deleted",
            Self::Retention => "retention",
        }
    }
}

/// Removes a conversation with all that belongs to it, and remembers it. Says whether it was
/// stored.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn bury(
    connection: &Connection,
    id: &ConversationId,
    deleted_at: UnixSeconds,
    reason: Reason,
) -> StoreResult<bool> {
    let removed = remove(connection, id)?;
    connection
        .prepare_cached(
            "INSERT INTO tombstones (conversation_id, deleted_at, reason) VALUES (?1, ?2, ?3)
             ON CONFLICT (conversation_id) DO UPDATE SET deleted_at = excluded.deleted_at, reason = excluded.reason",
        )?
        .execute(params![id.as_str(), deleted_at, reason.as_str()])?;
    Ok(removed)
}

/// Removes a conversation with all that belongs to it. Says whether it was stored.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn remove(connection: &Connection, id: &ConversationId) -> StoreResult<bool> {
    let mut statement =
        connection.prepare_cached("SELECT id, number FROM messages WHERE conversation_id = ?1")?;
    let messages: Vec<(String, i64)> = statement
        .query_map([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (message, number) in messages {
        remove_message(connection, &message, number)?;
    }
    for table in ["conversation_events", "conversation_content_sources", "conversation_links", "raw_answers"]
    {
        connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE conversation = (SELECT number FROM conversations WHERE id = ?1)"
            ))?
            .execute([id.as_str()])?;
    }
    for table in ["conversation_tags", "conversation_contacts", "hydration_queue"] {
        connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE conversation_id = ?1"))?
            .execute([id.as_str()])?;
    }
    let removed =
        connection.prepare_cached("DELETE FROM conversations WHERE id = ?1")?.execute([id.as_str()])?;
    Ok(removed > 0)
}

/// Whether a conversation that a list shows, changed at that time, is known to be gone.
///
/// A lagging list shows deleted conversations for a while, as they were before. One that changed
/// after a 404 is alive; one on the list of deleted ones never is. What was dropped for its age
/// stays away as long as it is too old: `kept_from` is where that ends now, which may be further
/// back than it was.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn is_buried(
    connection: &Connection,
    id: &ConversationId,
    updated_at: UnixSeconds,
    kept_from: Option<UnixSeconds>,
) -> StoreResult<bool> {
    let found: Option<bool> = connection
        .prepare_cached(
            "SELECT CASE reason WHEN 'deleted' THEN 1 WHEN 'retention' THEN coalesce(?2 < ?3, 0) ELSE deleted_at >= ?2 END
             FROM tombstones WHERE conversation_id = ?1",
        )?
        .query_row(params![id.as_str(), updated_at, kept_from], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(false))
}

/// Whether the list of deleted conversations has named it already.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn is_deleted(connection: &Connection, id: &ConversationId) -> StoreResult<bool> {
    let found = connection
        .prepare_cached("SELECT 1 FROM tombstones WHERE conversation_id = ?1 AND reason = 'deleted'")?
        .exists([id.as_str()])?;
    Ok(found)
}

/// Forgets a tombstone of a conversation that is alive after all.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn unbury(connection: &Connection, id: &ConversationId) -> StoreResult<()> {
    connection.prepare_cached("DELETE FROM tombstones WHERE conversation_id = ?1")?.execute([id.as_str()])?;
    Ok(())
}
