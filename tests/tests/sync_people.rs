//! Contacts: all of them after the first sync, at few calls, whatever became of them.

use fastintercom_guest::sync::SyncReport;
use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule, Simulator};

fn simulator(conversations: usize) -> Simulator {
    Simulator::start(Config::new().conversations(conversations).days(20).parts(1..=2)).expect("starts")
}

const UNREAD: &str = "SELECT count(DISTINCT contact_id) FROM conversation_contacts
    WHERE contact_id NOT IN (SELECT id FROM contacts WHERE fetched_at IS NOT NULL)";

fn first_sync(simulator: &Simulator) -> (Cache, SyncReport) {
    let cache = Cache::of(simulator);
    let report = cache.sync(simulator).expect("syncs");
    (cache, report)
}

#[test]
fn the_first_sync_knows_every_contact_at_few_calls() {
    let simulator = simulator(1500);
    let (cache, report) = first_sync(&simulator);
    assert_eq!(cache.count(UNREAD), 0);
    let known = cache.count("SELECT count(*) FROM contacts WHERE fetched_at IS NOT NULL");
    assert!(known > 300, "{known}");
    let stats = simulator.stats();
    assert_eq!(stats.count(Endpoint::Contact), 0);
    assert!(stats.count(Endpoint::ContactSearch) * 100 <= report.api_calls, "{stats:?}");
    assert!(
        cache.count("SELECT count(*) FROM contacts WHERE company_id IS NOT NULL") > 0,
        "threads do not tell the company"
    );
}

/// Since 2.16 a merged contact answers 410 and names its heir; a search leaves it out.
#[test]
fn a_merged_contact_is_looked_up_alone_and_names_its_heir() {
    let simulator = simulator(60);
    simulator.add_fault(Rule::new(Fault::Unavailable).on(Endpoint::ContactSearch));
    let (cache, _) = first_sync(&simulator);
    simulator.clear_faults();
    // Merging does not change the conversation's time, so the cache still names the old contact.
    let (gone, heir) = {
        let mut workspace = simulator.workspace();
        let gone = workspace.conversation_at(3).expect("exists").contacts[0];
        let heir = u32::from(gone == 0);
        workspace.merge_contacts(gone, heir);
        let contacts = &workspace.directory().contacts;
        (contacts[gone as usize].id.clone(), contacts[heir as usize].id.clone())
    };
    simulator.advance(60);
    let report = cache.sync(&simulator).expect("syncs");
    assert_eq!(report.notes, Vec::<String>::new());
    assert_eq!(cache.text(&format!("SELECT merged_into FROM contacts WHERE id = '{gone}'")), heir);
    assert_eq!(cache.count(UNREAD), 0);
    simulator.advance(60);
    simulator.reset_log();
    cache.sync(&simulator).expect("syncs");
    assert_eq!(simulator.stats().count(Endpoint::Contact), 0, "it is asked for once");
}

/// Nobody documents how many ids a search takes.
#[test]
fn a_search_that_is_rejected_is_made_smaller() {
    let simulator = simulator(300);
    simulator
        .add_fault(Rule::new(Fault::ParameterInvalid).on(Endpoint::ContactSearch).when_per_page_above(40));
    let (cache, report) = first_sync(&simulator);
    assert_eq!(cache.count(UNREAD), 0);
    assert_eq!(report.notes, Vec::<String>::new());
    assert_eq!(simulator.stats().count(Endpoint::Contact), 0);
}

#[test]
fn without_any_search_contacts_are_fetched_one_by_one_within_a_budget() {
    let simulator = simulator(400);
    simulator.add_fault(Rule::new(Fault::ParameterInvalid).on(Endpoint::ContactSearch));
    let (cache, _) = first_sync(&simulator);
    assert_eq!(simulator.stats().count(Endpoint::Contact), 100);
    assert_eq!(cache.count("SELECT count(*) FROM contacts WHERE fetched_at IS NOT NULL"), 100);
    assert!(simulator.stats().count(Endpoint::ContactSearch) < 150);
}

#[test]
fn a_failing_search_is_given_up_for_this_run() {
    let simulator = simulator(100);
    simulator.add_fault(Rule::new(Fault::Unavailable).on(Endpoint::ContactSearch));
    let (cache, _) = first_sync(&simulator);
    assert!(cache.count(UNREAD) > 0);
    simulator.clear_faults();
    simulator.advance(30);
    cache.sync(&simulator).expect("syncs");
    assert_eq!(cache.count(UNREAD), 0);
}

/// Whatever a token may not read is said in the status, and read once it may.
#[test]
fn a_missing_scope_becomes_a_note_and_the_conversations_are_read() {
    for (endpoint, topic) in [
        (Endpoint::Admins, "admins"),
        (Endpoint::Teams, "teams"),
        (Endpoint::Tags, "tags"),
        (Endpoint::ContactSearch, "contacts"),
    ] {
        for status in [401, 403] {
            let simulator = simulator(12);
            simulator.add_fault(Rule::new(Fault::MissingScope { status }).on(endpoint));
            let (cache, report) = first_sync(&simulator);
            assert_eq!(report.notes.len(), 1, "{topic}: {:?}", report.notes);
            let note = cache.text(&format!("SELECT note FROM sync_notes WHERE topic = '{topic}'"));
            assert_eq!(report.notes, std::slice::from_ref(&note));
            assert!(note.contains("Developer Hub"), "{note}");
            assert_eq!((report.hydrated, report.waiting), (12, 0));
            simulator.clear_faults();
            simulator.advance(2 * 3600);
            let report = cache.sync(&simulator).expect("syncs");
            assert_eq!(report.notes, Vec::<String>::new(), "{topic}");
        }
    }
}
