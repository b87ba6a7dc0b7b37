//! What Intercom says beside: all of it is read, and what an earlier version did not keep is read
//! again without being in the way.

use fastintercom_guest::sync::SyncRequest;
use fastintercom_tests::cache::{Cache, background};
use fastintercom_tests::simulator::{Config, Endpoint, Simulator};

/// Everything that version 3 of the schema added, as one text of one row each.
const ALL: &str = "SELECT group_concat(line, char(10)) FROM (
    SELECT concat_ws('|', c.id, ai_answer_type, ai_source_title, ai_rating_remark, handling_seconds,
        office_first_response_seconds, office_team_response_seconds, closed_by_id, part_count, source_url, current_channel,
        (SELECT group_concat(s.title || s.url) FROM conversation_content_sources x JOIN content_sources s ON s.number = x.source
            WHERE x.conversation = c.number),
        (SELECT group_concat(concat(l.kind, l.id, l.category)) FROM conversation_links l WHERE l.conversation = c.number),
        (SELECT group_concat(m.tags) FROM messages m WHERE m.conversation_id = c.id)) AS line
    FROM conversations c ORDER BY c.id)";

/// What a database of version 2 holds after it was brought over.
const FORGET: &str = "UPDATE conversations SET fields = NULL, ai_answer_type = NULL, ai_source_title = NULL,
        ai_rating_remark = NULL, handling_seconds = NULL, office_first_response_seconds = NULL,
        office_team_response_seconds = NULL, closed_by_id = NULL, part_count = NULL, source_url = NULL, current_channel = NULL;
    DELETE FROM conversation_content_sources; DELETE FROM conversation_links; UPDATE messages SET tags = NULL";

fn synced(conversations: usize, keep_raw_answers: bool) -> (Simulator, Cache) {
    let simulator =
        Simulator::start(Config::new().conversations(conversations).days(6).seed(3)).expect("starts");
    let mut cache = Cache::of(&simulator);
    cache.settings.keep_raw_answers = keep_raw_answers;
    cache.sync(&simulator).expect("syncs");
    simulator.advance(60);
    simulator.reset_log();
    (simulator, cache)
}

fn forget(cache: &Cache) {
    cache.store().connection().execute_batch(FORGET).expect("forgets");
}

#[test]
fn what_an_earlier_version_did_not_keep_is_fetched_again_once_the_newest_first() {
    let (simulator, cache) = synced(1_150, false);
    let before = cache.text(ALL);
    let there = |part: &str| assert!(before.contains(part), "nothing of {part}");
    [
        "ai_answer",
        "https://help.acme.example/",
        "Tracker",
        "zendesk_ticket",
        "https://app.acme.example/",
        "[\"",
    ]
    .into_iter()
    .for_each(there);
    forget(&cache);
    let report = cache.sync(&simulator).expect("syncs");
    let left = cache.count("SELECT count(*) FROM conversations WHERE fields IS NULL");
    assert!((1..=150).contains(&left), "a run fetches a thousand: {left}");
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.contains(&format!("{left} conversations are still to be fetched"))),
        "{:?}",
        report.notes
    );
    let oldest_filled =
        cache.text("SELECT min(updated_at) FROM conversations WHERE fields IS NOT NULL AND state = 'open'");
    let newest_left = cache.text("SELECT max(updated_at) FROM conversations WHERE fields IS NULL");
    assert!(newest_left <= oldest_filled, "{newest_left} waits although {oldest_filled} was fetched");
    simulator.advance(60);
    let report = cache.sync(&simulator).expect("syncs");
    assert_eq!(report.notes, Vec::<String>::new());
    assert_eq!(cache.text(ALL), before);
    simulator.advance(60);
    simulator.reset_log();
    cache.sync(&simulator).expect("syncs");
    assert_eq!(simulator.stats().count(Endpoint::Conversation), 0, "and then never again");
}

#[test]
fn fields_of_a_later_version_come_from_kept_answers_without_a_request() {
    let (simulator, cache) = synced(120, true);
    let before = cache.text(ALL);
    let kept = cache.count("SELECT count(*) FROM raw_answers");
    assert_eq!(kept, cache.count("SELECT count(*) FROM conversations"));
    forget(&cache);
    // One was damaged: Intercom is asked for that one alone.
    cache
        .store()
        .connection()
        .execute_batch("UPDATE raw_answers SET answer = x'00ff' WHERE conversation = (SELECT max(number) FROM conversations)")
        .expect("damages");
    let report = cache.sync(&simulator).expect("syncs");
    assert_eq!(report.notes, Vec::<String>::new());
    assert_eq!(simulator.stats().count(Endpoint::Conversation), 1);
    assert_eq!(cache.text(ALL), before);
    assert_eq!(cache.count("SELECT count(*) FROM raw_answers"), kept);
}

#[test]
fn taking_the_setting_away_removes_the_answers_that_were_kept() {
    let (simulator, mut cache) = synced(30, true);
    assert!(cache.count("SELECT count(*) FROM raw_answers") > 0);
    cache.settings.keep_raw_answers = false;
    cache.sync(&simulator).expect("syncs");
    assert_eq!(cache.count("SELECT count(*) FROM raw_answers"), 0);
}

/// Everything once more: what was wrong is right again, and what an interrupted run left comes with
/// the next ones.
#[test]
fn a_refetch_reads_everything_anew() {
    let (simulator, cache) = synced(120, true);
    let all = cache.count("SELECT count(*) FROM conversations");
    let truth = cache.text(ALL);
    let spoil = || {
        let sql = "UPDATE conversations SET source_url = 'wrong' WHERE source_url IS NOT NULL";
        cache.store().connection().execute_batch(sql).expect("spoils");
    };
    let request = SyncRequest { refetch: true, ..background() };
    spoil();
    let report = cache.request(&simulator, &request).expect("syncs");
    assert_eq!(report.hydrated as i64, all, "each is asked for, although its answer was kept");
    assert!(cache.text(ALL) == truth, "all is right again");
    assert_eq!(report.notes, Vec::<String>::new());
    spoil();
    simulator.advance(60);
    cache.request_until(&simulator, &request, 60).expect_err("it is stopped");
    let left = cache.count("SELECT count(*) FROM conversations WHERE source_url = 'wrong'");
    assert!(left > 0 && left < all, "{left} of {all}");
    simulator.advance(60);
    cache.sync(&simulator).expect("syncs");
    assert!(cache.text(ALL) == truth, "the next run has fetched the rest");
}
