//! Tickets found and read.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use crate::error::StoreResult;
use crate::store::conversations::threads::{Event, Message};
use crate::store::lossy::text;
use crate::store::search::{Assigned, Between, Conditions};
use crate::text::naming;
use crate::time::UnixSeconds;

/// Which tickets.
#[derive(Clone, Debug, Default)]
pub struct TicketFilters {
    pub states: Vec<String>,
    /// Names of ticket types.
    pub kinds: Vec<String>,
    pub categories: Vec<String>,
    pub open: Option<bool>,
    /// A customer's address, id or part of the name; or the name of the company.
    pub customer: Option<String>,
    /// `customer` is compared with whole addresses and ids only.
    pub whole: bool,
    /// A conversation's id.
    pub conversation: Option<String>,
    pub assignee: Option<Assigned>,
    pub team: Option<Assigned>,
    pub created: Between,
    pub updated: Between,
    /// Name and value of an attribute.
    pub attributes: Vec<(String, Option<String>)>,
}

/// Conversations that a ticket is linked to, by either's word.
const CONVERSATIONS: &str =
    "SELECT c.id FROM conversation_links l JOIN conversations c ON c.number = l.conversation
        WHERE l.id = t.id AND l.kind = 'ticket'
     UNION SELECT l.id FROM ticket_links l WHERE l.ticket = t.number AND l.kind = 'conversation'";

/// A ticket as lists show it.
#[derive(Clone, Debug)]
pub struct Ticket {
    pub number: i64,
    pub id: String,
    pub ticket_id: Option<String>,
    pub category: Option<String>,
    pub kind: Option<String>,
    pub state: Option<String>,
    pub state_label: Option<String>,
    pub title: Option<String>,
    /// HTML
    pub description: Option<String>,
    /// JSON object
    pub attributes: Option<String>,
    pub open: bool,
    pub is_shared: bool,
    pub assignee: Option<String>,
    pub team: Option<String>,
    pub created_at: String,
    pub updated_at: String,
    pub snoozed_until: Option<String>,
    pub resolved_at: Option<String>,
    pub parts_truncated: bool,
    pub customers: Vec<Customer>,
    /// They, and those of the conversations.
    pub customer_count: i64,
    /// Ids of conversations.
    pub conversations: Vec<String>,
    /// Ids and categories of other tickets.
    pub tickets: Vec<(String, Option<String>)>,
}

/// A customer whom a ticket is about.
#[derive(Clone, Debug)]
pub struct Customer {
    pub id: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub company: Option<String>,
}

impl TicketFilters {
    fn conditions(&self) -> Conditions {
        let text = |text: &str| Value::Text(text.to_owned());
        let mut all = Conditions::default();
        all.between("t.created_at", self.created);
        all.between("t.updated_at", self.updated);
        all.one_of("t.state", &self.states);
        all.one_of("t.type", &self.kinds);
        all.one_of("t.category", &self.categories);
        if let Some(open) = self.open {
            all.add("t.open = ?", [Value::Integer(open.into())]);
        }
        if let Some(customer) = &self.customer {
            let mut is =
                "k.email = ? COLLATE NOCASE OR x.contact_id = ? OR k.external_id = ? OR k.company_id = ?"
                    .to_owned();
            let mut values = vec![text(customer); 4];
            if !self.whole {
                is.push_str(" OR has_name(?, k.name, k.company_name)");
                values.push(text(&naming::folded(customer)));
            }
            all.add(
                format!(
                    "t.number IN (SELECT x.ticket FROM ticket_contacts x LEFT JOIN contacts k ON k.id = x.contact_id WHERE {is})"
                ),
                values,
            );
        }
        if let Some(conversation) = &self.conversation {
            all.add(format!("? IN ({CONVERSATIONS})"), [text(conversation)]);
        }
        for (column, assigned) in
            [("t.admin_assignee_id", &self.assignee), ("t.team_assignee_id", &self.team)]
        {
            match assigned {
                Some(Assigned::Nobody) => all.add(format!("{column} IS NULL"), []),
                Some(Assigned::To(ids)) if ids.is_empty() => all.add("FALSE", []),
                Some(Assigned::To(ids)) => all.one_of(column, ids),
                None => {}
            }
        }
        for (name, value) in &self.attributes {
            let any = "EXISTS (SELECT 1 FROM json_each(t.attributes) a WHERE a.key = ? COLLATE NOCASE";
            match value {
                None => all.add(format!("{any})"), [text(name)]),
                Some(value) => all.add(
                    // JSON's truth values are numbers to SQLite.
                    format!(
                        "{any} AND iif(a.type IN ('true', 'false'), a.type, CAST(a.value AS TEXT)) = ? COLLATE NOCASE)"
                    ),
                    [text(name), text(value)],
                ),
            }
        }
        all
    }
}

/// Numbers of the tickets that meet the filters, the latest change first, or the oldest one.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read; so for the others.
pub fn matching(
    connection: &Connection,
    filters: &TicketFilters,
    oldest_first: bool,
) -> StoreResult<Vec<i64>> {
    let conditions = filters.conditions();
    let order = if oldest_first { "t.created_at, t.number" } else { "t.updated_at DESC, t.number DESC" };
    let mut statement = connection
        .prepare(&format!("SELECT t.number FROM tickets t WHERE {} ORDER BY {order}", conditions.sql()))?;
    let numbers = statement.query_map(params_from_iter(&conditions.values), |row| row.get(0))?;
    Ok(numbers.collect::<Result<_, _>>()?)
}

/// What tickets are grouped by, with its column.
pub const GROUPS: &[(&str, &str)] = &[
    ("state", "coalesce(t.state, 'none')"),
    ("type", "coalesce(t.type, 'none')"),
    ("category", "coalesce(t.category, 'none')"),
    (
        "assignee",
        "coalesce((SELECT coalesce(a.name, a.email, a.id) FROM admins a WHERE a.id = t.admin_assignee_id), t.admin_assignee_id, 'unassigned')",
    ),
    (
        "team",
        "coalesce((SELECT coalesce(m.name, m.id) FROM teams m WHERE m.id = t.team_assignee_id), t.team_assignee_id, 'unassigned')",
    ),
];

/// Tickets of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub tickets: i64,
    pub open: i64,
    /// Conversations that they are linked to, each once.
    pub conversations: i64,
    /// Theirs, and those of these conversations, each once.
    pub customers: i64,
}

/// Counts the tickets of these numbers by that column of [`GROUPS`], the largest group first.
pub fn grouped(connection: &Connection, numbers: &[i64], column: &str) -> StoreResult<Vec<Group>> {
    let list = serde_json::Value::from(numbers).to_string();
    let mut statement = connection.prepare(&format!(
        "SELECT {column} AS name, count(*), sum(t.open) FROM json_each(?1) j JOIN tickets t ON t.number = j.value
         GROUP BY name ORDER BY count(*) DESC, name"
    ))?;
    let mut groups: Vec<Group> = statement
        .query_map([&list], |row| {
            Ok(Group {
                name: text(row, 0)?,
                tickets: row.get(1)?,
                open: row.get(2)?,
                conversations: 0,
                customers: 0,
            })
        })?
        .collect::<Result<_, _>>()?;
    // Which conversations belong to which ticket, by either's word, and whose they are.
    let mut linked = connection.prepare(&format!(
        "WITH chosen AS (SELECT t.number, t.id, {column} AS name FROM json_each(?1) j JOIN tickets t ON t.number = j.value),
            linked (name, id) AS (
                SELECT t.name, c.id FROM chosen t JOIN conversation_links l ON l.id = t.id AND l.kind = 'ticket'
                    JOIN conversations c ON c.number = l.conversation
                UNION SELECT t.name, l.id FROM chosen t JOIN ticket_links l ON l.ticket = t.number AND l.kind = 'conversation'),
            people (name, id) AS (
                SELECT t.name, x.contact_id FROM chosen t JOIN ticket_contacts x ON x.ticket = t.number
                UNION SELECT l.name, x.contact_id FROM linked l JOIN conversation_contacts x ON x.conversation_id = l.id)
         SELECT name, TRUE, count(*) FROM linked GROUP BY name
         UNION ALL SELECT name, FALSE, count(*) FROM people GROUP BY name"
    ))?;
    let mut rows = linked.query([&list])?;
    while let Some(row) = rows.next()? {
        let (name, of_conversations, count): (String, bool, i64) = (text(row, 0)?, row.get(1)?, row.get(2)?);
        if let Some(group) = groups.iter_mut().find(|group| group.name == name) {
            *(if of_conversations { &mut group.conversations } else { &mut group.customers }) = count;
        }
    }
    Ok(groups)
}

const TICKET: &str = "SELECT t.number, t.id, t.ticket_id, t.category, t.type, t.state, t.state_label, t.title, t.description,
        t.attributes, t.open, t.is_shared, coalesce(a.name, a.email, t.admin_assignee_id), coalesce(m.name, t.team_assignee_id),
        t.created_at, t.updated_at, t.snoozed_until, t.resolved_at, t.parts_truncated
    FROM tickets t LEFT JOIN admins a ON a.id = t.admin_assignee_id LEFT JOIN teams m ON m.id = t.team_assignee_id";

pub fn by_number(connection: &Connection, number: i64) -> StoreResult<Option<Ticket>> {
    one(connection, "t.number = ?1", Value::Integer(number))
}

/// The ticket of that id, or else the one of which people see that number.
pub fn by_id(connection: &Connection, id: &str) -> StoreResult<Option<Ticket>> {
    if let Some(ticket) = one(connection, "t.id = ?1", Value::Text(id.to_owned()))? {
        return Ok(Some(ticket));
    }
    one(connection, "t.ticket_id = ?1", Value::Text(id.to_owned()))
}

fn one(connection: &Connection, condition: &str, value: Value) -> StoreResult<Option<Ticket>> {
    let found = connection
        .prepare_cached(&format!("{TICKET} WHERE {condition}"))?
        .query_row([value], ticket)
        .optional()?;
    let Some(mut ticket) = found else { return Ok(None) };
    let mut customers = connection.prepare_cached(
        "SELECT x.contact_id, k.name, k.email, k.company_name FROM ticket_contacts x
            LEFT JOIN contacts k ON k.id = x.contact_id WHERE x.ticket = ?1 ORDER BY x.contact_id",
    )?;
    ticket.customers = customers
        .query_map([ticket.number], |row| {
            Ok(Customer {
                id: text(row, 0)?,
                name: text(row, 1)?,
                email: text(row, 2)?,
                company: text(row, 3)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    ticket.conversations = connection
        .prepare_cached(
            "SELECT c.id FROM conversation_links l JOIN conversations c ON c.number = l.conversation
                WHERE l.id = (SELECT id FROM tickets WHERE number = ?1) AND l.kind = 'ticket'
             UNION SELECT l.id FROM ticket_links l WHERE l.ticket = ?1 AND l.kind = 'conversation' ORDER BY 1 DESC",
        )?
        .query_map([ticket.number], |row| text(row, 0))?
        .collect::<Result<_, _>>()?;
    let ids = serde_json::Value::from(ticket.conversations.as_slice()).to_string();
    ticket.customer_count = connection
        .prepare_cached(
            "SELECT count(*) FROM (SELECT contact_id FROM ticket_contacts WHERE ticket = ?1
             UNION SELECT x.contact_id FROM json_each(?2) j JOIN conversation_contacts x ON x.conversation_id = j.value)",
        )?
        .query_row(rusqlite::params![ticket.number, ids], |row| row.get(0))?;
    ticket.tickets = connection
        .prepare_cached(
            "SELECT id, category FROM ticket_links WHERE ticket = ?1 AND kind = 'ticket' ORDER BY id",
        )?
        .query_map([ticket.number], |row| Ok((text(row, 0)?, text(row, 1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(Some(ticket))
}

fn ticket(row: &Row<'_>) -> rusqlite::Result<Ticket> {
    Ok(Ticket {
        number: row.get(0)?,
        id: text(row, 1)?,
        ticket_id: text(row, 2)?,
        category: text(row, 3)?,
        kind: text(row, 4)?,
        state: text(row, 5)?,
        state_label: text(row, 6)?,
        title: text(row, 7)?,
        description: text(row, 8)?,
        attributes: text(row, 9)?,
        open: row.get(10)?,
        is_shared: row.get(11)?,
        assignee: text(row, 12)?,
        team: text(row, 13)?,
        created_at: text(row, 14)?,
        updated_at: text(row, 15)?,
        snoozed_until: text(row, 16)?,
        resolved_at: text(row, 17)?,
        parts_truncated: row.get(18)?,
        customers: Vec::new(),
        customer_count: 0,
        conversations: Vec::new(),
        tickets: Vec::new(),
    })
}

/// A part: something that was written, or an event.
#[derive(Clone, Debug)]
pub enum Part {
    Message(Message),
    Event(Event),
}

/// The parts of a ticket in the order of time.
pub fn parts(connection: &Connection, number: i64) -> StoreResult<Vec<Part>> {
    let mut statement = connection.prepare_cached(
        "SELECT p.position, p.id, p.author_type,
            coalesce(p.author_name, CASE WHEN p.author_type IN ('user', 'lead') THEN k.name ELSE a.name END),
            p.part_type, p.body, p.created_at, p.is_note, p.redacted, p.attachments,
            coalesce(m.name, b.name, p.assigned_to_id), p.details
         FROM ticket_parts p LEFT JOIN admins a ON a.id = p.author_id LEFT JOIN contacts k ON k.id = p.author_id
            LEFT JOIN teams m ON m.id = p.assigned_to_id AND p.assigned_to_type = 'team'
            LEFT JOIN admins b ON b.id = p.assigned_to_id AND p.assigned_to_type IS NOT 'team'
         WHERE p.ticket = ?1 ORDER BY p.position",
    )?;
    let parts = statement.query_map([number], |row| {
        let body: Option<String> = text(row, 5)?;
        let (redacted, attachments): (bool, Option<String>) = (row.get(8)?, text(row, 9)?);
        let created_at: String = text(row, 6)?;
        if body.is_none() && attachments.is_none() && !redacted {
            return Ok(Part::Event(Event {
                kind: text(row, 4)?,
                created_at: UnixSeconds::parse(&created_at).unwrap_or_default(),
                author_type: Some(text(row, 2)?),
                author_name: text(row, 3)?,
                assigned_to: text(row, 10)?,
                details: text(row, 11)?,
            }));
        }
        Ok(Part::Message(Message {
            number: row.get(0)?,
            id: text(row, 1)?,
            author_type: text(row, 2)?,
            author_name: text(row, 3)?,
            part_type: text(row, 4)?,
            body: body.unwrap_or_default(),
            created_at,
            is_note: row.get(7)?,
            is_ai: false,
            redacted,
            attachments,
            tags: None,
        }))
    })?;
    Ok(parts.collect::<Result<_, _>>()?)
}

/// Names of all attributes that tickets have.
pub fn attributes(connection: &Connection) -> StoreResult<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT a.key FROM tickets t, json_each(t.attributes) a GROUP BY a.key ORDER BY count(*) DESC, a.key",
    )?;
    let names = statement.query_map([], |row| text(row, 0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// Names of the ticket types in the cache.
pub fn kinds(connection: &Connection) -> StoreResult<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT type FROM tickets WHERE type IS NOT NULL GROUP BY type ORDER BY count(*) DESC, type",
    )?;
    let names = statement.query_map([], |row| text(row, 0))?;
    Ok(names.collect::<Result<_, _>>()?)
}
