//! A conversation and a message as answers show them.

use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Map, Value};
use serde_with::skip_serializing_none;

use super::answer::{bytes, document, filled, in_words, listed, value, when};
use super::content::Content;
use super::disclosure;
use crate::error::StoreResult;
use crate::store::conversations::fields;
use crate::store::conversations::threads::{Conversation, Event, Message};
use crate::store::workspace::Workspace;
use crate::time::UnixSeconds;

/// The fields of a conversation that answers may be reduced to.
pub const FIELDS: &[&str] = &[
    "id",
    "created_at",
    "updated_at",
    "title",
    "state",
    "priority",
    "channel",
    "customer_email",
    "customer_name",
    "company",
    "tags",
    "assignee",
    "team",
    "waiting_since",
    "waiting",
    "rating",
    "rating_remark",
    "ai_outcome",
    "ai_rating",
    "ai_rating_remark",
    "plan",
    "monthly_spend",
    "message_count",
    "match",
    "snippet",
    "matched_only",
    "messages",
    "url",
    "first_response",
    "resolution",
    "reopened",
];

/// What every view of a conversation says.
#[skip_serializing_none]
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub id: String,
    pub created_at: String,
    pub updated_at: String,
    pub title: Option<String>,
    pub state: String,
    pub priority: Option<String>,
    pub channel: Option<String>,
    /// The original program promised this one and `tags`; they stand even when there is nothing to say.
    #[serialize_always]
    pub customer_email: Option<String>,
    pub customer_name: Option<String>,
    pub company: Option<String>,
    pub tags: Vec<String>,
    pub assignee: Option<String>,
    pub team: Option<String>,
    pub waiting_since: Option<String>,
    pub waiting: Option<String>,
    pub rating: Option<i64>,
    pub rating_remark: Option<String>,
    pub ai_outcome: Option<String>,
    pub ai_rating: Option<i64>,
    pub ai_rating_remark: Option<String>,
    pub message_count: i64,
}

impl Summary {
    pub fn new(conversation: &Conversation, content: Content<'_>, now: UnixSeconds) -> Self {
        let line = |text: &Option<String>| text.as_deref().and_then(|text| filled(content.line(text)));
        let person = |name: &Option<String>| name.as_deref().and_then(|name| filled(content.person(name)));
        disclosure::conversation(&conversation.id, conversation.contact_id.as_deref());
        disclosure::rows(1);
        let waiting_since = conversation.waiting_since.clone();
        let waits = waiting_since.as_deref().and_then(UnixSeconds::parse);
        Self {
            id: content.id(&conversation.id),
            created_at: conversation.created_at.clone(),
            updated_at: conversation.updated_at.clone(),
            title: line(&conversation.title),
            state: content.line(&conversation.state),
            priority: (conversation.priority != "none").then(|| content.line(&conversation.priority)),
            channel: line(&conversation.channel),
            customer_email: conversation.customer_email.as_deref().map(|email| content.line(email)),
            customer_name: person(&conversation.customer_name),
            company: line(&conversation.company_name),
            tags: conversation.tags.iter().take(20).map(|tag| content.line(tag)).collect(),
            assignee: person(&conversation.assignee),
            team: line(&conversation.team),
            waiting_since,
            waiting: waits.map(|since| in_words(now.since(since))),
            rating: conversation.rating,
            rating_remark: line(&conversation.rating_remark),
            ai_outcome: line(&conversation.ai_outcome),
            ai_rating: conversation.ai_rating,
            ai_rating_remark: line(&conversation.ai_rating_remark),
            message_count: conversation.message_count,
        }
    }
}

/// Figures that were derived from the whole thread.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize)]
pub struct Figures {
    pub first_response: Option<String>,
    pub resolution: Option<String>,
    pub reopened: Option<i64>,
    /// Only said when messages are still missing.
    pub thread_complete: Option<bool>,
}

impl Figures {
    pub fn new(conversation: &Conversation) -> Self {
        Self {
            first_response: conversation.first_response_seconds.map(in_words),
            resolution: conversation.resolution_seconds.map(in_words),
            reopened: Some(conversation.reopen_count).filter(|count| *count > 0),
            thread_complete: (!conversation.thread_complete).then_some(false),
        }
    }
}

/// Entries of a list or an object of strangers.
const ENTRIES: usize = 25;
/// Bytes of the custom attributes; with more, those that come last are left out.
const ATTRIBUTES: usize = 2_500;

/// What Intercom says beside: documents whose names and values are the workspace's own.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize)]
pub struct Details {
    pub ai_agent: Option<Value>,
    pub customer: Option<Value>,
    pub details: Option<Value>,
}

impl Details {
    /// # Errors
    /// When the database cannot be read.
    pub fn load(
        connection: &Connection,
        conversation: &Conversation,
        content: Content<'_>,
    ) -> StoreResult<Self> {
        let Some(mut found) = fields::of_conversation(connection, conversation.number)? else {
            return Ok(Self::default());
        };
        let linked = links(found.remove("linked").unwrap_or_default(), content);
        let mut take = |names: &[&str]| -> Map<String, Value> {
            names.iter().filter_map(|name| found.remove_entry(*name)).collect()
        };
        let mut ai = take(&["answer_type", "brought_in_by", "sources"]);
        ai.retain(|_, value| !value.is_null());
        let customer = take(&["plan", "monthly_spend", "segments", "country", "language"]);
        let mut details = take(&["page", "current_channel", "closed_by", "sla_name", "sla_status"]);
        for (name, shown) in [
            ("assignment_seconds", "assigned_after"),
            ("office_first_response_seconds", "first_response_in_office_hours"),
            ("office_resolution_seconds", "resolution_in_office_hours"),
            ("handling_seconds", "handling"),
            ("team_response_seconds", "first_response_of_team"),
        ] {
            let seconds = take(&[name]).remove(name).and_then(|value| value.as_i64());
            details.extend(seconds.map(|seconds| (shown.to_owned(), Value::from(in_words(seconds)))));
        }
        let attributes = take(&["custom_attributes"]).remove("custom_attributes").unwrap_or_default();
        details.insert("custom_attributes".to_owned(), fitting(content.document(attributes, ENTRIES)));
        let mut details = content.document(Value::Object(details), ENTRIES);
        if let (Some(details), false) = (details.as_object_mut(), linked.is_empty()) {
            details.insert("linked".to_owned(), linked.iter().take(ENTRIES).map(value).collect());
        }
        Ok(Self {
            ai_agent: document(content.document(Value::Object(ai), ENTRIES)),
            customer: document(content.document(Value::Object(customer), ENTRIES)),
            details: document(details),
        })
    }
}

/// What a conversation is linked to. Ids are what other calls need, so they are not redacted.
#[skip_serializing_none]
#[derive(Clone, Debug, Serialize)]
pub struct Link {
    kind: Option<String>,
    id: Option<String>,
    category: Option<String>,
    title: Option<String>,
    r#type: Option<String>,
    state: Option<String>,
}

pub fn links(links: Value, content: Content<'_>) -> Vec<Link> {
    let Value::Array(links) = links else { return Vec::new() };
    let link = |link: Value| {
        let line = |name: &str| link[name].as_str().and_then(|text| filled(content.line(text)));
        Link {
            kind: line("kind"),
            id: link["id"].as_str().and_then(|id| filled(content.id(id))),
            category: line("category"),
            title: line("title"),
            r#type: line("type"),
            state: line("state"),
        }
    };
    links.into_iter().map(link).collect()
}

/// As many entries as there is room for.
pub fn fitting(document: Value) -> Value {
    let Value::Object(fields) = document else { return document };
    let mut used = 0;
    let fields = fields.into_iter().take_while(|(name, value)| {
        used += name.len() + bytes(value) + 4;
        used <= ATTRIBUTES
    });
    Value::Object(fields.collect())
}

/// Who pays: for lists, of which the fields can be chosen.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize)]
pub struct Payer {
    plan: Option<String>,
    monthly_spend: Option<f64>,
}

impl Payer {
    pub fn new(conversation: &Conversation, content: Content<'_>) -> Self {
        Self {
            plan: conversation.plan.as_deref().and_then(|plan| filled(content.line(plan))),
            monthly_spend: conversation.monthly_spend,
        }
    }
}

/// Where a person sees the conversation in Intercom. Each region has an address of its own, as the
/// API has: `app.eu.intercom.com`, `app.au.intercom.com`.
pub fn url(workspace: Option<&Workspace>, id: &str) -> Option<String> {
    let safe = |text: &str| {
        !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
    };
    let workspace = workspace?;
    let app = Some(workspace.id.as_str()).filter(|code| safe(code))?;
    let region = workspace.region.as_deref().unwrap_or_default().to_ascii_lowercase();
    let host = match region.as_str() {
        "eu" => "app.eu.intercom.com",
        "au" | "aus" => "app.au.intercom.com",
        _ => "app.intercom.com",
    };
    safe(id).then(|| format!("https://{host}/a/inbox/{app}/inbox/shared/all/conversation/{id}"))
}

/// An event as `get_conversation` and `search_tickets` show it.
#[skip_serializing_none]
#[derive(Clone, Debug, Serialize)]
pub struct ShownEvent {
    kind: String,
    created_at: String,
    by: Option<String>,
    assigned_to: Option<String>,
    details: Option<Value>,
}

pub fn event(event: &Event, content: Content<'_>) -> ShownEvent {
    let name = event.author_name.as_deref().map(|name| content.person(name));
    let details = event.details.as_deref().and_then(|details| serde_json::from_str(details).ok());
    ShownEvent {
        kind: content.line(&event.kind),
        created_at: event.created_at.to_iso(),
        by: name.or_else(|| event.author_type.as_deref().map(|kind| content.line(kind))).and_then(filled),
        assigned_to: event.assigned_to.as_deref().and_then(|name| filled(content.line(name))),
        details: details.and_then(|details| document(content.document(details, 5))),
    }
}

/// Whether the customer sees a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Message,
    /// Of a teammate for teammates.
    Note,
}

impl Kind {
    pub fn of(message: &Message) -> Self {
        if message.is_note { Self::Note } else { Self::Message }
    }
}

/// A message as answers show it.
#[skip_serializing_none]
#[derive(Clone, Debug, Serialize)]
pub struct ShownMessage {
    pub id: String,
    pub author_type: String,
    pub author_name: Option<String>,
    pub is_ai: Option<bool>,
    pub kind: Kind,
    pub body: String,
    /// Characters.
    pub body_left_out: Option<usize>,
    /// The first character that is left out.
    pub body_continues_at: Option<usize>,
    pub tags: Option<Value>,
    pub attachments: Option<Vec<Attachment>>,
    pub created_at: String,
}

/// A file, by what is known of it.
#[skip_serializing_none]
#[derive(Clone, Debug, Serialize)]
pub struct Attachment {
    pub name: Option<String>,
    pub r#type: Option<String>,
    /// Bytes.
    pub size: Option<i64>,
}

/// A message with at most so many characters of its body, from that character on.
pub fn message(message: &Message, content: Content<'_>, from: usize, most: usize) -> ShownMessage {
    disclosure::rows(1);
    let body =
        if message.redacted { "[redacted in Intercom]".to_owned() } else { content.body(&message.body) };
    let body: String = if from > 0 { body.chars().skip(from).collect() } else { body };
    let left_out = body.chars().count().saturating_sub(most);
    let tags = message.tags.as_deref().map(|list| serde_json::from_str(list).unwrap_or_default());
    ShownMessage {
        id: content.id(&message.id),
        author_type: content.line(&message.author_type),
        author_name: message.author_name.as_deref().and_then(|name| filled(content.person(name))),
        is_ai: when(message.is_ai),
        kind: Kind::of(message),
        body: if left_out > 0 { super::content::cut(&body, most) } else { body },
        body_left_out: (left_out > 0).then_some(left_out),
        body_continues_at: (left_out > 0).then_some(from + most),
        tags: tags.and_then(|tags| document(content.document(tags, 10))),
        attachments: message.attachments.as_deref().and_then(|list| listed(attachments(list, content))),
        created_at: message.created_at.clone(),
    }
}

/// Name, type and size of attachments; ten at most.
fn attachments(list: &str, content: Content<'_>) -> Vec<Attachment> {
    let items: Vec<Value> = serde_json::from_str(list).unwrap_or_default();
    let items = items.iter().take(10).map(|item| {
        let text = |name: &str| item[name].as_str().and_then(|text| filled(content.line(text)));
        Attachment { name: text("name"), r#type: text("content_type"), size: item["size"].as_i64() }
    });
    items.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::WorkspaceId;

    #[test]
    fn the_link_leads_to_the_workspaces_own_region() {
        let link = |region: Option<&str>| {
            let workspace = Workspace {
                id: WorkspaceId("abc123".to_owned()),
                name: None,
                region: region.map(str::to_owned),
                timezone: None,
            };
            url(Some(&workspace), "7").expect("a link")
        };
        for (region, host) in [
            (None, "app.intercom.com"),
            (Some("US"), "app.intercom.com"),
            (Some("EU"), "app.eu.intercom.com"),
            (Some("eu"), "app.eu.intercom.com"),
            (Some("AU"), "app.au.intercom.com"),
        ] {
            assert!(link(region).starts_with(&format!("https://{host}/a/inbox/abc123/")), "{region:?}");
        }
        assert_eq!(url(None, "7"), None, "the workspace is not known yet");
    }
}
