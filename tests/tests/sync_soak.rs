//! Long runs under real limits: `cargo nextest run -p fastintercom-tests --run-ignored only -E 'binary(sync_soak)'`.

use std::time::{Duration, Instant};

use fastintercom_guest::sync::SyncError;
use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::{Config, Endpoint, Simulator};
use fastintercom_tests::truth::assert_same;

/// A large first sync takes hardly longer than the limit, or 15 calls at once, permit.
#[test]
#[ignore = "takes two and a half minutes"]
fn ten_thousand_conversations_take_as_long_as_they_must() {
    let latency = Duration::from_millis(200);
    let simulator = Simulator::start(
        Config::new().conversations(10_000).parts(8..=8).days(60).rate_limit(1667).latency(latency),
    )
    .expect("starts");
    let cache = Cache::of(&simulator);
    let begin = Instant::now();
    let report = cache.sync(&simulator).expect("syncs");
    let taken = begin.elapsed();
    let least_calls = 10_000 + 10_000_u64.div_ceil(150);
    let per_second = (15.0 / latency.as_secs_f64()).min(166.7);
    let least = Duration::from_secs_f64(least_calls as f64 / per_second);
    println!("{} calls in {taken:?}; at least {least_calls} in {least:?}", report.api_calls);
    assert!(report.api_calls as f64 <= 1.02 * least_calls as f64);
    assert!(taken <= least.mul_f64(1.15), "{taken:?}, {least:?} permitted");
    assert_eq!(simulator.stats().rate_limited, 0);
    assert_same(&simulator, &cache.store());
    simulator.reset_log();
    cache.sync(&simulator).expect("syncs again");
    assert_eq!(simulator.stats().count(Endpoint::Conversation), 0);
}

/// A small limit shared with another app of the company.
#[test]
#[ignore = "takes two minutes"]
fn a_shared_limit_is_shared() {
    let simulator =
        Simulator::start(Config::new().conversations(1000).parts(3..=5).rate_limit(167).other_apps(60))
            .expect("starts");
    let cache = Cache::of(&simulator);
    let begin = Instant::now();
    let report = cache.sync(&simulator).expect("syncs");
    println!("{} calls, {} refused, in {:?}", report.api_calls, report.rate_limited, begin.elapsed());
    assert!(report.rate_limited * 100 < report.api_calls);
    assert_same(&simulator, &cache.store());
}

/// Twenty kills: each restart goes on, and little is fetched twice.
#[test]
#[ignore = "takes a minute"]
fn twenty_kills_cost_little() {
    let simulator =
        Simulator::start(Config::new().conversations(10_000).parts(2..=4).latency(Duration::from_millis(3)))
            .expect("starts");
    let cache = Cache::of(&simulator);
    let mut kills = 0;
    for _ in 0..20 {
        match cache.sync_killed_after(&simulator, 400) {
            Err(SyncError::Stopped(_)) => kills += 1,
            other => panic!("{other:?} after {kills} kills"),
        }
    }
    cache.sync(&simulator).expect("syncs");
    let calls = simulator.stats().requests;
    println!("{calls} calls with {kills} kills");
    assert!(calls as f64 <= 1.2 * (10_000.0 + 67.0));
    assert_same(&simulator, &cache.store());
}

/// How fast the guest alone is: no latency, no limit.
#[test]
#[ignore = "a measurement"]
fn threads_a_second() {
    let simulator = Simulator::start(Config::new().conversations(5000).parts(8..=8)).expect("starts");
    let cache = Cache::of(&simulator);
    let begin = Instant::now();
    let report = cache.sync(&simulator).expect("syncs");
    let taken = begin.elapsed();
    println!(
        "{} threads, {} messages in {taken:?}: {:.0} threads a second",
        report.hydrated,
        report.total_messages,
        report.hydrated as f64 / taken.as_secs_f64()
    );
}
