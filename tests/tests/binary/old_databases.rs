//! Databases of the original program, opened in place; and files that are none of ours.

use std::fs;

use fastintercom_tests::database::Database;
use fastintercom_tests::expected::{self, day, iso};
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::server::{Server, Stop};
use fastintercom_tests::simulator::model::Author;
use fastintercom_tests::simulator::{Config, Id, Simulator};
use serde_json::{Value, json};

use super::{database, simulate};

const COMMON: &str = include_str!("../../fixtures/original/common.sql");
const V0_V1: &str = include_str!("../../fixtures/original/v0-v1.sql");
const KEY_VALUES: &str = include_str!("../../fixtures/original/key-values.sql");
const RUNS: &str = include_str!("../../fixtures/original/runs.sql");
const V2: &str = include_str!("../../fixtures/original/v2.sql");

/// Which database the original program left behind.
#[derive(Clone, Copy, Debug)]
enum Generation {
    V0,
    V1,
    V2,
    /// v1, put aside by the original's last version, which then began empty.
    SetAside,
}

impl Generation {
    const ALL: [Self; 4] = [Self::V0, Self::V1, Self::V2, Self::SetAside];

    /// Makes the database, with what the original would have read of the first ten conversations.
    fn make(self, simulator: &Simulator, scratch: &Scratch) {
        let rows = rows(simulator);
        let tables = match self {
            Self::V0 => [V0_V1, KEY_VALUES, COMMON, &rows].concat(),
            Self::V1 => [V0_V1, RUNS, COMMON, &rows].concat(),
            Self::V2 => [V2, RUNS, COMMON, &rows].concat(),
            Self::SetAside => {
                let aside: String =
                    ["conversations", "messages", "sync_metadata", "sync_periods", "request_patterns"]
                        .map(|table| {
                            format!("ALTER TABLE {table} RENAME TO {table}_backup_20250701_101500;\n")
                        })
                        .concat();
                // The indexes stay with the renamed tables, so the new ones have none.
                let anew =
                    [V2, RUNS, COMMON].concat().replace("CREATE INDEX idx", "CREATE INDEX IF NOT EXISTS idx");
                [V0_V1, RUNS, COMMON, &rows, &aside, &anew].concat()
            }
        };
        Database::create(&scratch.database(), &tables);
    }
}

/// Conversations and first messages, in the original's formats.
fn rows(simulator: &Simulator) -> String {
    let workspace = simulator.workspace();
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    workspace
        .conversations()
        .take(10)
        .map(|conversation| {
            let (id, created) = (conversation.id, iso(conversation.created_at));
            let source = conversation.source.as_ref().expect("a first message");
            let email = match source.author {
                Author::Contact(contact) => workspace.directory.contacts[contact as usize].email.as_deref(),
                _ => None,
            };
            format!(
                "INSERT INTO conversations (id, created_at, updated_at, customer_email, tags, message_count)
                 VALUES ('{id}', '{created}', '{}', {}, {}, 1);
                 INSERT INTO messages (id, conversation_id, author_type, body, created_at, part_type)
                 VALUES ('{id}_initial', '{id}', 'user', {}, '{created}', 'initial');\n",
                iso(conversation.updated_at),
                email.map_or_else(|| "NULL".to_owned(), quoted),
                quoted(&json!(expected::tags(&workspace, conversation)).to_string()),
                quoted(&source.body),
            )
        })
        .collect()
}

/// Every thread has three messages; the first and the last have a word of their own.
fn workspace() -> Simulator {
    simulate(
        Config::new()
            .conversations(12)
            .days(20)
            .messages_per_conversation(3)
            .plant(4, 0, "a hurdy-gurdy first")
            .plant(4, 2, "and a nyckelharpa last"),
    )
}

fn find(session: &fastintercom_tests::session::Session, word: &str) -> Value {
    session.call_tool("search_conversations", json!({"query": word})).succeeded()
}

#[test]
fn what_the_original_stored_is_there_at_once_and_completed_by_the_next_sync() {
    for generation in Generation::ALL {
        let simulator = workspace();
        let id: Id = simulator.workspace().conversation_at(4).expect("it exists").id;
        let server = Server::new(&simulator);
        let scratch = server.scratch().clone();
        generation.make(&simulator, &scratch);

        let session = server.clone().without_token().start();
        let found = find(&session, "hurdy");
        assert_eq!(found["conversations"][0]["id"], id.to_string(), "{generation:?}: {found}");
        assert_eq!(found["sync_info"]["data_complete"], false, "{generation:?}: {found}");
        let all = session.call_tool("search_conversations", json!({"limit": 100})).succeeded();
        assert_eq!(all["total_matches"], 10, "{generation:?}: {all}");

        let info = session.call_tool("get_data_info", json!({})).succeeded();
        assert_eq!(info["has_data"], true, "{generation:?}: {info}");
        assert_eq!(info["sync_type"], "migration", "{generation:?}: {info}");
        assert_eq!(info["total_conversations"], 10, "{generation:?}: {info}");
        assert_eq!(info["data_complete"], false, "{generation:?}: {info}");
        let now = simulator.now();
        let coverage =
            session.call_tool("check_coverage", json!({"start_date": day(now, 3), "end_date": day(now, 1)}));
        let coverage = coverage.succeeded();
        assert_eq!(coverage["has_coverage"], false, "{generation:?}: a migration covers nothing: {coverage}");
        session.stop_by(Stop::CloseStdin).assert_clean();

        let rows = database(&scratch).rows(
            "SELECT sync_type, sync_status, coverage_start_date, coverage_end_date, total_conversations,
                unixepoch(sync_completed_at) - unixepoch(sync_started_at)
             FROM sync_metadata",
        );
        assert_eq!(
            rows,
            [["migration", "completed", &day(now, 7), &day(now, 0), "10", "3600"]],
            "{generation:?}"
        );

        let session = server.start();
        session.wait_until_synced();
        let found = find(&session, "nyckelharpa");
        assert_eq!(found["conversations"][0]["id"], id.to_string(), "{generation:?}: {found}");
        let info = session.call_tool("get_data_info", json!({})).succeeded();
        assert_eq!(info["total_conversations"], 12, "{generation:?}: {info}");
        assert_eq!(info["total_messages"], 36, "{generation:?}: {info}");
        assert_eq!(info["data_complete"], true, "{generation:?}: {info}");
    }
}

/// The copy beside the database is the old one, as it was.
#[test]
fn a_copy_is_written_before_the_first_change() {
    for generation in Generation::ALL {
        let simulator = workspace();
        let server = Server::new(&simulator).without_token();
        let scratch = server.scratch().clone();
        generation.make(&simulator, &scratch);
        let before = database(&scratch).rows("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name");
        let session = server.start();
        session.call_tool("get_data_info", json!({})).succeeded();
        drop(session);
        let copy = scratch.database_folder().join(format!("data.db.bak-{}", day(simulator.now(), 0)));
        let copied =
            Database::open(&copy).rows("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name");
        assert_eq!(copied, before, "{generation:?}");
    }
}

/// Rows of runs that are there stay, and no migration row is added; local times become UTC.
#[test]
fn the_originals_runs_stay() {
    let simulator = workspace();
    let server = Server::new(&simulator).without_token().env("TZ", "Etc/GMT-2");
    Generation::V2.make(&simulator, server.scratch());
    Database::create(
        &server.scratch().database(),
        "INSERT INTO sync_metadata (sync_started_at, sync_completed_at, sync_status, coverage_start_date, coverage_end_date,
            total_conversations, total_messages, sync_type)
         VALUES ('2025-06-22T14:00:00.123456', '2025-06-22T14:05:00.654321', 'completed', '2025-06-15', '2025-06-22', 10, 10, 'full');",
    );
    let session = server.start();
    let info = session.call_tool("get_data_info", json!({})).succeeded();
    assert_eq!(
        (&info["sync_type"], &info["last_sync"]),
        (&json!("full"), &json!("2025-06-22T12:05:00+00:00")),
        "{info}"
    );
    let rows = database(server.scratch())
        .rows("SELECT sync_type, sync_started_at, sync_completed_at FROM sync_metadata");
    assert_eq!(rows, [["full", "2025-06-22T12:00:00+00:00", "2025-06-22T12:05:00+00:00"]]);
}

/// Whatever it is, it is somebody's: an error, and not one byte changed.
#[test]
fn files_that_are_not_ours_are_left_untouched() {
    let simulator = workspace();
    let cases: [(&str, Vec<u8>, &str); 3] = [
        ("text", b"Dear diary, this is no database at all. ".repeat(200), "not an SQLite database"),
        ("newer", foreign("PRAGMA user_version = 9999; CREATE TABLE conversations (id TEXT)"), "newer"),
        ("another program's", foreign("CREATE TABLE recipes (name TEXT)"), "another program"),
    ];
    for (name, content, words) in cases {
        let server = Server::new(&simulator);
        fs::write(server.scratch().database(), &content).expect("the file is written");
        let session = server.start();
        for tool in ["get_data_info", "force_sync"] {
            let sentence = session.call_tool(tool, json!({})).failed();
            assert!(sentence.to_lowercase().contains(&words.to_lowercase()), "{name}, {tool}: {sentence}");
            assert!(sentence.contains("untouched"), "{name}, {tool}: {sentence}");
        }
        session.stop_by(Stop::CloseStdin).assert_clean();
        assert!(
            fs::read(server.scratch().database()).expect("it is there") == content,
            "{name}: it was changed"
        );
    }
}

fn foreign(statements: &str) -> Vec<u8> {
    let scratch = Scratch::new();
    Database::create(&scratch.database(), statements);
    fs::read(scratch.database()).expect("it is there")
}

/// The table that other tools read, to the letter.
#[test]
fn sync_metadata_is_the_promised_table() {
    let simulator = workspace();
    let session = super::synced(&simulator);
    let schema = database(session.scratch())
        .rows("SELECT sql FROM sqlite_schema WHERE tbl_name = 'sync_metadata' AND sql IS NOT NULL ORDER BY type DESC");
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
    assert_eq!(schema[0][0], promised);
    assert_eq!(
        schema[1][0],
        "CREATE INDEX idx_sync_metadata_completed ON sync_metadata(sync_completed_at DESC)"
    );
}
