//! Whole conversations, one after the other in the order of their changes.

use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde_json::{Map, Value};

use crate::error::StoreResult;
use crate::store::search::Filters;

/// Columns of the queries below that hold 0 or 1.
const BOOLEANS: &[&str] = &[
    "ai_involved",
    "open",
    "is_shared",
    "has_attachment",
    "thread_complete",
    "parts_truncated",
    "is_note",
    "is_ai",
    "redacted",
    "unsubscribed",
];
/// Columns that hold JSON.
const DOCUMENTS: &[&str] = &[
    "tags",
    "custom_attributes",
    "attachments",
    "details",
    "segments",
    "sources",
    "linked",
    "company_tags",
    "company_attributes",
    "ai_sources",
];

/// All that is known of a conversation, by the names of its columns. `number` and the thread's own
/// rows are not among them.
const CONVERSATION: &str = "SELECT c.id, c.created_at, c.updated_at, c.title, c.state, c.priority, c.channel, \
    c.delivered_as, c.contact_id AS customer_id, c.customer_email, c.customer_name, c.company_id, c.company_name, \
    c.tags, c.admin_assignee_id AS assignee_id, coalesce(a.name, a.email) AS assignee, \
    c.team_assignee_id AS team_id, t.name AS team, \
    CASE WHEN c.state <> 'closed' THEN c.waiting_since END AS waiting_since, c.snoozed_until, \
    c.last_customer_message_at, c.last_admin_message_at, c.last_closed_at, c.first_response_seconds, \
    c.first_ai_response_seconds, c.resolution_seconds, c.reopen_count, c.assignment_count, c.rating, \
    c.rating_remark, c.rated_at, c.ai_involved, c.ai_outcome, c.ai_resolution_state, c.ai_rating, c.sla_name, \
    c.sla_status, c.has_attachment, c.language, c.custom_attributes, c.message_count, c.thread_complete, \
    c.parts_truncated, c.ai_answer_type, c.ai_source_type, c.ai_source_title, c.ai_rating_remark, \
    (SELECT json_group_array(json_object('kind', s.kind, 'title', s.title, 'url', s.url, 'locale', s.locale)) \
        FROM conversation_content_sources x JOIN content_sources s ON s.number = x.source WHERE x.conversation = c.number) \
        AS ai_sources, \
    c.assignment_seconds, c.office_first_response_seconds, c.office_first_close_seconds, c.office_resolution_seconds, \
    c.office_median_reply_seconds, c.handling_seconds, c.active_handling_seconds, c.team_response_seconds, \
    c.office_team_response_seconds, c.closed_by_id, coalesce(b.name, b.email) AS closed_by, c.part_count, \
    c.source_url, c.current_channel, \
    (SELECT json_group_array(json_object('kind', l.kind, 'id', l.id, 'category', l.category, \
            'title', t.title, 'type', t.type, 'state', t.state)) \
        FROM conversation_links l LEFT JOIN tickets t ON t.id = l.id AND l.kind = 'ticket' \
        WHERE l.conversation = c.number) AS linked, \
    k.plan, k.monthly_spend, k.segments, p.country, p.language AS customer_language \
    FROM conversations c LEFT JOIN admins a ON a.id = c.admin_assignee_id \
    LEFT JOIN admins b ON b.id = c.closed_by_id LEFT JOIN companies k ON k.id = c.company_id \
    LEFT JOIN contacts p ON p.id = c.contact_id \
    LEFT JOIN teams t ON t.id = c.team_assignee_id WHERE c.number = ?1";

const MESSAGES: &str = "SELECT m.id, m.author_type, m.author_id, \
    coalesce(m.author_name, CASE WHEN m.author_type NOT IN ('user', 'lead') THEN a.name END) AS author_name, \
    m.is_ai, m.is_note, m.part_type, m.redacted, m.body, m.created_at, m.attachments, m.tags \
    FROM messages m LEFT JOIN admins a ON a.id = m.author_id \
    WHERE m.conversation_id = ?1 AND (?2 OR NOT m.is_note) \
    ORDER BY coalesce(m.sequence_number, 0), m.created_at, m.number";

const EVENTS: &str = "SELECT CAST(e.id AS TEXT) AS id, k.name AS kind, \
    strftime('%Y-%m-%dT%H:%M:%S+00:00', e.created_seconds, 'unixepoch') AS created_at, e.author_type, \
    coalesce(e.author_name, a.name) AS author_name, e.assigned_to_type, \
    CASE e.assigned_to_type WHEN 'team' THEN t.name ELSE b.name END AS assigned_to, e.details \
    FROM conversations c JOIN conversation_events e ON e.conversation = c.number \
    JOIN event_kinds k ON k.number = e.kind LEFT JOIN admins a ON a.id = e.author_id \
    LEFT JOIN teams t ON t.id = e.assigned_to_id LEFT JOIN admins b ON b.id = e.assigned_to_id \
    WHERE c.id = ?1 ORDER BY e.created_seconds, e.id";

/// A conversation's place in the order of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub updated_at: String,
    /// `conversations.number`, since many change in one second.
    pub number: i64,
}

/// The conversations that meet the conditions and come after that place, those that changed least
/// recently first.
///
/// # Errors
/// When the database cannot be read; so for the other functions of this file.
pub fn after(
    connection: &Connection,
    filters: &Filters,
    after: Option<&Place>,
    most: usize,
) -> StoreResult<Vec<Place>> {
    let mut conditions = filters.conditions(true);
    if let Some(place) = after {
        conditions.add(
            "(c.updated_at, c.number) > (?, ?)",
            [Sql::Text(place.updated_at.clone()), Sql::Integer(place.number)],
        );
    }
    let sql = format!(
        "SELECT c.updated_at, c.number FROM conversations c WHERE {} ORDER BY c.updated_at, c.number LIMIT {most}",
        conditions.sql()
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(&conditions.values), |row| {
        Ok(Place { updated_at: row.get(0)?, number: row.get(1)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The conversation of that number: every column, null where nothing is known.
pub fn conversation(connection: &Connection, number: i64) -> StoreResult<Option<Map<String, Value>>> {
    let mut statement = connection.prepare_cached(CONVERSATION)?;
    Ok(statement.query_row([number], document).optional()?)
}

/// The messages of the conversation with that id of Intercom's, in order. Bodies are HTML.
pub fn messages(connection: &Connection, id: &str, with_notes: bool) -> StoreResult<Vec<Map<String, Value>>> {
    let mut statement = connection.prepare_cached(MESSAGES)?;
    let rows = statement.query_map(params![id, with_notes], document)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What happened in it without a text, in order.
pub fn events(connection: &Connection, id: &str) -> StoreResult<Vec<Map<String, Value>>> {
    let mut statement = connection.prepare_cached(EVENTS)?;
    let rows = statement.query_map([id], document)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// `conversations.number` of the conversation with that id.
pub fn number(connection: &Connection, id: &str) -> StoreResult<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT number FROM conversations WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?)
}

/// All that is known of a ticket but its parts.
pub fn ticket(connection: &Connection, number: i64) -> StoreResult<Option<Map<String, Value>>> {
    let mut statement = connection.prepare_cached(
        "SELECT t.*, (SELECT json_group_array(l.id) FROM ticket_links l
            WHERE l.ticket = t.number AND l.kind = 'conversation') AS conversations
         FROM tickets t WHERE t.number = ?1",
    )?;
    Ok(statement.query_row([number], document).optional()?)
}

/// Parts of a ticket with internal notes and events, in order.
pub fn ticket_parts(connection: &Connection, number: i64) -> StoreResult<Vec<Map<String, Value>>> {
    let mut statement = connection.prepare_cached(
        "SELECT t.id AS ticket_id, p.* FROM ticket_parts p JOIN tickets t ON t.number = p.ticket
         WHERE p.ticket = ?1 ORDER BY p.position",
    )?;
    let rows = statement.query_map([number], document)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All that is known of contacts.
pub fn contacts<'a>(
    connection: &Connection,
    ids: impl IntoIterator<Item = &'a String>,
) -> StoreResult<Vec<Map<String, Value>>> {
    let mut statement = connection.prepare_cached("SELECT * FROM contacts WHERE id = ?1")?;
    let rows = ids.into_iter().filter_map(|id| statement.query_row([id], document).optional().transpose());
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All that is known of the companies of contacts.
pub fn companies(
    connection: &Connection,
    contacts: &[Map<String, Value>],
) -> StoreResult<Vec<Map<String, Value>>> {
    let ids: std::collections::BTreeSet<&str> =
        contacts.iter().filter_map(|contact| contact.get("company_id")?.as_str()).collect();
    let mut statement = connection.prepare_cached("SELECT * FROM companies WHERE id = ?1")?;
    let rows = ids.into_iter().filter_map(|id| statement.query_row([id], document).optional().transpose());
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A row by the names of its columns.
pub(in crate::store) fn document(row: &Row<'_>) -> rusqlite::Result<Map<String, Value>> {
    let mut document = Map::new();
    let statement = row.as_ref();
    for index in 0..statement.column_count() {
        let name = statement.column_name(index)?;
        let value = match row.get_ref(index)? {
            ValueRef::Null | ValueRef::Blob(_) => Value::Null,
            ValueRef::Integer(value) if BOOLEANS.contains(&name) => Value::Bool(value != 0),
            ValueRef::Integer(value) => value.into(),
            ValueRef::Real(value) => value.into(),
            // A database may have been written by others.
            ValueRef::Text(text) if DOCUMENTS.contains(&name) => {
                serde_json::from_slice(text).unwrap_or_default()
            }
            ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        };
        document.insert(name.to_owned(), value);
    }
    Ok(document)
}
