//! Contacts of cached conversations.
//!
//! Threads name most customers, but not their company, and not those who never wrote. Contacts
//! are therefore searched by id, as many a call as a page holds, so that the contacts of a first
//! sync cost less than a hundredth of its calls. What the search does not show (merged contacts,
//! and those of the last minutes) is fetched one by one, a bounded number a run.

use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use serde_json::Value;

use super::SyncError;
use super::engine::Engine;
use super::failure::Failure;
use super::fetch::{Fetcher, Next, Source, Turn};
use super::translate;
use super::writer::Writer;
use crate::environment::LogLevel;
use crate::ids::ContactId;
use crate::intercom::directory::{Contact, read_contacts};
use crate::intercom::error::ApiError;
use crate::intercom::request::LARGEST_PAGE;
use crate::store::erasure::BlockList;
use crate::store::people::{ContactRow, contacts_to_fetch, set_contact_gone, write_contact};
use crate::store::runs::notes::clear_note;
use crate::time::DAY;

/// Contacts looked for in one run; the next run goes on. A thousand calls, some MB of ids.
const MOST: u32 = 150_000;
/// Contacts fetched one by one in a run that fetched few conversations.
const QUIET_BUDGET: u64 = 100;
/// A run that fetched many spends at most this part of its calls on single contacts.
const SHARE: u64 = 200;
/// A run counts as quiet up to so many fetched conversations.
const QUIET: u64 = 500;
/// After so long a contact is looked at again.
const REFRESH_SECONDS: i64 = 30 * DAY;
/// So many refusals and failures end the reading; the next run goes on.
const MOST_FAILURES: u32 = 20;

pub(super) fn refresh(engine: &mut Engine<'_>) -> Result<(), SyncError> {
    let hydrated = engine.writer.tally.hydrated;
    let before = engine.server_now().plus(-REFRESH_SECONDS);
    let waiting = contacts_to_fetch(engine.connection(), before, MOST)?;
    if waiting.is_empty() {
        return Ok(());
    }
    engine.begin("reading contacts");
    let mut contacts = Contacts {
        writer: &mut engine.writer,
        waiting: waiting.into(),
        single: VecDeque::new(),
        halves: Vec::new(),
        singles_left: if hydrated <= QUIET { QUIET_BUDGET } else { hydrated / SHARE },
        largest: LARGEST_PAGE as usize,
        failures: 0,
        gone: Vec::new(),
    };
    let result = engine.fetcher.fetch(&mut contacts);
    let gone = contacts.gone;
    erase(engine, &gone)?;
    match result {
        Ok(()) => engine.write(|transaction| clear_note(transaction, "contacts")),
        Err(failure) => engine.degrade("contacts", "Read and list users and companies", failure),
    }
}

/// Erases contacts that Intercom has no more, or that are somebody who was erased under another id.
fn erase(engine: &mut Engine<'_>, gone: &[ContactId]) -> Result<(), SyncError> {
    if gone.is_empty() {
        return Ok(());
    }
    engine.begin("erasing contacts that are gone");
    let now = engine.server_now();
    let Engine { fetcher, writer, .. } = &mut *engine;
    let erased = writer.store.erase_gone(gone, now, &|| fetcher.should_stop())?;
    engine.fetcher.erased = Rc::new(BlockList::read(engine.connection())?);
    engine.writer.tally.deleted += erased.removed.get("conversations").copied().unwrap_or(0);
    engine.log(
        LogLevel::Info,
        &format!("{} contacts are gone from Intercom and were erased with their conversations", gone.len()),
    );
    Ok(())
}

enum Question {
    Several(Vec<ContactId>),
    One(ContactId),
}

struct Contacts<'e, 'a> {
    writer: &'e mut Writer<'a>,
    /// To be searched, those of the latest conversations first.
    waiting: VecDeque<ContactId>,
    /// Not found by the search.
    single: VecDeque<ContactId>,
    /// Of searches that failed, to be searched apart.
    halves: Vec<Vec<ContactId>>,
    singles_left: u64,
    /// Ids in one search; how many Intercom takes is not documented, so a rejection halves it.
    largest: usize,
    failures: u32,
    /// To be erased.
    gone: Vec<ContactId>,
}

fn is_erased(erased: &BlockList, contact: &Contact) -> bool {
    erased.bars(Some(contact.id.as_str()), contact.email.as_deref(), contact.external_id.as_deref())
}

impl Source for Contacts<'_, '_> {
    type Job = Question;

    fn next(&mut self, fetcher: &mut Fetcher<'_>) -> Result<Next<Question>, Failure> {
        let Some(question) = self.next_question() else { return Ok(Next::NOTHING) };
        let request = match &question {
            Question::Several(ids) => fetcher.api.contacts(ids),
            Question::One(id) => fetcher.api.contact(id),
        };
        Ok(Next::Ask(request, question))
    }

    fn arrived(
        &mut self,
        fetcher: &mut Fetcher<'_>,
        question: Question,
        answer: Result<Value, ApiError>,
    ) -> Result<(), Failure> {
        match question {
            Question::Several(ids) => self.several_arrived(fetcher, ids, answer),
            Question::One(id) => self.one_arrived(fetcher, id, answer),
        }
    }

    fn turn(&mut self, fetcher: &mut Fetcher<'_>, idle: bool) -> Result<Turn, Failure> {
        self.writer.turn(fetcher)?;
        Ok(if idle && self.is_done() { Turn::Done } else { Turn::Wait })
    }
}

impl Contacts<'_, '_> {
    fn is_done(&self) -> bool {
        let searched = self.waiting.is_empty() || self.largest == 0;
        let fetched = self.single.is_empty() && (self.waiting.is_empty() || self.largest > 0);
        self.failures >= MOST_FAILURES
            || (self.halves.is_empty() && searched && (fetched || self.singles_left == 0))
    }

    fn next_question(&mut self) -> Option<Question> {
        if self.is_done() {
            return None;
        }
        if let Some(ids) = self.halves.pop() {
            return Some(Question::Several(ids));
        }
        if self.largest > 0 && !self.waiting.is_empty() {
            let count = self.largest.min(self.waiting.len());
            return Some(Question::Several(self.waiting.drain(..count).collect()));
        }
        if self.singles_left == 0 {
            return None;
        }
        let id = self.single.pop_front().or_else(|| self.waiting.pop_front())?;
        self.singles_left -= 1;
        Some(Question::One(id))
    }

    /// Its error says that no contact can be read at all.
    fn several_arrived(
        &mut self,
        fetcher: &Fetcher<'_>,
        ids: Vec<ContactId>,
        answer: Result<Value, ApiError>,
    ) -> Result<(), Failure> {
        let found =
            answer.and_then(|value| read_contacts(value).ok_or(ApiError::Unexpected { missing: "data" }));
        match found {
            Ok(contacts) => {
                let mut missing: HashSet<&ContactId> = ids.iter().collect();
                let (gone, found): (Vec<Contact>, Vec<Contact>) = contacts
                    .into_iter()
                    .filter(|one| missing.remove(&one.id))
                    .partition(|one| one.archived || is_erased(&fetcher.erased, one));
                self.gone.extend(gone.into_iter().map(|one| one.id));
                let found: Vec<ContactRow> = found.into_iter().map(translate::contact).collect();
                self.single.extend(ids.iter().filter(|id| missing.contains(id)).cloned());
                let now = fetcher.server_now();
                self.writer.write(|transaction| {
                    found.iter().try_for_each(|contact| write_contact(transaction, contact, now))
                })?;
            }
            Err(ApiError::Rejected { .. }) => {
                self.largest = self.largest.min(ids.len() / 2);
                self.put_back(ids);
            }
            Err(ApiError::RateLimited { .. }) => {
                self.failures += 1;
                self.put_back(ids);
            }
            // One of them may be what Intercom, or the reading of its answer, fails at.
            Err(error) if ids.len() > 1 && error.may_be_size() => {
                self.failures += 1;
                let half = ids.len() / 2;
                self.halves.push(ids[half..].to_vec());
                self.halves.push(ids[..half].to_vec());
            }
            // The next run tries these again.
            Err(error) if error.is_temporary() || error.may_be_size() => self.failures += 1,
            Err(error) => return Err(Failure::Api(error)),
        }
        Ok(())
    }

    fn one_arrived(
        &mut self,
        fetcher: &Fetcher<'_>,
        id: ContactId,
        answer: Result<Value, ApiError>,
    ) -> Result<(), Failure> {
        let contact =
            answer.and_then(|value| Contact::read(value).ok_or(ApiError::Unexpected { missing: "id" }));
        let now = fetcher.server_now();
        match contact {
            Ok(contact) if contact.archived || is_erased(&fetcher.erased, &contact) => self.gone.push(id),
            Ok(contact) => {
                self.writer
                    .write(|transaction| write_contact(transaction, &translate::contact(contact), now))?;
            }
            Err(ApiError::Merged { into }) => {
                let heir = into.map(ContactId);
                self.writer.write(|transaction| set_contact_gone(transaction, &id, heir.as_ref(), now))?;
            }
            // Before 2.16 that is said of merged contacts, too, whose conversations are another's now.
            Err(ApiError::NotFound { .. }) if fetcher.api.lists_deleted() => self.gone.push(id),
            Err(ApiError::NotFound { .. }) => {
                self.writer.write(|transaction| set_contact_gone(transaction, &id, None, now))?;
            }
            // The sandbox lets no odd id into an address; the others are fine.
            Err(ApiError::Denied(_)) => self.failures += 1,
            Err(error) if error.is_temporary() => self.failures += 1,
            Err(error) => return Err(Failure::Api(error)),
        }
        Ok(())
    }

    fn put_back(&mut self, ids: Vec<ContactId>) {
        for id in ids.into_iter().rev() {
            self.waiting.push_front(id);
        }
    }
}
