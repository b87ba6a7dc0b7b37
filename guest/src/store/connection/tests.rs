//! Opening, settings, sharing, and trouble with the file.

use std::fs;
use std::sync::{Arc, Barrier};

use rusqlite::Connection;

use super::*;
use crate::store::schema::APPLICATION_ID;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn text(connection: &Connection, sql: &str) -> String {
    connection
        .query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0))
        .map(|value| match value {
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => format!("{other:?}"),
        })
        .expect(sql)
}

#[test]
fn a_new_database_has_its_tables_and_settings() {
    let folder = folder();
    let path = folder.path().join("data.db");
    let store = Store::open(&path, OpenMode::ReadWrite).expect("opens");
    assert_eq!(store.prepared(), &Prepared::Created);
    let is = |pragma: &str, value: &str| {
        assert_eq!(text(store.connection(), &format!("PRAGMA {pragma}")), value, "{pragma}")
    };
    is("user_version", &SCHEMA.to_string());
    is("application_id", &APPLICATION_ID.to_string());
    is("journal_mode", "truncate");
    is("synchronous", "1");
    is("temp_store", "2");
    is("cache_size", "-8192");
    is("cache_spill", "0");
    is("foreign_keys", "1");
    is("auto_vacuum", "2");
    is("page_size", "4096");
    let again = Store::open(&path, OpenMode::ReadWrite).expect("opens again");
    assert_eq!(again.prepared(), &Prepared::Current);
}

/// The text that the contract of the original promises, seen with `.schema sync_metadata`.
#[test]
fn sync_metadata_is_the_promised_table() {
    let store = Store::open(Path::new(":memory:"), OpenMode::ReadWrite).expect("opens");
    let sql = text(store.connection(), "SELECT sql FROM sqlite_schema WHERE name = 'sync_metadata'");
    let promised = "CREATE TABLE sync_metadata (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sync_started_at TIMESTAMP NOT NULL,
    sync_completed_at TIMESTAMP,
    sync_status TEXT NOT NULL, -- 'in_progress', 'completed', 'failed'
    coverage_start_date DATE,
    coverage_end_date DATE,
    total_conversations INTEGER DEFAULT 0,
    total_messages INTEGER DEFAULT 0,
    sync_type TEXT, -- 'full', 'incremental', 'background', 'migration'
    error_message TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
)";
    assert_eq!(sql, promised);
    assert_eq!(
        text(store.connection(), "SELECT sql FROM sqlite_schema WHERE name = 'idx_sync_metadata_completed'"),
        "CREATE INDEX idx_sync_metadata_completed ON sync_metadata(sync_completed_at DESC)"
    );
}

#[test]
fn strangers_files_are_refused_and_untouched() {
    let folder = folder();
    let open = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("writes");
        let error = Store::open(&path, OpenMode::ReadWrite).expect_err("refuses");
        assert_eq!(fs::read(&path).expect("reads"), content, "{name} was changed");
        assert_eq!(
            fs::read_dir(folder.path()).expect("lists").count(),
            1,
            "{name}: something was written beside it"
        );
        fs::remove_file(&path).expect("removes");
        error
    };
    let database = |sql: &str| {
        let path = folder.path().join("made.db");
        Connection::open(&path).and_then(|db| db.execute_batch(sql)).expect(sql);
        let content = fs::read(&path).expect("reads");
        fs::remove_file(&path).expect("removes");
        content
    };
    assert!(matches!(open("text", b"hello, I am a text"), StoreError::NotADatabase));
    assert!(matches!(open("text", &[b'x'; 5000]), StoreError::NotADatabase));
    assert!(matches!(open("short", b"SQLite format 3\0"), StoreError::NotADatabase));
    let newer = database("CREATE TABLE t (a); PRAGMA user_version = 99;");
    assert!(matches!(open("newer", &newer), StoreError::Newer { found: 99, known: SCHEMA }));
    let foreign = database("CREATE TABLE t (a); PRAGMA application_id = 7;");
    assert!(matches!(open("foreign", &foreign), StoreError::Foreign(_)));
    let newer_in_wal = database("PRAGMA journal_mode = WAL; CREATE TABLE t (a); PRAGMA user_version = 99;");
    assert!(matches!(open("newer in WAL mode", &newer_in_wal), StoreError::Newer { found: 99, .. }));
}

const SCHEMA: i64 = SCHEMA_VERSION;

#[test]
fn an_empty_file_is_a_new_database() {
    let folder = folder();
    let path = folder.path().join("data.db");
    fs::write(&path, b"").expect("writes");
    assert_eq!(Store::open(&path, OpenMode::ReadWrite).expect("opens").prepared(), &Prepared::Created);
}

#[test]
fn many_openers_create_the_tables_once() {
    let folder = folder();
    let path = Arc::new(folder.path().join("data.db"));
    let barrier = Arc::new(Barrier::new(4));
    let openers: Vec<_> = (0..4)
        .map(|_| {
            let (path, barrier) = (path.clone(), barrier.clone());
            std::thread::spawn(move || {
                barrier.wait();
                Store::open(&path, OpenMode::ReadWrite).expect("opens").prepared().clone()
            })
        })
        .collect();
    let prepared: Vec<_> = openers.into_iter().map(|opener| opener.join().expect("ends")).collect();
    assert_eq!(prepared.iter().filter(|prepared| **prepared == Prepared::Created).count(), 1, "{prepared:?}");
}

#[test]
fn a_write_is_whole_or_not_at_all() {
    let mut store = Store::open(Path::new(":memory:"), OpenMode::ReadWrite).expect("opens");
    let count = |store: &mut Store| {
        store
            .read(|tx| Ok(tx.query_row("SELECT count(*) FROM companies", [], |row| row.get::<_, i64>(0))?))
            .expect("counts")
    };
    store
        .write(|tx| Ok(tx.execute("INSERT INTO companies (id, name) VALUES ('1', 'a')", [])?))
        .expect("writes");
    let failed: StoreResult<()> = store.write(|tx| {
        tx.execute("INSERT INTO companies (id, name) VALUES ('2', 'b')", [])?;
        Err(StoreError::Other("no".to_owned()))
    });
    assert!(failed.is_err());
    assert_eq!(count(&mut store), 1);
}

/// A reader sees one state even when another connection tries to commit in between.
#[test]
fn a_read_sees_one_state() {
    let folder = folder();
    let path = folder.path().join("data.db");
    let mut reader = Store::open(&path, OpenMode::ReadWrite).expect("opens");
    let (began, begun) = std::sync::mpsc::channel();
    let writer = std::thread::spawn({
        let path = path.clone();
        move || {
            let mut writer = Store::open(&path, OpenMode::ReadWrite).expect("opens");
            begun.recv().expect("the reader reads");
            writer
                .write(|tx| Ok(tx.execute("INSERT INTO companies (id, name) VALUES ('1', 'a')", [])?))
                .expect("waits, then writes");
        }
    });
    let counts = reader
        .read(|tx| {
            let count = || tx.query_row("SELECT count(*) FROM companies", [], |row| row.get::<_, i64>(0));
            let first = count()?;
            began.send(()).expect("the writer waits");
            std::thread::sleep(Duration::from_millis(30));
            Ok((first, count()?))
        })
        .expect("reads");
    assert_eq!(counts, (0, 0));
    writer.join().expect("ends");
    assert_eq!(text(reader.connection(), "SELECT count(*) FROM companies"), "1");
}

#[test]
fn a_file_in_wal_mode_is_put_back() {
    let folder = folder();
    let path = folder.path().join("data.db");
    Store::open(&path, OpenMode::ReadWrite).expect("opens");
    let native = Connection::open(&path).expect("opens");
    native
        .execute_batch("PRAGMA journal_mode = WAL; INSERT INTO companies (id, name) VALUES ('1', 'a');")
        .expect("switches");
    drop(native);
    assert_eq!(fs::read(&path).expect("reads")[18..20], [2, 2]);
    let store = Store::open(&path, OpenMode::ReadWrite).expect("opens");
    assert_eq!(fs::read(&path).expect("reads")[18..20], [1, 1]);
    assert_eq!(text(store.connection(), "SELECT name FROM companies"), "a");
    // The lock was given back: others can write.
    Connection::open(&path).expect("opens").execute("DELETE FROM companies", []).expect("writes");
}

/// What a native program that was killed in WAL mode leaves behind is not lost.
#[test]
fn a_left_over_wal_is_recovered() {
    let folder = folder();
    let (path, copy) = (folder.path().join("first.db"), folder.path().join("data.db"));
    Store::open(&path, OpenMode::ReadWrite).expect("opens");
    let native = Connection::open(&path).expect("opens");
    native
        .execute_batch("PRAGMA journal_mode = WAL; INSERT INTO companies (id, name) VALUES ('1', 'a');")
        .expect("switches");
    // A copy of both files while it is open is what a kill leaves.
    fs::copy(&path, &copy).expect("copies");
    fs::copy(folder.path().join("first.db-wal"), folder.path().join("data.db-wal")).expect("copies");
    let store = Store::open(&copy, OpenMode::ReadWrite).expect("opens");
    assert_eq!(text(store.connection(), "SELECT name FROM companies"), "a");
}

#[test]
fn a_reader_writes_nothing() {
    let folder = folder();
    let path = folder.path().join("data.db");
    assert!(matches!(Store::open(&path, OpenMode::ReadOnly), Err(StoreError::CannotOpen(_))));
    fs::write(&path, b"").expect("writes");
    assert!(matches!(Store::open(&path, OpenMode::ReadOnly), Err(StoreError::Unprepared(0))));
    Store::open(&path, OpenMode::ReadWrite).expect("opens");
    let mut store = Store::open(&path, OpenMode::ReadOnly).expect("opens");
    assert!(matches!(store.write(|_| Ok(())), Err(StoreError::ReadOnly)));
    store.read(|_| Ok(())).expect("reads");
}

#[cfg(unix)]
#[test]
fn a_deleted_or_replaced_file_is_noticed() {
    let folder = folder();
    let path = folder.path().join("data.db");
    let mut store = Store::open(&path, OpenMode::ReadWrite).expect("opens");
    store
        .write(|tx| Ok(tx.execute("INSERT INTO companies (id, name) VALUES ('1', 'old')", [])?))
        .expect("writes");
    fs::rename(&path, folder.path().join("away.db")).expect("moves");
    assert!(matches!(store.read(|_| Ok(())), Err(StoreError::Moved)));
    let mut other = Store::open(&path, OpenMode::ReadWrite).expect("opens");
    other
        .write(|tx| Ok(tx.execute("INSERT INTO companies (id, name) VALUES ('1', 'new')", [])?))
        .expect("writes");
    let name =
        store.read(|tx| Ok(tx.query_row("SELECT name FROM companies", [], |row| row.get::<_, String>(0))?));
    assert_eq!(name.expect("reads the new file"), "new");
}
