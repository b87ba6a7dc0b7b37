//! Saves what a damaged database still holds into a new file.

use std::path::Path;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};
use serde_json::json;

use super::new_file_beside;
use super::values::Column;
use crate::error::{StoreError, StoreResult};
use crate::store::connection::{Store, connect};
use crate::store::erasure::unfinished;
use crate::store::header::on_disk;
use crate::store::header::sibling;
use crate::store::migrations::known;
use crate::store::opening::{OpenMode, OpenOptions};
use crate::store::takeover::create_private;

/// Copies every readable row of a damaged database into a new one of that name beside it, and
/// indexes its messages. The damaged file stays as it is.
///
/// Stretches that cannot be read are skipped. What is no text where one belongs is made one, other
/// values that do not belong into their column are left out, and so are rows that belong to what is
/// missing. A conversation of which something is missing or was mended is queued to be fetched
/// again, and when conversations are missing nothing counts as covered, so the next syncs complete
/// the new file. Returns `{"file", "saved": {table: rows}, "lost": {table: rows or null when that
/// cannot be told}, "mended": {table: rows}, "left_out": {table: rows}, "unreadable_stretches",
/// "unfinished_erasure": bool}`.
///
/// # Errors
/// [`StoreError::NotADatabase`] when not even the file's header can be read,
/// [`StoreError::Other`] when no table can be found any more, and what the new file's disk reports.
pub fn salvage(path: &Path, file_name: &str, options: &OpenOptions<'_>) -> StoreResult<serde_json::Value> {
    let target = new_file_beside(path, file_name)?;
    let part = sibling(&target, ".part");
    let report = save(path, &part, options);
    let report = report.and_then(|report| {
        std::fs::rename(on_disk(&part), on_disk(&target))
            .map_err(|error| StoreError::from_writing(&error))?;
        Ok(report)
    });
    for leftover in [part.clone(), sibling(&part, "-journal")] {
        let _ = std::fs::remove_file(on_disk(&leftover));
    }
    let mut report = report?;
    if let Some(report) = report.as_object_mut() {
        report.insert("file".to_owned(), file_name.into());
    }
    Ok(report)
}

fn save(path: &Path, part: &Path, options: &OpenOptions<'_>) -> StoreResult<serde_json::Value> {
    let source = match connect(path, OpenMode::ReadWrite, options.cache_kib) {
        // A newer version's tables would lose what this version does not know, and a stranger's are
        // nobody's to mend, whatever they are called.
        Err(error @ (StoreError::Newer { .. } | StoreError::Foreign(_) | StoreError::NotADatabase)) => {
            return Err(error);
        }
        // A damaged schema can keep the settings from being read; try with as little as possible then.
        Err(_) => crate::store::opening::open_raw(path, OpenMode::ReadOnly)?,
        Ok(source) => source,
    };
    if let Err(error @ (StoreError::Newer { .. } | StoreError::Foreign(_))) = known(&source) {
        return Err(error);
    }
    let unknown = |table: &str| source.prepare(&format!("SELECT 1 FROM {table}")).is_err();
    if unknown("conversations") && unknown("messages") {
        return Err(StoreError::Other(
            "Nothing can be saved: the damage has hit the pages that say where the tables lie. The file stays as it is. Restore a backup, or move the file away: the next sync reads the conversations from Intercom again.".to_owned(),
        ));
    }
    create_private(part)?;
    let mut target = Store::open_with(part, &OpenOptions { mode: OpenMode::ReadWrite, ..*options })?;
    target.connection().execute_batch("PRAGMA foreign_keys = OFF; PRAGMA cache_spill = ON;")?;
    let (mut saved, mut lost) = (serde_json::Map::new(), serde_json::Map::new());
    let (mut mended, mut stretches) = (serde_json::Map::new(), 0);
    let (missing_conversations, left_out, unfinished_erasure) = target.write(|tx| {
        tx.execute_batch(
            "DELETE FROM meta; DELETE FROM sync_metadata; CREATE TEMP TABLE incomplete (id TEXT PRIMARY KEY);",
        )?;
        for table in Table::all(tx)?.into_iter().filter(|table| !MADE_ANEW.contains(&table.name.as_str())) {
            let copied = table.copy(&source, tx)?;
            saved.insert(table.name.clone(), copied.rows.into());
            lost.insert(table.name.clone(), copied.lost().into());
            if copied.mended > 0 {
                mended.insert(table.name.clone(), copied.mended.into());
            }
            stretches += copied.stretches;
        }
        let gaps = |table: &str| lost.get(table).is_none_or(|lost| lost.as_i64() != Some(0));
        let left_out = mend(tx)?;
        // The new file has only what was written into it.
        Ok((gaps("conversations"), left_out, unfinished::unmark(tx)?))
    })?;
    target.write(|tx| {
        if missing_conversations {
            tx.execute_batch("DELETE FROM coverage; DELETE FROM sync_windows; DELETE FROM meta WHERE key = 'high_water';")?;
        }
        // Everything is indexed anew below.
        tx.execute_batch("INSERT OR REPLACE INTO meta (key, value) VALUES ('index_text_version', 0); DELETE FROM meta WHERE key = 'index_text_progress';")?;
        Ok(())
    })?;
    target.refresh_index(&|| false)?;
    Ok(json!({
        "saved": saved,
        "lost": lost,
        "mended": mended,
        "left_out": left_out,
        "unreadable_stretches": stretches,
        "unfinished_erasure": unfinished_erasure,
    }))
}

/// What rows belong to: those without it are left out. What is kept by a conversation's number comes
/// first, since a conversation that is made for its messages may get the number of a lost one.
const PARENTS: &[(&str, &str, &str)] = &[
    ("conversation_events", "conversation", "SELECT number FROM conversations"),
    ("conversation_content_sources", "conversation", "SELECT number FROM conversations"),
    ("conversation_links", "conversation", "SELECT number FROM conversations"),
    ("raw_answers", "conversation", "SELECT number FROM conversations"),
    (
        "conversation_tags",
        "conversation_id",
        "SELECT id FROM conversations UNION SELECT conversation_id FROM messages",
    ),
    (
        "conversation_contacts",
        "conversation_id",
        "SELECT id FROM conversations UNION SELECT conversation_id FROM messages",
    ),
    ("conversation_content_sources", "source", "SELECT number FROM content_sources"),
    ("conversation_events", "kind", "SELECT number FROM event_kinds"),
    ("article_texts", "article_id", "SELECT id FROM articles"),
    ("ticket_parts", "ticket", "SELECT number FROM tickets"),
    ("ticket_contacts", "ticket", "SELECT number FROM tickets"),
    ("ticket_links", "ticket", "SELECT number FROM tickets"),
];

/// Makes the saved rows fit together again. Returns how many rows of each table were left out for it.
fn mend(tx: &Connection) -> StoreResult<serde_json::Map<String, serde_json::Value>> {
    let mut left_out = serde_json::Map::new();
    for (table, column, parents) in PARENTS {
        let orphans = format!("FROM {table} WHERE {column} NOT IN ({parents})");
        if matches!(*column, "kind" | "source") {
            // The conversation is there, and is fetched again with what its rows referred to.
            tx.execute_batch(&format!(
                "INSERT OR IGNORE INTO incomplete
                 SELECT id FROM conversations WHERE number IN (SELECT conversation {orphans})"
            ))?;
        }
        let rows = tx.execute(&format!("DELETE {orphans}"), [])?;
        if rows > 0 {
            let before = left_out.get(*table).and_then(serde_json::Value::as_u64).unwrap_or(0);
            left_out.insert((*table).to_owned(), (before + rows as u64).into());
        }
    }
    // A message without its conversation gets one, which the next sync fills.
    tx.execute_batch(
        "INSERT INTO conversations (id, created_at, updated_at)
             SELECT conversation_id, min(created_at), max(created_at) FROM messages
             WHERE conversation_id NOT IN (SELECT id FROM conversations) GROUP BY conversation_id;
         INSERT OR IGNORE INTO incomplete SELECT id FROM conversations c
             WHERE message_count <> (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id);
         UPDATE conversations SET thread_complete = FALSE, thread_updated_at = NULL,
             message_count = (SELECT count(*) FROM messages m WHERE m.conversation_id = conversations.id)
             WHERE id IN (SELECT id FROM incomplete);
         INSERT OR IGNORE INTO hydration_queue (conversation_id, updated_at)
             SELECT id, coalesce(CAST(strftime('%s', updated_at) AS INTEGER), 0) FROM conversations
             WHERE id IN (SELECT id FROM incomplete);
         DROP TABLE incomplete;
         DELETE FROM counts;
         INSERT INTO counts (kind, name, count) SELECT kind, name, count FROM counted;",
    )?;
    Ok(left_out)
}

/// A table of ours, as the new file has it.
struct Table {
    name: String,
    columns: Vec<Column>,
    /// It has a rowid to find a way around damage with.
    rowid: bool,
}

/// What is made of other tables, here or by the next sync.
const MADE_ANEW: [&str; 5] = ["counts", "day_figures", "label_counts", "stale_days", "stale_labels"];

/// How a copy went.
#[derive(Default)]
struct Copied {
    rows: i64,
    /// How many there should have been, as far as that can be read.
    expected: Option<i64>,
    stretches: i64,
    /// Rows in which a value was of another type than the schema's, or no JSON where that belongs.
    mended: i64,
}

impl Copied {
    fn lost(&self) -> Option<i64> {
        match self.expected {
            Some(expected) => Some((expected - self.rows).max(0)),
            None if self.stretches == 0 => Some(0),
            None => None,
        }
    }
}

impl Table {
    /// All tables but those of the index and the counts, which are made anew; parents before children.
    fn all(target: &Connection) -> StoreResult<Vec<Self>> {
        let mut statement = target.prepare(
            "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'counts'
             ORDER BY name <> 'conversations', name <> 'messages', name",
        )?;
        let tables: Vec<(String, bool)> =
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        tables
            .into_iter()
            .map(|(name, without_rowid)| {
                let columns = Column::all(target, &name)?;
                Ok(Self { name, columns, rowid: !without_rowid })
            })
            .collect()
    }

    fn copy(&self, source: &Connection, target: &Connection) -> StoreResult<Copied> {
        let mut copied = Copied { expected: self.expected(source), ..Copied::default() };
        let names = self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>();
        let places = vec!["?"; names.len()].join(", ");
        let names = names.join(", ");
        let insert = format!("INSERT OR IGNORE INTO \"{}\" ({names}) VALUES ({places})", self.name);
        if self.rowid {
            self.copy_by_rowid(source, target, &names, &insert, &mut copied)?;
        } else {
            // From both ends towards the damage.
            for direction in ["ASC", "DESC"] {
                let order = format!(
                    "\"{}\" {direction}",
                    self.columns.first().map_or("rowid", |first| first.name.as_str())
                );
                let select = format!("SELECT {names} FROM \"{}\" ORDER BY {order}", self.name);
                if read_rows(source, &select, &[], |row| {
                    self.insert_row(target, &insert, row, 0, &mut copied)
                })?
                .is_none()
                {
                    break;
                }
                copied.stretches += i64::from(direction == "ASC");
            }
        }
        Ok(copied)
    }

    /// Reads on behind each place that cannot be read, as close behind it as possible.
    fn copy_by_rowid(
        &self,
        source: &Connection,
        target: &Connection,
        names: &str,
        insert: &str,
        copied: &mut Copied,
    ) -> StoreResult<()> {
        let select = format!("SELECT rowid, {names} FROM \"{}\" WHERE rowid >= ?1 ORDER BY rowid", self.name);
        let probe = format!("SELECT rowid FROM \"{}\" WHERE rowid >= ?1 ORDER BY rowid LIMIT 1", self.name);
        let readable =
            |from: i64| Ok::<_, StoreError>(read_rows(source, &probe, &[from], |_| Ok(()))?.is_none());
        let mut next = i64::MIN;
        loop {
            let mut last = next;
            let trouble = read_rows(source, &select, &[next], |row| {
                last = row.get(0)?;
                self.insert_row(target, insert, row, 1, copied)
            })?;
            if trouble.is_none() {
                return Ok(());
            }
            copied.stretches += 1;
            // Widen the step until something can be read, then halve back to where that begins.
            let mut unreadable = last.max(-1);
            let mut step: i64 = 1;
            let mut found = loop {
                let Some(place) = unreadable.checked_add(step) else { return Ok(()) };
                if readable(place)? {
                    break place;
                }
                unreadable = place;
                step = step.saturating_mul(2);
            };
            while found - unreadable > 1 {
                let middle = unreadable + (found - unreadable) / 2;
                if readable(middle)? { found = middle } else { unreadable = middle }
            }
            if found <= next {
                return Ok(());
            }
            next = found;
        }
    }

    /// Writes a row, of which the values begin at that column, as it is; what is no UTF-8 with
    /// replacement characters. A row that breaks a rule of the table, a sign of damage, is left out.
    fn insert_row(
        &self,
        target: &Connection,
        insert: &str,
        row: &Row<'_>,
        first: usize,
        copied: &mut Copied,
    ) -> StoreResult<()> {
        let mut values = Vec::new();
        let mut is_mended = false;
        for (place, column) in self.columns.iter().enumerate() {
            let value = row.get_ref(first + place)?;
            let mended = column.mended(target, value)?;
            is_mended |= mended.is_some();
            values.push(match (mended, value) {
                (Some(mended), _) => ToSqlOutput::Owned(mended),
                (None, ValueRef::Text(bytes)) if std::str::from_utf8(bytes).is_err() => {
                    ToSqlOutput::Owned(Value::Text(String::from_utf8_lossy(bytes).into_owned()))
                }
                (None, value) => ToSqlOutput::Borrowed(value),
            });
        }
        if is_mended {
            copied.mended += 1;
            self.fetch_again(target, &mut values)?;
        }
        match target.prepare_cached(insert)?.execute(params_from_iter(values)) {
            Ok(changed) => copied.rows += i64::try_from(changed).unwrap_or(0),
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Lets the next syncs read again what a mended row belongs to, where they read it one by one.
    fn fetch_again(&self, target: &Connection, values: &mut [ToSqlOutput<'_>]) -> StoreResult<()> {
        let place = |name: &str| self.columns.iter().position(|column| column.name == name);
        if let Some(fetched_at) = place("fetched_at").and_then(|place| values.get_mut(place)) {
            *fetched_at = ToSqlOutput::Owned(Value::Null);
        }
        let (column, sql) = match self.name.as_str() {
            "conversations" => ("id", "INSERT OR IGNORE INTO incomplete VALUES (?1)"),
            "messages" => ("conversation_id", "INSERT OR IGNORE INTO incomplete VALUES (?1)"),
            "conversation_events" | "conversation_links" | "conversation_content_sources" => (
                "conversation",
                "INSERT OR IGNORE INTO incomplete SELECT id FROM conversations WHERE number = ?1",
            ),
            _ => return Ok(()),
        };
        if let Some(value) = place(column).and_then(|place| values.get(place)) {
            target.prepare_cached(sql)?.execute([value])?;
        }
        Ok(())
    }

    /// The number of rows by whichever tree of the table or its indexes can be counted.
    fn expected(&self, source: &Connection) -> Option<i64> {
        let count = |sql: String| source.query_row(&sql, [], |row| row.get::<_, i64>(0)).ok();
        let mut names = source.prepare("SELECT name FROM pragma_index_list(?1) WHERE NOT partial").ok()?;
        let indexes: Vec<String> =
            names.query_map([&self.name], |row| row.get(0)).ok()?.filter_map(Result::ok).collect();
        indexes
            .into_iter()
            .filter_map(|index| {
                count(format!("SELECT count(*) FROM \"{}\" INDEXED BY \"{index}\"", self.name))
            })
            .max()
            .or_else(|| count(format!("SELECT count(*) FROM \"{}\" NOT INDEXED", self.name)))
    }
}

/// Hands out rows until the end or until damage, which is returned. Trouble of the receiver's is
/// an error.
fn read_rows(
    source: &Connection,
    sql: &str,
    parameters: &[i64],
    mut receive: impl FnMut(&Row<'_>) -> StoreResult<()>,
) -> StoreResult<Option<StoreError>> {
    let mut statement = match source.prepare(sql) {
        Ok(statement) => statement,
        Err(error) => return damage(error).map(Some),
    };
    let mut rows = match statement.query(params_from_iter(parameters)) {
        Ok(rows) => rows,
        Err(error) => return damage(error).map(Some),
    };
    loop {
        match rows.next() {
            Ok(Some(row)) => receive(row)?,
            Ok(None) => return Ok(None),
            Err(error) => return damage(error).map(Some),
        }
    }
}

/// What reading a damaged file may answer. A lock of somebody else's is no damage.
fn damage(error: rusqlite::Error) -> StoreResult<StoreError> {
    match StoreError::from(error) {
        StoreError::Busy => Err(StoreError::Busy),
        error => Ok(error),
    }
}
