//! Who is meant: all contacts that are one person, and what they are known by.

use std::collections::BTreeSet;

use rusqlite::{Connection, params_from_iter};

use super::block_list::{self, BlockList, Kind};
use super::sweep::Table;
use crate::error::StoreResult;
use crate::ids::{self, ContactId};
use crate::store::lossy;
use crate::text::folding;
use crate::time::UnixSeconds;

/// Digits of a telephone number, at least.
const DIGITS: usize = 7;
/// Letters and digits of an id that is looked for in texts: shorter ones are numbers of other things.
const LONG_ID: usize = 8;

/// A person, by everything that names them.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// Ids of contacts.
    pub contacts: BTreeSet<String>,
    /// E-mail addresses, in small letters.
    pub addresses: BTreeSet<String>,
    /// The workspace's own ids.
    pub external_ids: BTreeSet<String>,
    pub names: BTreeSet<String>,
    pub phones: BTreeSet<String>,
}

impl Person {
    /// Who is meant by an e-mail address, a contact's id or an id of the workspace's own. Contacts
    /// that were merged, and those with the same address, are one person. Of whom nothing is stored
    /// there is no contact, and no address but the one that was given.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn find(connection: &Connection, text: &str) -> StoreResult<Self> {
        let text = ids::bare(text);
        let mut person = Self::default();
        if text.is_empty() {
            return Ok(person);
        }
        if text.contains('@') {
            person.addresses.insert(text.to_lowercase());
        }
        person.contacts = texts(
            connection,
            "SELECT id FROM contacts WHERE id = ?1 UNION SELECT id FROM contacts WHERE external_id = ?1
             UNION SELECT merged_into FROM contacts WHERE merged_into = ?1
             UNION SELECT contact_id FROM conversation_contacts WHERE contact_id = ?1
             UNION SELECT contact_id FROM ticket_contacts WHERE contact_id = ?1
             UNION SELECT c.contact_id FROM conversations c WHERE c.customer_email = ?1 COLLATE NOCASE
                AND c.contact_id IS NOT NULL
                AND (SELECT count(*) FROM conversation_contacts x WHERE x.conversation_id = c.id) = 1",
            &[text.to_owned()],
        )?;
        if person.contacts.is_empty() && person.addresses.is_empty() {
            person.contacts = authors(connection, text)?;
        }
        loop {
            let before = (person.contacts.len(), person.addresses.len());
            person.read_contacts(connection)?;
            let ids = list(&person.contacts);
            person.contacts.extend(texts(
                connection,
                &format!(
                    "SELECT id FROM contacts WHERE merged_into IN ({ids})
                     UNION SELECT merged_into FROM contacts WHERE id IN ({ids}) AND merged_into IS NOT NULL"
                ),
                &[],
            )?);
            for address in person.addresses.clone() {
                person.contacts.extend(texts(
                    connection,
                    "SELECT id FROM contacts WHERE email = ?1 COLLATE NOCASE",
                    &[address],
                )?);
            }
            if before == (person.contacts.len(), person.addresses.len()) {
                break;
            }
        }
        person.read_conversations(connection)?;
        Ok(person)
    }

    /// Whether anything is stored of them: a contact, conversations of an address, or texts in which
    /// what was given stands, if that is an address. An ordinary word stands in texts, too, and is
    /// nobody.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) fn is_stored(&self, connection: &Connection) -> StoreResult<bool> {
        if !self.contacts.is_empty() {
            return Ok(true);
        }
        let addresses = list(&self.addresses);
        let customer =
            format!("SELECT 1 FROM conversations WHERE customer_email COLLATE NOCASE IN ({addresses})");
        if connection.prepare(&customer)?.exists([])? {
            return Ok(true);
        }
        for address in self.addresses.iter().filter(|text| is_address(text)) {
            for table in Table::all(connection)? {
                if table.has_text(connection, address, &|text| stands_in(text, address))? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Whether they were erased before, as only the block list tells: then what was given is all
    /// that is known of them.
    pub(super) fn was_erased(&mut self, text: &str, list: &BlockList) -> bool {
        let text = ids::bare(text);
        let (is_contact, is_external_id) =
            (list.bars(Some(text), None, None), list.bars(None, None, Some(text)));
        self.contacts.extend(is_contact.then(|| text.to_owned()));
        self.external_ids.extend(is_external_id.then(|| text.to_owned()));
        is_contact || is_external_id || list.bars(None, Some(text), None)
    }

    /// Contacts that are gone from Intercom: these alone, without what others are known by, too.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn of_contacts(connection: &Connection, gone: &[ContactId]) -> StoreResult<Self> {
        let mut person = Self { contacts: gone.iter().map(|id| id.0.clone()).collect(), ..Self::default() };
        person.read_contacts(connection)?;
        person.read_conversations(connection)?;
        let ids = list(&person.contacts);
        let shared = |column: &str, values: &mut BTreeSet<String>| -> StoreResult<()> {
            for value in values.clone() {
                let others = texts(
                    connection,
                    &format!(
                        "SELECT id FROM contacts WHERE {column} = ?1 COLLATE NOCASE AND id NOT IN ({ids}) LIMIT 1"
                    ),
                    std::slice::from_ref(&value),
                )?;
                if !others.is_empty() {
                    values.remove(&value);
                }
            }
            Ok(())
        };
        shared("email", &mut person.addresses)?;
        shared("name", &mut person.names)?;
        shared("phone", &mut person.phones)?;
        shared("external_id", &mut person.external_ids)?;
        Ok(person)
    }

    /// What the rows of the contacts say.
    fn read_contacts(&mut self, connection: &Connection) -> StoreResult<()> {
        let ids = list(&self.contacts);
        let mut statement = connection
            .prepare(&format!("SELECT name, email, phone, external_id FROM contacts WHERE id IN ({ids})"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.names.extend(lossy::text::<Option<String>>(row, 0)?);
            self.addresses.extend(lossy::text::<Option<String>>(row, 1)?.map(|one| one.to_lowercase()));
            self.phones.extend(lossy::text::<Option<String>>(row, 2)?);
            self.external_ids.extend(lossy::text::<Option<String>>(row, 3)?);
        }
        Ok(())
    }

    /// Names and addresses that only their conversations tell: older ones, and those of a contact
    /// that was never fetched.
    fn read_conversations(&mut self, connection: &Connection) -> StoreResult<()> {
        let ids = list(&self.contacts);
        let mut statement = connection.prepare(&format!(
            "SELECT c.customer_name, c.customer_email FROM conversation_contacts x JOIN conversations c ON c.id = x.conversation_id
             WHERE x.contact_id IN ({ids})
                AND NOT EXISTS (SELECT 1 FROM conversation_contacts y
                    WHERE y.conversation_id = c.id AND y.contact_id NOT IN ({ids}))
             UNION SELECT m.author_name, NULL FROM conversation_contacts x JOIN messages m ON m.conversation_id = x.conversation_id
             WHERE x.contact_id IN ({ids}) AND m.author_id IN ({ids}) AND m.author_type IN ('user', 'lead')
             UNION SELECT p.author_name, NULL FROM ticket_contacts x JOIN ticket_parts p ON p.ticket = x.ticket
             WHERE x.contact_id IN ({ids}) AND p.author_id IN ({ids}) AND p.author_type IN ('user', 'lead')"
        ))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.names.extend(lossy::text::<Option<String>>(row, 0)?);
            self.addresses.extend(lossy::text::<Option<String>>(row, 1)?.map(|one| one.to_lowercase()));
        }
        Ok(())
    }

    /// What every text is searched for.
    #[must_use]
    pub fn mentions(&self) -> BTreeSet<String> {
        let mut mentions: BTreeSet<String> = self.addresses.iter().cloned().collect();
        mentions
            .extend(self.contacts.iter().chain(&self.external_ids).filter(|id| id.len() >= LONG_ID).cloned());
        // One word alone is many people's, unless it is written without blanks.
        mentions.extend(
            self.names.iter().filter(|name| folding::words(name).len() > 1 || name.contains('@')).cloned(),
        );
        mentions.extend(self.phones.iter().flat_map(|phone| dialled(phone)));
        mentions.retain(|one| !folding::folded(one).is_empty());
        mentions
    }

    /// Whether their ids are long enough to be among [`Self::mentions`].
    pub(super) fn is_sought_by_id(&self) -> bool {
        self.contacts.iter().all(|id| id.len() >= LONG_ID)
    }

    /// Words of their names, for conversations that they took part in.
    #[must_use]
    pub fn words(&self) -> BTreeSet<String> {
        use crate::redaction::names::is_ambiguous;
        let words = self.names.iter().flat_map(|name| folding::words(name));
        words
            .filter(|word| word.chars().count() >= super::block_list::LEAST_WORD && !is_ambiguous(word))
            .collect()
    }

    /// Enters all by which they could come back into the block list. Says how much of it was new.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(super) fn block(&self, tx: &Connection, now: UnixSeconds) -> StoreResult<u64> {
        let entries = [
            (Kind::Contact, &self.contacts),
            (Kind::ExternalId, &self.external_ids),
            (Kind::Address, &self.addresses),
            (Kind::Mention, &self.mentions()),
            (Kind::Word, &self.words()),
        ];
        let mut added = 0;
        for (kind, texts) in entries {
            for text in texts {
                added += u64::from(block_list::add(tx, kind, text, now)?);
            }
        }
        Ok(added)
    }

    /// The ids of the contacts in SQL.
    pub(super) fn ids(&self) -> String {
        list(&self.contacts)
    }
}

/// The id itself, where it is only known by what somebody wrote or did.
fn authors(connection: &Connection, id: &str) -> StoreResult<BTreeSet<String>> {
    texts(
        connection,
        "SELECT contact_id FROM conversations WHERE contact_id = ?1
         UNION SELECT author_id FROM messages WHERE author_id = ?1 AND author_type IN ('user', 'lead')
         UNION SELECT author_id FROM conversation_events WHERE author_id = ?1 AND author_type IN ('user', 'lead')
         UNION SELECT author_id FROM ticket_parts WHERE author_id = ?1 AND author_type IN ('user', 'lead')",
        &[id.to_owned()],
    )
}

/// Whether it is written as e-mail addresses are.
fn is_address(text: &str) -> bool {
    let is_domain =
        |domain: &str| domain.split('.').count() > 1 && domain.split('.').all(|label| !label.is_empty());
    !text.contains(char::is_whitespace)
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.contains('@') && is_domain(domain))
}

/// Whether an address is in a text by itself, and not as the end of `mary.jane@example.com`.
fn stands_in(text: &str, address: &str) -> bool {
    let text = text.to_lowercase();
    text.match_indices(address).any(|(at, _)| {
        let goes_on = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
        let before = text[..at].chars().next_back();
        let mut behind = text[at + address.len()..].chars();
        let is_longer = match behind.next() {
            // The end of a sentence, or another label.
            Some('.') => behind.next().is_some_and(goes_on),
            next => next.is_some_and(goes_on),
        };
        !is_longer && !before.is_some_and(|letter| goes_on(letter) || letter == '.' || letter == '+')
    })
}

/// A telephone number as it may be dialled: with and without the country's code, of one to three
/// digits.
fn dialled(phone: &str) -> Vec<String> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < DIGITS {
        return Vec::new();
    }
    let mut ways = vec![digits.clone(), format!("00{digits}")];
    if phone.trim_start().starts_with('+') {
        for code in 1..=3 {
            let rest = &digits[code..];
            if rest.len() > DIGITS {
                ways.push(rest.to_owned());
                ways.push(format!("0{rest}"));
            }
        }
    }
    ways
}

/// Values as a list in SQL.
pub(super) fn list(values: &BTreeSet<String>) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect();
    quoted.join(", ")
}

fn texts(connection: &Connection, sql: &str, values: &[String]) -> StoreResult<BTreeSet<String>> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map(params_from_iter(values), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_from_the_end_of_a_longer_one() {
        for (text, stands) in [
            ("write to <a href=\"mailto:Kim@Example.net\">me</a>", true),
            ("kim@example.net.", true),
            ("[\"kim@example.net\"]", true),
            ("kim@example.net.au", false),
            ("kim@example.network", false),
            ("kim@example.net-works.org", false),
            ("joakim@example.net", false),
            ("jo.kim@example.net", false),
            ("jo+kim@example.net", false),
            ("jo-kim@example.net, kim@example.net", true),
            ("kim at example.net", false),
        ] {
            assert_eq!(stands_in(text, "kim@example.net"), stands, "{text}");
        }
    }

    #[test]
    fn words_names_and_halves_are_no_addresses() {
        for (text, is) in [
            ("kim@example.net", true),
            ("kim+tag@mail.example.net", true),
            ("warehouse", false),
            ("@", false),
            ("kim@", false),
            ("@example.net", false),
            ("kim@example", false),
            ("kim@example.", false),
            ("kim@@example.net", false),
            ("kim lee@example.net", false),
        ] {
            assert_eq!(is_address(text), is, "{text}");
        }
    }
}
