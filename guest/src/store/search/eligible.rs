//! Whether a conversation of which a message was found meets the conditions.

use std::collections::{HashMap, HashSet};

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params_from_iter};

use super::{Conditions, Filters, Search, Sort};
use crate::error::StoreResult;
use crate::store::lossy::text;

/// A message that has the words, and of which conversation it is. Both are numbers of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Match {
    pub message: i64,
    pub conversation: i64,
}

/// What is known of a candidate conversation for ordering it.
#[derive(Clone, Debug, Default)]
pub struct Candidate {
    pub number: i64,
    pub created_at: String,
    pub updated_at: String,
    pub waiting_since: Option<String>,
}

/// Tells whether the conversation of a message meets the conditions. Remembers what it found,
/// since most conversations have several matching messages.
pub struct Eligible<'a> {
    /// Reads the conversation; none when nothing of it matters.
    conversation: Option<rusqlite::Statement<'a>>,
    conditions: Conditions,
    /// Conversations that have what is not wanted in any of them.
    excluded: HashSet<i64>,
    known: HashMap<i64, Option<Candidate>>,
}

impl<'a> Eligible<'a> {
    pub fn new(search: &'a Search<'_>) -> StoreResult<Self> {
        // Asked once, and not again with each conversation.
        let filters = search.request.filters;
        let conditions = Filters { excluded: None, ..filters.clone() }.conditions_on_each(false);
        let mut excluded = HashSet::new();
        if let Some(expression) = &filters.excluded {
            let mut with_it = search
                .connection
                .prepare_cached("SELECT conversation FROM messages_fts WHERE messages_fts MATCH ?1")?;
            for number in with_it.query_map([expression], |row| row.get(0))? {
                excluded.insert(number?);
            }
        }
        // By relevance only the number matters, and the index of words has that.
        let conversation = if search.request.sort == Sort::Relevance && conditions.is_empty() {
            None
        } else {
            // By its number, which is no index: the planner has been seen to prefer one.
            Some(search.connection.prepare(&format!(
                "SELECT c.created_at, c.updated_at, CASE WHEN c.state <> 'closed' THEN c.waiting_since END
                 FROM conversations c NOT INDEXED WHERE c.number = ? AND {}",
                conditions.sql()
            ))?)
        };
        Ok(Self { conversation, conditions, excluded, known: HashMap::new() })
    }

    pub fn candidate(&mut self, number: i64) -> StoreResult<Option<Candidate>> {
        if self.excluded.contains(&number) {
            return Ok(None);
        }
        let Some(conversation) = &mut self.conversation else {
            return Ok(Some(Candidate { number, ..Candidate::default() }));
        };
        if let Some(known) = self.known.get(&number) {
            return Ok(known.clone());
        }
        let values = std::iter::once(Value::Integer(number)).chain(self.conditions.values.iter().cloned());
        let candidate = conversation
            .query_row(params_from_iter(values), |row| {
                Ok(Candidate {
                    number,
                    created_at: text(row, 0)?,
                    updated_at: text(row, 1)?,
                    waiting_since: text(row, 2)?,
                })
            })
            .optional()?;
        self.known.insert(number, candidate.clone());
        Ok(candidate)
    }
}
