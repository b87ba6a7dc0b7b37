//! How teammates and teams work.

use fastintercom_tests::simulator::model::{Author, Part, State, Statistics};
use fastintercom_tests::simulator::{Conversation, MAX_PARTS};
use serde_json::json;

use super::Numbered;
use crate::questions::asking::question;
use crate::questions::world::{World, median, minutes, p90, recent, score};

const PERIOD: &str = "since 2026-09-01";

/// Minutes, the middle of what the statistics of all conversations say.
fn middle(world: &World, of: impl Fn(&Statistics) -> Option<i64>) -> f64 {
    minutes(median(all(world, of)))
}

fn all(world: &World, of: impl Fn(&Statistics) -> Option<i64>) -> Vec<i64> {
    world.all.iter().filter_map(|c| of(c.statistics.as_ref()?)).collect()
}

fn is_reply(part: &Part) -> bool {
    matches!(part.author, Author::Admin(_)) && part.is_visible_message()
}

/// Replies of teammates, of which the first message can be one.
fn replies(c: &Conversation) -> usize {
    let first = c.source.as_ref().is_some_and(|source| matches!(source.author, Author::Admin(_)));
    usize::from(first) + c.parts.iter().filter(|part| is_reply(part)).count()
}

fn reopened(c: &Conversation) -> bool {
    c.statistics.as_ref().is_some_and(|statistics| statistics.count_reopens > 0)
}

pub fn questions(world: &World) -> Numbered {
    let admin = world.people.admins[1].name.clone();
    let closer = |c: &Conversation| c.statistics.as_ref().and_then(|s| s.last_closed_by) == Some(1);
    let theirs = |c: &Conversation| c.admin_assignee == Some(1) && score(c).is_some();
    let solved = |c: &Conversation| c.state == State::Closed && replies(c) > 0;
    let at_once = |c: &Conversation| c.state == State::Closed && replies(c) == 1 && !reopened(c);
    let written = world
        .all
        .iter()
        .flat_map(|c| {
            let first = c.source.iter().map(|source| source.author);
            first.chain(
                c.parts[c.parts.len().saturating_sub(MAX_PARTS)..]
                    .iter()
                    .filter(|part| is_reply(part))
                    .map(|part| part.author),
            )
        })
        .filter(|author| *author == Author::Admin(1))
        .count();
    let tagged = |c: &Conversation| recent(c, 30) && world.tag(c, "billing");
    let percent = |part: usize, whole: usize| (part as f64 / whole as f64 * 1_000.0).round() / 10.0;
    vec![
        (
            17,
            question("How are the ratings of each assignee since 2026-09-01?")
                .stats(json!({"timeframe": PERIOD, "group_by": "assignee"}))
                .group(admin.clone(), "ratings", world.count(theirs)),
        ),
        (
            18,
            question("How many have each \"CX Score rating\", since 2026-09-01?")
                .stats(json!({"timeframe": PERIOD, "group_by": "attribute", "attribute": "CX Score rating"}))
                .group(
                    "2",
                    "conversations",
                    world.count(|c| c.custom_attributes.get("CX Score rating").is_some_and(|score| *score == 2)),
                ),
        ),
        (
            18,
            question("What is the CX Score explanation of one with the CX Score rating 1?")
                .search(json!({"attribute": "CX Score rating=1", "limit": 1}))
                .then("get_conversation", |found| json!({"id": found["conversations"][0]["id"]}))
                .tells("/details/custom_attributes", "The customer had to repeat the problem."),
        ),
        (
            19,
            question("How many replies did each teammate write since 2026-09-01?")
                .stats(json!({"timeframe": PERIOD, "details": true, "compare": false}))
                .check(move |_, asked| {
                    let rows = asked.answer["details"]["replies"].as_array().cloned().unwrap_or_default();
                    let row = rows.iter().find(|row| row["teammate"] == *admin).cloned().unwrap_or_default();
                    if row["replies"] == written { Ok(()) } else { Err(format!("expected {written}, got {row}")) }
                }),
        ),
        (
            20,
            question("What are handling time, time to assignment and first response in office hours, since 2026-09-01?")
                .stats(json!({"timeframe": PERIOD, "details": true, "compare": false}))
                .is("/figures/handling_median", middle(world, |s| s.handling_time))
                .is("/figures/assignment_median", middle(world, |s| s.time_to_assignment))
                .is("/figures/office_first_response_median", middle(world, |s| s.time_to_admin_reply))
                .is("/figures/office_first_response_p90", minutes(p90(all(world, |s| s.time_to_admin_reply)))),
        ),
        (
            21,
            question("How fast does the assigned team respond first, since 2026-09-01?")
                .stats(json!({"timeframe": PERIOD, "details": true, "group_by": "team", "compare": false}))
                .is("/figures/team_response_median", middle(world, |s| s.assigned_team_first_response_time))
                .is(
                    "/figures/office_team_response_median",
                    middle(world, |s| s.assigned_team_first_response_time_in_office_hours),
                ),
        ),
        (
            22,
            question("Who closed how many since 2026-09-01?")
                .stats(json!({"timeframe": PERIOD, "group_by": "closed_by"}))
                .group(world.people.admins[1].name.clone(), "conversations", world.count(closer)),
        ),
        (
            23,
            question("How many since 2026-09-01 were handed over, with three assignments or more?")
                .stats(json!({"timeframe": PERIOD, "details": true}))
                .is(
                    "/details/handed_over",
                    world.count(|c| {
                        // Without statistics the parts are counted.
                        let counted = || c.parts.iter().filter(|part| part.part_type.contains("assign")).count();
                        c.statistics.as_ref().map_or_else(counted, |s| s.count_assignments as usize) >= 3
                    }),
                ),
        ),
        (
            24,
            question("Which share is resolved at first contact, since 2026-09-01?")
                .stats(json!({"timeframe": PERIOD, "details": true}))
                .is(
                    "/details/first_contact_resolution_percent",
                    percent(world.count(at_once), world.count(solved)),
                ),
        ),
        (
            25,
            question("How many of each tag reopen, in the last 30 days?")
                .stats(json!({"timeframe": "last 30 days", "group_by": "tag"}))
                .group(
                    "billing",
                    "reopen_percent",
                    percent(world.count(|c| tagged(c) && reopened(c)), world.count(tagged)),
                ),
        ),
        (
            33,
            question("Does the rating depend on the attribute \"Copilot used\", since 2026-09-01?")
                .stats(json!({"timeframe": PERIOD, "group_by": "attribute", "attribute": "Copilot used"}))
                .group("true", "rating_average", {
                    let used = |c: &&Conversation| c.custom_attributes.get("Copilot used").is_some_and(|used| *used == true);
                    let scores: Vec<f64> = world.all.iter().filter(used).filter_map(score).map(f64::from).collect();
                    (scores.iter().sum::<f64>() / scores.len() as f64 * 100.0).round() / 100.0
                }),
        ),
    ]
}
