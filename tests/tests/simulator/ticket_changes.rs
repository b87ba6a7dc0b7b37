//! Tickets that change while somebody reads them, and what can go wrong with reading them.

use fastintercom_tests::simulator::TicketState;
use fastintercom_tests::simulator::tickets::Category;

use super::tickets::{found, search_tickets, some_ticket, test, workspace};
use super::*;

#[test]
fn changes_move_it_and_reach_searches_after_the_lag() {
    let simulator = start(Config::new().frozen_at(NOW).tickets(12).index_lag(30));
    simulator.advance(100);
    let (one, conversation) = {
        let mut workspace = simulator.workspace();
        let one = workspace.tickets().find(|ticket| ticket.open).expect("a ticket").id;
        assert!(workspace.ticket_reply(one, 0, "We have <sent> it."));
        assert!(workspace.set_ticket_state(one, TicketState::Resolved));
        let conversation = workspace.conversation_at(0).expect("a conversation").id;
        let new = workspace.add_ticket(Category::BackOffice, "Look for it", "In aisle 4", Some(conversation));
        assert_eq!(workspace.ticket(new).map(|ticket| ticket.updated_at), Some(NOW + 100));
        (one, conversation)
    };
    let ticket = get(&simulator, &format!("/tickets/{one}"), "2.16").expect("an answer").json();
    assert_eq!((&ticket["updated_at"], &ticket["open"]), (&json!(NOW + 100), &json!(false)));
    let parts = ticket["ticket_parts"]["ticket_parts"].as_array().expect("parts");
    let [.., reply, state] = parts.as_slice() else { panic!("{parts:?}") };
    assert_eq!(reply["body"], "<p>We have &lt;sent&gt; it.</p>");
    assert_eq!(state["ticket_state"], "resolved");
    let linked = simulator.workspace().json(conversation, ApiVersion::V2_16).expect("it");
    assert!(linked["linked_objects"].to_string().contains("Back-office"));
    let changed = || found(&simulator, test("updated_at", ">", NOW + 1)).len();
    assert_eq!(changed(), 0);
    simulator.advance(30);
    assert_eq!(changed(), 2);
}

#[test]
fn what_is_deleted_is_gone_from_everywhere() {
    let simulator = workspace(60);
    let ticket = some_ticket(&simulator, |t| t.category == Category::Customer && !t.conversations.is_empty());
    let conversation = ticket.conversations[0];
    assert!(simulator.workspace().delete_ticket(ticket.id));
    assert!(!simulator.workspace().delete_ticket(ticket.id));
    let gone = get(&simulator, &format!("/tickets/{}", ticket.id), "2.16").expect("an answer");
    assert_eq!((gone.status, &gone.json()["errors"][0]["code"]), (404, &json!("ticket_not_found")));
    assert_eq!(found(&simulator, test("id", "=", ticket.id.to_string())), [] as [&str; 0]);
    assert_eq!(found(&simulator, test("updated_at", ">", 0)).len(), 59);
    let shown = simulator.workspace().json(conversation, ApiVersion::V2_16).expect("it");
    assert!(!shown["linked_objects"].to_string().contains(&ticket.id.to_string()));
    // The number of the inbox leads nowhere.
    let other = some_ticket(&simulator, |_| true);
    let by_number = get(&simulator, &format!("/tickets/{}", other.ticket_id), "2.16").expect("an answer");
    assert_eq!(by_number.status, 404);

    let about = some_ticket(&simulator, |ticket| !ticket.conversations.is_empty());
    simulator.workspace().delete_conversation(about.conversations[0]);
    let left = some_ticket(&simulator, |ticket| ticket.id == about.id).conversations;
    assert_eq!(left, about.conversations[1..]);
}

#[test]
fn limits_faults_and_missing_permissions_hold_for_them() {
    let simulator = start(Config::new().frozen_at(NOW).tickets(20).rate_limit(8));
    let id = some_ticket(&simulator, |_| true).id;
    let all = json!({"query": test("updated_at", ">", 0), "pagination": {"per_page": 5}});
    let refused = call(&simulator, "POST", "/tickets/search", &["Authorization: Bearer wrong"], "{}");
    assert_eq!(refused.expect("an answer").status, 401);
    assert_eq!(get(&simulator, &format!("/tickets/{id}"), "1.9").expect("an answer").status, 400);
    for endpoint in [Endpoint::TicketSearch, Endpoint::Ticket] {
        simulator.add_fault(Rule::new(Fault::MissingScope { status: 403 }).on(endpoint));
    }
    assert_eq!(search_tickets(&simulator, all.clone()).status, 403);
    assert_eq!(get(&simulator, &format!("/tickets/{id}"), "2.16").expect("an answer").status, 403);
    simulator.clear_faults();
    let first = search_tickets(&simulator, all.clone()).json();
    simulator.add_fault(Rule::new(Fault::StalePage).on(Endpoint::TicketSearch));
    let mut next = all.clone();
    next["pagination"]["starting_after"] = first["pages"]["next"]["starting_after"].clone();
    assert_eq!(search_tickets(&simulator, next).json()["tickets"], first["tickets"]);
    simulator.clear_faults();
    simulator.add_fault(Rule::new(Fault::EmptyPage).on(Endpoint::TicketSearch));
    assert_eq!(search_tickets(&simulator, all.clone()).json()["tickets"], json!([]));
    simulator.clear_faults();
    let statuses: Vec<u16> = (0..4).map(|_| search_tickets(&simulator, all.clone()).status).collect();
    assert_eq!(statuses, [200, 200, 200, 429]);
    assert_eq!(simulator.stats().count(Endpoint::TicketSearch), 9);
}

#[test]
fn other_processes_change_them_without_a_token() {
    let simulator = workspace(0);
    let post = |body: Value| {
        call(&simulator, "POST", "/_simulator/tickets", &[], &body.to_string()).expect("an answer")
    };
    let added = post(json!({"kind": "add", "title": "Lost <parcel>", "conversation": "newest"}));
    assert_eq!(added.status, 400);
    let conversation = id_at(&simulator, 3).to_string();
    let added = post(json!({"kind": "add", "title": "Lost parcel", "conversation": conversation})).json();
    let id: u64 = added["tickets"][0].as_str().and_then(|id| id.parse().ok()).expect("an id");
    for order in [
        json!({"kind": "contact_reply", "text": "Any news?"}),
        json!({"kind": "note", "ticket": id, "text": "It is on its way."}),
        json!({"kind": "redact"}),
        json!({"kind": "assign", "team": 1}),
        json!({"kind": "attribute", "name": "_default_title_", "value": "Found parcel"}),
        json!({"kind": "state", "state": "in_progress", "label": "With the warehouse"}),
    ] {
        assert_eq!(post(order.clone()).status, 200, "{order}");
    }
    let shown = get(&simulator, &format!("/tickets/{id}"), "2.16").expect("an answer").json();
    assert_eq!(shown["ticket_attributes"]["_default_title_"], "Found parcel");
    assert_eq!(shown["ticket_state"]["internal_label"], "With the warehouse");
    assert_eq!(shown["ticket_state"]["id"], "7496");
    assert_eq!(shown["previous_ticket_state_id"], "7491");
    assert_eq!(shown["ticket_parts"]["total_count"], 6);
    assert_eq!(shown["ticket_parts"]["ticket_parts"][2]["redacted"], true);
    assert_eq!(post(json!({"kind": "state", "state": "nonsense"})).status, 400);
    assert_eq!(post(json!({"kind": "delete"})).status, 200);
    assert_eq!(post(json!({"kind": "delete"})).status, 400);
}
