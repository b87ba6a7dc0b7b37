//! `search_conversations`: what it finds is what the workspace holds.

use std::collections::BTreeSet;

use fastintercom_tests::expected::{self, iso};
use fastintercom_tests::session::Session;
use fastintercom_tests::simulator::model::{Author, State};
use fastintercom_tests::simulator::{Config, Id};
use serde_json::{Value, json};

use super::{simulate, synced};

fn search(session: &Session, arguments: Value) -> Value {
    session.call_tool("search_conversations", arguments).succeeded()
}

fn ids(answer: &Value) -> Vec<Id> {
    let conversations = answer["conversations"].as_array().expect("a list");
    let mut ids: Vec<Id> = conversations
        .iter()
        .map(|found| found["id"].as_str().and_then(|id| id.parse().ok()).expect("an id"))
        .collect();
    ids.sort_unstable();
    ids
}

/// Follows `next_cursor` to the end.
fn all_ids(session: &Session, arguments: &Value) -> Vec<Id> {
    let (mut found, mut arguments) = (Vec::new(), arguments.clone());
    loop {
        let answer = search(session, arguments.clone());
        found.extend(ids(&answer));
        let Some(cursor) = answer.get("next_cursor") else { break };
        arguments["cursor"] = cursor.clone();
    }
    let unique: BTreeSet<Id> = found.iter().copied().collect();
    assert_eq!(unique.len(), found.len(), "no conversation comes twice");
    unique.into_iter().collect()
}

/// The reason for this program: a word in the middle of a thread, where lists do not show it.
#[test]
fn a_word_in_the_fourth_reply_is_found() {
    let simulator =
        simulate(Config::new().conversations(120).days(60).plant(77, 4, "the xylophonist called"));
    let session = synced(&simulator);
    let (id, at) = {
        let workspace = simulator.workspace();
        let conversation = workspace.conversation_at(77).expect("it exists");
        let part = conversation
            .parts
            .iter()
            .find(|part| part.body.as_deref().is_some_and(|body| body.contains("xylophonist")));
        (conversation.id, iso(part.expect("the planted part").created_at))
    };
    let answer = search(&session, json!({"query": "xylophonist"}));
    assert_eq!(ids(&answer), [id], "{answer}");
    let found = &answer["conversations"][0];
    assert_eq!(found["match"]["created_at"], at, "the match is the message with the word: {found}");
    assert!(found["snippet"].as_str().is_some_and(|text| text.contains("**xylophonist**")), "{found}");
    assert_eq!(answer["total_matches"], 1);
    assert_eq!(answer["sync_info"]["state"], "fresh", "{answer}");
    assert_eq!(answer["sync_info"]["data_complete"], true, "{answer}");
}

#[test]
fn filters_select_what_the_workspace_says() {
    let simulator = simulate(Config::new().conversations(150).days(60));
    let session = synced(&simulator);
    let workspace = simulator.workspace();
    let now = workspace.now();
    let (after, before) = (now - 30 * 86_400, now - 10 * 86_400);
    let tag = expected::tags(
        &workspace,
        workspace.conversations().find(|c| !c.tags.is_empty()).expect("a tagged one"),
    );
    let tag = tag.first().expect("a tag").clone();
    let cases = [
        (json!({}), expected::ids(&workspace, |_| true)),
        (json!({"state": "open"}), expected::ids(&workspace, |c| c.state == State::Open)),
        (json!({"state": "closed"}), expected::ids(&workspace, |c| c.state == State::Closed)),
        (
            json!({"created_after": iso(after), "created_before": iso(before)}),
            expected::ids(&workspace, |c| (after..=before).contains(&c.created_at)),
        ),
        (json!({"updated_after": iso(after)}), expected::ids(&workspace, |c| c.updated_at >= after)),
        (json!({"tags": [tag]}), expected::ids(&workspace, |c| expected::tags(&workspace, c).contains(&tag))),
        (json!({"unanswered": true}), expected::ids(&workspace, |c| c.waiting_since.is_some())),
        (
            json!({"rating_min": 1, "rating_max": 3}),
            expected::ids(&workspace, |c| {
                c.rating.as_ref().and_then(|rating| rating.score).is_some_and(|score| score <= 3)
            }),
        ),
    ];
    drop(workspace);
    for (arguments, expected) in cases {
        let mut asked = arguments.clone();
        asked["limit"] = json!(40);
        assert_eq!(all_ids(&session, &asked), expected, "{arguments}");
        let total = &search(&session, arguments.clone())["total_matches"];
        assert_eq!(total, expected.len(), "{arguments}");
    }
}

#[test]
fn one_customer_is_found_by_address() {
    let simulator = simulate(Config::new().conversations(100).days(60));
    let session = synced(&simulator);
    let workspace = simulator.workspace();
    let email_of = |contact: u32| workspace.directory.contacts[contact as usize].email.clone();
    let written_by =
        |c: &fastintercom_tests::simulator::Conversation| match c.source.as_ref().map(|s| s.author) {
            Some(Author::Contact(contact)) if c.contacts == [contact] => email_of(contact),
            _ => None,
        };
    let email = workspace.conversations().find_map(written_by).expect("somebody with an address");
    let expected = expected::ids(&workspace, |c| written_by(c).as_deref() == Some(&email));
    drop(workspace);
    let found = all_ids(&session, &json!({"customer_email": email.to_uppercase(), "limit": 100}));
    assert!(expected.iter().all(|id| found.contains(id)), "{email}: {found:?} lacks some of {expected:?}");
    let answer = search(&session, json!({"customer_email": email}));
    for conversation in answer["conversations"].as_array().expect("a list") {
        assert_eq!(conversation["customer_email"], email);
    }
}

/// What `ask-intercom`, a client of the original program, sends and reads.
#[test]
fn conversations_come_with_their_messages_when_asked_for() {
    let simulator = simulate(Config::new().conversations(20).days(10).messages_per_conversation(4));
    let session = synced(&simulator);
    let now = simulator.now();
    let arguments = json!({
        "limit": 5, "include_messages": true,
        "created_after": iso(now - 20 * 86_400), "created_before": iso(now),
    });
    let answer = search(&session, arguments);
    let workspace = simulator.workspace();
    let conversations = answer["conversations"].as_array().expect("a list");
    assert_eq!(conversations.len(), 5);
    for found in conversations {
        let id: Id = found["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        let truth = workspace.conversation(id).expect("it exists");
        assert_eq!(found["created_at"], iso(truth.created_at));
        assert_eq!(found["updated_at"], iso(truth.updated_at));
        assert_eq!(found["state"], truth.state.as_str());
        let mut tags: Vec<&str> =
            found["tags"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        tags.sort_unstable();
        assert_eq!(tags, expected::tags(&workspace, truth));
        for (message, truth) in
            found["messages"].as_array().expect("messages").iter().zip(expected::messages(&workspace, truth))
        {
            assert_eq!(message["id"], truth.id);
            assert_eq!(message["author_type"], truth.author_type);
            assert_eq!(message["created_at"], truth.created_at);
            assert!(message["body"].is_string());
        }
    }
}

#[test]
fn an_unknown_timeframe_is_no_silent_week() {
    let simulator = super::small();
    let session = synced(&simulator);
    let sentence =
        session.call_tool("search_conversations", json!({"timeframe": "since the flood"})).failed();
    for words in ["since the flood", "yesterday", "last week", "last 7 days", "this month"] {
        assert!(sentence.contains(words), "{words} is not in: {sentence}");
    }
    for timeframe in [
        "last 24 hours",
        "today",
        "last 7 days",
        "this week",
        "last 30 days",
        "this month",
        "last week",
        "yesterday",
    ] {
        search(&session, json!({"timeframe": timeframe}));
    }
}

/// Tens of thousands of characters would be cut by clients, and cost the model its memory.
#[test]
fn answers_stay_small() {
    let simulator = simulate(Config::new().conversations(300).days(60));
    let session = synced(&simulator);
    let answer = search(&session, json!({}));
    assert!(answer.to_string().len() < 10_000, "{} bytes", answer.to_string().len());
    assert!(answer["next_cursor"].is_string(), "there is more");
    let large = search(&session, json!({"limit": 100, "include_messages": true}));
    assert!(large.to_string().len() < 48_000, "{} bytes", large.to_string().len());
}
