//! Which pages of the list are read: cursors, windows, seconds at their edges.

use std::time::Duration;

use fastintercom_guest::sync::{SyncError, SyncKind, SyncRequest};
use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::filter::Comparison;
use fastintercom_tests::simulator::{Change, Config, Endpoint, Fault, Rule};
use fastintercom_tests::truth::assert_same;

use super::{simulator, small_pages, upstream};

/// #55829: the cursor did not reach the server, and a sync read page 1 for three days. Here the
/// server itself repeats the cursor.
#[test]
fn a_cursor_that_repeats_ends_the_window_with_an_error() {
    let (simulator, cache) = small_pages();
    simulator.add_fault(Rule::new(Fault::RepeatedCursor).on(Endpoint::Search).after(3));
    let sentence = upstream(cache.sync(&simulator));
    assert!(sentence.contains("goes in circles"), "{sentence}");
    assert!(simulator.stats().count(Endpoint::Search) < 60);
    assert_eq!(cache.text("SELECT sync_status FROM sync_metadata"), "failed");
    simulator.clear_faults();
    cache.sync(&simulator).expect("the next sync ends it");
    assert_same(&simulator, &cache.store());
}

/// #36414: page 1 again under ever new cursors.
#[test]
fn pages_without_new_ids_end_and_their_window_is_not_called_covered() {
    let (simulator, cache) = small_pages();
    simulator.add_fault(Rule::new(Fault::StalePage).on(Endpoint::Search).after(3));
    let report = cache.sync(&simulator).expect("what can be read is read");
    assert!(report.notes.iter().any(|note| note.contains("than it lists")), "{report:?}");
    assert!(cache.count("SELECT count(*) FROM sync_windows") > 0);
    assert!(simulator.stats().count(Endpoint::Search) < 60);
    simulator.clear_faults();
    cache.sync(&simulator).expect("the next sync ends it");
    assert_same(&simulator, &cache.store());
}

/// A cursor that the server no longer takes: the window begins again where it was stored.
#[test]
fn a_rejected_cursor_restarts_the_window_at_the_last_stored_second() {
    let (simulator, cache) = small_pages();
    simulator.add_fault(Rule::new(Fault::RejectedCursor).on(Endpoint::Search).after(4).times(2));
    cache.sync(&simulator).expect("syncs");
    assert_same(&simulator, &cache.store());
}

/// PR #75462: an exclusive bound lost one second at each edge of a slice.
#[test]
fn no_second_is_lost_at_the_edge_of_a_window() {
    for comparison in [Comparison::Inclusive, Comparison::Exclusive] {
        let simulator = simulator(Config::new().conversations(40).comparison(comparison));
        let mut cache = Cache::of(&simulator);
        cache.pace.largest_page = 7;
        // An outage in the middle leaves windows behind, and splits them.
        simulator.add_fault(Rule::new(Fault::Unavailable).on(Endpoint::Search).after(3).times(6));
        cache.sync(&simulator).expect("syncs");
        assert_same(&simulator, &cache.store());
    }
}

/// #66292: conversations closed upstream stayed open in the copy. The index showed the change
/// only after the sync had passed it.
#[test]
fn a_change_that_the_list_shows_late_is_not_lost() {
    let simulator = simulator(Config::new().conversations(20).index_lag(300));
    simulator.advance(1000);
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    let id = simulator.workspace().conversation_at(5).expect("exists").id;
    simulator
        .workspace()
        .change(id, Change::Close { by: fastintercom_tests::simulator::model::Author::Admin(1) });
    simulator.advance(10);
    // Too early: the list does not show it yet.
    cache.sync(&simulator).expect("syncs");
    simulator.advance(400);
    cache.sync(&simulator).expect("syncs");
    assert_same(&simulator, &cache.store());
}

/// Two changes in one second, and the thread fetched between them: its `updated_at` is the same.
#[test]
fn a_second_change_within_the_second_of_the_fetch_is_not_lost() {
    let simulator = simulator(Config::new().conversations(5).frozen_at(1_795_000_000));
    let cache = Cache::of(&simulator);
    let id = simulator.workspace().conversation_at(2).expect("exists").id;
    simulator.workspace().contact_reply(id, "first");
    cache.sync(&simulator).expect("syncs");
    simulator.workspace().contact_reply(id, "second, in the same second");
    simulator.advance(30);
    cache.sync(&simulator).expect("syncs");
    assert_same(&simulator, &cache.store());
    simulator.reset_log();
    cache.sync(&simulator).expect("syncs");
    assert_eq!(simulator.stats().count(Endpoint::Conversation), 0);
}

/// Estuary 85549f2: a day with thousands of pages could not be checkpointed. A bulk action moves
/// hundreds of conversations into one second, so only the cursor tells how far a sync is.
#[test]
fn a_bulk_change_within_one_second_is_read_page_by_page_and_resumed() {
    let simulator = simulator(Config::new().conversations(400).parts(1..=2));
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    simulator.advance(100);
    simulator.workspace().bulk_update(400);
    simulator.advance(100);
    for questions in [6, 30, 60] {
        let stopped = cache.sync_until(&simulator, questions);
        assert!(matches!(stopped, Err(SyncError::Stopped(_))), "{stopped:?}");
    }
    cache.sync(&simulator).expect("syncs");
    assert_same(&simulator, &cache.store());
}

/// GitbookIO/integrations#1044 and Estuary 4528040: large pages time out, small ones get through.
#[test]
fn a_search_that_only_answers_small_pages_is_read_in_small_pages() {
    let simulator = simulator(Config::new().conversations(200).days(3).parts(1..=2));
    let cache = Cache::of(&simulator);
    simulator
        .add_fault(Rule::new(Fault::HtmlError { status: 504 }).on(Endpoint::Search).when_per_page_above(20));
    cache.sync(&simulator).expect("syncs");
    assert_same(&simulator, &cache.store());
}

/// An explicit range reads what it names and nothing else.
#[test]
fn a_range_of_days_is_read_and_no_more() {
    let simulator = simulator(Config::new().conversations(200));
    let cache = Cache::of(&simulator);
    let today = fastintercom_guest::time::UnixSeconds(simulator.now()).day();
    let request = SyncRequest {
        kind: SyncKind::Incremental,
        start_date: Some(today.plus(-5).to_string()),
        end_date: Some(today.plus(-3).to_string()),
        days: None,
        unless_newer_than: None,
        refetch: false,
    };
    let report = cache.request(&simulator, &request).expect("syncs");
    let (low, high) = (today.plus(-5).start().0, today.plus(-3).end().0);
    let expected = simulator
        .workspace()
        .conversations()
        .filter(|conversation| (low..=high).contains(&conversation.updated_at))
        .count();
    assert_eq!(report.total_conversations, expected as u64);
    assert_eq!(report.hydrated, expected as u64);
    assert_eq!(
        (report.start_date, report.end_date),
        (today.plus(-5).to_string(), today.plus(-3).to_string())
    );
    assert_eq!(cache.count("SELECT count(*) FROM coverage"), 1);
}

/// The first sync costs little more than its pages and threads, and never meets a 429.
#[test]
fn the_first_sync_makes_no_more_calls_than_it_must() {
    let simulator = simulator(
        Config::new()
            .conversations(2000)
            .days(7)
            .parts(1..=3)
            .rate_limit(5000)
            .latency(Duration::from_millis(2)),
    );
    let cache = Cache::of(&simulator);
    let report = cache.sync(&simulator).expect("syncs");
    let least = 2000 + 2000_u64.div_ceil(150);
    assert!(report.api_calls * 100 <= least * 102, "{} calls, {least} needed", report.api_calls);
    assert_eq!(simulator.stats().rate_limited, 0);
    assert_same(&simulator, &cache.store());
}
