//! What answers were made of and whether they helped, and what customers asked.

use rusqlite::{Connection, params, params_from_iter};

use crate::error::StoreResult;
use crate::store::lossy::text;
use crate::store::search::Filters;

/// Customers' messages of a conversation that its question may stand in: many begin with a greeting.
const FIRST: i64 = 3;
/// A rating up to this one is low.
const LOW: i64 = 2;

/// Something that an AI agent answered from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// `content_sources.number`
    pub number: i64,
    pub kind: String,
    pub title: String,
    pub url: String,
}

/// How a conversation ended that was answered from something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    pub escalated: bool,
    pub reopened: bool,
    pub rated_low: bool,
}

impl Ending {
    /// The answer did not help.
    #[must_use]
    pub fn failed(self) -> bool {
        self.escalated || self.reopened || self.rated_low
    }
}

/// A conversation that was answered from something.
#[derive(Clone, Debug)]
pub struct Answered {
    /// `conversations.number`
    pub conversation: i64,
    /// Numbers of its sources.
    pub sources: Vec<i64>,
    pub ending: Ending,
}

/// The conversations that were answered from something, newest first.
///
/// # Errors
/// When the database cannot be read; so for the other functions of this file.
pub fn answered(connection: &Connection, filters: &Filters) -> StoreResult<Vec<Answered>> {
    let conditions = filters.conditions(true);
    let sql = format!(
        "SELECT c.number, x.source, c.ai_outcome = 'escalated', c.reopen_count > 0,
            min(coalesce(c.ai_rating, 9), coalesce(c.rating, 9)) <= {LOW}
         FROM conversations c JOIN conversation_content_sources x ON x.conversation = c.number
         WHERE {} ORDER BY c.created_at DESC, c.id DESC, x.source",
        conditions.sql()
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params_from_iter(&conditions.values))?;
    let mut answered: Vec<Answered> = Vec::new();
    while let Some(row) = rows.next()? {
        let (conversation, source) = (row.get(0)?, row.get(1)?);
        match answered.last_mut() {
            Some(last) if last.conversation == conversation => last.sources.push(source),
            _ => {
                let is = |column| row.get(column).map(|value: Option<bool>| value.unwrap_or(false));
                let ending = Ending { escalated: is(2)?, reopened: is(3)?, rated_low: is(4)? };
                answered.push(Answered { conversation, sources: vec![source], ending });
            }
        }
    }
    Ok(answered)
}

/// Everything that an AI agent ever answered from, by title and address: numbers are others in a copy
/// for a limited caller.
pub fn sources(connection: &Connection) -> StoreResult<Vec<Source>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, kind, title, url FROM content_sources ORDER BY title, url, kind, locale",
    )?;
    let sources = statement.query_map([], |row| {
        Ok(Source { number: row.get(0)?, kind: text(row, 1)?, title: text(row, 2)?, url: text(row, 3)? })
    })?;
    Ok(sources.collect::<Result<_, _>>()?)
}

/// A conversation that a customer began.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `conversations.number`
    pub conversation: i64,
    pub id: String,
    /// Who asked: the same text for the same customer.
    pub customer: String,
    pub title: Option<String>,
    /// The AI agent resolved it from something that it knows.
    pub resolved_from_source: bool,
    /// Closed, never reopened, and not rated low.
    pub settled: bool,
}

/// Conversations that customers began, newest first, so many at most.
pub fn asked(connection: &Connection, filters: &Filters, most: usize) -> StoreResult<Vec<Asked>> {
    let conditions = filters.conditions(true);
    let sql = format!(
        "SELECT c.number, c.id, coalesce(c.contact_id, c.customer_email, c.id), c.title,
            coalesce(c.ai_outcome, '') = 'resolved'
                AND EXISTS (SELECT 1 FROM conversation_content_sources x WHERE x.conversation = c.number),
            c.state = 'closed' AND c.reopen_count = 0 AND coalesce(c.rating, 9) > {LOW}
         FROM conversations c
         WHERE {} AND coalesce(c.delivered_as, 'customer_initiated') = 'customer_initiated'
         ORDER BY c.created_at DESC, c.id DESC LIMIT {most}",
        conditions.sql()
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(&conditions.values), |row| {
        Ok(Asked {
            conversation: row.get(0)?,
            id: text(row, 1)?,
            customer: text(row, 2)?,
            title: text(row, 3)?,
            resolved_from_source: row.get(4)?,
            settled: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A message by its number and HTML.
pub type Body = (i64, String);

/// The customer's first messages of a conversation.
pub fn questions(connection: &Connection, id: &str) -> StoreResult<Vec<Body>> {
    bodies(connection, id, "author_type IN ('user', 'lead')", "ASC")
}

/// What teammates wrote to the customer, the last first.
pub fn human_answers(connection: &Connection, id: &str) -> StoreResult<Vec<Body>> {
    bodies(connection, id, "author_type = 'admin' AND NOT is_ai AND NOT is_note", "DESC")
}

fn bodies(connection: &Connection, id: &str, whose: &str, order: &str) -> StoreResult<Vec<Body>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT number, body FROM messages WHERE conversation_id = ?1 AND {whose} AND body <> ''
         ORDER BY coalesce(sequence_number, 0) {order}, created_at {order}, number {order} LIMIT ?2"
    ))?;
    let rows = statement.query_map(params![id, FIRST], |row| Ok((row.get(0)?, text(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
