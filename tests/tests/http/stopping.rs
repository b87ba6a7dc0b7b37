//! SIGTERM: no new connections, calls in progress are answered, exit code 0.
#![cfg(unix)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fastintercom_tests::PATIENCE;
use fastintercom_tests::probe;
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::server::{Server, Stop};
use fastintercom_tests::simulator::Config;
use serde_json::json;

use super::{open, simulate, small, synced};

#[test]
fn idle_connections_and_subscriptions_do_not_hold_it_up() {
    let simulator = small();
    for stop in [Stop::Terminate, Stop::Interrupt] {
        let (session, web) = synced(&simulator);
        assert_eq!(web.get("/healthz").status, 200, "its connection stays open");
        let mut stream = web.subscribe("intercom://status");
        let first = stream.next_message().expect("a message");
        assert_eq!(first["method"], "notifications/subscriptions/acknowledged", "{first}");
        session.stop_by(stop).assert_clean();
        let last = stream.next_message().expect("a message");
        assert!(last["result"].is_object(), "{stop:?}: it ends with its result: {last}");
        assert_eq!(stream.next_message(), None);
    }
}

#[test]
fn calls_in_progress_are_answered() {
    let simulator = small();
    let scratch = Scratch::new();
    let (session, web) = open(probe::server(&simulator, &scratch));
    // Two seconds of reading.
    let reading = {
        let web = web.clone();
        std::thread::spawn(move || web.tool("probe_read", json!({"times": 100, "pause_ms": 20})))
    };
    // And many short calls, each of which is answered whole, or finds nobody any more.
    let answered = AtomicUsize::new(0);
    let stopped = std::thread::scope(|scope| {
        for _ in 0..12 {
            let (web, answered) = (web.clone(), &answered);
            scope.spawn(move || {
                while let Ok(reply) = web.try_post("/tools/get_server_status", "{}") {
                    assert_eq!(reply.status, 200, "{}", reply.text());
                    assert!(reply.json()["total_conversations"].is_number());
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        while answered.load(Ordering::Relaxed) < 50 {
            std::thread::sleep(Duration::from_millis(5));
        }
        session.stop_by(Stop::Terminate)
    });
    let log = stopped.log.join("\n");
    assert_eq!(stopped.status.code(), Some(0), "{log}");
    assert!(!log.contains("are dropped"), "{log}");
    assert_eq!(reading.join().expect("an answer").succeeded()["done"], 100);
    assert!(stopped.took < Duration::from_secs(8), "{:?}", stopped.took);
}

/// The call waits for a sync that would take minutes; the sync ends, and the call says so.
#[test]
fn a_call_that_waits_for_a_sync_is_told_of_its_end() {
    let simulator = simulate(Config::new().conversations(600).days(20).latency(Duration::from_millis(200)));
    let (session, web) = open(Server::new(&simulator));
    session.wait_for_log("sync starting");
    let waiting = std::thread::spawn({
        let web = web.clone();
        move || web.tool("force_sync", json!({}))
    });
    while web.tool("get_server_status", json!({})).succeeded()["total_conversations"] == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    session.stop_by(Stop::Terminate).assert_clean();
    assert!(waiting.join().expect("an answer").refused(422).contains("was stopped"));
}

/// A call longer than the server waits for is cut, and the server ends all the same.
#[test]
fn endless_calls_are_cut() {
    let simulator = small();
    let scratch = Scratch::new();
    let server = probe::server(&simulator, &scratch).env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "60");
    let (session, web) = open(server);
    let _ = web.tool("get_data_info", json!({}));
    let hanging = std::thread::spawn({
        let web = web.clone();
        move || web.try_post("/tools/probe_hang", "{}")
    });
    // It hangs in the middle of a transaction, so there is something in the journal.
    let journal = scratch.database_folder().join("data.db-journal");
    let begun = Instant::now();
    while std::fs::metadata(&journal).map_or(0, |found| found.len()) == 0 {
        assert!(begun.elapsed() < PATIENCE, "no transaction begins");
        std::thread::sleep(Duration::from_millis(1));
    }
    let stopped = session.stop_by(Stop::Terminate);
    assert_eq!(stopped.status.code(), Some(0), "{:?}", stopped.log);
    assert!(stopped.took < Duration::from_secs(13), "{:?}", stopped.took);
    assert!(stopped.log.join("\n").contains("did not end within 10 s"), "{:?}", stopped.log);
    assert!(hanging.join().expect("the client ends").is_err(), "the connection is cut");
}
