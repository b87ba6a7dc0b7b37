//! `get_conversation`: a whole thread, in order.

use fastintercom_tests::expected::{self, ExpectedMessage, iso};
use fastintercom_tests::session::Session;
use fastintercom_tests::simulator::{Change, Config, Id};
use serde_json::{Value, json};

use super::{simulate, synced};

fn get(session: &Session, id: Id, mut arguments: Value) -> Value {
    arguments["id"] = json!(id.to_string());
    session.call_tool("get_conversation", arguments).succeeded()
}

fn shown(answer: &Value) -> Vec<ExpectedMessage> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let messages = answer["messages"].as_array().expect("a list").iter();
    messages
        .map(|message| ExpectedMessage {
            id: text(&message["id"]),
            author_type: text(&message["author_type"]),
            created_at: text(&message["created_at"]),
            is_note: message["kind"] == "note",
        })
        .collect()
}

/// Every message of every thread: users, leads, admins and bots, notes, assignments with a text.
#[test]
fn every_thread_is_whole_and_in_order() {
    let simulator = simulate(Config::new().conversations(60).days(30));
    let session = synced(&simulator);
    let workspace = simulator.workspace();
    for truth in workspace.conversations() {
        let mut found = Vec::new();
        let mut arguments = json!({});
        let answer = loop {
            let answer = get(&session, truth.id, arguments.clone());
            found.extend(shown(&answer));
            match answer.get("next_cursor") {
                Some(cursor) => arguments["cursor"] = cursor.clone(),
                None => break answer,
            }
        };
        assert_eq!(found, expected::messages(&workspace, truth), "{}", truth.id);
        assert_eq!(answer["id"], truth.id.to_string());
        assert_eq!(answer["created_at"], iso(truth.created_at));
        assert_eq!(answer["updated_at"], iso(truth.updated_at));
        assert_eq!(answer["state"], truth.state.as_str());
    }
}

#[test]
fn texts_are_plain_and_notes_are_told_apart() {
    let simulator = super::small();
    let id = {
        let mut workspace = simulator.workspace();
        let id = workspace.add_conversation("Is 2 < 3 & \"fair\"? – Grüße, 花子");
        workspace.admin_reply(id, 0, "Yes, it is.");
        workspace.change(id, Change::Note { admin: 1, body: "<p>A <b>strange</b> question</p>".to_owned() });
        id
    };
    let session = synced(&simulator);
    let answer = get(&session, id, json!({}));
    let messages = answer["messages"].as_array().expect("a list");
    let bodies: Vec<&str> = messages.iter().filter_map(|message| message["body"].as_str()).collect();
    assert_eq!(bodies, ["Is 2 < 3 & \"fair\"? – Grüße, 花子", "Yes, it is.", "A strange question"]);
    let kinds: Vec<&Value> = messages.iter().map(|message| &message["kind"]).collect();
    assert_eq!(kinds, ["message", "message", "note"]);
    let admins: Vec<String> =
        simulator.workspace().directory.admins.iter().map(|admin| admin.name.clone()).collect();
    assert_eq!(messages[1]["author_name"], admins[0]);
    assert_eq!(messages[2]["author_name"], admins[1]);
    let without = get(&session, id, json!({"include_notes": false}));
    assert_eq!(without["messages"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_conversation_that_is_not_there_is_an_error_that_helps() {
    let session = synced(&super::small());
    let sentence = session.call_tool("get_conversation", json!({"id": "42"})).failed();
    assert!(sentence.contains("42") && sentence.contains("search_conversations"), "{sentence}");
}
