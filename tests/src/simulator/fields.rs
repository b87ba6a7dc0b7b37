//! What a search can find by, and the searchable fields of a conversation with their types (table
//! "Accepted Fields" of `POST /conversations/search`).

use super::directory::Directory;
use super::model::{Author, Conversation, Id, Priority, Resolution, Seconds};
use super::version::ApiVersion;

/// What a field's values can be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Unix seconds.
    Date,
    Integer,
    Boolean,
    Text,
    /// HTML, compared word by word.
    Words,
}

/// A field's value in one conversation.
#[derive(Debug)]
pub enum FieldValue {
    Number(Option<i64>),
    Boolean(bool),
    /// No, one or several texts; a list field matches when one of them does.
    Texts(Vec<String>),
}

/// A kind of record that has a search.
pub trait Searchable {
    fn id(&self) -> Id;

    /// Its place in the order of creation, among the records of its kind.
    fn place(&self) -> usize;

    /// Counts changes, so that the newer of two copies is known.
    fn revision(&self) -> u64;

    fn updated_at(&self) -> Seconds;

    /// The table's own spelling of `name` and its type; `None` for an unknown field.
    fn find(name: &str) -> Option<(&'static str, Kind)>;

    /// The value of `field`, which comes from [`Searchable::find`].
    fn value(&self, field: &str, people: &Directory, version: ApiVersion) -> FieldValue;
}

impl Searchable for Conversation {
    fn id(&self) -> Id {
        self.id
    }

    fn place(&self) -> usize {
        self.index
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn updated_at(&self) -> Seconds {
        self.updated_at
    }

    fn find(name: &str) -> Option<(&'static str, Kind)> {
        FIELDS.iter().find(|(known, _)| *known == name).copied()
    }

    fn value(&self, field: &str, people: &Directory, version: ApiVersion) -> FieldValue {
        value(field, self, people, version)
    }
}

const FIELDS: &[(&str, Kind)] = &[
    // A string by the table, but Singer's connector compares it with `>=` and sorts by it.
    ("id", Kind::Integer),
    ("created_at", Kind::Date),
    ("updated_at", Kind::Date),
    ("source.type", Kind::Text),
    ("source.id", Kind::Text),
    ("source.delivered_as", Kind::Text),
    ("source.subject", Kind::Text),
    ("source.body", Kind::Words),
    ("source.author.id", Kind::Text),
    ("source.author.type", Kind::Text),
    ("source.author.name", Kind::Text),
    ("source.author.email", Kind::Text),
    ("source.url", Kind::Text),
    ("contact_ids", Kind::Text),
    ("teammate_ids", Kind::Text),
    ("admin_assignee_id", Kind::Integer),
    ("team_assignee_id", Kind::Integer),
    ("channel_initiated", Kind::Text),
    ("open", Kind::Boolean),
    ("read", Kind::Boolean),
    ("state", Kind::Text),
    ("waiting_since", Kind::Date),
    ("snoozed_until", Kind::Date),
    ("tag_ids", Kind::Text),
    ("priority", Kind::Text),
    ("statistics.time_to_assignment", Kind::Integer),
    ("statistics.time_to_admin_reply", Kind::Integer),
    ("statistics.time_to_first_close", Kind::Integer),
    ("statistics.time_to_last_close", Kind::Integer),
    ("statistics.median_time_to_reply", Kind::Integer),
    ("statistics.first_contact_reply_at", Kind::Date),
    ("statistics.first_assignment_at", Kind::Date),
    ("statistics.first_admin_reply_at", Kind::Date),
    ("statistics.first_close_at", Kind::Date),
    ("statistics.last_assignment_at", Kind::Date),
    ("statistics.last_assignment_admin_reply_at", Kind::Date),
    ("statistics.last_contact_reply_at", Kind::Date),
    ("statistics.last_admin_reply_at", Kind::Date),
    ("statistics.last_close_at", Kind::Date),
    ("statistics.last_closed_by_id", Kind::Text),
    ("statistics.count_reopens", Kind::Integer),
    ("statistics.count_assignments", Kind::Integer),
    ("statistics.count_conversation_parts", Kind::Integer),
    ("conversation_rating.requested_at", Kind::Date),
    ("conversation_rating.replied_at", Kind::Date),
    ("conversation_rating.score", Kind::Integer),
    ("conversation_rating.remark", Kind::Text),
    ("conversation_rating.contact_id", Kind::Text),
    // Intercom's own spelling.
    ("conversation_rating.admin_d", Kind::Text),
    ("ai_agent_participated", Kind::Boolean),
    ("ai_agent.resolution_state", Kind::Text),
    ("ai_agent.last_answer_type", Kind::Text),
    ("ai_agent.rating", Kind::Integer),
    ("ai_agent.rating_remark", Kind::Text),
    ("ai_agent.source_type", Kind::Text),
    ("ai_agent.source_title", Kind::Text),
];

fn value(field: &str, c: &Conversation, people: &Directory, version: ApiVersion) -> FieldValue {
    if let Some(name) = field.strip_prefix("statistics.") {
        return statistic(name, c, people);
    }
    if let Some(name) = field.strip_prefix("conversation_rating.") {
        return rating(name, c, people);
    }
    if let Some(name) = field.strip_prefix("ai_agent.") {
        return ai_agent(name, c, version);
    }
    if let Some(name) = field.strip_prefix("source.") {
        return source(name, c, people);
    }
    let number = FieldValue::Number;
    match field {
        "id" => number(Some(c.id as i64)),
        "created_at" => number(Some(c.created_at)),
        "updated_at" => number(Some(c.updated_at)),
        "waiting_since" => number(c.waiting_since),
        "snoozed_until" => number(c.snoozed_until),
        "contact_ids" => FieldValue::Texts(
            c.contacts.iter().map(|&contact| people.contacts[contact as usize].id.clone()).collect(),
        ),
        "teammate_ids" => FieldValue::Texts(
            c.teammates().iter().map(|&admin| people.admins[admin as usize].id.to_string()).collect(),
        ),
        // Unassigned compares as 0 in the index, whatever the version shows.
        "admin_assignee_id" => {
            number(Some(c.admin_assignee.map_or(0, |admin| people.admins[admin as usize].id as i64)))
        }
        "team_assignee_id" => {
            number(Some(c.team_assignee.map_or(0, |team| people.teams[team as usize].id as i64)))
        }
        "channel_initiated" => text(Some(c.channel.name())),
        "open" => FieldValue::Boolean(c.state != super::model::State::Closed),
        "read" => FieldValue::Boolean(c.read),
        "state" => text(Some(c.state.as_str())),
        "tag_ids" => FieldValue::Texts(
            c.tags.iter().map(|applied| people.tags[applied.tag as usize].id.to_string()).collect(),
        ),
        "priority" => text(Some(priority_name(c.priority, version))),
        "ai_agent_participated" => FieldValue::Boolean(c.ai_agent.is_some()),
        _ => FieldValue::Texts(Vec::new()),
    }
}

/// `priority`: five words from 2.16 on, two before.
pub fn priority_name(priority: Priority, version: ApiVersion) -> &'static str {
    if version < ApiVersion::V2_16 {
        return if priority == Priority::None { "not_priority" } else { "priority" };
    }
    match priority {
        Priority::None => "none",
        Priority::Low => "low",
        Priority::Medium => "medium",
        Priority::High => "high",
        Priority::Urgent => "urgent",
    }
}

/// `ai_agent.resolution_state`: the enum changed with 2.15.
pub fn resolution_name(resolution: Resolution, version: ApiVersion) -> Option<&'static str> {
    let new = version >= ApiVersion::V2_15;
    match resolution {
        Resolution::Assumed => Some("assumed_resolution"),
        Resolution::Confirmed => Some("confirmed_resolution"),
        Resolution::Escalated => Some(if new { "escalated" } else { "routed_to_team" }),
        Resolution::NegativeFeedback => Some(if new { "negative_feedback" } else { "routed_to_team" }),
        Resolution::Abandoned => (!new).then_some("abandoned"),
    }
}

/// `author.type`, `id`, `name` and `email`.
pub fn author_names(
    author: Author,
    people: &Directory,
) -> (&'static str, String, Option<&str>, Option<&str>) {
    match author {
        Author::Contact(contact) => {
            let contact = &people.contacts[contact as usize];
            let kind = if contact.is_lead { "lead" } else { "user" };
            (kind, contact.id.clone(), contact.name.as_deref(), contact.email.as_deref())
        }
        Author::Admin(admin) => {
            let admin = &people.admins[admin as usize];
            ("admin", admin.id.to_string(), Some(&admin.name), Some(&admin.email))
        }
        Author::Bot(bot) => {
            let operator = people.admins.iter().find(|admin| admin.is_bot);
            let name = if bot == super::model::Bot::Operator { "Operator" } else { "Fin" };
            (
                "bot",
                operator.map_or_else(|| "0".to_owned(), |admin| admin.id.to_string()),
                Some(name),
                operator.map(|admin| admin.email.as_str()),
            )
        }
    }
}

pub(super) fn text(value: Option<impl ToString>) -> FieldValue {
    FieldValue::Texts(value.map(|value| value.to_string()).into_iter().collect())
}

fn source(name: &str, c: &Conversation, people: &Directory) -> FieldValue {
    let Some(source) = &c.source else {
        return FieldValue::Texts(Vec::new());
    };
    let (author_type, author_id, author_name, author_email) = author_names(source.author, people);
    match name {
        "type" => text(Some(c.channel.source_type())),
        "id" => text(Some(source.id)),
        "delivered_as" => text(Some(source.delivered_as)),
        "subject" => text(Some(&source.subject)),
        "body" => text(Some(&source.body)),
        "author.id" => text(Some(author_id)),
        "author.type" => text(Some(author_type)),
        "author.name" => text(author_name),
        "author.email" => text(author_email),
        _ => text(source.url.as_ref()),
    }
}

fn statistic(name: &str, c: &Conversation, people: &Directory) -> FieldValue {
    let Some(s) = &c.statistics else {
        return FieldValue::Number(None);
    };
    let number: Option<Seconds> = match name {
        "time_to_assignment" => s.time_to_assignment,
        "time_to_admin_reply" => s.time_to_admin_reply,
        "time_to_first_close" => s.time_to_first_close,
        "time_to_last_close" => s.time_to_last_close,
        "median_time_to_reply" => s.median_time_to_reply,
        "first_contact_reply_at" => s.first_contact_reply_at,
        "first_assignment_at" => s.first_assignment_at,
        "first_admin_reply_at" => s.first_admin_reply_at,
        "first_close_at" => s.first_close_at,
        "last_assignment_at" => s.last_assignment_at,
        "last_assignment_admin_reply_at" => s.last_assignment_admin_reply_at,
        "last_contact_reply_at" => s.last_contact_reply_at,
        "last_admin_reply_at" => s.last_admin_reply_at,
        "last_close_at" => s.last_close_at,
        "count_reopens" => Some(s.count_reopens.into()),
        "count_assignments" => Some(s.count_assignments.into()),
        "count_conversation_parts" => Some(s.count_conversation_parts.into()),
        _ => {
            return text(s.last_closed_by.map(|admin| people.admins[admin as usize].id));
        }
    };
    FieldValue::Number(number)
}

fn rating(name: &str, c: &Conversation, people: &Directory) -> FieldValue {
    let rating = c.rating.as_ref();
    match name {
        "requested_at" => FieldValue::Number(rating.map(|r| r.requested_at)),
        "replied_at" => FieldValue::Number(rating.map(|r| r.updated_at)),
        "score" => FieldValue::Number(rating.and_then(|r| r.score).map(i64::from)),
        "remark" => text(rating.and_then(|r| r.remark.as_ref())),
        "contact_id" => text(rating.map(|r| people.contacts[r.contact as usize].id.as_str())),
        _ => text(rating.and_then(|r| r.admin).map(|admin| people.admins[admin as usize].id)),
    }
}

fn ai_agent(name: &str, c: &Conversation, version: ApiVersion) -> FieldValue {
    let agent = c.ai_agent.as_ref();
    match name {
        "resolution_state" => {
            text(agent.and_then(|a| a.resolution).and_then(|resolution| resolution_name(resolution, version)))
        }
        "last_answer_type" => text(agent.and_then(|a| a.last_answer_type)),
        "rating" => FieldValue::Number(agent.and_then(|a| a.rating).map(i64::from)),
        "rating_remark" => text(agent.and_then(|a| a.rating_remark.as_ref())),
        "source_type" => text(agent.map(|a| a.source_type)),
        _ => text(agent.and_then(|a| a.source_title)),
    }
}
