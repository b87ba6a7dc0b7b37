//! Who waits for an answer, and for how long?

use fastintercom_tests::simulator::model::{Channel, Priority, State};
use serde_json::json;

use super::asking::{Question, question};
use super::world::{DAY, NOW, World, id, waiting};

pub fn questions(world: &World) -> Vec<Question> {
    let mut waiters: Vec<_> = world.all.iter().filter(|c| waiting(c).is_some()).collect();
    waiters.sort_by_key(|c| (waiting(c), c.index));
    let longest = waiters[0];
    let since = waiting(longest).expect("waits");
    let busiest = world.people.admins[0].name.clone();
    vec![
        question("Who has been waiting longest for an answer?")
            .search(json!({"unanswered": true, "sort": "longest_waiting"}))
            .begins_with(waiters.iter().map(|c| id(c)).collect()),
        question("For how long has the customer waited who has been waiting longest?")
            .search(json!({"unanswered": true, "sort": "longest_waiting", "limit": 1}))
            .is("/conversations/0/waiting", format!("{} days", (NOW - since) / DAY)),
        question("How many customers are unanswered at the moment?")
            .search(json!({"unanswered": true}))
            .finds(waiters.iter().map(|c| id(c)).collect()),
        question("Who has waited for more than 48 hours?")
            .search(json!({"waiting_hours_min": 48, "sort": "longest_waiting"}))
            .finds(world.ids(|c| waiting(c).is_some_and(|since| since <= NOW - 2 * DAY))),
        question("Which unanswered conversations are unassigned?")
            .search(json!({"unanswered": true, "assignee": "unassigned"}))
            .finds(world.ids(|c| waiting(c).is_some() && c.admin_assignee.is_none())),
        question("Which conversations of the Billing team are unanswered?")
            .search(json!({"unanswered": true, "team": "Billing"}))
            .finds(world.ids(|c| waiting(c).is_some() && world.team(c) == Some("Billing"))),
        question("Which unanswered ones are of high or urgent priority?")
            .search(json!({"unanswered": true, "priority": ["high", "urgent"]}))
            .finds(
                world
                    .ids(|c| waiting(c).is_some() && matches!(c.priority, Priority::High | Priority::Urgent)),
            ),
        question("Which conversations by e-mail are unanswered?")
            .search(json!({"unanswered": true, "channel": "e-mail"}))
            .finds(world.ids(|c| waiting(c).is_some() && c.channel == Channel::Email)),
        question("How many conversations are snoozed?")
            .search(json!({"state": "snoozed"}))
            .finds(world.ids(|c| c.state == State::Snoozed)),
        question(format!("What is on {busiest}'s plate, still open?"))
            .search(json!({"assignee": busiest, "state": "open"}))
            .finds(world.ids(|c| c.state == State::Open && c.admin_assignee == Some(0))),
        question("How many unanswered conversations since 2026-09-01 does each teammate have?")
            .stats(json!({"timeframe": "since 2026-09-01", "group_by": "assignee", "compare": false}))
            .group(
                world.people.admins[1].name.clone(),
                "unanswered_now",
                world.count(|c| waiting(c).is_some() && c.admin_assignee == Some(1)),
            )
            .group(
                "unassigned",
                "unanswered_now",
                world.count(|c| waiting(c).is_some() && c.admin_assignee.is_none()),
            ),
        question("What does the customer want who has been waiting longest?")
            .search(json!({"unanswered": true, "sort": "longest_waiting", "limit": 1}))
            .then(
                "get_conversation",
                |first| json!({"id": first["conversations"][0]["id"], "start_from": "newest"}),
            )
            .is("/id", id(longest)),
    ]
}
