//! How fast a sync is, and what faults cost it, in time that only the script's answers take.

use std::cell::{Cell, RefCell};

use super::script::{Asked, Cache, NOW, Reply, Script, error, html, raw};
use crate::environment::{Holder, HttpError, HttpResponse};
use crate::store::runs::facts::run_times;
use crate::sync::{SyncKind, SyncRequest};

const LATENCY_MS: u64 = 200;

/// Intercom's limit: so many calls in each window of ten seconds, told by the headers.
struct Limit {
    calls: i64,
    window: u64,
    used: i64,
    refused: usize,
}

impl Limit {
    fn of(calls: i64) -> RefCell<Self> {
        RefCell::new(Self { calls, window: 0, used: 0, refused: 0 })
    }

    /// The reply, or a refusal, with the headers of the window in which it was asked for.
    fn apply(&mut self, asked: &Asked, reply: Reply) -> Reply {
        let window = asked.at_ms / 10_000;
        if window != self.window {
            (self.window, self.used) = (window, 0);
        }
        self.used += 1;
        let over = self.used > self.calls;
        self.refused += usize::from(over);
        let reply = if over { error(429, "rate_limit_exceeded") } else { reply };
        with_limit(reply, self.calls, (self.calls - self.used).max(0), window)
    }
}

fn with_limit(reply: Reply, limit: i64, remaining: i64, window: u64) -> Reply {
    let reset = NOW.0 + 10 * (1 + i64::try_from(window).expect("few"));
    reply.map(|mut response: HttpResponse| {
        for (name, value) in [("limit", limit), ("remaining", remaining), ("reset", reset)] {
            response.headers.push((format!("x-ratelimit-{name}"), value.to_string()));
        }
        response
    })
}

/// How many milliseconds a run took that read all threads.
fn sync(script: &mut Script<'_>, threads: i64) -> u64 {
    let mut cache = Cache::new();
    cache.sync(script).expect("syncs");
    assert_eq!(cache.count("SELECT count(*) FROM conversations WHERE thread_complete"), threads);
    script.now_ms()
}

#[test]
fn the_first_sync_reads_what_the_limit_leaves_and_is_never_refused() {
    for (calls, threads, most_at_once) in [(1667, 6000, 50), (167, 600, 20), (5000, 6000, 60)] {
        let model = Script::of(threads);
        let limit = Limit::of(calls);
        let mut script = Script::of(threads)
            .taking(|_| Some(LATENCY_MS))
            .answering(|asked| Some(limit.borrow_mut().apply(asked, model.usual(asked))));
        let took = sync(&mut script, threads as i64);
        assert_eq!(limit.borrow().refused, 0, "{calls}");
        assert!(script.most_in_flight <= most_at_once, "{calls}: {}", script.most_in_flight);
        // Nine tenths of each window; the first may have been begun, and the last need not be full.
        let windows = script.asked.len() as f64 / (calls as f64 * 0.9);
        let at_latency = script.asked.len() as f64 / (most_at_once as f64 / 0.2) * 1000.0;
        let permitted = (windows.ceil() * 10_000.0).max(at_latency * 1.15);
        assert!(took as f64 <= permitted, "{calls}: {took} ms, {permitted} permitted");
        for window in 0..=took / 10_000 {
            let used = script.asked.iter().filter(|asked| asked.at_ms / 10_000 == window).count() as i64;
            assert!(used <= calls - calls / 10, "{calls}: {used} in window {window}");
        }
    }
}

#[test]
fn the_estimate_holds_and_what_the_run_waits_for_is_named() {
    for (calls, holder) in [(1667, Holder::Limit), (50_000, Holder::Network)] {
        // Spread over a month, so that it asks how much there is.
        let spread = || {
            let mut script = Script::of(9000);
            for (at, (_, updated_at)) in (1..).zip(&mut script.conversations) {
                *updated_at = NOW.0 - 2 * 86_400 - (9000 - at) * 290;
            }
            script
        };
        let model = spread();
        let limit = Limit::of(calls);
        let mut script = spread()
            .taking(|_| Some(LATENCY_MS))
            .answering(|asked| Some(limit.borrow_mut().apply(asked, model.usual(asked))));
        let month = SyncRequest {
            kind: SyncKind::Incremental,
            start_date: Some("2026-10-20".to_owned()),
            end_date: Some("2026-11-20".to_owned()),
            days: None,
            unless_newer_than: None,
            refetch: false,
        };
        let mut cache = Cache::new();
        cache.request(&mut script, &month).expect("syncs");
        let updates = script.updates();
        let (end, last) = updates.iter().rfind(|(_, update)| update.waiting > 0).expect("reported");
        assert_eq!(last.holder, Some(holder), "{calls}");
        let from = updates.iter().position(|(_, update)| update.done > 600).expect("reported");
        for (at, update) in updates[from..].iter().filter(|(at, _)| at < end) {
            let left = (end - at) as f64 / 1000.0;
            let told = f64::from(update.seconds_left.unwrap_or_else(|| panic!("{calls}: {at}: {update:?}")));
            // A window more or less, and a quarter.
            let bounds = left * 0.75 - 7.0..=left * 1.25 + 7.0;
            assert!(
                bounds.contains(&told),
                "{calls}: at {at} of {end} ms {told} s were told, {left} were left"
            );
        }
        let times = run_times(cache.store.connection()).expect("reads").expect("noted");
        assert!(if calls == 1667 { times.limit_ms > 5000 } else { times.limit_ms == 0 }, "{times:?}");
        assert_eq!(cache.count("SELECT count(*) FROM meta WHERE key = 'expected_end_at'"), 0, "it is over");
    }
}

/// A number that looks like chance, the same in each run of the test (SplitMix64).
fn scattered(seed: u64, number: u64) -> u64 {
    let mut mixed = (seed << 32 | number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

/// What happens to one request in a hundred.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    BadGateway,
    ServerError,
    Empty,
    /// Its headers say that calls are left.
    Refused,
    Silent,
    Cut,
}

/// What became of a sync of 900 threads.
struct Fared {
    took_ms: u64,
    calls: usize,
    faults: usize,
}

/// Each fault strikes one request in a hundred; answers take so long.
fn among(faults: &[Fault], seed: u64, latency_ms: u64) -> Fared {
    let model = Script::of(900);
    let number = Cell::new(0);
    let fault = || faults.get(usize::try_from(scattered(seed, number.get()) % 100).expect("small")).copied();
    let struck = Cell::new(0);
    let mut script = Script::of(900)
        .answering(|asked| {
            number.set(number.get() + 1);
            struck.set(struck.get() + usize::from(fault().is_some()));
            let reply = match fault() {
                Some(Fault::BadGateway) => html(502),
                Some(Fault::ServerError) => error(500, "server_error"),
                Some(Fault::Empty) => raw(200, "application/json", ""),
                Some(Fault::Cut) => Err(HttpError::Connection("unexpected end of file".to_owned())),
                Some(Fault::Refused) => error(429, "rate_limit_exceeded"),
                _ => model.usual(asked),
            };
            Some(with_limit(reply, 10_000, 9000, asked.at_ms / 10_000))
        })
        .taking(|_| (fault() != Some(Fault::Silent)).then_some(latency_ms));
    let mut cache = Cache::new();
    let report = cache.sync(&mut script).unwrap_or_else(|error| panic!("{faults:?}, {seed}: {error}"));
    let complete = cache.count("SELECT count(*) FROM conversations WHERE thread_complete");
    assert_eq!(complete as u64 + report.waiting, 900, "{faults:?}, {seed}");
    assert!(report.waiting <= 5, "{faults:?}, {seed}: {} were given up", report.waiting);
    Fared { took_ms: script.now_ms(), calls: script.asked.len(), faults: struck.get() }
}

/// It took 323 s once, most of it waiting for windows to end and for connections.
#[test]
fn six_faults_in_a_hundred_cost_seconds_and_few_calls() {
    use Fault::{BadGateway, Empty, Refused, ServerError, Silent};
    let mix = [BadGateway, BadGateway, ServerError, Empty, Refused, Silent];
    let undisturbed = among(&[], 0, 5).calls;
    let mut took: Vec<u64> = (0..11)
        .map(|seed| {
            let fared = among(&mix, seed, 5);
            let needed = undisturbed + fared.faults;
            assert!(fared.calls <= needed + needed / 10, "{seed}: {} calls, {needed} needed", fared.calls);
            fared.took_ms
        })
        .collect();
    took.sort_unstable();
    assert!(took[5] <= 20_000, "{took:?}");
    assert!(took[10] <= 45_000, "{took:?}");
}

#[test]
fn faults_that_refuse_nothing_cost_no_more_than_thrice_the_time() {
    use Fault::{BadGateway, Cut, Empty, ServerError, Silent};
    let undisturbed = among(&[], 0, 200).took_ms;
    for mix in [&[BadGateway; 6][..], &[Empty, ServerError], &[Silent, Silent, Silent], &[Cut; 4]] {
        let mut took: Vec<u64> = (0..5).map(|seed| among(mix, seed, 200).took_ms).collect();
        took.sort_unstable();
        assert!(took[2] <= 3 * undisturbed, "{mix:?}: {took:?}, undisturbed {undisturbed}");
    }
}
