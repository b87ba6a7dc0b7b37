//! What can be done with the tickets of a workspace.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::directory::Directory;
use super::generate::escape;
use super::index::SearchIndex;
use super::model::{Author, Id, Index};
use super::render::Renderer;
use super::ticket_types;
use super::tickets::{Category, Ticket, TicketChange, TicketState};
use super::version::ApiVersion;
use super::workspace::Workspace;

impl Workspace {
    /// Everything that exists, oldest first.
    pub fn tickets(&self) -> impl Iterator<Item = &Ticket> {
        self.tickets.iter().flatten().map(Arc::as_ref)
    }

    /// By [`Ticket::id`].
    pub fn ticket(&self, id: Id) -> Option<&Arc<Ticket>> {
        self.tickets.iter().flatten().find(|ticket| ticket.id == id)
    }

    /// A ticket as `GET /tickets/{id}` shows it in `version`.
    pub fn ticket_json(&self, id: Id, version: ApiVersion) -> Option<Value> {
        let renderer =
            Renderer { identity: &self.identity, people: &self.directory, version, plaintext: false };
        self.ticket(id).map(|ticket| renderer.ticket(ticket))
    }

    /// The search index of tickets, with everything in it whose lag is over.
    pub fn ticket_index(&mut self) -> (&SearchIndex<Ticket>, &Directory) {
        self.ticket_index.settle(self.clock.millis());
        (&self.ticket_index, &self.directory)
    }

    /// A new ticket of the category's first type, with `title` and `description` (plain), about a
    /// conversation and of its contacts where one is named.
    pub fn add_ticket(
        &mut self,
        category: Category,
        title: &str,
        description: &str,
        conversation: Option<Id>,
    ) -> Id {
        let now = self.now();
        let place = self.tickets.len();
        let kind = ticket_types::of_category(category).next().unwrap_or(&ticket_types::TYPES[0]);
        let about = conversation.and_then(|id| self.conversation(id)).map(Arc::clone);
        let mut ticket = Ticket {
            id: 224_000_000_000_000 + place as u64,
            ticket_id: 1_001 + place as u64,
            place,
            category,
            type_id: kind.id,
            type_name: kind.name.to_owned(),
            state: TicketState::Submitted,
            state_label: ticket_types::usual_label(TicketState::Submitted).to_owned(),
            title: Some(title.to_owned()),
            description: Some(format!("<p>{}</p>", escape(description))),
            attributes: Map::new(),
            contacts: about.as_ref().map_or_else(Vec::new, |about| about.contacts.clone()),
            admin_assignee: None,
            team_assignee: None,
            created_at: now,
            updated_at: now,
            open: true,
            is_shared: category == Category::Customer,
            snoozed_until: None,
            conversations: about.iter().map(|about| about.id).collect(),
            parts: Vec::new(),
            revision: 1,
            parts_made: 0,
        };
        ticket.submit(Author::Admin(0), now);
        let id = ticket.id;
        let ticket = Arc::new(ticket);
        self.ticket_index.written(&ticket, self.clock.millis());
        self.tickets.push(Some(ticket));
        if let Some(about) = about {
            self.edit(about.id, |conversation| conversation.linked_tickets.push((id, category)));
        }
        id
    }

    /// Applies one change now. Returns false when the ticket does not exist.
    pub fn change_ticket(&mut self, id: Id, change: TicketChange) -> bool {
        let now = self.now();
        self.edit_ticket(id, |ticket| ticket.apply(change, now))
    }

    /// An admin answers `text` (plain).
    pub fn ticket_reply(&mut self, id: Id, admin: Index, text: &str) -> bool {
        let body = format!("<p>{}</p>", escape(text));
        self.change_ticket(id, TicketChange::AdminReply { admin, body, attachments: Vec::new() })
    }

    /// An admin puts the ticket into its usual state of that kind.
    pub fn set_ticket_state(&mut self, id: Id, state: TicketState) -> bool {
        self.change_ticket(id, TicketChange::SetState { by: Author::Admin(0), state, label: None })
    }

    /// Takes away the text of one part. Returns false when it does not exist.
    pub fn redact_ticket_part(&mut self, id: Id, part: Id) -> bool {
        let now = self.now();
        let mut done = false;
        self.edit_ticket(id, |ticket| done = ticket.redact_part(part, now));
        done
    }

    /// Changes a ticket in any way, and does not touch `updated_at` unless `edit` does.
    /// Returns false when the ticket does not exist.
    pub fn edit_ticket(&mut self, id: Id, edit: impl FnOnce(&mut Ticket)) -> bool {
        let Some(ticket) = self.tickets.iter_mut().flatten().find(|ticket| ticket.id == id) else {
            return false;
        };
        let record = Arc::make_mut(ticket);
        edit(record);
        record.revision += 1;
        self.ticket_index.written(ticket, self.clock.millis());
        true
    }

    /// Deletes a ticket: `GET` answers 404 at once, searches after the index lag. No conversation
    /// names it any more, and none counts as changed for that. Returns false when it does not exist.
    pub fn delete_ticket(&mut self, id: Id) -> bool {
        let is_it = |slot: &Option<Arc<Ticket>>| slot.as_ref().is_some_and(|ticket| ticket.id == id);
        let Some(place) = self.tickets.iter().position(is_it) else {
            return false;
        };
        self.tickets[place] = None;
        self.ticket_index.deleted(place, self.clock.millis());
        let naming: Vec<Id> = self
            .conversations()
            .filter(|c| c.tracker == Some(id) || c.linked_tickets.iter().any(|linked| linked.0 == id))
            .map(|c| c.id)
            .collect();
        for conversation in naming {
            self.edit(conversation, |c| {
                c.tracker = c.tracker.filter(|tracker| *tracker != id);
                c.linked_tickets.retain(|linked| linked.0 != id);
            });
        }
        true
    }

    /// A conversation is gone, and with it the links to it.
    pub(super) fn unlink_conversation(&mut self, conversation: Id) {
        let naming = self.tickets().filter(|ticket| ticket.conversations.contains(&conversation));
        for ticket in naming.map(|ticket| ticket.id).collect::<Vec<_>>() {
            self.edit_ticket(ticket, |ticket| ticket.conversations.retain(|id| *id != conversation));
        }
    }

    /// The tickets of one contact are another's from now on.
    pub(super) fn merge_contacts_of_tickets(&mut self, from: Index, into: Index) {
        let theirs = self.tickets().filter(|ticket| ticket.contacts.contains(&from));
        for ticket in theirs.map(|ticket| ticket.id).collect::<Vec<_>>() {
            self.edit_ticket(ticket, |ticket| {
                ticket.contacts.iter_mut().filter(|contact| **contact == from).for_each(|c| *c = into);
            });
        }
    }
}
