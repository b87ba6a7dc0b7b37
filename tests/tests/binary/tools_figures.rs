//! `get_conversation_stats`, `list_filters`, `get_customer` and `query_database`.

use fastintercom_tests::expected::{self, iso};
use fastintercom_tests::simulator::Config;
use fastintercom_tests::simulator::model::{Author, State};
use serde_json::{Value, json};

use super::{database, simulate, small, synced};

#[test]
fn figures_are_those_of_the_workspace() {
    let simulator = simulate(Config::new().conversations(120).days(60));
    let session = synced(&simulator);
    let workspace = simulator.workspace();
    let (after, before) = (workspace.now() - 30 * 86_400, workspace.now() - 86_400);
    let created = |c: &fastintercom_tests::simulator::Conversation| (after..=before).contains(&c.created_at);
    let expected = expected::ids(&workspace, created).len();
    let closed = expected::ids(&workspace, |c| created(c) && c.state == State::Closed).len();
    let days = before - after + 1;
    let earlier = expected::ids(&workspace, |c| (after - days..after).contains(&c.created_at)).len();
    drop(workspace);
    let question = json!({"created_after": iso(after), "created_before": iso(before), "group_by": "state"});
    let answer = session.call_tool("get_conversation_stats", question).succeeded();
    assert_eq!(answer["figures"]["conversations"], expected, "{answer}");
    assert_eq!(answer["figures"]["closed"], closed, "{answer}");
    assert_eq!(answer["previous"]["figures"]["conversations"], earlier, "{answer}");
    let groups = answer["groups"].as_array().expect("a list");
    let sum: u64 = groups.iter().filter_map(|group| group["conversations"].as_u64()).sum();
    assert_eq!(usize::try_from(sum), Ok(expected), "each conversation has one state: {answer}");
    let of_closed = groups.iter().find(|group| group["group"] == "closed").expect("a group of the closed");
    assert_eq!(of_closed["conversations"], closed);
    assert_eq!(answer["period"], json!({"start": iso(after), "end": iso(before)}));
}

#[test]
fn the_names_to_filter_by_are_listed_with_their_counts() {
    let simulator = simulate(Config::new().conversations(80).days(30));
    let session = synced(&simulator);
    let answer = session.call_tool("list_filters", json!({"kind": "tags"})).succeeded();
    let workspace = simulator.workspace();
    for tag in answer["tags"].as_array().expect("a list") {
        let name = tag["name"].as_str().expect("a name").to_owned();
        let expected = expected::ids(&workspace, |c| expected::tags(&workspace, c).contains(&name)).len();
        assert_eq!(tag["conversations"], expected, "{name}");
    }
    let answer = session.call_tool("list_filters", json!({})).succeeded();
    for kind in ["tags", "teams", "teammates", "channels", "states"] {
        assert!(answer[kind].as_array().is_some_and(|list| !list.is_empty()), "{kind}: {answer}");
    }
}

#[test]
fn a_customer_is_described_by_all_their_conversations() {
    let simulator = simulate(Config::new().conversations(80).days(30));
    let session = synced(&simulator);
    let workspace = simulator.workspace();
    let email_of = |c: &fastintercom_tests::simulator::Conversation| match c.source.as_ref().map(|s| s.author)
    {
        Some(Author::Contact(contact)) if c.contacts == [contact] => {
            workspace.directory.contacts[contact as usize].email.clone()
        }
        _ => None,
    };
    let email = workspace.conversations().find_map(email_of).expect("somebody with an address");
    let ids = expected::ids(&workspace, |c| email_of(c).as_ref() == Some(&email));
    let answer = session.call_tool("get_customer", json!({"customer": email})).succeeded();
    assert_eq!(answer["customer"]["email"], email, "{answer}");
    let found: Vec<&str> =
        answer["conversations"].as_array().expect("a list").iter().filter_map(|c| c["id"].as_str()).collect();
    assert!(ids.iter().all(|id| found.contains(&id.to_string().as_str())), "{found:?} lacks some of {ids:?}");
    let sentence = session.call_tool("get_customer", json!({"customer": "nobody@nowhere.example"})).failed();
    assert!(sentence.contains("nobody@nowhere.example"), "{sentence}");
}

#[test]
fn a_select_reads_the_views() {
    let simulator = small();
    let session = synced(&simulator);
    let query = |sql: &str| session.call_tool("query_database", json!({"sql": sql})).succeeded();
    let answer = query("SELECT count(*) AS n FROM v_conversations");
    assert_eq!((&answer["columns"], &answer["rows"]), (&json!(["n"]), &json!([[30]])));
    let messages = expected::total_messages(&simulator.workspace());
    assert_eq!(query("SELECT count(*) FROM v_messages")["rows"], json!([[messages]]));
    let answer = query("SELECT message_id FROM v_messages");
    assert!(answer["notice"].is_string(), "it is cut: {}", answer["rows"].as_array().map_or(0, Vec::len));
}

/// Whoever writes the SQL, it changes nothing, reaches nothing else, and ends.
#[test]
fn nothing_but_a_select_over_the_views_is_run() {
    let simulator = small();
    let session = synced(&simulator);
    let before = database(session.scratch()).value("SELECT group_concat(name || sql) FROM sqlite_schema");
    for sql in [
        "DELETE FROM conversations",
        "DROP TABLE messages",
        "UPDATE conversations SET state = 'closed'",
        "INSERT INTO tombstones VALUES ('1', '', '')",
        "ATTACH 'other.db' AS other",
        "VACUUM INTO 'copy.db'",
        "PRAGMA writable_schema = ON",
        "PRAGMA journal_mode = WAL",
        "SELECT * FROM conversations",
        "SELECT * FROM sqlite_schema",
        "SELECT * FROM sync_metadata",
        "SELECT load_extension('x')",
        "SELECT 1; DROP TABLE messages",
        "SELECT zeroblob(1000000000)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
        "BEGIN EXCLUSIVE",
        "nonsense",
        "",
    ] {
        session.call_tool("query_database", json!({"sql": sql})).failed();
    }
    let database = database(session.scratch());
    assert_eq!(database.value("SELECT group_concat(name || sql) FROM sqlite_schema"), before);
    assert_eq!(database.number("SELECT count(*) FROM conversations"), 30);
    let files = std::fs::read_dir(session.scratch().database_folder()).expect("the folder").count();
    assert!(files <= 2, "{files} files beside the database");
    let answer: Value = session.call_tool("query_database", json!({"sql": "SELECT 1"})).succeeded();
    assert_eq!(answer["rows"], json!([[1]]));
}
