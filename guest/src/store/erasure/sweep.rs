//! Going through every text of every table, of later versions and of others' as well.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::sought::{LOOK, Sought};
use crate::error::StoreResult;
use crate::store::schema;
use crate::store::search::containing;

/// What others are called stays, also where somebody of the same name was erased; and a teammate
/// may be a customer, too.
const OTHERS: &[(&str, &str)] = &[
    ("contacts", "name"),
    ("contacts", "phone"),
    ("admins", "name"),
    ("admins", "email"),
    ("messages", "author_name"),
    ("conversation_events", "author_name"),
    ("ticket_parts", "author_name"),
    ("conversations", "customer_name"),
    // Hashes.
    ("erased", "kind"),
];

/// Columns that it is given at once: SQLite permits 127 arguments.
const ARGUMENTS: usize = 100;

/// A table, and what its texts are found by.
pub struct Table {
    pub name: String,
    /// Columns that tell a row from others.
    keys: Vec<String>,
    texts: Vec<String>,
    /// One of this program's.
    pub is_own: bool,
}

impl Table {
    /// All tables, those without a name of ours included. Of our own, columns of numbers and
    /// instants are left out: nothing else is written there.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn all(connection: &Connection) -> StoreResult<Vec<Self>> {
        let mut statement = connection.prepare(
            "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        )?;
        let tables: Vec<(String, bool)> =
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let own = schema::own_names()?;
        let of = |(name, without_rowid): (String, bool)| {
            let is_own = own.contains(&name.to_ascii_lowercase());
            Self::of(connection, name, without_rowid, is_own)
        };
        tables.into_iter().map(of).collect()
    }

    fn of(connection: &Connection, name: String, without_rowid: bool, is_own: bool) -> StoreResult<Self> {
        let mut statement = connection
            .prepare("SELECT name, pk, type FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid")?;
        let columns: Vec<(String, i64, String)> = statement
            .query_map([&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        let keys = match without_rowid {
            true => {
                columns.iter().filter(|(_, key, _)| *key > 0).map(|(column, ..)| quoted(column)).collect()
            }
            false => vec!["rowid".to_owned()],
        };
        let texts = columns
            .iter()
            .filter(|(column, _, kind)| {
                let may_have_texts = !is_own || matches!(kind.as_str(), "TEXT" | "");
                may_have_texts && !OTHERS.contains(&(name.as_str(), column.as_str()))
            })
            .map(|(column, ..)| quoted(column))
            .collect();
        Ok(Self { name, keys, texts, is_own })
    }

    /// Texts with a mention, as they are to be instead. `condition` in SQL says in which rows.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn mentioning(
        &self,
        connection: &Connection,
        condition: &str,
        sought: &Arc<Sought>,
    ) -> StoreResult<(u64, Vec<Found>)> {
        let mut found = Vec::new();
        if sought.mentions.is_empty() || self.texts.is_empty() {
            return Ok((0, found));
        }
        let rows_looked_at = sought.install(connection)?;
        let looks: Vec<String> = self
            .texts
            .chunks(ARGUMENTS)
            .enumerate()
            .map(|(place, texts)| format!("{LOOK}({place}, {})", texts.join(", ")))
            .collect();
        let columns: Vec<&str> = self.keys.iter().chain(&self.texts).map(String::as_str).collect();
        let sql = format!(
            "SELECT {} FROM {} WHERE {condition} AND ({})",
            columns.join(", "),
            quoted(&self.name),
            looks.join(" OR ")
        );
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for (index, column) in self.texts.iter().enumerate() {
                let value = row.get_ref(self.keys.len() + index)?;
                let Ok(bytes) = value.as_bytes() else { continue };
                if value.data_type() != rusqlite::types::Type::Text || !sought.may_be_in(bytes) {
                    continue;
                }
                let text = String::from_utf8_lossy(bytes);
                if let std::borrow::Cow::Owned(instead) = sought.mentions.blank(&text) {
                    let keys = (0..self.keys.len()).map(|key| row.get(key)).collect::<Result<_, _>>()?;
                    found.push(Found { keys, column: column.clone(), instead });
                }
            }
        }
        Ok((rows_looked_at.load(Ordering::Relaxed), found))
    }

    /// Whether one of its texts contains this, in small letters or large.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn contains(&self, connection: &Connection, part: &str) -> StoreResult<bool> {
        self.has_text(connection, part, &|_| true)
    }

    /// Whether there is such a text in one of its rows that contain this, in small letters or large.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn has_text(
        &self,
        connection: &Connection,
        part: &str,
        is_such: &dyn Fn(&str) -> bool,
    ) -> StoreResult<bool> {
        let like = |column: &String| format!("{column} LIKE ?1 ESCAPE '\\'");
        let conditions: Vec<String> = self.texts.iter().map(like).collect();
        if conditions.is_empty() {
            return Ok(false);
        }
        let sql = format!(
            "SELECT {} FROM {} WHERE {}",
            self.texts.join(", "),
            quoted(&self.name),
            conditions.join(" OR ")
        );
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([containing(part)])?;
        while let Some(row) = rows.next()? {
            for column in 0..self.texts.len() {
                let text = String::from_utf8_lossy(row.get_ref(column)?.as_bytes().unwrap_or_default());
                if is_such(&text) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Writes what is to stand instead. Says whether the row was still there.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn blank(&self, connection: &Connection, found: &Found) -> StoreResult<bool> {
        let sql =
            format!("UPDATE {} SET {} = ?1 WHERE {}", quoted(&self.name), found.column, self.condition(2));
        let write = |text: &str| {
            let values = std::iter::once(Value::from(text.to_owned())).chain(found.keys.iter().cloned());
            connection.prepare_cached(&sql)?.execute(params_from_iter(values))
        };
        let rows = match write(&found.instead) {
            // Another row says the same by now.
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                let number: i64 = connection.query_row("SELECT abs(random())", [], |row| row.get(0))?;
                write(&format!("{} {number}", found.instead))?
            }
            result => result?,
        };
        Ok(rows > 0)
    }

    /// Removes a row.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn remove(&self, connection: &Connection, found: &Found) -> StoreResult<()> {
        let sql = format!("DELETE FROM {} WHERE {}", quoted(&self.name), self.condition(1));
        connection.prepare_cached(&sql)?.execute(params_from_iter(found.keys.iter()))?;
        Ok(())
    }

    fn condition(&self, first: usize) -> String {
        let conditions: Vec<String> =
            self.keys.iter().enumerate().map(|(index, key)| format!("{key} IS ?{}", first + index)).collect();
        conditions.join(" AND ")
    }
}

/// A text with a mention.
pub struct Found {
    keys: Vec<Value>,
    column: String,
    instead: String,
}

impl Found {
    /// The number of its row, in tables that have one.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self.keys.as_slice() {
            [Value::Integer(number)] => Some(*number),
            _ => None,
        }
    }

    /// The first number that its row is told by: of a part of a ticket, the ticket's.
    pub(super) fn first(&self) -> Option<i64> {
        match self.keys.first() {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
