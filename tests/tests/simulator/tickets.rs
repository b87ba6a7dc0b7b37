//! Tickets: their search, their parts, and the conversations that they are about.

use std::collections::{BTreeMap, BTreeSet};

use fastintercom_tests::simulator::tickets::Category;
use fastintercom_tests::simulator::{Ticket, TicketChange, TicketState};

use super::*;

pub fn workspace(tickets: usize) -> Simulator {
    start(Config::new().frozen_at(NOW).conversations(300).days(30).tickets(tickets))
}

pub fn search_tickets(simulator: &Simulator, body: Value) -> Answer {
    let token = format!("Authorization: Bearer {}", simulator.token());
    let headers = [token.as_str(), "Intercom-Version: 2.16"];
    call(simulator, "POST", "/tickets/search", &headers, &body.to_string()).expect("an answer")
}

/// The ids of what matches, in the order of the answer.
pub fn found(simulator: &Simulator, query: Value) -> Vec<String> {
    let answer = search_tickets(simulator, json!({"query": query, "pagination": {"per_page": 150}})).json();
    let tickets = answer["tickets"].as_array().unwrap_or_else(|| panic!("{answer}"));
    tickets.iter().filter_map(|ticket| ticket["id"].as_str()).map(str::to_owned).collect()
}

pub fn test(field: &str, operator: &str, value: impl Into<Value>) -> Value {
    json!({"field": field, "operator": operator, "value": value.into()})
}

/// Ids of the tickets that are so, ascending.
fn truth(simulator: &Simulator, is_so: impl Fn(&Ticket) -> bool) -> BTreeSet<String> {
    simulator.workspace().tickets().filter(|ticket| is_so(ticket)).map(|t| t.id.to_string()).collect()
}

pub fn some_ticket(simulator: &Simulator, is_so: impl Fn(&Ticket) -> bool) -> Ticket {
    simulator.workspace().tickets().find(|ticket| is_so(ticket)).expect("such a ticket").clone()
}

#[test]
fn a_workspace_has_none_unless_they_are_asked_for() {
    let simulator = workspace(0);
    let answer = search_tickets(&simulator, json!({"query": test("updated_at", ">", 0)})).json();
    assert_eq!((&answer["type"], &answer["total_count"]), (&json!("ticket.list"), &json!(0)));
    assert_eq!(answer["tickets"], json!([]));
}

#[test]
fn they_are_of_all_kinds_and_spread_over_the_days() {
    let simulator = workspace(120);
    let workspace = simulator.workspace();
    let all: Vec<&Ticket> = workspace.tickets().collect();
    let count = |is_so: &dyn Fn(&Ticket) -> bool| all.iter().filter(|ticket| is_so(ticket)).count();
    let of = |category| count(&|ticket| ticket.category == category);
    assert_eq!([of(Category::Customer), of(Category::BackOffice), of(Category::Tracker)], [60, 30, 30]);
    for state in [
        TicketState::Submitted,
        TicketState::InProgress,
        TicketState::WaitingOnCustomer,
        TicketState::Resolved,
    ] {
        assert!(count(&|ticket| ticket.state == state) > 5, "{state:?}");
    }
    let types: BTreeSet<&str> = all.iter().map(|ticket| ticket.type_name.as_str()).collect();
    assert!(types.len() >= 4 && types.contains("Bug") && types.contains("Refund request"), "{types:?}");
    assert!(count(&|ticket| ticket.title.is_none()) > 3 && count(&|ticket| ticket.description.is_none()) > 3);
    assert!(count(&|ticket| ticket.admin_assignee.is_none()) > 10);
    assert!(count(&|ticket| ticket.snoozed_until.is_some()) > 0);
    assert!(count(&|ticket| ticket.parts.iter().any(|part| part.redacted)) > 0);
    assert!(all.is_sorted_by_key(|ticket| ticket.created_at));
    for ticket in &all {
        assert!(ticket.parts.is_sorted_by_key(|part| part.created_at));
        assert_eq!(Some(ticket.updated_at), ticket.parts.last().map(|part| part.updated_at));
        assert!(NOW - 31 * 86_400 < ticket.created_at && ticket.updated_at < NOW, "{}", ticket.id);
        assert_eq!(ticket.open, ticket.state != TicketState::Resolved);
    }
}

#[test]
fn conversations_are_the_same_but_for_their_links() {
    let (without, with) = (workspace(0), workspace(60));
    let all = |simulator: &Simulator| {
        let workspace = simulator.workspace();
        let ids: Vec<_> = workspace.conversations().map(|c| c.id).collect();
        ids.into_iter().filter_map(|id| workspace.json(id, ApiVersion::V2_16)).collect::<Vec<Value>>()
    };
    let mut linked = 0;
    for (old, mut new) in all(&without).into_iter().zip(all(&with)) {
        let (known, all) = (&old["linked_objects"]["data"], &new["linked_objects"]["data"]);
        let known = known.as_array().expect("links");
        assert!(known.iter().all(|link| all.as_array().is_some_and(|all| all.contains(link))));
        linked += usize::from(all.as_array().is_some_and(|all| all.len() > known.len()));
        new["linked_objects"] = old["linked_objects"].clone();
        assert_eq!(old, new);
    }
    assert!(linked > 10);
}

#[test]
fn pages_reach_every_ticket_once_in_either_order() {
    let simulator = workspace(60);
    for order in ["ascending", "descending"] {
        let (mut seen, mut times, mut cursor) = (Vec::new(), Vec::new(), Value::Null);
        for page in 1.. {
            let answer = search_tickets(
                &simulator,
                json!({
                    "query": {"operator": "AND", "value": [test("updated_at", ">", 0)]},
                    "sort": {"field": "updated_at", "order": order},
                    "pagination": {"per_page": 7, "starting_after": cursor},
                }),
            )
            .json();
            assert_eq!((&answer["total_count"], &answer["pages"]["page"]), (&json!(60), &json!(page)));
            for ticket in answer["tickets"].as_array().expect("tickets") {
                seen.push(ticket["id"].as_str().expect("an id").to_owned());
                times.push(ticket["updated_at"].as_i64().expect("a time"));
            }
            cursor = answer["pages"]["next"]["starting_after"].clone();
            if cursor.is_null() {
                break;
            }
        }
        assert_eq!(seen.len(), 60);
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), truth(&simulator, |_| true));
        assert!(if order == "ascending" { times.is_sorted() } else { times.iter().rev().is_sorted() });
    }
}

#[test]
fn filters_select_what_they_say() {
    let simulator = workspace(60);
    let middle = NOW - 5 * 86_400;
    let one =
        some_ticket(&simulator, |ticket| !ticket.contacts.is_empty() && ticket.admin_assignee.is_some());
    let contact = simulator.workspace().directory.contacts[one.contacts[0] as usize].id.clone();
    let admin = simulator.workspace().directory.admins[one.admin_assignee.unwrap_or(0) as usize].id;
    let same = |query: Value, is_so: &dyn Fn(&Ticket) -> bool| {
        let expected = truth(&simulator, is_so);
        assert!(!expected.is_empty(), "{query}");
        let found: BTreeSet<String> = found(&simulator, query.clone()).into_iter().collect();
        assert_eq!(found, expected, "{query}");
    };
    same(test("updated_at", ">", middle), &|t| t.updated_at >= middle);
    same(test("created_at", "<", middle.to_string()), &|t| t.created_at <= middle);
    same(test("updated_at", "=", one.updated_at), &|t| t.updated_at == one.updated_at);
    same(test("id", "IN", json!([one.id.to_string(), "1"])), &|t| t.id == one.id);
    same(test("open", "=", false), &|t| !t.open);
    same(test("state", "=", "waiting_on_customer"), &|t| t.state == TicketState::WaitingOnCustomer);
    same(test("category", "=", "request"), &|t| t.category == Category::Customer);
    same(test("category", "IN", json!(["task", "tracker"])), &|t| t.category != Category::Customer);
    same(test("contact_ids", "IN", json!([contact])), &|t| t.contacts.contains(&one.contacts[0]));
    same(test("admin_assignee_id", "=", admin.to_string()), &|t| t.admin_assignee == one.admin_assignee);
    same(test("ticket_type_id", "=", "3301"), &|t| t.type_name == "Bug");
    same(test("ticket_attribute.4107", "=", "High"), &|t| {
        t.attributes.get("Severity") == Some(&json!("High"))
    });
    let nested = json!({"operator": "AND", "value": [
        {"operator": "OR", "value": [test("category", "=", "tracker"), test("open", "=", false)]},
        test("updated_at", ">", middle),
    ]});
    same(nested, &|t| (t.category == Category::Tracker || !t.open) && t.updated_at >= middle);
    // By the names that people see, the search knows no category.
    assert_eq!(found(&simulator, test("category", "=", "Back-office")), [] as [&str; 0]);
}

#[test]
fn searches_that_are_wrong_are_refused() {
    let simulator = workspace(8);
    let right = test("updated_at", ">", 0);
    let code = |body: Value| {
        let answer = search_tickets(&simulator, body);
        (answer.status, answer.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned())
    };
    let refused = |code: &str| (400, code.to_owned());
    for query in [
        test("source.body", "=", "order"),
        test("ticket_id", "=", "1001"),
        test("updated_at", "LIKE", 1),
        test("category", ">", "request"),
        test("open", "~", true),
        test("updated_at", ">", "yesterday"),
        test("id", "IN", "1"),
    ] {
        assert_eq!(code(json!({"query": query.clone()})), refused("parameter_invalid"), "{query}");
    }
    let paged = |pagination: Value| json!({"query": right.clone(), "pagination": pagination});
    assert_eq!(code(paged(json!({"per_page": 151}))), refused("parameter_invalid"));
    assert_eq!(code(paged(json!({"starting_after": "%%%"}))), refused("client_error"));
    let sorted = |sort: Value| json!({"query": right.clone(), "sort": sort});
    assert_eq!(code(sorted(json!({"field": "title"}))), refused("parameter_invalid"));
    assert_eq!(code(sorted(json!({"order": "sideways"}))), refused("invalid_sort_order"));
    assert_eq!(code(json!({})), refused("parameter_not_found"));
}

#[test]
fn an_answer_holds_all_of_a_ticket_and_is_the_same_alone() {
    let simulator = workspace(60);
    let answer = search_tickets(
        &simulator,
        json!({"query": test("updated_at", ">", 0), "pagination": {"per_page": 60}}),
    );
    let mut changes = BTreeMap::new();
    for listed in answer.json()["tickets"].as_array().expect("tickets") {
        let id = listed["id"].as_str().expect("an id");
        let alone = get(&simulator, &format!("/tickets/{id}"), "2.16").expect("an answer").json();
        assert_eq!(&alone, listed);
        let ticket = some_ticket(&simulator, |ticket| ticket.id.to_string() == id);
        assert_eq!(listed["ticket_attributes"]["_default_title_"], json!(ticket.title));
        assert_eq!(listed["ticket_attributes"]["_default_description_"], json!(ticket.description));
        assert_eq!(listed["ticket_state"]["internal_label"], json!(ticket.state_label));
        let parts = listed["ticket_parts"]["ticket_parts"].as_array().expect("parts");
        assert_eq!(listed["ticket_parts"]["total_count"], json!(parts.len()));
        for (shown, part) in parts.iter().zip(&ticket.parts) {
            assert_eq!((&shown["body"], &shown["created_at"]), (&json!(part.body), &json!(part.created_at)));
            *changes.entry(part.part_type).or_insert(0) += 1;
        }
        let state = &parts.last().expect("a part")["ticket_state"];
        assert_eq!((state, &listed["ticket_state"]["category"]), (&json!(ticket.state.as_str()), state));
    }
    for part_type in [
        "comment",
        "note",
        "assignment",
        "ticket_state_updated_by_admin",
        "ticket_attribute_updated_by_admin",
    ] {
        assert!(changes.get(part_type).is_some_and(|count| *count > 5), "{changes:?}");
    }
    let old = get(&simulator, &format!("/tickets/{}", some_ticket(&simulator, |_| true).id), "2.11");
    assert!(old.expect("an answer").json()["ticket_state"].is_string());
}

#[test]
fn a_long_ticket_shows_its_newest_500_parts() {
    let simulator = workspace(4);
    let ticket = some_ticket(&simulator, |_| true);
    let before = ticket.parts.len();
    simulator.workspace().edit_ticket(ticket.id, |ticket| {
        for number in 0..600 {
            let body = format!("<p>{number}</p>");
            ticket.apply(TicketChange::Note { admin: 0, body }, NOW);
        }
    });
    let shown = get(&simulator, &format!("/tickets/{}", ticket.id), "2.16").expect("an answer").json();
    let parts = shown["ticket_parts"]["ticket_parts"].as_array().expect("parts");
    assert_eq!((parts.len(), &parts[0]["body"]), (500, &json!("<p>100</p>")));
    assert_eq!(shown["ticket_parts"]["total_count"], json!(before + 600));
}

#[test]
fn links_lead_both_ways() {
    let simulator = workspace(60);
    let workspace = simulator.workspace();
    let mut links = BTreeSet::new();
    for ticket in workspace.tickets() {
        for id in &ticket.conversations {
            links.insert((ticket.id, *id, ticket.category.as_str()));
            let conversation = workspace.conversation(*id).expect("a conversation");
            if ticket.category == Category::Customer {
                assert_eq!(ticket.contacts, conversation.contacts);
            }
        }
    }
    let shared = workspace.tickets().filter(|t| t.category == Category::Tracker);
    assert!(shared.filter(|tracker| tracker.conversations.len() > 1).count() > 10);
    let mut back = BTreeSet::new();
    for conversation in workspace.conversations() {
        let shown = workspace.json(conversation.id, ApiVersion::V2_16).expect("it");
        for link in shown["linked_objects"]["data"].as_array().expect("links") {
            let id = link["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
            let category = workspace.ticket(id).unwrap_or_else(|| panic!("no ticket {id}")).category;
            assert_eq!(link["category"], category.as_str());
            back.insert((id, conversation.id, category.as_str()));
        }
    }
    assert_eq!(links, back);
}
