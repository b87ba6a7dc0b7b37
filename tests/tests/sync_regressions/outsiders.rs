//! What users of other programs reported of this API and of the networks before it: each costs what
//! it got wrong, is told, and is mended by the first honest answers.

use std::time::Instant;

use fastintercom_guest::store::runs::coverage::Coverage;
use fastintercom_guest::sync::SyncReport;
use fastintercom_guest::time::UnixSeconds;
use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::{Config, Endpoint, Fault, OddReset, Rule, Simulator, TimeForm};
use fastintercom_tests::truth::assert_same;

use super::{simulator, small_pages};

const COMPLETE: &str = "SELECT count(*) FROM conversations WHERE thread_complete";

/// What is not covered of the last twenty days, up to the lag of the list.
fn gaps(simulator: &Simulator, cache: &Cache) -> usize {
    let now = UnixSeconds(simulator.now());
    let store = cache.store();
    let coverage = Coverage::load(store.connection(), now).expect("reads");
    coverage.check_instants(now.plus(-20 * 86_400), now.plus(-600), now).gaps.len()
}

fn says(report: &SyncReport, words: &str) -> bool {
    report.notes.iter().any(|note| note.contains(words))
}

/// Reported of the live API: 404 "Conversation not found" for a whole page.
#[test]
fn a_conversation_that_no_page_can_hold_is_set_aside_told_and_read_once_it_can_be() {
    for fault in [Fault::NotFound, Fault::Unavailable, Fault::InvalidJson, Fault::Truncated] {
        let simulator = simulator(Config::new().conversations(120).parts(1..=2));
        let cache = Cache::of(&simulator);
        // The oldest one is what the first question of a sync of everything finds.
        let mut ids: Vec<_> =
            [0, 60].map(|at| simulator.workspace().conversation_at(at).expect("exists").id).into();
        let oldest = {
            let workspace = simulator.workspace();
            let all = (0..120).filter_map(|at| workspace.conversation_at(at));
            all.min_by_key(|one| (one.updated_at, one.id)).expect("some").id
        };
        ids.push(oldest);
        ids.sort_unstable();
        ids.dedup();
        for id in &ids {
            simulator.add_fault(Rule::new(fault.clone()).on(Endpoint::Search).holding(format!("\"{id}\"")));
        }
        for _ in 0..2 {
            let report = cache.sync(&simulator).unwrap_or_else(|error| panic!("{fault:?}: {error}"));
            assert!(says(&report, "cannot list"), "{fault:?}: {report:?}");
            assert_eq!(cache.count(COMPLETE), 120 - ids.len() as i64, "{fault:?}");
            assert!(gaps(&simulator, &cache) > 0, "{fault:?}");
            simulator.advance(900);
        }
        assert!(cache.count("SELECT count(*) FROM contacts WHERE fetched_at IS NOT NULL") > 0, "{fault:?}");
        simulator.clear_faults();
        simulator.advance(900);
        let report = cache.sync(&simulator).expect("syncs");
        assert!(!says(&report, "cannot list"), "{fault:?}: {report:?}");
        assert_same(&simulator, &cache.store());
        assert_eq!(gaps(&simulator, &cache), 0, "{fault:?}");
    }
}

/// 500 counted, 300 listed, "Full coverage".
#[test]
fn a_list_that_ends_before_its_count_is_read_in_halves_and_what_is_left_is_told() {
    let simulator = Simulator::start(Config::new().conversations(600).days(1).parts(1..=1)).expect("starts");
    let mut cache = Cache::of(&simulator);
    cache.pace.largest_page = 10;
    simulator.add_fault(Rule::new(Fault::EndsEarly).on(Endpoint::Search));
    for _ in 0..2 {
        let report = cache.sync(&simulator).expect("syncs");
        assert!(says(&report, "than it lists"), "{report:?}");
        assert!(gaps(&simulator, &cache) > 0);
        assert!((100..600).contains(&cache.count(COMPLETE)), "{}", cache.count(COMPLETE));
        simulator.advance(900);
    }
    simulator.clear_faults();
    let report = cache.sync(&simulator).expect("syncs");
    assert!(!says(&report, "than it lists"), "{report:?}");
    assert_same(&simulator, &cache.store());
}

#[test]
fn empty_pages_in_the_middle_and_at_the_beginning_of_a_list_end_nothing() {
    let (simulator, cache) = small_pages();
    simulator.add_fault(Rule::new(Fault::EmptyPage).on(Endpoint::Search).times(2));
    simulator.add_fault(Rule::new(Fault::EmptyPage).on(Endpoint::Search).with_probability(0.6));
    let report = cache.sync(&simulator).expect("syncs");
    assert!(report.notes.is_empty(), "{report:?}");
    assert_same(&simulator, &cache.store());
}

/// A `Date` of tomorrow, once: what was written meanwhile never came.
#[test]
fn a_server_whose_clock_was_ahead_once_hides_nothing_written_later() {
    for seconds in [26 * 3600, 4 * 365 * 86_400] {
        let simulator = simulator(Config::new().conversations(20));
        let cache = Cache::of(&simulator);
        simulator.add_fault(Rule::new(Fault::DateAhead { seconds }));
        let report = cache.sync(&simulator).expect("syncs");
        assert!(says(&report, "clock"), "{report:?}");
        simulator.clear_faults();
        simulator.advance(900);
        let id = simulator.workspace().conversation_at(3).expect("exists").id;
        simulator.workspace().contact_reply(id, "written a quarter of an hour later");
        simulator.workspace().add_conversation("A new one");
        simulator.advance(900);
        let report = cache.sync(&simulator).expect("syncs");
        assert!(report.notes.is_empty(), "{report:?}");
        assert_same(&simulator, &cache.store());
        let ahead = UnixSeconds(simulator.now()).plus(3600);
        let marks = format!("SELECT count(*) FROM coverage WHERE high > {}", ahead.0);
        assert_eq!(cache.count(&marks), 0, "{seconds}");
    }
}

#[test]
fn times_that_are_plainly_times_are_read_and_the_others_hide_no_conversation() {
    for form in [
        TimeForm::Milliseconds,
        TimeForm::Decimal,
        TimeForm::Words,
        TimeForm::Null,
        TimeForm::Missing,
        TimeForm::Ahead,
    ] {
        let simulator = simulator(Config::new().conversations(40));
        let cache = Cache::of(&simulator);
        simulator.add_fault(Rule::new(Fault::OddTimes { form }));
        cache.sync(&simulator).unwrap_or_else(|error| panic!("{form:?}: {error}"));
        assert_eq!((cache.count(COMPLETE), gaps(&simulator, &cache)), (40, 0), "{form:?}");
        if matches!(form, TimeForm::Milliseconds | TimeForm::Decimal | TimeForm::Words) {
            assert_same(&simulator, &cache.store());
        }
        // Whatever was stored of them keeps no later change out.
        simulator.clear_faults();
        let ids: Vec<_> =
            (0..40).filter_map(|at| Some(simulator.workspace().conversation_at(at)?.id)).collect();
        for id in ids {
            simulator.workspace().contact_reply(id, "and one more thing");
        }
        simulator.advance(900);
        cache.sync(&simulator).expect("syncs");
        assert_same(&simulator, &cache.store());
    }
}

/// One name cost a batch of a hundred contacts, one tag all tags, one in `/me` each sync.
#[test]
fn half_an_emoji_in_every_name_and_text_costs_that_character_alone() {
    let simulator = simulator(Config::new().conversations(40));
    let cache = Cache::of(&simulator);
    simulator.add_fault(Rule::new(Fault::LoneSurrogates));
    let report = cache.sync(&simulator).expect("syncs");
    assert!(report.notes.is_empty(), "{report:?}");
    assert_eq!((cache.count(COMPLETE), gaps(&simulator, &cache)), (40, 0));
    for (table, column) in [
        ("contacts", "name"),
        ("tags", "name"),
        ("admins", "name"),
        ("teams", "name"),
        ("workspace", "name"),
        ("messages", "body"),
    ] {
        let all = cache.count(&format!("SELECT count(*) FROM {table} WHERE {column} <> ''"));
        let cut = cache.count(&format!("SELECT count(*) FROM {table} WHERE {column} LIKE '%\u{fffd}%'"));
        assert!(cut > 0 && cut == all, "{table}: {cut} of {all}");
    }
    assert_eq!(cache.count("SELECT count(*) FROM contacts WHERE fetched_at IS NULL"), 0);
}

/// `Remaining: 0` until a moment in milliseconds: 420 seconds with seven requests.
#[test]
fn a_rate_limit_that_ends_at_no_moment_costs_one_short_wait() {
    let simulator = simulator(Config::new().conversations(20));
    let cache = Cache::of(&simulator);
    simulator
        .add_fault(Rule::new(Fault::OddLimit { reset: OddReset::Milliseconds }).on(Endpoint::Me).times(1));
    simulator.add_fault(
        Rule::new(Fault::OddLimit { reset: OddReset::AnHourAhead }).on(Endpoint::Conversation).times(1),
    );
    let begun = Instant::now();
    cache.sync(&simulator).expect("syncs");
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    assert_same(&simulator, &cache.store());
}
