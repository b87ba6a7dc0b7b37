//! Tickets with their parts, the customers that they are of, and what they are linked to: written.

pub mod ticket_search;

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreResult;
use crate::ids::{ContactId, TicketId};
use crate::store::conversations::rows::LinkRow;
use crate::store::lossy::text;
use crate::text::{index_text, plain_text};
use crate::time::UnixSeconds;

/// What is written of a ticket.
#[derive(Clone, Debug)]
pub struct TicketRow {
    pub id: TicketId,
    pub ticket_id: Option<String>,
    pub category: Option<String>,
    pub kind: Option<String>,
    pub state: Option<String>,
    pub state_label: Option<String>,
    pub title: Option<String>,
    /// HTML
    pub description: Option<String>,
    /// JSON object, none when empty.
    pub attributes: Option<String>,
    pub open: bool,
    pub is_shared: bool,
    pub admin_assignee_id: Option<String>,
    pub team_assignee_id: Option<String>,
    pub created_at: UnixSeconds,
    pub updated_at: UnixSeconds,
    pub snoozed_until: Option<UnixSeconds>,
    pub resolved_at: Option<UnixSeconds>,
    pub parts_truncated: bool,
    pub contacts: Vec<ContactId>,
    pub links: Vec<LinkRow>,
    /// In the order of time.
    pub parts: Vec<TicketPartRow>,
}

#[derive(Clone, Debug)]
pub struct TicketPartRow {
    pub id: String,
    pub part_type: String,
    pub created_at: UnixSeconds,
    pub author_type: &'static str,
    pub author_id: Option<String>,
    pub author_name: Option<String>,
    /// HTML; none for events.
    pub body: Option<String>,
    pub is_note: bool,
    pub redacted: bool,
    /// JSON array of `{name, content_type, size}`, none when empty.
    pub attachments: Option<String>,
    pub assigned_to_type: Option<String>,
    pub assigned_to_id: Option<String>,
    /// JSON object, none when empty.
    pub details: Option<String>,
}

/// Writes a ticket in the place of what is stored of it, unless that is newer. Returns whether it did.
///
/// Of a ticket with more parts than Intercom returns, those that were stored before it did stay.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written; so for all below that write.
pub fn write(connection: &Connection, ticket: &TicketRow) -> StoreResult<bool> {
    let id = ticket.id.as_str();
    let number: Option<i64> = connection
        .prepare_cached(
            "INSERT INTO tickets (id, ticket_id, category, type, state, state_label, title, description, attributes,
                open, is_shared, admin_assignee_id, team_assignee_id, created_at, updated_at, snoozed_until,
                resolved_at, parts_truncated)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
             ON CONFLICT (id) DO UPDATE SET ticket_id = excluded.ticket_id, category = excluded.category,
                type = excluded.type, state = excluded.state, state_label = excluded.state_label,
                title = excluded.title, description = excluded.description, attributes = excluded.attributes,
                open = excluded.open, is_shared = excluded.is_shared,
                admin_assignee_id = excluded.admin_assignee_id, team_assignee_id = excluded.team_assignee_id,
                created_at = excluded.created_at, updated_at = excluded.updated_at,
                snoozed_until = excluded.snoozed_until, resolved_at = excluded.resolved_at,
                parts_truncated = excluded.parts_truncated
             WHERE updated_at <= excluded.updated_at
             RETURNING number",
        )?
        .query_row(
            params![
                id,
                ticket.ticket_id,
                ticket.category,
                ticket.kind,
                ticket.state,
                ticket.state_label,
                ticket.title,
                ticket.description,
                ticket.attributes,
                ticket.open,
                ticket.is_shared,
                ticket.admin_assignee_id,
                ticket.team_assignee_id,
                ticket.created_at,
                ticket.updated_at,
                ticket.snoozed_until,
                ticket.resolved_at,
                ticket.parts_truncated
            ],
            |row| row.get(0),
        )
        .optional()?;
    let Some(number) = number else { return Ok(false) };
    write_parts(connection, number, ticket)?;
    for table in ["ticket_contacts", "ticket_links"] {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE ticket = ?1"))?.execute([number])?;
    }
    for contact in &ticket.contacts {
        connection
            .prepare_cached("INSERT OR IGNORE INTO ticket_contacts (contact_id, ticket) VALUES (?1, ?2)")?
            .execute(params![contact.as_str(), number])?;
    }
    for link in &ticket.links {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO ticket_links (ticket, kind, id, category) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![number, link.kind, link.id, link.category])?;
        // The conversation says so, too, but is read again only when it changes.
        if link.kind == "conversation" {
            connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO conversation_links (conversation, kind, id, category)
                     SELECT number, 'ticket', ?2, ?3 FROM conversations WHERE id = ?1",
                )?
                .execute(params![link.id, id, ticket.category])?;
        }
    }
    index(connection, number)?;
    Ok(true)
}

fn write_parts(connection: &Connection, number: i64, ticket: &TicketRow) -> StoreResult<()> {
    let oldest = ticket.parts.first().filter(|_| ticket.parts_truncated).map(|part| part.created_at);
    connection
        .prepare_cached("DELETE FROM ticket_parts WHERE ticket = ?1 AND (?2 IS NULL OR created_at >= ?2)")?
        .execute(params![number, oldest])?;
    let first: i64 = connection
        .prepare_cached("SELECT coalesce(max(position) + 1, 0) FROM ticket_parts WHERE ticket = ?1")?
        .query_row([number], |row| row.get(0))?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO ticket_parts (ticket, position, id, part_type, created_at, author_type, author_id, author_name,
            body, is_note, redacted, attachments, assigned_to_type, assigned_to_id, details)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?;
    for (position, part) in (first..).zip(&ticket.parts) {
        insert.execute(params![
            number,
            position,
            part.id,
            part.part_type,
            part.created_at,
            part.author_type,
            part.author_id,
            part.author_name,
            part.body,
            part.is_note,
            part.redacted,
            part.attachments,
            part.assigned_to_type,
            part.assigned_to_id,
            part.details
        ])?;
    }
    Ok(())
}

/// Enters the words of a ticket into the index as it is stored now.
pub fn index(connection: &Connection, number: i64) -> StoreResult<()> {
    let texts = texts(connection, number)?;
    unindex(connection, number)?;
    if let Some(Texts { title, written, beside }) = texts {
        let body = written.into_iter().chain(beside).collect::<Vec<_>>().join("\n");
        connection
            .prepare_cached("INSERT INTO tickets_fts (rowid, body, subject) VALUES (?1, ?2, ?3)")?
            .execute(params![number, index_text(&body), index_text(&title)])?;
    }
    Ok(())
}

fn unindex(connection: &Connection, number: i64) -> StoreResult<()> {
    connection.prepare_cached("DELETE FROM tickets_fts WHERE rowid = ?1")?.execute([number])?;
    Ok(())
}

/// Indexes all tickets anew: the index keeps no text from which it could be renewed itself.
pub fn index_all(connection: &Connection) -> StoreResult<()> {
    connection.execute("DELETE FROM tickets_fts", [])?;
    let mut statement = connection.prepare("SELECT number FROM tickets ORDER BY number")?;
    let numbers: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    numbers.into_iter().try_for_each(|number| index(connection, number))
}

/// What can be read of a ticket, as plain text.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    pub title: String,
    /// The description and all parts.
    pub written: Vec<String>,
    /// Values of attributes, and the number that people see.
    pub beside: Vec<String>,
}

/// The texts of the ticket of that number.
pub fn texts(connection: &Connection, number: i64) -> StoreResult<Option<Texts>> {
    type Found = (Option<String>, Option<String>, Option<String>, Option<String>);
    let found: Option<Found> = connection
        .prepare_cached("SELECT title, description, attributes, ticket_id FROM tickets WHERE number = ?1")?
        .query_row([number], |row| Ok((text(row, 0)?, text(row, 1)?, text(row, 2)?, text(row, 3)?)))
        .optional()?;
    let Some((title, description, attributes, ticket_id)) = found else { return Ok(None) };
    let mut written: Vec<String> = description.map(|html| plain_text(&html)).into_iter().collect();
    let mut parts = connection.prepare_cached(
        "SELECT body FROM ticket_parts WHERE ticket = ?1 AND body IS NOT NULL ORDER BY position",
    )?;
    let mut rows = parts.query([number])?;
    while let Some(row) = rows.next()? {
        written.push(plain_text(&text::<String>(row, 0)?));
    }
    let attributes: serde_json::Map<String, serde_json::Value> =
        attributes.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    let values = attributes.values().filter_map(|value| value.as_str().map(str::to_owned));
    let beside = values.chain(ticket_id).collect();
    Ok(Some(Texts { title: plain_text(&title.unwrap_or_default()), written, beside }))
}

/// Takes a ticket that is gone from the conversations that were linked to it.
pub fn unlink(connection: &Connection, id: &TicketId) -> StoreResult<()> {
    connection
        .prepare_cached("DELETE FROM conversation_links WHERE kind = 'ticket' AND id = ?1")?
        .execute([id.as_str()])?;
    Ok(())
}

/// Removes a ticket. Says whether it was there.
pub fn remove(connection: &Connection, id: &TicketId) -> StoreResult<bool> {
    let number: Option<i64> = connection
        .prepare_cached("DELETE FROM tickets WHERE id = ?1 RETURNING number")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    if let Some(number) = number {
        unindex(connection, number)?;
    }
    Ok(number.is_some())
}

/// Removes the tickets that were last changed before that moment. Returns how many.
pub fn remove_before(connection: &Connection, moment: UnixSeconds) -> StoreResult<usize> {
    let ids = ids_between(connection, UnixSeconds(i64::MIN), moment.plus(-1))?;
    for id in &ids {
        remove(connection, id)?;
    }
    Ok(ids.len())
}

/// Tickets that were last changed then, both ends included.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read; so for the others.
pub fn ids_between(
    connection: &Connection,
    low: UnixSeconds,
    high: UnixSeconds,
) -> StoreResult<Vec<TicketId>> {
    let low = if low.0 < 0 { UnixSeconds(0) } else { low };
    let mut statement = connection
        .prepare_cached("SELECT id FROM tickets WHERE updated_at BETWEEN ?1 AND ?2 ORDER BY updated_at")?;
    let ids = statement.query_map(params![low, high], |row| text(row, 0).map(TicketId))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// How many tickets there are.
pub fn count(connection: &Connection) -> StoreResult<u64> {
    let count: i64 =
        connection.prepare_cached("SELECT count(*) FROM tickets")?.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}
