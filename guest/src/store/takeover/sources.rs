//! Finds the original's tables, makes room for ours, and clears away what was copied.

use rusqlite::Connection;

use crate::error::StoreResult;
use crate::sorting;
use crate::store::schema::own_names;

/// Columns of all generations, which have a place in our tables or are recomputed.
const CONVERSATIONS: &[&str] = &[
    "id",
    "created_at",
    "updated_at",
    "customer_email",
    "tags",
    "last_synced",
    "message_count",
    "thread_complete",
    "last_message_synced",
    "message_sequence_number",
    "thread_last_checked",
];
const MESSAGES: &[&str] = &[
    "id",
    "conversation_id",
    "author_type",
    "body",
    "created_at",
    "part_type",
    "sequence_number",
    "last_synced",
    "sync_version",
    "thread_position",
    "is_complete",
];
pub(super) const RUNS: &[&str] = &[
    "id",
    "sync_started_at",
    "sync_completed_at",
    "sync_status",
    "coverage_start_date",
    "coverage_end_date",
    "total_conversations",
    "total_messages",
    "sync_type",
    "error_message",
    "created_at",
];
const KEY_VALUES: &[&str] = &["key", "value", "updated_at"];
/// Tables with the original's book-keeping.
const HELPERS: &[&str] =
    &["sync_periods", "request_patterns", "conversation_sync_state", "message_threads", "schema_version"];
const VIEWS: &[&str] = &["conversations_needing_sync", "conversations_needing_incremental_sync"];

/// A table of the original's that is to be copied.
pub(super) struct Source {
    /// Its name now.
    pub(super) table: String,
    /// Its name before we made room.
    name: String,
    pub(super) columns: Vec<String>,
    /// Tables that were in use, or set aside, at the same time have the same number here.
    pub(super) generation: usize,
    /// All columns are known, and no row had to be left out.
    pub(super) understood: bool,
}

impl Source {
    /// The expression that reads a column, which an older generation may not have.
    pub(super) fn column(&self, name: &str) -> String {
        if self.columns.iter().any(|column| column == name) { quoted(name) } else { "NULL".to_owned() }
    }

    /// The table's name in SQL.
    pub(super) fn sql(&self) -> String {
        quoted(&self.table)
    }
}

/// The tables of each kind; the live one first, then backups, the newest first.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) conversations: Vec<Source>,
    pub(super) messages: Vec<Source>,
    pub(super) runs: Vec<Source>,
    pub(super) key_values: Vec<Source>,
    helpers: Vec<String>,
}

impl Sources {
    pub(super) fn find(connection: &Connection) -> StoreResult<Self> {
        let mut found = Self::default();
        let mut tables = names(connection, "table")?;
        sorting::by_cached_key(&mut tables, |table| {
            let (_, backup) = base_and_backup(table);
            (backup.is_some(), std::cmp::Reverse(backup.map(str::to_owned)))
        });
        let mut generations: Vec<Option<String>> = Vec::new();
        for table in tables {
            let (base, backup) = base_and_backup(&table);
            let backup = backup.map(str::to_owned);
            let generation = generations.iter().position(|known| *known == backup).unwrap_or_else(|| {
                generations.push(backup);
                generations.len() - 1
            });
            let base = base.to_ascii_lowercase();
            let columns = columns(connection, &table)?;
            let has = |wanted: &[&str]| wanted.iter().all(|name| columns.iter().any(|column| column == name));
            let (kind, known) = match base.as_str() {
                "conversations" if has(&["id", "created_at", "updated_at"]) => {
                    (&mut found.conversations, CONVERSATIONS)
                }
                "messages" if has(&["id", "conversation_id", "author_type", "body", "created_at"]) => {
                    (&mut found.messages, MESSAGES)
                }
                "sync_metadata" | "sync_metadata_old" if has(&["sync_started_at", "sync_status"]) => {
                    (&mut found.runs, RUNS)
                }
                "sync_metadata" | "sync_metadata_old" if has(&["key", "value"]) => {
                    (&mut found.key_values, KEY_VALUES)
                }
                base if HELPERS.contains(&base) => {
                    found.helpers.push(table);
                    continue;
                }
                _ => continue,
            };
            let understood = columns.iter().all(|column| known.contains(&column.as_str()));
            kind.push(Source { name: table.clone(), table, columns, generation, understood });
        }
        Ok(found)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.conversations.is_empty()
            && self.messages.is_empty()
            && self.runs.is_empty()
            && self.key_values.is_empty()
            && self.helpers.is_empty()
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Source> {
        self.conversations
            .iter_mut()
            .chain(&mut self.messages)
            .chain(&mut self.runs)
            .chain(&mut self.key_values)
    }

    /// Renames or removes everything that has a name of ours.
    pub(super) fn make_room(&mut self, connection: &Connection) -> StoreResult<()> {
        let own = own_names()?;
        let ours = |name: &str| own.contains(&name.to_ascii_lowercase());
        for view in names(connection, "view")? {
            if ours(&view) || VIEWS.contains(&view.to_ascii_lowercase().as_str()) {
                connection.execute_batch(&format!("DROP VIEW {}", quoted(&view)))?;
            }
        }
        for kind in ["trigger", "index"] {
            for name in names(connection, kind)?.iter().filter(|name| ours(name)) {
                connection.execute_batch(&format!("DROP {kind} {}", quoted(name)))?;
            }
        }
        for table in names(connection, "table")?.into_iter().filter(|table| ours(table)) {
            let free = free_name(connection, &format!("{table}_original"), &own)?;
            connection.execute_batch(&format!(
                "ALTER TABLE {} RENAME TO {}",
                quoted(&table),
                quoted(&free)
            ))?;
            if let Some(source) = self.all().find(|source| source.name == table) {
                source.table = free;
            }
        }
        Ok(())
    }

    /// Drops what was copied completely, and book-keeping without rows.
    pub(super) fn clear_away(&mut self, connection: &Connection) -> StoreResult<()> {
        let helpers = std::mem::take(&mut self.helpers);
        for helper in helpers.iter().filter(|helper| !helper.eq_ignore_ascii_case("schema_version")) {
            let empty = !connection.prepare(&format!("SELECT 1 FROM {}", quoted(helper)))?.exists([])?;
            if empty {
                connection.execute_batch(&format!("DROP TABLE {}", quoted(helper)))?;
            }
        }
        // Messages before conversations, since they refer to them.
        let order = self.messages.iter().chain(&self.conversations).chain(&self.runs).chain(&self.key_values);
        for source in order.filter(|source| source.understood) {
            connection.execute_batch(&format!("DROP TABLE {}", source.sql()))?;
        }
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, description TEXT);
             INSERT OR IGNORE INTO schema_version (version, description) VALUES (2, 'Enhanced message tracking with conversation threads');",
        )?;
        Ok(())
    }
}

/// An identifier in SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Splits `messages_backup_20250901_101500` into `messages` and `20250901_101500`.
fn base_and_backup(table: &str) -> (&str, Option<&str>) {
    match table.split_once("_backup_") {
        Some((base, time))
            if !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') =>
        {
            (base, Some(time))
        }
        _ => (table, None),
    }
}

/// Names of everything of that kind but SQLite's own.
fn names(connection: &Connection, kind: &str) -> StoreResult<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = ?1 AND sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )?;
    Ok(statement.query_map([kind], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// A table's columns, in lower case.
fn columns(connection: &Connection, table: &str) -> StoreResult<Vec<String>> {
    let mut statement = connection.prepare("SELECT lower(name) FROM pragma_table_info(?1)")?;
    Ok(statement.query_map([table], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// That name, or with a number behind it when it is taken.
fn free_name(connection: &Connection, wanted: &str, own: &[String]) -> StoreResult<String> {
    let mut number = 1;
    let mut name = wanted.to_owned();
    let mut taken = connection.prepare("SELECT 1 FROM sqlite_schema WHERE lower(name) = lower(?1)")?;
    while own.contains(&name.to_ascii_lowercase()) || taken.exists([&name])? {
        number += 1;
        name = format!("{wanted}_{number}");
    }
    Ok(name)
}
