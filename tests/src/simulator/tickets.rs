//! Tickets: requests of customers, tasks behind them, and trackers of what several have met.
//!
//! As with conversations, each event makes a part, and `updated_at` is the newest part's time.

use serde_json::{Map, Value};

use super::fields::{FieldValue, Kind, Searchable, text};
use super::model::{Assignee, Attachment, Author, Id, Index, Seconds};
use super::ticket_types::{self, ATTRIBUTES};
use super::version::ApiVersion;

/// One ticket with all its parts, also those beyond the 500 that the API returns.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    /// What the API calls it by.
    pub id: Id,
    /// The number that people see in the inbox; the API finds nothing by it.
    pub ticket_id: Id,
    /// The position in the order of creation; ticket 0 is the oldest.
    pub place: usize,
    pub category: Category,
    pub type_id: Id,
    pub type_name: String,
    pub state: TicketState,
    /// What teammates see in place of the state, such as "With engineering".
    pub state_label: String,
    pub title: Option<String>,
    /// HTML.
    pub description: Option<String>,
    /// All others but title and description, by their names.
    pub attributes: Map<String, Value>,
    pub contacts: Vec<Index>,
    pub admin_assignee: Option<Index>,
    pub team_assignee: Option<Index>,
    pub created_at: Seconds,
    pub updated_at: Seconds,
    pub open: bool,
    /// The customer sees it.
    pub is_shared: bool,
    pub snoozed_until: Option<Seconds>,
    /// Ids of linked conversations, which name the ticket in turn.
    pub conversations: Vec<Id>,
    /// Ascending by time.
    pub parts: Vec<TicketPart>,
    /// Counts changes; the search index compares it to know which copy is newer.
    pub revision: u64,
    /// How many parts were ever made, deleted ones included; makes part ids unique.
    pub parts_made: u32,
}

/// One entry of a ticket's thread: a message, a note or an event.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketPart {
    pub id: Id,
    /// `comment`, `note`, `assignment`, `ticket_state_updated_by_admin`, …
    pub part_type: &'static str,
    /// HTML; events and redacted parts have none.
    pub body: Option<String>,
    pub created_at: Seconds,
    pub updated_at: Seconds,
    pub author: Author,
    /// The ticket's state after this part.
    pub state: TicketState,
    /// Only of parts that set the state.
    pub previous_state: Option<TicketState>,
    pub assigned_to: Option<Assignee>,
    /// The name and the new value of an attribute.
    pub updated_attribute: Option<(String, Value)>,
    pub attachments: Vec<Attachment>,
    pub redacted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    Customer,
    BackOffice,
    Tracker,
}

impl Category {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "Customer",
            Self::BackOffice => "Back-office",
            Self::Tracker => "Tracker",
        }
    }

    /// What searches call it.
    pub fn searched_as(self) -> &'static str {
        match self {
            Self::Customer => "request",
            Self::BackOffice => "task",
            Self::Tracker => "tracker",
        }
    }
}

/// What a workspace's own states come down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketState {
    Submitted,
    InProgress,
    WaitingOnCustomer,
    Resolved,
}

impl TicketState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::InProgress => "in_progress",
            Self::WaitingOnCustomer => "waiting_on_customer",
            Self::Resolved => "resolved",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Submitted, Self::InProgress, Self::WaitingOnCustomer, Self::Resolved]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// One event in the life of a ticket. Bodies are HTML.
#[derive(Clone, Debug, PartialEq)]
pub enum TicketChange {
    ContactReply {
        body: String,
        attachments: Vec<Attachment>,
    },
    AdminReply {
        admin: Index,
        body: String,
        attachments: Vec<Attachment>,
    },
    Note {
        admin: Index,
        body: String,
    },
    /// Without a label, the usual one of that state.
    SetState {
        by: Author,
        state: TicketState,
        label: Option<String>,
    },
    Assign {
        by: Author,
        to: Assignee,
    },
    /// `_default_title_` is the title.
    SetAttribute {
        admin: Index,
        name: String,
        value: Value,
    },
}

impl Ticket {
    /// The part that a ticket begins with.
    pub fn submit(&mut self, by: Author, at: Seconds) {
        let state = self.state;
        self.push(at, "ticket_state_updated_by_admin", by).previous_state = Some(state);
    }

    /// Applies `change` at `at`. Times never run backwards: an earlier `at` counts as the time
    /// of the last change.
    pub fn apply(&mut self, change: TicketChange, at: Seconds) {
        let at = at.max(self.updated_at);
        match change {
            TicketChange::ContactReply { body, attachments } => {
                let author = Author::Contact(self.contacts.first().copied().unwrap_or(0));
                let part = self.push(at, "comment", author);
                part.body = Some(body);
                part.attachments = attachments;
            }
            TicketChange::AdminReply { admin, body, attachments } => {
                let part = self.push(at, "comment", Author::Admin(admin));
                part.body = Some(body);
                part.attachments = attachments;
            }
            TicketChange::Note { admin, body } => {
                self.push(at, "note", Author::Admin(admin)).body = Some(body);
            }
            TicketChange::SetState { by, state, label } => {
                let previous = std::mem::replace(&mut self.state, state);
                self.state_label = label.unwrap_or_else(|| ticket_types::usual_label(state).to_owned());
                self.open = state != TicketState::Resolved;
                if !self.open {
                    self.snoozed_until = None;
                }
                self.push(at, "ticket_state_updated_by_admin", by).previous_state = Some(previous);
            }
            TicketChange::Assign { by, to } => {
                match to {
                    Assignee::Admin(admin) => self.admin_assignee = Some(admin),
                    Assignee::Team(team) => self.team_assignee = Some(team),
                    Assignee::Nobody => self.admin_assignee = None,
                }
                self.push(at, "assignment", by).assigned_to = Some(to);
            }
            TicketChange::SetAttribute { admin, name, value } => {
                if name == "_default_title_" {
                    self.title = value.as_str().map(str::to_owned);
                } else {
                    self.attributes.insert(name.clone(), value.clone());
                }
                self.push(at, "ticket_attribute_updated_by_admin", Author::Admin(admin)).updated_attribute =
                    Some((name, value));
            }
        }
    }

    /// Removes a part's text and marks it. Returns false when there is no such part.
    pub fn redact_part(&mut self, part: Id, at: Seconds) -> bool {
        let Some(part) = self.parts.iter_mut().find(|known| known.id == part) else {
            return false;
        };
        part.body = None;
        part.attachments.clear();
        part.redacted = true;
        part.updated_at = at.max(part.updated_at);
        self.updated_at = self.updated_at.max(at);
        true
    }

    fn push(&mut self, at: Seconds, part_type: &'static str, author: Author) -> &mut TicketPart {
        // Far above the parts of conversations, and apart from those of other tickets.
        let id = 90_000_000_000 + self.place as u64 * 10_000 + u64::from(self.parts_made);
        self.parts_made += 1;
        self.updated_at = at;
        self.parts.push(TicketPart {
            id,
            part_type,
            body: None,
            created_at: at,
            updated_at: at,
            author,
            state: self.state,
            previous_state: None,
            assigned_to: None,
            updated_attribute: None,
            attachments: Vec::new(),
            redacted: false,
        });
        let part = self.parts.len() - 1;
        &mut self.parts[part]
    }

    fn teammates(&self) -> Vec<Index> {
        let mut admins: Vec<Index> = self
            .parts
            .iter()
            .filter_map(|part| if let Author::Admin(admin) = part.author { Some(admin) } else { None })
            .collect();
        admins.sort_unstable();
        admins.dedup();
        admins
    }
}

/// The table "Accepted Fields" of `POST /tickets/search`, without the attributes.
const FIELDS: &[(&str, Kind)] = &[
    // Strings by the table, but compared and sorted by as those of conversations.
    ("id", Kind::Integer),
    ("created_at", Kind::Date),
    ("updated_at", Kind::Date),
    ("title", Kind::Text),
    ("description", Kind::Words),
    ("category", Kind::Text),
    ("ticket_type_id", Kind::Text),
    ("contact_ids", Kind::Text),
    ("teammate_ids", Kind::Text),
    ("admin_assignee_id", Kind::Integer),
    ("team_assignee_id", Kind::Integer),
    ("open", Kind::Boolean),
    ("state", Kind::Text),
    ("snoozed_until", Kind::Date),
];

impl Searchable for Ticket {
    fn id(&self) -> Id {
        self.id
    }

    fn place(&self) -> usize {
        self.place
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn updated_at(&self) -> Seconds {
        self.updated_at
    }

    fn find(name: &str) -> Option<(&'static str, Kind)> {
        let attributes = ATTRIBUTES.iter().map(|attribute| (attribute.field, attribute.kind()));
        FIELDS.iter().copied().chain(attributes).find(|(known, _)| *known == name)
    }

    fn value(&self, field: &str, people: &super::directory::Directory, _: ApiVersion) -> FieldValue {
        let number = FieldValue::Number;
        match field {
            "id" => number(Some(self.id as i64)),
            "created_at" => number(Some(self.created_at)),
            "updated_at" => number(Some(self.updated_at)),
            "snoozed_until" => number(self.snoozed_until),
            "title" => text(self.title.as_ref()),
            "description" => text(self.description.as_ref()),
            "category" => text(Some(self.category.searched_as())),
            "ticket_type_id" => text(Some(self.type_id)),
            "state" => text(Some(self.state.as_str())),
            "open" => FieldValue::Boolean(self.open),
            "contact_ids" => FieldValue::Texts(
                self.contacts.iter().map(|&contact| people.contacts[contact as usize].id.clone()).collect(),
            ),
            "teammate_ids" => FieldValue::Texts(
                self.teammates().iter().map(|&admin| people.admins[admin as usize].id.to_string()).collect(),
            ),
            "admin_assignee_id" => {
                number(Some(self.admin_assignee.map_or(0, |admin| people.admins[admin as usize].id as i64)))
            }
            "team_assignee_id" => {
                number(Some(self.team_assignee.map_or(0, |team| people.teams[team as usize].id as i64)))
            }
            _ => {
                let known = ATTRIBUTES.iter().find(|attribute| attribute.field == field);
                match known.and_then(|attribute| self.attributes.get(attribute.name)) {
                    Some(Value::Bool(value)) => FieldValue::Boolean(*value),
                    Some(Value::Number(value)) => number(value.as_i64()),
                    Some(Value::String(value)) => text(Some(value)),
                    _ => FieldValue::Texts(Vec::new()),
                }
            }
        }
    }
}
