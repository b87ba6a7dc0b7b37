//! What is blanked out cannot be found by guessing at it.

use serde_json::json;

use super::{PLANTED, planted, said};
use crate::environment::Redaction;
use crate::tools::tests::fixture::Workspace;

/// Conditions that guess at raw values. None is true of what the views show.
const GUESSING: &[&str] = &[
    "v_messages WHERE body LIKE '%42' || '42%'",
    "v_messages WHERE body GLOB '*88' || '49*'",
    "v_messages WHERE instr(body, 'hush' || 'mail') > 0",
    "v_messages WHERE body LIKE '%vault_%'",
    "v_messages WHERE author_name LIKE 'Z%'",
    "v_messages WHERE attachments LIKE '%Zora%'",
    "v_conversations WHERE title LIKE 'Z%' OR title LIKE '%zq@%'",
    "v_conversations WHERE customer_email >= 'z' AND customer_email < 'zz'",
    "v_conversations WHERE customer_email = 'zq@hush' || 'mail.example'",
    "v_conversations WHERE customer_email COLLATE NOCASE IN ('ZQ@HUSHMAIL.EXAMPLE')",
    "v_conversations WHERE customer_name BETWEEN 'Z' AND 'Zz'",
    "v_conversations WHERE substr(customer_name, 1, 1) = 'Z'",
    "v_conversations WHERE unicode(customer_name) = 90",
    "v_conversations WHERE hex(customer_name) LIKE '5A%'",
    "v_conversations WHERE json_extract(custom_attributes, '$.phone') > 491000000000 AND typeof(json_extract(custom_attributes, '$.phone')) = 'integer'",
    "v_conversations WHERE json_extract(custom_attributes, '$.phone') = 491718849201",
    "v_conversations WHERE custom_attributes LIKE '%8849%'",
    "v_conversations WHERE length(customer_email) = 19",
    "v_conversations WHERE rating_remark LIKE '%DE89%'",
    "v_conversations WHERE company_name GLOB '*Zora*'",
    "v_tags WHERE tag LIKE '%Quill%'",
    "v_teammates WHERE name LIKE 'Q%' OR email LIKE 'zq%' OR job_title LIKE '%Zora%'",
    "v_teams WHERE name LIKE '%Quill%'",
    "v_events WHERE details LIKE '%8849%' OR author_name = 'Zora Quillfeather' OR assigned_to LIKE 'Q%'",
    "v_syncs WHERE error_message LIKE '%Quill%'",
];
#[test]
fn no_condition_is_true_of_what_is_blanked_out() {
    let mut workspace = planted();
    assert!(GUESSING.len() > 20);
    for condition in GUESSING {
        let sql = format!("SELECT count(*) AS n FROM {condition}");
        let answer = workspace.ask("query_database", &json!({"sql": sql}).to_string());
        assert_eq!(answer["rows"], json!([[0]]), "{condition}");
    }
    // What is nobody's is read, counted and joined as before.
    let answer = workspace.ask(
        "query_database",
        &json!({"sql": "SELECT c.state, count(*) FROM v_conversations c JOIN v_messages m USING (conversation_id) WHERE m.body LIKE '%refund%' GROUP BY c.state ORDER BY 1"}).to_string(),
    );
    assert_eq!(answer["rows"].as_array().map(Vec::len), Some(2), "{answer}");
}

#[test]
fn nothing_that_is_blanked_out_is_found_letter_by_letter() {
    let mut workspace = planted();
    for (tool, arguments, beginning, next) in [
        ("search_conversations", r#"{"page": "?"}"#, "zora quill", "f"),
        ("search_conversations", r#"{"article": "?"}"#, "zq@hush", "m"),
        ("search_conversations", r#"{"company": "?"}"#, "zora quill", "f"),
        ("get_conversation_stats", r#"{"page": "?"}"#, "zq@hush", "m"),
        ("list_filters", r#"{"kind": "tags", "contains": "?"}"#, "zq@hush", "m"),
        ("list_filters", r#"{"kind": "articles", "contains": "?"}"#, "quill", "f"),
        ("list_filters", r#"{"kind": "teammates", "contains": "?"}"#, "quill", "f"),
    ] {
        let mut answer = |letter: &str| {
            let typed = format!("{beginning}{letter}");
            said(&mut workspace, tool, &arguments.replace('?', &typed)).replace(&typed, "")
        };
        assert_eq!(answer(next), answer("x"), "{tool} {arguments}");
    }
    // Who knows the whole finds it, and is told that parts are not.
    let whole = json!({"page": format!("https://example.com/{PLANTED}")}).to_string();
    let said = said(&mut workspace, "search_conversations", &whole);
    assert!(said.contains("101") && said.contains("with whole names and addresses only"), "{said}");
}

/// A list that is blanked out as a whole is not said to be empty.
#[test]
fn names_that_are_all_blanked_out_are_not_none() {
    let mut workspace = Workspace::filled();
    workspace.settings.redactions = vec![Redaction::Emails];
    workspace.sql("UPDATE tags SET name = 'of ' || id || '@hushmail.example'");
    let (sentence, _) = workspace.refused("search_conversations", r#"{"tags": ["refund"]}"#);
    assert!(sentence.contains("blanked out") && !sentence.contains("at all"), "{sentence}");
}

/// With `exampl*` a blanked word would be found one letter after the other.
#[test]
fn beginnings_of_words_find_nothing_where_something_is_blanked_out() {
    let mut workspace = planted();
    let found = |workspace: &mut Workspace, query: &str| {
        let answer = workspace.ask("search_conversations", &json!({"query": query}).to_string());
        (answer["total_matches"].clone(), answer["notice"].to_string())
    };
    assert_ne!(found(&mut workspace, "refun*").0, 0);
    workspace.settings.redactions = vec![Redaction::Emails];
    let ((right, notice), (wrong, _)) = (found(&mut workspace, "hushm*"), found(&mut workspace, "hushx*"));
    assert_eq!(right, wrong);
    assert!(notice.contains("whole words"), "{notice}");
}
