//! Who was erased, by keyed hashes: enough to keep them away, too little to name them.
//!
//! The key is made at random for each database, and stored in it. Whoever has the file can therefore
//! try whether a name that they already know is on the list, as they could if the program asked for
//! the key elsewhere: it would have to lie beside the file, or the list would not work. What the
//! file alone does not give away is who is on it. So a copy, a replica or a restored backup keeps
//! away whom the original kept away.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreResult;
use crate::text::folding;
use crate::text::mentions::{self, Hash, Key, Mentions};
use crate::time::UnixSeconds;

/// Of a single word, so many bytes make it a mention.
pub(super) const LEAST: usize = 8;
/// The same for words of a name in conversations that somebody took part in.
pub(super) const LEAST_WORD: usize = 3;

/// The key in `meta` of the key.
const KEY: &str = "erasure_key";

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A contact's id.
    Contact,
    /// A contact's id of the workspace's own.
    ExternalId,
    /// An e-mail address, in small letters.
    Address,
    /// A conversation that went as a whole.
    Conversation,
    /// A ticket that went as a whole.
    Ticket,
    /// A ticket of several customers, whose title, description and attributes may be theirs.
    TicketOpening,
    /// A name, an address, a number or an id, wherever it stands in a text.
    Mention,
    /// A word of a name, in conversations that they took part in.
    Word,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::ExternalId => "external_id",
            Self::Address => "address",
            Self::Conversation => "conversation",
            Self::Ticket => "ticket",
            Self::TicketOpening => "ticket_opening",
            Self::Mention => "mention",
            Self::Word => "word",
        }
    }
}

/// The list, read once: it only changes while no sync runs.
#[derive(Clone, Debug)]
pub struct BlockList {
    key: Key,
    contacts: HashSet<Hash>,
    external_ids: HashSet<Hash>,
    addresses: HashSet<Hash>,
    conversations: HashSet<Hash>,
    tickets: HashSet<Hash>,
    ticket_openings: HashSet<Hash>,
    /// What is blanked in every text.
    pub mentions: Mentions,
    /// What is blanked where they took part.
    pub words: Mentions,
}

impl BlockList {
    /// A list that bars nobody, for what keeps nothing.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self::with_key(Key([0; 16]))
    }

    fn with_key(key: Key) -> Self {
        Self {
            key,
            contacts: HashSet::new(),
            external_ids: HashSet::new(),
            addresses: HashSet::new(),
            conversations: HashSet::new(),
            tickets: HashSet::new(),
            ticket_openings: HashSet::new(),
            mentions: Mentions::new(key, LEAST),
            words: Mentions::new(key, LEAST_WORD),
        }
    }

    /// Reads the list; without a key there is none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn read(connection: &Connection) -> StoreResult<Self> {
        let mut list = Self::with_key(key(connection)?.unwrap_or(Key([0; 16])));
        let mut statement = connection.prepare("SELECT kind, hash, length FROM erased")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let Ok(hash) = Hash::try_from(row.get::<_, Vec<u8>>(1)?) else { continue };
            let length = usize::try_from(row.get::<_, i64>(2)?).unwrap_or(0);
            match row.get::<_, String>(0)?.as_str() {
                "contact" => _ = list.contacts.insert(hash),
                "external_id" => _ = list.external_ids.insert(hash),
                "address" => _ = list.addresses.insert(hash),
                "conversation" => _ = list.conversations.insert(hash),
                "ticket" => _ = list.tickets.insert(hash),
                "ticket_opening" => _ = list.ticket_openings.insert(hash),
                "mention" => list.mentions.insert(hash, length),
                "word" => list.words.insert(hash, length),
                _ => {}
            }
        }
        Ok(list)
    }

    /// Nobody was erased here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.contacts.is_empty()
            && self.external_ids.is_empty()
            && self.addresses.is_empty()
            && self.conversations.is_empty()
            && self.tickets.is_empty()
            && self.ticket_openings.is_empty()
            && self.mentions.is_empty()
    }

    #[must_use]
    pub fn bars_contact(&self, id: &str) -> bool {
        self.contacts.contains(&self.key.hash(id))
    }

    #[must_use]
    pub fn bars_conversation(&self, id: &str) -> bool {
        self.conversations.contains(&self.key.hash(id))
    }

    #[must_use]
    pub fn bars_ticket(&self, id: &str) -> bool {
        self.tickets.contains(&self.key.hash(id))
    }

    /// Whether what a ticket began with may be of somebody who was erased.
    #[must_use]
    pub fn bars_opening(&self, id: &str) -> bool {
        self.ticket_openings.contains(&self.key.hash(id))
    }

    /// Whether somebody with that id, address or id of the workspace's own was erased.
    #[must_use]
    pub fn bars(&self, id: Option<&str>, address: Option<&str>, external_id: Option<&str>) -> bool {
        id.is_some_and(|id| self.bars_contact(id))
            || address.is_some_and(|address| self.addresses.contains(&self.key.hash(&address.to_lowercase())))
            || external_id.is_some_and(|id| self.external_ids.contains(&self.key.hash(id)))
    }
}

/// The key of this database's list.
pub(super) fn key(connection: &Connection) -> StoreResult<Option<Key>> {
    let key: Option<Vec<u8>> =
        connection.query_row("SELECT value FROM meta WHERE key = ?1", [KEY], |row| row.get(0)).optional()?;
    Ok(key.and_then(|bytes| bytes.try_into().ok()).map(Key))
}

/// Enters something into the list. Says whether it was new.
pub(super) fn add(connection: &Connection, kind: Kind, text: &str, now: UnixSeconds) -> StoreResult<bool> {
    let key = match key(connection)? {
        Some(key) => key,
        None => {
            let key: Vec<u8> = connection.query_row(
                "INSERT INTO meta (key, value) VALUES (?1, randomblob(16))
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value RETURNING value",
                [KEY],
                |row| row.get(0),
            )?;
            Key(key.try_into().unwrap_or_default())
        }
    };
    let text = match kind {
        Kind::Mention | Kind::Word => folding::folded(text),
        Kind::Address => text.to_lowercase(),
        Kind::Contact | Kind::ExternalId | Kind::Conversation | Kind::Ticket | Kind::TicketOpening => {
            text.to_owned()
        }
    };
    let length = match kind {
        Kind::Mention | Kind::Word => text.len(),
        _ => 0,
    };
    if text.is_empty() || length > mentions::LONGEST {
        return Ok(false);
    }
    let added = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO erased (kind, hash, length, erased_at) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![kind.as_str(), key.hash(&text), i64::try_from(length).unwrap_or(0), now])?;
    Ok(added > 0)
}
