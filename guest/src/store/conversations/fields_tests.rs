use rusqlite::{Connection, params};

use super::*;
use crate::store::runs::notes;
use crate::store::{OpenMode, Prepared, Store};

fn store() -> Store {
    let store = Store::open(":memory:".as_ref(), OpenMode::ReadWrite).expect("opens");
    store
        .connection()
        .execute_batch(
            "INSERT INTO conversations (number, id, created_at, updated_at) VALUES
                (7, '100', '2026-01-01T00:00:00+00:00', '2026-01-03T00:00:00+00:00'),
                (8, '101', '2026-01-01T00:00:00+00:00', '2026-01-02T00:00:00+00:00')",
        )
        .expect("fills");
    store
}

fn texts(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).expect("prepares");
    let rows = statement.query_map([], |row| row.get(0)).expect("queries");
    rows.collect::<Result<_, _>>().expect("reads")
}

fn source(title: &str, url: &str) -> ContentSourceRow {
    ContentSourceRow {
        kind: "article".to_owned(),
        title: title.to_owned(),
        url: url.to_owned(),
        locale: String::new(),
    }
}

#[test]
fn an_article_is_kept_once_however_many_conversations_it_answered() {
    let store = store();
    let connection = store.connection();
    let twice = [source("Refunds", "u1"), source("Refunds", "u1"), source("", "u2")];
    write_content_sources(connection, 7, &twice).expect("writes");
    write_content_sources(connection, 8, &twice[..1]).expect("writes");
    write_content_sources(connection, 7, &[source("", "u2"), source("Refunds", "elsewhere")])
        .expect("writes");
    let of = "SELECT x.conversation || ' ' || s.title || s.url FROM conversation_content_sources x \
              JOIN content_sources s ON s.number = x.source ORDER BY 1";
    assert_eq!(texts(connection, of), ["7 Refundselsewhere", "7 u2", "8 Refundsu1"]);
    assert_eq!(texts(connection, "SELECT title FROM content_sources").len(), 3);
}

#[test]
fn links_follow_what_intercom_says_now() {
    let store = store();
    let connection = store.connection();
    let link = |kind: &str, id: &str, category: Option<&str>| LinkRow {
        kind: kind.to_owned(),
        id: id.to_owned(),
        category: category.map(str::to_owned),
    };
    write_links(connection, 7, &[link("ticket", "1", None), link("zendesk_ticket", "1", None)])
        .expect("writes");
    write_links(connection, 7, &[link("ticket", "1", Some("Tracker")), link("conversation", "2", None)])
        .expect("writes");
    let all = "SELECT kind || id || coalesce(category, '') FROM conversation_links ORDER BY 1";
    assert_eq!(texts(connection, all), ["conversation2", "ticket1Tracker"]);
}

#[test]
fn a_database_of_version_2_says_what_it_lacks_and_has_it_fetched_the_newest_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data.db");
    let old = Connection::open(&path).expect("opens");
    for step in [include_str!("../schema.sql"), include_str!("../schema_2.sql")] {
        old.execute_batch(step).expect("version 2");
    }
    old.execute_batch(
        "PRAGMA user_version = 2; PRAGMA application_id = 0x4661496e;
         INSERT INTO meta (key, value) VALUES ('index_text_version', 99);
         INSERT INTO contacts (id, name, email, fetched_at, merged_into) VALUES
            ('k1', 'Ann', 'ann@example.com', '2026-01-01T00:00:00+00:00', NULL), ('k2', 'Bo', NULL, '2026-01-01T00:00:00+00:00', 'k1');
         INSERT INTO companies (id, name) VALUES ('c1', 'Blue Sun');",
    )
    .expect("fills");
    for (id, day) in [("100", 1), ("101", 3), ("102", 2)] {
        old.execute(
            "INSERT INTO conversations (id, created_at, updated_at, thread_complete) VALUES (?1, ?2, ?2, TRUE)",
            params![id, format!("2026-01-0{day}T00:00:00+00:00")],
        )
        .expect("fills");
    }
    drop(old);
    let store = Store::open(&path, OpenMode::ReadWrite).expect("opens");
    assert_eq!(store.prepared(), &Prepared::Migrated { from: 2 });
    let connection = store.connection();
    let notes = notes::notes(connection).expect("notes");
    assert_eq!(notes, [note(3)], "the migration and the syncs say the same");
    assert_eq!(enqueue_unfilled(connection, 2).expect("queues"), 3);
    assert_eq!(
        texts(connection, "SELECT conversation_id FROM hydration_queue ORDER BY updated_at DESC"),
        ["101", "102"]
    );
    assert_eq!(texts(connection, "SELECT id FROM contacts WHERE fetched_at IS NULL"), ["k1"], "and contacts");
    assert_eq!(
        texts(connection, "SELECT name FROM companies UNION ALL SELECT name FROM contacts ORDER BY 1"),
        ["Ann", "Blue Sun", "Bo"]
    );
}
