//! Conversations of which a sample is drawn.

use rusqlite::{Connection, OptionalExtension, params_from_iter};

use crate::error::StoreResult;
use crate::store::lossy::text;
use crate::store::search::Filters;

/// A conversation that may stand for others.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub id: String,
    /// Who began it: the same text for the same customer.
    pub customer: String,
    pub contact: Option<String>,
    pub title: Option<String>,
    pub rating: Option<i64>,
    pub tags: Vec<String>,
}

/// `conversations.number` of all that meet the conditions, newest first.
///
/// # Errors
/// When the database cannot be read; so for the other function of this file.
pub fn matching(connection: &Connection, filters: &Filters) -> StoreResult<Vec<i64>> {
    let conditions = filters.conditions(true);
    let sql = format!(
        "SELECT c.number FROM conversations c WHERE {} ORDER BY c.created_at DESC, c.id DESC",
        conditions.sql()
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(&conditions.values), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The conversations of these numbers, in that order.
pub fn candidates(connection: &Connection, numbers: &[i64]) -> StoreResult<Vec<Candidate>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, coalesce(contact_id, customer_email, id), contact_id, title, rating, tags
         FROM conversations WHERE number = ?1",
    )?;
    let mut found = Vec::with_capacity(numbers.len());
    for number in numbers {
        let candidate = statement.query_row([number], |row| {
            let tags: Option<String> = text(row, 5)?;
            Ok(Candidate {
                id: text(row, 0)?,
                customer: text(row, 1)?,
                contact: text(row, 2)?,
                title: text(row, 3)?,
                rating: row.get(4)?,
                tags: serde_json::from_str(&tags.unwrap_or_default()).unwrap_or_default(),
            })
        });
        found.extend(candidate.optional()?);
    }
    Ok(found)
}
