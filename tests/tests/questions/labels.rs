//! By tag, team, teammate, channel and priority.

use fastintercom_tests::simulator::model::{Channel, Priority, State};
use serde_json::{Value, json};

use super::asking::{Asked, Question, question};
use super::world::{World, recent};

/// The list of filters has this name with so many conversations.
fn listed(
    kind: &'static str,
    name: &str,
    count: usize,
) -> impl Fn(&World, &Asked) -> Result<(), String> + 'static {
    let name = name.to_owned();
    move |_, asked| {
        let rows = asked.answer[kind].as_array().cloned().unwrap_or_default();
        let found = rows.iter().find(|row| row["name"] == *name).map(|row| row["conversations"].clone());
        if found == Some(Value::from(count)) {
            Ok(())
        } else {
            Err(format!("{name}: expected {count}, got {found:?}"))
        }
    }
}

pub fn questions(world: &World) -> Vec<Question> {
    let tagged = |name: &'static str| world.count(|c| world.tag(c, name));
    vec![
        question("Which tags do we use, and how often?")
            .ask("list_filters", json!({"kind": "tags"}))
            .check(listed("tags", "billing", tagged("billing")))
            .check(listed("tags", "日本語", tagged("日本語"))),
        question("Which teammates are there?").ask("list_filters", json!({"kind": "teammates"})).check(
            listed("teammates", "Sean O'Neill", world.count(|c| world.assignee(c) == Some("Sean O'Neill"))),
        ),
        question("Which channels do customers use?").ask("list_filters", json!({"kind": "channels"})).check(
            listed(
                "channels",
                "whatsapp",
                world.count(|c| c.source.is_some() && c.channel == Channel::Whatsapp),
            ),
        ),
        question("What is tagged \"churn risk\"?")
            .search(json!({"tags": "churn risk"}))
            .finds(world.ids(|c| world.tag(c, "churn risk"))),
        question("What is tagged refund as well as billing?")
            .search(json!({"tags_all": ["refund", "billing"]}))
            .finds(world.ids(|c| world.tag(c, "refund") && world.tag(c, "billing"))),
        question("What is tagged vip or enterprise?")
            .search(json!({"tags": ["vip", "enterprise"]}))
            .finds(world.ids(|c| world.tag(c, "vip") || world.tag(c, "enterprise"))),
        question("What is tagged bug but without the tag billing?")
            .search(json!({"tags": ["bug"], "tags_none": ["billing"]}))
            .finds(world.ids(|c| world.tag(c, "bug") && !world.tag(c, "billing"))),
        question("How many open conversations are untagged?")
            .search(json!({"tags": "untagged", "state": "open"}))
            .is("/total_matches", world.count(|c| c.tags.is_empty() && c.state == State::Open)),
        question("How much does each team get, over the last 30 days?")
            .stats(json!({"timeframe": "last 30 days", "group_by": "team", "compare": false}))
            .group(
                "Onboarding",
                "conversations",
                world.count(|c| recent(c, 30) && world.team(c) == Some("Onboarding")),
            )
            .group(
                "unassigned",
                "conversations",
                world.count(|c| recent(c, 30) && c.team_assignee.is_none()),
            ),
        question("Which tags came up in the last 30 days?")
            .stats(json!({"timeframe": "last 30 days", "group_by": "tag", "compare": false}))
            .group("api", "conversations", world.count(|c| recent(c, 30) && world.tag(c, "api"))),
        question("Through which channel do people come, over the last 30 days?")
            .stats(json!({"timeframe": "last 30 days", "group_by": "channel", "compare": false}))
            .group(
                "email",
                "conversations",
                world.count(|c| recent(c, 30) && c.source.is_some() && c.channel == Channel::Email),
            ),
        question("What came over WhatsApp and is still open?")
            .search(json!({"channel": "WhatsApp", "state": "open"}))
            .finds(
                world.ids(|c| c.source.is_some() && c.channel == Channel::Whatsapp && c.state == State::Open),
            ),
        question("Which urgent conversations are open?")
            .search(json!({"priority": "urgent", "state": "open"}))
            .finds(world.ids(|c| c.priority == Priority::Urgent && c.state == State::Open)),
        question("What did Grace Mbeki work on, closed in the last 30 days or created then?")
            .search(json!({"assignee": "Grace Mbeki", "state": "closed", "timeframe": "last 30 days"}))
            .finds(world.ids(|c| {
                world.assignee(c) == Some("Grace Mbeki") && c.state == State::Closed && recent(c, 30)
            })),
        question("What did Bjorn Akesson get in the last 30 days? I can't type his name properly.")
            .ask("list_filters", json!({"kind": "teammates"}))
            .then("search_conversations", |first| {
                let names = first["teammates"].as_array().cloned().unwrap_or_default();
                let name =
                    names.iter().find(|row| row["name"].as_str().is_some_and(|name| name.contains("kesson")));
                json!({"assignee": name.map(|row| row["name"].clone()), "timeframe": "last 30 days"})
            })
            .finds(world.ids(|c| world.assignee(c) == Some("Björn Åkesson") && recent(c, 30))),
    ]
}
