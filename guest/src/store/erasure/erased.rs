//! What an erasure did, and texts that are blanked by it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use serde_json::{Value, json};

use super::sweep::{self, Table};
use crate::error::StoreResult;
use crate::store::help_center::articles;
use crate::store::refresh::index_anew;
use crate::store::tickets;

/// What was removed, blanked and looked at, in rows.
#[derive(Clone, Debug, Default)]
pub struct Erased {
    /// By table; of conversations those that went as a whole.
    pub removed: BTreeMap<String, u64>,
    /// Conversations of which parts went.
    pub shared: u64,
    /// Tickets of which parts went.
    pub shared_tickets: u64,
    /// Texts in which a mention was blanked, by table.
    pub blanked: BTreeMap<String, u64>,
    /// Texts and rows of others that were looked at.
    pub looked_at: u64,
    /// New entries of the block list.
    pub blocked: u64,
    /// Contacts that were one person.
    pub contacts: u64,
}

impl Erased {
    pub(super) fn remove(&mut self, table: &str, rows: usize) {
        if rows > 0 {
            *self.removed.entry(table.to_owned()).or_default() += rows as u64;
        }
    }

    /// Whether anything was stored of them.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.removed.is_empty() && self.blanked.is_empty() && self.shared == 0 && self.shared_tickets == 0
    }

    pub(super) fn report(&self) -> Value {
        json!({
            "contacts_of_the_person": self.contacts,
            "removed": self.removed,
            "shared_conversations": self.shared,
            "shared_tickets": self.shared_tickets,
            "blanked": self.blanked,
            "rows_looked_at": self.looked_at,
            "blocked": self.blocked,
        })
    }
}

/// Writes blanked texts, and enters into the index of words what they are now.
pub(super) fn blank(
    tx: &Connection,
    table: &Table,
    found: &[sweep::Found],
    erased: &mut Erased,
) -> StoreResult<()> {
    let mut changed = BTreeSet::new();
    let mut blanked = 0;
    for one in found {
        if table.blank(tx, one)? {
            blanked += 1;
            changed.extend(one.first());
        }
    }
    if blanked > 0 {
        *erased.blanked.entry(table.name.clone()).or_default() += blanked;
    }
    match table.name.as_str() {
        "messages" => changed.into_iter().try_for_each(|number| index_anew(tx, number)),
        "tickets" | "ticket_parts" => changed.into_iter().try_for_each(|number| tickets::index(tx, number)),
        "article_texts" if !changed.is_empty() => articles::index_all(tx),
        // The title is indexed with the first message.
        "conversations" => {
            let mut first = tx.prepare_cached(
                "SELECT m.number FROM conversations c JOIN messages m ON m.conversation_id = c.id
                 WHERE c.number = ?1 AND m.part_type = 'initial'",
            )?;
            for number in changed {
                let messages: Vec<i64> =
                    first.query_map([number], |row| row.get(0))?.collect::<Result<_, _>>()?;
                messages.into_iter().try_for_each(|message| index_anew(tx, message))?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}
