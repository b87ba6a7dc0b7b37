//! What a column may hold. SQLite keeps whatever somebody writes into it, in most of them.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension};

use crate::error::StoreResult;
use crate::store::schema;

/// Columns of JSON, by their tables.
const JSON: &[(&str, &[&str])] = &[
    ("articles", &["collections", "tags"]),
    ("companies", &["custom_attributes", "segments", "tags"]),
    ("contacts", &["custom_attributes", "tag_ids"]),
    ("conversation_events", &["details"]),
    ("conversations", &["custom_attributes", "tags"]),
    ("messages", &["attachments", "tags"]),
    ("teams", &["admin_ids"]),
    ("ticket_parts", &["attachments", "details"]),
    ("tickets", &["attributes"]),
];

/// What stands instead of a time that cannot be read and is needed, until it is read from Intercom.
const NO_TIME: &str = "1970-01-01T00:00:00+00:00";

/// By the type that the schema gives a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    /// Text, too, though SQLite takes the name of the type for one of numbers.
    Time,
    Number,
    Bytes,
    /// No type: it may hold any.
    Any,
}

impl Kind {
    fn of(declared: &str) -> Self {
        match declared.to_ascii_uppercase().as_str() {
            "TEXT" => Self::Text,
            "TIMESTAMP" | "DATE" => Self::Time,
            "INTEGER" | "BOOLEAN" | "REAL" => Self::Number,
            "BLOB" => Self::Bytes,
            _ => Self::Any,
        }
    }

    /// What `typeof` says of its values, as a list in SQL.
    fn types(self) -> Option<&'static str> {
        match self {
            Self::Text | Self::Time => Some("'text', 'null'"),
            Self::Number => Some("'integer', 'real', 'null'"),
            Self::Bytes => Some("'blob', 'null'"),
            Self::Any => None,
        }
    }

    fn fits(self, value: ValueRef<'_>) -> bool {
        matches!(
            (self, value),
            (_, ValueRef::Null)
                | (Self::Any, _)
                | (Self::Text | Self::Time, ValueRef::Text(_))
                | (Self::Number, ValueRef::Integer(_) | ValueRef::Real(_))
                | (Self::Bytes, ValueRef::Blob(_))
        )
    }
}

/// A column of ours.
pub(super) struct Column {
    pub name: String,
    kind: Kind,
    is_json: bool,
    /// What stands instead of what cannot be kept: what the table has for it, or nothing.
    instead: Value,
}

impl Column {
    /// The columns of a table of the present version, without those that are computed.
    pub fn all(connection: &Connection, table: &str) -> StoreResult<Vec<Self>> {
        let mut statement = connection
            .prepare("SELECT name, type, \"notnull\", dflt_value FROM pragma_table_info(?1) ORDER BY cid")?;
        let mut rows = statement.query([table])?;
        let mut columns = Vec::new();
        while let Some(row) = rows.next()? {
            let (name, kind) = (row.get::<_, String>(0)?, Kind::of(&row.get::<_, String>(1)?));
            let is_json = JSON.iter().any(|(of, columns)| *of == table && columns.contains(&name.as_str()));
            let default: Option<String> = row.get(3)?;
            let instead = match (row.get(2)?, default) {
                (false, _) => Value::Null,
                (true, Some(default)) => {
                    connection.query_row(&format!("SELECT {default}"), [], |row| row.get(0))?
                }
                // Both are read anew.
                (true, None) if kind == Kind::Time && matches!(table, "conversations" | "messages") => {
                    Value::Text(NO_TIME.to_owned())
                }
                // Such a row is left out.
                (true, None) => Value::Null,
            };
            columns.push(Self { name, kind, is_json, instead });
        }
        Ok(columns)
    }

    /// What is to be kept instead of that value; none: the value itself.
    pub fn mended(&self, connection: &Connection, value: ValueRef<'_>) -> StoreResult<Option<Value>> {
        if self.kind.fits(value) {
            let is_kept = match value {
                ValueRef::Text(text) if self.is_json => is_json(connection, text)?,
                _ => true,
            };
            return Ok((!is_kept).then(|| self.instead.clone()));
        }
        Ok(Some(match value {
            ValueRef::Blob(bytes) if self.kind == Kind::Text && !self.is_json => {
                Value::Text(String::from_utf8_lossy(bytes).into_owned())
            }
            _ => self.instead.clone(),
        }))
    }
}

/// By SQLite, as [`strange`] asks, so that both say the same.
fn is_json(connection: &Connection, text: &[u8]) -> StoreResult<bool> {
    let text = String::from_utf8_lossy(text);
    Ok(connection.prepare_cached("SELECT json_valid(?1)")?.query_row([text], |row| row.get(0))?)
}

/// A sentence for each column in which values are of another type than the schema says, or no JSON.
pub(super) fn strange(tx: &Connection) -> StoreResult<Vec<String>> {
    let new = schema::scratch()?;
    let mut told = Vec::new();
    let mut tables = new.prepare(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )?;
    let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for table in tables {
        let columns = Column::all(&new, &table)?;
        let looks: Vec<(String, String)> = columns.iter().flat_map(looks).collect();
        if looks.is_empty()
            || !tx.prepare("SELECT 1 FROM pragma_table_list WHERE name = ?1")?.exists([&table])?
        {
            continue;
        }
        let sums: Vec<String> = looks.iter().map(|(look, _)| format!("coalesce(sum({look}), 0)")).collect();
        let sql = format!("SELECT {} FROM \"{table}\" NOT INDEXED", sums.join(", "));
        let counts = tx.query_row(&sql, [], |row| {
            (0..looks.len()).map(|place| row.get::<_, i64>(place)).collect::<Result<Vec<_>, _>>()
        })?;
        for (count, (_, what)) in counts.into_iter().zip(looks).filter(|(count, _)| *count > 0) {
            told.push(format!("{count} rows of {table} have {what}"));
        }
    }
    Ok(told)
}

/// What is asked of each value of a column in SQL, and in words.
fn looks(column: &Column) -> Vec<(String, String)> {
    let name = &column.name;
    let mut looks = Vec::new();
    if let Some(types) = column.kind.types() {
        let what = format!("a value in {name} that is none of its type");
        looks.push((format!("typeof(\"{name}\") NOT IN ({types})"), what));
    }
    if column.is_json {
        let what = format!("a text in {name} that is no JSON");
        looks
            .push((format!("CASE typeof(\"{name}\") WHEN 'text' THEN NOT json_valid(\"{name}\") END"), what));
    }
    looks
}

/// A sentence for each table, index, trigger and view that a new file has and this one has not.
pub(super) fn missing(tx: &Connection) -> StoreResult<Vec<String>> {
    let new = schema::scratch()?;
    let mut own = new.prepare(
        "SELECT type, name, tbl_name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )?;
    let mut here = tx.prepare("SELECT 1 FROM sqlite_schema WHERE type = ?1 AND name = ?2 COLLATE NOCASE")?;
    let mut rows = own.query([])?;
    let mut told = Vec::new();
    while let Some(row) = rows.next()? {
        let (kind, name, table): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if here.query_row([&kind, &name], |_| Ok(())).optional()?.is_none() {
            let of = if name == table { String::new() } else { format!(" of {table}") };
            told.push(format!("the {kind} {name}{of} is missing"));
        }
    }
    Ok(told)
}
