//! Parts of a conversation: replies, notes, assignments, events.

use serde_json::Value;

use super::json;
use crate::ids::{AdminId, PartId};
use crate::time::UnixSeconds;

/// What kind of being wrote something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorKind {
    User,
    Lead,
    Admin,
    Bot,
    Team,
}

impl AuthorKind {
    /// Intercom's word. `contact` is what some answers say for either kind of customer, and
    /// whatever is unknown is taken for a bot: nobody's reply time may hang on it.
    fn read(word: Option<&str>) -> Self {
        match word {
            Some("user" | "contact") => Self::User,
            Some("lead" | "visitor") => Self::Lead,
            Some("admin" | "teammate") => Self::Admin,
            Some("team") => Self::Team,
            _ => Self::Bot,
        }
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Lead => "lead",
            Self::Admin => "admin",
            Self::Bot => "bot",
            Self::Team => "team",
        }
    }

    #[must_use]
    pub fn is_customer(self) -> bool {
        matches!(self, Self::User | Self::Lead)
    }
}

#[derive(Clone, Debug)]
pub struct Author {
    pub kind: AuthorKind,
    pub id: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    /// Written by an AI agent, whoever it speaks for (versions 2.14 and later say so).
    pub ai: bool,
}

impl Author {
    pub(super) fn read(mut value: Value) -> Self {
        let word = json::text(&mut value, "type");
        let email = json::text(&mut value, "email");
        let mut kind = AuthorKind::read(word.as_deref());
        // Operator and Fin appear among the admins, with an address of their own.
        if kind == AuthorKind::Admin && email.as_deref().is_some_and(is_operator) {
            kind = AuthorKind::Bot;
        }
        Self {
            kind,
            ai: json::boolean(&value, "from_ai_agent").unwrap_or(false)
                || json::boolean(&value, "is_ai_answer").unwrap_or(false),
            id: json::id(&mut value, "id"),
            name: json::text(&mut value, "name"),
            email,
        }
    }

    /// A person of the company, not a bot and not an AI.
    #[must_use]
    pub fn is_human_admin(&self) -> bool {
        self.kind == AuthorKind::Admin && !self.ai
    }
}

/// Whether this is the address of Intercom's own bot: `operator+<app>@intercom.io`.
#[must_use]
pub fn is_operator(email: &str) -> bool {
    email.starts_with("operator+") && email.ends_with("@intercom.io")
}

/// A file that came with a message. Its address is signed and expires, so it is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub name: Option<String>,
    pub content_type: Option<String>,
    pub bytes: Option<i64>,
}

pub(super) fn attachments(value: &mut Value) -> Vec<Attachment> {
    json::list(value, "attachments", &["attachments", "data"])
        .into_iter()
        .map(|mut file| Attachment {
            name: json::text(&mut file, "name"),
            content_type: json::text(&mut file, "content_type"),
            bytes: json::integer(&file, "filesize").or_else(|| json::integer(&file, "size")),
        })
        .collect()
}

/// To whom a part assigned the conversation.
#[derive(Clone, Debug)]
pub struct Assignee {
    /// admin, team, nobody_admin, …
    pub kind: String,
    pub id: Option<AdminId>,
}

#[derive(Clone, Debug)]
pub struct Part {
    pub id: PartId,
    /// Intercom's `part_type`: an open set.
    pub kind: String,
    /// HTML; none for parts without text, and for redacted ones.
    pub body: Option<String>,
    pub created_at: UnixSeconds,
    pub updated_at: Option<UnixSeconds>,
    pub author: Author,
    pub assigned_to: Option<Assignee>,
    pub attachments: Vec<Attachment>,
    /// Names of the tags that the part itself has.
    pub tags: Vec<String>,
    pub redacted: bool,
    pub event_details: Option<Value>,
}

impl Part {
    /// Reads a part; none without an id, which no recorded answer lacks.
    #[must_use]
    pub fn read(mut value: Value) -> Option<Self> {
        let id = json::id(&mut value, "id")?;
        let created_at = json::seconds(&value, "created_at")
            .or_else(|| json::seconds(&value, "updated_at"))
            .unwrap_or_default();
        let redacted = json::boolean(&value, "redacted").unwrap_or(false);
        let mut assigned_to = json::take(&mut value, "assigned_to");
        Some(Self {
            id: PartId(id),
            kind: json::text(&mut value, "part_type").unwrap_or_else(|| "unknown".to_owned()),
            body: json::text(&mut value, "body").filter(|_| !redacted),
            created_at,
            updated_at: json::seconds(&value, "updated_at"),
            author: Author::read(json::take(&mut value, "author")),
            assigned_to: json::text(&mut assigned_to, "type")
                .map(|kind| Assignee { kind, id: json::id(&mut assigned_to, "id").map(AdminId) }),
            attachments: attachments(&mut value),
            tags: json::names(&mut value, "tags", &["tags", "data"]),
            redacted,
            event_details: match json::take(&mut value, "event_details") {
                Value::Null => None,
                Value::Object(map) if map.is_empty() => None,
                details => Some(details),
            },
        })
    }

    /// Only teammates see it: `note`, `note_and_reopen`, `note_and_unsnooze`.
    #[must_use]
    pub fn is_note(&self) -> bool {
        self.kind == "note" || self.kind.starts_with("note_and_")
    }

    /// It has something to read or had it. The reply of "reply and assign" comes in an
    /// `assignment` part, so the kind does not decide.
    #[must_use]
    pub fn is_message(&self) -> bool {
        self.body.is_some() || !self.attachments.is_empty() || self.redacted
    }
}
