//! Leaving out who was erased, before anything of an answer is written.
//!
//! Every answer goes through [`blank`] as it arrives, whatever it is about. What remains is to tell
//! of a conversation whether it is theirs, which its ids and addresses say: [`leave_out`].

use serde_json::Value;

use crate::ids::ContactId;
use crate::intercom::conversation::Conversation;
use crate::intercom::part::{Attachment, Author, Part};
use crate::intercom::texts;
use crate::intercom::ticket::Ticket;
use crate::store::erasure::BlockList;

/// How much of a conversation is of somebody who was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Nothing,
    /// Some of it, which was left out.
    Parts,
    /// All: nothing of it may be kept.
    Whole,
}

/// Blanks what mentions somebody who was erased.
pub(super) fn blank(answer: &mut Value, list: &BlockList) {
    if !list.mentions.is_empty() {
        texts::change(answer, &mut |text| _ = list.mentions.blank_json(text));
    }
}

/// A customer who was erased wrote it.
fn is_barred(author: &Author, list: &BlockList) -> bool {
    author.kind.is_customer() && list.bars(author.id.as_deref(), author.email.as_deref(), None)
}

/// Takes who was erased out of the customers of a conversation or ticket that these wrote in. Says how
/// much of it is theirs.
fn take_out(contacts: &mut Vec<ContactId>, authors: &[&Author], list: &BlockList) -> Presence {
    let (barred, others): (Vec<&Author>, Vec<&Author>) =
        authors.iter().filter(|author| author.kind.is_customer()).partition(|author| is_barred(author, list));
    // One who is known by the address alone is in the list of contacts by the id.
    let is_theirs = |id: &ContactId| {
        list.bars_contact(id.as_str())
            || barred.iter().any(|author| author.id.as_deref() == Some(id.as_str()))
    };
    let before = contacts.len();
    contacts.retain(|id| !is_theirs(id));
    if contacts.len() == before && barred.is_empty() {
        return Presence::Nothing;
    }
    let goes_on = if before > 0 { !contacts.is_empty() } else { !others.is_empty() };
    if goes_on { Presence::Parts } else { Presence::Whole }
}

/// Leaves out what is of somebody who was erased.
pub(super) fn leave_out(from: &mut Conversation, list: &BlockList) -> Presence {
    if list.is_empty() {
        return Presence::Nothing;
    }
    if list.bars_conversation(from.id.as_str()) {
        return Presence::Whole;
    }
    let parts = from.parts.iter().flat_map(|parts| &parts.parts).map(|part| &part.author);
    let authors: Vec<&Author> = from.source.iter().map(|source| &source.author).chain(parts).collect();
    let presence = take_out(&mut from.contacts, &authors, list);
    if presence != Presence::Parts {
        return presence;
    }
    let is_barred = |author: &Author| is_barred(author, list);
    if let Some(source) = from.source.as_mut().filter(|source| is_barred(&source.author)) {
        source.subject = None;
        source.body = None;
        source.attachments.clear();
        source.url = None;
        source.author = Author { id: None, name: None, email: None, ..source.author.clone() };
        from.title = None;
    }
    if let Some(parts) = &mut from.parts {
        let before = parts.parts.len();
        parts.parts.retain(|part| !is_barred(&part.author));
        parts.total_count = parts.total_count.saturating_sub(before - parts.parts.len());
    }
    // Nobody says which of the customers rated.
    if let Some(rating) = &mut from.rating {
        rating.remark = None;
    }
    if let Some(ai) = &mut from.ai_agent {
        ai.rating_remark = None;
    }
    blank_words(from, list);
    Presence::Parts
}

/// Leaves out what is of somebody who was erased, of a ticket.
pub(super) fn leave_out_of_ticket(from: &mut Ticket, list: &BlockList) -> Presence {
    if list.is_empty() {
        return Presence::Nothing;
    }
    if list.bars_ticket(from.id.as_str()) {
        return Presence::Whole;
    }
    let authors: Vec<&Author> = from.parts.iter().map(|part| &part.author).collect();
    let presence = take_out(&mut from.contacts, &authors, list);
    // Once Intercom has the person no more, the ticket does not name them.
    let was_theirs = presence == Presence::Nothing && list.bars_opening(from.id.as_str());
    if presence != Presence::Parts && !was_theirs {
        return presence;
    }
    // Nobody says which of its customers opened it; what teammates opened is not a customer's.
    if !matches!(from.category.as_deref(), Some("Back-office" | "Tracker")) {
        (from.title, from.description) = (None, None);
        from.attributes.clear();
    }
    let count = from.parts.len();
    from.parts.retain(|part| !is_barred(&part.author, list));
    from.part_count = from.part_count.saturating_sub(count - from.parts.len());
    blank_words_of_ticket(from, list);
    Presence::Parts
}

fn blank_words_of_ticket(from: &mut Ticket, list: &BlockList) {
    let blank = |text: &mut Option<String>| {
        if let Some(text) = text {
            *text = list.words.blank(text).into_owned();
        }
    };
    blank(&mut from.title);
    blank(&mut from.description);
    let mut attributes = Value::Object(std::mem::take(&mut from.attributes));
    list.words.blank_json(&mut attributes);
    from.attributes = attributes.as_object().cloned().unwrap_or_default();
    blank_words_of_parts(&mut from.parts, list);
}

fn blank_words_of_parts(parts: &mut [Part], list: &BlockList) {
    let blank = |text: &mut Option<String>| {
        if let Some(text) = text {
            *text = list.words.blank(text).into_owned();
        }
    };
    for part in parts {
        blank(&mut part.body);
        part.attachments.iter_mut().for_each(|file| blank(&mut file.name));
        if let Some(details) = &mut part.event_details {
            list.words.blank_json(details);
        }
    }
}

/// Blanks the words of their names: `Hi Jane`.
fn blank_words(from: &mut Conversation, list: &BlockList) {
    let blank = |text: &mut Option<String>| {
        if let Some(text) = text {
            *text = list.words.blank(text).into_owned();
        }
    };
    let blank_names = |files: &mut [Attachment]| files.iter_mut().for_each(|file| blank(&mut file.name));
    blank(&mut from.title);
    if let Some(source) = &mut from.source {
        blank(&mut source.subject);
        blank(&mut source.body);
        blank_names(&mut source.attachments);
    }
    if let Some(parts) = &mut from.parts {
        blank_words_of_parts(&mut parts.parts, list);
    }
    if let Some(attributes) = from.custom_attributes.take() {
        let mut attributes = Value::Object(attributes);
        list.words.blank_json(&mut attributes);
        from.custom_attributes = attributes.as_object().cloned();
    }
}
