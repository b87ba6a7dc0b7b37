//! Of which conversation a message is, and whether that meets the conditions.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params_from_iter};

use super::{Conditions, Search, Sort};
use crate::error::StoreResult;

/// What is known of a candidate conversation for ordering it.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub number: i64,
    pub created_at: String,
    pub updated_at: String,
    pub waiting_since: Option<String>,
}

/// Tells of which conversation a message is, and whether that meets the conditions. Remembers
/// what it found, since most conversations have several matching messages.
pub struct Judge<'a> {
    owner: rusqlite::CachedStatement<'a>,
    conversation: rusqlite::Statement<'a>,
    conditions: &'a Conditions,
    literals: &'a [String],
    known: HashMap<String, Option<Candidate>>,
}

impl<'a> Judge<'a> {
    pub fn new(search: &'a Search<'_>) -> StoreResult<Self> {
        let literals = &search.request.query.literals;
        let mut owner = "SELECT conversation_id FROM messages WHERE number = ?".to_owned();
        for _ in literals {
            owner.push_str(" AND instr(lower(body), ?)");
        }
        // By relevance only the number matters, and that alone is in the index of ids: no row of
        // the table, which is a page each, is read.
        let columns = match search.request.sort {
            Sort::Relevance => "c.number, '', '', NULL",
            _ => {
                "c.number, c.created_at, c.updated_at, CASE WHEN c.state <> 'closed' THEN c.waiting_since END"
            }
        };
        let conversation =
            format!("SELECT {columns} FROM conversations c WHERE c.id = ? AND {}", search.conditions.sql());
        Ok(Self {
            owner: search.connection.prepare_cached(&owner)?,
            conversation: search.connection.prepare(&conversation)?,
            conditions: &search.conditions,
            literals,
            known: HashMap::new(),
        })
    }

    pub fn candidate(&mut self, message: i64) -> StoreResult<Option<Candidate>> {
        let mut values = vec![Value::Integer(message)];
        values.extend(self.literals.iter().map(|literal| Value::Text(literal.clone())));
        let owner: Option<String> =
            self.owner.query_row(params_from_iter(values), |row| row.get(0)).optional()?;
        let Some(owner) = owner else { return Ok(None) };
        if let Some(known) = self.known.get(&owner) {
            return Ok(known.clone());
        }
        let values =
            std::iter::once(Value::Text(owner.clone())).chain(self.conditions.values.iter().cloned());
        let candidate = self
            .conversation
            .query_row(params_from_iter(values), |row| {
                Ok(Candidate {
                    number: row.get(0)?,
                    created_at: row.get(1)?,
                    updated_at: row.get(2)?,
                    waiting_since: row.get(3)?,
                })
            })
            .optional()?;
        self.known.insert(owner, candidate.clone());
        Ok(candidate)
    }
}
