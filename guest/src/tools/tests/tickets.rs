//! Tickets: found by words and fields, counted, read whole, and from their conversations.

use serde_json::{Value, json};

use super::fixture::Workspace;
use crate::store::filtered::Scope;
use crate::tools::{self, ToolError};

fn filled() -> Workspace {
    let mut workspace = Workspace::filled();
    workspace.ticket(
        "1",
        "Bug",
        "submitted",
        "Export is empty",
        "<p>The CSV export has no rows since Monday.</p>",
        "101",
    );
    workspace.ticket(
        "2",
        "Bug",
        "in_progress",
        "Login loops",
        "<p>After the password the page loads for ever.</p>",
        "102",
    );
    workspace.sql(r#"UPDATE tickets SET attributes = '{"Severity": "High", "Urgent": true}' WHERE id = '1'"#);
    workspace.ticket("3", "Feature request", "resolved", "Dark mode", "<p>Please, my eyes.</p>", "101");
    workspace
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["tickets"].as_array().into_iter().flatten().filter_map(|row| row["id"].as_str()).collect()
}

fn refused(workspace: &mut Workspace, arguments: &str) -> String {
    workspace.with(|context| match tools::call(context, "search_tickets", arguments) {
        Ok(output) => panic!("{arguments}: {}", output.structured),
        Err(ToolError::InvalidArguments(output) | ToolError::Failed(output)) => output.text,
        Err(ToolError::UnknownTool(sentence)) => panic!("{sentence}"),
    })
}

#[test]
fn tickets_are_found_by_words_and_by_each_field() {
    let mut workspace = filled();
    for (arguments, expected) in [
        (json!({}), &["3", "2", "1"][..]),
        (json!({"query": "exports"}), &["1"]),
        (json!({"query": "reproduced internally"}), &["3", "2", "1"]),
        (json!({"query": "password", "state": "resolved"}), &[]),
        (json!({"state": ["submitted", "in_progress"]}), &["2", "1"]),
        (json!({"open": true, "type": "bug"}), &["2", "1"]),
        (json!({"category": "customer"}), &["3", "2", "1"]),
        (json!({"category": "tracker"}), &[]),
        (json!({"conversation": "conversation_101"}), &["3", "1"]),
        (json!({"customer": "tess@example.com", "query": "dark"}), &["3"]),
        (json!({"customer": "Tess"}), &["3", "2", "1"]),
        (json!({"customer": "nobody"}), &[]),
        (json!({"assignee": "bob@example.com"}), &["3", "2", "1"]),
        (json!({"team": "unassigned"}), &["3", "2", "1"]),
        (json!({"attribute": "severity=high"}), &["3", "2", "1"]),
        (json!({"attribute": ["Severity=low"]}), &[]),
        (json!({"attribute": "Urgent=true"}), &["1"]),
        (json!({"sort": "oldest"}), &["1", "2", "3"]),
        (json!({"timeframe": "2026-11-18"}), &["3", "2", "1"]),
        (json!({"timeframe": "2026-11-19", "timeframe_of": "updated"}), &[]),
    ] {
        let answer = workspace.ask("search_tickets", &arguments.to_string());
        let mut found = ids(&answer);
        if arguments.get("query").is_some() {
            found.sort_unstable_by(|a, b| b.cmp(a));
        }
        assert_eq!(found, expected, "{arguments}: {answer}");
        assert_eq!(answer["total_matches"], expected.len(), "{arguments}");
    }
    let answer = workspace.ask("search_tickets", r#"{"query": "CSV"}"#);
    let first = &answer["tickets"][0];
    assert!(first["snippet"].as_str().is_some_and(|text| text.contains("**CSV**")), "{answer}");
    assert_eq!(first["conversations"], json!(["101"]));
    assert_eq!(first["customers"], json!([{"email": "tess@example.com", "name": "Tess Ray"}]));
}

#[test]
fn tickets_are_counted_in_groups_and_come_in_pages() {
    let mut workspace = filled();
    let answer = workspace.ask("search_tickets", r#"{"group_by": "type"}"#);
    assert_eq!(
        answer["groups"],
        json!([
            {"group": "Bug", "tickets": 2, "open": 2, "conversations": 2, "customers": 1},
            {"group": "Feature request", "tickets": 1, "open": 0, "conversations": 1, "customers": 1}
        ])
    );
    let mut cursor = Value::Null;
    let mut all = Vec::new();
    for _ in 0..3 {
        let answer = workspace.ask("search_tickets", &json!({"limit": 1, "cursor": cursor}).to_string());
        all.extend(ids(&answer).into_iter().map(str::to_owned));
        cursor = answer["next_cursor"].clone();
    }
    assert_eq!((all, cursor), (vec!["3".to_owned(), "2".to_owned(), "1".to_owned()], Value::Null));
}

#[test]
fn one_ticket_is_read_whole_by_its_id_or_number() {
    let mut workspace = filled();
    for id in ["2", "92", "ticket_2"] {
        let answer = workspace.ask("search_tickets", &json!({"id": id}).to_string());
        let ticket = &answer["ticket"];
        assert_eq!((&ticket["id"], &ticket["number"]), (&json!("2"), &json!("92")), "{id}: {answer}");
        assert_eq!(ticket["attributes"], json!({"Severity": "High"}));
        let parts = ticket["parts"].as_array().expect("parts");
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[1]["kind"], "note", "{answer}");
        assert_eq!(parts[2]["details"], json!({"state": "in_progress", "previous_state": "submitted"}));
    }
    // A ticket longer than an answer.
    let long = format!("<p>{}</p>", "Every word counts. ".repeat(150));
    for _ in 0..2 {
        workspace.sql(&format!(
            "INSERT INTO ticket_parts (ticket, position, id, part_type, created_at, author_type, body)
             SELECT ticket, position + 50, id || position, part_type, created_at, author_type, '{long}' FROM ticket_parts
             WHERE position < 3 OR position > 3 AND (SELECT count(*) FROM ticket_parts) < 100 ON CONFLICT DO NOTHING"
        ));
    }
    let (mut cursor, mut parts) = (Value::Null, 0);
    for page in 0.. {
        let answer = workspace.ask("search_tickets", &json!({"id": "2", "cursor": cursor}).to_string());
        parts += answer["ticket"]["parts"].as_array().map_or(0, Vec::len);
        assert!(answer.to_string().len() < 17_000, "page {page}");
        cursor = answer["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    let expected: i64 = workspace
        .store
        .connection()
        .query_row(
            "SELECT count(*) FROM ticket_parts WHERE ticket = (SELECT number FROM tickets WHERE id = '2')",
            [],
            |row| row.get(0),
        )
        .expect("a count");
    assert_eq!(parts as i64, expected, "each part once");
}

#[test]
fn conversations_and_customers_lead_to_their_tickets_and_back() {
    let mut workspace = filled();
    let answer = workspace.ask("get_conversation", r#"{"id": "101"}"#);
    assert_eq!(
        answer["details"]["linked"],
        json!([
            {"kind": "ticket", "id": "1", "category": "Customer", "title": "Export is empty", "type": "Bug", "state": "submitted"},
            {"kind": "ticket", "id": "3", "category": "Customer", "title": "Dark mode", "type": "Feature request", "state": "resolved"}
        ]),
        "{answer}"
    );
    for linked in ["Bug", "in_progress", "92", "ticket_2"] {
        let answer = workspace.ask("search_conversations", &json!({"linked": linked}).to_string());
        let found: Vec<_> =
            answer["conversations"].as_array().into_iter().flatten().map(|row| &row["id"]).collect();
        assert!(found.contains(&&json!("102")), "{linked}: {answer}");
    }
    let answer = workspace.ask("get_customer", r#"{"customer": "tess@example.com"}"#);
    assert_eq!(answer["tickets"].as_array().map(Vec::len), Some(3), "{answer}");
    let answer = workspace.ask("list_filters", r#"{"kind": "ticket_types"}"#);
    assert_eq!(answer["ticket_types"][0], json!({"name": "Bug", "conversations": 2}));
    let answer = workspace.ask("fetch", r#"{"id": "ticket_2"}"#);
    assert_eq!((&answer["id"], &answer["title"]), (&json!("ticket_2"), &json!("Login loops")));
    assert!(answer["text"].as_str().is_some_and(|text| text.contains("After the password")), "{answer}");
    let refused = workspace.with(|context| tools::call(context, "get_conversation", r#"{"id": "2"}"#));
    let Err(ToolError::Failed(output)) = refused else { panic!("{refused:?}") };
    assert!(output.text.contains("search_tickets"), "{}", output.text);
    let answer = workspace.ask("get_data_info", "{}");
    assert!(answer["tickets"].is_null(), "no sync has read any: {answer}");
}

#[test]
fn words_that_are_not_wanted_are_enough_for_a_search() {
    let mut workspace = filled();
    let mut found = |arguments: Value| -> Vec<String> {
        let answer = workspace.ask("search_tickets", &arguments.to_string());
        let rows = answer["tickets"].as_array().expect("rows").iter();
        rows.map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
    };
    let all = found(json!({}));
    assert_eq!(found(json!({"query": "-export"})), ["3", "2"]);
    for word in ["export", "checkout", "login", "card", "zzz"] {
        let with = found(json!({"query": word}));
        let expected: Vec<String> = all.iter().filter(|id| !with.contains(id)).cloned().collect();
        assert_eq!(found(json!({"query": format!("-{word}")})), expected, "{word}");
    }
}

#[test]
fn what_is_wrong_or_missing_is_said() {
    let mut workspace = filled();
    assert!(refused(&mut workspace, r#"{"type": "Bugs and more"}"#).contains("Bug"));
    assert!(refused(&mut workspace, r#"{"attribute": "Severty=High"}"#).contains("Severity"));
    assert!(refused(&mut workspace, r#"{"assignee": "me"}"#).contains("name or e-mail"));
    assert!(refused(&mut workspace, r#"{"sort": "oldest", "query": "x"}"#).contains("`sort`"));
    let answer = workspace.ask("search_tickets", r#"{"customer": "nobody@example.com"}"#);
    assert_eq!(answer["notice"], "None of the 3 tickets in the cache meets this.");
    let answer = workspace.ask("search_conversations", r#"{"linked": "Bugg"}"#);
    assert!(answer["notice"].as_str().is_some_and(|text| text.contains("Bugg")), "{answer}");
    assert!(refused(&mut workspace, r#"{"state": "done"}"#).contains("resolved"));
    assert!(refused(&mut workspace, r#"{"id": "404"}"#).contains("not in the cache"));
    assert!(refused(&mut workspace, r#"{"id": "1", "query": "x"}"#).contains("leave out `query`"));
    assert!(refused(&mut workspace, r#"{"timeframe": "whenever"}"#).contains("not understood"));
    let mut empty = Workspace::empty();
    let answer = empty.ask("search_tickets", "{}");
    assert!(answer["notice"].as_str().is_some_and(|text| text.contains("not read yet")), "{answer}");
    empty.sql("INSERT INTO sync_notes (topic, note, noted_at) VALUES ('tickets', 'The tickets could not be read.', '2026-11-22T00:00:00+00:00')");
    let answer = empty.ask("search_tickets", "{}");
    assert_eq!(answer["notice"], "The tickets could not be read.");
}

/// A ticket may be linked to conversations that they may not see.
#[test]
fn who_may_see_some_conversations_sees_no_ticket() {
    let scope = Scope { teams: None, tags: None, channels: None, notes: true };
    let (mut copy, _) = filled().filtered(&scope, None);
    let answer = copy.ask("search_tickets", r#"{"query": "export"}"#);
    assert_eq!(answer["total_matches"], 0);
    assert!(answer["notice"].as_str().is_some_and(|text| text.contains("not shown")), "{answer}");
    for sql in ["SELECT * FROM v_tickets", "SELECT * FROM v_ticket_parts"] {
        let answer = copy.ask("query_database", &json!({"sql": sql}).to_string());
        assert_eq!(answer["rows"], json!([]), "{sql}");
    }
}
