//! Tickets that come, change and go while they are read.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};

use super::script::{Cache, Script, answer, error};
use crate::sync::{SyncKind, SyncRequest};

const TICKETS: &str = "SELECT group_concat(id || ':' || coalesce(state, '-'), ' ') FROM (SELECT id, state FROM tickets ORDER BY id)";
/// When the script begins.
const START: i64 = super::script::NOW.0;

fn ticket(id: &str, updated_at: i64, state: &str) -> Value {
    json!({
        "type": "ticket", "id": id, "ticket_id": format!("9{id}"), "category": "Customer",
        "ticket_attributes": {"_default_title_": format!("Ticket {id}")}, "created_at": START - 1000, "updated_at": updated_at,
        "ticket_state": {"category": state, "internal_label": state}, "ticket_type": {"id": "1", "name": "Bug"},
        "ticket_parts": {"ticket_parts": [], "total_count": 0}
    })
}

/// What the workspace has, answered as the API does: by `updated_at`, two a page.
fn respond(all: &[Value], asked: &super::script::Asked) -> Value {
    let bound = |index: usize| asked.body["query"]["value"][index]["value"].as_i64().expect("a bound");
    let (low, high) = (bound(0), bound(1));
    let at = |ticket: &Value| ticket["updated_at"].as_i64().expect("a time");
    let mut found: Vec<&Value> = all.iter().filter(|one| (low + 1..high).contains(&at(one))).collect();
    found.sort_by_key(|one| at(one));
    let per_page = asked.body["pagination"]["per_page"].as_u64().expect("a size").min(2) as usize;
    let from: usize =
        asked.body["pagination"]["starting_after"].as_str().map_or(0, |text| text.parse().expect("a cursor"));
    let page: Vec<_> = found.iter().skip(from).take(per_page).collect();
    let mut list = json!({"type": "ticket.list", "tickets": page, "total_count": found.len(), "pages": {"type": "pages"}});
    if from + page.len() < found.len() {
        list["pages"]["next"] = json!({"starting_after": (from + page.len()).to_string()});
    }
    list
}

/// As the timer does it: nobody waits for it.
fn in_background(cache: &mut Cache, script: &mut Script<'_>) {
    let request = SyncRequest {
        kind: SyncKind::Background,
        start_date: None,
        end_date: None,
        days: None,
        unless_newer_than: None,
        refetch: false,
    };
    cache.request(script, &request).expect("syncs");
}

/// A sync of a workspace with these tickets so many hours after the script's start. Returns what was
/// asked about tickets.
fn sync(cache: &mut Cache, hours: f64, all: &[Value]) -> Vec<String> {
    let asked_for = Rc::new(RefCell::new(Vec::new()));
    let (all, noted) = (all.to_vec(), Rc::clone(&asked_for));
    let mut script = Script::of(1).later((hours * 3_600.0) as u64).answering(move |asked| {
        if asked.what == "POST /tickets/search" {
            let per_page = &asked.body["pagination"]["per_page"];
            noted.borrow_mut().push(if *per_page == json!(1) { "count" } else { "list" }.to_owned());
            return Some(answer(&respond(&all, asked)));
        }
        let id = asked.what.strip_prefix("GET /tickets/")?;
        noted.borrow_mut().push(id.to_owned());
        Some(match all.iter().find(|one| one["id"] == id) {
            Some(ticket) => answer(ticket),
            None => error(404, "ticket_not_found"),
        })
    });
    in_background(cache, &mut script);
    asked_for.take()
}

#[test]
fn only_what_changed_is_read_again_and_deletions_are_noticed() {
    let mut cache = Cache::new();
    let mut all: Vec<Value> =
        (1..=5).map(|n| ticket(&n.to_string(), START - 50_000 + n * 1000, "submitted")).collect();
    assert_eq!(sync(&mut cache, 0.0, &all), ["list"; 3], "five, two a page, and all were listed: no count");
    assert_eq!(cache.text(TICKETS), "1:submitted 2:submitted 3:submitted 4:submitted 5:submitted");
    all[0] = ticket("1", START + 600, "resolved");
    assert_eq!(sync(&mut cache, 0.25, &all), ["list"]);
    assert_eq!(cache.text(TICKETS), "1:resolved 2:submitted 3:submitted 4:submitted 5:submitted");
    assert_eq!(sync(&mut cache, 0.5, &all), ["list"], "nothing changed");
    all.remove(2);
    assert_eq!(sync(&mut cache, 1.5, &all), ["list", "count", "list", "list", "3"], "one is missing");
    assert_eq!(cache.text(TICKETS), "1:resolved 2:submitted 4:submitted 5:submitted");
    assert_eq!(cache.text("SELECT CAST(count(*) AS TEXT) FROM tickets_fts"), "4");
    assert_eq!(sync(&mut cache, 2.75, &all), ["list", "count"], "the count is right");
}

/// Whoever lists less than there is has not deleted the rest.
#[test]
fn what_a_list_leaves_out_is_asked_for_by_itself() {
    let mut cache = Cache::new();
    let all: Vec<Value> = (1..=3).map(|n| ticket(&n.to_string(), START - 5_000 + n, "submitted")).collect();
    sync(&mut cache, 0.0, &all);
    let hidden = all.clone();
    let mut script = Script::of(1).later(2 * 3_600).answering(move |asked| {
        if asked.what == "POST /tickets/search" {
            return Some(answer(&respond(&hidden[..2], asked)));
        }
        let id = asked.what.strip_prefix("GET /tickets/")?;
        Some(answer(hidden.iter().find(|one| one["id"] == id).expect("it is there")))
    });
    in_background(&mut cache, &mut script);
    assert_eq!(cache.text("SELECT CAST(count(*) AS TEXT) FROM tickets"), "3");
}

#[test]
fn who_may_not_read_tickets_has_everything_else() {
    let mut cache = Cache::new();
    let mut script = Script::of(1)
        .answering(|asked| (asked.what == "POST /tickets/search").then(|| error(403, "forbidden")));
    in_background(&mut cache, &mut script);
    let note = cache.text("SELECT note FROM sync_notes WHERE topic = 'tickets'");
    assert!(note.contains("Read tickets"), "{note}");
    // It is asked again only after a while.
    let mut script = Script::of(1).later(900);
    in_background(&mut cache, &mut script);
    assert_eq!(script.count("POST /tickets/search"), 0);
    assert_eq!(sync(&mut cache, 2.0, &[ticket("1", START, "submitted")])[0], "list");
    assert_eq!(cache.text("SELECT CAST(count(*) AS TEXT) FROM sync_notes WHERE topic = 'tickets'"), "0");
}

/// A page too large for one answer, and a service whose pages lead in a circle.
#[test]
fn pages_get_smaller_and_do_not_go_in_circles() {
    let mut cache = Cache::new();
    let all: Vec<Value> = (1..=3).map(|n| ticket(&n.to_string(), START - 5_000 + n, "submitted")).collect();
    let mut script = Script::of(1).answering(move |asked| {
        (asked.what == "POST /tickets/search").then(|| {
            let too_large = asked.body["pagination"]["per_page"].as_u64() > Some(10);
            if too_large { error(504, "gateway_timeout") } else { answer(&respond(&all, asked)) }
        })
    });
    in_background(&mut cache, &mut script);
    assert_eq!(cache.text("SELECT CAST(count(*) AS TEXT) FROM tickets"), "3");
    let mut cache = Cache::new();
    let mut script = Script::of(1).answering(|asked| {
        (asked.what == "POST /tickets/search").then(|| {
            answer(&json!({"tickets": [ticket("1", START - 9, "submitted")], "total_count": 900, "pages": {"next": {"starting_after": "a"}}}))
        })
    });
    in_background(&mut cache, &mut script);
    assert!(cache.text("SELECT group_concat(note) FROM sync_notes").contains("tickets"));
    assert!(script.count("POST /tickets/search") < 10);
}

/// Somebody who was erased comes back with no ticket, nor in those of others.
#[test]
fn who_was_erased_does_not_come_back() {
    let mut cache = Cache::new();
    let mut all: Vec<Value> =
        (1..=3).map(|n| ticket(&n.to_string(), START - 5_000 + n, "submitted")).collect();
    let jane = json!({"type": "contact", "id": "jane000001"});
    let bob = json!({"type": "contact", "id": "bob0000001"});
    let part = |id: &str, author: &str, body: &str| json!({"id": id, "part_type": "comment", "created_at": START, "author": {"type": "user", "id": author, "name": author}, "body": body});
    all[0]["contacts"] = json!({"contacts": [jane]});
    all[1]["contacts"] = json!({"contacts": [jane, bob]});
    all[1]["ticket_parts"] = json!({"total_count": 2, "ticket_parts": [part("p1", "jane000001", "mine"), part("p2", "bob0000001", "to jane000001")]});
    sync(&mut cache, 0.0, &all);
    assert_eq!(cache.text("SELECT CAST(count(*) AS TEXT) FROM tickets"), "3");
    cache.erase_contact("jane000001");
    assert_eq!(cache.text("SELECT group_concat(id) FROM tickets"), "2,3");
    for one in &mut all {
        one["updated_at"] = json!(START + 300);
    }
    sync(&mut cache, 0.25, &all);
    assert_eq!(cache.text("SELECT group_concat(id) FROM tickets"), "2,3");
    assert_eq!(cache.text("SELECT group_concat(body) FROM ticket_parts"), "to [erased]");
    assert_eq!(cache.text("SELECT group_concat(contact_id) FROM ticket_contacts"), "bob0000001");
    // Deleted in Intercom as well: no ticket names her any more, and its title may still be hers.
    all[0]["contacts"] = json!({"contacts": []});
    all[1]["contacts"] = json!({"contacts": [bob]});
    all[1]["ticket_parts"] = json!({"total_count": 0, "ticket_parts": []});
    for one in &mut all {
        one["updated_at"] = json!(START + 900);
    }
    sync(&mut cache, 0.5, &all);
    assert_eq!(
        cache.text("SELECT group_concat(id || ':' || coalesce(title, '-')) FROM tickets"),
        "2:-,3:Ticket 3"
    );
}

#[test]
fn tickets_that_cannot_be_listed_hold_no_sync_up_for_long() {
    let mut cache = Cache::new();
    let mut script = Script::of(1)
        .answering(|asked| (asked.what == "POST /tickets/search").then(|| error(503, "service_unavailable")));
    in_background(&mut cache, &mut script);
    assert!((10_000..45_000).contains(&script.now_ms()), "{} ms", script.now_ms());
    let note = cache.text("SELECT note FROM sync_notes WHERE topic = 'tickets'");
    assert!(note.contains("the next sync tries again"), "{note}");
}
