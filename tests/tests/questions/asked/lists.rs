//! Which conversations, and what they are about.

use std::collections::BTreeMap;

use fastintercom_tests::simulator::model::{Priority, State};
use fastintercom_tests::simulator::{Conversation, MAX_PARTS};
use serde_json::json;

use super::Numbered;
use crate::questions::asking::{ids, question};
use crate::questions::world::{
    DAY, NOW, World, created_in, id, local_day, local_hour, recent, score, waiting,
};

const WEEK: (&str, &str) = ("2026-11-16", "2026-11-22");
const MONTH: (&str, &str) = ("2026-11-01", "2026-11-22");

fn topic(c: &Conversation) -> Option<&str> {
    c.custom_attributes.get("Topic")?.as_str()
}

/// The most frequent topic of those, and how many have it.
fn top_topic(world: &World, is: impl Fn(&Conversation) -> bool) -> (String, usize) {
    let mut topics: BTreeMap<&str, usize> = BTreeMap::new();
    for found in world.all.iter().filter(|c| is(c)).filter_map(topic) {
        *topics.entry(found).or_default() += 1;
    }
    let (topic, count) = topics.into_iter().max_by_key(|(_, count)| *count).expect("a topic");
    (topic.to_owned(), count)
}

pub fn questions(world: &World) -> Numbered {
    let week = |c: &Conversation| created_in(c, WEEK.0, WEEK.1);
    let month = |c: &Conversation| created_in(c, MONTH.0, MONTH.1);
    let open_topic = top_topic(world, |c| week(c) && c.state == State::Open);
    let bad = |c: &Conversation| score(c).is_some_and(|score| score <= 2);
    let bad_topic = top_topic(world, |c| month(c) && bad(c));
    let like =
        world.all.iter().rev().find(|c| topic(c).is_some() && world.messages(c).len() > 4).expect("one");
    let trackers = world.all.iter().filter_map(|c| c.tracker).next().expect("a tracker");
    let hour = |c: &Conversation| recent(c, 30) && local_hour(c.created_at) == 9;
    let monday = |c: &Conversation| {
        use chrono::Datelike;
        recent(c, 30) && local_day(c.created_at).weekday() == chrono::Weekday::Mon
    };
    let workflow = |c: &Conversation| {
        // Of long threads Intercom returns the newest parts only.
        let returned = &c.parts[c.parts.len().saturating_sub(MAX_PARTS)..];
        returned.iter().any(|part| part.part_type == "operator_workflow_event")
    };
    vec![
        (
            1,
            question("What is the most common Topic of the open conversations of this week?")
                .stats(json!({"state": "open", "timeframe": "this week", "group_by": "attribute", "attribute": "Topic"}))
                .group(open_topic.0, "conversations", open_topic.1),
        ),
        (
            3,
            question("What Topic do those have who complained this month, with a rating of 2 or less?")
                .stats(json!({"timeframe": "this month", "rating_max": 2, "group_by": "attribute", "attribute": ["Topic"]}))
                .is("/figures/conversations", world.count(|c| month(c) && bad(c)))
                .group(bad_topic.0, "conversations", bad_topic.1),
        ),
        (
            4,
            question("Which bugs were reported this week: what has the tag bug?")
                .search(json!({"tags": "bug", "timeframe": "this week"}))
                .finds(world.ids(|c| week(c) && world.tag(c, "bug"))),
        ),
        (
            5,
            question("What is tagged \"feature request\" by customers of the Enterprise plan?")
                .search(json!({"tags": "feature request", "plan": "enterprise"}))
                .finds(world.ids(|c| {
                    world.tag(c, "feature request") && world.company_of(c).is_some_and(|one| one.plan == "Enterprise")
                })),
        ),
        (
            6,
            question("Which are open and wait for more than 48 hours?")
                .search(json!({"state": "open", "waiting_hours_min": 48}))
                .finds(world.ids(|c| {
                    c.state == State::Open && waiting(c).is_some_and(|since| since <= NOW - 2 * DAY)
                })),
        ),
        (
            7,
            question("What is escalated: tagged so, and what is of urgent priority?")
                .search(json!({"tags": "escalated"}))
                .then("search_conversations", |_| json!({"priority": "urgent"}))
                .finds(world.ids(|c| c.priority == Priority::Urgent)),
        ),
        (
            9,
            question("By team: how many conversations since 2026-09-01 missed their SLA?")
                .stats(json!({"sla": "missed", "group_by": "team", "timeframe": "since 2026-09-01"}))
                .group(
                    "Billing",
                    "conversations",
                    world.count(|c| {
                        world.team(c) == Some("Billing")
                            && c.sla.as_ref().is_some_and(|sla| sla.status == Some("missed"))
                    }),
                ),
        ),
        (
            28,
            question("What is new or spiking in the last 7 days?")
                .ask("get_trends", json!({"timeframe": "last 7 days"}))
                .tells("/trends", "thermostat"),
        ),
        (
            31,
            question("On which page did conversations of the last 30 days begin?")
                .stats(json!({"timeframe": "last 30 days", "group_by": "page"}))
                .check(|world, asked| {
                    let page = |c: &Conversation| c.source.as_ref().and_then(|source| source.url.clone());
                    let groups = asked.answer["groups"].as_array().cloned().unwrap_or_default();
                    let pages: Vec<_> = groups.iter().filter(|group| group["group"] != "none").collect();
                    if pages.is_empty() {
                        return Err("no page".to_owned());
                    }
                    for group in pages {
                        let expected =
                            world.count(|c| recent(c, 30) && page(c).as_deref() == group["group"].as_str());
                        if group["conversations"] != expected {
                            return Err(format!("expected {expected} in {group}"));
                        }
                    }
                    Ok(())
                }),
        ),
        (
            35,
            question("Which conversations mention refund and do not have the tag refund?")
                .search(json!({"query": "refund", "tags_none": "refund"}))
                .check(move |world, asked| {
                    // Words of one stem are found, too; none that is tagged may be.
                    let found = ids(&asked.answer);
                    let tagged = world.ids(|c| world.tag(c, "refund"));
                    let least = world.count(|c| world.mentions(c, "refund") && !world.tag(c, "refund"));
                    let total = asked.answer["total_matches"].as_u64().unwrap_or(0);
                    if found.iter().any(|id| tagged.contains(id)) || (total as usize) < least {
                        return Err(format!("{total} found, at least {least} are right"));
                    }
                    Ok(())
                }),
        ),
        (
            36,
            question("How many conversations of the last 30 days are untagged, and how many are there?")
                .stats(json!({"timeframe": "last 30 days", "group_by": "tag"}))
                .group("untagged", "conversations", world.count(|c| recent(c, 30) && c.tags.is_empty()))
                .is("/figures/conversations", world.count(|c| recent(c, 30))),
        ),
        (
            39,
            question(format!("How many customers since 2026-09-01 are behind the bug of tracker {trackers}?"))
                .stats(json!({"timeframe": "since 2026-09-01", "linked": trackers.to_string(), "details": true}))
                .is("/figures/customers", {
                    let mut contacts: Vec<_> = world
                        .all
                        .iter()
                        .filter(|c| c.tracker == Some(trackers))
                        .filter_map(|c| c.contacts.first())
                        .collect();
                    contacts.sort_unstable();
                    contacts.dedup();
                    contacts.len()
                }),
        ),
        (
            40,
            question(format!("Which conversations are like {}?", like.id))
                .search(json!({"similar_to": like.id.to_string()}))
                .check({
                    let topic_of = topic(like).map(str::to_owned);
                    move |world, asked| {
                        let found: Vec<_> = ids(&asked.answer).into_iter().take(5).collect();
                        let same = world
                            .all
                            .iter()
                            .filter(|c| found.contains(&id(c)) && topic(c) == topic_of.as_deref())
                            .count();
                        if same >= 3 { Ok(()) } else { Err(format!("{same} of {} share the topic", found.len())) }
                    }
                }),
        ),
        (
            41,
            question("At which weekday and which hour of day did conversations of the last 30 days begin?")
                .stats(json!({"timeframe": "last 30 days", "group_by": "weekday"}))
                .then("get_conversation_stats", |_| json!({"timeframe": "last 30 days", "group_by": "hour_of_day"}))
                .group("09:00", "conversations", world.count(hour)),
        ),
        (
            41,
            question("How many of the last 30 days begin on a Monday?")
                .stats(json!({"timeframe": "last 30 days", "group_by": "weekday"}))
                .group("1 Monday", "conversations", world.count(monday)),
        ),
        (
            42,
            question("In how many conversations of the last 30 days did a workflow do something?")
                .stats(json!({"timeframe": "last 30 days", "group_by": "event"}))
                .group(
                    "operator_workflow_event",
                    "conversations",
                    world.count(|c| recent(c, 30) && workflow(c)),
                ),
        ),
        (
            34,
            question("Which attributes do conversations, customers and companies have?")
                .ask("list_filters", json!({"kind": "attributes"}))
                .tells("/attributes", "Topic")
                .tells("/attributes", "contact.Job")
                .tells("/attributes", "company.Region"),
        ),
    ]
}
