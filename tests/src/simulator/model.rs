//! The truth of the simulated workspace: what Intercom itself would hold, free of API versions.
//!
//! [`render`](super::render) turns these records into the JSON of one API version. People and
//! labels are referred to by their position in the [`Directory`](super::directory::Directory).

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::tickets::Category;

/// Unix time in whole seconds, the only resolution that Intercom shows.
pub type Seconds = i64;

/// The number of a conversation, a part or a label; a decimal string in the API's JSON.
pub type Id = u64;

/// A position in one of the [`Directory`](super::directory::Directory)'s lists.
pub type Index = u32;

/// One conversation with all its parts, also those beyond the 500 that the API returns.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// 15 digits, as in today's workspaces.
    pub id: Id,
    /// The position in the order of creation; conversation 0 is the oldest.
    pub index: usize,
    pub title: Option<String>,
    pub created_at: Seconds,
    pub updated_at: Seconds,
    pub waiting_since: Option<Seconds>,
    pub snoozed_until: Option<Seconds>,
    pub state: State,
    pub read: bool,
    pub priority: Priority,
    pub admin_assignee: Option<Index>,
    pub team_assignee: Option<Index>,
    pub company: Option<Index>,
    pub tags: Vec<AppliedTag>,
    pub rating: Option<Rating>,
    /// The first message; `None` for a conversation that was created without one.
    pub source: Option<Source>,
    pub channel: Channel,
    pub contacts: Vec<Index>,
    pub custom_attributes: Map<String, Value>,
    pub sla: Option<Sla>,
    pub ai_agent: Option<AiAgent>,
    /// Tickets linked to the conversation, but for [`Conversation::tracker`].
    pub linked_tickets: Vec<(Id, Category)>,
    /// The tracker ticket of a bug that several customers reported.
    pub tracker: Option<Id>,
    /// Kind and id of a record in another help desk.
    pub external_reference: Option<(&'static str, String)>,
    /// Ascending by time. The first message is [`Conversation::source`], not a part.
    pub parts: Vec<Part>,
    /// Computed from the parts; `None` in a null-heavy record.
    pub statistics: Option<Statistics>,
    /// Counts changes; the search index compares it to know which copy is newer.
    pub revision: u64,
    /// How many parts were ever made, deleted ones included; makes part ids unique.
    pub parts_made: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    Closed,
    Snoozed,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Snoozed => "snoozed",
        }
    }
}

/// The five levels of API 2.16; older versions see only `priority` and `not_priority`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    None,
    Low,
    Medium,
    High,
    Urgent,
}

/// Where a conversation came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Messenger,
    Email,
    Whatsapp,
    Facebook,
    Instagram,
    Sms,
    PhoneCall,
}

impl Channel {
    /// `source.type`.
    pub fn source_type(self) -> &'static str {
        match self {
            Self::Messenger => "conversation",
            Self::Email => "email",
            Self::Whatsapp => "whatsapp",
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
            Self::Sms => "sms",
            Self::PhoneCall => "phone_call",
        }
    }

    /// `channel.initial` of API 2.16.
    pub fn name(self) -> &'static str {
        match self {
            Self::Messenger => "messenger",
            other => other.source_type(),
        }
    }
}

/// The first message of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub id: Id,
    pub delivered_as: &'static str,
    pub subject: String,
    pub body: String,
    pub author: Author,
    pub attachments: Vec<Attachment>,
    pub url: Option<String>,
    pub redacted: bool,
}

/// One entry of the thread: a message, a note or an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub id: Id,
    /// Intercom's open set of names: `comment`, `note`, `assignment`, `close`, …
    pub part_type: Cow<'static, str>,
    /// HTML; events and redacted parts have none.
    pub body: Option<String>,
    pub created_at: Seconds,
    pub updated_at: Seconds,
    pub assigned_to: Option<Assignee>,
    pub author: Author,
    pub attachments: Vec<Attachment>,
    pub redacted: bool,
    /// The conversation's state after this part.
    pub state: State,
    pub tags: Vec<Index>,
    /// The part arrived or left by e-mail and carries its headers.
    pub by_email: bool,
    pub event_details: Option<Value>,
}

impl Part {
    /// A message that the customer sees; notes and events are not.
    pub fn is_visible_message(&self) -> bool {
        self.body.is_some() && !self.part_type.starts_with("note")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// `user` or `lead`, whichever the contact's role is.
    Contact(Index),
    Admin(Index),
    /// Operator, or Fin when the answer came from the AI agent.
    Bot(Bot),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bot {
    /// Workflows, rules and canned questions.
    Operator,
    /// Fin asking back or handing over.
    FinMessage,
    /// Fin answering from its content.
    FinAnswer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignee {
    Admin(Index),
    Team(Index),
    Nobody,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    pub name: String,
    pub content_type: &'static str,
    /// Bytes.
    pub filesize: u64,
    /// Pixels, for images.
    pub size: Option<(u32, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppliedTag {
    pub tag: Index,
    pub applied_at: Seconds,
    pub applied_by: Index,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Rating {
    /// 1 (worst) to 5; `None` while the request is unanswered.
    pub score: Option<u8>,
    pub remark: Option<String>,
    /// When the rating was asked for.
    pub requested_at: Seconds,
    pub updated_at: Seconds,
    pub contact: Index,
    /// The admin who is rated; `None` when a bot is.
    pub admin: Option<Index>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Sla {
    pub name: &'static str,
    /// `hit`, `missed` or `active`; `None` once any SLA event was cancelled.
    pub status: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AiAgent {
    pub source_type: &'static str,
    pub source_title: Option<&'static str>,
    pub last_answer_type: Option<&'static str>,
    pub resolution: Option<Resolution>,
    pub rating: Option<u8>,
    pub rating_remark: Option<String>,
    pub created_at: Seconds,
    pub updated_at: Seconds,
    /// Titles of the help articles that were used.
    pub articles: Vec<&'static str>,
}

/// How the AI agent's part ended; the words differ between API versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    Assumed,
    Confirmed,
    Escalated,
    NegativeFeedback,
    Abandoned,
}

/// `statistics`; durations in seconds, `None` renders as null.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    pub time_to_assignment: Option<i64>,
    pub time_to_admin_reply: Option<i64>,
    pub time_to_first_close: Option<i64>,
    pub time_to_last_close: Option<i64>,
    pub median_time_to_reply: Option<i64>,
    pub first_contact_reply_at: Option<Seconds>,
    pub first_assignment_at: Option<Seconds>,
    pub first_admin_reply_at: Option<Seconds>,
    pub first_close_at: Option<Seconds>,
    pub last_assignment_at: Option<Seconds>,
    pub last_assignment_admin_reply_at: Option<Seconds>,
    pub last_contact_reply_at: Option<Seconds>,
    pub last_admin_reply_at: Option<Seconds>,
    pub last_close_at: Option<Seconds>,
    /// The admin who closed last.
    pub last_closed_by: Option<Index>,
    pub count_reopens: u32,
    pub count_assignments: u32,
    /// Number of parts plus one: the first message counts.
    pub count_conversation_parts: u32,
    pub assigned_team: Option<Index>,
    pub assigned_team_first_response_time: Option<i64>,
    pub assigned_team_first_response_time_in_office_hours: Option<i64>,
    pub handling_time: Option<i64>,
}

impl Conversation {
    /// A conversation's id from its position in the order of creation.
    pub fn id_of(index: usize) -> Id {
        215_470_000_000_000 + index as u64 * 7_919
    }

    /// `GET /conversations/{id}` returns only the newest 500 parts.
    pub fn is_truncated_by_api(&self) -> bool {
        self.parts.len() > super::MAX_PARTS
    }

    /// The admins who wrote at least one part, in order of appearance.
    pub fn teammates(&self) -> Vec<Index> {
        let mut seen = Vec::new();
        for part in &self.parts {
            if let Author::Admin(admin) = part.author
                && !seen.contains(&admin)
            {
                seen.push(admin);
            }
        }
        seen
    }
}
