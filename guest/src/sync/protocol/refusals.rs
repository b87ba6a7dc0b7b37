//! The rate limit and the token.

use serde_json::json;

use super::script::{Asked, Cache, NOW, Reply, Script, day, error};
use crate::environment::HttpResponse;
use crate::sync::SyncError;

fn with_headers(reply: Reply, headers: &[(&str, String)]) -> Reply {
    reply.map(|mut response: HttpResponse| {
        response.headers.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        response
    })
}

#[test]
fn a_refused_question_is_asked_again_when_the_server_says_and_not_before() {
    let reset = [
        ("x-ratelimit-limit", "167".to_owned()),
        ("x-ratelimit-remaining", "0".to_owned()),
        ("x-ratelimit-reset", (NOW.0 + 7).to_string()),
    ];
    for (headers, wait) in [(&reset[..], 6000..8000), (&[("retry-after", "3".to_owned())], 3000..3500)] {
        let mut refused = false;
        let mut script = Script::of(10).answering(|asked| {
            let refuses = asked.is_search() && !refused;
            refused |= refuses;
            refuses.then(|| with_headers(error(429, "rate_limit_exceeded"), headers))
        });
        let mut cache = Cache::new();
        let report = cache.sync(&mut script).expect("syncs");
        assert_eq!((report.rate_limited, report.hydrated), (1, 10));
        let searches: Vec<_> = script.searches().collect();
        assert_eq!(searches.len(), 2);
        assert_eq!(searches[0].body, searches[1].body, "a refusal is no reason for a smaller page");
        let waited = searches[1].at_ms - searches[0].at_ms;
        assert!(wait.contains(&waited), "{waited}");
        let between = script
            .asked
            .iter()
            .filter(|asked| asked.at_ms > searches[0].at_ms && asked.at_ms < searches[1].at_ms);
        assert_eq!(between.count(), 0, "nothing else is asked meanwhile");
        assert_eq!(cache.count("SELECT count(*) FROM meta WHERE key = 'held_back_at'"), 1);
    }
}

#[test]
fn calls_stop_before_the_limit_does_it() {
    let mut left = 20;
    let mut script = Script::of(60).answering(|asked| {
        asked.what.starts_with("GET /conversations/").then(|| {
            left -= 1;
            let id = asked.what.rsplit('/').next().unwrap_or_default();
            let at = day().0 + 100;
            let thread = json!({"id": id, "updated_at": at, "created_at": at,
                "conversation_parts": {"conversation_parts": [], "total_count": 0}});
            let window = asked.at_ms / 10_000;
            let remaining = if window == 0 { left } else { 1000 };
            with_headers(
                super::script::answer(&thread),
                &[
                    ("x-ratelimit-limit", if window == 0 { "40" } else { "1000" }.to_owned()),
                    ("x-ratelimit-remaining", remaining.to_string()),
                    (
                        "x-ratelimit-reset",
                        (NOW.0 + 10 * (1 + i64::try_from(window).expect("few"))).to_string(),
                    ),
                ],
            )
        })
    });
    let mut cache = Cache::new();
    let report = cache.sync(&mut script).expect("syncs");
    assert_eq!(report.rate_limited, 0);
    let first_window = script
        .asked
        .iter()
        .filter(|asked| asked.what.starts_with("GET /conversations/") && asked.at_ms < 10_000)
        .count();
    assert!((10..=20).contains(&first_window), "{first_window} of 20 calls were spent");
}

#[test]
fn a_limit_that_stays_used_up_ends_the_run_after_five_minutes() {
    let mut script =
        Script::of(10).answering(|asked| asked.is_search().then(|| error(429, "rate_limit_exceeded")));
    let mut cache = Cache::new();
    let Err(SyncError::Upstream(sentence)) = cache.sync(&mut script) else { panic!("fails") };
    assert!(sentence.contains("rate limit stays used up"), "{sentence}");
    let last = script.asked.last().expect("asked").at_ms;
    assert!((300_000..330_000).contains(&last), "{last}");
    assert!(script.searches().count() < 320, "about once a second without any header");
    assert_eq!(cache.covered(), None);
}

#[test]
fn a_refused_token_is_shown_to_the_server_once() {
    for (status, code) in [(401, "unauthorized"), (401, "token_revoked"), (403, "api_plan_restricted")] {
        let mut script = Script::of(10).answering(|asked| asked.is_search().then(|| error(status, code)));
        let mut cache = Cache::new();
        let Err(SyncError::Unauthorized(sentence)) = cache.sync(&mut script) else { panic!("fails") };
        assert!(sentence.contains(code), "{sentence}");
        assert_eq!(script.searches().count(), 1);
    }
    let mut script = Script::of(10).answering(|_| Some(error(401, "unauthorized")));
    let Err(SyncError::Unauthorized(_)) = Cache::new().sync(&mut script) else { panic!("fails") };
    assert_eq!(script.count("GET /me"), 1);
    assert_eq!(script.asked.len(), 1);
}

/// An Intercom that answers so many calls in each window of ten seconds, since others use the rest,
/// and refuses what is beyond.
fn leaving(calls: i64, asked: &Asked, window: &mut (u64, i64), reply: Reply) -> Reply {
    let at = asked.at_ms / 10_000;
    *window = if window.0 == at { (at, window.1 + 1) } else { (at, 1) };
    let reset = NOW.0 + 10 * (1 + i64::try_from(at).expect("few"));
    let reply = if window.1 > calls { error(429, "rate_limit_exceeded") } else { reply };
    with_headers(
        reply,
        &[
            ("x-ratelimit-limit", "100".to_owned()),
            ("x-ratelimit-remaining", (calls - window.1).max(0).to_string()),
            ("x-ratelimit-reset", reset.to_string()),
        ],
    )
}

/// One answer in each window: no wait is long, no refusal lasts, and it would take a day.
#[test]
fn a_limit_that_leaves_one_call_a_window_ends_the_run_within_minutes_and_is_told() {
    for (calls, ends) in [(1, true), (3, false)] {
        let model = Script::of(250);
        let mut window = (u64::MAX, 0);
        let mut script =
            Script::of(250).answering(|asked| Some(leaving(calls, asked, &mut window, model.usual(asked))));
        let mut cache = Cache::new();
        let result = cache.sync(&mut script);
        let last = script.asked.last().expect("asked").at_ms;
        let read = cache.count("SELECT count(*) FROM conversations WHERE thread_complete");
        if ends {
            let Err(SyncError::Upstream(sentence)) = result else { panic!("{result:?}") };
            assert!(sentence.contains("answers in ten minutes"), "{sentence}");
            assert!((550_000..700_000).contains(&last), "{last}");
            assert!((40..120).contains(&read), "{read}");
            let failed = "SELECT error_message FROM sync_metadata ORDER BY id DESC LIMIT 1";
            assert_eq!(cache.text(failed), sentence);
            // What was read is kept, and the next sync goes on.
            let mut free = Script::of(250);
            cache.sync(&mut free).expect("syncs");
            assert_eq!(cache.count("SELECT count(*) FROM conversations WHERE thread_complete"), 250);
            assert!(free.asked.len() < 250, "{}", free.asked.len());
        } else {
            result.expect("slow is not stuck");
            assert!(last > 700_000, "{last}");
            assert_eq!(read, 250);
        }
    }
}

#[test]
fn a_token_that_may_list_conversations_and_not_read_them_is_told_so() {
    let mut cache = Cache::new();
    let mut script = Script::of(300)
        .answering(|asked| asked.what.starts_with("GET /conversations/").then(|| error(403, "forbidden")));
    let Err(SyncError::Unauthorized(sentence)) = cache.sync(&mut script) else { panic!("fails") };
    assert!(sentence.contains("\"Read conversations\""), "{sentence}");
    let threads = script.asked.iter().filter(|asked| asked.what.starts_with("GET /conversations/")).count();
    assert!(threads < 40, "{threads} threads were asked for");
    // One that was always forbidden holds nothing up where others can be read.
    let mut script = Script::of(300)
        .later(3600)
        .answering(|asked| (asked.what == "GET /conversations/7").then(|| error(403, "forbidden")));
    for _ in 0..2 {
        cache.sync(&mut script).expect("syncs");
    }
    assert_eq!(cache.count("SELECT count(*) FROM conversations WHERE thread_complete"), 299);
}

#[test]
fn a_token_that_may_read_some_conversations_reads_these() {
    let mut cache = Cache::new();
    // Every other one is of a team that the token's admin may not see.
    let mut script = Script::of(300).answering(|asked| {
        let id: u32 = asked.what.strip_prefix("GET /conversations/")?.parse().ok()?;
        id.is_multiple_of(2).then(|| error(403, "forbidden"))
    });
    cache.sync(&mut script).expect("syncs");
    assert_eq!(cache.count("SELECT count(*) FROM conversations WHERE thread_complete"), 150);
}
