//! Faults that a sync survives, and stops that it goes on after.

use std::time::Instant;

use fastintercom_guest::sync::SyncError;
use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule};
use fastintercom_tests::truth::assert_same;

use super::{simulator, small_pages, upstream};

/// Every way to fail, at random, for pages and threads.
#[test]
fn each_fault_is_survived() {
    for fault in [
        Fault::HtmlError { status: 502 },
        Fault::Unavailable,
        Fault::EmptyOk,
        Fault::HtmlOk,
        Fault::InvalidJson,
        Fault::Truncated,
        Fault::Reset,
        Fault::Slow { seconds: 0.05 },
        Fault::Stall { seconds: 0.05 },
    ] {
        let simulator = simulator(Config::new().conversations(60));
        let mut cache = Cache::of(&simulator);
        cache.pace.largest_page = 10;
        simulator.add_fault(Rule::new(fault.clone()).with_probability(0.2));
        let first = cache.sync(&simulator);
        simulator.clear_faults();
        simulator.advance(2 * 3600);
        cache.sync(&simulator).unwrap_or_else(|error| panic!("{fault:?}: {error}, first {first:?}"));
        assert_same(&simulator, &cache.store());
    }
}

/// What fails for good is left queued and counted, and does not fail the run.
#[test]
fn a_thread_that_cannot_be_read_waits_and_is_counted() {
    let simulator = simulator(Config::new().conversations(10));
    let cache = Cache::of(&simulator);
    simulator.add_fault(Rule::new(Fault::Unavailable).on(Endpoint::Conversation));
    let report = cache.sync(&simulator).expect("the run itself completes");
    assert_eq!((report.hydrated, report.waiting), (0, 10));
    // Too soon for another attempt.
    let calls = simulator.stats().count(Endpoint::Conversation);
    cache.sync(&simulator).expect("syncs");
    assert_eq!(simulator.stats().count(Endpoint::Conversation), calls);
    simulator.clear_faults();
    simulator.advance(300);
    assert_eq!(cache.sync(&simulator).expect("syncs").waiting, 0);
    assert_same(&simulator, &cache.store());
}

/// Intercom gone altogether: the run fails within its patience, and says so.
#[test]
fn an_outage_ends_the_run_and_keeps_what_was_read() {
    let (simulator, cache) = small_pages();
    simulator.add_fault(Rule::new(Fault::Reset).after(12));
    let sentence = upstream(cache.sync(&simulator));
    assert!(sentence.contains("could not be reached"), "{sentence}");
    assert_eq!(cache.text("SELECT error_message FROM sync_metadata"), sentence);
    simulator.clear_faults();
    simulator.advance(3600);
    cache.sync(&simulator).expect("syncs");
    assert_same(&simulator, &cache.store());
}

/// A storm of 429 that the headers did not announce.
#[test]
fn a_429_waits_as_the_headers_say_and_goes_on() {
    let simulator = simulator(Config::new().conversations(30));
    let cache = Cache::of(&simulator);
    simulator.add_fault(Rule::new(Fault::RateLimited).on(Endpoint::Conversation).after(5).times(3));
    let report = cache.sync(&simulator).expect("syncs");
    assert_eq!(report.rate_limited, 3);
    assert_same(&simulator, &cache.store());
}

/// 323 s for 900 threads once: each such refusal waited for a window to end, each answer that never
/// came for its time-out, and every broken answer halved what is asked at once.
#[test]
fn six_faults_in_a_hundred_cost_seconds_and_few_calls() {
    let simulator = simulator(Config::new().conversations(200).parts(1..=2).rate_limit(10_000));
    let cache = Cache::of(&simulator);
    for (fault, probability) in [
        (Fault::HtmlError { status: 502 }, 0.02),
        (Fault::HtmlError { status: 500 }, 0.01),
        (Fault::EmptyOk, 0.01),
        (Fault::RefusedBurst, 0.01),
        (Fault::Slow { seconds: 3600.0 }, 0.01),
    ] {
        simulator.add_fault(Rule::new(fault).on(Endpoint::Conversation).with_probability(probability));
    }
    let begun = Instant::now();
    let report = cache.sync(&simulator).expect("syncs");
    let took = begun.elapsed();
    println!("{took:.1?}, {} calls, {} refused", report.api_calls, report.rate_limited);
    assert!(took.as_secs() < 60, "{took:?}");
    let fetches = simulator.stats().count(Endpoint::Conversation);
    assert!(fetches < 200 * 125 / 100, "{fetches}");
    simulator.clear_faults();
    simulator.advance(2 * 3600);
    cache.sync(&simulator).expect("syncs");
    assert_same(&simulator, &cache.store());
}

/// #49936, #31905: state was lost, and everything was read again.
#[test]
fn a_stopped_sync_goes_on_where_it_was() {
    let simulator = simulator(Config::new().conversations(300));
    let cache = Cache::of(&simulator);
    let mut stops = 0;
    let mut questions = 40;
    while let Err(error) = cache.sync_until(&simulator, questions) {
        assert!(matches!(error, SyncError::Stopped(_)), "{error:?}");
        stops += 1;
        questions += 10;
        assert!(stops < 100);
    }
    assert!(stops > 2, "{stops} stops");
    assert_same(&simulator, &cache.store());
    let fetched = simulator.stats().count(Endpoint::Conversation);
    assert!(fetched < 300 + 70 * stops, "{fetched} fetches, {stops} stops");
    assert_eq!(cache.count("SELECT count(*) FROM sync_metadata WHERE sync_status = 'in_progress'"), 0);
}

/// A transaction that dies at its commit takes all of its rows with it, cursor and coverage too.
#[test]
fn a_commit_that_fails_leaves_nothing_half_written() {
    let (simulator, cache) = small_pages();
    for fatal in [3, 5, 8, 12] {
        let failed = cache.sync_with_failing_commit(&simulator, fatal);
        assert!(matches!(failed, Err(SyncError::Storage(_))), "{failed:?}");
        let claimed = cache.count(
            "SELECT count(*) FROM conversations
             WHERE NOT thread_complete AND id NOT IN (SELECT conversation_id FROM hydration_queue)",
        );
        assert_eq!(claimed, 0);
    }
    cache.sync(&simulator).expect("syncs");
    assert_same(&simulator, &cache.store());
}
