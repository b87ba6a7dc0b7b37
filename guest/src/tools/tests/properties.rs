//! What must hold for any question.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::fixture::{Said, Workspace};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Nothing that a person types is a syntax error.
    #[test]
    fn any_text_is_a_query(query in "\\PC{0,60}", notes in any::<bool>()) {
        WORKSPACE.with_borrow_mut(|workspace| {
            workspace.ask("search_conversations", &json!({"query": query, "include_notes": notes}).to_string());
        });
    }

    /// The same with what means something to FTS5 or to us.
    #[test]
    fn any_mix_of_operators_is_a_query(
        parts in prop::collection::vec(prop::sample::select(vec![
            "refund", "\"", "(", ")", "*", "-", "OR", "AND", "NOT", "NEAR(", "NEAR", ",", "5", ":", "^", "+", "{", "}", "body", "'", "\\", ";", "--",
            "/*", "返金", "🎉", "\u{0}", "é", "#", "subject:", "card", " ",
        ]), 0..20),
        glue in prop::sample::select(vec!["", " "]),
    ) {
        WORKSPACE.with_borrow_mut(|workspace| {
            let query = parts.join(glue);
            workspace.ask("search_conversations", &json!({"query": query, "exclude": query}).to_string());
        });
    }

    /// Wrong arguments are refused, never a panic, whatever they are.
    #[test]
    fn any_arguments_get_an_answer(
        name in prop::sample::select(vec![
            "query", "timeframe", "created_after", "customer_email", "limit", "cursor", "fields", "tags", "state", "waiting_hours_min",
            "id", "around", "start_date", "force", "sample",
        ]),
        value in prop_oneof![
            "\\PC{0,30}".prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            Just(json!([])), Just(json!([[1]])), Just(json!({"a": 1})), Just(Value::Null),
            "[0-9]{1,6}-[0-9]{1,3}-[0-9]{1,3}".prop_map(Value::from),
        ],
    ) {
        WORKSPACE.with_borrow_mut(|workspace| {
            for tool in crate::tools::list() {
                let _ = workspace.call(tool.name, &json!({name: value}).to_string());
            }
        });
    }
}

thread_local! {
    static WORKSPACE: std::cell::RefCell<Workspace> = std::cell::RefCell::new(Workspace::filled());
}

/// Many conversations whose messages are long and full of what JSON escapes.
fn crowded(conversations: usize, repeated: usize) -> Workspace {
    let mut workspace = Workspace::filled();
    let body = format!("<p>refund {}</p>", "\"\\ 返金 é ".repeat(repeated));
    for index in 0..conversations {
        let id = format!("9{index:04}");
        let at = format!("2026-11-{:02}T10:{:02}:00+00:00", 16 + index % 6, index % 60);
        workspace.sql(&format!(
            "INSERT INTO conversations (number, id, created_at, updated_at, customer_name, title, thread_complete, state, waiting_since)
             VALUES ({}, '{id}', '{at}', '{at}', '{}', '{}', TRUE, 'open', '{at}')",
            1000 + index,
            "ñ\"".repeat(300),
            "\\\"".repeat(300),
        ));
        let said = Said {
            conversation: &id,
            id: &format!("m{id}"),
            at: &at,
            author_type: "user",
            author: "\"\\",
            body: &body,
            note: false,
        };
        workspace.say(&said);
    }
    workspace
}

#[test]
fn answers_keep_to_their_budget() {
    let mut workspace = crowded(120, 500);
    for (arguments, budget) in [
        (json!({"query": "refund"}), 8_000),
        (json!({}), 8_000),
        (json!({"query": "refund", "limit": 100, "verbosity": "detailed", "include_messages": true}), 40_000),
        (json!({"limit": 5000}), 40_000),
    ] {
        let answer = workspace.ask("search_conversations", &arguments.to_string());
        let bytes = answer.to_string().len();
        assert!(bytes <= budget, "{arguments}: {bytes} bytes");
        assert!(!answer["conversations"].as_array().expect("a list").is_empty());
        assert!(answer["next_cursor"].is_string());
    }
}

#[test]
fn a_thread_of_500_parts_and_huge_mails_keeps_to_its_budget() {
    let mut workspace = Workspace::filled();
    let huge = format!("<p>{}</p>", "a \"quoted\" 返金 line ".repeat(4_000));
    for index in 0..500 {
        let body = if index % 7 == 0 { huge.as_str() } else { "<p>short</p>" };
        let id = format!("p{index}");
        let at = format!("2026-11-17T{:02}:{:02}:00+00:00", 10 + index / 60, index % 60);
        workspace.say(&Said {
            conversation: "101",
            id: &id,
            at: &at,
            author_type: "admin",
            author: "Bob",
            body,
            note: false,
        });
    }
    for start_from in ["oldest", "newest"] {
        let mut cursor = Value::Null;
        let mut seen = Vec::new();
        loop {
            let arguments = json!({"id": "101", "start_from": start_from, "limit": 500, "cursor": cursor, "include_events": true});
            let answer = workspace.ask("get_conversation", &arguments.to_string());
            let bytes = answer.to_string().len();
            assert!(bytes <= 16_000, "{bytes} bytes");
            seen.extend(
                answer["messages"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|message| message["id"].to_string()),
            );
            cursor = answer["next_cursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        let different: BTreeSet<&String> = seen.iter().collect();
        assert_eq!((seen.len(), different.len()), (504, 504));
    }
}

/// Paging while conversations arrive and change shows nothing twice and misses nothing that was
/// there all along.
#[test]
fn pages_stay_stable_while_data_changes() {
    for arguments in [
        json!({"query": "refund"}),
        json!({"query": "refund OR card", "sort": "newest"}),
        json!({}),
        json!({"sort": "recently_updated"}),
        json!({"sort": "longest_waiting"}),
        json!({"sort": "oldest"}),
    ] {
        let mut workspace = crowded(60, 3);
        let mut arguments = arguments;
        arguments["limit"] = json!(7);
        arguments["fields"] = json!(["id"]);
        let mut seen = Vec::new();
        for page in 0.. {
            let answer = workspace.ask("search_conversations", &arguments.to_string());
            seen.extend(
                answer["conversations"].as_array().expect("a list").iter().map(|row| row["id"].to_string()),
            );
            if answer["next_cursor"].is_null() {
                break;
            }
            arguments["cursor"] = answer["next_cursor"].clone();
            let id = format!("8{page:04}");
            workspace.sql(&format!(
                "INSERT INTO conversations (id, created_at, updated_at, thread_complete, state, waiting_since)
                 VALUES ('{id}', '2026-11-21T10:00:00+00:00', '2026-11-21T10:00:00+00:00', TRUE, 'open', '2026-11-21T10:00:00+00:00');
                 UPDATE conversations SET updated_at = '2026-11-22T14:59:00+00:00' WHERE number = {}",
                1059 - page
            ));
            let said = Said {
                conversation: &id,
                id: &format!("m{id}"),
                at: "2026-11-21T10:00:00+00:00",
                author_type: "user",
                author: "A",
                body: "a refund",
                note: false,
            };
            workspace.say(&said);
        }
        let different: BTreeSet<&String> = seen.iter().collect();
        assert_eq!(seen.len(), different.len(), "{arguments}");
        for index in 0..60 {
            let id = format!("\"9{index:04}\"");
            assert!(different.contains(&id), "{id} is missing with {arguments}");
        }
    }
}
