//! Bugs of other copies of Intercom, each as a test, and the faults that a sync must survive.
//!
//! The numbers are issues and pull requests of `airbytehq/airbyte`, unless another connector is
//! named.

mod access;
mod faults;
mod outsiders;
mod threads;
mod windows;

use fastintercom_guest::sync::{SyncError, SyncReport};
use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::{Config, Simulator};

fn simulator(config: Config) -> Simulator {
    Simulator::start(config.days(20)).expect("the simulator starts")
}

/// A workspace of some conversations and a cache that reads it in pages of 10.
fn small_pages() -> (Simulator, Cache) {
    let simulator = Simulator::start(Config::new().conversations(60).days(1)).expect("starts");
    let mut cache = Cache::of(&simulator);
    cache.pace.largest_page = 10;
    (simulator, cache)
}

fn upstream(result: Result<SyncReport, SyncError>) -> String {
    match result {
        Err(SyncError::Upstream(sentence)) => sentence,
        other => panic!("{other:?}"),
    }
}
