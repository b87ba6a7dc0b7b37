//! Contacts of cached conversations.
//!
//! Threads name most customers, so a contact is fetched only for what they do not say (company,
//! phone, a missing name), a bounded number a run, those without any name first. The first sync of
//! a large workspace must not cost twice the calls because of them.

use std::collections::HashMap;

use super::SyncError;
use super::engine::{ATTENTION_MS, Engine};
use super::failure::Failure;
use super::labels::degrade;
use crate::environment::Ticket;
use crate::ids::ContactId;
use crate::intercom::directory::Contact;
use crate::intercom::error::ApiError;
use crate::store::people::{ContactRow, contacts_to_fetch, set_contact_gone, write_contact};
use crate::store::sync_state::clear_note;
use crate::time::DAY;

/// Contacts fetched in a run that fetched few conversations.
const QUIET_BUDGET: u64 = 100;
/// A run that fetched many spends at most this part of its calls on contacts.
const SHARE: u64 = 200;
/// A run counts as quiet up to so many fetched conversations.
const QUIET: u64 = 500;
/// After so long a contact is looked at again.
const REFRESH_SECONDS: i64 = 30 * DAY;

pub(super) fn refresh(engine: &mut Engine<'_>) -> Result<(), SyncError> {
    let hydrated = engine.tally.hydrated;
    let budget = if hydrated <= QUIET { QUIET_BUDGET } else { hydrated / SHARE };
    let before = engine.server_now().plus(-REFRESH_SECONDS);
    let limit = u32::try_from(budget).unwrap_or(u32::MAX);
    let mut wanted = contacts_to_fetch(engine.store.connection(), before, limit)?;
    if wanted.is_empty() {
        return Ok(());
    }
    "reading contacts".clone_into(&mut engine.phase);
    wanted.reverse();
    let most = usize::try_from(engine.outside.settings.max_in_flight).unwrap_or(1).max(1);
    let mut in_flight: HashMap<Ticket, ContactId> = HashMap::new();
    loop {
        engine.check_stop()?;
        while in_flight.len() < most && engine.limits.wait_ms(in_flight.len(), engine.monotonic_ms()) == 0 {
            let Some(id) = wanted.pop() else { break };
            let request = engine.api.contact(&id);
            let ticket = engine.send(request);
            in_flight.insert(ticket, id);
        }
        if in_flight.is_empty() && wanted.is_empty() {
            return engine.write(|transaction| clear_note(transaction, "contacts"));
        }
        let Some((ticket, result)) = engine.outside.http.wait(ATTENTION_MS) else { continue };
        let answer = engine.receive(result);
        let Some(id) = in_flight.remove(&ticket) else { continue };
        let contact =
            answer.and_then(|value| Contact::read(value).ok_or(ApiError::Unexpected { missing: "id" }));
        let now = engine.server_now();
        match contact {
            Ok(contact) => engine.write(|transaction| write_contact(transaction, &row(contact), now))?,
            Err(ApiError::Merged { into }) => {
                let heir = into.map(ContactId);
                engine.write(|transaction| set_contact_gone(transaction, &id, heir.as_ref(), now))?;
            }
            Err(ApiError::NotFound { .. }) => {
                engine.write(|transaction| set_contact_gone(transaction, &id, None, now))?;
            }
            // One that fails is tried again by the next run; a missing permission fails them all.
            Err(error) if error.is_temporary() => {}
            Err(error) => {
                engine.drain(in_flight.len())?;
                return degrade(engine, "contacts", "Read and list users and companies", Failure::Api(error));
            }
        }
    }
}

fn row(contact: Contact) -> ContactRow {
    ContactRow {
        id: contact.id,
        role: contact.role,
        name: contact.name,
        email: contact.email,
        phone: contact.phone,
        external_id: contact.external_id,
        company: contact.company.map(|company| (company.id, company.name)),
    }
}
