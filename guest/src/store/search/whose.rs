//! Conditions on whose a conversation is: its customer, the others who take part, and their companies.

use std::borrow::Cow;

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;

use super::filters::{Asked, Conditions, Filters, containing, text};
use crate::error::StoreResult;
use crate::text::naming;

/// Makes `has_name(folded, name, …)` known to a connection, which says whether any of the names has
/// that text in it, and `is_name`, whether one is it.
///
/// # Errors
/// What SQLite reports.
pub fn register(connection: &Connection) -> StoreResult<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("has_name", -1, flags, |call| Ok(any(call, naming::has)))?;
    connection.create_scalar_function("is_name", -1, flags, |call| Ok(any(call, naming::is)))?;
    Ok(())
}

fn any(call: &Context<'_>, compare: fn(&[u8], &str) -> bool) -> bool {
    let sought = match call.get_raw(0) {
        ValueRef::Text(sought) => String::from_utf8_lossy(sought),
        _ => Cow::Borrowed(""),
    };
    (1..call.len()).any(|place| match call.get_raw(place) {
        ValueRef::Text(name) => compare(name, &sought),
        _ => false,
    })
}

impl Asked {
    /// A conversation `c` with somebody who meets a condition on `p`, a contact, or on `x.contact_id`.
    fn with_somebody(self, condition: &str) -> String {
        match self {
            // There are fewer contacts than conversations that they take part in.
            Self::Together => self.among(
                "c.id",
                "x.conversation_id",
                "contacts p CROSS JOIN conversation_contacts x ON x.contact_id = p.id",
                condition,
            ),
            Self::OneByOne => self.among(
                "c.id",
                "x.conversation_id",
                "conversation_contacts x JOIN contacts p ON p.id = x.contact_id",
                condition,
            ),
        }
    }
}

impl Filters {
    pub(super) fn customers(&self, asked: Asked, all: &mut Conditions) {
        if let Some(email) = &self.customer_email {
            self.with_address(email, asked, all);
        }
        if let Some(part) = &self.customer {
            let others = asked.with_somebody(
                "has_name(?, p.name, p.email, p.company_name) OR p.id = ? OR p.external_id = ? OR p.company_id = ?",
            );
            let name = naming::folded(part);
            all.add(
                format!(
                    "(has_name(?, c.customer_name, c.customer_email, c.company_name) OR c.company_id = ? \
                     OR c.contact_id IN (SELECT id FROM contacts WHERE id = ? UNION SELECT id FROM contacts WHERE external_id = ?) \
                     OR {others})"
                ),
                [&*name, part, part, part, &*name, part, part, part].map(text),
            );
        }
        if let Some(part) = &self.company {
            let compare = if self.whole { "is_name" } else { "has_name" };
            all.add(format!("{compare}(?, c.company_name)"), [text(&naming::folded(part))]);
        }
        if let Some(id) = &self.contact_id {
            let also =
                asked.among("c.id", "x.conversation_id", "conversation_contacts x", "x.contact_id = ?");
            all.add(format!("(c.contact_id = ? OR {also})"), [text(id), text(id)]);
        }
    }

    fn with_address(&self, email: &str, asked: Asked, all: &mut Conditions) {
        let contacts = "conversation_contacts x JOIN contacts p ON p.id = x.contact_id";
        let (condition, value) = if email.starts_with('@') {
            ("LIKE ? ESCAPE '\\'", format!("%{}", containing(email)[1..].trim_end_matches('%')))
        } else {
            ("= ? COLLATE NOCASE", email.to_owned())
        };
        let of_contacts = format!("p.email {condition}");
        all.add(
            match asked {
                // Not as an OR: SQLite then prefers to go through all conversations by time.
                Asked::Together => format!(
                    "c.id IN (SELECT x.id FROM conversations x WHERE x.customer_email {condition} \
                     UNION SELECT x.conversation_id FROM {contacts} WHERE {of_contacts})"
                ),
                Asked::OneByOne => format!(
                    "(c.customer_email {condition} OR {})",
                    asked.among("c.id", "x.conversation_id", contacts, &of_contacts)
                ),
            },
            [text(&value), text(&value)],
        );
    }
}

#[cfg(test)]
mod tests;
