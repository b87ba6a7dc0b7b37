//! Is the database sound, and does it hold what it should?

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};

use super::values::{missing, strange};
use crate::error::{StoreError, StoreResult};
use crate::store::connection::Store;
use crate::store::erasure::unfinished;
use crate::store::lossy::text;
use crate::store::statistics::wrong_days;
use crate::text::{INDEX_TEXT_VERSION, index_text, plain_text};

/// Problems reported at most; the first ones tell enough.
const MOST: usize = 20;

/// Messages of which the words are looked up, and words of each at most.
const SAMPLE: usize = 1_000;
const WORDS: usize = 50;

/// Tables whose rows are counted.
const COUNTED: [&str; 5] = ["conversations", "messages", "conversation_events", "contacts", "sync_metadata"];

impl Store {
    /// SQLite's own check (which compares each index with its table), foreign keys, what a new file has
    /// and this one has not, values of other types than the schema's, the index of words, kept counts, and counts of rows, as a JSON object:
    /// `{"ok": bool, "problems": [sentence, …], "schema_version", "size_bytes", "free_bytes",
    /// "counts": {table: rows}, "waiting_threads", "index_version", "unfinished_erasure": bool}`. A
    /// damaged database is an answer, not an error; an erasure that was interrupted is no damage.
    ///
    /// # Errors
    /// Only what keeps the check from running at all, such as [`StoreError::Busy`].
    pub fn check(&mut self) -> StoreResult<Value> {
        let mut problems = Vec::new();
        let mut facts = json!({});
        let checked = self.read(|tx| {
            look(tx, "SQLite finds", "PRAGMA integrity_check(20)", &mut problems)?;
            look(
                tx,
                "a row refers to nothing in",
                "SELECT DISTINCT \"table\" || ' → ' || parent FROM pragma_foreign_key_check",
                &mut problems,
            )?;
            for found in [missing(tx), strange(tx)] {
                match found {
                    Ok(told) => problems.extend(told),
                    Err(StoreError::Sqlite(error)) => damage(error, &mut problems)?,
                    Err(StoreError::Corrupt(detail) | StoreError::Disk(detail)) => {
                        tell_once(detail, &mut problems);
                    }
                    Err(error) => return Err(error),
                }
            }
            index(tx, &mut problems)?;
            words(tx, &mut problems)?;
            look(
                tx,
                "the number of messages is wrong in",
                "SELECT count(*) || ' conversations' FROM conversations c
                 WHERE message_count <> (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id) HAVING count(*) > 0",
                &mut problems,
            )?;
            look(
                tx,
                "a kept count is wrong:",
                "SELECT kind || ' ' || name || ' is kept as ' || kept || ', counted ' || counted FROM (
                     SELECT kind, name, sum(kept) AS kept, sum(counted) AS counted FROM (
                         SELECT kind, name, count AS kept, 0 AS counted FROM counts
                         UNION ALL SELECT kind, name, 0, count FROM counted
                         UNION ALL SELECT 'names ' || kind, name, count, 0 FROM label_counts
                             WHERE NOT EXISTS (SELECT 1 FROM stale_labels)
                         UNION ALL SELECT 'names ' || kind, name, 0, count FROM labels_gathered
                             WHERE NOT EXISTS (SELECT 1 FROM stale_labels))
                     GROUP BY kind, name)
                 WHERE kept <> counted",
                &mut problems,
            )?;
            match wrong_days(tx) {
                Ok(0) => {}
                Ok(days) => problems.push(format!("the figures kept of {days} days are not those of their conversations")),
                Err(StoreError::Sqlite(error)) => damage(error, &mut problems)?,
                Err(error) => return Err(error),
            }
            facts = self::facts(tx, &mut problems)?;
            Ok(())
        });
        match checked {
            Ok(()) => {}
            Err(StoreError::Corrupt(detail)) => problems.push(detail),
            Err(error @ (StoreError::Disk(_) | StoreError::Sqlite(_))) => problems.push(error.to_string()),
            Err(error) => return Err(error),
        }
        problems.truncate(MOST);
        let mut report = json!({ "ok": problems.is_empty(), "problems": problems });
        if let (Some(report), Value::Object(facts)) = (report.as_object_mut(), facts) {
            report.extend(facts);
        }
        Ok(report)
    }
}

/// Runs a check; every row but `ok` is a problem.
fn look(tx: &Connection, words: &str, sql: &str, problems: &mut Vec<String>) -> StoreResult<()> {
    let found = tx.prepare(sql).and_then(|mut statement| {
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    });
    match found {
        Ok(rows) => {
            problems.extend(rows.into_iter().filter(|row| row != "ok").map(|row| format!("{words} {row}")))
        }
        Err(error) => damage(error, problems)?,
    }
    Ok(())
}

/// That messages are found by their words: those of [`SAMPLE`] messages, spread over all. An
/// outdated index, which the next start renews, is not compared.
fn words(tx: &Connection, problems: &mut Vec<String>) -> StoreResult<()> {
    let lost = (|| {
        let version: i64 = tx.query_row(
            "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'index_text_version'",
            [],
            |row| row.get(0),
        )?;
        if version != INDEX_TEXT_VERSION {
            return Ok(0);
        }
        let mut numbers = tx.prepare("SELECT id FROM messages_fts_docsize ORDER BY id")?;
        let numbers: Vec<i64> = numbers.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut body = tx.prepare("SELECT body FROM messages WHERE number = ?1 AND typeof(body) = 'text'")?;
        let mut find = tx.prepare("SELECT 1 FROM messages_fts WHERE messages_fts MATCH ?1 AND rowid = ?2")?;
        let mut lost = 0;
        for number in numbers.iter().step_by(numbers.len().div_ceil(SAMPLE).max(1)) {
            let Some(body) = body.query_row([number], |row| text::<String>(row, 0)).optional()? else {
                continue;
            };
            let text = index_text(&plain_text(&body));
            // Words that the index takes as they are; a word is enough once.
            let words: BTreeSet<&str> = text
                .split_whitespace()
                .filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
                .take(WORDS)
                .collect();
            if words.is_empty() {
                continue;
            }
            let expression = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" AND ");
            if !find.exists(rusqlite::params![expression, number])? {
                lost += 1;
            }
        }
        Ok(lost)
    })();
    match lost {
        Ok(0) => {}
        Ok(lost) => problems.push(format!("{lost} messages are not found by their words")),
        Err(error) => damage(error, problems)?,
    }
    Ok(())
}

/// That the index has an entry for every message with a text and no other. Its own structure is part
/// of SQLite's check.
fn index(tx: &Connection, problems: &mut Vec<String>) -> StoreResult<()> {
    let counts = "SELECT (SELECT count(*) FROM messages WHERE number NOT IN (SELECT id FROM messages_fts_docsize) AND body <> ''),
                         (SELECT count(*) FROM messages_fts_docsize WHERE id NOT IN (SELECT number FROM messages))";
    match tx.query_row(counts, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))) {
        Ok((missing, superfluous)) => {
            if missing > 0 {
                problems.push(format!("{missing} messages are missing in the index of words"));
            }
            if superfluous > 0 {
                problems.push(format!("{superfluous} entries in the index of words have no message"));
            }
        }
        Err(error) => damage(error, problems)?,
    }
    Ok(())
}

fn facts(tx: &Connection, problems: &mut Vec<String>) -> StoreResult<Value> {
    let mut number = |sql: &str| -> StoreResult<Value> {
        match tx.query_row(sql, [], |row| row.get::<_, i64>(0)) {
            Ok(number) => Ok(number.into()),
            Err(error) => damage(error, problems).map(|()| Value::Null),
        }
    };
    let mut counts = serde_json::Map::new();
    for table in COUNTED {
        counts.insert(table.to_owned(), number(&format!("SELECT count(*) FROM {table}"))?);
    }
    let page_size = number("PRAGMA page_size")?.as_i64().unwrap_or(0);
    let bytes = |pages: Value| pages.as_i64().map_or(Value::Null, |pages| (pages * page_size).into());
    Ok(json!({
        "unfinished_erasure": unfinished::is_marked(tx).unwrap_or(false),
        "schema_version": number("PRAGMA user_version")?,
        "size_bytes": bytes(number("PRAGMA page_count")?),
        "free_bytes": bytes(number("PRAGMA freelist_count")?),
        "counts": counts,
        "waiting_threads": number("SELECT count(*) FROM hydration_queue")?,
        "index_version": number("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'index_text_version'")?,
    }))
}

/// A failure that damage explains is a finding; any other ends the check.
fn damage(error: rusqlite::Error, problems: &mut Vec<String>) -> StoreResult<()> {
    match StoreError::from(error) {
        StoreError::Corrupt(detail) | StoreError::Disk(detail) => {
            tell_once(detail, problems);
            Ok(())
        }
        StoreError::Sqlite(error) => {
            problems.push(error.to_string());
            Ok(())
        }
        other => Err(other),
    }
}

/// One damaged page is met by several looks.
fn tell_once(detail: String, problems: &mut Vec<String>) {
    if !problems.contains(&detail) {
        problems.push(detail);
    }
}
