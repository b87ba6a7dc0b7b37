//! Reading conversations and their messages.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::StoreResult;
use crate::store::lossy::text;
use crate::time::UnixSeconds;

/// A conversation without its messages. Texts are as stored: neither clean nor redacted.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    pub number: i64,
    pub id: String,
    pub created_at: String,
    pub updated_at: String,
    pub title: Option<String>,
    pub state: String,
    pub priority: String,
    pub channel: Option<String>,
    pub customer_email: Option<String>,
    pub customer_name: Option<String>,
    pub company_name: Option<String>,
    pub tags: Vec<String>,
    pub assignee: Option<String>,
    pub team: Option<String>,
    pub message_count: i64,
    pub thread_complete: bool,
    pub parts_truncated: bool,
    pub waiting_since: Option<String>,
    pub snoozed_until: Option<String>,
    pub last_customer_message_at: Option<String>,
    pub first_response_seconds: Option<i64>,
    pub first_ai_response_seconds: Option<i64>,
    pub resolution_seconds: Option<i64>,
    pub reopen_count: i64,
    pub rating: Option<i64>,
    pub rating_remark: Option<String>,
    pub ai_involved: bool,
    pub ai_outcome: Option<String>,
    /// Of the AI agent alone.
    pub ai_rating: Option<i64>,
    pub ai_rating_remark: Option<String>,
    /// Of the company, as it is now.
    pub plan: Option<String>,
    pub monthly_spend: Option<f64>,
    pub sla_status: Option<String>,
    pub delivered_as: Option<String>,
    /// The first of its contacts.
    pub contact_id: Option<String>,
}

const CONVERSATION: &str = "SELECT c.number, c.id, c.created_at, c.updated_at, c.title, c.state, c.priority, c.channel, \
    c.customer_email, c.customer_name, c.company_name, c.tags, coalesce(a.name, a.email, c.admin_assignee_id), \
    coalesce(t.name, c.team_assignee_id), c.message_count, c.thread_complete, c.parts_truncated, \
    CASE WHEN c.state <> 'closed' THEN c.waiting_since END, c.snoozed_until, c.last_customer_message_at, \
    c.first_response_seconds, c.first_ai_response_seconds, c.resolution_seconds, c.reopen_count, c.rating, c.rating_remark, \
    c.ai_involved, c.ai_outcome, c.sla_status, c.delivered_as, c.ai_rating, c.ai_rating_remark, k.plan, k.monthly_spend, c.contact_id \
    FROM conversations c LEFT JOIN companies k ON k.id = c.company_id LEFT JOIN admins a ON a.id = c.admin_assignee_id LEFT JOIN teams t ON t.id = c.team_assignee_id";

fn conversation(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    Ok(Conversation {
        number: row.get(0)?,
        id: text(row, 1)?,
        created_at: text(row, 2)?,
        updated_at: text(row, 3)?,
        title: text(row, 4)?,
        state: text(row, 5)?,
        priority: text(row, 6)?,
        channel: text(row, 7)?,
        customer_email: text(row, 8)?,
        customer_name: text(row, 9)?,
        company_name: text(row, 10)?,
        // The column is ours, but a database may have been written by others.
        tags: serde_json::from_str(&text::<Option<String>>(row, 11)?.unwrap_or_default()).unwrap_or_default(),
        assignee: text(row, 12)?,
        team: text(row, 13)?,
        message_count: row.get(14)?,
        thread_complete: row.get(15)?,
        parts_truncated: row.get(16)?,
        waiting_since: text(row, 17)?,
        snoozed_until: text(row, 18)?,
        last_customer_message_at: text(row, 19)?,
        first_response_seconds: row.get(20)?,
        first_ai_response_seconds: row.get(21)?,
        resolution_seconds: row.get(22)?,
        reopen_count: row.get(23)?,
        rating: row.get(24)?,
        rating_remark: text(row, 25)?,
        ai_involved: row.get(26)?,
        ai_outcome: text(row, 27)?,
        sla_status: text(row, 28)?,
        delivered_as: text(row, 29)?,
        ai_rating: row.get(30)?,
        ai_rating_remark: text(row, 31)?,
        plan: text(row, 32)?,
        monthly_spend: row.get(33)?,
        contact_id: text(row, 34)?,
    })
}

/// The conversation with that row number.
///
/// # Errors
/// When the database cannot be read; so for the other functions of this file.
pub fn by_number(connection: &Connection, number: i64) -> StoreResult<Option<Conversation>> {
    let mut statement = connection.prepare_cached(&format!("{CONVERSATION} WHERE c.number = ?1"))?;
    Ok(statement.query_row([number], conversation).optional()?)
}

/// The conversation with that id of Intercom's.
pub fn by_id(connection: &Connection, id: &str) -> StoreResult<Option<Conversation>> {
    let mut statement = connection.prepare_cached(&format!("{CONVERSATION} WHERE c.id = ?1"))?;
    Ok(statement.query_row([id], conversation).optional()?)
}

/// Why and when a conversation was removed.
pub fn tombstone(connection: &Connection, id: &str) -> StoreResult<Option<(String, String)>> {
    let mut statement =
        connection.prepare_cached("SELECT deleted_at, reason FROM tombstones WHERE conversation_id = ?1")?;
    Ok(statement.query_row([id], |row| Ok((text(row, 0)?, text(row, 1)?))).optional()?)
}

/// A message. The body is HTML as stored.
#[derive(Clone, Debug, Default)]
pub struct Message {
    pub number: i64,
    pub id: String,
    pub author_type: String,
    pub author_name: Option<String>,
    /// Intercom's part type: `initial`, `comment`, `note`, `assignment`, …
    pub part_type: Option<String>,
    pub body: String,
    pub created_at: String,
    pub is_note: bool,
    pub is_ai: bool,
    pub redacted: bool,
    /// JSON array of `{name, content_type, size}`.
    pub attachments: Option<String>,
    /// JSON array of names.
    pub tags: Option<String>,
}

const MESSAGE: &str = "SELECT m.number, m.id, m.author_type, coalesce(m.author_name, CASE WHEN m.author_type IN ('user', 'lead') THEN NULL ELSE a.name END), \
    m.part_type, m.body, m.created_at, m.is_note, m.is_ai, m.redacted, m.attachments, m.tags \
    FROM messages m LEFT JOIN admins a ON a.id = m.author_id";

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        number: row.get(0)?,
        id: text(row, 1)?,
        author_type: text(row, 2)?,
        author_name: text(row, 3)?,
        part_type: text(row, 4)?,
        body: text(row, 5)?,
        created_at: text(row, 6)?,
        is_note: row.get(7)?,
        is_ai: row.get(8)?,
        redacted: row.get(9)?,
        attachments: text(row, 10)?,
        tags: text(row, 11)?,
    })
}

/// The message with that number.
pub fn message_by_number(connection: &Connection, number: i64) -> StoreResult<Option<Message>> {
    let mut statement = connection.prepare_cached(&format!("{MESSAGE} WHERE m.number = ?1"))?;
    Ok(statement.query_row([number], message).optional()?)
}

/// The first message of a conversation.
pub fn first_message(connection: &Connection, id: &str) -> StoreResult<Option<Message>> {
    let sql = format!("{MESSAGE} WHERE m.conversation_id = ?1 ORDER BY m.sequence_number, m.number LIMIT 1");
    Ok(connection.prepare_cached(&sql)?.query_row([id], message).optional()?)
}

/// The place of a message in its thread. Messages of one second follow Intercom's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub i64);

/// Places of the thread's messages in order, without their texts.
pub fn places(connection: &Connection, id: &str, with_notes: bool) -> StoreResult<Vec<(Place, String)>> {
    let sql = "SELECT m.number, m.id FROM messages m WHERE m.conversation_id = ?1 AND (?2 OR NOT m.is_note) \
        ORDER BY coalesce(m.sequence_number, 0), m.created_at, m.number";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![id, with_notes], |row| Ok((Place(row.get(0)?), text(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Something that happened in a conversation without a text: an assignment, a closing.
#[derive(Clone, Debug)]
pub struct Event {
    pub kind: String,
    pub created_at: UnixSeconds,
    pub author_name: Option<String>,
    pub author_type: Option<String>,
    /// Name of the team or teammate that it was assigned to.
    pub assigned_to: Option<String>,
    /// JSON object.
    pub details: Option<String>,
}

/// The newest events of a conversation, oldest first. Those of one second come by their ids, which
/// are numbers that grow.
pub fn events(connection: &Connection, id: &str, most: usize) -> StoreResult<Vec<Event>> {
    let sql = "SELECT k.name, e.created_seconds, coalesce(e.author_name, a.name), e.author_type, \
        CASE e.assigned_to_type WHEN 'team' THEN t.name ELSE b.name END, e.details \
        FROM conversations c JOIN conversation_events e ON e.conversation = c.number \
        JOIN event_kinds k ON k.number = e.kind LEFT JOIN admins a ON a.id = e.author_id \
        LEFT JOIN teams t ON t.id = e.assigned_to_id LEFT JOIN admins b ON b.id = e.assigned_to_id \
        WHERE c.id = ?1 ORDER BY e.created_seconds DESC, e.id DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut events = statement
        .query_map(params![id, most as i64], |row| {
            Ok(Event {
                kind: text(row, 0)?,
                created_at: UnixSeconds(row.get(1)?),
                author_name: text(row, 2)?,
                author_type: text(row, 3)?,
                assigned_to: text(row, 4)?,
                details: text(row, 5)?,
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    events.reverse();
    Ok(events)
}
