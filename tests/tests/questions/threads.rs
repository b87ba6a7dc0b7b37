//! What does one conversation say?

use fastintercom_tests::simulator::model::{Author, State};
use fastintercom_tests::simulator::{Conversation, Part};
use serde_json::{Value, json};

use super::asking::{Question, question};
use super::world::{World, id, plain, score};

fn visible(c: &Conversation) -> Vec<&Part> {
    c.parts.iter().filter(|part| part.body.is_some()).collect()
}

pub fn questions(world: &World) -> Vec<Question> {
    let find = |is: &dyn Fn(&Conversation) -> bool| world.all.iter().rev().find(|c| is(c)).expect("one");
    let plain_thread = find(&|c| c.source.is_some() && (4..12).contains(&visible(c).len()));
    let noted = find(&|c| {
        c.parts.iter().filter(|part| part.part_type == "note").count() > 1 && visible(c).len() < 15
    });
    let attached = find(&|c| c.source.as_ref().is_some_and(|s| s.attachments.len() == 1));
    let file = attached.source.as_ref().map(|source| source.attachments[0].name.clone()).unwrap_or_default();
    let handed = find(&|c| {
        c.parts.len() < 25
            && c.parts.iter().any(|p| p.part_type == "default_assignment")
            && c.team_assignee.is_some()
    });
    let long = find(&|c| c.is_truncated_by_api());
    let rated = find(&|c| score(c) == Some(1));
    let closed =
        find(&|c| c.state == State::Closed && world.first_response(c).is_some() && c.parts.len() < 100);
    let last = visible(plain_thread).last().map(|part| part.id.to_string()).unwrap_or_default();
    let last_text = visible(plain_thread).last().and_then(|part| part.body.clone()).unwrap_or_default();
    let expected: Vec<Value> = std::iter::once(format!("{}_initial", plain_thread.id))
        .chain(visible(plain_thread).iter().map(|part| part.id.to_string()))
        .map(Value::from)
        .collect();
    let read = |c: &Conversation| json!({"id": id(c)});
    vec![
        question(format!("Read me conversation {}.", plain_thread.id))
            .ask("get_conversation", read(plain_thread))
            .check(move |_, asked| {
                let rows = asked.answer["messages"].as_array().cloned().unwrap_or_default();
                let found: Vec<Value> = rows.iter().map(|row| row["id"].clone()).collect();
                if found == expected { Ok(()) } else { Err(format!("expected {expected:?}, got {found:?}")) }
            }),
        question(format!("What was the last message in {}?", plain_thread.id))
            .ask("get_conversation", json!({"id": id(plain_thread), "start_from": "newest", "limit": 1}))
            .is("/messages/0/id", last)
            .check(move |_, asked| {
                let words = |text: &str| super::words::words(&plain(text));
                let body = asked.answer["messages"][0]["body"].as_str().unwrap_or_default();
                if words(&last_text)
                    .iter()
                    .all(|word| super::words::words(body).contains(word) || word.contains("nbsp"))
                {
                    Ok(())
                } else {
                    Err(format!("expected {last_text}, got {body}"))
                }
            }),
        question(format!("Which internal notes are in {}?", noted.id))
            .ask("get_conversation", read(noted))
            .check({
                let expected = noted.parts.iter().filter(|part| part.part_type == "note").count();
                move |_, asked| {
                    let rows = asked.answer["messages"].as_array().cloned().unwrap_or_default();
                    let found = rows.iter().filter(|row| row["kind"] == "note").count();
                    if found == expected {
                        Ok(())
                    } else {
                        Err(format!("expected {expected} notes, got {found}"))
                    }
                }
            }),
        question(format!("Which file did the customer attach to {}?", attached.id))
            .ask("get_conversation", read(attached))
            .is("/messages/0/attachments/0/name", file),
        question(format!("To which team was {} handed, and when was it assigned?", handed.id))
            .ask("get_conversation", json!({"id": id(handed), "include_events": true}))
            .is("/team", world.team(handed).unwrap_or_default())
            .tells("/events", "default_assignment"),
        question(format!("Is anything missing in the long conversation {}?", long.id))
            .ask("get_conversation", read(long))
            .is("/parts_truncated", true),
        question(format!("Why was {} rated so badly?", rated.id))
            .ask("get_conversation", read(rated))
            .is("/rating", 1)
            .is("/state", rated.state.as_str()),
        question(format!("How fast was the first response in {}?", closed.id))
            .ask("get_conversation", read(closed))
            .check({
                let seconds = world.first_response(closed).unwrap_or(0);
                move |_, asked| {
                    let found = asked.answer["first_response"].as_str().unwrap_or_default().to_owned();
                    let number: i64 = found.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(-1);
                    let unit = match found.rsplit(' ').next().unwrap_or_default().trim_end_matches('s') {
                        "second" => 1,
                        "minute" => 60,
                        "hour" => 3_600,
                        _ => 86_400,
                    };
                    if seconds / unit == number {
                        Ok(())
                    } else {
                        Err(format!("expected {seconds} seconds, got {found}"))
                    }
                }
            }),
        question(format!("Who wrote first in {}?", plain_thread.id))
            .ask("get_conversation", json!({"id": id(plain_thread), "limit": 1}))
            .is(
                "/messages/0/author_type",
                match plain_thread.source.as_ref().map(|source| source.author) {
                    Some(Author::Admin(_)) => "admin",
                    Some(Author::Contact(contact)) if world.people.contacts[contact as usize].is_lead => {
                        "lead"
                    }
                    _ => "user",
                },
            ),
        question(format!("Where can I open {} in Intercom?", plain_thread.id))
            .ask("get_conversation", json!({"id": id(plain_thread), "limit": 1}))
            .tells("/url", id(plain_thread)),
    ]
}
