//! Tickets with their parts, and pages of them.

use serde_json::{Map, Value};

use super::conversation::{Link, read_links};
use super::error::ApiError;
use super::json;
use super::page::next_cursor;
use super::part::Part;
use super::request::Cursor;
use crate::ids::{AdminId, ContactId, TeamId, TicketId};
use crate::sorting;
use crate::time::UnixSeconds;

/// A ticket with its newest 500 parts.
#[derive(Clone, Debug)]
pub struct Ticket {
    pub id: TicketId,
    /// The number that people see; no request takes it.
    pub ticket_id: Option<String>,
    /// Customer, Back-office, Tracker
    pub category: Option<String>,
    /// Name of the ticket type.
    pub kind: Option<String>,
    /// submitted, `in_progress`, `waiting_on_customer`, resolved
    pub state: Option<String>,
    /// What the workspace calls the state.
    pub state_label: Option<String>,
    pub title: Option<String>,
    /// HTML
    pub description: Option<String>,
    /// All other attributes that have a value.
    pub attributes: Map<String, Value>,
    pub contacts: Vec<ContactId>,
    pub admin_assignee: Option<AdminId>,
    pub team_assignee: Option<TeamId>,
    pub created_at: UnixSeconds,
    pub updated_at: UnixSeconds,
    pub snoozed_until: Option<UnixSeconds>,
    pub open: bool,
    pub is_shared: bool,
    pub links: Vec<Link>,
    /// In the order of time. What an event changed is in its details.
    pub parts: Vec<Part>,
    /// How many parts there are in all; Intercom returns no more than 500.
    pub part_count: usize,
}

/// The keys that the default attributes have among `ticket_attributes`.
const TITLE: &str = "_default_title_";
const DESCRIPTION: &str = "_default_description_";

impl Ticket {
    /// None without an id or any time.
    #[must_use]
    pub fn read(mut value: Value) -> Option<Self> {
        let id = TicketId(json::id(&mut value, "id")?);
        let updated_at =
            json::seconds(&value, "updated_at").or_else(|| json::seconds(&value, "created_at"))?;
        let created_at = json::seconds(&value, "created_at").unwrap_or(updated_at);
        let mut attributes = json::object(&mut value, "ticket_attributes").unwrap_or_default();
        let mut take = |name: &str| attributes.remove(name).and_then(json::into_text);
        let (title, description) = (take(TITLE), take(DESCRIPTION));
        attributes.retain(|_, value| !value.is_null());
        // A word before version 2.12.
        let mut state = json::take(&mut value, "ticket_state");
        let (state, state_label) = match &mut state {
            Value::Object(_) => {
                (json::text(&mut state, "category"), json::text(&mut state, "internal_label"))
            }
            Value::String(word) => {
                (Some(std::mem::take(word)), json::text(&mut value, "ticket_state_internal_label"))
            }
            _ => (None, None),
        };
        let mut kind = json::take(&mut value, "ticket_type");
        let category = json::text(&mut value, "category").or_else(|| json::text(&mut kind, "category"));
        let mut list = json::take(&mut value, "ticket_parts");
        let count = json::integer(&list, "total_count").and_then(|count| usize::try_from(count).ok());
        let parts = match &mut list {
            Value::Array(parts) => std::mem::take(parts),
            list => json::list(list, "ticket_parts", &[]),
        };
        let mut parts: Vec<Part> = parts.into_iter().filter_map(part).collect();
        sorting::by_key(&mut parts, |part| part.created_at);
        Some(Self {
            id,
            ticket_id: json::text(&mut value, "ticket_id"),
            category,
            kind: json::text(&mut kind, "name"),
            open: json::boolean(&value, "open").unwrap_or(state.as_deref() != Some("resolved")),
            state,
            state_label,
            title,
            description,
            attributes,
            contacts: json::list(&mut value, "contacts", &["contacts", "data"])
                .into_iter()
                .filter_map(|mut contact| json::id(&mut contact, "id").map(ContactId))
                .collect(),
            admin_assignee: json::id(&mut value, "admin_assignee_id").map(AdminId),
            team_assignee: json::id(&mut value, "team_assignee_id").map(TeamId),
            created_at,
            updated_at,
            snoozed_until: json::seconds(&value, "snoozed_until"),
            is_shared: json::boolean(&value, "is_shared").unwrap_or(false),
            links: read_links(&mut value),
            part_count: count.unwrap_or(parts.len()).max(parts.len()),
            parts,
        })
    }
}

/// A part with what it changed among its details: `state`, `previous_state`, `attribute`, `value`.
fn part(mut value: Value) -> Option<Part> {
    let mut changed = Map::new();
    for (name, field) in [("state", "ticket_state"), ("previous_state", "previous_ticket_state")] {
        changed.extend(json::text(&mut value, field).map(|state| (name.to_owned(), Value::from(state))));
    }
    let mut attribute = json::take(&mut value, "updated_attribute_data");
    for name in ["attribute", "value"] {
        let mut labelled = json::take(&mut attribute, name);
        let label = json::take(&mut labelled, "label");
        if !label.is_null() {
            changed.insert(name.to_owned(), label);
        }
    }
    let mut part = Part::read(value)?;
    if part.event_details.is_none() && !changed.is_empty() {
        part.event_details = Some(Value::Object(changed));
    }
    Some(part)
}

/// One page of `POST /tickets/search`.
#[derive(Debug)]
pub struct TicketPage {
    pub tickets: Vec<Ticket>,
    /// Entries that could not be used.
    pub unreadable: usize,
    /// How many match in all.
    pub total_count: Option<u64>,
    /// Where the next page begins; none on the last one.
    pub next: Option<Cursor>,
}

impl TicketPage {
    /// # Errors
    /// [`ApiError::Unexpected`] when there is no list: an empty object must not be taken for an
    /// empty workspace, whose tickets would then be removed.
    pub fn read(mut value: Value) -> Result<Self, ApiError> {
        let list = match json::take(&mut value, "tickets") {
            Value::Array(list) => list,
            _ => match json::take(&mut value, "data") {
                Value::Array(list) => list,
                _ => return Err(ApiError::Unexpected { missing: "tickets" }),
            },
        };
        let count = list.len();
        let tickets: Vec<Ticket> = list.into_iter().filter_map(Ticket::read).collect();
        Ok(Self {
            unreadable: count - tickets.len(),
            tickets,
            total_count: json::integer(&value, "total_count").and_then(|count| u64::try_from(count).ok()),
            next: next_cursor(&mut value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Shaped after the examples of Intercom's description.
    #[test]
    fn a_ticket_is_read_with_what_its_events_changed() {
        let ticket = Ticket::read(json!({
            "type": "ticket", "id": "633", "ticket_id": "40", "category": "Back-office", "open": true,
            "admin_assignee_id": 0, "team_assignee_id": 5, "created_at": 1734537990, "updated_at": 1734537992,
            "ticket_attributes": {"_default_title_": "Broken", "_default_description_": "<p>It is</p>", "Severity": "High", "Due": null},
            "ticket_state": {"type": "ticket_state", "id": "8577", "category": "in_progress", "internal_label": "With engineering"},
            "ticket_type": {"id": "100", "name": "Bug", "category": "Back-office"},
            "contacts": {"contacts": [{"id": "6762f3061bb69f9f2193bc5b", "external_id": "u1"}]},
            "linked_objects": {"data": [{"id": "7583", "type": "conversation", "category": null}]},
            "ticket_parts": {"total_count": 501, "ticket_parts": [
                {"id": "190", "part_type": "ticket_attribute_updated_by_admin", "created_at": 1734537992, "author": {"type": "admin", "id": "1"},
                 "updated_attribute_data": {"attribute": {"id": "7", "label": "Progress"}, "value": {"id": "4", "label": "Fast"}}},
                {"id": "188", "part_type": "ticket_state_updated_by_admin", "created_at": 1734537991, "author": {"type": "admin", "id": "1"},
                 "ticket_state": "in_progress", "previous_ticket_state": "submitted"}]}
        }))
        .expect("a ticket");
        assert_eq!(
            (ticket.title.as_deref(), ticket.kind.as_deref(), ticket.state.as_deref()),
            (Some("Broken"), Some("Bug"), Some("in_progress"))
        );
        assert_eq!(Value::Object(ticket.attributes), json!({"Severity": "High"}));
        assert_eq!((ticket.admin_assignee, ticket.team_assignee), (None, Some(TeamId("5".to_owned()))));
        assert_eq!(ticket.links.iter().map(|link| link.kind.as_str()).collect::<Vec<_>>(), ["conversation"]);
        assert_eq!(ticket.part_count, 501);
        let details: Vec<_> =
            ticket.parts.iter().map(|part| part.event_details.clone().expect("details")).collect();
        assert_eq!(
            details,
            [
                json!({"state": "in_progress", "previous_state": "submitted"}),
                json!({"attribute": "Progress", "value": "Fast"})
            ],
            "in the order of time"
        );
    }

    #[test]
    fn odd_tickets_are_read_as_far_as_they_go() {
        let ticket = Ticket::read(json!({
            "id": 7, "created_at": "1734537990", "ticket_state": "resolved", "ticket_type": null, "contacts": null,
            "ticket_parts": null, "ticket_attributes": null
        }))
        .expect("a ticket");
        assert_eq!((ticket.state.as_deref(), ticket.open, ticket.parts.len()), (Some("resolved"), false, 0));
        assert!(Ticket::read(json!({"id": 7})).is_none(), "no time");
        assert!(Ticket::read(json!({"created_at": 1734537990})).is_none(), "no id");
    }

    #[test]
    fn a_page_has_a_cursor_and_nothing_is_no_page() {
        let page = TicketPage::read(json!({
            "tickets": [{"id": "1", "updated_at": 1734537990}, {"updated_at": 5}], "total_count": 9,
            "pages": {"next": {"starting_after": "abc"}}
        }))
        .expect("a page");
        assert_eq!((page.tickets.len(), page.unreadable, page.total_count), (1, 1, Some(9)));
        assert_eq!(page.next, Some(Cursor("abc".to_owned())));
        assert!(TicketPage::read(json!({})).is_err());
    }
}
