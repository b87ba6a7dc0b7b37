//! Copies of the database with some of the conversations, for callers who may not see all.
//!
//! Who may read less reads another file: one that never had the rest. So nothing has to be hidden
//! anywhere, in no count, ranking, suggestion, completion or statement, and nothing that is added
//! later can be forgotten. The host lets the readers of such a caller see the folder of that file
//! only.
//!
//! A copy is brought up to date from the database, while others read and write that: conversations
//! that changed are copied whole, each in the state of one moment. What says how complete and how
//! fresh everything is was read before them, and so never claims more than there is.

mod conversation;
mod mirror;
mod scope;

pub use crate::wit::exports::fastintercom::component::maintenance::Filtered;
use std::collections::{HashMap, HashSet};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};

use self::conversation::{conversation_columns, copy_conversation, next_number, remove};
use self::mirror::{copy_rows, hash_row, mirror, replace};
use self::scope::Resolved;
pub use self::scope::Scope;
use super::connection::Store;
use super::conversations::fields;
use super::conversations::totals::{Totals, totals_within};
use super::header::{on_disk, sibling};
use super::help_center::articles;
use super::opening::{OpenMode, OpenOptions};
use super::people::labels::keep as keep_labels;
use super::runs;
use super::runs::facts::Fact;
use super::runs::notes::set_note;
use super::schema::SCHEMA_VERSION;
use super::statistics::keep_days;
use super::takeover::create_private;
use crate::error::{StoreError, StoreResult};
use crate::text::INDEX_TEXT_VERSION;
use crate::time::UnixSeconds;

/// Conversations copied in one read of the database: its writers wait for the end of each.
const BATCH: usize = 100;
/// Runs whose rows a copy has.
const RUNS: i64 = 20;
/// Changed conversations after which the index is merged and statistics are refreshed.
const MANY: u64 = 1_000;
/// Days of figures made in one go.
const DAYS_AT_ONCE: u32 = 64;

/// Brings a copy up to date with the database, or makes it. It lies beside the database, has no
/// folder in its name, and nobody else has it open.
///
/// A copy that cannot be continued is made anew: another program's version, or made before
/// somebody was erased.
///
/// # Errors
/// [`StoreError::Other`] when asked to stop, and what SQLite or the disk reports. The copy is then
/// of no use.
pub fn refresh(
    source: &mut Store,
    file_name: &str,
    scope: &Scope,
    options: &OpenOptions<'_>,
    should_stop: &dyn Fn() -> bool,
) -> StoreResult<Filtered> {
    let path = source.path().with_file_name(file_name);
    let stamp = source.read(|from| stamp(from, scope))?;
    let mut target = match open(&path, options) {
        Ok(target) if stamp_of(target.connection())?.as_deref() == Some(&*stamp) => target,
        opened => {
            drop(opened);
            for leftover in [path.clone(), sibling(&path, "-journal")] {
                let _ = std::fs::remove_file(on_disk(&leftover));
            }
            create_private(&path)?;
            open(&path, options)?
        }
    };
    let report = Copying { source, target: &mut target, should_stop }.run(scope, options.now)?;
    target.write(|to| {
        to.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", params![STAMP, stamp])?;
        Ok(())
    })?;
    drop(target);
    let writing = |error: std::io::Error| StoreError::from_writing(&error);
    std::fs::File::options()
        .write(true)
        .open(on_disk(&path))
        .and_then(|copy| copy.sync_all())
        .map_err(writing)?;
    Ok(report)
}

fn open(path: &Path, options: &OpenOptions<'_>) -> StoreResult<Store> {
    let store = Store::open_with(path, &OpenOptions { mode: OpenMode::ReadWrite, ..*options })?;
    // Nobody reads an unfinished copy. What was removed from it is not to be found in its gaps.
    store.connection().execute_batch(
        "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_spill = ON; PRAGMA secure_delete = ON;
         CREATE TABLE IF NOT EXISTS filtered_conversations (source INTEGER PRIMARY KEY, number INTEGER NOT NULL, mark INTEGER NOT NULL);",
    )?;
    Ok(store)
}

const STAMP: &str = "filtered_from";

/// What a copy can be continued with: the same versions, the same conversations to show, and
/// nobody erased since.
fn stamp(source: &Connection, scope: &Scope) -> StoreResult<String> {
    let erased: String = source.query_row(
        "SELECT count(*) || ' ' || coalesce(max(erased_at), '') FROM erased",
        [],
        |row| row.get(0),
    )?;
    Ok(format!("{SCHEMA_VERSION} {INDEX_TEXT_VERSION} {erased} {scope:?}"))
}

fn stamp_of(target: &Connection) -> StoreResult<Option<String>> {
    Ok(target.query_row("SELECT value FROM meta WHERE key = ?1", [STAMP], |row| row.get(0)).optional()?)
}

struct Copying<'a> {
    source: &'a mut Store,
    target: &'a mut Store,
    should_stop: &'a dyn Fn() -> bool,
}

impl Copying<'_> {
    fn run(&mut self, scope: &Scope, now: UnixSeconds) -> StoreResult<Filtered> {
        let (resolved, listed) = self.begin(scope)?;
        let (gone, changed) = self.differences(&listed)?;
        for batch in gone.chunks(BATCH) {
            self.go_on()?;
            self.target.write(|to| batch.iter().try_for_each(|source| remove(to, *source).map(drop)))?;
        }
        for batch in changed.chunks(BATCH) {
            self.go_on()?;
            self.copy(&resolved, scope, batch, &listed)?;
        }
        self.end(now)?;
        self.target.refresh_index(self.should_stop)?;
        while self.target.write(|to| keep_days(to, DAYS_AT_ONCE))? {
            self.go_on()?;
        }
        self.target.write(|to| keep_labels(to))?;
        self.target.keep_statistics()?;
        let changed = (gone.len() + changed.len()) as u64;
        if changed >= MANY {
            self.target.optimize(self.should_stop)?;
        }
        self.go_on()?;
        let conversations = self.target.read(|to| {
            Ok(to.query_row("SELECT count(*) FROM conversations", [], |row| row.get::<_, i64>(0))?)
        })?;
        Ok(Filtered {
            conversations: u64::try_from(conversations).unwrap_or(0),
            changed,
            unknown: resolved.unknown,
        })
    }

    fn go_on(&self) -> StoreResult<()> {
        if (self.should_stop)() { Err(StoreError::Other("it was stopped".to_owned())) } else { Ok(()) }
    }

    /// Reads which conversations there are to be, with a mark of the state of each, and copies what
    /// is said of all together: both of one moment.
    fn begin(&mut self, scope: &Scope) -> StoreResult<(Resolved, HashMap<i64, i64>)> {
        let target = &mut *self.target;
        self.source.read(|from| {
            let resolved = scope.resolve(from)?;
            let columns = conversation_columns(from)?.join(", c.");
            let mut statement = from.prepare(&format!(
                "SELECT c.number, c.{columns} FROM conversations c WHERE {}",
                resolved.condition
            ))?;
            let mut rows = statement.query([])?;
            let mut listed = HashMap::new();
            while let Some(row) = rows.next()? {
                listed.insert(row.get(0)?, hash_row(row)?);
            }
            target.write(|to| copy_state(from, to))?;
            Ok((resolved, listed))
        })
    }

    /// What is in the copy and no longer listed, and what is new or another than in the copy.
    fn differences(&mut self, listed: &HashMap<i64, i64>) -> StoreResult<(Vec<i64>, Vec<i64>)> {
        let held: HashMap<i64, i64> = self.target.read(|to| {
            let mut statement = to.prepare("SELECT source, mark FROM filtered_conversations")?;
            let held = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(held.collect::<Result<_, _>>()?)
        })?;
        let gone = held.keys().filter(|number| !listed.contains_key(number)).copied().collect();
        let mut changed: Vec<i64> = listed
            .iter()
            .filter(|(number, mark)| held.get(number) != Some(mark))
            .map(|(number, _)| *number)
            .collect();
        changed.sort_unstable();
        Ok((gone, changed))
    }

    fn copy(
        &mut self,
        resolved: &Resolved,
        scope: &Scope,
        batch: &[i64],
        listed: &HashMap<i64, i64>,
    ) -> StoreResult<()> {
        let target = &mut *self.target;
        self.source.read(|from| {
            target.write(|to| {
                // Events refer to them; they are never changed.
                copy_rows(from, to, "event_kinds", "TRUE", [])?;
                for source in batch {
                    let number = match remove(to, *source)? {
                        Some(number) => number,
                        None => next_number(to)?,
                    };
                    copy_conversation(from, to, *source, number, &resolved.condition, scope.notes)?;
                    // One that has changed since it was listed is copied again next time.
                    to.prepare_cached(
                        "INSERT INTO filtered_conversations (source, number, mark) VALUES (?1, ?2, ?3)",
                    )?
                    .execute(params![source, number, listed.get(source)])?;
                }
                Ok(())
            })
        })
    }

    /// People and companies of the conversations that there are now, the help centre, and what is
    /// counted of the copy itself.
    fn end(&mut self, now: UnixSeconds) -> StoreResult<()> {
        let target = &mut *self.target;
        self.source.read(|from| {
            target.write(|to| {
                let wanted = |sql: &str| -> StoreResult<Vec<String>> {
                    Ok(to.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
                };
                let contacts = wanted(
                    "SELECT contact_id FROM conversation_contacts
                     UNION SELECT contact_id FROM conversations WHERE contact_id IS NOT NULL",
                )?;
                let contacts = with_merged(from, contacts)?;
                mirror(from, to, "contacts", "id", Some(&contacts))?;
                let companies = wanted(
                    "SELECT company_id FROM conversations WHERE company_id IS NOT NULL
                     UNION SELECT company_id FROM contacts WHERE company_id IS NOT NULL",
                )?;
                mirror(from, to, "companies", "id", Some(&companies))?;
                to.execute(
                    "DELETE FROM content_sources WHERE number NOT IN (SELECT source FROM conversation_content_sources)",
                    [],
                )?;
                // Tags that Intercom does not list are known from conversations alone.
                to.execute(
                    "DELETE FROM tags WHERE NOT listed AND id NOT IN (SELECT tag_id FROM conversation_tags)",
                    [],
                )?;
                let changed = mirror(from, to, "articles", "id", None)?;
                if mirror(from, to, "article_texts", "number", None)? + changed > 0 {
                    articles::index_all(to)?;
                }
                count_anew(to, now)
            })
        })
    }
}

/// Whether this is such a copy. Tickets are in none: one may be linked to conversations that are not
/// in the copy, and tell of their customers.
///
/// # Errors
/// When the database cannot be read.
pub fn is_copy(connection: &Connection) -> StoreResult<bool> {
    let sql = "SELECT 1 FROM main.sqlite_schema WHERE name = 'filtered_conversations'";
    Ok(connection.prepare_cached(sql)?.exists([])?)
}

const UNLISTED: &str = "Intercom does not list all conversations that it has, so some may be missing. Each sync tries to read them again.";

/// What is said of the whole cache: labels, what is covered, which runs there were.
fn copy_state(from: &Connection, to: &Connection) -> StoreResult<()> {
    for table in ["admins", "teams", "tags"] {
        mirror(from, to, table, "id", None)?;
    }
    for table in ["workspace", "coverage", "sync_windows", "collections"] {
        replace(from, to, table, "TRUE")?;
    }
    replace(from, to, "sync_metadata", &format!("id > (SELECT max(id) FROM sync_metadata) - {RUNS}"))?;
    // Only instants: what was counted, was counted of everything.
    let facts: Vec<String> = Fact::ALL.iter().map(|fact| format!("'{}'", fact.key())).collect();
    let facts = format!("key IN ({})", facts.join(", "));
    to.execute(&format!("DELETE FROM meta WHERE {facts}"), [])?;
    copy_rows(from, to, "meta", &facts, [])?;
    // Sentences with counts of everything are worded anew.
    let counting = "topic NOT IN ('fields', 'unlisted', 'set-aside', 'tickets')";
    replace(from, to, "sync_notes", counting)?;
    let short: Option<String> = from.query_row(
        "SELECT max(noted_at) FROM sync_notes WHERE topic IN ('unlisted', 'set-aside')",
        [],
        |row| row.get(0),
    )?;
    if let Some(at) = short {
        to.execute(
            "INSERT INTO sync_notes (topic, note, noted_at) VALUES ('unlisted', ?1, ?2)",
            [UNLISTED, &at],
        )?;
    }
    Ok(())
}

/// The contacts, those that were merged into them, and those that they were merged into.
fn with_merged(from: &Connection, mut contacts: Vec<String>) -> StoreResult<Vec<String>> {
    let mut pairs = from.prepare("SELECT id, merged_into FROM contacts WHERE merged_into IS NOT NULL")?;
    let pairs: Vec<(String, String)> =
        pairs.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let mut known: HashSet<String> = contacts.iter().cloned().collect();
    loop {
        let before = known.len();
        for (merged, into) in &pairs {
            if known.contains(merged) || known.contains(into) {
                known.insert(merged.clone());
                known.insert(into.clone());
            }
        }
        if known.len() == before {
            break;
        }
    }
    contacts.clear();
    contacts.extend(known);
    Ok(contacts)
}

/// What was counted of everything, counted of the copy.
fn count_anew(to: &Connection, now: UnixSeconds) -> StoreResult<()> {
    to.execute(
        "DELETE FROM hydration_queue WHERE conversation_id NOT IN (SELECT id FROM conversations)",
        [],
    )?;
    let unfilled: i64 =
        to.query_row("SELECT count(*) FROM conversations WHERE fields IS NULL", [], |row| row.get(0))?;
    if unfilled > 0 {
        set_note(to, "fields", &fields::note(u64::try_from(unfilled).unwrap_or(0)), now)?;
    }
    for run in runs::all(to)? {
        let totals = run.interval().map_or(Ok(Totals::default()), |days| totals_within(to, days))?;
        runs::set_totals(to, run.id, totals)?;
    }
    Ok(())
}
