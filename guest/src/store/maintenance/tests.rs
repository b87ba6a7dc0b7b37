//! Checks, copies and salvage of sound and damaged files.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::store::{IndexEntry, index_message};

struct Home {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Home {
    /// A database with so many conversations of five messages each.
    fn with(conversations: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data.db");
        let mut store = Store::open(&path, OpenMode::ReadWrite).expect("opens");
        store
            .write(|tx| {
                for number in 0..conversations as i64 {
                    tx.execute(
                        "INSERT INTO conversations (number, id, created_at, updated_at, message_count, thread_complete)
                         VALUES (?1, ?1, '2026-01-01T00:00:00+00:00', '2026-01-02T00:00:00+00:00', 5, TRUE)",
                        [number],
                    )?;
                    tx.execute("INSERT INTO conversation_tags VALUES ('t', ?1, NULL)", [number])?;
                    for part in 0..5 {
                        // Numbers far apart, as seconds are.
                        let message = (number * 5 + part) * 160_000;
                        let body = format!("<p>word{message} {}</p>", "filling ".repeat(40));
                        tx.execute(
                            "INSERT INTO messages (number, id, conversation_id, author_type, body, created_at) VALUES (?1, ?1, ?2, 'user', ?3, '2026-01-01T00:00:00+00:00')",
                            rusqlite::params![message, number, body],
                        )?;
                        let entry = IndexEntry {
                            message,
                            conversation: number,
                            subject: None,
                            plain_body: &body,
                            is_note: false,
                        };
                        index_message(tx, &entry)?;
                    }
                }
                tx.execute("INSERT INTO coverage VALUES (0, 100)", [])?;
                Ok(())
            })
            .expect("fills");
        // Counts the words of conversations, as a sync does at its end.
        store.refresh_index(&|| false).expect("counts");
        Self { folder, path }
    }

    fn open(&self) -> Store {
        Store::open(&self.path, OpenMode::ReadWrite).expect("opens")
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Overwrites pages (numbered from 1) that hold rows of a table.
    fn damage(&self, pages: impl IntoIterator<Item = usize>) {
        let mut bytes = fs::read(&self.path).expect("reads");
        for page in pages {
            bytes[(page - 1) * 4096..page * 4096].fill(0xa5);
        }
        fs::write(&self.path, bytes).expect("writes");
    }

    /// The leaf pages of a table, in order.
    fn leaves(&self, table: &str) -> Vec<usize> {
        let store = self.open();
        let mut statement = store
            .connection()
            .prepare("SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY path")
            .expect("dbstat");
        statement
            .query_map([table], |row| row.get::<_, i64>(0))
            .expect("lists")
            .map(|page| usize::try_from(page.expect("reads")).expect("fits"))
            .collect()
    }
}

fn number(path: &Path, sql: &str) -> i64 {
    rusqlite::Connection::open(path).expect("opens").query_row(sql, [], |row| row.get(0)).expect(sql)
}

#[test]
fn a_sound_database_has_no_problems() {
    let home = Home::with(20);
    let report = home.open().check().expect("checks");
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["counts"]["messages"], 100);
    assert!(report["size_bytes"].as_i64().expect("a number") > 4096);
    assert_eq!(home.open().size().expect("reads"), fs::metadata(&home.path).expect("exists").len());
}

#[test]
fn a_missing_index_entry_is_a_problem() {
    let home = Home::with(2);
    let mut store = home.open();
    store.write(|tx| crate::store::unindex_message(tx, 0)).expect("removes");
    let report = store.check().expect("checks");
    assert_eq!(report["problems"][0], "1 messages are missing in the index of words", "{report}");
    // Its text was taken away: there is no word to find it by.
    store
        .write(|tx| Ok(tx.execute("UPDATE messages SET body = '', redacted = TRUE WHERE number = 0", [])?))
        .expect("redacts");
    let report = store.check().expect("checks");
    assert_eq!(report["ok"], true, "{report}");
}

#[test]
fn a_wrong_count_is_a_problem_that_salvage_mends() {
    let home = Home::with(3);
    let mut store = home.open();
    store
        .write(|tx| Ok(tx.execute("UPDATE counts SET count = 7 WHERE kind = 'state'", [])?))
        .expect("spoils a count");
    let report = store.check().expect("checks");
    assert_eq!(
        report["problems"][0], "a kept count is wrong: state open is kept as 7, counted 3",
        "{report}"
    );
    salvage(&home.path, "saved.db", &OpenOptions::new(OpenMode::ReadWrite)).expect("salvages");
    let saved = home.beside("saved.db");
    assert_eq!(number(&saved, "SELECT count FROM counts WHERE kind = 'state' AND name = 'open'"), 3);
    assert_eq!(number(&saved, "SELECT count FROM counts WHERE kind = 'tag' AND name = 't'"), 3);
    let report = Store::open(&saved, OpenMode::ReadWrite).expect("opens").check().expect("checks");
    assert_eq!(report["ok"], true, "{report}");
}

#[test]
fn damage_is_found_and_is_no_error_of_the_check() {
    let home = Home::with(200);
    let leaves = home.leaves("messages");
    home.damage([leaves[leaves.len() / 2]]);
    let report = home.open().check().expect("checks");
    assert_eq!(report["ok"], false, "{report}");
}

#[test]
fn a_backup_is_whole_while_others_write() {
    let home = Home::with(50);
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let writer = std::thread::spawn({
        let (stop, mut store) = (stop.clone(), home.open());
        move || {
            let mut id = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                id += 1;
                // Both rows or none.
                store
                    .write(|tx| {
                        tx.execute("INSERT INTO companies (id, name) VALUES (?1, 'a')", [id])?;
                        Ok(tx.execute("INSERT INTO teams (id, name) VALUES (?1, 'a')", [id])?)
                    })
                    .expect("writes");
            }
        }
    });
    for copy in ["one.db", "two.db", "three.db"] {
        home.open().backup(copy).expect("copies");
        let copy = home.beside(copy);
        assert_eq!(number(&copy, "SELECT count(*) FROM messages"), 250);
        assert_eq!(
            number(&copy, "SELECT (SELECT count(*) FROM companies) - (SELECT count(*) FROM teams)"),
            0
        );
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&copy).expect("exists").permissions())
                & 0o777,
            0o600
        );
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    writer.join().expect("ends");
}

#[test]
fn a_backup_overwrites_nothing_and_leaves_the_folder_alone() {
    let home = Home::with(1);
    let store = home.open();
    for name in ["", "data.db", "../x.db", "/tmp/x.db", "a\\b", ".hidden", "c:x"] {
        assert!(matches!(store.backup(name), Err(StoreError::Other(_))), "{name}");
    }
}

#[test]
fn salvage_of_a_sound_database_loses_nothing() {
    let home = Home::with(30);
    let report = salvage(&home.path, "saved.db", &OpenOptions::new(OpenMode::ReadWrite)).expect("salvages");
    assert_eq!(report["saved"]["messages"], 150);
    assert_eq!(report["lost"]["messages"], 0);
    assert_eq!(report["unreadable_stretches"], 0);
    let saved = home.beside("saved.db");
    assert_eq!(number(&saved, "SELECT count(*) FROM coverage"), 1);
    let report = Store::open(&saved, OpenMode::ReadWrite).expect("opens").check().expect("checks");
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(number(&saved, "SELECT count(*) FROM messages_fts WHERE messages_fts MATCH 'word160000'"), 1);
}

#[test]
fn salvage_reads_around_damaged_pages() {
    let home = Home::with(400);
    let (messages, conversations) = (home.leaves("messages"), home.leaves("conversations"));
    assert!(messages.len() > 100 && conversations.len() > 4, "{} {}", messages.len(), conversations.len());
    home.damage([
        messages[10],
        messages[11],
        messages[60],
        *messages.last().expect("many"),
        conversations[2],
    ]);
    let damaged = fs::read(&home.path).expect("reads");
    let report = salvage(&home.path, "saved.db", &OpenOptions::new(OpenMode::ReadWrite)).expect("salvages");
    assert!(fs::read(&home.path).expect("reads") == damaged, "the damaged file was changed");
    let lost = report["lost"]["messages"].as_i64().expect("counted by the index");
    // A page holds about ten of these messages.
    assert!((4..60).contains(&lost), "{report}");
    assert_eq!(report["saved"]["messages"].as_i64().expect("a number") + lost, 2000, "{report}");
    assert!(report["lost"]["conversations"].as_i64().expect("counted") > 0, "{report}");
    let saved = home.beside("saved.db");
    assert_eq!(number(&saved, "SELECT count(*) FROM coverage"), 0, "what is missing must be read again");
    assert!(number(&saved, "SELECT count(*) FROM hydration_queue") > 0);
    assert_eq!(
        number(&saved, "SELECT count(*) FROM conversations WHERE thread_complete AND message_count <> 5"),
        0
    );
    let report = Store::open(&saved, OpenMode::ReadWrite).expect("opens").check().expect("checks");
    assert_eq!(report["ok"], true, "{report}");
}

#[test]
fn a_database_whose_tables_cannot_be_found_is_told_as_such_and_left_alone() {
    let home = Home::with(20);
    home.damage(home.leaves("sqlite_schema"));
    let damaged = fs::read(&home.path).expect("reads");
    let result = salvage(&home.path, "saved.db", &OpenOptions::new(OpenMode::ReadWrite));
    let Err(StoreError::Other(sentence)) = result else { panic!("{result:?}") };
    assert!(sentence.contains("Restore a backup, or move the file away"), "{sentence}");
    assert!(fs::read(&home.path).expect("reads") == damaged, "the damaged file was changed");
    assert!(!home.beside("saved.db").exists() && !home.beside("saved.db.part").exists());
}

/// Pages enough that one go takes several times as long as a step may.
#[test]
fn a_commit_waits_for_a_step_of_a_backup_and_not_for_the_whole() {
    let home = Home::with(1);
    let store = home.open();
    store
        .connection()
        .execute_batch(
            "CREATE TABLE ballast (filling BLOB);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
             INSERT INTO ballast SELECT zeroblob(1000000) FROM n",
        )
        .expect("fills");
    drop(store);
    let part = home.beside("copy.db.part");
    let (whole, wait) = std::thread::scope(|scope| {
        let copying = scope.spawn(|| {
            let begun = std::time::Instant::now();
            home.open().backup("copy.db").expect("copies");
            begun.elapsed()
        });
        let mut writer = home.open();
        // In the middle of the first round.
        while fs::metadata(&part).map_or(0, |part| part.len()) < 40_000_000 {
            assert!(!copying.is_finished(), "the copy was made before anybody could look");
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let begun = std::time::Instant::now();
        writer
            .write(|tx| Ok(tx.execute("INSERT INTO companies (id, name) VALUES ('1', 'a')", [])?))
            .expect("writes");
        let wait = begun.elapsed();
        (copying.join().expect("ends"), wait)
    });
    assert!(wait * 2 < whole, "a commit waited {wait:?} of the {whole:?} of a backup");
    // It began anew, and shows the commit.
    assert_eq!(number(&home.beside("copy.db"), "SELECT count(*) FROM companies"), 1);
}

#[test]
fn optimize_gives_space_back() {
    let home = Home::with(3000);
    let mut store = home.open();
    let before = store.size().expect("reads");
    store.write(|tx| Ok(tx.execute_batch("DELETE FROM messages WHERE number > 1600000; INSERT INTO messages_fts (messages_fts) VALUES ('delete-all')")?)).expect("deletes");
    store.optimize(&|| false).expect("optimizes");
    store.optimize(&|| false).expect("has nothing left to do");
    assert!(store.size().expect("reads") < before);
    assert_eq!(
        number(&home.path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
        0
    );
}

#[test]
fn prepare_says_what_was_done() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data.db");
    let options = OpenOptions::new(OpenMode::ReadWrite);
    assert_eq!(prepare(&path, &options).expect("prepares"), "Created a new database.");
    assert_eq!(prepare(&path, &options).expect("prepares"), "The database is ready.");
}

/// By a sample of a thousand rows SQLite took the three states for rare values: with 200,000
/// conversations the closed ones of a week were found by reading all that are closed.
#[test]
fn a_week_is_read_by_its_days_and_not_by_a_state() {
    let home = Home::with(0);
    let mut store = home.open();
    let plan = |store: &Store, condition: &str| -> String {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT number FROM conversations c
             WHERE c.created_at BETWEEN '2026-01-01' AND '2026-01-08' AND {condition}"
        );
        store.connection().query_row(&sql, [], |row| row.get(3)).expect("plans")
    };
    let grow = |store: &mut Store, to: i64| {
        store
            .write(|tx| {
                Ok(tx.execute(
                    "INSERT OR IGNORE INTO conversations (id, created_at, updated_at, state)
                     SELECT value, '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00',
                         iif(value % 5, 'closed', 'open') FROM (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ?1) SELECT value FROM n)",
                    [to],
                )?)
            })
            .expect("grows");
    };
    let statistics = |store: &Store| -> Option<String> {
        let sql = "SELECT stat FROM sqlite_stat1 WHERE idx = 'idx_conversations_state'";
        store.connection().query_row(sql, [], |row| row.get(0)).ok()
    };
    grow(&mut store, 3_000);
    store.keep_statistics().expect("keeps");
    assert_eq!(statistics(&store).as_deref(), Some("3000 1500"));
    assert!(plan(&store, "c.state = 'closed'").contains("idx_conversations_created_at"));
    // What is new by half changes nothing; twice as many are counted anew, and after each big sync.
    grow(&mut store, 4_500);
    store.keep_statistics().expect("keeps");
    assert_eq!(statistics(&store).as_deref(), Some("3000 1500"));
    store.optimize(&|| false).expect("optimizes");
    assert_eq!(statistics(&store).as_deref(), Some("4500 2250"));
}

impl Home {
    fn spoil(&self, sql: &str) {
        let connection = rusqlite::Connection::open(&self.path).expect("opens");
        connection.execute_batch("PRAGMA foreign_keys = OFF").expect("is off");
        connection.execute_batch(sql).expect(sql);
    }

    fn problems(&self) -> String {
        self.open().check().expect("checks")["problems"].to_string()
    }

    /// Saves into a new file, which has no problems.
    fn salvaged(&self) -> (serde_json::Value, PathBuf) {
        let _ = fs::remove_file(self.beside("saved.db"));
        let report =
            salvage(&self.path, "saved.db", &OpenOptions::new(OpenMode::ReadWrite)).expect("salvages");
        let saved = self.beside("saved.db");
        let checked = Store::open(&saved, OpenMode::ReadWrite).expect("opens").check().expect("checks");
        assert_eq!(checked["ok"], true, "{checked}");
        (report, saved)
    }
}

/// A row in every table that a value is spoilt in below.
const ROWS: &str = "INSERT INTO contacts (id, name, fetched_at) VALUES ('k', 'Kim', '2026-01-01T00:00:00+00:00');
    INSERT INTO tickets (number, id, description, created_at, updated_at)
        VALUES (1, 't', 'a', '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00');
    INSERT INTO event_kinds (number, name) VALUES (1, 'close'), (2, 'open');
    INSERT INTO conversation_events (conversation, id, kind, created_seconds) VALUES (1, 7, 1, 0), (1, 8, 2, 0), (2, 9, 2, 0);";

#[test]
fn a_value_of_another_type_is_told_and_repaired() {
    const QUEUE: &str = "SELECT count(*) FROM hydration_queue WHERE conversation_id = '1'";
    for (column, value, what, then) in [
        (
            "conversations.title",
            "x'ff41'",
            "none of its type",
            "SELECT title LIKE '%A' FROM conversations WHERE id = '1'",
        ),
        ("conversations.created_at", "x'ff'", "none of its type", QUEUE),
        ("conversations.updated_at", "7", "none of its type", QUEUE),
        (
            "conversations.snoozed_until",
            "x'ff'",
            "none of its type",
            "SELECT snoozed_until IS NULL FROM conversations WHERE id = '1'",
        ),
        ("conversations.rating", "'good'", "none of its type", QUEUE),
        ("conversations.custom_attributes", "x'ff'", "none of its type", QUEUE),
        ("conversations.custom_attributes", "'{\"a\": '", "no JSON", QUEUE),
        ("conversations.tags", "'a, b'", "no JSON", "SELECT tags = '[]' FROM conversations WHERE id = '1'"),
        ("messages.body", "x'ff00fe'", "none of its type", QUEUE),
        ("messages.author_type", "x'ff'", "none of its type", QUEUE),
        ("messages.is_note", "'yes'", "none of its type", QUEUE),
        ("messages.attachments", "'x'", "no JSON", QUEUE),
        ("tickets.description", "x'41'", "none of its type", "SELECT description = 'A' FROM tickets"),
        ("tickets.created_at", "x'41'", "none of its type", "SELECT count(*) = 0 FROM tickets"),
        (
            "contacts.name",
            "x'41'",
            "none of its type",
            "SELECT name = 'A' AND fetched_at IS NULL FROM contacts",
        ),
        ("conversation_events.created_seconds", "x'41'", "none of its type", QUEUE),
    ] {
        let home = Home::with(3);
        home.spoil(ROWS);
        assert_eq!(home.problems(), "[]", "{column}");
        let (table, name) = column.split_once('.').expect("a column");
        let one = match table {
            "conversations" => "id = '1'",
            "messages" => "id = (SELECT id FROM messages WHERE conversation_id = '1' LIMIT 1)",
            "conversation_events" => "id = 7",
            _ => "TRUE",
        };
        home.spoil(&format!("UPDATE {table} SET {name} = {value} WHERE {one}"));
        let told = home.problems();
        let rows = format!("1 rows of {table} have a ");
        assert!(
            told.contains(&rows) && told.contains(&format!("in {name} that is {what}")),
            "{column}: {told}"
        );
        let (report, saved) = home.salvaged();
        assert_eq!(report["mended"], serde_json::json!({table: 1}), "{column} = {value}: {report}");
        assert_eq!(report["lost"]["messages"], 0, "{column}: {report}");
        assert_eq!(number(&saved, then), 1, "{column} = {value}: {report}");
        assert_eq!(
            number(&saved, "SELECT count(*) FROM coverage"),
            1,
            "nothing else is read again: {column}"
        );
    }
}

#[test]
fn an_event_of_a_missing_kind_is_left_out_and_its_conversation_fetched_again() {
    let home = Home::with(3);
    home.spoil(ROWS);
    home.spoil("DELETE FROM event_kinds WHERE number = 1");
    assert!(home.problems().contains("conversation_events → event_kinds"), "{}", home.problems());
    let (report, saved) = home.salvaged();
    assert_eq!(report["left_out"], serde_json::json!({"conversation_events": 1}), "{report}");
    assert_eq!(number(&saved, "SELECT count(*) FROM conversation_events"), 2);
    assert_eq!(number(&saved, "SELECT count(*) FROM hydration_queue"), 1);
    assert_eq!(number(&saved, "SELECT count(*) FROM hydration_queue WHERE conversation_id = '1'"), 1);
    assert_eq!(number(&saved, "SELECT thread_complete FROM conversations WHERE id = '1'"), 0);
}

#[test]
fn an_index_a_trigger_a_view_or_a_table_that_is_missing_is_told_and_made_anew() {
    for (kind, name) in [
        ("index", "idx_messages_conversation_id"),
        ("index", "idx_conversations_open"),
        ("trigger", "count_new_conversation"),
        ("view", "counted"),
        ("table", "sync_notes"),
    ] {
        let home = Home::with(3);
        home.spoil(&format!("DROP {kind} {name}"));
        let told = home.problems();
        assert!(told.contains(&format!("the {kind} {name}")) && told.contains("is missing"), "{told}");
        let (_, saved) = home.salvaged();
        let there = format!("SELECT count(*) FROM sqlite_schema WHERE type = '{kind}' AND name = '{name}'");
        assert_eq!(number(&saved, &there), 1, "{name}");
    }
}

#[test]
fn a_salvaged_file_needs_not_to_be_made_anew_for_an_interrupted_erasure() {
    let home = Home::with(1);
    home.spoil("INSERT INTO meta (key, value) VALUES ('unfinished_erasure', 1)");
    assert_eq!(home.open().check().expect("checks")["unfinished_erasure"], true);
    let (report, saved) = home.salvaged();
    assert_eq!(report["unfinished_erasure"], true, "{report}");
    assert_eq!(number(&saved, "SELECT count(*) FROM meta WHERE key = 'unfinished_erasure'"), 0);
}
