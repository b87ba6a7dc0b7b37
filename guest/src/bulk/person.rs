//! Everything that is stored of one person, to be handed out to them.
//!
//! Conversations that are theirs alone come whole, with internal notes; of those in which other
//! customers took part only what they wrote themselves, since the rest is of others. Where others
//! name them, the ids of these messages say so.

use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::{Format, Shown, record};
use crate::store::conversations::bulk;
use crate::store::erasure::{self, Person};
use crate::store::tickets::ticket_search;
use crate::store::workspace::workspace;
use crate::tools::content::Content;
use crate::tools::{Context, Failure, disclosure};
use crate::views::ViewError;

/// Number of the shape of the document, as [`super::VERSION`] is that of a line.
const VERSION: u32 = 1;

/// What is stored of who is meant by an e-mail address, a contact's id or an id of the workspace's
/// own: `{"schema_version", "contacts", "companies", "conversations", "parts_of_conversations",
/// "tickets", "parts_of_tickets", "named_in"}`.
///
/// # Errors
/// [`ViewError::Failed`] when nothing is stored of them.
pub fn person(context: &mut Context<'_>, text: &str) -> Result<Value, ViewError> {
    Ok(document(context, text)?)
}

fn document(context: &mut Context<'_>, text: &str) -> Result<Value, Failure> {
    let around = context.surroundings();
    context.reading(|connection| {
        let person = Person::find(connection, text)?;
        let (whole, shared) = erasure::conversations(connection, &person)?;
        let shown = Shown {
            format: Format::Lines,
            with_notes: true,
            with_events: true,
            content: Content::new(&around.settings.redactions),
            workspace: workspace(connection)?,
        };
        let contacts = bulk::contacts(connection, &person.contacts)?;
        let (own, others) = erasure::tickets_of(connection, &person)?;
        let of_tickets = own.len() + others.len();
        if contacts.is_empty() && whole.is_empty() && shared.is_empty() && of_tickets == 0 {
            return Err(Failure::Refused(format!(
                "Nothing is stored of {}. Give an e-mail address, the id of a contact in Intercom, or your own id.",
                shown.content.line(text)
            )));
        }
        contacts.iter().filter_map(|row| row.get("id")?.as_str()).for_each(disclosure::contact);
        let conversations: Vec<Value> = whole
            .iter()
            .filter_map(|id| shown.whole(connection, id.as_str()).transpose())
            .collect::<Result<_, _>>()?;
        let mut parts = Vec::new();
        for id in &shared {
            let messages = bulk::messages(connection, id.as_str(), true)?;
            let theirs: Vec<_> = messages.into_iter().filter(|one| is_by(one, &person)).collect();
            disclosure::rows(theirs.len());
            disclosure::conversation(id.as_str(), None);
            parts.push(Value::Object(record::record(
                &shown,
                Map::from_iter([("id".to_owned(), json!(id.as_str()))]),
                theirs,
                Vec::new(),
            )));
        }
        let (own_tickets, shared_tickets) = tickets(connection, &person, shown.content)?;
        let companies = bulk::companies(connection, &contacts)?;
        let clean = |rows: Vec<Map<String, Value>>| -> Vec<Value> {
            rows.into_iter().map(|row| record::row(row, shown.content)).collect()
        };
        Ok(json!({
            "schema_version": VERSION,
            "contacts": clean(contacts),
            "companies": clean(companies),
            "conversations": conversations,
            "parts_of_conversations": parts,
            "tickets": own_tickets,
            "parts_of_tickets": shared_tickets,
            "named_in": erasure::named_in(connection, &person, &whole)?,
        }))
    })
}

/// Tickets that are theirs alone, whole, and what they wrote in those of others, too.
fn tickets(
    connection: &Connection,
    person: &Person,
    content: Content<'_>,
) -> Result<(Vec<Value>, Vec<Value>), Failure> {
    let (whole, shared) = erasure::tickets_of(connection, person)?;
    let mut own = Vec::new();
    for id in &whole {
        let Some(ticket) = ticket_search::by_id(connection, id.as_str())? else { continue };
        let parts = bulk::ticket_parts(connection, ticket.number)?;
        let parts: Vec<Value> = parts.into_iter().map(|part| record::ticket_part(part, content)).collect();
        disclosure::rows(parts.len() + 1);
        let fields = bulk::ticket(connection, ticket.number)?;
        own.extend(fields.map(|fields| record::ticket(fields, parts, content)));
    }
    let mut parts = Vec::new();
    for number in shared {
        // Nobody says which of its customers opened it.
        let opened = bulk::ticket(connection, number)?.filter(|ticket| {
            !matches!(ticket.get("category").and_then(Value::as_str), Some("Back-office" | "Tracker"))
        });
        parts.extend(opened.map(|fields| {
            let keep = ["id", "ticket_id", "title", "description", "attributes", "created_at"];
            let fields = fields.into_iter().filter(|(name, _)| keep.contains(&name.as_str())).collect();
            record::ticket(fields, Vec::new(), content)
        }));
        let all = bulk::ticket_parts(connection, number)?;
        let theirs = all.into_iter().filter(|part| is_by(part, person));
        parts.extend(theirs.map(|part| record::ticket_part(part, content)));
    }
    disclosure::rows(parts.len());
    Ok((own, parts))
}

fn is_by(message: &Map<String, Value>, person: &Person) -> bool {
    let field = |name: &str| message.get(name).and_then(Value::as_str);
    matches!(field("author_type"), Some("user" | "lead"))
        && field("author_id").is_some_and(|id| person.contacts.contains(id))
}

impl Shown<'_> {
    fn whole(&self, connection: &Connection, id: &str) -> Result<Option<Value>, Failure> {
        let Some(number) = bulk::number(connection, id)? else { return Ok(None) };
        let Some(text) = self.conversation(connection, number)? else { return Ok(None) };
        Ok(serde_json::from_str(&text).ok())
    }
}
