//! Customers as the cached conversations show them.

use rusqlite::{Connection, OptionalExtension, params_from_iter};

use crate::error::StoreResult;
use crate::store::lossy;
use crate::text::naming;

/// A customer, or all customers of a company, with figures over the cached conversations.
#[derive(Clone, Debug, Default)]
pub struct Customer {
    pub contact_id: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
    pub company_id: Option<String>,
    pub company: Option<String>,
    pub conversations: i64,
    pub open: i64,
    pub waiting: i64,
    pub first_at: String,
    pub last_at: String,
    pub ratings: i64,
    pub rating_average: Option<f64>,
    /// Numbers of their conversations, the newest first.
    pub numbers: Vec<i64>,
}

/// How somebody was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// By address or id: there is one.
    Exactly,
    /// By a part of the name, the address or the company.
    ByName,
}

/// Customers that this text means, those with most conversations first, eleven at most.
///
/// # Errors
/// When the database cannot be read.
pub fn find(connection: &Connection, text: &str) -> StoreResult<(Recognised, Vec<Customer>)> {
    // Each branch has an index of its own; an OR would go through all conversations.
    // `contact_id` is always in conversation_contacts, too.
    let exactly = "c.id IN (SELECT e.id FROM conversations e WHERE e.customer_email = ?1 COLLATE NOCASE \
         UNION SELECT y.conversation_id FROM conversation_contacts y WHERE y.contact_id = ?1 \
         UNION SELECT x.conversation_id FROM contacts p JOIN conversation_contacts x ON x.contact_id = p.id \
         WHERE p.email = ?1 COLLATE NOCASE \
         UNION SELECT x.conversation_id FROM contacts p JOIN conversation_contacts x ON x.contact_id = p.id \
         WHERE p.external_id = ?1)";
    // A lead may have neither address nor name, but has a conversation.
    let of_conversation: Option<String> = connection
        .prepare_cached("SELECT contact_id FROM conversations WHERE id = ?1")?
        .query_row([text], |row| lossy::text(row, 0))
        .optional()?
        .flatten();
    let rows = format!("SELECT c.id, 1 AS who, {OF_CONVERSATION} FROM conversations c WHERE {exactly}");
    let mut exact = select(connection, &rows, &[of_conversation.as_deref().unwrap_or(text)])?;
    if !exact.is_empty() {
        // Of a conversation with several customers only the first is known there.
        if let (Some(found), Some(contact)) = (exact.first_mut(), contact(connection, text)?) {
            let sql = "SELECT name, email, company_id, company_name FROM contacts WHERE id = ?1";
            let known = connection.prepare_cached(sql)?.query_row([&contact], |row| {
                Ok(Customer {
                    name: lossy::text(row, 0)?,
                    email: lossy::text(row, 1)?,
                    company_id: lossy::text(row, 2)?,
                    company: lossy::text(row, 3)?,
                    contact_id: Some(contact.clone()),
                    ..found.clone()
                })
            })?;
            let is_first = found.contact_id.as_ref() == Some(&contact);
            if !is_first && (known.name.is_some() || known.email.is_some()) {
                *found = known;
            }
        }
        return Ok((Recognised::Exactly, exact));
    }
    // Whoever takes part besides the first, and the first as Intercom knows them now.
    let rows = format!(
        "SELECT c.id, coalesce(lower(c.customer_email), \
             (SELECT lower(p.email) FROM contacts p WHERE p.id = c.contact_id), c.contact_id, c.customer_name) AS who, \
             {OF_CONVERSATION} FROM conversations c \
         WHERE has_name(?1, c.customer_name, c.customer_email, c.company_name) \
         UNION ALL SELECT x.conversation_id, coalesce(lower(p.email), p.id), {OF_CONTACT} FROM {TAKING_PART} \
         WHERE has_name(?1, p.name, p.email, p.company_name)"
    );
    Ok((Recognised::ByName, select(connection, &rows, &[&naming::folded(text)])?))
}

/// What [`select`] takes of a conversation's customer, and of anybody who takes part in one.
const OF_CONVERSATION: &str = "c.contact_id, c.customer_email AS email, c.customer_name AS name, \
                               c.company_id, c.company_name AS company";
const OF_CONTACT: &str = "p.id, p.email, p.name, p.company_id, p.company_name";
const TAKING_PART: &str = "contacts p CROSS JOIN conversation_contacts x ON x.contact_id = p.id";

/// The contact of that address or id, or of an id of the workspace's own.
///
/// # Errors
/// When the database cannot be read.
pub fn contact(connection: &Connection, text: &str) -> StoreResult<Option<String>> {
    let id = connection
        .prepare_cached(
            "SELECT id FROM (
                 SELECT id, merged_into, fetched_at FROM contacts WHERE id = ?1
                 UNION ALL SELECT id, merged_into, fetched_at FROM contacts WHERE email = ?1 COLLATE NOCASE
                 UNION ALL SELECT id, merged_into, fetched_at FROM contacts WHERE external_id = ?1)
             ORDER BY id <> ?1, merged_into IS NOT NULL, fetched_at IS NULL, id LIMIT 1",
        )?
        .query_row([text], |row| lossy::text(row, 0))
        .optional()?;
    Ok(id)
}

/// The companies of that name, or the one of that id, each as one customer with the conversations of
/// everybody in it, those with most first.
///
/// # Errors
/// When the database cannot be read.
pub fn companies(connection: &Connection, name_or_id: &str) -> StoreResult<Vec<Customer>> {
    let of_id = |table: &str| format!("{table}.company_id = ?1");
    let found = companies_where(connection, &of_id, name_or_id, true)?;
    if !found.is_empty() {
        return Ok(found);
    }
    let of_name = |table: &str| format!("is_name(?1, {table}.company_name)");
    let name = naming::folded(name_or_id);
    let found = companies_where(connection, &of_name, &name, false)?;
    let ids = found.iter().filter(|company| company.company_id.is_some()).count();
    // A name without an id is of the only one there is.
    if found.len() > ids && ids == 1 { companies_where(connection, &of_name, &name, true) } else { Ok(found) }
}

/// Companies of which that is true of a table: all as one, or one of each id.
fn companies_where(
    connection: &Connection,
    is: &dyn Fn(&str) -> String,
    value: &str,
    as_one: bool,
) -> StoreResult<Vec<Customer>> {
    let who = if as_one { "1" } else { "coalesce(company_id, '')" };
    let rows = format!(
        "SELECT id, {who} AS who, NULL AS contact_id, NULL AS email, NULL AS name, company_id, company FROM (
             SELECT c.id, c.company_id, c.company_name AS company FROM conversations c WHERE {} \
             UNION ALL SELECT x.conversation_id, p.company_id, p.company_name FROM {TAKING_PART} WHERE {})",
        is("c"),
        is("p")
    );
    select(connection, &rows, &[value])
}

/// Customers from rows of a conversation's id, who of its customers it is, and what is known of them;
/// those with most conversations first, eleven at most.
fn select(connection: &Connection, rows: &str, values: &[&str]) -> StoreResult<Vec<Customer>> {
    let each = format!(
        "WITH each AS (SELECT id, who, max(contact_id) AS contact_id, max(email) AS email, max(name) AS name, \
             max(company_id) AS company_id, max(company) AS company FROM ({rows}) GROUP BY who, id)"
    );
    let sql = format!(
        "{each} SELECT max(e.contact_id), max(e.email), max(e.name), max(e.company_id), max(e.company), count(*), \
             sum(c.state <> 'closed'), sum(c.state <> 'closed' AND c.waiting_since IS NOT NULL), min(c.created_at), \
             max(c.updated_at), count(c.rating), avg(c.rating) \
         FROM each e CROSS JOIN conversations c ON c.id = e.id GROUP BY e.who ORDER BY count(*) DESC, e.who LIMIT 11"
    );
    let mut statement = connection.prepare(&sql)?;
    let mut customers = statement
        .query_map(params_from_iter(values), |row| {
            Ok(Customer {
                contact_id: lossy::text(row, 0)?,
                email: lossy::text(row, 1)?,
                name: lossy::text(row, 2)?,
                company_id: lossy::text(row, 3)?,
                company: lossy::text(row, 4)?,
                conversations: row.get(5)?,
                open: row.get(6)?,
                waiting: row.get(7)?,
                first_at: lossy::text(row, 8)?,
                last_at: lossy::text(row, 9)?,
                ratings: row.get(10)?,
                rating_average: row.get(11)?,
                numbers: Vec::new(),
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    if let [only] = customers.as_mut_slice() {
        // Open ones first: they are what somebody who asks about a customer needs to know.
        let sql = format!(
            "{each} SELECT c.number FROM each e CROSS JOIN conversations c ON c.id = e.id \
             ORDER BY c.state = 'closed', c.updated_at DESC LIMIT 50"
        );
        let mut statement = connection.prepare(&sql)?;
        only.numbers =
            statement.query_map(params_from_iter(values), |row| row.get(0))?.collect::<Result<_, _>>()?;
    }
    Ok(customers)
}
