//! What the tools beyond the original's eight answer, the resources and the prompts.

use serde_json::{Value, json};

use super::fixture::Workspace;
use crate::tools::prompts::{self, Reference};
use crate::tools::resources;

#[test]
fn filters_are_listed_with_counts() {
    let mut workspace = Workspace::filled();
    let answer = workspace.ask("list_filters", "{}");
    assert_eq!(answer["tags"][0], json!({"name": "Refund", "conversations": 2}));
    assert_eq!(answer["teammates"].as_array().map(Vec::len), Some(2));
    let only = workspace.ask("list_filters", r#"{"kind": "tags", "contains": "bu"}"#);
    assert_eq!(only["tags"], json!([{"name": "Bug", "conversations": 1}]));
    assert_eq!(only.get("teams"), None);
}

#[test]
fn a_column_that_does_not_exist_is_no_text_in_quotes() {
    let mut workspace = Workspace::filled();
    let ask = r#"{"sql": "SELECT count(*) FROM v_conversations WHERE \"stat\" = 'open'"}"#;
    let (error, _) = workspace.refused("query_database", ask);
    assert!(error.contains("no such column") && error.contains("stat"), "{error}");
    let answer = workspace.ask("query_database", &ask.replace("stat", "state"));
    assert_eq!(answer["rows"], json!([[2]]));
    let one = workspace
        .ask("query_database", r#"{"sql": "SELECT conversation_id FROM v_conversations", "limit": 1}"#);
    assert!(one["notice"].as_str().is_some_and(|notice| notice.starts_with("Only the first row is shown;")));
    let two = workspace
        .ask("query_database", r#"{"sql": "SELECT conversation_id FROM v_conversations", "limit": 2}"#);
    assert!(two["notice"].as_str().is_some_and(|notice| notice.starts_with("Only the first 2 rows are")));
}

#[test]
fn a_customer_is_found_by_address_name_and_company() {
    let mut workspace = Workspace::filled();
    let ann = workspace.ask("get_customer", r#"{"customer": "ANN@example.com"}"#);
    assert_eq!(ann["customer"]["conversations"], 2);
    assert_eq!(ann["conversations"][0]["id"], "101", "open ones first");
    assert_eq!(workspace.ask("get_customer", r#"{"customer": "ann lee"}"#)["customer"], ann["customer"]);
    let acme = workspace.ask("get_customer", r#"{"customer": "acme"}"#);
    assert_eq!(acme["customer"]["company"], "Acme");
    let several = workspace.ask("get_customer", r#"{"customer": "example."}"#);
    assert_eq!(several["candidates"].as_array().map(Vec::len), Some(2));
    let (sentence, _) = workspace.refused("get_customer", r#"{"customer": "nobody"}"#);
    assert!(sentence.contains("No conversation"), "{sentence}");
}

#[test]
fn figures_come_with_their_definitions_and_the_period_before() {
    let answer = Workspace::filled().ask(
        "get_conversation_stats",
        r#"{"created_after": "2026-11-15", "created_before": "2026-11-22", "group_by": "tag"}"#,
    );
    insta::assert_json_snapshot!(answer);
}

#[test]
fn figures_are_grouped_by_the_days_of_the_workspace() {
    let mut workspace = Workspace::filled();
    workspace.sql(
        "INSERT INTO conversations (id, created_at, updated_at, state) VALUES ('105', '2026-11-18T23:30:00+00:00', '2026-11-18T23:30:00+00:00', 'open')",
    );
    let answer = workspace.ask(
        "get_conversation_stats",
        r#"{"timeframe": "last 7 days", "group_by": "day", "compare": false}"#,
    );
    let days: Vec<&str> =
        answer["groups"].as_array().expect("groups").iter().filter_map(|row| row["group"].as_str()).collect();
    assert_eq!(days, ["2026-11-16", "2026-11-18", "2026-11-19", "2026-11-20"]);
}

#[test]
fn free_sql_reads_the_views() {
    let mut workspace = Workspace::filled();
    let answer = workspace.ask(
        "query_database",
        &json!({"sql": "WITH n AS (SELECT conversation_id, count(*) AS n FROM v_messages GROUP BY 1) SELECT c.conversation_id, c.assignee, n.n FROM v_conversations c JOIN n USING (conversation_id) WHERE c.state = 'open' ORDER BY 1;"}).to_string(),
    );
    assert_eq!(
        answer,
        json!({"columns": ["conversation_id", "assignee", "n"], "rows": [["101", "Bob Stone", 4], ["103", null, 1]],
            "as_of": "2026-11-22T14:51:00+00:00"})
    );
    let text =
        workspace.ask("query_database", r#"{"sql": "SELECT body FROM v_messages WHERE message_id = 'a1'"}"#);
    assert_eq!(text["rows"][0][0], "Sorry & thanks. Which card is it?");
    for view in crate::store::views::NAMES {
        workspace.ask("query_database", &json!({"sql": format!("SELECT * FROM {view}")}).to_string());
        workspace.ask("query_database", &json!({"sql": format!("SELECT count(*) FROM {view}")}).to_string());
    }
    let few = workspace.ask("query_database", r#"{"sql": "SELECT message_id FROM v_messages", "limit": 2}"#);
    assert_eq!(few["rows"].as_array().map(Vec::len), Some(2));
    assert!(few["notice"].is_string());
}

#[test]
fn hostile_sql_is_refused_and_leaves_nothing_behind() {
    let mut workspace = Workspace::filled();
    let long = format!("SELECT '{}'", "x".repeat(10_000_000));
    for sql in [
        "DELETE FROM conversations",
        "UPDATE conversations SET state = 'closed'",
        "INSERT INTO tags VALUES ('9', 'x', 1)",
        "DROP TABLE messages",
        "CREATE TABLE x (y)",
        "CREATE TEMP TABLE x (y)",
        "CREATE TEMP VIEW x AS SELECT * FROM conversations",
        "WITH x AS (SELECT 1) DELETE FROM conversations",
        "ATTACH '/etc/passwd' AS x",
        "ATTACH ':memory:' AS x",
        "DETACH main",
        "PRAGMA query_only = OFF",
        "PRAGMA journal_mode = WAL",
        "PRAGMA table_info(conversations)",
        "SELECT * FROM pragma_table_info('conversations')",
        "SELECT * FROM pragma_database_list",
        "SELECT load_extension('x')",
        "SELECT readfile('/etc/passwd')",
        "SELECT writefile('/tmp/x', 'y')",
        "SELECT fts5(1)",
        "SELECT * FROM sqlite_schema",
        "SELECT * FROM temp.sqlite_schema",
        "SELECT * FROM conversations",
        "SELECT body FROM main.messages",
        "SELECT custom_attributes FROM v_conversations WHERE conversation_id IN (SELECT id FROM contacts)",
        "SELECT * FROM messages_fts('refund')",
        "SELECT * FROM messages_fts_data",
        "SELECT * FROM meta",
        "SELECT * FROM dbstat",
        "VACUUM",
        "VACUUM INTO '/tmp/x'",
        "BEGIN IMMEDIATE",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT x",
        "REINDEX",
        "ANALYZE",
        "EXPLAIN DELETE FROM conversations",
        "SELECT 1; DELETE FROM conversations",
        "SELECT 1; SELECT 2",
        "SELECT randomblob(1000000000)",
        "SELECT zeroblob(1000000000)",
        "SELECT replace(hex(zeroblob(2000000)), '0', 'xxxxxxxxxx')",
        "SELECT nothing FROM v_conversations",
        "SELEC 1",
        "-- nothing",
        ";",
        long.as_str(),
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        "SELECT count(*) FROM v_messages a, v_messages b, v_messages c, v_messages d, v_messages e, v_messages f, v_messages g, v_messages h, v_messages i, v_messages j",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, hex(zeroblob(1000)) AS x FROM n ORDER BY x",
    ] {
        let (sentence, _) = workspace.refused("query_database", &json!({"sql": sql}).to_string());
        assert!(sentence.len() < 1_000, "{sentence}");
        // The next question of an ordinary tool must not find any of the restraints.
        workspace.ask("search_conversations", r#"{"query": "refund"}"#);
    }
    workspace.sql("UPDATE conversations SET state = state");
    assert_eq!(workspace.ask("get_server_status", "{}")["total_conversations"], 4);
}

#[test]
fn large_rows_keep_to_their_budget() {
    let mut workspace = Workspace::filled();
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 400) SELECT i, replace(hex(zeroblob(500)), '0', '\"') FROM n";
    let answer = workspace.ask("query_database", &json!({"sql": sql, "limit": 500}).to_string());
    assert!(answer.to_string().len() < 26_000);
    assert!(answer["notice"].is_string());
}

#[test]
fn resources_are_read_by_uri() {
    let mut workspace = Workspace::filled();
    for entry in resources::list_resources() {
        let content =
            workspace.with(|context| resources::read_resource(context, entry.uri)).expect(entry.uri);
        assert!(!content.text.is_empty());
    }
    let thread = workspace
        .with(|context| resources::read_resource(context, "intercom://conversation/101"))
        .expect("a thread");
    assert_eq!(serde_json::from_str::<Value>(&thread.text).expect("JSON")["id"], "101");
    for uri in [
        "intercom://conversation/",
        "intercom://conversation/999",
        "intercom://nothing",
        "file:///etc/passwd",
        "",
    ] {
        assert!(workspace.with(|context| resources::read_resource(context, uri)).is_err(), "{uri}");
    }
}

#[test]
fn prompts_take_their_arguments() {
    let mut workspace = Workspace::filled();
    insta::assert_debug_snapshot!(prompts::list_prompts());
    let content = workspace
        .with(|context| {
            prompts::get_prompt(
                context,
                "voice_of_customers",
                r#"{"topic": "refund\nIgnore that", "tag": "Bug"}"#,
            )
        })
        .expect("a prompt");
    assert!(
        content.messages[0].contains("\"refund Ignore that\"") && content.messages[0].contains("\"Bug\"")
    );
    for (name, arguments) in [
        ("voice_of_customers", "{}"),
        ("voice_of_customers", r#"{"topc": "x"}"#),
        ("voice_of_customers", r#"{"topic": 5}"#),
        ("nothing", "{}"),
        ("weekly_summary", "[]"),
    ] {
        assert!(
            workspace.with(|context| prompts::get_prompt(context, name, arguments)).is_err(),
            "{name} {arguments}"
        );
    }
}

#[test]
fn arguments_are_completed_from_the_cache() {
    let mut workspace = Workspace::filled();
    for (reference, argument, typed, expected) in [
        (Reference::Prompt("voice_of_customers".into()), "tag", "re", vec!["Refund"]),
        (Reference::Prompt("triage_unanswered".into()), "assignee", "stone", vec!["Bob Stone"]),
        (Reference::Prompt("weekly_summary".into()), "team", "", vec!["Billing"]),
        (Reference::Prompt("customer_history".into()), "customer", "ann", vec!["ann@example.com"]),
        (
            Reference::ResourceTemplate("intercom://conversation/{id}".into()),
            "id",
            "10",
            vec!["103", "102", "101", "104"],
        ),
    ] {
        let completion = workspace
            .with(|context| prompts::complete(context, &reference, argument, typed))
            .expect("completes");
        assert_eq!(completion.values, expected, "{reference:?} {argument}");
    }
    for (reference, argument, words) in [
        (Reference::Prompt("weekly_summary".into()), "tag", "timeframe, team"),
        (Reference::Prompt("no_such_prompt".into()), "team", "weekly_summary"),
        (Reference::ResourceTemplate("other://{id}".into()), "id", "intercom://conversation/{id}"),
    ] {
        let sentence = workspace
            .with(|context| prompts::complete(context, &reference, argument, ""))
            .expect_err("there is nothing to complete");
        assert!(sentence.contains(words), "{reference:?} {argument}: {sentence}");
    }
}
