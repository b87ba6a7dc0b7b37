//! From Intercom's shapes to the rows of the tables.

use serde_json::{Value, json};

use super::figures;
use crate::ids::{ContactId, PartId};
use crate::intercom::company::Company;
use crate::intercom::conversation::{Conversation, Priority, Source, State};
use crate::intercom::directory::Contact;
use crate::intercom::part::{Attachment, Author, Part};
use crate::store::conversations::rows::{
    CompanyProfileRow, CompanyRow, ContentSourceRow, ConversationRow, EventRow, LinkRow, MessageRow,
    SeenContact, StatisticsRow, TagRow, ThreadRows,
};
use crate::store::people::ContactRow;
use crate::text;

/// The row of a conversation, from a list or from a thread.
pub(super) fn conversation(from: &mut Conversation) -> ConversationRow {
    let figures = figures::derive(from);
    let statistics = statistics(from);
    let customer = customer(from);
    let (customer_email, customer_name) =
        customer.map_or((None, None), |author| (author.email.clone(), author.name.clone()));
    let parts = from.parts.as_ref().map_or(&[][..], |parts| parts.parts.as_slice());
    let ai_involved = from.ai_participated
        || from.ai_agent.is_some()
        || from.source.as_ref().is_some_and(|source| source.author.ai)
        || parts.iter().any(|part| part.author.ai);
    let has_attachment = from.source.as_ref().is_some_and(|source| !source.attachments.is_empty())
        || parts.iter().any(|part| !part.attachments.is_empty());
    let ai = from.ai_agent.take().unwrap_or_default();
    let rating = from.rating.take();
    let (sla_name, sla_status) = from.sla.take().unwrap_or_default();
    let attributes = from.custom_attributes.take();
    let language = attributes
        .as_ref()
        .and_then(|attributes| attributes.get("Language"))
        .and_then(Value::as_str)
        .filter(|language| !language.is_empty())
        .map(str::to_owned);
    let source = from.source.as_mut();
    let (channel, delivered_as) =
        source.map_or((None, None), |source| (source.channel.take(), source.delivered_as.take()));
    let source_url = from.source.as_mut().and_then(|source| source.url.take());
    ConversationRow {
        id: from.id.clone(),
        created_at: from.created_at,
        updated_at: from.updated_at,
        customer_email,
        customer_name,
        title: title(from),
        state: match from.state {
            State::Open => "open",
            State::Closed => "closed",
            State::Snoozed => "snoozed",
        },
        open: from.open,
        read: from.read,
        priority: match from.priority {
            Priority::None => "none",
            Priority::Low => "low",
            Priority::Medium => "medium",
            Priority::High => "high",
            Priority::Urgent => "urgent",
        },
        channel: channel.or_else(|| from.first_reply_channel.take()),
        delivered_as,
        admin_assignee_id: from.admin_assignee.take().map(|id| id.0),
        team_assignee_id: from.team_assignee.take().map(|id| id.0),
        contacts: std::mem::take(&mut from.contacts),
        company: from.company.take().map(company),
        tags: std::mem::take(&mut from.tags)
            .into_iter()
            .map(|tag| TagRow { id: tag.id, name: tag.name, applied_at: tag.applied_at })
            .collect(),
        waiting_since: from.waiting_since,
        snoozed_until: from.snoozed_until,
        figures,
        rating: rating.as_ref().and_then(|rating| rating.rating),
        rating_remark: rating.as_ref().and_then(|rating| rating.remark.clone()),
        rated_at: rating.as_ref().and_then(|rating| rating.rated_at),
        rated_admin_id: rating.and_then(|rating| rating.admin).map(|id| id.0),
        ai_involved,
        ai_outcome: ai.resolution_state.as_deref().and_then(ai_outcome),
        ai_resolution_state: ai.resolution_state,
        ai_rating: ai.rating,
        sla_name,
        sla_status,
        has_attachment,
        language,
        custom_attributes: attributes.map(|map| Value::Object(map).to_string()),
        statistics,
        ai_answer_type: ai.last_answer_type,
        ai_source_type: ai.source_type,
        ai_source_title: ai.source_title,
        ai_rating_remark: ai.rating_remark,
        content_sources: ai
            .content_sources
            .into_iter()
            .map(|source| ContentSourceRow {
                kind: source.kind.unwrap_or_default(),
                title: source.title.unwrap_or_default(),
                url: source.url.unwrap_or_default(),
                locale: source.locale.unwrap_or_default(),
            })
            .collect(),
        links: std::mem::take(&mut from.links)
            .into_iter()
            .map(|link| LinkRow { kind: link.kind, id: link.id, category: link.category })
            .collect(),
        source_url,
        current_channel: from.current_channel.take(),
    }
}

/// What Intercom measured itself.
fn statistics(from: &Conversation) -> StatisticsRow {
    let count = |name| from.statistic_count(name);
    StatisticsRow {
        assignment_seconds: count("time_to_assignment"),
        office_first_response_seconds: count("time_to_admin_reply"),
        office_first_close_seconds: count("time_to_first_close"),
        office_resolution_seconds: count("time_to_last_close"),
        office_median_reply_seconds: count("median_time_to_reply"),
        handling_seconds: count("handling_time"),
        active_handling_seconds: count("adjusted_handling_time"),
        team_response_seconds: from.statistic_team_response("assigned_team_first_response_time"),
        office_team_response_seconds: from
            .statistic_team_response("assigned_team_first_response_time_in_office_hours"),
        closed_by_id: from.statistic_id("last_closed_by_id"),
        part_count: count("count_conversation_parts"),
    }
}

/// The row of a company.
pub(super) fn company(from: Company) -> CompanyRow {
    let profile = from.profile.map(|profile| {
        let profile = *profile;
        Box::new(CompanyProfileRow {
            external_id: profile.external_id,
            plan: profile.plan,
            monthly_spend: profile.monthly_spend,
            size: profile.size,
            industry: profile.industry,
            website: profile.website,
            user_count: profile.user_count,
            created_at: profile.created_at,
            last_request_at: profile.last_request_at,
            tags: texts(profile.tags),
            segments: texts(profile.segments),
            custom_attributes: profile.custom_attributes.map(|map| Value::Object(map).to_string()),
        })
    });
    CompanyRow { id: from.id, name: from.name, profile }
}

/// The row of a contact.
pub(super) fn contact(contact: Contact) -> ContactRow {
    ContactRow {
        id: contact.id,
        role: contact.role,
        name: contact.name,
        email: contact.email,
        phone: contact.phone,
        external_id: contact.external_id,
        company: contact.company.map(|company| (company.id, company.name)),
        country: contact.country,
        region: contact.region,
        city: contact.city,
        language: contact.language,
        browser: contact.browser,
        os: contact.os,
        created_at: contact.created_at,
        signed_up_at: contact.signed_up_at,
        last_seen_at: contact.last_seen_at,
        owner_id: contact.owner.map(|id| id.0),
        unsubscribed: contact.unsubscribed,
        tag_ids: texts(contact.tags.into_iter().map(|id| id.0).collect()),
        custom_attributes: contact.custom_attributes.map(|map| Value::Object(map).to_string()),
    }
}

/// The row of an answer of `GET /contacts/{id}`, for the benchmark.
#[must_use]
pub fn contact_row(answer: Value) -> Option<ContactRow> {
    Contact::read(answer).map(contact)
}

/// A JSON array, none when it would be empty.
pub(super) fn texts(texts: Vec<String>) -> Option<String> {
    (!texts.is_empty()).then(|| Value::from(texts).to_string())
}

/// The rows of an answer of `GET /conversations/{id}`. None when it is no whole thread. For the
/// benchmark, which fills databases without a sync.
#[must_use]
pub fn thread_rows(answer: Value) -> Option<ThreadRows> {
    Conversation::read(answer).map(thread).filter(|rows| !rows.parts_unknown)
}

/// The rows of a thread.
pub(super) fn thread(mut from: Conversation) -> ThreadRows {
    let row = conversation(&mut from);
    let parts_unknown = from.parts.is_none();
    let parts = from.parts.unwrap_or_default();
    let mut seen_contacts = Vec::new();
    let first = from.source.take().and_then(|source| {
        see(&mut seen_contacts, &source.author);
        first_message(source, &row)
    });
    let truncated = parts.total_count > parts.parts.len();
    let oldest_part = parts.parts.first().map(|part| part.created_at);
    let mut messages = Vec::with_capacity(parts.parts.len());
    let mut events = Vec::new();
    for part in parts.parts {
        see(&mut seen_contacts, &part.author);
        if part.is_message() {
            messages.push(message(part));
        } else {
            events.push(event(part));
        }
    }
    ThreadRows {
        as_of: row.updated_at,
        first,
        messages,
        events,
        seen_contacts,
        raw: None,
        truncated,
        parts_unknown,
        oldest_part,
        conversation: row,
    }
}

/// Who the conversation is with: the author of the first message, if that is a customer, or the
/// first customer who replied.
fn customer(from: &Conversation) -> Option<&Author> {
    let source = from.source.as_ref().map(|source| &source.author);
    let replies = from.parts.iter().flat_map(|parts| &parts.parts).map(|part| &part.author);
    source.into_iter().chain(replies).find(|author| author.kind.is_customer() && author.email.is_some())
}

/// The title, or else the subject of the first message.
fn title(from: &Conversation) -> Option<String> {
    let subject = from.source.as_ref().and_then(|source| source.subject.as_deref());
    let html = from.title.as_deref().or(subject)?;
    let plain = text::html_to_text(html);
    let trimmed = plain.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

fn ai_outcome(word: &str) -> Option<&'static str> {
    match word {
        "assumed_resolution" | "confirmed_resolution" => Some("resolved"),
        "routed_to_team" | "escalated" | "procedure_handoff" | "negative_feedback" => Some("escalated"),
        "abandoned" => Some("abandoned"),
        _ => None,
    }
}

fn first_message(source: Source, row: &ConversationRow) -> Option<MessageRow> {
    if source.body.is_none() && source.attachments.is_empty() && !source.redacted && row.title.is_none() {
        return None;
    }
    Some(MessageRow {
        id: PartId(format!("{}_initial", row.id)),
        author_type: source.author.kind.as_str(),
        is_ai: source.author.ai,
        author_id: source.author.id,
        author_name: source.author.name,
        body: source.body.unwrap_or_default(),
        created_at: row.created_at,
        updated_at: None,
        part_type: "initial".to_owned(),
        is_note: false,
        redacted: source.redacted,
        attachments: attachments(&source.attachments),
        tags: None,
    })
}

fn message(part: Part) -> MessageRow {
    MessageRow {
        author_type: part.author.kind.as_str(),
        is_ai: part.author.ai,
        is_note: part.is_note(),
        author_id: part.author.id,
        author_name: part.author.name,
        body: part.body.unwrap_or_default(),
        created_at: part.created_at,
        updated_at: part.updated_at.filter(|at| *at != part.created_at),
        attachments: attachments(&part.attachments),
        tags: texts(part.tags),
        id: part.id,
        part_type: part.kind,
        redacted: part.redacted,
    }
}

fn event(part: Part) -> EventRow {
    let (assigned_to_type, assigned_to_id) =
        part.assigned_to.map_or((None, None), |to| (Some(to.kind), to.id.map(|id| id.0)));
    EventRow {
        id: part.id,
        kind: part.kind,
        created_at: part.created_at,
        author_type: part.author.kind.as_str(),
        author_id: part.author.id,
        author_name: part.author.name,
        assigned_to_type,
        assigned_to_id,
        details: part.event_details.filter(Value::is_object).map(|details| details.to_string()),
    }
}

pub(super) fn attachments(files: &[Attachment]) -> Option<String> {
    if files.is_empty() {
        return None;
    }
    let list: Vec<Value> = files
        .iter()
        .map(|file| json!({ "name": file.name, "content_type": file.content_type, "size": file.bytes }))
        .collect();
    Some(Value::Array(list).to_string())
}

fn see(seen: &mut Vec<SeenContact>, author: &Author) {
    let Some(id) = author.id.as_deref().filter(|_| author.kind.is_customer()) else { return };
    match seen.iter_mut().find(|contact| contact.id.as_str() == id) {
        // The same person can be a lead first and a user later.
        Some(contact) => {
            contact.role = author.kind.as_str();
            contact.name = author.name.clone().or(contact.name.take());
            contact.email = author.email.clone().or(contact.email.take());
        }
        None => seen.push(SeenContact {
            id: ContactId(id.to_owned()),
            role: author.kind.as_str(),
            name: author.name.clone(),
            email: author.email.clone(),
        }),
    }
}
