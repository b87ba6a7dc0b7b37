//! The counts that triggers keep, beside counting.

use proptest::prelude::*;
use rusqlite::Connection;

use crate::store::people::labels;
use crate::store::{OpenMode, Store};

/// Statements as the writer, `repair` and people at a prompt write them; each is run with two
/// small numbers.
const STATEMENTS: &[&str] = &[
    "INSERT INTO conversations (id, created_at, updated_at, state, channel, team_assignee_id) VALUES (?1, '2026-01-01', '2026-01-01', CASE ?2 % 2 WHEN 0 THEN 'open' ELSE 'closed' END, nullif('email', CASE ?2 WHEN 3 THEN 'email' END), nullif(?2, 2))
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, channel = coalesce(excluded.channel, channel), team_assignee_id = excluded.team_assignee_id, updated_at = excluded.updated_at",
    "INSERT OR IGNORE INTO conversations (id, created_at, updated_at, state, priority, admin_assignee_id) VALUES (?1, '2026-01-01', '2026-01-01', 'open', 'high', ?2)",
    "UPDATE conversations SET admin_assignee_id = ?2, team_assignee_id = NULL WHERE id <= ?1",
    "UPDATE OR IGNORE conversations SET priority = 'low', state = 'snoozed', channel = 'chat' WHERE id = ?1 AND ?2",
    "UPDATE conversations SET thread_complete = TRUE, message_count = ?2 WHERE id = ?1",
    "DELETE FROM conversations WHERE id = ?1 AND ?2 > 1",
    "UPDATE conversations SET message_count = message_count + ?2 WHERE id >= ?1",
    "INSERT OR IGNORE INTO conversations (id, created_at, updated_at, message_count) VALUES (?1, '2026-01-01', '2026-01-01', ?2)",
    "INSERT OR IGNORE INTO conversation_tags SELECT 't' || ?2, id, NULL FROM conversations WHERE id >= ?1",
    "UPDATE OR IGNORE conversation_tags SET tag_id = 't9' WHERE conversation_id = ?1 AND ?2",
    "DELETE FROM conversation_tags WHERE tag_id = 't' || ?2 AND ?1 > 2",
    "DELETE FROM conversations WHERE ?1 = 5 AND ?2 = 0",
    "DELETE FROM conversation_tags WHERE ?1 = 5 AND ?2 = 1",
    "INSERT OR IGNORE INTO conversations (id, created_at, updated_at, custom_attributes, contact_id, company_id, language)
        VALUES (?1, '2026-01-01', '2026-01-01', CASE ?2 WHEN 0 THEN '{damaged' WHEN 1 THEN '[]' ELSE '{\"Plan\": 1, \"Old\": null, \"n' || ?1 || '\": {}}' END,
            'c' || ?2, nullif('k' || ?2, 'k1'), CASE ?1 WHEN 2 THEN 'de' END)",
    "UPDATE conversations SET custom_attributes = CASE ?2 WHEN 0 THEN NULL WHEN 1 THEN '{' ELSE '{\"Plan\": 2, \"x\": 1}' END WHERE id >= ?1",
    "UPDATE conversations SET custom_attributes = CASE ?2 WHEN 0 THEN '5' WHEN 1 THEN '\"x\"' WHEN 2 THEN '[1, 2]' ELSE x'7b7d' END WHERE id = ?1",
    "UPDATE conversations SET contact_id = 'c' || ?2, company_id = NULL WHERE id = ?1",
    "UPDATE conversations SET company_id = 'k' || ?2, language = 'fr' WHERE id = ?1",
    "INSERT OR IGNORE INTO contacts (id, role, country, language, custom_attributes)
        VALUES ('c' || ?2, 'user', 'Chile', nullif('es', CASE ?1 WHEN 0 THEN 'es' END), '{\"seats\": ' || ?1 || '}')",
    "INSERT OR REPLACE INTO contacts (id, role, country, custom_attributes) VALUES ('c' || ?2, 'user', 'Peru', '{')",
    "UPDATE contacts SET country = 'Bolivia', custom_attributes = '{\"trial\": true}' WHERE id = 'c' || ?2 AND ?1 > 2",
    "UPDATE contacts SET country = x'ff00', language = x'fe', custom_attributes = CASE ?1 % 2 WHEN 0 THEN '5' ELSE '[1]' END WHERE id = 'c' || ?2",
    "DELETE FROM contacts WHERE id = 'c' || ?2 AND ?1 > 2",
    "INSERT OR REPLACE INTO companies (id, name, plan, segments, custom_attributes)
        VALUES ('k' || ?2, 'K', CASE ?1 % 2 WHEN 0 THEN 'Pro' END, '[\"big\", null, \"s' || ?1 || '\"]', '{\"seats\": 4}')",
    "UPDATE companies SET plan = 'Free', segments = 'none' WHERE id = 'k' || ?2",
    "UPDATE companies SET plan = x'ff', segments = '[null, \"a\", 3, {}]', custom_attributes = 'true' WHERE id = 'k' || ?2",
    "DELETE FROM companies WHERE id = 'k' || ?2 AND ?1 > 3",
    "INSERT OR IGNORE INTO content_sources (number, kind, title, url, locale) VALUES (?2 + 1, 'article', CASE ?2 WHEN 1 THEN '' ELSE 'T' END, 'u' || ?1, 'en')",
    "INSERT OR IGNORE INTO conversation_content_sources SELECT s.number, c.number FROM content_sources s, conversations c WHERE c.id >= ?1 AND s.number > ?2",
    "UPDATE OR IGNORE content_sources SET title = 'U' WHERE number = ?2 AND ?1",
    "DELETE FROM conversation_content_sources WHERE source = ?2 + 1 AND ?1 > 2",
];

/// Every function that lists names for which many rows are read.
fn names(connection: &Connection) -> Vec<Vec<labels::Label>> {
    [
        labels::attributes,
        labels::plans,
        labels::segments,
        labels::countries,
        labels::languages,
        labels::articles,
    ]
    .map(|list| list(connection).expect("lists"))
    .into()
}

fn drifted(connection: &Connection) -> Vec<String> {
    let mut statement = connection
        .prepare(
            "SELECT kind || ' ' || name || ' ' || sum(n) FROM
                 (SELECT kind, name, count AS n FROM counts UNION ALL SELECT kind, name, -count FROM counted)
             GROUP BY kind, name HAVING sum(n) <> 0",
        )
        .expect("prepares");
    statement.query_map([], |row| row.get(0)).expect("runs").collect::<Result<_, _>>().expect("reads")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn kept_counts_are_what_counting_finds(
        steps in prop::collection::vec((0..STATEMENTS.len(), 0_i64..6, 0_i64..4), 1..60),
    ) {
        let store = Store::open(":memory:".as_ref(), OpenMode::ReadWrite).expect("opens");
        for (statement, one, other) in steps {
            store.connection().execute(STATEMENTS[statement], [one, other]).expect(STATEMENTS[statement]);
            prop_assert_eq!(drifted(store.connection()), Vec::<String>::new(), "after {}", STATEMENTS[statement]);
        }
    }

    #[test]
    fn names_are_what_gathering_finds_whenever_they_were_kept_last(
        steps in prop::collection::vec((0..STATEMENTS.len(), 0_i64..6, 0_i64..4, prop::bool::ANY), 1..60),
    ) {
        let store = Store::open(":memory:".as_ref(), OpenMode::ReadWrite).expect("opens");
        for (statement, one, other, keeps) in steps {
            store.connection().execute(STATEMENTS[statement], [one, other]).expect(STATEMENTS[statement]);
            let shown = names(store.connection());
            store.connection().execute_batch("INSERT OR IGNORE INTO stale_labels VALUES (1)").expect("marks");
            prop_assert_eq!(&shown, &names(store.connection()), "after {}", STATEMENTS[statement]);
            labels::keep(store.connection()).expect("keeps");
            prop_assert_eq!(&shown, &names(store.connection()), "kept after {}", STATEMENTS[statement]);
            if !keeps {
                store.connection().execute_batch("DELETE FROM label_counts; INSERT INTO stale_labels VALUES (1)").expect("forgets");
            }
        }
    }
}

#[test]
fn a_database_of_version_1_gets_its_counts_and_keeps_its_events() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data.db");
    let old = Connection::open(&path).expect("opens");
    old.execute_batch(include_str!("../schema.sql")).expect("version 1");
    old.execute_batch(
        "PRAGMA user_version = 1; PRAGMA application_id = 0x4661496e;
         INSERT INTO conversations (id, created_at, updated_at, state, message_count) VALUES ('100', '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00', 'closed', 1);
         INSERT INTO messages (id, conversation_id, author_type, body, created_at) VALUES ('100_initial', '100', 'user', 'Hi', '2026-01-01T00:00:00+00:00');
         INSERT INTO conversation_events (conversation_id, id, kind, created_at, author_type) VALUES
             ('100', '77', 'close', '2026-01-02T03:04:05+00:00', 'admin'), ('100', '078', 'snoozed', '2026-01-02T03:04:06+00:00', 'admin');",
    )
    .expect("fills");
    drop(old);
    let store = Store::open(&path, OpenMode::ReadWrite).expect("opens");
    assert_eq!(store.prepared(), &crate::store::Prepared::Migrated { from: 1 });
    let totals = crate::store::conversations::totals::totals(store.connection()).expect("totals");
    assert_eq!((totals.conversations, totals.messages), (1, 1));
    assert_eq!(drifted(store.connection()), Vec::<String>::new());
    let events = crate::store::conversations::threads::events(store.connection(), "100", 9).expect("events");
    let events: Vec<(String, String)> =
        events.into_iter().map(|event| (event.kind, event.created_at.to_iso())).collect();
    assert_eq!(
        events,
        [
            ("close".to_owned(), "2026-01-02T03:04:05+00:00".to_owned()),
            ("snoozed".to_owned(), "2026-01-02T03:04:06+00:00".to_owned())
        ]
    );
    let ids: String = store
        .connection()
        .query_row("SELECT group_concat(typeof(id) || id, ' ') FROM conversation_events", [], |row| {
            row.get(0)
        })
        .expect("ids");
    assert_eq!(ids, "integer77 text078");
}
