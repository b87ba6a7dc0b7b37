//! Every kind of old database opens in place with all its data.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::*;
use crate::error::StoreError;
use crate::store::Prepared;
use crate::store::{OpenMode, Store};
use crate::time::UnixSeconds;

/// 2026-11-22T10:00:00Z.
const NOW: UnixSeconds = UnixSeconds(1_795_341_600);

struct Old {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Old {
    fn new(make: impl Fn(&Path)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data.db");
        make(&path);
        Self { folder, path }
    }

    fn options() -> OpenOptions<'static> {
        // Two hours ahead of UTC, as Berlin in summer.
        OpenOptions { now: NOW, local_offset: &|_| 7200, ..OpenOptions::new(OpenMode::ReadWrite) }
    }

    fn open(&self) -> Store {
        Store::open_with(&self.path, &Self::options()).expect("opens")
    }

    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .expect("lists")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .filter(|name| name != "data.db-journal")
            .collect();
        names.sort();
        names
    }
}

fn rows(store: &Store, sql: &str) -> Vec<String> {
    let mut statement = store.connection().prepare(sql).expect(sql);
    let columns = statement.column_count();
    statement
        .query_map([], |row| {
            let values: Vec<String> = (0..columns)
                .map(|column| Ok(values::text(row, column)?.unwrap_or_else(|| "-".to_owned())))
                .collect::<rusqlite::Result<_>>()?;
            Ok(values.join("|"))
        })
        .expect(sql)
        .collect::<Result<_, _>>()
        .expect(sql)
}

fn found(store: &Store, query: &str) -> Vec<String> {
    rows(
        store,
        &format!(
            "SELECT m.id FROM messages_fts f JOIN messages m ON m.number = f.rowid WHERE messages_fts MATCH '{query}' ORDER BY f.rowid"
        ),
    )
}

/// What must be true of [`fixtures::ROWS`], whichever generation they come from.
fn check_rows(store: &Store) {
    let drifted = "SELECT kind FROM (SELECT * FROM counts EXCEPT SELECT * FROM counted)
                   UNION ALL SELECT kind FROM (SELECT * FROM counted EXCEPT SELECT * FROM counts)";
    assert_eq!(rows(store, drifted), Vec::<String>::new(), "kept counts");
    assert_eq!(
        rows(
            store,
            "SELECT id, created_at, updated_at, customer_email, tags, last_synced, message_count, thread_complete FROM conversations ORDER BY number"
        ),
        [
            "101|2025-06-22T12:00:00+00:00|2025-06-22T12:30:00+00:00|ann@example.com|[\"billing\", \"vip\"]|2025-06-22T13:00:00+00:00|1|0",
            "102|2025-06-22T12:00:00+00:00|2025-06-23T09:00:00+00:00|-|[]|2025-06-23T10:00:00+00:00|2|0",
            "103|2025-06-24T08:15:30+00:00|2025-06-24T08:15:30+00:00|bob@example.com|[]|2025-06-24T09:00:00+00:00|1|0",
        ]
    );
    assert_eq!(
        rows(
            store,
            "SELECT number - 16 * CAST(strftime('%s', created_at) AS INTEGER), id, conversation_id, author_type, body, created_at, part_type, sequence_number, is_note, author_name FROM messages ORDER BY number"
        ),
        [
            "0|101_initial|101|user|<p>My <b>invoice</b> is wrong</p>|2025-06-22T12:00:00+00:00|initial|0|0|-",
            "1|102_initial|102|user|<p>Password reset fails</p>|2025-06-22T12:00:00+00:00|initial|0|0|-",
            "0|5001|102|admin|<p>Known bug, see the tracker</p>|2025-06-22T12:05:00+00:00|note|1|1|-",
            "0|103_initial|103|user|<p>返金をお願いします</p>|2025-06-24T08:15:30+00:00|initial|0|0|-",
        ]
    );
    assert_eq!(found(store, "invoice"), ["101_initial"]);
    assert_eq!(found(store, "note: tracker"), ["5001"]);
    assert_eq!(found(store, "body: tracker"), Vec::<String>::new());
    assert_eq!(found(store, "\"返金\""), ["103_initial"]);
    assert_eq!(
        rows(
            store,
            "SELECT conversation_id, updated_at, attempts FROM hydration_queue ORDER BY updated_at DESC"
        ),
        ["103|1750752930|0", "102|1750669200|0", "101|1750595400|0"]
    );
    assert_eq!(rows(store, "SELECT * FROM coverage"), Vec::<String>::new());
    assert_eq!(rows(store, "PRAGMA integrity_check"), ["ok"]);
    assert_eq!(rows(store, "PRAGMA foreign_key_check"), Vec::<String>::new());
    let sql = rows(store, "SELECT sql FROM sqlite_schema WHERE name = 'sync_metadata'").concat();
    assert!(sql.contains("sync_type TEXT, -- 'full', 'incremental', 'background', 'migration'"), "{sql}");
    assert_eq!(
        rows(
            store,
            "SELECT tbl_name FROM sqlite_schema WHERE name IN ('idx_conversations_created_at', 'idx_messages_conversation_id', 'idx_sync_metadata_completed') ORDER BY 1"
        ),
        ["conversations", "messages", "sync_metadata"]
    );
}

const MIGRATION: &str =
    "2026-11-22T09:00:00+00:00|2026-11-22T10:00:00+00:00|completed|2026-11-15|2026-11-22|3|migration|-";
const RUN: &str = "SELECT sync_started_at, sync_completed_at, sync_status, coverage_start_date, coverage_end_date, total_conversations, sync_type, error_message FROM sync_metadata ORDER BY id";

#[test]
fn v0_is_taken_over() {
    let old = Old::new(fixtures::v0);
    let before = fs::read(&old.path).expect("reads");
    let store = old.open();
    assert_eq!(
        store.prepared(),
        &Prepared::TakenOver(Report {
            conversations: 3,
            messages: 4,
            copy: Some("data.db.bak-2026-11-22".to_owned())
        })
    );
    check_rows(&store);
    assert_eq!(rows(&store, RUN), [MIGRATION]);
    assert_eq!(rows(&store, "SELECT value FROM meta WHERE key = 'original:app_id'"), ["abc123"]);
    assert_eq!(rows(&store, "SELECT count(*) FROM request_patterns"), ["1"]);
    assert_eq!(
        rows(
            &store,
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND (name LIKE '%original%' OR name = 'sync_periods')"
        ),
        Vec::<String>::new()
    );
    let copy = old.folder.path().join("data.db.bak-2026-11-22");
    assert_eq!(fs::read(&copy).expect("reads")[100..], before[100..], "the copy is the file as it was");
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&copy).expect("exists").permissions()) & 0o777,
        0o600
    );
    drop(store);
    assert_eq!(old.files(), ["data.db", "data.db.bak-2026-11-22"]);
}

#[test]
fn v1_keeps_its_runs_in_utc() {
    let old = Old::new(|path| {
        fixtures::v1(path);
        fixtures::make(path, &["INSERT INTO sync_metadata VALUES (4, '2025-06-24T11:00:00.123456', '2025-06-24T11:05:30.5', 'completed', '2025-06-17', '2025-06-24', 3, 3, 'incremental', NULL, '2025-06-24 09:00:00'),
            (5, '2025-06-24T12:00:00', NULL, 'failed', NULL, NULL, 0, 0, 'full', 'no luck', '2025-06-24 10:00:00')"]);
    });
    let store = old.open();
    check_rows(&store);
    assert_eq!(
        rows(&store, RUN),
        [
            "2025-06-24T09:00:00+00:00|2025-06-24T09:05:30+00:00|completed|2025-06-17|2025-06-24|3|incremental|-",
            "2025-06-24T10:00:00+00:00|-|failed|-|-|0|full|no luck",
        ]
    );
    assert_eq!(
        rows(&store, "SELECT created_at FROM sync_metadata"),
        ["2025-06-24T09:00:00+00:00", "2025-06-24T10:00:00+00:00"]
    );
}

#[test]
fn v2_is_taken_over() {
    let old = Old::new(fixtures::v2);
    let store = old.open();
    check_rows(&store);
    assert_eq!(rows(&store, RUN), [MIGRATION], "its sync_metadata was empty");
    assert_eq!(
        rows(&store, "SELECT name FROM sqlite_schema WHERE type = 'view'"),
        ["counted", "labels_gathered"],
        "ours"
    );
    assert_eq!(rows(&store, "SELECT version FROM schema_version"), ["2"]);
}

#[test]
fn data_that_the_original_set_aside_is_found() {
    for make in [fixtures::v0, fixtures::v1] {
        let old = Old::new(|path| {
            make(path);
            fixtures::set_aside(path, "20250901_101500");
        });
        let store = old.open();
        check_rows(&store);
        assert_eq!(rows(&store, RUN), [MIGRATION]);
        let left =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%\\_backup\\_%' ESCAPE '\\'";
        assert_eq!(rows(&store, left), ["request_patterns_backup_20250901_101500"]);
    }
}

/// Several backups and a live table: the newest copy of a conversation, all messages.
#[test]
fn backups_are_merged() {
    let old = Old::new(|path| {
        fixtures::v0(path);
        fixtures::set_aside(path, "20250901_101500");
        fixtures::make(
            path,
            &["DROP TABLE schema_version;
            INSERT INTO conversations (id, created_at, updated_at, customer_email, tags) VALUES
              ('101', '2025-06-22T12:00:00+00:00', '2025-06-25T00:00:00+00:00', 'new@example.com', '[]'),
              ('102', '2025-06-22T12:00:00+00:00', '2025-06-01T00:00:00+00:00', 'older@example.com', '[]');
            INSERT INTO messages (id, conversation_id, author_type, body, created_at, part_type) VALUES
              ('101_initial', '101', 'user', '<p>Edited</p>', '2025-06-22T12:00:00+00:00', 'initial'),
              ('102_initial', '102', 'user', '<p>Stale</p>', '2025-06-22T12:00:00+00:00', 'initial'),
              ('9001', '101', 'admin', '<p>Reply</p>', '2025-06-22T13:00:00+00:00', 'comment');"],
        );
        fixtures::set_aside(path, "20250902_101500");
        fixtures::make(
            path,
            &[
                "INSERT INTO conversations (id, created_at, updated_at) VALUES ('104', '2025-07-01T00:00:00+00:00', '2025-07-01T00:00:00+00:00');",
            ],
        );
    });
    let store = old.open();
    assert_eq!(
        rows(&store, "SELECT id, customer_email, message_count FROM conversations ORDER BY id"),
        ["101|new@example.com|2", "102|-|2", "103|bob@example.com|1", "104|-|0"]
    );
    assert_eq!(
        rows(
            &store,
            "SELECT id, sequence_number, body FROM messages ORDER BY conversation_id, sequence_number"
        ),
        [
            "101_initial|0|<p>Edited</p>",
            "9001|1|<p>Reply</p>",
            "102_initial|0|<p>Password reset fails</p>",
            "5001|1|<p>Known bug, see the tracker</p>",
            "103_initial|0|<p>返金をお願いします</p>",
        ]
    );
}

/// Old versions kept no order in their house: nothing of this may be lost or stop us.
#[test]
fn odd_rows_and_tables_are_kept() {
    let old = Old::new(|path| {
        fixtures::v2(path);
        fixtures::make(path, &["ALTER TABLE conversations ADD COLUMN my_notes TEXT; UPDATE conversations SET my_notes = 'call back' WHERE id = '101';
            CREATE TABLE tags (mine TEXT); INSERT INTO tags VALUES ('keep me');
            CREATE TABLE shopping (item TEXT); INSERT INTO shopping VALUES ('milk');
            CREATE VIEW teams AS SELECT 1;
            CREATE TABLE sync_metadata_old (key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TIMESTAMP); INSERT INTO sync_metadata_old VALUES ('last', 'x', NULL);
            PRAGMA foreign_keys = OFF;
            INSERT INTO messages (id, conversation_id, author_type, body, created_at) VALUES ('7', 'gone', 'user', 'orphan words', '2025-06-26T00:00:00+00:00');
            INSERT INTO messages (id, conversation_id, author_type, body, created_at) VALUES (NULL, '101', 'user', 'no id', '2025-06-26T00:00:00+00:00');
            UPDATE conversations SET tags = 'vip' WHERE id = '102'; UPDATE conversations SET created_at = 'soon' WHERE id = '103';"]);
    });
    let store = old.open();
    assert_eq!(
        rows(&store, "SELECT my_notes FROM conversations_original WHERE my_notes IS NOT NULL"),
        ["call back"]
    );
    assert_eq!(rows(&store, "SELECT body FROM messages_original WHERE id IS NULL"), ["no id"]);
    assert_eq!(rows(&store, "SELECT mine FROM tags_original"), ["keep me"]);
    assert_eq!(rows(&store, "SELECT item FROM shopping"), ["milk"]);
    assert_eq!(rows(&store, "SELECT value FROM meta WHERE key = 'original:last'"), ["x"]);
    assert_eq!(
        rows(&store, "SELECT id, created_at FROM conversations WHERE id IN ('gone', '103') ORDER BY id"),
        ["103|2025-06-24T08:15:30+00:00", "gone|2025-06-26T00:00:00+00:00"]
    );
    assert_eq!(rows(&store, "SELECT tags FROM conversations WHERE id = '102'"), ["[\"vip\"]"]);
    assert_eq!(found(&store, "orphan"), ["7"]);
}

#[test]
fn an_existing_copy_is_not_overwritten() {
    let old = Old::new(fixtures::v1);
    fs::write(old.folder.path().join("data.db.bak-2026-11-22"), b"mine").expect("writes");
    drop(old.open());
    assert_eq!(fs::read(old.folder.path().join("data.db.bak-2026-11-22")).expect("reads"), b"mine");
    assert_eq!(old.files(), ["data.db", "data.db.bak-2026-11-22", "data.db.bak-2026-11-22-2"]);
}

/// A crash in the middle is an open transaction that nobody commits.
#[test]
fn a_crash_in_the_middle_leaves_everything_as_it_was() {
    let old = Old::new(|path| {
        fixtures::v0(path);
        fixtures::set_aside(path, "20250901_101500");
    });
    let before = fs::read(&old.path).expect("reads");
    let mut connection = Connection::open(&old.path).expect("opens");
    connection.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; PRAGMA cache_size = 2; PRAGMA journal_mode = TRUNCATE;").expect("sets");
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).expect("begins");
    let report = convert(&transaction, &Old::options(), None).expect("converts");
    assert_eq!(report.messages, 4);
    drop(transaction);
    drop(connection);
    assert!(before == fs::read(&old.path).expect("reads"), "the file differs");
    check_rows(&old.open());
}

#[test]
fn a_copy_that_cannot_be_written_changes_nothing() {
    let old = Old::new(fixtures::v2);
    let before = fs::read(&old.path).expect("reads");
    // A folder in the way of the unfinished copy.
    fs::create_dir(old.folder.path().join("data.db.bak-2026-11-22.part")).expect("creates");
    let error = Store::open_with(&old.path, &Old::options()).expect_err("refuses");
    assert!(matches!(error, StoreError::CannotWrite(_)), "{error:?}");
    assert!(before == fs::read(&old.path).expect("reads"), "the file differs");
}

#[test]
fn opening_again_changes_nothing() {
    let old = Old::new(fixtures::v1);
    drop(old.open());
    let before = fs::read(&old.path).expect("reads");
    let store = old.open();
    assert_eq!(store.prepared(), &Prepared::Current);
    drop(store);
    assert!(before == fs::read(&old.path).expect("reads"), "the file differs");
    assert_eq!(old.files(), ["data.db", "data.db.bak-2026-11-22"]);
}

#[test]
fn of_many_openers_one_takes_over_and_the_others_wait() {
    let old = Old::new(fixtures::v2);
    let openers: Vec<_> = (0..4)
        .map(|_| {
            let path = old.path.clone();
            std::thread::spawn(move || {
                Store::open_with(&path, &Old::options()).expect("opens").prepared().clone()
            })
        })
        .collect();
    let prepared: Vec<_> = openers.into_iter().map(|opener| opener.join().expect("ends")).collect();
    assert_eq!(prepared.iter().filter(|prepared| **prepared != Prepared::Current).count(), 1, "{prepared:?}");
    check_rows(&old.open());
    assert_eq!(old.files(), ["data.db", "data.db.bak-2026-11-22"]);
}

/// Content that a killed native program left in a WAL is part of what is taken over and copied.
#[test]
fn a_database_in_wal_mode_is_taken_over() {
    let old = Old::new(|path| {
        fixtures::v1(path);
        let native = Connection::open(path).expect("opens");
        native.execute_batch("PRAGMA journal_mode = WAL; UPDATE conversations SET customer_email = 'wal@example.com' WHERE id = '101';").expect("writes");
        let crashed = path.with_file_name("crashed.db");
        fs::copy(path, &crashed).expect("copies");
        fs::copy(path.with_file_name("data.db-wal"), path.with_file_name("crashed.db-wal")).expect("copies");
    });
    let crashed = Old { path: old.folder.path().join("crashed.db"), folder: old.folder };
    let store = crashed.open();
    assert_eq!(
        rows(&store, "SELECT customer_email FROM conversations WHERE id = '101'"),
        ["wal@example.com"]
    );
    let copy = Connection::open(crashed.folder.path().join("crashed.db.bak-2026-11-22")).expect("opens");
    let email: String = copy
        .query_row("SELECT customer_email FROM conversations WHERE id = '101'", [], |row| row.get(0))
        .expect("reads");
    assert_eq!(email, "wal@example.com");
}

/// An original that was never used has nothing to show, and no row claims otherwise.
#[test]
fn an_empty_original_gets_no_migration_row() {
    let old = Old::new(|path| {
        fixtures::v2(path);
        fixtures::make(path, &["DELETE FROM messages; DELETE FROM conversations;"]);
    });
    assert_eq!(rows(&old.open(), RUN), Vec::<String>::new());
}

#[test]
fn another_programs_tables_are_refused_untouched() {
    let old = Old::new(|path| {
        fixtures::make(path, &["CREATE TABLE conversations (topic TEXT); CREATE TABLE songs (title TEXT);"])
    });
    let before = fs::read(&old.path).expect("reads");
    assert!(matches!(Store::open_with(&old.path, &Old::options()), Err(StoreError::Foreign(_))));
    assert!(before == fs::read(&old.path).expect("reads"), "the file differs");
    assert_eq!(old.files(), ["data.db"]);
}
