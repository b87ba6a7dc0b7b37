//! The first sync of a workspace, and the ones after it.

use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::{Config, Endpoint, Simulator};
use fastintercom_tests::truth::assert_same;

#[test]
fn the_first_sync_holds_the_truth_and_the_second_fetches_no_thread() {
    let simulator = Simulator::start(Config::new().conversations(400).days(60)).expect("starts");
    let cache = Cache::of(&simulator);
    let report = cache.sync(&simulator).expect("syncs");
    assert_same(&simulator, &cache.store());
    assert_eq!(report.hydrated, 400);
    assert_eq!(report.total_conversations, 400);
    assert_eq!(cache.text("SELECT sync_status FROM sync_metadata"), "completed");
    assert_eq!(cache.count("SELECT total_conversations FROM sync_metadata"), 400);

    simulator.reset_log();
    let report = cache.sync(&simulator).expect("syncs again");
    assert_eq!(report.hydrated, 0);
    assert_eq!(simulator.stats().count(Endpoint::Conversation), 0);
    assert_same(&simulator, &cache.store());
}
