//! Pages that fail, windows that are split, cursors that are wrong.

use serde_json::json;

use super::script::{Cache, LATENCY_MS, Script, answer, day, error, passing_troubles};
use crate::environment::HttpError;
use crate::sync::SyncError;

fn sizes(script: &Script<'_>) -> Vec<usize> {
    script.searches().map(super::script::Asked::per_page).collect()
}

/// Bounds of the searches, in seconds since the day began.
fn bounds(script: &Script<'_>) -> Vec<(i64, i64)> {
    let (begin, _) = day();
    script.searches().map(|asked| asked.bounds()).map(|(low, high)| (low - begin, high - begin)).collect()
}

#[test]
fn a_quiet_day_costs_one_search_and_one_call_a_conversation() {
    let (mut cache, mut script) = (Cache::new(), Script::of(40));
    let report = cache.sync(&mut script).expect("syncs");
    assert_eq!(sizes(&script), [150]);
    assert_eq!(bounds(&script), [(0, 86_399)]);
    assert_eq!((report.hydrated, report.api_calls), (40, 40 + 8), "who, six lists, a page, threads");
    assert_eq!(cache.covered(), Some(day()));
    let mut again = Script::of(40);
    let report = cache.sync(&mut again).expect("syncs");
    assert_eq!(
        (report.hydrated, report.api_calls),
        (0, 3),
        "nothing is read twice but whose token it is, and whether there are tickets"
    );
}

#[test]
fn each_passing_trouble_is_tried_again_after_a_pause_and_is_never_the_end_of_a_list() {
    for (name, trouble) in passing_troubles() {
        let mut left = 2;
        let mut script = Script::of(20).answering(|asked| {
            let fails = asked.is_search() && left > 0;
            left -= i32::from(fails);
            fails.then(|| trouble.clone())
        });
        let mut cache = Cache::new();
        let report = cache.sync(&mut script).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((report.hydrated, cache.covered()), (20, Some(day())), "{name}");
        let at: Vec<u64> = script.searches().map(|asked| asked.at_ms).collect();
        assert_eq!(at.len(), 3, "{name}");
        for (pause, pair) in [500, 1000].into_iter().zip(at.windows(2)) {
            let waited = pair[1] - pair[0];
            assert!((pause..pause + 5 * LATENCY_MS).contains(&waited), "{name}: {waited} instead of {pause}");
        }
        // A smaller page may get through where the size is to blame, and nowhere else.
        let sizes = sizes(&script);
        let blameless = ["a reset connection", "an empty object"].contains(&name);
        assert_eq!(sizes, if blameless { [150, 150, 150] } else { [150, 75, 37] }, "{name}");
    }
}

#[test]
fn a_page_that_fails_is_halved_and_grows_again_after_five_good_ones() {
    let mut left = 3;
    let mut script = Script::of(300).answering(|asked| {
        let fails = asked.is_search() && left > 0;
        left -= i32::from(fails);
        fails.then(|| error(503, "service_unavailable"))
    });
    let mut cache = Cache::new();
    cache.sync(&mut script).expect("syncs");
    let sizes = sizes(&script);
    assert_eq!(sizes[..8], [150, 75, 37, 18, 18, 18, 18, 18], "{sizes:?}");
    assert_eq!(sizes[8], 36, "{sizes:?}");
    assert_eq!(cache.count("SELECT count(*) FROM conversations WHERE thread_complete"), 300);
}

/// Intercom gave no answer for some days whatever the page's size (Estuary, 4528040).
#[test]
fn a_window_whose_smallest_page_fails_is_split_at_its_middle() {
    let mut script = Script::of(30).answering(|asked| {
        let too_long = asked.is_search() && asked.bounds().1 - asked.bounds().0 > 12 * 3600;
        too_long.then_some(Err(HttpError::Timeout))
    });
    let mut cache = Cache::new();
    cache.sync(&mut script).expect("syncs");
    assert_eq!(sizes(&script)[..5], [150, 75, 37, 18, 9]);
    let bounds = bounds(&script);
    assert_eq!(bounds[..5], [(0, 86_399); 5]);
    assert_eq!(bounds[5], (43_200, 86_399), "the newer half first: it may show that only the other fails");
    assert!(bounds[6..].contains(&(0, 43_199)), "{bounds:?}");
    assert_eq!(cache.covered(), Some(day()));
    assert_eq!(cache.count("SELECT count(*) FROM conversations"), 30);
}

#[test]
fn a_page_that_never_comes_ends_the_run_and_covers_nothing() {
    let mut script = Script::of(5)
        .answering(|asked| asked.is_search().then(|| Err(HttpError::Connection("refused".to_owned()))));
    let mut cache = Cache::new();
    let Err(SyncError::Upstream(sentence)) = cache.sync(&mut script) else { panic!("fails") };
    assert!(sentence.contains("could not be reached (the connection failed (refused))"), "{sentence}");
    assert_eq!(script.searches().count(), 14, "eight attempts, and six at other and smaller windows");
    assert_eq!(cache.count("SELECT count(*) FROM coverage"), 0);
    assert_eq!(cache.text("SELECT error_message FROM sync_metadata"), sentence);
}

#[test]
fn a_rejected_cursor_begins_the_window_again_at_the_last_stored_second() {
    let mut rejected = false;
    let mut script = Script::of(200).answering(|asked| {
        let rejects = asked.cursor() == Some("150") && !rejected;
        rejected |= rejects;
        rejects.then(|| error(400, "client_error"))
    });
    let last_seen = script.conversations[149].1;
    let mut cache = Cache::new();
    let report = cache.sync(&mut script).expect("syncs");
    let searches: Vec<_> = script.searches().collect();
    assert_eq!(searches.len(), 3);
    assert_eq!(searches[2].cursor(), None);
    assert_eq!(searches[2].bounds(), (last_seen, day().1));
    assert_eq!((report.hydrated, cache.covered()), (200, Some(day())), "each thread once");
}

#[test]
fn a_window_whose_cursor_is_always_rejected_is_left_to_the_next_run() {
    let mut script = Script::of(700).answering(|asked| {
        (asked.is_search() && asked.cursor().is_some()).then(|| error(400, "client_error"))
    });
    let mut cache = Cache::new();
    let Err(SyncError::Upstream(sentence)) = cache.sync(&mut script) else { panic!("fails") };
    assert!(sentence.contains("400 client_error"), "{sentence}");
    let cursors = script.searches().filter(|asked| asked.cursor().is_some()).count();
    assert!(cursors <= 4, "{cursors}");
    assert_eq!(cache.covered(), None);
    // What was listed until then stays, and the next run goes on behind it.
    let seen = cache.count("SELECT last_seen FROM sync_windows WHERE cursor IS NULL");
    let mut again = Script::of(700);
    cache.sync(&mut again).expect("syncs");
    assert_eq!(again.searches().next().map(super::script::Asked::bounds), Some((seen, day().1)));
    assert_eq!(cache.covered(), Some(day()));
    assert_eq!(cache.count("SELECT count(*) FROM conversations WHERE thread_complete"), 700);
}

/// Airbyte #55829 read the first page for three days.
#[test]
fn lists_that_go_in_circles_are_left() {
    for circle in ["the same cursor", "the same rows"] {
        let mut pages = 0;
        let mut script = Script::of(10).answering(move |asked| {
            if !asked.is_search() {
                return None;
            }
            pages += 1;
            let next = if circle == "the same cursor" { "x".to_owned() } else { format!("x{pages}") };
            // New rows with each page, so that only the cursor tells.
            let id = if circle == "the same cursor" { pages } else { 1 };
            Some(answer(&json!({
                "type": "conversation.list", "total_count": 1000,
                "conversations": [{"type": "conversation", "id": id.to_string(), "updated_at": day().0 + 5}],
                "pages": {"next": {"page": 2, "starting_after": next}, "per_page": "1"}
            })))
        });
        let mut cache = Cache::new();
        let Err(SyncError::Upstream(sentence)) = cache.sync(&mut script) else { panic!("{circle}") };
        assert!(sentence.contains("goes in circles"), "{sentence}");
        let searches = script.searches().count();
        let expected = if circle == "the same cursor" { 2..=2 } else { 2..=52 };
        assert!(expected.contains(&searches), "{circle}: {searches}");
        assert_eq!(cache.covered(), None, "{circle}");
    }
}
