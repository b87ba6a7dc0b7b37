//! Customers as the cached conversations show them.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreResult;
use crate::store::lossy;
use crate::store::search::containing;

/// A customer, or all customers of a company, with figures over the cached conversations.
#[derive(Clone, Debug, Default)]
pub struct Customer {
    pub contact_id: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
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
    let mut exact = select(connection, exactly, of_conversation.as_deref().unwrap_or(text), "1")?;
    if !exact.is_empty() {
        // Of a conversation with several customers only the first is known there.
        if let (Some(found), Some(contact)) = (exact.first_mut(), contact(connection, text)?) {
            let sql = "SELECT name, email FROM contacts WHERE id = ?1";
            let (name, email): (Option<String>, Option<String>) = connection
                .prepare_cached(sql)?
                .query_row([&contact], |row| Ok((lossy::text(row, 0)?, lossy::text(row, 1)?)))?;
            let is_first = found.contact_id.as_ref() == Some(&contact);
            if !is_first && (name.is_some() || email.is_some()) {
                (found.contact_id, found.name, found.email) = (Some(contact), name, email);
            }
        }
        return Ok((Recognised::Exactly, exact));
    }
    let named = "c.customer_name LIKE ?1 ESCAPE '\\' OR c.customer_email LIKE ?1 ESCAPE '\\' OR c.company_name LIKE ?1 ESCAPE '\\'";
    let by = "coalesce(lower(c.customer_email), c.contact_id, c.customer_name)";
    Ok((Recognised::ByName, select(connection, named, &containing(text), by)?))
}

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

/// The company of that name, as one customer.
///
/// # Errors
/// When the database cannot be read.
pub fn company(connection: &Connection, name: &str) -> StoreResult<Option<Customer>> {
    let mut found = select(connection, "c.company_name = ?1 COLLATE NOCASE OR c.company_id = ?1", name, "1")?;
    if let Some(company) = found.first_mut() {
        company.contact_id = None;
        company.email = None;
        company.name = None;
    }
    Ok(found.pop())
}

fn select(connection: &Connection, condition: &str, value: &str, by: &str) -> StoreResult<Vec<Customer>> {
    let sql = format!(
        "SELECT max(c.contact_id), max(c.customer_email), max(c.customer_name), max(c.company_name), count(*), sum(c.state <> 'closed'), \
         sum(c.state <> 'closed' AND c.waiting_since IS NOT NULL), min(c.created_at), max(c.updated_at), count(c.rating), avg(c.rating), \
         {by} AS who FROM conversations c WHERE {condition} GROUP BY who ORDER BY count(*) DESC, who LIMIT 11"
    );
    let mut statement = connection.prepare(&sql)?;
    let mut customers = statement
        .query_map([value], |row| {
            Ok(Customer {
                contact_id: lossy::text(row, 0)?,
                email: lossy::text(row, 1)?,
                name: lossy::text(row, 2)?,
                company: lossy::text(row, 3)?,
                conversations: row.get(4)?,
                open: row.get(5)?,
                waiting: row.get(6)?,
                first_at: lossy::text(row, 7)?,
                last_at: lossy::text(row, 8)?,
                ratings: row.get(9)?,
                rating_average: row.get(10)?,
                numbers: Vec::new(),
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    if let [only] = customers.as_mut_slice() {
        // Open ones first: they are what somebody who asks about a customer needs to know.
        let sql = format!(
            "SELECT c.number FROM conversations c WHERE {condition} ORDER BY c.state = 'closed', c.updated_at DESC LIMIT ?2"
        );
        let mut statement = connection.prepare(&sql)?;
        only.numbers =
            statement.query_map(params![value, 50], |row| row.get(0))?.collect::<Result<_, _>>()?;
    }
    Ok(customers)
}
