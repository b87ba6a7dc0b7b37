//! Saves what a damaged database still holds into a new file.

use std::path::Path;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};
use serde_json::json;

use super::new_file_beside;
use crate::error::{StoreError, StoreResult};
use crate::store::connection::{Store, connect};
use crate::store::header::on_disk;
use crate::store::header::sibling;
use crate::store::migrations::known;
use crate::store::opening::{OpenMode, OpenOptions};
use crate::store::takeover::create_private;

/// Copies every readable row of a damaged database into a new one of that name beside it, and
/// indexes its messages. The damaged file stays as it is.
///
/// Stretches that cannot be read are skipped. A conversation of which messages are missing is
/// queued to be fetched again, and when conversations are missing nothing counts as covered, so
/// the next syncs complete the new file. Returns `{"file", "saved": {table: rows}, "lost":
/// {table: rows or null when that cannot be told}, "unreadable_stretches"}`.
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
    let mut stretches = 0;
    let missing_conversations = target.write(|tx| {
        tx.execute_batch("DELETE FROM meta; DELETE FROM sync_metadata;")?;
        for table in Table::all(tx)?.into_iter().filter(|table| !MADE_ANEW.contains(&table.name.as_str())) {
            let copied = table.copy(&source, tx)?;
            saved.insert(table.name.clone(), copied.rows.into());
            lost.insert(table.name.clone(), copied.lost().into());
            stretches += copied.stretches;
        }
        let gaps = |table: &str| lost.get(table).is_none_or(|lost| lost.as_i64() != Some(0));
        mend(tx)?;
        Ok(gaps("conversations"))
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
    Ok(json!({ "saved": saved, "lost": lost, "unreadable_stretches": stretches }))
}

/// Makes the saved rows fit together again.
fn mend(tx: &Connection) -> StoreResult<()> {
    // A message without its conversation gets one, which the next sync fills. What is kept by number
    // goes first: the new conversation may get the number of a lost one.
    for table in ["conversation_events", "conversation_content_sources", "conversation_links", "raw_answers"]
    {
        tx.execute_batch(&format!(
            "DELETE FROM {table} WHERE conversation NOT IN (SELECT number FROM conversations)"
        ))?;
    }
    tx.execute_batch(
        "DELETE FROM conversation_content_sources WHERE source NOT IN (SELECT number FROM content_sources);
         DELETE FROM article_texts WHERE article_id NOT IN (SELECT id FROM articles);
         DELETE FROM ticket_parts WHERE ticket NOT IN (SELECT number FROM tickets);
         DELETE FROM ticket_contacts WHERE ticket NOT IN (SELECT number FROM tickets);
         DELETE FROM ticket_links WHERE ticket NOT IN (SELECT number FROM tickets);
         INSERT INTO conversations (id, created_at, updated_at)
             SELECT conversation_id, min(created_at), max(created_at) FROM messages
             WHERE conversation_id NOT IN (SELECT id FROM conversations) GROUP BY conversation_id;
         DELETE FROM conversation_tags WHERE conversation_id NOT IN (SELECT id FROM conversations);
         DELETE FROM conversation_contacts WHERE conversation_id NOT IN (SELECT id FROM conversations);
         CREATE TEMP TABLE incomplete AS SELECT id FROM conversations c
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
    Ok(())
}

/// A table of ours, as the new file has it.
struct Table {
    name: String,
    columns: Vec<String>,
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
        let mut columns = target.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?;
        tables
            .into_iter()
            .map(|(name, without_rowid)| {
                let columns = columns.query_map([&name], |row| row.get(0))?.collect::<Result<_, _>>()?;
                Ok(Self { name, columns, rowid: !without_rowid })
            })
            .collect()
    }

    fn copy(&self, source: &Connection, target: &Connection) -> StoreResult<Copied> {
        let mut copied = Copied { expected: self.expected(source), ..Copied::default() };
        let names = self.columns.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>();
        let places = vec!["?"; names.len()].join(", ");
        let names = names.join(", ");
        let insert = format!("INSERT OR IGNORE INTO \"{}\" ({names}) VALUES ({places})", self.name);
        if self.rowid {
            self.copy_by_rowid(source, target, &names, &insert, &mut copied)?;
        } else {
            // From both ends towards the damage.
            for direction in ["ASC", "DESC"] {
                let order =
                    format!("\"{}\" {direction}", self.columns.first().map_or("rowid", String::as_str));
                let select = format!("SELECT {names} FROM \"{}\" ORDER BY {order}", self.name);
                if read_rows(source, &select, &[], |row| insert_row(target, &insert, row, 0, &mut copied))?
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
                insert_row(target, insert, row, 1, copied)
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

/// Writes a row, of which the values begin at that column, as it is; what is no UTF-8 with
/// replacement characters. A row that breaks a rule of the table, a sign of damage, is left out.
fn insert_row(
    target: &Connection,
    insert: &str,
    row: &Row<'_>,
    first: usize,
    copied: &mut Copied,
) -> StoreResult<()> {
    let mut values = Vec::new();
    let count = row.as_ref().column_count();
    for column in first..count {
        let value = row.get_ref(column)?;
        values.push(match value {
            ValueRef::Text(bytes) if std::str::from_utf8(bytes).is_err() => {
                ToSqlOutput::Owned(Value::Text(String::from_utf8_lossy(bytes).into_owned()))
            }
            value => ToSqlOutput::Borrowed(value),
        });
    }
    match target.prepare_cached(insert)?.execute(params_from_iter(values)) {
        Ok(changed) => copied.rows += i64::try_from(changed).unwrap_or(0),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
