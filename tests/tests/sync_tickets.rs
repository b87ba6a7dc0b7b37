//! Tickets: read once, read again when they change, gone when they are deleted, and all of it as the
//! workspace has it.

use fastintercom_guest::sync::{SyncKind, SyncRequest};
use fastintercom_tests::cache::{Cache, background};
use fastintercom_tests::simulator::tickets::{Category, Ticket};
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule, Simulator, TicketState};

const HOUR: i64 = 3_600;

fn simulator(tickets: usize) -> Simulator {
    Simulator::start(Config::new().conversations(60).tickets(tickets).days(10).parts(1..=3)).expect("starts")
}

/// Each ticket with its parts and links, as the cache has them.
fn cached(cache: &Cache) -> Vec<String> {
    let lines = cache.text(
        "SELECT coalesce(group_concat(line, char(10)), '') FROM (
            SELECT t.id || ' ' || t.ticket_id || ' ' || t.category || ' ' || t.type || ' ' || t.state || ' ' || t.open || ' ' || coalesce(t.title, '-')
                || ' ' || unixepoch(t.created_at) || ' ' || unixepoch(t.updated_at)
                || ' [' || coalesce((SELECT group_concat(p.id || ':' || p.part_type || ':' || coalesce(p.body, '-'), ',')
                    FROM (SELECT * FROM ticket_parts WHERE ticket = t.number ORDER BY position) p), '') || '] '
                || coalesce((SELECT group_concat(l.id) FROM (SELECT id FROM ticket_links WHERE ticket = t.number AND kind = 'conversation' ORDER BY id) l), '')
                AS line
            FROM tickets t ORDER BY t.id)",
    );
    lines.lines().map(str::to_owned).collect()
}

/// The same, as the workspace has them.
fn truth(simulator: &Simulator) -> Vec<String> {
    let workspace = simulator.workspace();
    let line = |ticket: &Ticket| {
        let parts = ticket.parts.iter().map(|part| {
            let body = part.body.as_deref().filter(|_| !part.redacted).unwrap_or("-");
            format!("{}:{}:{body}", part.id, part.part_type)
        });
        let mut links: Vec<String> = ticket.conversations.iter().map(u64::to_string).collect();
        links.sort();
        format!(
            "{} {} {} {} {} {} {} {} {} [{}] {}",
            ticket.id,
            ticket.ticket_id,
            ticket.category.as_str(),
            ticket.type_name,
            ticket.state.as_str(),
            i32::from(ticket.open),
            ticket.title.as_deref().unwrap_or("-"),
            ticket.created_at,
            ticket.updated_at,
            parts.collect::<Vec<_>>().join(","),
            links.join(",")
        )
    };
    let mut lines: Vec<String> = workspace.tickets().map(line).collect();
    lines.sort();
    lines
}

/// Requests for tickets: lists, and single ones.
fn requests(simulator: &Simulator) -> [u64; 2] {
    let stats = simulator.stats();
    simulator.reset_log();
    [Endpoint::TicketSearch, Endpoint::Ticket].map(|endpoint| stats.count(endpoint))
}

#[test]
fn the_first_sync_has_all_tickets_and_the_next_ones_what_changed() {
    let simulator = simulator(400);
    let cache = Cache::of(&simulator);
    let report = cache.sync(&simulator).expect("syncs");
    assert_eq!(report.notes, Vec::<String>::new());
    assert_eq!(cached(&cache), truth(&simulator));
    assert_eq!(requests(&simulator), [3, 0], "400, 150 a page");
    assert_eq!(
        cache.count("SELECT count(*) FROM ticket_contacts x LEFT JOIN contacts k ON k.id = x.contact_id WHERE k.email IS NULL AND k.name IS NULL"),
        0,
        "the customers of tickets are read, too"
    );
    simulator.advance(HOUR / 4);
    cache.sync(&simulator).expect("syncs");
    assert_eq!(requests(&simulator), [1, 0]);
    for round in 0..4 {
        simulator.advance(HOUR + 1);
        {
            let mut workspace = simulator.workspace();
            let ids: Vec<u64> = workspace.tickets().map(|ticket| ticket.id).collect();
            let pick = |n: usize| ids[(round * 37 + n * 11) % ids.len()];
            assert!(workspace.ticket_reply(pick(0), 0, "We reproduced it in Zanzibar."));
            assert!(workspace.set_ticket_state(pick(1), TicketState::Resolved));
            assert!(workspace.delete_ticket(pick(2)));
            workspace.add_ticket(Category::BackOffice, "A new one", "<p>From today</p>", None);
        }
        cache.sync(&simulator).expect("syncs");
        // A list of all costs three pages, and so may be asked for each nine minutes.
        assert_eq!(cached(&cache), truth(&simulator), "round {round}");
    }
    let words = cache.count("SELECT count(*) FROM tickets_fts WHERE tickets_fts MATCH 'zanzibar'");
    assert!((1..=4).contains(&words), "{words}");
    assert_eq!(cache.count("SELECT count(*) FROM tickets_fts"), cache.count("SELECT count(*) FROM tickets"));
}

/// What was read before an error is kept, and the next run goes on from there.
#[test]
fn a_run_that_breaks_off_goes_on_from_the_last_page() {
    let simulator = simulator(400);
    let cache = Cache::of(&simulator);
    simulator.add_fault(Rule::new(Fault::MissingScope { status: 403 }).on(Endpoint::TicketSearch).after(2));
    cache.sync(&simulator).expect("syncs");
    assert_eq!(cache.count("SELECT count(*) FROM tickets"), 300);
    assert!(cache.text("SELECT note FROM sync_notes WHERE topic = 'tickets'").contains("Read tickets"));
    simulator.clear_faults();
    requests(&simulator);
    simulator.advance(HOUR + 1);
    cache.sync(&simulator).expect("syncs");
    assert_eq!(cached(&cache), truth(&simulator));
    assert!(requests(&simulator)[0] <= 3, "not from the beginning");
    assert_eq!(cache.count("SELECT count(*) FROM sync_notes WHERE topic = 'tickets'"), 0);
}

/// Faults of all kinds cost time, and no ticket.
#[test]
fn faults_lose_nothing() {
    let simulator = simulator(200);
    let cache = Cache::of(&simulator);
    for fault in [Fault::HtmlError { status: 502 }, Fault::EmptyOk, Fault::Truncated] {
        simulator.add_fault(Rule::new(fault).on(Endpoint::TicketSearch).times(1));
        simulator.advance(HOUR / 2);
        let _ = cache.sync(&simulator);
    }
    simulator.clear_faults();
    simulator.advance(HOUR + 1);
    cache.sync(&simulator).expect("syncs");
    assert_eq!(cached(&cache), truth(&simulator));
}

/// Tickets cost next to nothing beside the conversations.
#[test]
fn tickets_add_less_than_a_hundredth_of_the_requests() {
    let calls = |tickets: usize| {
        let config = Config::new().conversations(1_000).tickets(tickets).days(20).parts(1..=2);
        let simulator = Simulator::start(config).expect("starts");
        let report = Cache::of(&simulator).sync(&simulator).expect("syncs");
        report.api_calls
    };
    let (without, with) = (calls(0), calls(300));
    assert!(with <= without + without / 100, "{without} without, {with} with");
}

/// Older than what is kept: not read, and removed when their time comes.
#[test]
fn retention_holds_for_tickets() {
    let simulator = simulator(100);
    let mut cache = Cache::of(&simulator);
    cache.settings.retention_days = Some(5);
    cache.sync(&simulator).expect("syncs");
    let oldest = |cache: &Cache| cache.count("SELECT min(unixepoch(updated_at)) FROM tickets");
    let now = simulator.workspace().now();
    assert!(oldest(&cache) >= now - 6 * 24 * HOUR);
    assert!(cache.count("SELECT count(*) FROM tickets") > 10);
    simulator.advance(3 * 24 * HOUR);
    cache.sync(&simulator).expect("syncs");
    assert!(oldest(&cache) >= now - 3 * 24 * HOUR);
}

fn by_hand(days: u32) -> SyncRequest {
    SyncRequest { kind: SyncKind::Incremental, days: Some(days), ..background() }
}

/// Whoever asks for more days has their tickets, too.
#[test]
fn tickets_go_as_far_back_as_conversations() {
    let config = Config::new().conversations(60).tickets(200).days(60).parts(1..=3);
    let simulator = Simulator::start(config).expect("starts");
    let mut cache = Cache::of(&simulator);
    cache.settings.initial_sync_days = 7;
    cache.request(&simulator, &by_hand(7)).expect("syncs");
    let of_a_week = cache.count("SELECT count(*) FROM tickets");
    assert!((1..150).contains(&of_a_week), "{of_a_week}");
    cache.request(&simulator, &by_hand(90)).expect("syncs");
    assert_eq!(cached(&cache), truth(&simulator));
}

/// A sync by hand does not wait for the hour to pass: neither after a refusal nor for deletions. And a
/// deleted ticket is gone from its conversations, too.
#[test]
fn a_sync_by_hand_asks_at_once() {
    let simulator = simulator(100);
    let cache = Cache::of(&simulator);
    simulator.add_fault(Rule::new(Fault::MissingScope { status: 403 }).on(Endpoint::TicketSearch));
    cache.sync(&simulator).expect("syncs");
    simulator.clear_faults();
    simulator.advance(60);
    let report = cache.request(&simulator, &by_hand(10)).expect("syncs");
    assert_eq!(report.notes, Vec::<String>::new());
    assert_eq!(cached(&cache), truth(&simulator));
    let linked = "SELECT count(*) FROM conversation_links WHERE kind = 'ticket' AND id = ";
    let (id, conversation) = {
        let mut workspace = simulator.workspace();
        let conversation = workspace.conversations().next().map(|one| one.id).expect("one");
        (
            workspace.add_ticket(Category::Customer, "Late", "<p>Where is it?</p>", Some(conversation)),
            conversation,
        )
    };
    simulator.advance(1_000);
    cache.request(&simulator, &by_hand(10)).expect("syncs");
    assert_eq!(cache.count(&format!("{linked}'{id}'")), 1, "conversation {conversation} names it at once");
    assert!(simulator.workspace().delete_ticket(id));
    simulator.advance(1_000);
    cache.request(&simulator, &by_hand(10)).expect("syncs");
    assert_eq!(cached(&cache), truth(&simulator));
    assert_eq!(cache.count(&format!("{linked}'{id}'")), 0);
}
