//! The workspace: the truth that clients are to copy, and the search index beside it.

use std::sync::Arc;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::change::Change;
use super::clock::Clock;
use super::config::Config;
use super::directory::{Contact, Directory, pick, skewed};
use super::generate::{self, escape};
use super::index::SearchIndex;
use super::model::{
    Assignee, Author, Bot, Channel, Conversation, Id, Index, Priority, Seconds, Source, State,
};
use super::text::{self, TOPICS};

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
    /// By [`Conversation::index`]; deleted ones leave a gap.
    conversations: Vec<Option<Arc<Conversation>>>,
    deleted: Vec<Deleted>,
    index: SearchIndex,
    clock: Arc<Clock>,
    rng: ChaCha8Rng,
}

impl Workspace {
    pub fn generate(config: &Config, clock: Arc<Clock>) -> Self {
        let shape = config.shape(clock.seconds());
        let directory = shape.directory();
        let conversations: Vec<_> = generate::conversations(&shape, &directory)
            .map(|c| Some(Arc::new(c)))
            .collect();
        let index = SearchIndex::new(&conversations, config.index_lag.clone(), config.seed);
        Self {
            identity: config.identity.clone(),
            directory,
            conversations,
            deleted: Vec::new(),
            index,
            clock,
            rng: ChaCha8Rng::seed_from_u64(config.seed ^ 0xc4a6e),
        }
    }

    /// The current Unix second of the simulator's clock.
    pub fn now(&self) -> Seconds {
        self.clock.seconds()
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
        self.directory
            .contacts
            .iter()
            .find(|contact| contact.id == id)
    }

    /// The search index, with everything in it whose lag is over.
    pub fn index(&mut self) -> (&SearchIndex, &Directory) {
        self.index.settle(self.clock.millis());
        (&self.index, &self.directory)
    }

    /// A new conversation with `text` (plain) as its first message, from a random contact.
    pub fn add_conversation(&mut self, text: &str) -> Id {
        self.add(format!("<p>{}</p>", escape(text)))
    }

    fn add(&mut self, body: String) -> Id {
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
        self.change(
            id,
            Change::ContactReply {
                body,
                attachments: Vec::new(),
            },
        )
    }

    /// An admin answers `text` (plain).
    pub fn admin_reply(&mut self, id: Id, admin: Index, text: &str) -> bool {
        let body = format!("<p>{}</p>", escape(text));
        self.change(
            id,
            Change::AdminReply {
                admin,
                body,
                attachments: Vec::new(),
            },
        )
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
        self.edit(id, |conversation| {
            done = conversation.redact_part(part, now)
        });
        done
    }

    /// Removes one part as if it had never been. Returns false when it does not exist.
    pub fn delete_part(&mut self, id: Id, part: Id) -> bool {
        let now = self.now();
        let mut done = false;
        self.edit(id, |conversation| {
            done = conversation.delete_part(part, now)
        });
        done
    }

    /// Deletes a conversation: `GET` answers 404 at once, searches after the index lag.
    /// Returns false when it does not exist.
    pub fn delete_conversation(&mut self, id: Id) -> bool {
        let Some(place) = position(id) else {
            return false;
        };
        if self
            .conversations
            .get_mut(place)
            .and_then(Option::take)
            .is_none()
        {
            return false;
        }
        self.index.deleted(place, self.clock.millis());
        let deleted_at = self.now();
        self.deleted.push(Deleted {
            id,
            metrics_retained: id.is_multiple_of(2),
            deleted_at,
        });
        true
    }

    /// Merges the contact at `from` into the one at `into`. Their conversations name the
    /// remaining contact from now on; `updated_at` stays.
    pub fn merge_contacts(&mut self, from: Index, into: Index) {
        if from == into || self.directory.contacts[into as usize].merged_into.is_some() {
            return;
        }
        let now = self.now();
        let merged = &mut self.directory.contacts[from as usize];
        merged.merged_into = Some(into);
        merged.updated_at = now;
        let affected: Vec<Id> = self
            .conversations()
            .filter(|c| c.contacts.contains(&from))
            .map(|c| c.id)
            .collect();
        for id in affected {
            self.edit(id, |c| {
                c.contacts
                    .iter_mut()
                    .filter(|c| **c == from)
                    .for_each(|c| *c = into)
            });
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

    /// Does one thing that happens in a busy inbox, mostly to recent conversations.
    /// Returns the conversation's id and what was done.
    pub fn random_change(&mut self) -> (Id, &'static str) {
        let topic = &TOPICS[self.rng.random_range(0..TOPICS.len())];
        let roll = self.rng.random_range(0..200);
        let target = self.random_conversation();
        let (Some((id, state, parts)), 20..) = (target, roll) else {
            let body = text::opening(&mut self.rng, topic);
            return (self.add(body), "add");
        };
        let admin = self
            .rng
            .random_range(0..self.directory.human_admins().len()) as Index;
        let now = self.now();
        let rng = &mut self.rng;
        let (change, name) = match roll {
            20..65 => {
                let body = text::customer(rng, topic);
                (
                    Change::ContactReply {
                        body,
                        attachments: Vec::new(),
                    },
                    "contact_reply",
                )
            }
            65..105 => {
                let body = text::agent(rng, topic);
                (
                    Change::AdminReply {
                        admin,
                        body,
                        attachments: Vec::new(),
                    },
                    "admin_reply",
                )
            }
            105..118 => (
                Change::Note {
                    admin,
                    body: text::note(rng),
                },
                "note",
            ),
            118..130 => (
                Change::Tag {
                    admin,
                    tag: skewed(rng, self.directory.tags.len()),
                },
                "tag",
            ),
            130..134 => (Change::Untag { admin, tag: 0 }, "untag"),
            134..150 if state != State::Closed => (
                Change::Close {
                    by: Author::Admin(admin),
                },
                "close",
            ),
            134..150 => (Change::Reopen { admin }, "reopen"),
            150..158 => {
                let to = Assignee::Team(rng.random_range(0..self.directory.teams.len()) as Index);
                (
                    Change::Assign {
                        by: Author::Admin(admin),
                        to,
                    },
                    "assign",
                )
            }
            158..164 => {
                let body = text::agent(rng, topic);
                (
                    Change::AssignWithText {
                        admin,
                        to: Assignee::Admin(admin),
                        body,
                    },
                    "assign_with_text",
                )
            }
            164..169 => (
                Change::Snooze {
                    admin,
                    until: now + 86_400,
                },
                "snooze",
            ),
            169..175 => {
                let remark = rng.random_bool(0.5).then(|| text::remark(rng));
                (
                    Change::Rate {
                        score: rng.random_range(1..6),
                        remark,
                    },
                    "rate",
                )
            }
            175..179 => {
                let priority = pick(rng, &[Priority::None, Priority::High, Priority::Urgent]);
                (Change::SetPriority { admin, priority }, "priority")
            }
            179..184 => {
                let value = rng.random_bool(0.5).into();
                (
                    Change::SetAttribute {
                        admin,
                        name: "Is VIP".to_owned(),
                        value,
                    },
                    "attribute",
                )
            }
            184..188 => {
                let body = text::agent(rng, topic);
                (
                    Change::BotReply {
                        bot: Bot::FinAnswer,
                        body,
                    },
                    "bot_reply",
                )
            }
            188..193 if !parts.is_empty() => {
                let part = pick(rng, &parts);
                self.redact_part(id, part);
                return (id, "redact");
            }
            193..195 if !parts.is_empty() => {
                let part = pick(rng, &parts);
                self.delete_part(id, part);
                return (id, "delete_part");
            }
            195..198 => {
                self.delete_conversation(id);
                return (id, "delete");
            }
            198 => {
                let contacts = self.directory.contacts.len() as Index;
                let (from, into) = (rng.random_range(0..contacts), rng.random_range(0..contacts));
                self.merge_contacts(from, into);
                return (id, "merge_contacts");
            }
            _ => (Change::MissSla, "sla_missed"),
        };
        self.change(id, change);
        (id, name)
    }

    /// A conversation, more likely a recent one, with its state and the ids of its parts.
    fn random_conversation(&mut self) -> Option<(Id, State, Vec<Id>)> {
        for _ in 0..32 {
            let back = skewed(&mut self.rng, self.conversations.len()) as usize;
            let place = self.conversations.len().checked_sub(1 + back)?;
            if let Some(c) = &self.conversations[place] {
                return Some((c.id, c.state, c.parts.iter().map(|part| part.id).collect()));
            }
        }
        None
    }
}

/// The inverse of [`Conversation::id_of`].
fn position(id: Id) -> Option<usize> {
    let (first, step) = (
        Conversation::id_of(0),
        Conversation::id_of(1) - Conversation::id_of(0),
    );
    let offset = id.checked_sub(first)?;
    offset
        .is_multiple_of(step)
        .then_some((offset / step) as usize)
}
