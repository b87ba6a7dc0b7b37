//! What the help centre lacks, in workspaces with little or nothing in them and in one with gaps.

use serde_json::{Value, json};

use super::fixture::{Said, Workspace};
use crate::tools::disclosure;

/// How the AI agent's part ended in a conversation, and what it answered from.
struct Talk<'a> {
    id: &'a str,
    asked: &'a str,
    answered: Option<&'a str>,
    source: Option<&'a str>,
    outcome: &'a str,
}

fn enter(workspace: &mut Workspace, talk: &Talk<'_>) {
    let id = talk.id;
    workspace.sql(&format!(
        "INSERT INTO conversations (id, created_at, updated_at, contact_id, state, reopen_count, ai_outcome, thread_complete, fields)
         VALUES ('{id}', '2026-11-10T10:00:00+00:00', '2026-11-10T11:00:00+00:00', 'k{id}', 'closed', 0, nullif('{}', ''), TRUE, 1)",
        talk.outcome
    ));
    if let Some(source) = talk.source {
        workspace.sql(&format!(
            "INSERT OR IGNORE INTO content_sources (kind, title, url, locale) VALUES ('article', '{source}', 'https://help.example/{source}', 'en');
             INSERT INTO conversation_content_sources SELECT s.number, c.number FROM content_sources s, conversations c WHERE s.title = '{source}' AND c.id = '{id}'"
        ));
    }
    let said = [("user", Some(talk.asked)), ("admin", talk.answered)];
    for (place, (author_type, body)) in said.into_iter().enumerate() {
        let Some(body) = body else { continue };
        workspace.say(&Said {
            conversation: id,
            id: &format!("{id}-{place}"),
            at: "2026-11-10T10:00:00+00:00",
            author_type,
            author: "Somebody",
            body: &format!("<p>{body}</p>"),
            note: false,
        });
    }
}

/// Conversations of many subjects, each asked once, so that words of grammar are usual.
fn others(workspace: &mut Workspace) {
    let subjects = [
        "harbour", "violin", "cactus", "magnet", "turbine", "saddle", "lantern", "pepper", "tunnel",
        "marble", "walnut", "anchor", "puppet", "ladder", "canvas", "trumpet", "glacier", "meadow", "pulley",
        "quarry",
    ];
    for (place, subject) in subjects.iter().enumerate() {
        enter(
            workspace,
            &Talk {
                id: &format!("{}", 300 + place),
                asked: &format!("Hello, I wonder about the {subject} that I bought."),
                answered: Some(&format!("Thank you for asking, the {subject} is fine.")),
                source: Some("Usual things"),
                outcome: "resolved",
            },
        );
    }
}

/// Four customers ask for one thing, in words of their own, and one article is used and fails.
fn with_gaps() -> Workspace {
    let mut workspace = Workspace::empty();
    workspace.sql("INSERT INTO coverage (low, high) VALUES (0, unixepoch('2026-11-22 15:00:00'))");
    others(&mut workspace);
    for (place, asked) in [
        "Do you have a SCIM interface for Okta?",
        "Our SCIM token for Okta has expired.",
        "Okta cannot reach SCIM since Monday, is it down?",
        "Which SCIM version does the Okta app use?",
    ]
    .into_iter()
    .enumerate()
    {
        enter(
            &mut workspace,
            &Talk {
                id: &format!("{}", 400 + place),
                asked,
                answered: Some("Make a new SCIM token under Security and give it to Okta."),
                source: None,
                outcome: "",
            },
        );
    }
    for place in 0..8 {
        enter(
            &mut workspace,
            &Talk {
                id: &format!("{}", 500 + place),
                asked: &format!("The printer number {place} does not print."),
                answered: None,
                source: Some("Connect a printer"),
                outcome: if place == 0 { "resolved" } else { "escalated" },
            },
        );
    }
    workspace
}

fn ids(rows: &Value, field: &str) -> Vec<String> {
    let of = |row: &Value| row[field].as_array().cloned().unwrap_or_default();
    let texts = rows.as_array().expect("rows").iter().flat_map(of);
    texts.map(|one| one["conversation_id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn both_lists_show_what_is_wrong_with_the_questions_and_the_answer() {
    let mut workspace = with_gaps();
    let _ = disclosure::take();
    let answer = workspace.ask("find_knowledge_gaps", "{}");
    let missing = &answer["missing_articles"][0];
    assert_eq!(answer["missing_articles"].as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!((&missing["customers"], &missing["conversations"]), (&json!(4), &json!(4)), "{answer}");
    let words: Vec<&str> =
        missing["words"].as_array().expect("words").iter().filter_map(Value::as_str).collect();
    assert_eq!(
        words.iter().take(2).copied().collect::<std::collections::BTreeSet<_>>(),
        ["okta", "scim"].into()
    );
    assert!(missing["answer"]["text"].as_str().is_some_and(|text| text.starts_with("Make a new SCIM token")));
    let failing = &answer["failing_articles"][0];
    assert_eq!(answer["failing_articles"].as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(failing["title"], "Connect a printer");
    assert_eq!(
        (&failing["used"], &failing["failed"], &failing["escalated"]),
        (&json!(8), &json!(7), &json!(7))
    );
    assert!(
        ids(&answer["failing_articles"], "questions").iter().all(|id| id.starts_with('5') && id != "500")
    );

    // Whoever reads the audit log finds all conversations that the answer quotes.
    let told = disclosure::take().conversations;
    let mut quoted = ids(&answer["failing_articles"], "questions");
    quoted.extend(ids(&answer["missing_articles"], "questions"));
    quoted.push(missing["answer"]["conversation_id"].as_str().expect("an id").to_owned());
    assert!(quoted.iter().all(|id| told.contains(id)), "{told:?} {quoted:?}");
}

#[test]
fn one_list_alone_and_no_more_rows_than_asked_for() {
    let mut workspace = with_gaps();
    let failing = workspace.ask("find_knowledge_gaps", r#"{"kind": "failing_articles"}"#);
    assert!(failing["failing_articles"].is_array() && failing.get("missing_articles").is_none(), "{failing}");
    let missing = workspace.ask("find_knowledge_gaps", r#"{"kind": "missing_articles", "limit": 1}"#);
    assert!(missing["missing_articles"].is_array() && missing.get("failing_articles").is_none(), "{missing}");
    let before = workspace.ask("find_knowledge_gaps", r#"{"created_before": "2026-11-01"}"#);
    assert_eq!(before["missing_articles"], json!([]), "nothing was asked then");
    assert!(before["period"]["start"].as_str().is_some_and(|start| start.starts_with("2026-1")), "{before}");
    let (refused, _) = workspace.refused("find_knowledge_gaps", r#"{"timeframe": "once upon a time"}"#);
    assert!(refused.contains("once upon a time"), "{refused}");
}

/// Languages without blanks are read in pairs of characters.
#[test]
fn questions_in_japanese_are_found() {
    let mut workspace = with_gaps();
    for (place, asked) in [
        "お世話になっております。領収書を発行していただけますか。",
        "領収書の宛名を会社名に変更したいです。",
        "先月分の領収書が見つかりません。",
        "領収書はいつ届きますか。よろしくお願いします。",
        "領収書を再発行してください。",
    ]
    .into_iter()
    .enumerate()
    {
        enter(
            &mut workspace,
            &Talk {
                id: &format!("{}", 600 + place),
                asked,
                answered: Some("領収書は設定画面の「請求」からダウンロードできます。"),
                source: None,
                outcome: "",
            },
        );
    }
    let answer = workspace.ask("find_knowledge_gaps", r#"{"kind": "missing_articles"}"#);
    assert_eq!(answer["missing_articles"][0]["customers"], 5, "{answer}");
    assert!(
        ids(&answer["missing_articles"], "questions").iter().take(2).all(|id| id.starts_with('6')),
        "{answer}"
    );
    workspace.article("a1", "領収書の発行", "<p>領収書は「請求」から。</p>");
    let answer = workspace.ask("find_knowledge_gaps", r#"{"kind": "missing_articles"}"#);
    assert!(ids(&answer["missing_articles"], "questions").iter().all(|id| !id.starts_with('6')), "{answer}");
}

/// An article that says it, or a source that the AI agent answers from, is no gap.
#[test]
fn what_an_article_answers_is_not_missing() {
    let mut workspace = with_gaps();
    workspace.article("a1", "SCIM with Okta", "<p>Make a token under Security.</p>");
    let answer = workspace.ask("find_knowledge_gaps", "{}");
    assert_eq!(answer["missing_articles"], json!([]), "{answer}");

    let mut workspace = with_gaps();
    workspace.article("a1", "Something else", "<p>Nothing of it.</p>");
    workspace.sql(
        "INSERT INTO content_sources (kind, title, url, locale) VALUES ('article', 'Identity', '', 'en');
         INSERT INTO conversation_content_sources SELECT s.number, c.number FROM content_sources s, conversations c WHERE s.title = 'Identity' AND c.id IN ('400', '402')",
    );
    let answer = workspace.ask("find_knowledge_gaps", "{}");
    assert_eq!(answer["missing_articles"], json!([]), "half of them are answered from one source: {answer}");
}

#[test]
fn a_workspace_with_nothing_in_it_says_why_both_lists_are_empty() {
    let mut workspace = Workspace::empty();
    let answer = workspace.ask("find_knowledge_gaps", "{}");
    assert_eq!((&answer["failing_articles"], &answer["missing_articles"]), (&json!([]), &json!([])));
    let notice = answer["notice"].as_str().expect("a notice");
    for words in ["answered from no article", "No question", "Articles were not read yet"] {
        assert!(notice.contains(words), "{notice}");
    }
}

#[test]
fn without_the_ai_agent_questions_are_found_all_the_same_and_those_that_nobody_answered() {
    let mut workspace = with_gaps();
    workspace.sql("DELETE FROM conversation_content_sources; UPDATE conversations SET ai_outcome = NULL");
    let answer = workspace.ask("find_knowledge_gaps", "{}");
    assert_eq!(answer["failing_articles"], json!([]));
    assert!(answer["notice"].as_str().is_some_and(|notice| notice.contains("answered from no article")));
    let missing = answer["missing_articles"].as_array().expect("rows");
    let customers: Vec<&Value> = missing.iter().map(|row| &row["customers"]).collect();
    assert_eq!(customers, [&json!(8), &json!(4)], "{answer}");
    assert_eq!(missing[0].get("answer"), None, "nobody answered those about the printer");
    assert!(missing[1]["answer"].is_object(), "{answer}");
}

#[test]
fn articles_that_fail_as_often_as_all_are_not_called_failing() {
    let mut workspace = with_gaps();
    // Each fails in half of its conversations.
    workspace.sql("UPDATE conversations SET ai_outcome = iif(id % 2, 'escalated', 'resolved')");
    let answer = workspace.ask("find_knowledge_gaps", r#"{"kind": "failing_articles"}"#);
    assert_eq!(answer["failing_articles"], json!([]), "{answer}");
    let notice = answer["notice"].as_str().expect("a notice");
    assert!(notice.contains("28 conversations") && notice.contains("none of the 2"), "{notice}");
}
