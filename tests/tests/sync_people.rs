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

/// What the cache says of each contact's company, and what the workspace does.
fn companies(cache: &Cache, simulator: &Simulator) -> [Vec<(String, String)>; 2] {
    let store = cache.store();
    let mut statement = store
        .connection()
        .prepare("SELECT id, company_name FROM contacts WHERE fetched_at IS NOT NULL AND company_id IS NOT NULL ORDER BY id")
        .expect("prepares");
    let cached = statement
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, Option<String>>(1)?.unwrap_or_default())))
        .expect("reads")
        .collect::<Result<Vec<(String, String)>, _>>()
        .expect("reads");
    let workspace = simulator.workspace();
    let directory = workspace.directory();
    let mut real: Vec<(String, String)> = directory
        .contacts
        .iter()
        .filter(|contact| cached.iter().any(|(id, _)| *id == contact.id))
        .filter_map(|contact| {
            let company = &directory.companies[contact.company? as usize];
            Some((contact.id.clone(), company.name.clone()))
        })
        .collect();
    real.sort();
    [cached, real]
}

/// Contacts name a company by its id alone, and conversations name it only since 2.15.
#[test]
fn every_contact_has_the_name_of_its_company_at_one_call_a_company() {
    for version in ["2.14", "2.16"] {
        let simulator = simulator(300);
        let cache = Cache::of(&simulator).version(version);
        cache.sync(&simulator).expect("syncs");
        let [cached, real] = companies(&cache, &simulator);
        assert!(cached.len() > 20, "{cached:?}");
        assert_eq!(cached, real, "{version}");
        let known = cache.count("SELECT count(*) FROM companies");
        let calls = i64::try_from(simulator.stats().count(Endpoint::Company)).expect("few");
        assert!(calls <= known, "{calls} calls for {known} companies");
        assert_eq!(calls == known, version == "2.14", "2.16 tells most names with the conversations");
        let unnamed =
            "SELECT count(*) FROM conversations WHERE company_id IS NOT NULL AND company_name IS NULL";
        assert_eq!(cache.count(unnamed), 0);
        simulator.advance(60);
        simulator.reset_log();
        cache.sync(&simulator).expect("syncs");
        assert_eq!(simulator.stats().count(Endpoint::Company), 0, "each is asked for once");
    }
}

#[test]
fn a_renamed_company_is_noticed_within_a_week_and_a_few_calls_an_hour() {
    let simulator = simulator(120);
    let cache = Cache::of(&simulator).version("2.14");
    cache.sync(&simulator).expect("syncs");
    for company in &mut simulator.workspace().directory_mut().companies {
        company.name.push_str(" Holding");
    }
    let known = cache.count("SELECT count(*) FROM companies");
    simulator.reset_log();
    for _ in 0..known {
        simulator.advance(3700);
        cache.sync(&simulator).expect("syncs");
    }
    let [cached, real] = companies(&cache, &simulator);
    assert_eq!(cached, real);
    let renamed = "SELECT count(*) FROM conversations WHERE company_id IS NOT NULL AND company_name NOT LIKE '% Holding'";
    assert_eq!(cache.count(renamed), 0);
    assert_eq!(simulator.stats().count(Endpoint::Company), u64::try_from(known).expect("few"));
}

#[test]
fn a_company_that_is_gone_is_asked_for_once_and_a_missing_scope_is_a_note() {
    let simulator = simulator(60);
    simulator.add_fault(Rule::new(Fault::MissingScope { status: 403 }).on(Endpoint::Company));
    let cache = Cache::of(&simulator).version("2.14");
    let report = cache.sync(&simulator).expect("syncs");
    assert!(
        report.notes.iter().any(|note| note.contains("companies could not be read")),
        "{:?}",
        report.notes
    );
    assert_eq!((report.hydrated, report.waiting), (60, 0));
    simulator.clear_faults();
    simulator.workspace().directory_mut().companies.iter_mut().for_each(|company| company.id.push('x'));
    simulator.advance(60);
    let report = cache.sync(&simulator).expect("syncs");
    assert_eq!(report.notes, Vec::<String>::new());
    simulator.advance(60);
    simulator.reset_log();
    cache.sync(&simulator).expect("syncs");
    assert_eq!(simulator.stats().count(Endpoint::Company), 0);
}
