//! Whether a sync may read at all, and need to: tokens, scopes, a cache that is new enough.

use fastintercom_guest::sync::{SyncError, SyncRequest};
use fastintercom_tests::cache::{Cache, background};
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule};
use fastintercom_tests::truth::assert_same;

use super::simulator;

#[test]
fn a_wrong_token_names_the_regions() {
    let simulator = simulator(Config::new().conversations(1));
    let cache = Cache::of(&simulator).token("another");
    match cache.sync(&simulator) {
        Err(SyncError::Unauthorized(sentence)) => {
            assert!(
                sentence.contains("INTERCOM_ACCESS_TOKEN") && sentence.contains("us, eu or au"),
                "{sentence}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(cache.text("SELECT sync_status FROM sync_metadata"), "failed");
}

#[test]
fn a_token_of_another_workspace_is_refused_with_both_names() {
    let ours = simulator(Config::new().conversations(3));
    let mut cache = Cache::of(&ours);
    cache.sync(&ours).expect("syncs");
    let other = simulator(Config::new().conversations(7).seed(9).id_code("other999"));
    cache.settings.base_url = other.base_url();
    match cache.sync(&other) {
        Err(SyncError::WrongWorkspace(sentence)) => {
            assert!(sentence.contains("sim00001") && sentence.contains("other999"), "{sentence}");
        }
        other => panic!("{other:?}"),
    }
    assert_same(&ours, &cache.store());
}

#[test]
fn without_a_token_no_row_is_written() {
    let simulator = simulator(Config::new().conversations(1));
    let mut cache = Cache::of(&simulator);
    cache.settings.token_present = false;
    assert!(matches!(cache.sync(&simulator), Err(SyncError::NoToken(_))));
    assert_eq!(cache.count("SELECT count(*) FROM sync_metadata"), 0);
}

/// A token may lack what is not needed for conversations.
#[test]
fn a_missing_scope_leaves_a_note_and_no_more() {
    let simulator = simulator(Config::new().conversations(10));
    let cache = Cache::of(&simulator);
    for (endpoint, status) in [(Endpoint::Admins, 403), (Endpoint::Tags, 401), (Endpoint::ContactSearch, 403)]
    {
        simulator.add_fault(Rule::new(Fault::MissingScope { status }).on(endpoint));
    }
    let report = cache.sync(&simulator).expect("syncs");
    assert_same(&simulator, &cache.store());
    assert!(report.notes.iter().any(|note| note.contains("admins")), "{:?}", report.notes);
    assert!(report.notes.iter().any(|note| note.contains("Read tags")), "{:?}", report.notes);
    simulator.clear_faults();
    simulator.advance(2 * 3600);
    let report = cache.sync(&simulator).expect("syncs");
    assert_eq!(report.notes, Vec::<String>::new());
    assert!(cache.count("SELECT count(*) FROM admins WHERE name IS NOT NULL") > 5);
}

#[test]
fn a_cache_that_is_new_enough_is_left_alone() {
    let simulator = simulator(Config::new().conversations(5));
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    simulator.advance(60);
    simulator.reset_log();
    let request = SyncRequest { unless_newer_than: Some(300), ..background() };
    let report = cache.request(&simulator, &request).expect("answers");
    assert!(report.skipped);
    assert_eq!(simulator.stats().requests, 0);
    simulator.advance(600);
    assert!(!cache.request(&simulator, &request).expect("syncs").skipped);
}
