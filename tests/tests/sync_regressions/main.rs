//! Bugs of other copies of Intercom, each as a test, and the faults that a sync must survive.
//!
//! The numbers are issues and pull requests of `airbytehq/airbyte`, unless another connector is
//! named.

use std::time::Duration;

use fastintercom_guest::sync::{SyncError, SyncKind, SyncRequest};
use fastintercom_tests::cache::{Cache, background};
use fastintercom_tests::simulator::filter::Comparison;
use fastintercom_tests::simulator::{Change, Config, Endpoint, Fault, Rule, Simulator};
use fastintercom_tests::truth::assert_same;

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

fn upstream(result: Result<fastintercom_guest::sync::SyncReport, SyncError>) -> String {
    match result {
        Err(SyncError::Upstream(sentence)) => sentence,
        other => panic!("{other:?}"),
    }
}

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
fn pages_without_new_ids_end_the_window_with_an_error() {
    let (simulator, cache) = small_pages();
    simulator.add_fault(Rule::new(Fault::StalePage).on(Endpoint::Search).after(3));
    let sentence = upstream(cache.sync(&simulator));
    assert!(sentence.contains("goes in circles"), "{sentence}");
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

/// #39463: three fifths of the conversations had fewer parts than they should, because parts were
/// filtered by their own times, and because the count of parts includes the first message.
#[test]
fn every_part_of_a_changed_conversation_is_there() {
    let simulator = simulator(Config::new().conversations(20).parts(30..=60));
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    simulator.advance(60);
    let id = simulator.workspace().conversation_at(3).expect("exists").id;
    simulator.workspace().contact_reply(id, "one more thing");
    simulator.advance(60);
    let report = cache.sync(&simulator).expect("syncs");
    assert_eq!(report.hydrated, 1);
    assert_same(&simulator, &cache.store());
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

/// Estuary c6adba7: a conversation deleted between search and fetch killed the sync.
#[test]
fn a_404_becomes_a_tombstone_and_a_proxys_404_does_not() {
    let simulator = simulator(Config::new().conversations(30));
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    let (gone, alive) = {
        let mut workspace = simulator.workspace();
        let gone = workspace.conversation_at(1).expect("exists").id;
        let alive = workspace.conversation_at(2).expect("exists").id;
        workspace.contact_reply(alive, "still here");
        workspace.delete_conversation(gone);
        (gone, alive)
    };
    simulator.advance(5);
    simulator.add_fault(Rule::new(Fault::HtmlError { status: 404 }).on(Endpoint::Conversation));
    let report = cache.sync(&simulator).expect("syncs");
    assert_eq!((report.deleted, report.waiting), (1, 1));
    assert_eq!(cache.count(&format!("SELECT count(*) FROM conversations WHERE id = '{alive}'")), 1);
    assert_eq!(cache.count(&format!("SELECT count(*) FROM tombstones WHERE conversation_id = '{gone}'")), 1);
    simulator.clear_faults();
    simulator.advance(200);
    cache.sync(&simulator).expect("syncs");
    assert_same(&simulator, &cache.store());
}

/// Versions before 2.16 have no list of deletions: the sweep finds them.
#[test]
fn older_versions_learn_of_a_deletion_from_the_daily_sweep() {
    let simulator = simulator(Config::new().conversations(30));
    let cache = Cache::of(&simulator).version("2.14");
    cache.sync(&simulator).expect("syncs");
    let recent = simulator.workspace().add_conversation("soon gone");
    simulator.advance(30);
    cache.sync(&simulator).expect("syncs");
    simulator.workspace().delete_conversation(recent);
    simulator.advance(25 * 3600);
    cache.sync(&simulator).expect("syncs");
    assert_same(&simulator, &cache.store());
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

/// #13204 and tap-intercom 2.0.1: odd values in custom attributes and elsewhere failed the schema.
#[test]
fn every_version_is_understood() {
    for version in ["2.11", "2.12", "2.13", "2.14", "2.15", "2.16"] {
        let simulator = simulator(Config::new().conversations(60).text_per_page(true).null_next(true));
        let cache = Cache::of(&simulator).version(version);
        cache.sync(&simulator).expect(version);
        assert_same(&simulator, &cache.store());
        assert_eq!(
            cache.count(
                "SELECT count(*) FROM conversations
                 WHERE priority NOT IN ('none', 'low', 'medium', 'high', 'urgent')
                    OR state NOT IN ('open', 'closed', 'snoozed') OR admin_assignee_id = '0' OR team_assignee_id = '0'"
            ),
            0
        );
    }
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

/// More than 500 parts: the newest are returned, and those that fell off stay.
#[test]
fn parts_that_fall_off_stay_and_the_thread_is_marked() {
    let simulator = simulator(Config::new().conversations(2).parts(499..=499));
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    let id = simulator.workspace().conversation_at(0).expect("exists").id;
    let before = cache.count(&format!("SELECT count(*) FROM messages WHERE conversation_id = '{id}'"));
    simulator.advance(100);
    for word in ["one", "two", "three", "four"] {
        simulator.workspace().contact_reply(id, word);
        simulator.advance(1);
    }
    cache.sync(&simulator).expect("syncs");
    let after = cache.count(&format!("SELECT count(*) FROM messages WHERE conversation_id = '{id}'"));
    assert_eq!(after, before + 4);
    assert_eq!(
        cache.count(&format!("SELECT parts_truncated FROM conversations WHERE id = '{id}'")),
        i64::from(simulator.workspace().conversation(id).expect("exists").parts.len() > 500)
    );
    assert_same(&simulator, &cache.store());
}

/// `redacted` takes the text away everywhere, the index of words included.
#[test]
fn a_redacted_part_loses_its_text_everywhere() {
    let simulator = simulator(Config::new().conversations(3).plant(1, 1, "<p>zanzibarsecret</p>"));
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    let find = "SELECT count(*) FROM messages_fts WHERE messages_fts MATCH 'zanzibarsecret'";
    assert_eq!(cache.count(find), 1);
    simulator.advance(60);
    {
        let mut workspace = simulator.workspace();
        let conversation = workspace.conversation_at(1).expect("exists").clone();
        let part = conversation
            .parts
            .iter()
            .find(|part| part.body.as_deref().is_some_and(|body| body.contains("zanzibarsecret")))
            .expect("planted");
        assert!(workspace.redact_part(conversation.id, part.id));
    }
    simulator.advance(60);
    cache.sync(&simulator).expect("syncs");
    assert_eq!(cache.count(find), 0);
    assert_eq!(cache.count("SELECT count(*) FROM messages WHERE body LIKE '%zanzibarsecret%'"), 0);
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
