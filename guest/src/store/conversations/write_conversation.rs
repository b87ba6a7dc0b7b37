//! Writing what is known of a conversation, from a list or from its thread.

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, ToSql, params};

use crate::error::StoreResult;
use crate::ids::{ContactId, ConversationId};
use crate::store::conversations::fields;
use crate::store::conversations::rows::{ConversationRow, TagRow};
use crate::store::people::companies;
use crate::time::UnixSeconds;

/// What the database knows about a conversation's age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    pub updated_at: UnixSeconds,
    /// `updated_at` of the thread that is stored whole; none when it is not.
    pub thread: Option<UnixSeconds>,
}

/// Looks a conversation up.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn stored(connection: &Connection, id: &ConversationId) -> StoreResult<Option<Stored>> {
    let mut statement = connection.prepare_cached(
        "SELECT updated_at, CASE WHEN thread_complete THEN coalesce(thread_updated_at, updated_at) END
         FROM conversations WHERE id = ?1",
    )?;
    let row = statement
        .query_row([id.as_str()], |row| {
            let time = |text: Option<&str>| text.and_then(UnixSeconds::parse);
            Ok(Stored {
                updated_at: time(row.get_ref(0)?.as_str_or_null()?).unwrap_or_default(),
                thread: time(row.get_ref(1)?.as_str_or_null()?),
            })
        })
        .optional()?;
    Ok(row)
}

/// How a column is written when the conversation is already there.
#[derive(Clone, Copy)]
enum Rule {
    /// The new value, also when it is nothing.
    Replace,
    /// The new value, if there is one.
    KeepOld,
    /// The first value ever known stays.
    KeepFirst,
}

use Rule::{KeepFirst, KeepOld, Replace};

/// The columns after `id`, in the order in which [`upsert`] binds them.
const COLUMNS: [(&str, Rule); 59] = [
    ("created_at", Replace),
    ("updated_at", Replace),
    ("customer_email", KeepOld),
    ("customer_name", KeepOld),
    ("tags", Replace),
    ("last_synced", Replace),
    ("title", Replace),
    ("state", Replace),
    ("open", Replace),
    ("read", Replace),
    ("priority", Replace),
    ("channel", KeepOld),
    ("delivered_as", KeepOld),
    ("admin_assignee_id", Replace),
    ("team_assignee_id", Replace),
    ("contact_id", KeepOld),
    ("company_id", KeepOld),
    ("company_name", KeepOld),
    ("waiting_since", Replace),
    ("snoozed_until", Replace),
    ("last_customer_message_at", KeepOld),
    ("last_admin_message_at", KeepOld),
    ("first_response_seconds", KeepFirst),
    ("first_ai_response_seconds", KeepFirst),
    ("resolution_seconds", Replace),
    ("last_closed_at", KeepOld),
    ("reopen_count", Replace),
    ("assignment_count", Replace),
    ("rating", Replace),
    ("rating_remark", Replace),
    ("rated_at", Replace),
    ("rated_admin_id", Replace),
    ("ai_involved", Replace),
    ("ai_outcome", Replace),
    ("ai_resolution_state", Replace),
    ("ai_rating", Replace),
    ("sla_name", Replace),
    ("sla_status", Replace),
    ("has_attachment", Replace),
    ("language", Replace),
    ("custom_attributes", Replace),
    ("ai_answer_type", Replace),
    ("ai_source_type", Replace),
    ("ai_source_title", Replace),
    ("ai_rating_remark", Replace),
    ("assignment_seconds", Replace),
    ("office_first_response_seconds", Replace),
    ("office_first_close_seconds", Replace),
    ("office_resolution_seconds", Replace),
    ("office_median_reply_seconds", Replace),
    ("handling_seconds", Replace),
    ("active_handling_seconds", Replace),
    ("team_response_seconds", Replace),
    ("office_team_response_seconds", Replace),
    ("closed_by_id", Replace),
    ("part_count", Replace),
    ("source_url", KeepOld),
    ("current_channel", Replace),
    ("fields", Replace),
];

static UPSERT: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let places: Vec<String> = (2..COLUMNS.len() + 2).map(|place| format!("?{place}")).collect();
    let updates: Vec<String> = COLUMNS
        .iter()
        .map(|(name, rule)| match rule {
            Replace => format!("{name} = excluded.{name}"),
            KeepOld => format!("{name} = coalesce(excluded.{name}, conversations.{name})"),
            KeepFirst => format!("{name} = coalesce(conversations.{name}, excluded.{name})"),
        })
        .collect();
    format!(
        "INSERT INTO conversations (id, {}) VALUES (?1, {})
         ON CONFLICT (id) DO UPDATE SET {} WHERE excluded.updated_at >= conversations.updated_at
         RETURNING number",
        names.join(", "),
        places.join(", "),
        updates.join(", "),
    )
});

/// Writes the row with its tags and contacts, unless a newer one is stored: then the answer is
/// none, else the row's number. Columns of the thread (counts, completeness) are not touched.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn upsert(connection: &Connection, row: &ConversationRow, now: UnixSeconds) -> StoreResult<Option<i64>> {
    let tags = tag_names(&row.tags);
    let figures = &row.figures;
    let contact = row.contacts.first().map(ContactId::as_str);
    let email = match &row.customer_email {
        Some(email) => Some(email.clone()),
        None => contact.map(|id| known_email(connection, id)).transpose()?.flatten(),
    };
    let (company_id, company_name) = match &row.company {
        Some(company) => (Some(company.id.as_str()), company.name.as_deref()),
        None => (None, None),
    };
    let statistics = &row.statistics;
    let values: [&dyn ToSql; COLUMNS.len() + 1] = [
        &row.id.0,
        &row.created_at,
        &row.updated_at,
        &email,
        &row.customer_name,
        &tags,
        &now,
        &row.title,
        &row.state,
        &row.open,
        &row.read,
        &row.priority,
        &row.channel,
        &row.delivered_as,
        &row.admin_assignee_id,
        &row.team_assignee_id,
        &contact,
        &company_id,
        &company_name,
        &row.waiting_since,
        &row.snoozed_until,
        &figures.last_customer_message_at,
        &figures.last_admin_message_at,
        &figures.first_response_seconds,
        &figures.first_ai_response_seconds,
        &figures.resolution_seconds,
        &figures.last_closed_at,
        &figures.reopen_count,
        &figures.assignment_count,
        &row.rating,
        &row.rating_remark,
        &row.rated_at,
        &row.rated_admin_id,
        &row.ai_involved,
        &row.ai_outcome,
        &row.ai_resolution_state,
        &row.ai_rating,
        &row.sla_name,
        &row.sla_status,
        &row.has_attachment,
        &row.language,
        &row.custom_attributes,
        &row.ai_answer_type,
        &row.ai_source_type,
        &row.ai_source_title,
        &row.ai_rating_remark,
        &statistics.assignment_seconds,
        &statistics.office_first_response_seconds,
        &statistics.office_first_close_seconds,
        &statistics.office_resolution_seconds,
        &statistics.office_median_reply_seconds,
        &statistics.handling_seconds,
        &statistics.active_handling_seconds,
        &statistics.team_response_seconds,
        &statistics.office_team_response_seconds,
        &statistics.closed_by_id,
        &statistics.part_count,
        &row.source_url,
        &row.current_channel,
        &fields::GENERATION,
    ];
    let number: Option<i64> =
        connection.prepare_cached(&UPSERT)?.query_row(&values[..], |row| row.get(0)).optional()?;
    let Some(number) = number else { return Ok(None) };
    write_tags(connection, &row.id, &row.tags)?;
    write_contacts(connection, &row.id, &row.contacts)?;
    fields::write_content_sources(connection, number, &row.content_sources)?;
    fields::write_links(connection, number, &row.links)?;
    // Without name and profile it stays unknown, and is fetched.
    if let Some(company) = row.company.as_ref().filter(|one| one.name.is_some() || one.profile.is_some()) {
        companies::write(connection, company)?;
    }
    Ok(Some(number))
}

/// Notes that the stored thread is older than the conversation.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be written.
pub fn mark_incomplete(connection: &Connection, id: &ConversationId) -> StoreResult<()> {
    connection
        .prepare_cached("UPDATE conversations SET thread_complete = FALSE WHERE id = ?1 AND thread_complete")?
        .execute([id.as_str()])?;
    Ok(())
}

/// Conversations whose last change lies in that range, both ends included.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn updated_within(
    connection: &Connection,
    low: UnixSeconds,
    high: UnixSeconds,
) -> StoreResult<Vec<(ConversationId, UnixSeconds)>> {
    let mut statement = connection
        .prepare_cached("SELECT id, updated_at FROM conversations WHERE updated_at BETWEEN ?1 AND ?2")?;
    let rows = statement.query_map(params![low, high], |row| {
        let updated_at = UnixSeconds::parse(row.get_ref(1)?.as_str()?).unwrap_or_default();
        Ok((ConversationId(row.get(0)?), updated_at))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Conversations last changed before that moment, the oldest first, at most so many.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read.
pub fn oldest_before(
    connection: &Connection,
    horizon: UnixSeconds,
    limit: u32,
) -> StoreResult<Vec<ConversationId>> {
    let mut statement = connection
        .prepare_cached("SELECT id FROM conversations WHERE updated_at < ?1 ORDER BY updated_at LIMIT ?2")?;
    let rows = statement.query_map(params![horizon, limit], |row| row.get(0).map(ConversationId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn known_email(connection: &Connection, contact: &str) -> StoreResult<Option<String>> {
    let email = connection
        .prepare_cached("SELECT email FROM contacts WHERE id = ?1")?
        .query_row([contact], |row| row.get(0))
        .optional()?;
    Ok(email.flatten())
}

/// A JSON array of the tags' names, as the original program stored them.
fn tag_names(tags: &[TagRow]) -> String {
    if tags.is_empty() {
        return "[]".to_owned();
    }
    let names: Vec<&str> = tags.iter().map(|tag| tag.name.as_deref().unwrap_or(tag.id.as_str())).collect();
    serde_json::Value::from(names).to_string()
}

fn write_tags(connection: &Connection, id: &ConversationId, tags: &[TagRow]) -> StoreResult<()> {
    let mut statement =
        connection.prepare_cached("SELECT tag_id FROM conversation_tags WHERE conversation_id = ?1")?;
    let stored: Vec<String> =
        statement.query_map([id.as_str()], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for gone in stored.iter().filter(|tag| tags.iter().all(|kept| kept.id.as_str() != tag.as_str())) {
        connection
            .prepare_cached("DELETE FROM conversation_tags WHERE tag_id = ?1 AND conversation_id = ?2")?
            .execute(params![gone, id.as_str()])?;
    }
    for tag in tags.iter().filter(|tag| !stored.contains(&tag.id.0)) {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO conversation_tags (tag_id, conversation_id, applied_at) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![tag.id.as_str(), id.as_str(), tag.applied_at])?;
        if let Some(name) = &tag.name {
            connection
                .prepare_cached("INSERT OR IGNORE INTO tags (id, name) VALUES (?1, ?2)")?
                .execute(params![tag.id.as_str(), name])?;
        }
    }
    Ok(())
}

fn write_contacts(connection: &Connection, id: &ConversationId, contacts: &[ContactId]) -> StoreResult<()> {
    let mut statement = connection
        .prepare_cached("SELECT contact_id FROM conversation_contacts WHERE conversation_id = ?1")?;
    let stored: Vec<String> =
        statement.query_map([id.as_str()], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for gone in stored.iter().filter(|contact| contacts.iter().all(|kept| kept.as_str() != contact.as_str()))
    {
        connection
            .prepare_cached(
                "DELETE FROM conversation_contacts WHERE contact_id = ?1 AND conversation_id = ?2",
            )?
            .execute(params![gone, id.as_str()])?;
    }
    for contact in contacts.iter().filter(|contact| !stored.contains(&contact.0)) {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO conversation_contacts (contact_id, conversation_id) VALUES (?1, ?2)",
            )?
            .execute(params![contact.as_str(), id.as_str()])?;
    }
    Ok(())
}
