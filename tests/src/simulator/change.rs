//! What can happen to a conversation, and what each event does to it.
//!
//! The generator and the live mutations share this one state machine, so a generated thread
//! and one that grew while a test ran obey the same rules: each event makes a part (or several),
//! and `updated_at` is the newest part's time (seen in all recorded conversations).

use std::borrow::Cow;

use serde_json::{Value, json};

use super::model::{
    AiAgent, AppliedTag, Assignee, Attachment, Author, Bot, Conversation, Id, Index, Part, Priority, Rating,
    Resolution, Seconds, Sla, State,
};
use super::statistics;

/// One event in the life of a conversation. Bodies are HTML.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The customer writes; a closed or snoozed conversation opens again.
    ContactReply {
        body: String,
        attachments: Vec<Attachment>,
    },
    AdminReply {
        admin: Index,
        body: String,
        attachments: Vec<Attachment>,
    },
    /// An answer by Operator or Fin.
    BotReply {
        bot: Bot,
        body: String,
    },
    /// "Reply and assign": Intercom keeps the reply's text in the `assignment` part.
    AssignWithText {
        admin: Index,
        to: Assignee,
        body: String,
    },
    /// An internal note.
    Note {
        admin: Index,
        body: String,
    },
    Assign {
        by: Author,
        to: Assignee,
    },
    Close {
        by: Author,
    },
    Reopen {
        admin: Index,
    },
    Snooze {
        admin: Index,
        until: Seconds,
    },
    Tag {
        admin: Index,
        tag: Index,
    },
    Untag {
        admin: Index,
        tag: Index,
    },
    /// The customer rates the conversation; the first time also records the request.
    Rate {
        score: u8,
        remark: Option<String>,
    },
    /// The customer is asked for a rating. It makes no part.
    RequestRating,
    SetPriority {
        admin: Index,
        priority: Priority,
    },
    /// A custom attribute is set.
    SetAttribute {
        admin: Index,
        name: String,
        value: Value,
    },
    ApplySla {
        name: &'static str,
    },
    MissSla,
    /// Fin's part of the conversation ends.
    ResolveAi {
        resolution: Resolution,
    },
    /// Any other event part, by its Intercom name.
    Event {
        part_type: Cow<'static, str>,
        author: Author,
        details: Option<Value>,
    },
}

impl Conversation {
    /// Applies `change` at `at`. Times never run backwards: an earlier `at` counts as the time
    /// of the last change. Call [`Conversation::refresh`] when a series of changes is done.
    pub fn apply(&mut self, change: Change, at: Seconds) {
        let at = at.max(self.updated_at);
        match change {
            Change::ContactReply { body, attachments } => {
                self.state = State::Open;
                self.snoozed_until = None;
                self.read = false;
                self.waiting_since.get_or_insert(at);
                let author = Author::Contact(self.contacts.first().copied().unwrap_or(0));
                self.push(at, "comment", author).with_text(body, attachments);
            }
            Change::AdminReply { admin, body, attachments } => {
                self.waiting_since = None;
                self.read = true;
                self.push(at, "comment", Author::Admin(admin)).with_text(body, attachments);
            }
            Change::BotReply { bot, body } => {
                self.push(at, "comment", Author::Bot(bot)).with_text(body, Vec::new());
                if bot == Bot::FinAnswer {
                    let agent = self.ai_agent.get_or_insert_with(|| AiAgent {
                        source_type: "workflow",
                        source_title: Some("Fin answers first"),
                        last_answer_type: None,
                        resolution: None,
                        rating: None,
                        rating_remark: None,
                        created_at: at,
                        updated_at: at,
                        articles: Vec::new(),
                    });
                    agent.last_answer_type = Some("ai_answer");
                    agent.updated_at = at;
                }
            }
            Change::AssignWithText { admin, to, body } => {
                self.assign(to);
                self.waiting_since = None;
                let part = self.push(at, "assignment", Author::Admin(admin));
                part.assigned_to = Some(to);
                part.with_text(body, Vec::new());
            }
            Change::Note { admin, body } => {
                self.push(at, "note", Author::Admin(admin)).with_text(body, Vec::new());
            }
            Change::Assign { by, to } => {
                self.assign(to);
                let name = if matches!(by, Author::Bot(_)) { "default_assignment" } else { "assignment" };
                self.push(at, name, by).assigned_to = Some(to);
            }
            Change::Close { by } => {
                self.state = State::Closed;
                self.snoozed_until = None;
                self.waiting_since = None;
                self.push(at, "close", by);
            }
            Change::Reopen { admin } => {
                self.state = State::Open;
                self.snoozed_until = None;
                self.waiting_since = Some(at);
                self.push(at, "open", Author::Admin(admin));
            }
            Change::Snooze { admin, until } => {
                self.state = State::Snoozed;
                self.snoozed_until = Some(until);
                self.push(at, "snoozed", Author::Admin(admin));
            }
            Change::Tag { admin, tag } => {
                if !self.tags.iter().any(|applied| applied.tag == tag) {
                    self.tags.push(AppliedTag { tag, applied_at: at, applied_by: admin });
                }
                self.push(at, "conversation_tags_updated", Author::Admin(admin)).tags = vec![tag];
            }
            Change::Untag { admin, tag } => {
                self.tags.retain(|applied| applied.tag != tag);
                self.push(at, "conversation_tags_updated", Author::Admin(admin));
            }
            Change::Rate { score, remark } => self.rate(score, remark, at),
            Change::RequestRating => {
                let contact = self.contacts.first().copied().unwrap_or(0);
                self.updated_at = at;
                self.rating = Some(Rating {
                    score: None,
                    remark: None,
                    requested_at: at,
                    updated_at: at,
                    contact,
                    admin: self.admin_assignee,
                });
            }
            Change::SetPriority { admin, priority } => {
                self.priority = priority;
                self.push(at, "priority_changed", Author::Admin(admin));
            }
            Change::SetAttribute { admin, name, value } => {
                let details = json!({"attribute": {"name": name}, "value": {"name": value}});
                self.custom_attributes.insert(name, value);
                self.push(at, "conversation_attribute_updated_by_admin", Author::Admin(admin))
                    .event_details = Some(details);
            }
            Change::ApplySla { name } => {
                self.sla = Some(Sla { name, status: Some("active") });
                self.push(at, "conversation_sla_applied_by_rule", Author::Bot(Bot::Operator));
            }
            Change::MissSla => {
                if let Some(sla) = &mut self.sla {
                    sla.status = Some("missed");
                }
                self.push(at, "conversation_sla_target_missed", Author::Bot(Bot::Operator));
            }
            Change::ResolveAi { resolution } => {
                if let Some(agent) = &mut self.ai_agent {
                    agent.resolution = Some(resolution);
                    agent.updated_at = at;
                }
                self.push(at, "operator_workflow_event", Author::Bot(Bot::Operator));
            }
            Change::Event { part_type, author, details } => {
                self.push(at, part_type, author).event_details = details;
            }
        }
    }

    /// Recomputes what Intercom derives from the parts.
    pub fn refresh(&mut self) {
        if self.statistics.is_some() || !self.parts.is_empty() {
            self.statistics = Some(statistics::compute(self));
        }
        self.revision += 1;
    }

    /// Removes a part's text and marks it, as "redact" in Intercom's inbox does.
    /// Returns false when there is no such part.
    pub fn redact_part(&mut self, part: Id, at: Seconds) -> bool {
        let Some(part) = self.parts.iter_mut().find(|p| p.id == part) else {
            return false;
        };
        part.body = None;
        part.attachments.clear();
        part.redacted = true;
        part.updated_at = at.max(part.updated_at);
        self.updated_at = self.updated_at.max(at);
        true
    }

    /// Removes a part as if it had never been. Returns false when there is no such part.
    pub fn delete_part(&mut self, part: Id, at: Seconds) -> bool {
        let before = self.parts.len();
        self.parts.retain(|p| p.id != part);
        if self.parts.len() == before {
            return false;
        }
        self.updated_at = self.updated_at.max(at);
        true
    }

    fn rate(&mut self, score: u8, remark: Option<String>, at: Seconds) {
        let contact = self.contacts.first().copied().unwrap_or(0);
        let admin = self.admin_assignee.or_else(|| self.teammates().last().copied());
        let requested_at = self.rating.as_ref().map_or(at, |rating| rating.requested_at);
        self.push(at, "conversation_rating_changed", Author::Contact(contact));
        if remark.is_some() {
            self.push(at, "conversation_rating_remark_added", Author::Contact(contact));
        }
        self.rating =
            Some(Rating { score: Some(score), remark, requested_at, updated_at: at, contact, admin });
    }

    fn assign(&mut self, to: Assignee) {
        match to {
            Assignee::Admin(admin) => self.admin_assignee = Some(admin),
            Assignee::Team(team) => self.team_assignee = Some(team),
            Assignee::Nobody => self.admin_assignee = None,
        }
    }

    fn push(&mut self, at: Seconds, part_type: impl Into<Cow<'static, str>>, author: Author) -> &mut Part {
        // 10,000 ids for each conversation keep part ids unique without a counter they share.
        let id = 30_000_000_000 + self.index as u64 * 10_000 + u64::from(self.parts_made);
        self.parts_made += 1;
        self.updated_at = at;
        self.parts.push(Part {
            id,
            part_type: part_type.into(),
            body: None,
            created_at: at,
            updated_at: at,
            assigned_to: None,
            author,
            attachments: Vec::new(),
            redacted: false,
            state: self.state,
            tags: Vec::new(),
            by_email: false,
            event_details: None,
        });
        let part = self.parts.len() - 1;
        &mut self.parts[part]
    }
}

impl Part {
    fn with_text(&mut self, body: String, attachments: Vec<Attachment>) {
        self.body = Some(body);
        self.attachments = attachments;
    }
}
