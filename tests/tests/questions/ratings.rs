//! Who was unhappy, and why?

use fastintercom_tests::simulator::Conversation;
use serde_json::{Value, json};

use super::asking::{Question, question};
use super::world::{World, id, recent, score};

pub fn questions(world: &World) -> Vec<Question> {
    let month = |c: &Conversation| recent(c, 30);
    let rated: Vec<f64> = world.all.iter().filter(|c| month(c)).filter_map(score).map(f64::from).collect();
    let average = (rated.iter().sum::<f64>() / rated.len() as f64 * 100.0).round() / 100.0;
    let satisfied = rated.iter().filter(|score| **score >= 4.0).count() as f64 / rated.len() as f64;
    let bad_with_remark = |c: &&Conversation| {
        score(c).is_some_and(|score| score <= 2)
            && c.rating.as_ref().is_some_and(|rating| rating.remark.is_some())
    };
    let newest = world.all.iter().rev().find(bad_with_remark).expect("a bad rating with a remark");
    let remark = newest.rating.as_ref().and_then(|rating| rating.remark.clone()).unwrap_or_default();
    let admin = world.people.admins[3].name.clone();
    vec![
        question("Which conversations of the last 30 days were rated 2 or less?")
            .search(json!({"rating_max": 2, "timeframe": "last 30 days"}))
            .finds(world.ids(|c| month(c) && score(c).is_some_and(|score| score <= 2))),
        question("Which were rated 2 or less, and what reasons did customers give?")
            .search(json!({"rating_max": 2, "sort": "newest"}))
            .check({
                let (id, remark) = (id(newest), remark.clone());
                move |_, asked| {
                    let rows = asked.answer["conversations"].as_array().cloned().unwrap_or_default();
                    match rows.iter().find(|row| row["id"] == *id) {
                        Some(row) if row["rating_remark"] == *remark => Ok(()),
                        other => Err(format!("expected {id} with {remark:?}, got {other:?}")),
                    }
                }
            }),
        question("What is our average rating of the last 30 days, and how many customers were satisfied?")
            .stats(json!({"timeframe": "last 30 days"}))
            .is("/figures/rating_average", average)
            .is("/figures/ratings", rated.len())
            .is("/figures/satisfied_percent", (satisfied * 1_000.0).round() / 10.0),
        question("Who gave us the full 5?")
            .search(json!({"rating_min": 5}))
            .finds(world.ids(|c| score(c) == Some(5))),
        question(format!("Which of {admin}'s conversations got a rating of 3 or worse?"))
            .search(json!({"assignee": admin, "rating_max": 3}))
            .finds(world.ids(|c| c.admin_assignee == Some(3) && score(c).is_some_and(|score| score <= 3))),
        question("How are the ratings of each team since 2026-09-01?")
            .stats(json!({"timeframe": "since 2026-09-01", "group_by": "team", "compare": false}))
            .group(
                "Billing",
                "ratings",
                world.count(|c| world.team(c) == Some("Billing") && score(c).is_some()),
            ),
        question("What happened in the newest conversation that was rated 2 or less?")
            .search(json!({"rating_max": 2, "sort": "newest", "limit": 1}))
            .then("get_conversation", |first| json!({"id": first["conversations"][0]["id"]}))
            .check({
                let expected =
                    world.all.iter().rev().find(|c| score(c).is_some_and(|score| score <= 2)).map(id);
                move |_, asked| {
                    let right = asked.answer["id"].as_str() == expected.as_deref()
                        && asked.answer["messages"].as_array().is_some_and(|list| !list.is_empty());
                    if right { Ok(()) } else { Err(format!("expected {expected:?}")) }
                }
            }),
        question("Which conversations of 2026-11 were rated 1 and are of the team Enterprise?")
            .search(json!({"rating_max": 1, "team": "Enterprise", "timeframe": "2026-11"}))
            .is(
                "/total_matches",
                Value::from(world.count(|c| {
                    super::world::created_in(c, "2026-11-01", "2026-11-22")
                        && score(c) == Some(1)
                        && world.team(c) == Some("Enterprise")
                })),
            ),
    ]
}
