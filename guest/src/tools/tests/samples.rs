//! What a sample must hold to, whatever it is drawn from.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::fixture::{Said, Workspace};
use crate::environment::Redaction;

const SCRIPTS: [&str; 4] = [
    "注文した商品がまだ届きません。配送状況を教えてください。返金してほしいです",
    "لم تصل الطلبية بعد، أريد استرداد المبلغ من فضلكم",
    "🎉🔥👩‍👩‍👧 \"\\\" the \\\"gateway\\\" 🔥🔥🔥 declined 🎉",
    "<b>Invoice</b> of +49 30 901820 for ann@example.com was charged twice &amp; again",
];

/// Conversations in four scripts, each with an answer and a note of a teammate.
fn filled(conversations: usize) -> Workspace {
    let mut workspace = Workspace::filled();
    for index in 0..conversations {
        let id = format!("7{index:04}");
        let at = format!("2026-11-{:02}T11:{:02}:00+00:00", 16 + index % 6, index % 60);
        workspace.sql(&format!(
            "INSERT INTO conversations (number, id, created_at, updated_at, customer_email, title, thread_complete, state, rating, tags)
             VALUES ({}, '{id}', '{at}', '{at}', 'customer{}@example.com', '{}', TRUE, 'closed', {}, '[\"{}\"]')",
            2000 + index,
            index % 50,
            "題\"".repeat(60),
            index % 5 + 1,
            "タグ".repeat(40),
        ));
        let mut body = String::new();
        for _ in 0..3 {
            write!(body, "<p>{} {}</p>", SCRIPTS[index % 4], index % 7).expect("writes");
        }
        for (author, who, text, note) in [
            ("user", "c", body.as_str(), false),
            ("admin", "a", "<p>teammateanswer about it</p>", false),
            ("admin", "n", "<p>secretnote about it</p>", true),
        ] {
            let said = format!("{who}{id}");
            workspace.say(&Said {
                conversation: &id,
                id: &said,
                at: &at,
                author_type: author,
                author: "Bob",
                body: text,
                note,
            });
        }
    }
    workspace
}

fn quotes(answer: &Value) -> Vec<&Value> {
    let rows = answer["themes"].as_array().expect("themes").iter().chain(answer.get("no_theme"));
    rows.flat_map(|row| row["quotes"].as_array().into_iter().flatten()).collect()
}

#[test]
fn a_sample_is_never_longer_than_was_asked_for() {
    let mut workspace = filled(240);
    for redactions in [Vec::new(), vec![Redaction::Emails, Redaction::Phones, Redaction::Names]] {
        workspace.settings.redactions = redactions;
        for tokens in [500, 777, 2_000, 8_000] {
            for mut arguments in [
                json!({}),
                json!({"query": "返金"}),
                json!({"query": "gatewya invoices"}),
                json!({"query": "🔥"}),
                json!({"query": "-refund"}),
                json!({"query": "استرداد OR \"charged twice\"", "timeframe": "last 30 days"}),
                json!({"query": "x".repeat(3_000), "company": "القاهرة".repeat(300)}),
                json!({"rating_max": 2, "include_notes": true, "query": "secretnote"}),
                json!({"tags": "untagged"}),
            ] {
                arguments["sample"] = tokens.into();
                let answer = workspace.ask("search_conversations", &arguments.to_string());
                let text = answer.to_string();
                assert!(text.len() <= tokens * 4, "{arguments}: {} bytes", text.len());
                assert!(!text.contains("secretnote") || arguments["query"] == "secretnote", "{text}");
                assert!(
                    quotes(&answer).iter().all(|quote| !quote["text"].to_string().contains("teammateanswer"))
                );
                assert!(answer["sync_info"]["message"].is_string());
                assert_eq!(answer, workspace.ask("search_conversations", &arguments.to_string()));
            }
        }
    }
    let answer = workspace.ask("search_conversations", r#"{"sample": 4000}"#);
    assert!(!answer.to_string().contains("ann@example.com"), "it is blanked out");
    assert!(
        quotes(&answer).iter().any(|quote| quote["text"].as_str().is_some_and(|text| text.contains("配送")))
    );
}

#[test]
fn a_sample_says_what_it_stands_for() {
    let mut workspace = filled(240);
    let answer = workspace.ask("search_conversations", r#"{"sample": 8000, "rating_max": 2}"#);
    assert_eq!(answer["total_matches"], answer["read"]);
    let mut conversations = answer["no_theme"]["conversations"].as_u64().unwrap_or(0);
    for row in answer["themes"].as_array().expect("themes") {
        conversations += row["conversations"].as_u64().expect("a number");
        assert_eq!(row["ratings"], row["rated_low"], "{row}");
        let quotes = row["quotes"].as_array().expect("quotations");
        assert!((1..=3).contains(&quotes.len()), "{row}");
    }
    assert_eq!(answer["read"], conversations);
    // A quotation leads into its thread.
    let quote = quotes(&answer)[0].clone();
    let thread = json!({"id": quote["conversation_id"], "around": quote["message_id"]}).to_string();
    let thread = workspace.ask("get_conversation", &thread);
    assert!(
        thread["messages"].as_array().expect("messages").iter().any(|one| one["id"] == quote["message_id"])
    );
}

#[test]
fn a_sample_of_nothing_or_of_a_few_is_no_error() {
    let answer = Workspace::empty().ask("search_conversations", r#"{"sample": 500}"#);
    assert_eq!((&answer["total_matches"], &answer["themes"]), (&json!(0), &json!([])));
    let answer = Workspace::filled().ask("search_conversations", r#"{"sample": 2000}"#);
    assert_eq!(answer["no_theme"]["conversations"], 4);
    assert_eq!(answer["no_theme"]["quotes"].as_array().map(Vec::len), Some(3), "of three customers");
}

#[test]
fn a_sample_has_no_rows() {
    let mut workspace = Workspace::filled();
    for (name, value) in [
        ("cursor", json!("abc")),
        ("similar_to", json!("101")),
        ("sort", json!("newest")),
        ("limit", json!(5)),
        ("fields", json!(["id"])),
        ("include_messages", json!(true)),
        ("verbosity", json!("detailed")),
    ] {
        let arguments = json!({"sample": 2000, name: value}).to_string();
        let (sentence, is_argument) = workspace.refused("search_conversations", &arguments);
        assert!(is_argument && sentence.contains(&format!("`{name}`")), "{sentence}");
    }
    for tokens in [499, 8_001] {
        let (sentence, _) = workspace.refused("search_conversations", &json!({"sample": tokens}).to_string());
        assert!(sentence.contains("from 500 to 8000"), "{sentence}");
    }
    workspace.ask(
        "search_conversations",
        r#"{"sample": "2000", "verbosity": "concise", "include_messages": false, "limit": null}"#,
    );
}
