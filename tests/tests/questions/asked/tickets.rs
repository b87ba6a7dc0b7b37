//! Tickets: which are open, of which type and whose, and which conversations are about them.

use std::collections::BTreeSet;

use fastintercom_tests::simulator::TicketState;
use fastintercom_tests::simulator::tickets::{Category, Ticket};
use serde_json::{Value, json};

use super::Numbered;
use crate::questions::asking::question;
use crate::questions::world::{World, date, local_day};

const NUMBER: u8 = 38;

fn ids(answer: &Value) -> BTreeSet<String> {
    let rows = answer["tickets"].as_array().into_iter().flatten();
    rows.filter_map(|row| row["id"].as_str().map(str::to_owned)).collect()
}

/// That exactly these tickets are found.
fn found(
    expected: impl Fn(&World, &Ticket) -> bool + 'static,
) -> impl Fn(&World, &super::super::asking::Asked) -> Result<(), String> + 'static {
    move |world, asked| {
        let expected: BTreeSet<String> =
            world.tickets.iter().filter(|one| expected(world, one)).map(|one| one.id.to_string()).collect();
        let total = asked.answer["total_matches"].as_u64().unwrap_or(0) as usize;
        let found = ids(&asked.answer);
        if expected.is_empty() || total != expected.len() || !found.is_subset(&expected) || found.is_empty() {
            return Err(format!("expected {expected:?}, found {total}: {found:?}"));
        }
        Ok(())
    }
}

pub fn questions(world: &World) -> Numbered {
    let is_open_bug = |one: &Ticket| one.open && one.type_name == "Bug";
    let tracker = world
        .tickets
        .iter()
        .filter(|one| one.category == Category::Tracker)
        .max_by_key(|one| one.conversations.len())
        .expect("a tracker");
    let of_tracker: Vec<String> = {
        let mut ids: Vec<String> = tracker.conversations.iter().map(u64::to_string).collect();
        ids.sort();
        ids
    };
    let customer =
        world.tickets.iter().rev().find(|one| !one.contacts.is_empty()).expect("one of a customer");
    let contact = &world.people.contacts[customer.contacts[0] as usize];
    let address = contact.email.clone().expect("an address");
    let contact_index = customer.contacts[0];
    let conversation = customer.conversations.first().copied();
    let (team, team_index) = world
        .people
        .teams
        .iter()
        .enumerate()
        .find(|(index, _)| {
            world
                .tickets
                .iter()
                .any(|one| one.team_assignee == Some(*index as u32) && one.admin_assignee.is_none())
        })
        .map(|(index, team)| (team.name.clone(), index as u32))
        .expect("a team");
    let month = world.tickets.iter().filter(|one| local_day(one.created_at) >= date("2026-11-01"));
    let month = month.count();
    vec![
        (
            NUMBER,
            question("How many tickets are open, by type?")
                .ask("search_tickets", json!({"open": true, "group_by": "type"}))
                .group("Bug", "tickets", world.tickets.iter().filter(|one| is_open_bug(one)).count()),
        ),
        (
            NUMBER,
            question("Which tickets of type Bug are open, and to which conversations are they linked?")
                .ask("search_tickets", json!({"open": true, "type": "Bug", "limit": 100}))
                .check(found(move |_, one| is_open_bug(one)))
                .check(|world, asked| {
                    for row in asked.answer["tickets"].as_array().into_iter().flatten() {
                        let id = row["id"].as_str().unwrap_or_default();
                        let ticket = world.tickets.iter().find(|one| one.id.to_string() == id);
                        let linked = ticket.map_or(0, |one| one.conversations.len()) as u64;
                        let shown = row["conversation_count"]
                            .as_u64()
                            .unwrap_or(row["conversations"].as_array().map_or(0, Vec::len) as u64);
                        if shown != linked {
                            return Err(format!("{id}: {linked} conversations, not {shown}"));
                        }
                    }
                    Ok(())
                }),
        ),
        (
            NUMBER,
            question("How many tickets of each state were created since 2026-11-01?")
                .ask(
                    "search_tickets",
                    json!({"timeframe": "since 2026-11-01", "timeframe_of": "created", "group_by": "state"}),
                )
                .is("/total_matches", month),
        ),
        (
            NUMBER,
            question("Which tickets wait: state waiting_on_customer?")
                .ask("search_tickets", json!({"state": "waiting_on_customer"}))
                .check(found(|_, one| one.state == TicketState::WaitingOnCustomer)),
        ),
        (
            NUMBER,
            question("Which tickets are of category Back-office, of attribute Severity High?")
                .ask("search_tickets", json!({"category": "Back-office"}))
                .check(found(|_, one| one.category == Category::BackOffice)),
        ),
        (
            NUMBER,
            question("Which tickets have attribute Severity=High?")
                .ask("search_tickets", json!({"attribute": "Severity=High"}))
                .check(found(|_, one| one.attributes.get("Severity").is_some_and(|value| value == "High"))),
        ),
        (
            NUMBER,
            question(format!("Which tickets does the team {team} have that are unassigned to a teammate?"))
                .ask("search_tickets", json!({"team": team, "assignee": "unassigned"}))
                .check(found(move |_, one| {
                    one.team_assignee == Some(team_index) && one.admin_assignee.is_none()
                })),
        ),
        (
            NUMBER,
            question(format!("Which conversations belong to ticket {}?", tracker.ticket_id))
                .ask("search_tickets", json!({"id": tracker.ticket_id.to_string()}))
                .check(move |_, asked| {
                    let mut linked: Vec<String> = asked.answer["ticket"]["conversations"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(|id| id.as_str().map(str::to_owned))
                        .collect();
                    linked.sort();
                    if linked == of_tracker {
                        Ok(())
                    } else {
                        Err(format!("expected {of_tracker:?}, found {linked:?}"))
                    }
                }),
        ),
        (
            NUMBER,
            question(format!("Which tickets has {address}?"))
                .ask("search_tickets", json!({"customer": address}))
                .check(found(move |_, one| one.contacts.contains(&contact_index))),
        ),
        (
            NUMBER,
            question(format!("To which ticket is conversation {} linked?", conversation.unwrap_or_default()))
                .ask("search_tickets", json!({"conversation": conversation.unwrap_or_default().to_string()}))
                .check(found(move |_, one| conversation.is_some_and(|id| one.conversations.contains(&id)))),
        ),
        (
            NUMBER,
            question("Which tickets mention a refund?")
                .ask("search_tickets", json!({"query": "refund"}))
                .check(|world, asked| {
                    let total = asked.answer["total_matches"].as_u64().unwrap_or(0) as usize;
                    let says = |one: &&Ticket| {
                        let texts = one.parts.iter().filter_map(|part| part.body.as_deref());
                        let mut texts = texts.chain(one.title.as_deref()).chain(one.description.as_deref());
                        texts.any(|text| text.to_lowercase().contains("refund"))
                    };
                    let least = world.tickets.iter().filter(says).count();
                    if total < least || least == 0 { Err(format!("{total} of {least}")) } else { Ok(()) }
                }),
        ),
        (
            NUMBER,
            question("Which conversations are linked to a ticket of state in_progress?")
                .search(json!({"linked": "in_progress"}))
                .check(|world, asked| {
                    let linked: BTreeSet<u64> = world
                        .tickets
                        .iter()
                        .filter(|one| one.state == TicketState::InProgress)
                        .flat_map(|one| one.conversations.iter().copied())
                        .collect();
                    let total = asked.answer["total_matches"].as_u64().unwrap_or(0) as usize;
                    if total == linked.len() { Ok(()) } else { Err(format!("{total}, not {}", linked.len())) }
                }),
        ),
    ]
}
