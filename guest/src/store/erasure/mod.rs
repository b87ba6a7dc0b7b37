//! Erasing a person, so that nothing of them is left in the file and no sync brings them back.
//!
//! # How
//!
//! 1. [`Person`] finds out which contacts are meant, and what they are known by.
//! 2. Conversations and tickets that are theirs alone go as a whole. Where other customers took part,
//!    their own parts go, and what stands of them elsewhere is blanked ([`take_out`]).
//! 3. Every text of every table is searched for what they are known by ([`sweep`]).
//! 4. [`BlockList`] takes keyed hashes of all that, by which the sync leaves them out.
//! 5. The index of words is merged, since a removed message leaves its words in it, and the whole
//!    is written into a new file without free pages ([`compact`]), which takes the old one's place.
//! 6. The new file is searched again, its bytes and its index included, and the receipt says so.
//!
//! Steps 2 to 4 are one transaction, which also leaves a mark that step 5 is to come ([`unfinished`]).
//! The new file has none. The caller holds the lock of the sync.

mod block_list;
mod compact;
mod erased;
mod of_tickets;
mod person;
mod quick;
mod shared;
mod sought;
mod sweep;
#[cfg(test)]
mod tests;
pub mod unfinished;

use std::collections::BTreeSet;
use std::time::Instant;

use rusqlite::Connection;
use serde_json::{Value, json};

pub use block_list::{BlockList, Kind};
pub use erased::Erased;
use erased::blank;
pub use of_tickets::tickets_of;
use of_tickets::{blank_words_of_ticket, take_out_of_tickets};
pub use person::Person;
use shared::{blank_words, take_out};
use sought::Sought;
use sweep::Table;

use super::connection::Store;
use super::conversations::tombstones;
use super::{people, statistics, tickets};
use crate::error::StoreResult;
use crate::ids::{ContactId, ConversationId, TicketId};
use crate::time::UnixSeconds;

const MESSAGES: &str = "messages";

impl Store {
    /// Erases who is meant by an e-mail address, a contact's id or an id of the workspace's own, and
    /// writes the compact file of that name beside the database. With `dry_run` all is undone
    /// again, and no file is written.
    ///
    /// Returns the receipt, a JSON object without a text of theirs, and SQLite's change counter of the
    /// state that the new file shows. Of whom nothing is stored the receipt is `{"stored": false}`:
    /// nothing was changed, and no file was written.
    ///
    /// # Errors
    /// When the database or the new file cannot be written. The sentence says whether the person is
    /// erased already: then doing it again goes on.
    pub fn erase(
        &mut self,
        text: &str,
        dry_run: bool,
        file_name: &str,
        now: UnixSeconds,
    ) -> StoreResult<(Value, u32)> {
        // What is deleted is overwritten at once; and a big customer's may be more than memory holds.
        self.connection().execute_batch("PRAGMA cache_spill = ON;")?;
        self.connection().query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
        let begun = Instant::now();
        let removed = self.write(|tx| remove(tx, text, dry_run, now)).map_err(unfinished::not_begun)?;
        let Some((person, erased)) = removed else {
            return Ok((json!({"stored": false}), 0));
        };
        let mut receipt = erased.report();
        receipt["milliseconds"] = json!({"erasing": milliseconds(begun)});
        let mut state = 0;
        if !dry_run {
            state = self.make_anew(&person, file_name, &mut receipt).map_err(unfinished::not_ended)?;
        }
        Ok((receipt, state))
    }

    /// Writes the compact file, and looks for the person in it. Returns the change counter of the state
    /// that it shows.
    fn make_anew(&mut self, person: &Person, file_name: &str, receipt: &mut Value) -> StoreResult<u32> {
        let begun = Instant::now();
        self.merge_words(usize::MAX, &|| false)?;
        self.write(|tx| {
            Ok(tx.execute_batch(
                "INSERT INTO articles_fts (articles_fts) VALUES ('optimize');
                 INSERT INTO tickets_fts (tickets_fts) VALUES ('optimize');",
            )?)
        })?;
        receipt["milliseconds"]["merging_words"] = milliseconds(begun);
        let state = compact::change_counter(self.path())?;
        let begun = Instant::now();
        let new = compact::write(self, file_name)?;
        receipt["milliseconds"]["compacting"] = milliseconds(begun);
        let begun = Instant::now();
        receipt["looked_again"] = compact::look(&new, person)?;
        receipt["milliseconds"]["looking_again"] = milliseconds(begun);
        Ok(state)
    }

    /// Erases contacts that are gone from Intercom: what nobody else is known by, too. What was theirs
    /// is overwritten in the file, without making it anew.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn erase_gone(
        &mut self,
        gone: &[ContactId],
        now: UnixSeconds,
        stop: &dyn Fn() -> bool,
    ) -> StoreResult<Erased> {
        self.connection().query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
        let erased = self.write(|tx| erase(tx, &Person::of_contacts(tx, gone)?, now))?;
        self.merge_words(usize::MAX, stop)?;
        if erased.removed.keys().chain(erased.blanked.keys()).any(|table| table.starts_with("ticket")) {
            self.write(
                |tx| Ok(tx.execute("INSERT INTO tickets_fts (tickets_fts) VALUES ('optimize')", [])?),
            )?;
        }
        Ok(erased)
    }
}

/// Steps 1 to 4, for a person who is stored, or was erased before: a repetition goes on where the one
/// before was interrupted. Nobody else is meant by whatever word was typed.
fn remove(
    tx: &Connection,
    text: &str,
    dry_run: bool,
    now: UnixSeconds,
) -> StoreResult<Option<(Person, Erased)>> {
    let mut person = Person::find(tx, text)?;
    let contacts = person.contacts.len() as u64;
    if !person.was_erased(text, &BlockList::read(tx)?) && !person.is_stored(tx)? {
        return Ok(None);
    }
    tx.execute_batch("SAVEPOINT erasure")?;
    let mut erased = erase(tx, &person, now)?;
    erased.contacts = contacts;
    // Names of what only they had, such as a country, are kept with their counts.
    people::labels::keep(tx)?;
    if dry_run {
        tx.execute_batch("ROLLBACK TO erasure")?;
    } else {
        unfinished::mark(tx)?;
    }
    tx.execute_batch("RELEASE erasure")?;
    Ok(Some((person, erased)))
}

fn milliseconds(since: Instant) -> Value {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX).into()
}

/// Erases a person, in the caller's transaction.
///
/// # Errors
/// When the database cannot be written.
pub fn erase(tx: &Connection, person: &Person, now: UnixSeconds) -> StoreResult<Erased> {
    let mut erased = Erased { contacts: person.contacts.len() as u64, ..Erased::default() };
    let tables = Table::all(tx)?;
    let sought = Sought::new(tx, &person.mentions(), block_list::LEAST)?;
    let mut in_messages = Vec::new();
    for table in tables.iter().filter(|table| table.name == MESSAGES) {
        (erased.looked_at, in_messages) = table.mentioning(tx, "TRUE", &sought)?;
    }
    let (whole, shared) = conversations_with(tx, person, Some(&in_messages))?;
    let others = remove_of_others(tx, &tables, person, &whole, &mut erased)?;
    for id in &whole {
        let messages: i64 = tx
            .prepare_cached("SELECT count(*) FROM messages WHERE conversation_id = ?1")?
            .query_row([id.as_str()], |row| row.get(0))?;
        erased.remove("messages", usize::try_from(messages).unwrap_or(0));
        erased.remove("conversations", usize::from(tombstones::remove(tx, id)?));
        erased.blocked += u64::from(block_list::add(tx, Kind::Conversation, id.as_str(), now)?);
    }
    for id in &shared {
        take_out(tx, person, id, &mut erased)?;
    }
    erased.shared = shared.len() as u64;
    let shared_tickets = take_out_of_tickets(tx, person, now, &mut erased)?;
    erased.shared_tickets = shared_tickets.len() as u64;
    let ids = person.ids();
    erased.remove(
        "contacts",
        tx.execute(&format!("DELETE FROM contacts WHERE id IN ({ids}) OR merged_into IN ({ids})"), [])?,
    );
    people::forget_strangers(tx)?;
    tx.execute("DELETE FROM counts WHERE count = 0", [])?;

    for table in tables.iter().filter(|table| !others.contains(&table.name)) {
        if table.name == MESSAGES {
            blank(tx, table, &in_messages, &mut erased)?;
            continue;
        }
        let (rows, found) = table.mentioning(tx, "TRUE", &sought)?;
        erased.looked_at += rows;
        blank(tx, table, &found, &mut erased)?;
    }
    forget_raw_answers(tx, &sought, &mut erased)?;
    forget_samples(tx)?;
    statistics::forget_stale_days(tx)?;
    erased.blocked += person.block(tx, now)?;
    // After the whole, since of an address the words of the name are a part; and by the list, which
    // knows the name of who came back under another id.
    let words = Sought::all_of(BlockList::read(tx)?.words);
    for id in &shared {
        blank_words(tx, &tables, id, &words, &mut erased)?;
    }
    for number in shared_tickets {
        blank_words_of_ticket(tx, &tables, number, &words, &mut erased)?;
    }
    Ok(erased)
}

/// Conversations that are theirs alone, and those in which other customers took part.
///
/// # Errors
/// When the database cannot be read.
pub fn conversations(
    tx: &Connection,
    person: &Person,
) -> StoreResult<(Vec<ConversationId>, Vec<ConversationId>)> {
    conversations_with(tx, person, None)
}

/// The same, where all messages were searched already: what they wrote is among what mentions them.
fn conversations_with(
    tx: &Connection,
    person: &Person,
    in_messages: Option<&[sweep::Found]>,
) -> StoreResult<(Vec<ConversationId>, Vec<ConversationId>)> {
    let messages = match in_messages.filter(|_| person.is_sought_by_id()) {
        Some(found) => {
            let numbers: BTreeSet<i64> = found.iter().filter_map(sweep::Found::number).collect();
            let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
            format!("messages WHERE number IN ({}) AND", numbers.join(", "))
        }
        // From one end to the other: by an index of conversations each would be fetched alone.
        None => "messages NOT INDEXED WHERE".to_owned(),
    };
    let ids = person.ids();
    let addresses = person::list(&person.addresses);
    let mut statement = tx.prepare(&format!(
        "WITH theirs (id) AS (
            SELECT conversation_id FROM conversation_contacts WHERE contact_id IN ({ids})
            UNION SELECT id FROM conversations WHERE customer_email COLLATE NOCASE IN ({addresses})
                AND (contact_id IS NULL OR contact_id IN ({ids}))
            UNION SELECT conversation_id FROM {messages} author_id IN ({ids}) AND author_type IN ('user', 'lead')
            UNION SELECT c.id FROM conversations c WHERE c.number IN (
                SELECT conversation FROM conversation_events WHERE author_id IN ({ids}) AND author_type IN ('user', 'lead')))
         SELECT t.id,
            EXISTS (SELECT 1 FROM conversation_contacts x WHERE x.conversation_id = t.id AND x.contact_id NOT IN ({ids}))
            OR (NOT EXISTS (SELECT 1 FROM conversation_contacts x WHERE x.conversation_id = t.id)
                AND EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = t.id
                    AND m.author_type IN ('user', 'lead') AND m.author_id NOT IN ({ids})))
         FROM theirs t"
    ))?;
    let mut rows = statement.query([])?;
    let (mut whole, mut shared) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let list = if row.get(1)? { &mut shared } else { &mut whole };
        list.push(ConversationId(row.get(0)?));
    }
    Ok((whole, shared))
}

/// Ids of messages that mention somebody, in conversations that are not theirs alone.
///
/// # Errors
/// When the database cannot be read.
pub fn named_in(
    connection: &Connection,
    person: &Person,
    whole: &[ConversationId],
) -> StoreResult<Vec<String>> {
    let sought = Sought::new(connection, &person.mentions(), block_list::LEAST)?;
    let mut found = BTreeSet::new();
    for table in Table::all(connection)?.iter().filter(|table| table.name == "messages") {
        found
            .extend(table.mentioning(connection, "TRUE", &sought)?.1.iter().filter_map(sweep::Found::number));
    }
    let mut statement =
        connection.prepare_cached("SELECT id, conversation_id, author_id FROM messages WHERE number = ?1")?;
    let mut named = Vec::new();
    for number in found {
        let (id, conversation, author): (String, String, Option<String>) =
            statement.query_row([number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let is_theirs = author.is_some_and(|author| person.contacts.contains(&author));
        if !is_theirs && !whole.iter().any(|id| id.as_str() == conversation) {
            named.push(id);
        }
    }
    Ok(named)
}

/// Rows of tables that are not this program's, such as those that the original one left: what has a
/// conversation of theirs in it, or mentions them, goes. Returns the names of these tables.
fn remove_of_others(
    tx: &Connection,
    tables: &[Table],
    person: &Person,
    whole: &[ConversationId],
    erased: &mut Erased,
) -> StoreResult<BTreeSet<String>> {
    let mut sought = person.mentions();
    sought.extend(whole.iter().map(|id| id.0.clone()));
    // Ids of conversations may be short in old workspaces.
    let sought = Sought::new(tx, &sought, 1)?;
    let mut others = BTreeSet::new();
    for table in tables.iter().filter(|table| !table.is_own) {
        let (rows, found) = table.mentioning(tx, "TRUE", &sought)?;
        erased.looked_at += rows;
        for one in &found {
            table.remove(tx, one)?;
        }
        erased.remove(&table.name, found.len());
        others.insert(table.name.clone());
    }
    Ok(others)
}

/// Kept answers that mention them: Intercom gives them again, without.
fn forget_raw_answers(tx: &Connection, sought: &Sought, erased: &mut Erased) -> StoreResult<()> {
    let mut statement =
        tx.prepare("SELECT c.id FROM raw_answers r JOIN conversations c ON c.number = r.conversation")?;
    let ids: Vec<ConversationId> =
        statement.query_map([], |row| row.get(0).map(ConversationId))?.collect::<Result<_, _>>()?;
    for id in ids {
        let Some(answer) = super::conversations::raw_answers::read(tx, &id)? else { continue };
        erased.looked_at += 1;
        if sought.may_be_in(&answer) && sought.mentions.are_in(&String::from_utf8_lossy(&answer)) {
            super::conversations::raw_answers::forget(tx, &id)?;
            erased.remove("raw_answers", 1);
        }
    }
    Ok(())
}

/// Values that SQLite took as samples of its indexes (`sqlite_stat4`), of whatever row. It does so only
/// where somebody let it analyse whole tables, and chooses its plans without them as well.
fn forget_samples(tx: &Connection) -> StoreResult<()> {
    if tx.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat4'")?.exists([])? {
        tx.execute("DELETE FROM sqlite_stat4", [])?;
    }
    Ok(())
}

/// Removes a ticket that a sync finds to be of somebody who was erased.
///
/// # Errors
/// When the database cannot be written.
pub fn remove_ticket(tx: &Connection, id: &TicketId, now: UnixSeconds) -> StoreResult<()> {
    tickets::remove(tx, id)?;
    block_list::add(tx, Kind::Ticket, id.as_str(), now)?;
    Ok(())
}

/// Remembers that what this ticket began with may be of somebody who was erased: once Intercom has
/// the person no more, the ticket does not name them.
///
/// # Errors
/// When the database cannot be written.
pub fn bar_opening(tx: &Connection, id: &TicketId, now: UnixSeconds) -> StoreResult<()> {
    block_list::add(tx, Kind::TicketOpening, id.as_str(), now)?;
    Ok(())
}

/// Removes what a sync finds to be of somebody who was erased.
///
/// # Errors
/// When the database cannot be written.
pub fn remove_conversation(tx: &Connection, id: &ConversationId, now: UnixSeconds) -> StoreResult<()> {
    tombstones::remove(tx, id)?;
    block_list::add(tx, Kind::Conversation, id.as_str(), now)?;
    Ok(())
}
