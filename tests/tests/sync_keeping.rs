//! How far back a sync reads, what it drops again, and what it looks at twice.

use fastintercom_guest::sync::{SyncKind, SyncReport, SyncRequest};
use fastintercom_guest::time::{Day, UnixSeconds};
use fastintercom_tests::cache::{Cache, background};
use fastintercom_tests::simulator::model::Author;
use fastintercom_tests::simulator::{Change, Config, Endpoint, Fault, Rule, Simulator};
use fastintercom_tests::truth::assert_same;

const DAY: i64 = 86_400;

fn simulator() -> Simulator {
    Simulator::start(Config::new().conversations(120).days(60).parts(1..=3)).expect("starts")
}

fn today(simulator: &Simulator) -> Day {
    UnixSeconds(simulator.now()).day()
}

/// How many conversations were last changed on that day or later.
fn changed_since(simulator: &Simulator, first: Day) -> u64 {
    let workspace = simulator.workspace();
    workspace.conversations().filter(|one| one.updated_at >= first.start().0).count() as u64
}

fn sync(cache: &Cache, simulator: &Simulator) -> SyncReport {
    cache.sync(simulator).expect("syncs")
}

#[test]
fn the_first_sync_goes_back_as_far_as_it_is_told_and_later_ones_do_not() {
    let simulator = simulator();
    let mut cache = Cache::of(&simulator);
    cache.settings.initial_sync_days = 30;
    let first = today(&simulator).plus(-30);
    let report = sync(&cache, &simulator);
    assert_eq!(report.start_date, first.to_string());
    assert_eq!(report.total_conversations, changed_since(&simulator, first));
    assert!(report.total_conversations < 120, "older ones are left out");
    assert_eq!(cache.count("SELECT low FROM coverage"), first.start().0);

    simulator.advance(60);
    let report = sync(&cache, &simulator);
    assert_eq!(report.start_date, today(&simulator).plus(-7).to_string());
    assert_eq!((report.hydrated, cache.count("SELECT count(*) FROM coverage")), (0, 1));
}

/// A first sync that was stopped goes on to where it was to go, not only over the last days.
#[test]
fn a_first_sync_that_was_stopped_still_goes_back_all_the_way() {
    let simulator = simulator();
    let mut cache = Cache::of(&simulator);
    cache.settings.initial_sync_days = 30;
    let first = today(&simulator).plus(-30);
    cache.sync_until(&simulator, 15).expect_err("stopped");
    let report = sync(&cache, &simulator);
    assert_eq!(report.start_date, first.to_string());
    assert_eq!(cache.count("SELECT min(low) FROM coverage"), first.start().0);
    assert_eq!(cache.count("SELECT count(*) FROM coverage"), 1);
}

#[test]
fn zero_days_mean_everything_and_everything_is_covered() {
    let simulator = simulator();
    let cache = Cache::of(&simulator);
    assert_eq!(cache.settings.initial_sync_days, 0);
    let report = sync(&cache, &simulator);
    assert_eq!(report.total_conversations, 120);
    assert_same(&simulator, &cache.store());
    // Nothing is older than the oldest conversation, and one question showed it.
    assert_eq!(cache.count("SELECT low FROM coverage"), 0);
    assert_eq!(cache.count("SELECT count(*) FROM coverage"), 1);
}

#[test]
fn retention_drops_what_is_old_from_everywhere_and_from_the_coverage() {
    let simulator = simulator();
    let mut cache = Cache::of(&simulator);
    sync(&cache, &simulator);
    cache.settings.retention_days = Some(20);
    simulator.advance(60);
    simulator.reset_log();
    let first = today(&simulator).plus(-20);
    let kept = changed_since(&simulator, first);
    let report = sync(&cache, &simulator);
    assert_eq!(report.hydrated, 0);
    assert_eq!(cache.count("SELECT count(*) FROM conversations"), i64::try_from(kept).expect("few"));
    assert_eq!(
        cache.count(&format!(
            "SELECT count(*) FROM conversations WHERE unixepoch(updated_at) < {}",
            first.start().0
        )),
        0
    );
    assert_eq!(
        cache.count(
            "SELECT count(*) FROM messages WHERE conversation_id NOT IN (SELECT id FROM conversations)"
        ),
        0
    );
    assert_eq!(
        cache
            .count("SELECT count(*) FROM messages_fts_docsize WHERE id NOT IN (SELECT number FROM messages)"),
        0
    );
    assert_eq!(cache.count("SELECT min(low) FROM coverage"), first.start().0);

    // Nothing of it is read again, and what changes comes back.
    simulator.advance(60);
    simulator.reset_log();
    sync(&cache, &simulator);
    assert_eq!(simulator.stats().count(Endpoint::Conversation), 0);
    let old = simulator.workspace().conversations().min_by_key(|one| one.updated_at).expect("one").id;
    simulator.workspace().contact_reply(old, "here I am again");
    simulator.advance(60);
    sync(&cache, &simulator);
    assert_eq!(cache.count(&format!("SELECT thread_complete FROM conversations WHERE id = '{old}'")), 1);
    assert_eq!(cache.count(&format!("SELECT count(*) FROM tombstones WHERE conversation_id = '{old}'")), 0);
}

#[test]
fn with_retention_the_first_sync_reads_no_further_back() {
    let simulator = simulator();
    let mut cache = Cache::of(&simulator);
    cache.settings.retention_days = Some(10);
    let first = today(&simulator).plus(-10);
    let report = sync(&cache, &simulator);
    assert_eq!(report.hydrated, changed_since(&simulator, first));
    assert_eq!(cache.count("SELECT min(low) FROM coverage"), first.start().0);
}

/// What was dropped for its age must not stay away, uncovered or not, once it may be kept again.
#[test]
fn what_retention_dropped_comes_back_when_the_setting_is_taken_away() {
    let simulator = simulator();
    let mut cache = Cache::of(&simulator);
    sync(&cache, &simulator);
    cache.settings.retention_days = Some(20);
    simulator.advance(60);
    sync(&cache, &simulator);
    assert!(cache.count("SELECT count(*) FROM conversations") < 120);

    cache.settings.retention_days = None;
    simulator.advance(60);
    let full = SyncRequest { kind: SyncKind::Full, ..background() };
    let report = cache.request(&simulator, &full).expect("syncs");
    assert_eq!(report.total_conversations, 120);
    assert_eq!(cache.count("SELECT count(*) FROM tombstones"), 0);
    assert_same(&simulator, &cache.store());
}

#[test]
fn customers_of_dropped_conversations_are_forgotten() {
    let simulator = simulator();
    let mut cache = Cache::of(&simulator);
    sync(&cache, &simulator);
    let before = cache.count("SELECT count(*) FROM contacts");
    cache.settings.retention_days = Some(5);
    simulator.advance(60);
    sync(&cache, &simulator);
    let after = cache.count("SELECT count(*) FROM contacts");
    assert!(0 < after && after < before, "{after} of {before}");
    let named = "SELECT count(*) FROM contacts WHERE id IN (SELECT contact_id FROM conversation_contacts) OR id IN (SELECT merged_into FROM contacts)";
    assert_eq!(cache.count(named), after);
}

/// A sync that breaks off, and a window that an earlier one left half-read, change nothing about
/// what is kept and what is covered.
#[test]
fn retention_holds_when_the_sync_does_not_get_to_its_end() {
    let simulator = simulator();
    let mut cache = Cache::of(&simulator);
    let first = today(&simulator).plus(-20).start().0;
    // The newest days are read first, so that breaks off among the older ones.
    cache.pace.largest_page = 5;
    simulator.add_fault(Rule::new(Fault::HtmlError { status: 502 }).on(Endpoint::Search).after(24));
    cache.sync(&simulator).expect_err("the lists fail");
    let half_read = format!("SELECT count(*) FROM sync_windows WHERE low < {first}");
    assert!(cache.count(&half_read) > 0, "something old is half-read");
    cache.settings.retention_days = Some(20);
    simulator.advance(60);
    cache.sync(&simulator).expect_err("the lists fail");
    let old = format!("SELECT count(*) FROM conversations WHERE unixepoch(updated_at) < {first}");
    assert_eq!(cache.count(&old), 0);
    simulator.clear_faults();
    simulator.advance(60);
    sync(&cache, &simulator);
    assert_eq!(cache.count(&old), 0);
    assert_eq!(cache.count("SELECT min(low) FROM coverage"), first);
    assert_eq!(cache.count("SELECT count(*) FROM coverage"), 1);
}

/// The timer asks for more days than are kept, and must still find the cache fresh.
#[test]
fn a_cache_that_keeps_less_than_a_sync_covers_is_still_found_fresh() {
    let simulator = simulator();
    let mut cache = Cache::of(&simulator);
    cache.settings.retention_days = Some(3);
    sync(&cache, &simulator);
    let again = SyncRequest { unless_newer_than: Some(900), ..background() };
    simulator.advance(60);
    assert!(cache.request(&simulator, &again).expect("syncs").skipped);
}

/// Ratings, SLA outcomes and AI verdicts arrive late, and may not move `updated_at`.
#[test]
fn closed_conversations_are_looked_at_once_more_a_day_later() {
    let simulator = simulator();
    let cache = Cache::of(&simulator);
    let id = simulator.workspace().add_conversation("please rate me");
    simulator.workspace().change(id, Change::Close { by: Author::Admin(1) });
    simulator.advance(60);
    sync(&cache, &simulator);
    simulator.workspace().edit(id, |one| {
        let before = one.updated_at;
        one.apply(Change::Rate { score: 2, remark: Some("too slow".to_owned()) }, before);
    });
    let rating = format!("SELECT coalesce(rating, 0) FROM conversations WHERE id = '{id}'");

    simulator.advance(DAY / 2);
    sync(&cache, &simulator);
    assert_eq!(cache.count(&rating), 0, "nothing shows the change yet");
    simulator.advance(DAY);
    sync(&cache, &simulator);
    assert_eq!(cache.count(&rating), 2);
    simulator.advance(60);
    simulator.reset_log();
    sync(&cache, &simulator);
    simulator.advance(2 * DAY);
    sync(&cache, &simulator);
    let again = simulator.log().iter().filter(|entry| entry.path.contains(&id.to_string())).count();
    assert_eq!(again, 0, "once is enough");
}
