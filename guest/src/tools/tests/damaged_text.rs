//! A text that is not UTF-8, as another program or the disk can leave it: SQLite does not look.

use serde_json::json;

use super::fixture::Workspace;

/// Every text of one conversation, its message and what belongs to it ends in half a character.
fn damaged() -> Workspace {
    let mut workspace = Workspace::filled();
    let half = |column: &str| format!("{column} = CAST(coalesce({column}, '') || x'e2ff' AS TEXT)");
    let all = |columns: &[&str]| columns.iter().map(|column| half(column)).collect::<Vec<_>>().join(", ");
    let conversation = all(&[
        "title",
        "customer_name",
        "customer_email",
        "company_name",
        "channel",
        "rating_remark",
        "delivered_as",
        "ai_outcome",
        "sla_status",
    ]);
    let message = all(&["body", "author_name", "attachments"]);
    workspace.sql(&format!(
        "UPDATE conversations SET {conversation}, custom_attributes = CAST('{{\"Plan\": \"' || x'ff' || '\"}}' AS TEXT),
             tags = CAST('[\"Refund' || x'ff' || '\"]' AS TEXT) WHERE id = '101';
         UPDATE messages SET {message} WHERE conversation_id = '101';
         UPDATE tags SET {name}; UPDATE teams SET {name}; UPDATE admins SET {name}, {email};
         UPDATE workspace SET {name};
         UPDATE conversation_events SET {author}",
        name = half("name"),
        email = half("email"),
        author = half("author_name"),
    ));
    workspace
}

#[test]
fn one_text_that_is_no_utf8_costs_a_character_and_no_answer() {
    let mut workspace = damaged();
    let rows = |answer: &serde_json::Value| answer["conversations"].as_array().map_or(0, Vec::len);
    let whole = Workspace::filled().ask("search_conversations", r#"{"query": "card"}"#);
    let found = workspace.ask("search_conversations", r#"{"query": "card"}"#);
    assert_eq!((rows(&found), rows(&found) > 0), (rows(&whole), true), "{found}");
    assert!(found.to_string().contains('\u{fffd}'), "{found}");
    for arguments in
        ["{}", r#"{"sort": "longest_waiting"}"#, r#"{"include_messages": true, "verbosity": "detailed"}"#]
    {
        let whole = Workspace::filled().ask("search_conversations", arguments);
        let found = workspace.ask("search_conversations", arguments);
        assert_eq!((rows(&found), rows(&found) > 1), (rows(&whole), true), "{arguments}: {found}");
    }
    let thread = workspace.ask("get_conversation", r#"{"id": "101", "include_events": true}"#);
    let whole = Workspace::filled().ask("get_conversation", r#"{"id": "101", "include_events": true}"#);
    assert_eq!(
        thread["messages"].as_array().map(Vec::len),
        whole["messages"].as_array().map(Vec::len),
        "{thread}"
    );
    assert!(thread["title"].as_str().is_some_and(|title| title.starts_with("Card declined")), "{thread}");
    for sql in [
        "SELECT * FROM v_conversations",
        "SELECT * FROM v_messages",
        "SELECT group_concat(body) FROM v_messages",
        "SELECT upper(title), instr(title, 'x'), replace(title, 'C', 'K') FROM v_conversations",
        "SELECT * FROM v_tags",
        "SELECT * FROM v_events",
        "SELECT * FROM v_teammates",
        "SELECT * FROM v_teams",
    ] {
        let answer = workspace.ask("query_database", &json!({"sql": sql}).to_string());
        assert!(answer["rows"].as_array().is_some_and(|rows| !rows.is_empty()), "{sql}: {answer}");
    }
    for group in ["tag", "team", "assignee", "channel", "company"] {
        let arguments = json!({"group_by": group, "timeframe": "last 30 days"}).to_string();
        assert_eq!(
            workspace.ask("get_conversation_stats", &arguments)["figures"]["conversations"],
            4,
            "{group}"
        );
    }
    for (tool, arguments) in [
        ("list_filters", "{}"),
        ("get_customer", r#"{"customer": "Ann"}"#),
        ("get_trends", "{}"),
        ("find_knowledge_gaps", "{}"),
        ("get_data_info", "{}"),
        ("get_server_status", "{}"),
        ("search", r#"{"query": "card"}"#),
        ("fetch", r#"{"id": "101"}"#),
    ] {
        let _ = workspace.ask(tool, arguments);
    }
}
