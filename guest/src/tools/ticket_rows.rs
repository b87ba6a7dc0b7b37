//! A ticket as answers show it: in a row, and in full.

use rusqlite::Connection;
use serde::Serialize;
use serde_json::Value;
use serde_with::skip_serializing_none;

use super::answer::{bytes, document, filled, listed, when};
use super::content::{Content, cut};
use super::conversation::{ShownEvent, ShownMessage};
use super::{Failure, conversation, disclosure};
use crate::store::search::{Mark, snippet};
use crate::store::tickets;
use crate::store::tickets::ticket_search::{self, Part, Ticket};

/// Characters of a snippet, and of one part among several.
const SNIPPET: usize = 300;
const BODY: usize = 3_000;
/// Entries of lists and objects in a ticket.
const ENTRIES: usize = 25;
/// Customers and linked conversations that a row of a list names.
const NAMED: usize = 10;

/// What every answer says of a ticket.
#[skip_serializing_none]
#[derive(Serialize)]
pub struct Summary {
    pub id: String,
    /// The one that people see.
    number: Option<String>,
    pub title: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    category: Option<String>,
    state: Option<String>,
    state_label: Option<String>,
    open: bool,
    pub customers: Option<Vec<Customer>>,
    /// When not all are named.
    customer_count: Option<i64>,
    assignee: Option<String>,
    team: Option<String>,
    created_at: String,
    updated_at: String,
    resolved_at: Option<String>,
    snoozed_until: Option<String>,
    /// Ids
    conversations: Option<Vec<String>>,
    /// When not all are named.
    conversation_count: Option<usize>,
}

#[skip_serializing_none]
#[derive(Serialize)]
pub struct Customer {
    email: Option<String>,
    name: Option<String>,
    company: Option<String>,
    /// Of those who have neither address nor name.
    id: Option<String>,
}

#[skip_serializing_none]
#[derive(Serialize)]
pub struct Row {
    #[serde(flatten)]
    pub summary: Summary,
    pub snippet: Option<String>,
}

#[derive(Serialize)]
pub struct WholeTicket {
    #[serde(flatten)]
    pub details: Details,
    pub parts: Vec<ShownPart>,
}

/// A message, or what happened between messages.
#[derive(Serialize)]
#[serde(untagged)]
pub enum ShownPart {
    Message(ShownMessage),
    Event(ShownEvent),
}

/// Everything of a ticket but its parts.
#[skip_serializing_none]
#[derive(Serialize)]
pub struct Details {
    #[serde(flatten)]
    pub summary: Summary,
    is_shared: bool,
    description: Option<String>,
    /// JSON of strangers
    attributes: Option<Value>,
    tickets: Option<Vec<LinkedTicket>>,
    parts_truncated: Option<bool>,
}

#[derive(Serialize)]
pub struct LinkedTicket {
    id: String,
    category: Option<String>,
}

/// As many of these tickets as there is room for.
pub fn rows(
    connection: &Connection,
    numbers: &[i64],
    limit: usize,
    marks: &[Mark],
    content: Content<'_>,
    budget: usize,
) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    let mut used = 0;
    for number in numbers.iter().take(limit) {
        let Some(ticket) = ticket_search::by_number(connection, *number)? else { continue };
        let summary = summary(&ticket, content);
        let texts = tickets::texts(connection, *number)?.unwrap_or_default();
        let written: Vec<String> = texts.written.iter().map(|text| content.text(text.trim())).collect();
        let row = Row { summary, snippet: filled(snippet(&written.join(" … "), marks, SNIPPET)) };
        used += bytes(&row) + 1;
        if used > budget && !rows.is_empty() {
            break;
        }
        rows.push(row);
    }
    disclosure::rows(rows.len());
    Ok(rows)
}

pub fn summary(ticket: &Ticket, content: Content<'_>) -> Summary {
    let line = |text: &Option<String>| text.as_deref().and_then(|text| filled(content.line(text)));
    let customers: Vec<Customer> =
        ticket.customers.iter().take(NAMED).map(|customer| shown(customer, content)).collect();
    let named = customers.len() as i64;
    let linked = ticket.conversations.iter().take(NAMED).map(|id| content.id(id));
    Summary {
        id: content.id(&ticket.id),
        number: ticket.ticket_id.as_deref().and_then(|number| filled(content.id(number))),
        title: line(&ticket.title),
        kind: line(&ticket.kind),
        category: line(&ticket.category),
        state: line(&ticket.state),
        state_label: line(&ticket.state_label).filter(|label| !says_the_same(label, ticket.state.as_deref())),
        open: ticket.open,
        customers: listed(customers),
        customer_count: Some(ticket.customer_count).filter(|count| *count > named),
        assignee: ticket.assignee.as_deref().and_then(|name| filled(content.person(name))),
        team: line(&ticket.team),
        created_at: ticket.created_at.clone(),
        updated_at: ticket.updated_at.clone(),
        resolved_at: ticket.resolved_at.clone(),
        snoozed_until: ticket.snoozed_until.clone(),
        conversations: listed(linked.collect()),
        conversation_count: Some(ticket.conversations.len()).filter(|count| *count > NAMED),
    }
}

fn shown(customer: &ticket_search::Customer, content: Content<'_>) -> Customer {
    disclosure::contact(&customer.id);
    let line = |text: &Option<String>| text.as_deref().and_then(|text| filled(content.line(text)));
    let is_nameless = customer.email.is_none() && customer.name.is_none();
    Customer {
        email: line(&customer.email),
        name: customer.name.as_deref().and_then(|name| filled(content.person(name))),
        company: line(&customer.company),
        id: is_nameless.then(|| content.id(&customer.id)),
    }
}

/// "In progress" says no more than `in_progress`.
fn says_the_same(label: &str, state: Option<&str>) -> bool {
    state.is_some_and(|state| label.replace([' ', '-'], "_").eq_ignore_ascii_case(state))
}

/// One ticket with as many of its parts, from that one on, as there is room for; and how many parts
/// it has in all.
pub fn whole(
    connection: &Connection,
    ticket: &Ticket,
    content: Content<'_>,
    from: usize,
    budget: usize,
) -> Result<(WholeTicket, usize), Failure> {
    let details = details(ticket, content, from == 0);
    let all = ticket_search::parts(connection, ticket.number)?;
    let mut used = bytes(&details);
    let mut parts = Vec::new();
    for part in all.iter().skip(from) {
        let part = match part {
            Part::Message(message) => ShownPart::Message(conversation::message(message, content, 0, BODY)),
            Part::Event(event) => ShownPart::Event(conversation::event(event, content)),
        };
        used += bytes(&part) + 1;
        if used > budget && !parts.is_empty() {
            break;
        }
        parts.push(part);
    }
    Ok((WholeTicket { details, parts }, all.len()))
}

/// Description and attributes stand on the first page only.
fn details(ticket: &Ticket, content: Content<'_>, is_first_page: bool) -> Details {
    let linked = ticket.conversations.iter().take(8 * ENTRIES).map(|id| content.id(id));
    let summary = Summary { conversations: listed(linked.collect()), ..summary(ticket, content) };
    let tickets = ticket.tickets.iter().take(ENTRIES).map(|(id, category)| LinkedTicket {
        id: content.id(id),
        category: category.as_deref().map(|category| content.line(category)),
    });
    let description = ticket.description.as_deref().filter(|_| is_first_page);
    let attributes = ticket.attributes.as_deref().filter(|_| is_first_page);
    let attributes = attributes.and_then(|json| serde_json::from_str(json).ok());
    Details {
        summary,
        is_shared: ticket.is_shared,
        description: description.and_then(|html| filled(cut(&content.body(html), 2 * BODY))),
        attributes: attributes
            .and_then(|attributes| document(conversation::fitting(content.document(attributes, ENTRIES)))),
        tickets: listed(tickets.collect()),
        parts_truncated: when(ticket.parts_truncated),
    }
}
