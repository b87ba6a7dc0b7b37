//! What belongs to a conversation in tables of its own: what an AI agent answered from, and what it
//! is linked to; and which conversations were read before these fields were kept.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value};

use crate::error::StoreResult;
use crate::store::conversations::bulk::document;
use crate::store::conversations::rows::{ContentSourceRow, LinkRow};

/// Which fields this program keeps of a conversation, in `conversations.fields`. A row that was
/// written by an earlier one has a smaller number or none, and is fetched again.
pub const GENERATION: i64 = 1;

/// Replaces what a conversation's AI agent answered from.
///
/// # Errors
/// When the database cannot be written; so for the other functions of this file.
pub fn write_content_sources(
    connection: &Connection,
    conversation: i64,
    sources: &[ContentSourceRow],
) -> StoreResult<()> {
    let mut statement = connection
        .prepare_cached("SELECT source FROM conversation_content_sources WHERE conversation = ?1")?;
    let mut gone: Vec<i64> =
        statement.query_map([conversation], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for source in sources {
        let number = content_source(connection, source)?;
        let before = gone.len();
        gone.retain(|known| *known != number);
        if gone.len() == before {
            connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO conversation_content_sources (source, conversation) VALUES (?1, ?2)",
                )?
                .execute([number, conversation])?;
        }
    }
    for number in gone {
        connection
            .prepare_cached(
                "DELETE FROM conversation_content_sources WHERE source = ?1 AND conversation = ?2",
            )?
            .execute([number, conversation])?;
    }
    Ok(())
}

fn content_source(connection: &Connection, source: &ContentSourceRow) -> StoreResult<i64> {
    let ContentSourceRow { kind, title, url, locale } = source;
    let known = connection
        .prepare_cached(
            "SELECT number FROM content_sources WHERE title = ?1 AND kind = ?2 AND url = ?3 AND locale = ?4",
        )?
        .query_row([title, kind, url, locale], |row| row.get(0))
        .optional()?;
    match known {
        Some(number) => Ok(number),
        None => Ok(connection
            .prepare_cached(
                "INSERT INTO content_sources (title, kind, url, locale) VALUES (?1, ?2, ?3, ?4) RETURNING number",
            )?
            .query_row([title, kind, url, locale], |row| row.get(0))?),
    }
}

/// Replaces what a conversation is linked to.
pub fn write_links(connection: &Connection, conversation: i64, links: &[LinkRow]) -> StoreResult<()> {
    let mut statement =
        connection.prepare_cached("SELECT kind, id FROM conversation_links WHERE conversation = ?1")?;
    let stored: Vec<(String, String)> = statement
        .query_map([conversation], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (kind, id) in &stored {
        if !links.iter().any(|link| link.kind == *kind && link.id == *id) {
            connection
                .prepare_cached(
                    "DELETE FROM conversation_links WHERE conversation = ?1 AND kind = ?2 AND id = ?3",
                )?
                .execute(params![conversation, kind, id])?;
        }
    }
    for link in links {
        connection
            .prepare_cached(
                "INSERT INTO conversation_links (conversation, kind, id, category) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (conversation, kind, id) DO UPDATE SET category = excluded.category
                 WHERE category IS NOT excluded.category",
            )?
            .execute(params![conversation, link.kind, link.id, link.category])?;
    }
    Ok(())
}

/// What Intercom says of a conversation beside what lists show, by the names of the columns; null
/// where it says nothing.
pub fn of_conversation(connection: &Connection, number: i64) -> StoreResult<Option<Map<String, Value>>> {
    let mut statement = connection.prepare_cached(
        "SELECT c.custom_attributes, c.sla_name, c.sla_status, c.source_url AS page, c.current_channel,
            coalesce(b.name, b.email, c.closed_by_id) AS closed_by,
            c.assignment_seconds, c.office_first_response_seconds, c.office_resolution_seconds,
            c.handling_seconds, c.team_response_seconds,
            c.ai_answer_type AS answer_type, c.ai_source_title AS brought_in_by,
            (SELECT json_group_array(json_object('title', s.title, 'kind', s.kind, 'url', s.url))
                FROM conversation_content_sources x JOIN content_sources s ON s.number = x.source
                WHERE x.conversation = c.number) AS sources,
            (SELECT json_group_array(json_object('kind', l.kind, 'id', l.id, 'category', l.category,
                    'title', t.title, 'type', t.type, 'state', t.state))
                FROM conversation_links l LEFT JOIN tickets t ON t.id = l.id AND l.kind = 'ticket'
                WHERE l.conversation = c.number) AS linked,
            k.plan, k.monthly_spend, k.segments, p.country,
            coalesce(c.language, p.language) AS language
         FROM conversations c LEFT JOIN admins b ON b.id = c.closed_by_id
            LEFT JOIN companies k ON k.id = c.company_id LEFT JOIN contacts p ON p.id = c.contact_id
         WHERE c.number = ?1",
    )?;
    Ok(statement.query_row([number], document).optional()?)
}

/// Whether any conversation is linked to something of that id, kind, category, or ticket type or state.
pub fn is_linked(connection: &Connection, name: &str) -> StoreResult<bool> {
    let sql = "SELECT 1 FROM conversation_links WHERE id = ?1 OR kind = ?1 COLLATE NOCASE OR category = ?1 COLLATE NOCASE
        UNION ALL SELECT 1 FROM tickets t JOIN conversation_links l ON l.id = t.id AND l.kind = 'ticket'
            WHERE t.ticket_id = ?1 OR t.type = ?1 COLLATE NOCASE OR t.state = ?1 COLLATE NOCASE
                OR t.state_label = ?1 COLLATE NOCASE LIMIT 1";
    Ok(connection.prepare_cached(sql)?.exists([name])?)
}

/// What Intercom knows of a contact beyond its conversations.
pub fn of_contact(connection: &Connection, id: &str) -> StoreResult<Option<Map<String, Value>>> {
    let mut statement = connection.prepare_cached(
        "SELECT p.role, p.phone, p.external_id AS your_id, p.country, p.region, p.city, p.language, p.browser, p.os,
            p.signed_up_at, p.last_seen_at, coalesce(a.name, a.email, p.owner_id) AS owner, p.unsubscribed,
            (SELECT json_group_array(t.name) FROM json_each(p.tag_ids) j JOIN tags t ON t.id = j.value) AS tags,
            p.custom_attributes, p.company_id
         FROM contacts p LEFT JOIN admins a ON a.id = p.owner_id WHERE p.id = ?1",
    )?;
    Ok(statement.query_row([id], document).optional()?)
}

/// What Intercom knows of the company of that id or exact name, as it is now.
pub fn of_company(connection: &Connection, id_or_name: &str) -> StoreResult<Option<Map<String, Value>>> {
    let mut statement = connection.prepare_cached(
        "SELECT name, external_id AS your_id, plan, monthly_spend, size, industry, website, user_count,
            created_at, last_request_at, tags, segments, custom_attributes
         FROM companies WHERE id = ?1 OR name = ?1 COLLATE NOCASE ORDER BY id = ?1 DESC LIMIT 1",
    )?;
    Ok(statement.query_row([id_or_name], document).optional()?)
}

/// Queues so many conversations at most that an earlier version read, the latest changes first,
/// and returns how many there are in all.
pub fn enqueue_unfilled(connection: &Connection, most: u32) -> StoreResult<u64> {
    let count = unfilled(connection)?;
    if count > 0 {
        connection.execute(
            "INSERT OR IGNORE INTO hydration_queue (conversation_id, updated_at)
             SELECT id, coalesce(CAST(strftime('%s', updated_at) AS INTEGER), 0) FROM conversations
             WHERE fields IS NULL ORDER BY updated_at DESC LIMIT ?1",
            [most],
        )?;
    }
    Ok(count)
}

/// Makes all conversations such that are to be fetched again.
pub fn forget_all(connection: &Connection) -> StoreResult<()> {
    connection.execute("UPDATE conversations SET fields = NULL WHERE fields IS NOT NULL", [])?;
    Ok(())
}

/// How many conversations are to be fetched again.
pub fn unfilled(connection: &Connection) -> StoreResult<u64> {
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM conversations WHERE fields IS NULL")?
        .query_row([], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// What a person is told about these.
#[must_use]
pub fn note(unfilled: u64) -> String {
    format!(
        "{unfilled} conversations are still to be fetched again, since an earlier version of this program kept less of them (the AI agent's sources, Intercom's statistics, links) or `sync --refetch` was interrupted. Each sync fetches some, the newest first; `fastintercom sync --refetch` fetches all at once."
    )
}

#[cfg(test)]
#[path = "fields_tests.rs"]
mod tests;
