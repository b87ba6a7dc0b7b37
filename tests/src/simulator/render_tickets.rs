//! Tickets as the JSON of one API version.

use serde_json::{Map, Value, json};

use super::MAX_PARTS;
use super::fields::author_names;
use super::model::{Conversation, Seconds};
use super::render::{Renderer, attachment};
use super::ticket_types::{self, ATTRIBUTES, Attribute, STATES, StateOfWorkspace, TYPES};
use super::tickets::{Category, Ticket, TicketPart};
use super::version::ApiVersion;

/// When the workspace set up its types of tickets.
const TYPES_MADE: Seconds = 1_734_537_309;

impl Renderer<'_> {
    /// A ticket with its newest 500 parts: alone and in searches it looks the same.
    pub fn ticket(&self, t: &Ticket) -> Value {
        let newest = &t.parts[t.parts.len().saturating_sub(MAX_PARTS)..];
        let mut o = Map::new();
        let mut put = |key: &str, value: Value| o.insert(key.to_owned(), value);
        put("type", "ticket".into());
        put("id", t.id.to_string().into());
        put("ticket_id", t.ticket_id.to_string().into());
        put("category", t.category.as_str().into());
        put("ticket_attributes", ticket_attributes(t));
        let state = state(t);
        if self.version >= ApiVersion::V2_12 {
            put("ticket_state", state_json(state, &t.state_label));
        } else {
            put("ticket_state", t.state.as_str().into());
            put("ticket_state_internal_label", t.state_label.as_str().into());
            put("ticket_state_external_label", state.external.into());
        }
        put("ticket_type", self.ticket_type(t));
        let contacts: Vec<_> = t.contacts.iter().map(|&contact| self.contact_reference(contact)).collect();
        put("contacts", json!({"type": "contact.list", "contacts": contacts}));
        // 0 for nobody, in all versions.
        put(
            "admin_assignee_id",
            t.admin_assignee.map_or(0, |admin| self.people.admins[admin as usize].id).into(),
        );
        put("team_assignee_id", t.team_assignee.map_or(0, |team| self.people.teams[team as usize].id).into());
        put("created_at", t.created_at.into());
        put("updated_at", t.updated_at.into());
        put("open", t.open.into());
        // Left out in the published examples of tickets that are not snoozed.
        if let Some(until) = t.snoozed_until {
            put("snoozed_until", until.into());
        }
        put("linked_objects", linked_objects(t));
        put(
            "ticket_parts",
            json!({
                "type": "ticket_part.list",
                "ticket_parts": newest.iter().map(|part| self.ticket_part(part)).collect::<Vec<_>>(),
                "total_count": t.parts.len(),
            }),
        );
        put("is_shared", t.is_shared.into());
        if self.version >= ApiVersion::V2_16 {
            put("previous_ticket_state_id", previous_state(t));
        }
        Value::Object(o)
    }

    fn ticket_type(&self, t: &Ticket) -> Value {
        let known = TYPES.iter().find(|kind| kind.id == t.type_id);
        let names = known.map_or(&[][..], |kind| kind.attributes);
        let own = ATTRIBUTES.iter().filter(|attribute| names.contains(&attribute.name));
        let built_in = [("_default_title_", t.type_id * 10), ("_default_description_", t.type_id * 10 + 1)];
        let attribute = |id: u64, name: &str, data_type: &str, is_default: bool, order: usize| {
            json!({
                "type": "ticket_type_attribute",
                "id": id.to_string(),
                "workspace_id": self.identity.id_code,
                "name": name,
                "description": "",
                "data_type": data_type,
                "input_options": null,
                "order": order,
                "required_to_create": false,
                "required_to_create_for_contacts": false,
                "visible_on_create": true,
                "visible_to_contacts": is_default,
                "default": is_default,
                "ticket_type_id": t.type_id,
                "archived": false,
                "created_at": TYPES_MADE,
                "updated_at": TYPES_MADE,
            })
        };
        let attributes: Vec<_> = built_in
            .iter()
            .map(|&(name, id)| (id, name, "string", true))
            .chain(own.map(|&Attribute { id, name, data_type, .. }| (id, name, data_type, false)))
            .enumerate()
            .map(|(order, (id, name, data_type, is_default))| {
                attribute(id, name, data_type, is_default, order)
            })
            .collect();
        json!({
            "type": "ticket_type",
            "id": t.type_id.to_string(),
            "name": t.type_name,
            "description": known.map_or("", |kind| kind.description),
            "icon": known.map_or("🎫", |kind| kind.icon),
            "workspace_id": self.identity.id_code,
            "archived": false,
            "created_at": TYPES_MADE,
            "updated_at": TYPES_MADE,
            "is_internal": !t.is_shared,
            "ticket_type_attributes": {"type": "list", "data": attributes},
            "category": t.category.as_str(),
        })
    }

    /// Unlike a part of a conversation it leaves out what does not apply to it.
    fn ticket_part(&self, part: &TicketPart) -> Value {
        let (kind, id, name, email) = author_names(part.author, self.people);
        // Tickets know no leads.
        let kind = if kind == "lead" { "user" } else { kind };
        let mut json = json!({
            "type": "ticket_part",
            "id": part.id.to_string(),
            "part_type": part.part_type,
            "ticket_state": part.state.as_str(),
            "created_at": part.created_at,
            "updated_at": part.updated_at,
            "author": {"type": kind, "id": id, "name": name, "email": email.unwrap_or_default()},
            "attachments": part.attachments.iter().map(attachment).collect::<Vec<_>>(),
            "redacted": part.redacted,
        });
        if let Some(previous) = part.previous_state {
            json["previous_ticket_state"] = previous.as_str().into();
        }
        if ["comment", "note"].contains(&part.part_type) {
            json["body"] = part.body.as_deref().into();
        }
        if let Some(assignee) = part.assigned_to {
            json["assigned_to"] = self.assigned_to(assignee);
        }
        if let Some((name, value)) = &part.updated_attribute {
            let id = ATTRIBUTES.iter().find(|attribute| attribute.name == name).map_or(0, |known| known.id);
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let label = if name == "_default_title_" { "Title" } else { name };
            json["updated_attribute_data"] = json!({
                "attribute": {"type": "attribute", "id": id.to_string(), "label": label},
                "value": {"type": "value", "id": shown, "label": shown},
            });
        }
        json
    }
}

fn ticket_attributes(t: &Ticket) -> Value {
    let mut all = Map::new();
    all.insert("_default_title_".to_owned(), t.title.as_deref().into());
    all.insert("_default_description_".to_owned(), t.description.as_deref().into());
    all.extend(t.attributes.clone());
    Value::Object(all)
}

fn state(t: &Ticket) -> &'static StateOfWorkspace {
    let is_it = |known: &&StateOfWorkspace| known.state == t.state && known.internal == t.state_label;
    STATES.iter().find(is_it).unwrap_or_else(|| ticket_types::usual(t.state))
}

fn state_json(state: &StateOfWorkspace, label: &str) -> Value {
    json!({
        "type": "ticket_state",
        "id": state.id.to_string(),
        "category": state.state.as_str(),
        "internal_label": label,
        "external_label": state.external,
    })
}

/// The parts tell only the kind of a former state: the usual one of that kind.
fn previous_state(t: &Ticket) -> Value {
    let changes = t.parts.iter().rev().filter(|part| part.previous_state != Some(part.state));
    let previous = changes.filter_map(|part| part.previous_state).next();
    previous.map_or(Value::Null, |previous| ticket_types::usual(previous).id.to_string().into())
}

/// The `linked_objects` of a conversation.
pub fn linked_tickets(c: &Conversation) -> Value {
    let tracker = c.tracker.map(|id| (id, Category::Tracker));
    let tickets = c.linked_tickets.iter().chain(tracker.as_ref());
    let data: Vec<_> = tickets
        .map(|(id, category)| json!({"type": "ticket", "id": id.to_string(), "category": category.as_str()}))
        .collect();
    linked(&data)
}

fn linked_objects(t: &Ticket) -> Value {
    let data: Vec<_> = t
        .conversations
        .iter()
        .map(|id| json!({"type": "conversation", "id": id.to_string(), "category": null}))
        .collect();
    linked(&data)
}

fn linked(data: &[Value]) -> Value {
    json!({"type": "list", "total_count": data.len(), "data": data, "has_more": false})
}
