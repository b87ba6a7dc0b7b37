//! Threads that fail, vanish, or come late.

use serde_json::json;

use super::script::{Cache, Script, answer, day, error, html, passing_troubles};

const SEVEN: &str = "GET /conversations/7";

#[test]
fn each_passing_trouble_leaves_a_thread_queued_and_the_run_complete() {
    for (name, trouble) in passing_troubles() {
        let mut script = Script::of(12).answering(|asked| (asked.what == SEVEN).then(|| trouble.clone()));
        let mut cache = Cache::new();
        let report = cache.sync(&mut script).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((report.hydrated, report.waiting), (11, 1), "{name}");
        assert_eq!(script.count(SEVEN), 3, "{name}");
        assert_eq!(cache.covered(), Some(day()), "{name}: what changed is known");
        assert_eq!(cache.count("SELECT count(*) FROM tombstones"), 0, "{name}");
        assert_eq!(cache.text("SELECT id FROM conversations WHERE NOT thread_complete"), "7", "{name}");
    }
}

#[test]
fn a_thread_that_failed_once_is_read_in_the_same_run() {
    for (name, trouble) in passing_troubles() {
        let mut failed = false;
        let mut script = Script::of(12).answering(|asked| {
            let fails = asked.what == SEVEN && !failed;
            failed |= fails;
            fails.then(|| trouble.clone())
        });
        let report = Cache::new().sync(&mut script).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((report.hydrated, report.waiting), (12, 0), "{name}");
    }
}

/// A proxy's own 404 between search and fetch (Estuary c6adba7) must not bury a conversation.
#[test]
fn only_intercoms_own_404_makes_a_tombstone() {
    for (name, reply, buried) in [("Intercom's", error(404, "not_found"), 1), ("a proxy's", html(404), 0)] {
        let mut script = Script::of(12).answering(|asked| (asked.what == SEVEN).then(|| reply.clone()));
        let mut cache = Cache::new();
        let report = cache.sync(&mut script).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((report.deleted, report.waiting), (buried, 1 - buried), "{name}");
        assert_eq!(
            cache.count("SELECT count(*) FROM tombstones WHERE conversation_id = '7'"),
            i64::from(buried == 1)
        );
    }
}

#[test]
fn an_answer_about_another_conversation_is_not_taken_for_this_one() {
    let other = json!({"id": "8", "updated_at": day().0 + 5, "created_at": day().0,
        "conversation_parts": {"conversation_parts": [], "total_count": 0}});
    let mut script = Script::of(12).answering(|asked| (asked.what == SEVEN).then(|| answer(&other)));
    let mut cache = Cache::new();
    let report = cache.sync(&mut script).expect("syncs");
    assert_eq!((report.hydrated, report.waiting), (11, 1));
    assert_eq!(cache.text("SELECT id FROM conversations WHERE NOT thread_complete"), "7");
}

/// A replica that lags answers with an older state than the list has shown.
#[test]
fn an_older_answer_overwrites_nothing() {
    let mut script = Script::of(12);
    let at = script.conversations[6].1;
    let old = json!({"id": "7", "updated_at": at - 1, "created_at": at - 60, "title": "Old",
        "conversation_parts": {"conversation_parts": [], "total_count": 0}});
    script = script.answering(move |asked| (asked.what == SEVEN).then(|| answer(&old)));
    let mut cache = Cache::new();
    let report = cache.sync(&mut script).expect("syncs");
    assert_eq!(report.waiting, 1);
    assert_eq!(cache.text("SELECT title FROM conversations WHERE id = '7'"), "none");
}
