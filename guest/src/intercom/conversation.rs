//! Conversations, as versions 2.11 to 2.16 write them, in one shape.

use serde_json::{Map, Value};

use super::ai_agent::AiAgent;
use super::company::Company;
use super::json;
use super::part::{Attachment, Author, Part, attachments};
use crate::ids::{AdminId, ContactId, ConversationId, TagId, TeamId};
use crate::sorting;
use crate::time::UnixSeconds;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    Closed,
    Snoozed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    None,
    Low,
    Medium,
    High,
    Urgent,
}

#[derive(Clone, Debug)]
pub struct AppliedTag {
    pub id: TagId,
    pub name: Option<String>,
    pub applied_at: Option<UnixSeconds>,
}

#[derive(Clone, Debug)]
pub struct Rating {
    /// 1 to 5; none while it was asked for and not given.
    pub rating: Option<i64>,
    pub remark: Option<String>,
    pub rated_at: Option<UnixSeconds>,
    pub admin: Option<AdminId>,
}

/// The first message, and how it came.
#[derive(Clone, Debug)]
pub struct Source {
    /// conversation, email, whatsapp, …
    pub channel: Option<String>,
    pub delivered_as: Option<String>,
    pub subject: Option<String>,
    pub body: Option<String>,
    pub author: Author,
    pub attachments: Vec<Attachment>,
    /// The page on which it began; none for e-mail and bots.
    pub url: Option<String>,
    pub redacted: bool,
}

/// Something outside of the conversation that it belongs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// ticket, conversation, or a record of another system: `zendesk_ticket`, `salesforce_case`, …
    pub kind: String,
    pub id: String,
    /// Of tickets: Customer, Back-office or Tracker.
    pub category: Option<String>,
}

/// The parts that a `GET` brought.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Ascending by time, the newest 500.
    pub parts: Vec<Part>,
    /// How many there are in all.
    pub total_count: usize,
}

#[derive(Clone, Debug)]
pub struct Conversation {
    pub id: ConversationId,
    pub created_at: UnixSeconds,
    pub updated_at: UnixSeconds,
    /// `updated_at` was there and could be read; otherwise it is the creation, or 0.
    pub dated: bool,
    pub title: Option<String>,
    pub state: State,
    pub open: bool,
    pub read: bool,
    pub priority: Priority,
    pub admin_assignee: Option<AdminId>,
    pub team_assignee: Option<TeamId>,
    pub waiting_since: Option<UnixSeconds>,
    pub snoozed_until: Option<UnixSeconds>,
    pub tags: Vec<AppliedTag>,
    pub rating: Option<Rating>,
    pub source: Option<Source>,
    /// Channel of the customer's first reply, for conversations without a source.
    pub first_reply_channel: Option<String>,
    pub contacts: Vec<ContactId>,
    pub company: Option<Company>,
    pub custom_attributes: Option<Map<String, Value>>,
    pub sla: Option<(Option<String>, Option<String>)>,
    /// As Intercom sent them, without nulls.
    pub statistics: Map<String, Value>,
    pub ai_participated: bool,
    pub ai_agent: Option<AiAgent>,
    pub links: Vec<Link>,
    /// Where it goes on, which may differ from where it began (2.16).
    pub current_channel: Option<String>,
    /// None in lists.
    pub parts: Option<Parts>,
}

impl Conversation {
    /// Reads a conversation from a list or from `GET /conversations/{id}`; none without an id.
    #[must_use]
    pub fn read(mut value: Value) -> Option<Self> {
        let id = json::id(&mut value, "id")?;
        let created = json::seconds(&value, "created_at");
        let updated = json::seconds(&value, "updated_at");
        let created = created.or(updated).unwrap_or_default();
        let snoozed_until = json::seconds(&value, "snoozed_until");
        let open = json::boolean(&value, "open").unwrap_or(true);
        let state = read_state(json::text(&mut value, "state").as_deref(), open, snoozed_until);
        let mut sla = json::take(&mut value, "sla_applied");
        let ai = json::take(&mut value, "ai_agent");
        Some(Self {
            id: ConversationId(id),
            created_at: created,
            updated_at: updated.unwrap_or(created),
            dated: updated.is_some(),
            title: json::text(&mut value, "title"),
            state,
            open,
            read: json::boolean(&value, "read").unwrap_or(false),
            priority: read_priority(json::text(&mut value, "priority").as_deref()),
            admin_assignee: json::id(&mut value, "admin_assignee_id").map(AdminId),
            team_assignee: json::id(&mut value, "team_assignee_id").map(TeamId),
            waiting_since: json::seconds(&value, "waiting_since"),
            snoozed_until,
            tags: json::list(&mut value, "tags", &["tags", "data"])
                .into_iter()
                .filter_map(read_tag)
                .collect(),
            rating: read_rating(json::take(&mut value, "conversation_rating")),
            source: read_source(json::take(&mut value, "source")),
            first_reply_channel: json::text(&mut json::take(&mut value, "first_contact_reply"), "type"),
            contacts: json::list(&mut value, "contacts", &["contacts", "data"])
                .into_iter()
                .filter_map(|mut contact| json::id(&mut contact, "id").map(ContactId))
                .collect(),
            company: Company::read(json::take(&mut value, "company")),
            custom_attributes: json::object(&mut value, "custom_attributes"),
            sla: sla
                .is_object()
                .then(|| (json::text(&mut sla, "sla_name"), json::text(&mut sla, "sla_status"))),
            statistics: json::object(&mut value, "statistics").unwrap_or_default(),
            ai_participated: json::boolean(&value, "ai_agent_participated").unwrap_or(false),
            ai_agent: AiAgent::read(ai),
            links: read_links(&mut value),
            current_channel: json::text(&mut json::take(&mut value, "channel"), "current"),
            parts: read_parts(json::take(&mut value, "conversation_parts")),
        })
    }

    /// A time among the statistics, Unix seconds.
    #[must_use]
    pub fn statistic_time(&self, name: &str) -> Option<UnixSeconds> {
        self.statistics.get(name).and_then(json::as_integer).filter(|at| *at > 0).map(UnixSeconds)
    }

    /// The first of the response times that the statistics hold for each team, seconds.
    #[must_use]
    pub fn statistic_team_response(&self, name: &str) -> Option<i64> {
        self.statistics
            .get(name)?
            .as_array()?
            .iter()
            .find_map(|team| json::integer(team, "response_time"))
            .filter(|seconds| *seconds >= 0)
    }

    /// An id among the statistics, text or number.
    #[must_use]
    pub fn statistic_id(&self, name: &str) -> Option<String> {
        self.statistics.get(name).cloned().and_then(json::into_text).filter(|id| id != "0")
    }

    /// A count among the statistics, or a duration in seconds.
    #[must_use]
    pub fn statistic_count(&self, name: &str) -> Option<i64> {
        self.statistics.get(name).and_then(json::as_integer).filter(|count| *count >= 0)
    }
}

/// A snoozed conversation comes with `open: true`, so the state's own word comes first.
fn read_state(word: Option<&str>, open: bool, snoozed_until: Option<UnixSeconds>) -> State {
    match word {
        Some("open") => State::Open,
        Some("closed") => State::Closed,
        Some("snoozed") => State::Snoozed,
        _ if snoozed_until.is_some() => State::Snoozed,
        _ if open => State::Open,
        _ => State::Closed,
    }
}

/// Five words since 2.16; `priority` and `not_priority` before.
fn read_priority(word: Option<&str>) -> Priority {
    match word {
        Some("low") => Priority::Low,
        Some("medium") => Priority::Medium,
        Some("high" | "priority" | "true") => Priority::High,
        Some("urgent") => Priority::Urgent,
        _ => Priority::None,
    }
}

fn read_tag(mut tag: Value) -> Option<AppliedTag> {
    Some(AppliedTag {
        id: TagId(json::id(&mut tag, "id")?),
        name: json::text(&mut tag, "name"),
        applied_at: json::seconds(&tag, "applied_at"),
    })
}

/// Null when there is none; older answers have an object of nulls instead.
fn read_rating(mut rating: Value) -> Option<Rating> {
    let stars = json::integer(&rating, "rating").filter(|stars| (1..=5).contains(stars));
    let remark = json::text(&mut rating, "remark");
    if stars.is_none() && remark.is_none() {
        return None;
    }
    let mut teammate = json::take(&mut rating, "teammate");
    // A workflow can be what is rated (2.17), and a bot: their ids are no teammates'.
    let is_admin = !matches!(json::text(&mut teammate, "type").as_deref(), Some("workflow" | "bot"));
    Some(Rating {
        rating: stars,
        remark,
        // `created_at` is when the rating was asked for; `updated_at` (2.14) when it was given.
        rated_at: json::seconds(&rating, "updated_at").or_else(|| json::seconds(&rating, "created_at")),
        admin: json::id(&mut teammate, "id").filter(|_| is_admin).map(AdminId),
    })
}

/// Null for conversations that were created without a message.
fn read_source(mut source: Value) -> Option<Source> {
    if !source.is_object() {
        return None;
    }
    let redacted = json::boolean(&source, "redacted").unwrap_or(false);
    Some(Source {
        channel: json::text(&mut source, "type"),
        delivered_as: json::text(&mut source, "delivered_as"),
        subject: json::text(&mut source, "subject").filter(|_| !redacted),
        body: json::text(&mut source, "body").filter(|_| !redacted),
        author: Author::read(json::take(&mut source, "author")),
        attachments: attachments(&mut source),
        url: json::text(&mut source, "url"),
        redacted,
    })
}

/// What the conversation was made into or is linked to, each once.
pub(super) fn read_links(value: &mut Value) -> Vec<Link> {
    let mut found = Vec::new();
    let mut add = |mut entry: Value, usual: &str| {
        let kind = json::text(&mut entry, "type").unwrap_or_else(|| usual.to_owned());
        let category = json::text(&mut entry, "category");
        let Some(id) = json::id(&mut entry, "id") else { return };
        match found.iter_mut().find(|link: &&mut Link| link.kind == kind && link.id == id) {
            Some(link) => link.category = link.category.take().or(category),
            None => found.push(Link { kind, id, category }),
        }
    };
    add(json::take(value, "ticket"), "ticket");
    json::list(value, "linked_objects", &["data"]).into_iter().for_each(|entry| add(entry, "ticket"));
    json::list(value, "external_references", &["data"]).into_iter().for_each(|entry| add(entry, "external"));
    found
}

fn read_parts(mut value: Value) -> Option<Parts> {
    let total_count = json::integer(&value, "total_count");
    let parts = match &mut value {
        Value::Array(parts) => std::mem::take(parts),
        Value::Object(_) => match json::take(&mut value, "conversation_parts") {
            Value::Array(parts) => parts,
            _ => return None,
        },
        _ => return None,
    };
    let mut parts: Vec<Part> = parts.into_iter().filter_map(Part::read).collect();
    // They come in the order of time, but nothing promises it; the sort is stable.
    sorting::by_key(&mut parts, |part| part.created_at);
    let total_count = total_count.and_then(|count| usize::try_from(count).ok()).unwrap_or(parts.len());
    Some(Parts { parts, total_count })
}
