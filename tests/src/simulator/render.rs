//! Conversations and parts as the JSON of one API version.

use serde_json::{Map, Value, json};

use super::MAX_PARTS;
use super::directory::Directory;
use super::fields::{author_names, priority_name, resolution_name};
use super::model::{
    AiAgent, Assignee, Attachment, Author, Bot, Conversation, Index, Part, Rating, Seconds, State, Statistics,
};
use super::plaintext;
use super::version::ApiVersion;
use super::workspace::Identity;

/// Renders for one request.
#[derive(Clone, Copy, Debug)]
pub struct Renderer<'a> {
    pub identity: &'a Identity,
    pub people: &'a Directory,
    pub version: ApiVersion,
    /// `display_as=plaintext`.
    pub plaintext: bool,
}

impl Renderer<'_> {
    /// `GET /conversations/{id}`: everything, with the newest 500 parts.
    pub fn conversation(&self, c: &Conversation) -> Value {
        let mut json = self.list_item(c);
        let newest = &c.parts[c.parts.len().saturating_sub(MAX_PARTS)..];
        json["conversation_parts"] = json!({
            "type": "conversation_part.list",
            "conversation_parts": newest.iter().map(|part| self.part(part, c)).collect::<Vec<_>>(),
            "total_count": c.parts.len(),
        });
        json
    }

    /// An entry of a list or a search, which never has parts.
    pub fn list_item(&self, c: &Conversation) -> Value {
        let since = |version| self.version >= version;
        let mut o = Map::new();
        let mut put = |key: &str, value: Value| o.insert(key.to_owned(), value);
        put("type", "conversation".into());
        put("id", c.id.to_string().into());
        put("created_at", c.created_at.into());
        put("updated_at", c.updated_at.into());
        put("waiting_since", c.waiting_since.into());
        put("snoozed_until", c.snoozed_until.into());
        put("source", self.source(c));
        put("contacts", self.contacts(c));
        put("first_contact_reply", self.first_contact_reply(c));
        put(
            "admin_assignee_id",
            self.assignee(c.admin_assignee.map(|admin| self.people.admins[admin as usize].id)),
        );
        put(
            "team_assignee_id",
            self.assignee(c.team_assignee.map(|team| self.people.teams[team as usize].id)),
        );
        // A snoozed conversation counts as open (seen in recordings).
        put("open", (c.state != State::Closed).into());
        put("state", c.state.as_str().into());
        put("read", c.read.into());
        put("tags", self.tags(c));
        put("priority", priority_name(c.priority, self.version).into());
        put(
            "sla_applied",
            c.sla.as_ref().map_or(Value::Null, |sla| {
                json!({"type": "conversation_sla_summary", "sla_name": sla.name, "sla_status": sla.status})
            }),
        );
        put("statistics", c.statistics.as_ref().map_or(Value::Null, |s| self.statistics(s)));
        put("conversation_rating", self.rating(c));
        put("teammates", self.teammates(c));
        put("title", c.title.clone().into());
        put("custom_attributes", Value::Object(c.custom_attributes.clone()));
        put("topics", json!({"type": "topic.list", "topics": [], "total_count": 0}));
        put("ticket", Value::Null);
        put("linked_objects", super::render_tickets::linked_tickets(c));
        put("ai_agent", c.ai_agent.as_ref().map_or(Value::Null, |agent| self.ai_agent(agent)));
        put("ai_agent_participated", c.ai_agent.is_some().into());
        if since(ApiVersion::V2_15) {
            put("company", c.company.map_or(Value::Null, |company| self.company(company)));
        }
        if since(ApiVersion::V2_16) {
            put("channel", json!({"initial": c.channel.name(), "current": c.channel.name()}));
            put("sales_agent_participated", false.into());
            put("sales_agent", Value::Null);
            let references = c.external_reference.iter().map(|(kind, id)| json!({"type": kind, "id": id}));
            put("external_references", references.collect());
        }
        Value::Object(o)
    }

    /// 2.16 says 0 for nobody, older versions null.
    fn assignee(&self, id: Option<u64>) -> Value {
        match id {
            None if self.version >= ApiVersion::V2_16 => 0.into(),
            id => id.into(),
        }
    }

    fn text(&self, html: &str) -> Value {
        if self.plaintext { plaintext::from_html(html).into() } else { html.into() }
    }

    fn source(&self, c: &Conversation) -> Value {
        let Some(source) = &c.source else {
            return Value::Null;
        };
        let (kind, id, name, email) = author_names(source.author, self.people);
        json!({
            "type": c.channel.source_type(),
            "id": source.id.to_string(),
            "delivered_as": source.delivered_as,
            "subject": self.text(&source.subject),
            "body": self.text(&source.body),
            "author": {"type": kind, "id": id, "name": name, "email": email},
            "attachments": source.attachments.iter().map(attachment).collect::<Vec<_>>(),
            "url": source.url,
            "redacted": source.redacted,
        })
    }

    fn contacts(&self, c: &Conversation) -> Value {
        let contacts: Vec<_> = c.contacts.iter().map(|&contact| self.contact_reference(contact)).collect();
        json!({"type": "contact.list", "contacts": contacts})
    }

    pub(super) fn contact_reference(&self, contact: Index) -> Value {
        let contact = &self.people.contacts[contact as usize];
        json!({"type": "contact", "id": contact.id, "external_id": contact.external_id})
    }

    fn first_contact_reply(&self, c: &Conversation) -> Value {
        let at: Option<Seconds> = match &c.source {
            Some(source) if matches!(source.author, Author::Contact(_)) => Some(c.created_at),
            _ => c.statistics.as_ref().and_then(|s| s.first_contact_reply_at),
        };
        let url = c.source.as_ref().and_then(|source| source.url.clone());
        at.map_or(Value::Null, |at| json!({"created_at": at, "type": c.channel.source_type(), "url": url}))
    }

    fn tags(&self, c: &Conversation) -> Value {
        let tags: Vec<_> = c
            .tags
            .iter()
            .map(|applied| {
                let tag = &self.people.tags[applied.tag as usize];
                let by = self.people.admins[applied.applied_by as usize].id.to_string();
                json!({
                    "type": "tag",
                    "id": tag.id.to_string(),
                    "name": tag.name,
                    "applied_at": applied.applied_at,
                    "applied_by": {"type": "admin", "id": by},
                })
            })
            .collect();
        json!({"type": "tag.list", "tags": tags})
    }

    fn teammates(&self, c: &Conversation) -> Value {
        let teammates = c.teammates();
        if teammates.is_empty() {
            return Value::Null;
        }
        // The documentation says `teammates`; the service says `admins`.
        let admins: Vec<_> = teammates
            .iter()
            .map(|&admin| json!({"type": "admin", "id": self.people.admins[admin as usize].id.to_string()}))
            .collect();
        json!({"type": "admin.list", "admins": admins})
    }

    fn rating(&self, c: &Conversation) -> Value {
        // From 2.15 on only a completed rating is shown; before, a requested one has null fields.
        let shown = |rating: &&Rating| rating.score.is_some() || self.version < ApiVersion::V2_15;
        let Some(rating) = c.rating.as_ref().filter(shown) else {
            return Value::Null;
        };
        let teammate = rating.admin.map_or_else(
            || json!({"type": "bot", "id": "0"}),
            |admin| json!({"type": "admin", "id": self.people.admins[admin as usize].id.to_string()}),
        );
        let mut json = json!({
            "rating": rating.score,
            "remark": rating.remark.as_deref().unwrap_or_default(),
            "created_at": rating.requested_at,
            "contact": self.contact_reference(rating.contact),
            "teammate": teammate,
        });
        if self.version >= ApiVersion::V2_14 {
            json["updated_at"] = rating.updated_at.into();
        }
        json
    }

    fn ai_agent(&self, agent: &AiAgent) -> Value {
        let sources: Vec<_> = agent
            .articles
            .iter()
            .map(|title| {
                json!({
                    "content_type": "article",
                    "url": super::help_center::url(super::help_center::id_of(title), title),
                    "title": title,
                    "locale": "en",
                })
            })
            .collect();
        let mut json = json!({
            "source_type": agent.source_type,
            "source_title": agent.source_title,
            "last_answer_type": agent.last_answer_type,
            "resolution_state": agent.resolution.and_then(|resolution| resolution_name(resolution, self.version)),
            "rating": agent.rating,
            "rating_remark": agent.rating_remark,
            "content_sources":
                {"type": "content_source.list", "content_sources": sources, "total_count": agent.articles.len()},
        });
        if self.version >= ApiVersion::V2_14 {
            json["created_at"] = agent.created_at.into();
            json["updated_at"] = agent.updated_at.into();
        }
        json
    }

    fn company(&self, company: Index) -> Value {
        super::render_people::company(
            &self.people.companies[company as usize],
            self.people,
            &self.identity.id_code,
        )
    }

    fn statistics(&self, s: &Statistics) -> Value {
        let mut json = json!({
            "type": "conversation_statistics",
            "time_to_assignment": s.time_to_assignment,
            "time_to_admin_reply": s.time_to_admin_reply,
            "time_to_first_close": s.time_to_first_close,
            "time_to_last_close": s.time_to_last_close,
            "median_time_to_reply": s.median_time_to_reply,
            "first_contact_reply_at": s.first_contact_reply_at,
            "first_assignment_at": s.first_assignment_at,
            "first_admin_reply_at": s.first_admin_reply_at,
            "first_close_at": s.first_close_at,
            "last_assignment_at": s.last_assignment_at,
            "last_assignment_admin_reply_at": s.last_assignment_admin_reply_at,
            "last_contact_reply_at": s.last_contact_reply_at,
            "last_admin_reply_at": s.last_admin_reply_at,
            "last_close_at": s.last_close_at,
            // A number, although it is documented as a string.
            "last_closed_by_id": s.last_closed_by.map(|admin| self.people.admins[admin as usize].id),
            "count_reopens": s.count_reopens,
            "count_assignments": s.count_assignments,
            "count_conversation_parts": s.count_conversation_parts,
        });
        let team_times = |time: Option<i64>| {
            let time = s.assigned_team.zip(time);
            let entries: Vec<_> = time
                .map(|(team, time)| {
                    let team = &self.people.teams[team as usize];
                    json!({"team_id": team.id, "team_name": team.name, "response_time": time})
                })
                .into_iter()
                .collect();
            Value::Array(entries)
        };
        if self.version >= ApiVersion::V2_12 {
            json["assigned_team_first_response_time"] = team_times(s.assigned_team_first_response_time);
        }
        if self.version >= ApiVersion::V2_13 {
            json["assigned_team_first_response_time_in_office_hours"] =
                team_times(s.assigned_team_first_response_time_in_office_hours);
            json["handling_time"] = s.handling_time.into();
            json["adjusted_handling_time"] = s.handling_time.into();
        }
        json
    }

    pub(super) fn assigned_to(&self, assignee: Assignee) -> Value {
        match assignee {
            Assignee::Admin(admin) => {
                json!({"type": "admin", "id": self.people.admins[admin as usize].id.to_string()})
            }
            Assignee::Team(team) => {
                json!({"type": "team", "id": self.people.teams[team as usize].id.to_string()})
            }
            Assignee::Nobody => json!({"type": "nobody_admin", "id": null}),
        }
    }

    fn part(&self, part: &Part, c: &Conversation) -> Value {
        let (kind, id, name, email) = author_names(part.author, self.people);
        let mut author = json!({"type": kind, "id": id, "name": name, "email": email.unwrap_or_default()});
        if self.version >= ApiVersion::V2_14 {
            author["from_ai_agent"] =
                matches!(part.author, Author::Bot(Bot::FinMessage | Bot::FinAnswer)).into();
            author["is_ai_answer"] = matches!(part.author, Author::Bot(Bot::FinAnswer)).into();
        }
        let assigned_to = part.assigned_to.map(|assignee| self.assigned_to(assignee));
        let mut json = json!({
            "type": "conversation_part",
            "id": part.id.to_string(),
            "part_type": part.part_type,
            "body": part.body.as_deref().map(|body| self.text(body)),
            "created_at": part.created_at,
            "updated_at": part.updated_at,
            "notified_at": part.created_at,
            "assigned_to": assigned_to,
            "author": author,
            "attachments": part.attachments.iter().map(attachment).collect::<Vec<_>>(),
            "external_id": null,
            "redacted": part.redacted,
        });
        if self.version >= ApiVersion::V2_13 {
            json["email_message_metadata"] =
                if part.by_email { email_metadata(part, c, email) } else { Value::Null };
            json["metadata"] = Value::Null;
            json["state"] = part.state.as_str().into();
            let tags: Vec<_> = part
                .tags
                .iter()
                .map(|&tag| &self.people.tags[tag as usize])
                .map(|tag| json!({"type": "tag", "id": tag.id.to_string(), "name": tag.name}))
                .collect();
            json["tags"] = tags.into();
            json["event_details"] = part.event_details.clone().unwrap_or(Value::Null);
            json["app_package_code"] = Value::Null;
        }
        json
    }
}

fn email_metadata(part: &Part, c: &Conversation, from: Option<&str>) -> Value {
    let subject = c.source.as_ref().map_or("", |source| &source.subject);
    json!({
        "subject": format!("Re: {}", plaintext::from_html(subject)),
        "email_address_headers": [
            {"type": "from", "email_address": from.unwrap_or_default(), "name": null},
            {"type": "to", "email_address": "support@acme.example", "name": "Acme Support"},
        ],
        "message_id": format!("<{}@mail.acme.example>", part.id),
    })
}

pub(super) fn attachment(attachment: &Attachment) -> Value {
    let Attachment { name, content_type, filesize, size } = attachment;
    let mut json = json!({
        "type": "upload",
        "name": name,
        "url": format!("https://downloads.acme.example/i/o/{filesize}/{name}?expires=1"),
        "content_type": content_type,
        "filesize": filesize,
    });
    if let Some((width, height)) = size {
        json["width"] = (*width).into();
        json["height"] = (*height).into();
    }
    json
}
