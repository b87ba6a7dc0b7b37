//! What an answer discloses: ids of conversations and contacts, and how many rows, for the host's
//! audit log.
//!
//! It is noted where a conversation, a message or a row is laid out, by the few functions that all
//! tools share, so that no tool can forget it; the component's exports tell it to the host when the
//! call ends. An instance serves one call at a time, so a call's notes are a thread's.

use std::cell::RefCell;
use std::collections::BTreeSet;

thread_local! {
    static NOTED: RefCell<Disclosure> = const {
        RefCell::new(Disclosure { conversations: BTreeSet::new(), contacts: BTreeSet::new(), rows: 0 })
    };
}

/// See `interface disclosure` in `wit/world.wit`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disclosure {
    pub conversations: BTreeSet<String>,
    pub contacts: BTreeSet<String>,
    pub rows: u32,
}

/// Ids are Intercom's; what else a column may hold is no id and would only make a line long.
const LONGEST_ID: usize = 100;

/// A conversation is in the answer, and with it its customer.
pub fn conversation(id: &str, contact: Option<&str>) {
    NOTED.with_borrow_mut(|noted| {
        insert(&mut noted.conversations, id);
        if let Some(contact) = contact {
            insert(&mut noted.contacts, contact);
        }
    });
}

/// A customer is in the answer.
pub fn contact(id: &str) {
    NOTED.with_borrow_mut(|noted| insert(&mut noted.contacts, id));
}

/// So many conversations, messages, rows or values are in the answer.
pub fn rows(count: usize) {
    NOTED.with_borrow_mut(|noted| {
        noted.rows = noted.rows.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
    });
}

/// What was noted since the last time.
#[must_use]
pub fn take() -> Disclosure {
    NOTED.take()
}

fn insert(ids: &mut BTreeSet<String>, id: &str) {
    if !id.is_empty() && id.len() <= LONGEST_ID && !ids.contains(id) {
        ids.insert(id.to_owned());
    }
}
