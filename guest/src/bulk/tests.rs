//! Exports of the tools' fixture.

use serde_json::{Value, json};

use super::*;
use crate::environment::Redaction;
use crate::tools::tests::fixture::Workspace;

/// All stretches of an export.
fn exported(workspace: &mut Workspace, options: &Value) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    loop {
        let from = stretches.last().map(|stretch| stretch.next.clone());
        let from = match from {
            Some(None) => return stretches,
            Some(next) => next,
            None => None,
        };
        let stretch = workspace.with(|context| read(context, &options.to_string(), from.as_deref()));
        stretches.push(stretch.expect("a stretch"));
    }
}

fn lines(stretches: &[Stretch]) -> Vec<Value> {
    let lines = stretches.iter().flat_map(|stretch| stretch.text.lines());
    lines.map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn ids(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["id"].as_str().expect("an id")).collect()
}

#[test]
fn a_line_is_a_whole_conversation_of_a_fixed_shape() {
    let mut workspace = Workspace::filled();
    workspace.sql(
        r#"UPDATE conversations SET custom_attributes = '{"Plan": "Pro", "Seats": 3}' WHERE id = '101'"#,
    );
    let stretches = exported(&mut workspace, &json!({}));
    let lines = lines(&stretches);
    assert_eq!(ids(&lines), ["104", "101", "102", "103"], "in the order of their changes");
    insta::assert_json_snapshot!(lines[1]);
    let shape =
        |line: &Value| -> Vec<String> { line.as_object().expect("an object").keys().cloned().collect() };
    assert!(lines.iter().all(|line| shape(line) == shape(&lines[0])), "every line has every field");
    assert_eq!(stretches[0].reached.as_deref(), Some("2026-11-20T08:00:00+00:00"));
}

#[test]
fn filters_are_those_of_the_search() {
    let mut workspace = Workspace::filled();
    for (options, expected) in [
        (json!({"state": "open"}), vec!["101", "103"]),
        (json!({"tags": ["Refund", "Bug"]}), vec!["101", "102"]),
        (json!({"updated_after": "2026-11-18T09:05:00+00:00"}), vec!["102", "103"]),
        (json!({"customer_email": "ann@example.com", "created_after": "2026-11-10"}), vec!["101"]),
    ] {
        assert_eq!(ids(&lines(&exported(&mut workspace, &options))), expected, "{options}");
    }
    let wrong = |options: Value| {
        let read = Workspace::filled().with(|context| read(context, &options.to_string(), None));
        match read.expect_err("refused") {
            ViewError::InvalidOptions(sentence) => sentence,
            other => panic!("{other:?}"),
        }
    };
    assert!(wrong(json!({"stat": "open"})).contains("There is no argument `stat`"));
    assert!(wrong(json!({"format": "xml"})).contains("ndjson"));
    assert!(wrong(json!({"tags": "Refundd"})).contains("Refund"));
}

/// Each stretch is a read of its own. What changes between two comes again behind, and whoever
/// keeps the later of two lines has the newer.
#[test]
fn nothing_is_missed_that_changes_while_it_is_exported() {
    let mut workspace = Workspace::empty();
    workspace.sql(
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         INSERT INTO conversations (id, created_at, updated_at, title)
         SELECT 'c' || i, '2026-11-01T09:00:00+00:00',
             strftime('%Y-%m-%dT%H:%M:%S+00:00', unixepoch('2026-11-01 09:00:00') + i / 7, 'unixepoch'), 'old' FROM n",
    );
    let mut read =
        |from: Option<&str>| workspace.with(|context| read(context, "{}", from)).expect("a stretch");
    let first = read(None);
    assert_eq!(first.conversations, 500);
    let second = read(first.next.as_deref());
    workspace.sql(
        "UPDATE conversations SET title = 'new', updated_at = '2026-11-02T00:00:00+00:00' WHERE id IN ('c3', 'c1150')",
    );
    let mut read =
        |from: Option<&str>| workspace.with(|context| super::read(context, "{}", from)).expect("a stretch");
    let third = read(second.next.as_deref());
    assert_eq!((third.next.as_deref(), third.reached.as_deref()), (None, Some("2026-11-02T00:00:00+00:00")));
    let lines = lines(&[first, second, third]);
    let latest: std::collections::HashMap<&str, &Value> =
        lines.iter().map(|line| (line["id"].as_str().expect("an id"), &line["title"])).collect();
    assert_eq!((latest.len(), lines.len()), (1_200, 1_201));
    assert_eq!((latest["c3"], latest["c1150"], latest["c4"]), (&json!("new"), &json!("new"), &json!("old")));
}

#[test]
fn what_is_blanked_out_in_answers_is_blanked_out_here() {
    let mut workspace = Workspace::filled();
    workspace.settings.redactions = vec![Redaction::Emails, Redaction::Phones];
    workspace.sql(r#"UPDATE conversations SET custom_attributes = '{"Contact": "call +49 30 901820 or ann@example.com"}'"#);
    for format in ["ndjson", "markdown"] {
        let text: String = exported(&mut workspace, &json!({"format": format}))
            .into_iter()
            .map(|stretch| stretch.text)
            .collect();
        assert!(!text.contains("@example"), "{format}: {text}");
        assert!(!text.contains("901820"), "{format}: {text}");
        assert!(text.contains("2026-11-16T09:00:00+00:00"), "times stay: {text}");
    }
}

#[test]
fn markdown_is_for_reading_and_no_message_can_forge_its_frame() {
    let mut workspace = Workspace::filled();
    workspace.sql(
        "UPDATE messages SET body = '<p>## Bob (admin), 2026<br>&lt;script&gt;alert(1)&lt;/script&gt;<br># Conversation</p>' WHERE id = '101_initial'",
    );
    let stretches = exported(&mut workspace, &json!({"format": "markdown", "state": "open"}));
    insta::assert_snapshot!(stretches[0].text);
    let headings = stretches[0].text.lines().filter(|line| line.starts_with('#')).count();
    assert_eq!(headings, 2 + 5, "two conversations with five messages");
}

/// The host takes 8 MB at a time; a conversation beyond that would end every export.
#[test]
fn a_conversation_too_large_for_one_answer_gets_shorter_messages() {
    let mut workspace = Workspace::filled();
    workspace.sql(
        "UPDATE messages SET body = '<p>' || replace(printf('%.*c', 9000000, 'x'), 'xxxxxxxxx', 'xxxxxxxx ') || '</p>' WHERE id = 'a1'",
    );
    let stretches = exported(&mut workspace, &json!({}));
    let lines = lines(&stretches);
    assert_eq!(ids(&lines), ["104", "101", "102", "103"]);
    let message = &lines[1]["messages"][1];
    let kept = message["body"].as_str().map_or(0, |body| body.trim_end_matches('…').chars().count());
    assert!(kept > 40_000, "{kept}");
    assert!(
        message["body_left_out"].as_u64().is_some_and(|left_out| left_out > 8_900_000),
        "{}",
        message["body_left_out"]
    );
    assert!(lines[1]["messages"][0].get("body_left_out").is_none());
}

/// The workspace's own ids may be addresses or numbers: they are blanked out as in answers.
#[test]
fn own_ids_of_a_person_and_their_company_are_blanked_out_and_ids_of_intercoms_are_not() {
    let mut workspace = Workspace::filled();
    workspace.sql(
        "INSERT INTO contacts (id, name, email, external_id, company_id)
            VALUES ('6762f3061bb69f9f2193bc5b', 'Zora', 'zq@hushmail.example', 'zq@hushmail.example', 'k9');
         INSERT INTO companies (id, name, external_id) VALUES ('k9', 'Hush', 'boss@hushmail.example');",
    );
    let mut of = |who: &str| workspace.with(|context| person(context, who)).expect("is stored");
    assert_eq!(of("zq@hushmail.example")["contacts"][0]["external_id"], "zq@hushmail.example");
    workspace.settings.redactions = vec![Redaction::Emails];
    let given = workspace.with(|context| person(context, "zq@hushmail.example")).expect("is stored");
    assert!(!given.to_string().contains("hushmail"), "{given:#}");
    assert_eq!(given["contacts"][0]["external_id"], "[email]");
    assert_eq!(given["companies"][0]["external_id"], "[email]");
    assert_eq!(given["contacts"][0]["id"], "6762f3061bb69f9f2193bc5b");
    assert_eq!(given["contacts"][0]["company_id"], "k9");
}
