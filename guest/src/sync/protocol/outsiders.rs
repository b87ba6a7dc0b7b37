//! What users of other programs reported of this API, and what an attacker would answer.

use serde_json::{Value, json};

use super::script::{Asked, Cache, NOW, Script, answer, day, error, html, raw};
use crate::environment::HttpError;
use crate::store::runs::coverage::Coverage;
use crate::sync::{SyncKind, SyncRequest};
use crate::time::{DAY as SECONDS_A_DAY, UnixSeconds};

const COMPLETE: &str = "SELECT count(*) FROM conversations WHERE thread_complete";

fn notes(cache: &Cache) -> String {
    cache.text("SELECT group_concat(note, ' ') FROM sync_notes")
}

/// Fails every page that holds one of these conversations.
fn poisoned<'a>(count: usize, bad: &'a [usize], reply: super::script::Reply) -> Script<'a> {
    let whole = Script::of(count);
    let conversations = whole.conversations.clone();
    let model = Script::of(count);
    whole.answering(move |asked| {
        let fails = asked.is_search()
            && model.page(asked)["conversations"].as_array().is_some_and(|page| {
                page.iter().any(|one| bad.iter().any(|bad| one["id"] == conversations[*bad].0))
            });
        fails.then(|| reply.clone())
    })
}

#[test]
fn one_poisoned_conversation_costs_itself_and_no_other() {
    let troubles = [
        ("404", error(404, "not_found")),
        ("500", error(500, "server_error")),
        ("502 of a proxy", html(502)),
        ("broken JSON", raw(200, "application/json", "{\"type\":\"conversation.list\",\"conver")),
        ("an empty success", raw(200, "application/json", "")),
        ("too large", Err(HttpError::TooLarge)),
        ("a body that breaks off", Err(HttpError::Connection("unexpected end of file".to_owned()))),
    ];
    for (name, trouble) in troubles {
        let cases: [(usize, &[usize]); 10] = [
            (160, &[0]),
            (160, &[0, 51, 159]),
            (1, &[0]),
            (2, &[1]),
            (5, &[0]),
            (5, &[1, 2]),
            (5, &[3]),
            (5, &[4]),
            (8, &[0, 7]),
            (8, &[5, 6]),
        ];
        for (all, bad) in cases {
            let mut cache = Cache::new();
            let mut script = poisoned(all, bad, trouble.clone());
            cache.sync(&mut script).unwrap_or_else(|error| panic!("{name} {bad:?}: {error}"));
            let cached = cache.count(COMPLETE);
            assert_eq!(cached, (all - bad.len()) as i64, "{name} {bad:?}");
            assert!(notes(&cache).contains("cannot list"), "{name} {bad:?}: {}", notes(&cache));
            let (begin, end) = day();
            let checked = Coverage::load(cache.store.connection(), NOW).expect("reads").check_instants(
                UnixSeconds(begin),
                UnixSeconds(end),
                NOW,
            );
            assert!(!checked.gaps.is_empty(), "{name} {bad:?}: the lost second does not count as read");
            // Nor does it fail the next sync, which tries it again.
            let mut script = poisoned(all, bad, trouble.clone());
            cache.sync(&mut script).unwrap_or_else(|error| panic!("{name} {bad:?}, again: {error}"));
            assert_eq!(cache.count(COMPLETE), cached, "{name} {bad:?}");
            assert!(notes(&cache).contains("cannot list"), "{name} {bad:?}: {}", notes(&cache));
            assert!(
                script.searches().count() <= 2 * bad.len(),
                "{name} {bad:?}: {}",
                script.searches().count()
            );
            // Once Intercom can list it again it is there, and nothing is said any more.
            cache.sync(&mut Script::of(all)).expect("syncs");
            assert_eq!(
                (cache.count(COMPLETE), notes(&cache)),
                (all as i64, "none".to_owned()),
                "{name} {bad:?}"
            );
            assert_eq!(cache.covered(), Some(day()), "{name} {bad:?}");
        }
    }
}

#[test]
fn a_list_that_ends_early_is_not_called_covered() {
    let cut = |asked: &Asked, page: Value| {
        // The list ends at noon, whatever its count says.
        let (_, high) = asked.bounds();
        (high > day().0 + 43_200).then(|| {
            let mut page = page;
            page["pages"]["next"] = Value::Null;
            let rows = page["conversations"].as_array().cloned().unwrap_or_default();
            let early: Vec<Value> =
                rows.into_iter().filter(|one| one["updated_at"].as_i64() < Some(day().0 + 43_200)).collect();
            page["conversations"] = json!(early);
            answer(&page)
        })
    };
    let model = Script::of(120);
    let mut script = Script::of(120)
        .answering(|asked| if asked.is_search() { cut(asked, model.page(asked)) } else { None });
    let mut cache = Cache::new();
    cache.sync(&mut script).expect("syncs");
    assert_ne!(cache.covered(), Some(day()));
    assert!(notes(&cache).contains("than it lists"), "{}", notes(&cache));
    let left = cache.count("SELECT count(*) FROM sync_windows");
    assert!(left > 0);
    assert!(script.searches().count() < 200, "{}", script.searches().count());
    // The same again is still not covered.
    let mut script = Script::of(120)
        .answering(|asked| if asked.is_search() { cut(asked, model.page(asked)) } else { None });
    cache.sync(&mut script).expect("syncs");
    assert_ne!(cache.covered(), Some(day()));
    // And an honest list settles it.
    cache.sync(&mut Script::of(120)).expect("syncs");
    assert_eq!(cache.covered(), Some(day()));
    assert_eq!((cache.count(COMPLETE), notes(&cache)), (120, "none".to_owned()));
}

/// What the run before had seen of it, it took along.
#[test]
fn a_window_that_goes_on_after_an_interruption_is_compared_with_its_count_too() {
    let mut cache = Cache::new();
    let mut interrupted = Script::of(400).answering(|asked| {
        (asked.is_search() && asked.cursor() == Some("150")).then(|| error(401, "token_revoked"))
    });
    cache.sync(&mut interrupted).expect_err("its second page is refused");
    assert_eq!(cache.count("SELECT count(*) FROM conversations"), 150);
    // The list of the whole day ends a page too early, those of its halves do not.
    let model = Script::of(400);
    let mut short = Script::of(400).answering(|asked| {
        let ends = asked.is_search() && asked.bounds() == day() && asked.cursor() == Some("150");
        ends.then(|| {
            let mut page = model.page(asked);
            page["pages"]["next"] = Value::Null;
            answer(&page)
        })
    });
    cache.sync(&mut short).expect("syncs");
    assert_eq!(short.searches().next().and_then(Asked::cursor), Some("150"), "it goes on where it was");
    assert_eq!((cache.count(COMPLETE), cache.covered()), (400, Some(day())));
}

#[test]
fn an_empty_page_with_a_next_cursor_is_not_the_end() {
    let model = Script::of(400);
    let mut script = Script::of(400).answering(|asked| {
        if !asked.is_search() {
            return None;
        }
        // Every page of ours is preceded by three empty ones.
        let place = asked
            .cursor()
            .unwrap_or("0-0")
            .split_once('-')
            .map(|(at, empty)| (at.to_owned(), empty.to_owned()));
        let (at, empty) = place.expect("a cursor of ours");
        let empty: u32 = empty.parse().expect("a number");
        let mut real = asked.clone();
        real.body["pagination"]["starting_after"] = if at == "0" { Value::Null } else { json!(at) };
        let mut page = model.page(&real);
        if empty < 3 {
            page["conversations"] = json!([]);
            page["pages"]["next"] = json!({"page": 2, "starting_after": format!("{at}-{}", empty + 1)});
        } else if let Some(next) = page["pages"]["next"]["starting_after"].as_str().map(str::to_owned) {
            page["pages"]["next"] = json!({"page": 2, "starting_after": format!("{next}-0")});
        }
        Some(answer(&page))
    });
    let mut cache = Cache::new();
    cache.sync(&mut script).expect("syncs");
    assert_eq!((cache.count(COMPLETE), cache.covered()), (400, Some(day())));
}

/// Its first question is for the oldest conversation, before which nothing is read.
#[test]
fn a_sync_of_everything_leaves_nothing_out_whatever_is_odd_about_the_oldest_conversation() {
    for odd in [
        "an empty page",
        "404",
        "500",
        "a body that breaks off",
        "a change to come",
        "another zone",
        "no change",
        "no times",
        "no id",
    ] {
        let model = Script::of(20);
        let mut script = Script::of(20).answering(|asked| {
            // The oldest one, in any page.
            let first = asked.is_search() && asked.bounds().0 == 1 && asked.cursor().is_none();
            let mut page = first.then(|| model.page(asked))?;
            let row = &mut page["conversations"][0];
            match odd {
                "404" => return Some(error(404, "not_found")),
                "500" => return Some(error(500, "server_error")),
                "a body that breaks off" => {
                    return Some(Err(HttpError::Connection("unexpected end of file".to_owned())));
                }
                "an empty page" => {
                    page["conversations"] = json!([]);
                    page["pages"]["next"] = json!({"page": 2, "starting_after": "0"});
                }
                "a change to come" => row["updated_at"] = json!(NOW.0 + 9 * 3600),
                "another zone" => {
                    row["updated_at"] = json!(row["updated_at"].as_i64().map(|at| at + 9 * 3600))
                }
                "no change" => row["updated_at"] = Value::Null,
                "no times" => (row["updated_at"], row["created_at"]) = (Value::Null, Value::Null),
                _ => row["id"] = Value::Null,
            }
            Some(answer(&page))
        });
        let mut cache = Cache::new();
        cache.settings.initial_sync_days = 0;
        let everything = SyncRequest {
            kind: SyncKind::Background,
            start_date: None,
            end_date: None,
            days: None,
            unless_newer_than: None,
            refetch: false,
        };
        cache.request(&mut script, &everything).unwrap_or_else(|error| panic!("{odd}: {error}"));
        assert_eq!(cache.count(COMPLETE), 20, "{odd}");
        assert!(cache.covered().is_some_and(|(low, _)| low <= day().0), "{odd}: {:?}", cache.covered());
        assert!(script.searches().count() < 300, "{odd}: {}", script.searches().count());
    }
}

#[test]
fn rows_whose_change_cannot_be_dated_are_fetched_and_counted() {
    let (begin, _) = day();
    for odd in [
        json!(null),
        json!("soon"),
        json!({}),
        json!((begin + 5000) * 1000),
        json!(format!("{}.0", begin + 5000)),
        json!("2026-11-20 06:10:00 UTC"),
        json!(NOW.0 + 9 * 3600),
    ] {
        let model = Script::of(20);
        let mut script = Script::of(20).answering(|asked| {
            let mut reply = if asked.is_search() {
                model.page(asked)
            } else if asked.what == "GET /conversations/7" {
                let mut thread = json!({"type": "conversation", "id": "7", "created_at": begin + 10, "state": "open",
                    "source": {"body": "<p>Hello</p>", "author": {"type": "user"}},
                    "conversation_parts": {"conversation_parts": [], "total_count": 0}});
                thread["updated_at"] = odd.clone();
                return Some(answer(&thread));
            } else {
                return None;
            };
            for row in reply["conversations"].as_array_mut().expect("rows") {
                if row["id"] == "7" {
                    row["updated_at"] = odd.clone();
                }
            }
            Some(answer(&reply))
        });
        let mut cache = Cache::new();
        cache.sync(&mut script).unwrap_or_else(|error| panic!("{odd}: {error}"));
        assert_eq!((cache.count(COMPLETE), cache.covered()), (20, Some(day())), "{odd}");
        let to_come =
            format!("SELECT count(*) FROM conversations WHERE updated_at > '{}'", NOW.plus(600).to_iso());
        assert_eq!(cache.count(&to_come), 0, "{odd}");
    }
}

/// As of a zone that was added twice: most of them no time to come, and all in other windows than
/// those they are listed in.
#[test]
fn rows_that_tell_another_time_than_they_are_listed_by_are_fetched() {
    let model = Script::of(20);
    let later = |value: &mut Value| {
        let at = value["updated_at"].as_i64().expect("a time");
        value["updated_at"] = json!(at + 9 * 3600);
    };
    let mut script = Script::of(20).answering(|asked| {
        if asked.is_search() {
            let mut page = model.page(asked);
            page["conversations"].as_array_mut().expect("rows").iter_mut().for_each(later);
            return Some(answer(&page));
        }
        let thread = asked.what.starts_with("GET /conversations/").then(|| model.usual(asked))?;
        let mut body = serde_json::from_slice(&thread.expect("a thread").body).expect("JSON");
        later(&mut body);
        Some(answer(&body))
    });
    let mut cache = Cache::new();
    cache.sync(&mut script).expect("syncs");
    assert_eq!((cache.count(COMPLETE), cache.covered()), (20, Some(day())));
}

#[test]
fn a_clock_of_intercoms_that_was_ahead_once_hides_nothing_written_later() {
    for ahead in [26 * 3600, 4 * 365 * SECONDS_A_DAY] {
        let mut cache = Cache::new();
        let mut early = Script::of(10);
        early.ahead = (ahead, 0);
        cache.sync_until(&mut early, None).expect("syncs");
        assert!(notes(&cache).contains("clock"), "{}", notes(&cache));
        let mut late = Script::of(10).later(3600);
        late.conversations.push(("late".to_owned(), NOW.0 + 900));
        cache.sync_until(&mut late, None).expect("syncs");
        assert_eq!(cache.count(COMPLETE), 11, "{ahead}");
        assert_eq!(notes(&cache), "none");
    }
}

/// The database of a program that took the server's clock at its word.
#[test]
fn marks_in_the_future_are_taken_back_and_what_they_hid_is_read() {
    for known_run in [true, false] {
        let mut cache = Cache::new();
        cache.sync_until(&mut Script::of(10), None).expect("syncs");
        let future = NOW.plus(4 * 365 * SECONDS_A_DAY);
        let run = if known_run { "2030-11-21" } else { "2026-11-22" };
        cache
            .store
            .connection()
            .execute_batch(&format!(
                "UPDATE coverage SET high = {0}; UPDATE meta SET value = {0} WHERE key IN
                    ('high_water', 'provisional_from', 'swept_at', 'counted_at', 'deleted_up_to', 'labels_refreshed_at');
                 UPDATE sync_metadata SET coverage_end_date = '{run}';
                 UPDATE conversations SET updated_at = '{1}', thread_updated_at = '{1}' WHERE id = '3'",
                future.0,
                future.to_iso()
            ))
            .expect("writes");
        let soon = NOW.plus(3600);
        let told = Coverage::load(cache.store.connection(), soon).expect("reads");
        assert!(
            told.newest().is_none_or(|span| span.high <= NOW),
            "nothing to come is called read: {told:?}"
        );
        let mut late = Script::of(10).later(3600);
        late.conversations.push(("late".to_owned(), NOW.0 + 900));
        late.conversations.push(("3".to_owned(), NOW.0 + 1000));
        late.conversations.retain(|(id, at)| id != "3" || *at > NOW.0);
        cache.sync_until(&mut late, None).expect("syncs");
        assert_eq!(cache.count(COMPLETE), 11);
        let in_future = format!(
            "SELECT count(*) FROM meta WHERE CAST(value AS INTEGER) > {}",
            NOW.plus(2 * SECONDS_A_DAY).0
        );
        assert_eq!(cache.count(&in_future), 0);
        assert_eq!(late.count("GET /conversations/3"), 1, "its change was overtaken by one to come");
    }
}

/// A change of `updated_at` to come, as an earlier program took it, kept every later one out.
#[test]
fn a_conversation_frozen_by_a_change_to_come_is_read_again_by_a_full_sync() {
    let mut cache = Cache::new();
    cache.sync_until(&mut Script::of(10), None).expect("syncs");
    let ahead = NOW.plus(9 * 3600).to_iso();
    cache
        .store
        .connection()
        .execute_batch(&format!(
            "UPDATE conversations SET updated_at = '{ahead}', thread_updated_at = '{ahead}', state = 'closed' WHERE id = '3'"
        ))
        .expect("writes");
    let mut script = Script::of(10).later(3600);
    let full = SyncRequest {
        kind: SyncKind::Full,
        start_date: None,
        end_date: None,
        days: None,
        unless_newer_than: None,
        refetch: false,
    };
    cache.request(&mut script, &full).expect("syncs");
    assert_eq!(script.count("GET /conversations/3"), 1);
    let truth = UnixSeconds(script.conversations[2].1).to_iso();
    let state = format!("SELECT state FROM conversations WHERE id = '3' AND updated_at = '{truth}'");
    assert_eq!((cache.text(&state), cache.count(COMPLETE)), ("open".to_owned(), 10));
}

#[test]
fn our_own_clock_ahead_once_is_not_age_zero_for_ever() {
    let mut cache = Cache::new();
    let mut early = Script::of(10);
    early.ahead = (0, 5 * SECONDS_A_DAY);
    cache.sync_until(&mut early, None).expect("syncs");
    let run = crate::store::runs::latest_read(cache.store.connection()).expect("reads").expect("a run");
    let at = run.completed_at.expect("a time");
    assert_eq!(crate::tools::answer::minutes_since(at, NOW.plus(60)), None);
    // The next run is the latest one, though its time is earlier.
    cache.sync_until(&mut Script::of(10).later(600), None).expect("syncs");
    let run = crate::store::runs::latest_read(cache.store.connection()).expect("reads").expect("a run");
    assert!(run.completed_at.is_some_and(|at| at <= NOW.plus(700)), "{run:?}");
}

#[test]
fn our_own_clock_behind_once_forgets_nothing_that_was_read() {
    let request = |kind| SyncRequest {
        kind,
        start_date: None,
        end_date: None,
        days: None,
        unless_newer_than: None,
        refetch: false,
    };
    for days in [3, 400] {
        let mut cache = Cache::new();
        cache.request(&mut Script::of(10), &request(SyncKind::Full)).expect("syncs");
        let covered = |cache: &Cache| {
            let coverage = Coverage::load(cache.store.connection(), NOW.plus(1200)).expect("reads");
            coverage.newest().map(|span| span.low)
        };
        let before = covered(&cache);
        let mut behind = Script::of(10).later(600);
        behind.ahead = (0, -days * SECONDS_A_DAY);
        cache.request(&mut behind, &request(SyncKind::Background)).expect("syncs");
        assert!(notes(&cache).contains("behind"), "{}", notes(&cache));
        let mut right = Script::of(10).later(1200);
        cache.request(&mut right, &request(SyncKind::Background)).expect("syncs");
        assert_eq!((covered(&cache), notes(&cache)), (before, "none".to_owned()), "{days}");
        assert_eq!(behind.count("GET /conversations/") + right.count("GET /conversations/"), 0, "{days}");
    }
}

#[test]
fn half_an_emoji_in_one_name_costs_no_page() {
    let model = Script::of(20);
    let mut script = Script::of(20).answering(|asked| {
        let text = if asked.is_search() {
            model.page(asked).to_string()
        } else if asked.what == "GET /me" {
            r#"{"type":"admin","id":"1","name":"Ann","app":{"id_code":"w1","region":"US"}}"#.to_owned()
        } else {
            return None;
        };
        Some(raw(200, "application/json", &text.replacen("Ann", r"Ann \ud83d", 3)))
    });
    let mut cache = Cache::new();
    cache.sync(&mut script).expect("syncs");
    assert_eq!((cache.count(COMPLETE), cache.covered()), (20, Some(day())));
}
