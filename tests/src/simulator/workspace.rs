//! The workspace: the truth that clients are to copy, and the search index beside it.

use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use serde_json::Value;

use super::change::Change;
use super::clock::Clock;
use super::config::Config;
use super::directory::{Contact, Directory, skewed};
use super::generate::{self, escape};
use super::generate_tickets;
use super::help_center::HelpCenter;
use super::index::SearchIndex;
use super::model::{Author, Channel, Conversation, Id, Index, Seconds, Source};
use super::render::Renderer;
use super::tickets::Ticket;
use super::version::ApiVersion;

/// Who the workspace is, as `/me` tells.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The workspace id.
    pub id_code: String,
    pub name: String,
    /// `US`, `EU` or `AU`.
    pub region: String,
    /// An IANA name.
    pub timezone: String,
}

/// An entry of `GET /conversations/deleted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    pub id: Id,
    pub metrics_retained: bool,
    pub deleted_at: Seconds,
}

/// All data of the simulated company. Every method that changes something stamps it with the
/// simulator's clock and sends it to the search index.
#[derive(Debug)]
pub struct Workspace {
    pub identity: Identity,
    pub directory: Directory,
    pub help_center: HelpCenter,
    /// By [`Conversation::index`]; deleted ones leave a gap.
    pub(super) conversations: Vec<Option<Arc<Conversation>>>,
    deleted: Vec<Deleted>,
    index: SearchIndex<Conversation>,
    /// By [`Ticket::place`]; deleted ones leave a gap.
    pub(super) tickets: Vec<Option<Arc<Ticket>>>,
    pub(super) ticket_index: SearchIndex<Ticket>,
    pub(super) clock: Arc<Clock>,
    pub(super) rng: ChaCha8Rng,
}

impl Workspace {
    pub fn generate(config: &Config, clock: Arc<Clock>) -> Self {
        let shape = config.shape(clock.seconds());
        let directory = shape.directory();
        let mut conversations: Vec<_> =
            generate::conversations(&shape, &directory).map(|c| Some(Arc::new(c))).collect();
        let tickets: Vec<_> =
            generate_tickets::tickets(&shape, &directory, &mut conversations, config.tickets)
                .into_iter()
                .map(|ticket| Some(Arc::new(ticket)))
                .collect();
        let index = SearchIndex::new(&conversations, config.index_lag.clone(), config.seed);
        let ticket_index = SearchIndex::new(&tickets, config.index_lag.clone(), config.seed ^ 0x71c);
        Self {
            identity: config.identity.clone(),
            directory,
            help_center: HelpCenter::generate(clock.seconds()),
            conversations,
            deleted: Vec::new(),
            index,
            tickets,
            ticket_index,
            clock,
            rng: ChaCha8Rng::seed_from_u64(config.seed ^ 0xc4a6e),
        }
    }

    /// The current Unix second of the simulator's clock.
    pub fn now(&self) -> Seconds {
        self.clock.seconds()
    }

    /// The people and labels that conversations refer to by position.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// People and labels, to be changed. That changes no conversation's time.
    pub fn directory_mut(&mut self) -> &mut Directory {
        &mut self.directory
    }

    /// Everything that exists, oldest first.
    pub fn conversations(&self) -> impl Iterator<Item = &Conversation> {
        self.conversations.iter().flatten().map(Arc::as_ref)
    }

    pub fn conversation(&self, id: Id) -> Option<&Arc<Conversation>> {
        self.conversations.get(position(id)?)?.as_ref()
    }

    /// The conversation at a position in the order of creation.
    pub fn conversation_at(&self, index: usize) -> Option<&Arc<Conversation>> {
        self.conversations.get(index)?.as_ref()
    }

    /// Oldest deletion first.
    pub fn deleted(&self) -> &[Deleted] {
        &self.deleted
    }

    pub fn contact(&self, id: &str) -> Option<&Contact> {
        self.directory.contacts.iter().find(|contact| contact.id == id)
    }

    /// A conversation as `GET /conversations/{id}` shows it in `version`.
    pub fn json(&self, id: Id, version: ApiVersion) -> Option<Value> {
        let renderer =
            Renderer { identity: &self.identity, people: &self.directory, version, plaintext: false };
        self.conversation(id).map(|conversation| renderer.conversation(conversation))
    }

    /// The search index, with everything in it whose lag is over.
    pub fn index(&mut self) -> (&SearchIndex<Conversation>, &Directory) {
        self.index.settle(self.clock.millis());
        (&self.index, &self.directory)
    }

    /// A new conversation with `text` (plain) as its first message, from a random contact.
    pub fn add_conversation(&mut self, text: &str) -> Id {
        self.add(format!("<p>{}</p>", escape(text)))
    }

    pub(super) fn add(&mut self, body: String) -> Id {
        let index = self.conversations.len();
        let now = self.now();
        let contact = skewed(&mut self.rng, self.directory.contacts.len());
        let mut conversation = generate::blank(index, now);
        conversation.channel = Channel::Messenger;
        conversation.contacts = vec![contact];
        conversation.company = self.directory.contacts[contact as usize].company;
        conversation.waiting_since = Some(now);
        conversation.source = Some(Source {
            id: 2_600_000_000 + index as u64 * 13,
            delivered_as: "customer_initiated",
            subject: String::new(),
            body,
            author: Author::Contact(contact),
            attachments: Vec::new(),
            url: None,
            redacted: false,
        });
        conversation.refresh();
        let conversation = Arc::new(conversation);
        self.index.written(&conversation, self.clock.millis());
        let id = conversation.id;
        self.conversations.push(Some(conversation));
        id
    }

    /// Applies one change now. Returns false when the conversation does not exist.
    pub fn change(&mut self, id: Id, change: Change) -> bool {
        let now = self.now();
        self.edit(id, |conversation| conversation.apply(change, now))
    }

    /// The customer writes `text` (plain).
    pub fn contact_reply(&mut self, id: Id, text: &str) -> bool {
        let body = format!("<p>{}</p>", escape(text));
        self.change(id, Change::ContactReply { body, attachments: Vec::new() })
    }

    /// An admin answers `text` (plain).
    pub fn admin_reply(&mut self, id: Id, admin: Index, text: &str) -> bool {
        let body = format!("<p>{}</p>", escape(text));
        self.change(id, Change::AdminReply { admin, body, attachments: Vec::new() })
    }

    /// Changes a conversation in any way, and does not touch `updated_at` unless `edit` does:
    /// for what Intercom recomputes silently, such as ratings, SLA states or `read`.
    /// Returns false when the conversation does not exist.
    pub fn edit(&mut self, id: Id, edit: impl FnOnce(&mut Conversation)) -> bool {
        let slot = position(id).and_then(|place| self.conversations.get_mut(place));
        let Some(Some(conversation)) = slot else {
            return false;
        };
        let record = Arc::make_mut(conversation);
        edit(record);
        record.refresh();
        self.index.written(conversation, self.clock.millis());
        true
    }

    /// Takes away the text of one part. Returns false when it does not exist.
    pub fn redact_part(&mut self, id: Id, part: Id) -> bool {
        let now = self.now();
        let mut done = false;
        self.edit(id, |conversation| done = conversation.redact_part(part, now));
        done
    }

    /// Removes one part as if it had never been. Returns false when it does not exist.
    pub fn delete_part(&mut self, id: Id, part: Id) -> bool {
        let now = self.now();
        let mut done = false;
        self.edit(id, |conversation| done = conversation.delete_part(part, now));
        done
    }

    /// Deletes a conversation: `GET` answers 404 at once, searches after the index lag.
    /// Returns false when it does not exist.
    pub fn delete_conversation(&mut self, id: Id) -> bool {
        let Some(place) = position(id) else {
            return false;
        };
        if self.conversations.get_mut(place).and_then(Option::take).is_none() {
            return false;
        }
        self.index.deleted(place, self.clock.millis());
        let deleted_at = self.now();
        self.unlink_conversation(id);
        self.deleted.push(Deleted { id, metrics_retained: id.is_multiple_of(2), deleted_at });
        true
    }

    /// Merges the contact at `from` into the one at `into`. Their conversations name the
    /// remaining contact from now on; `updated_at` stays.
    pub fn merge_contacts(&mut self, from: Index, into: Index) {
        let merged = |contact: Index| self.directory.contacts[contact as usize].merged_into.is_some();
        if from == into || merged(from) || merged(into) {
            return;
        }
        let now = self.now();
        let merged = &mut self.directory.contacts[from as usize];
        merged.merged_into = Some(into);
        merged.updated_at = now;
        self.merge_contacts_of_tickets(from, into);
        let affected: Vec<Id> =
            self.conversations().filter(|c| c.contacts.contains(&from)).map(|c| c.id).collect();
        for id in affected {
            self.edit(id, |c| c.contacts.iter_mut().filter(|c| **c == from).for_each(|c| *c = into));
        }
    }

    /// Tags `count` conversations in one and the same second, as a bulk action of the inbox does.
    /// Returns their ids.
    pub fn bulk_update(&mut self, count: usize) -> Vec<Id> {
        let now = self.now();
        let ids: Vec<Id> = self.conversations().map(|c| c.id).take(count).collect();
        for &id in &ids {
            self.edit(id, |c| c.apply(Change::Tag { admin: 0, tag: 0 }, now));
        }
        ids
    }
}

/// The inverse of [`Conversation::id_of`].
pub(super) fn position(id: Id) -> Option<usize> {
    let (first, step) = (Conversation::id_of(0), Conversation::id_of(1) - Conversation::id_of(0));
    let offset = id.checked_sub(first)?;
    offset.is_multiple_of(step).then_some((offset / step) as usize)
}
