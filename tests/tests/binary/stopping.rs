//! End of input, SIGINT and SIGTERM: under two seconds, exit code 0, rows closed, data kept.
#![cfg(unix)]

use std::time::Duration;

use fastintercom_tests::server::{Server, Stop};
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule};
use serde_json::json;

use super::{database, simulate, small, synced};

#[test]
fn an_idle_server_stops_at_once() {
    let simulator = small();
    for stop in Stop::ALL {
        let session = synced(&simulator);
        let scratch = session.scratch().clone();
        let stopped = session.stop_by(stop).assert_clean();
        assert!(
            stopped.log.iter().any(|line| line.contains("background sync stopped")),
            "{stop:?}: {stopped:?}"
        );
        let rows = database(&scratch).rows("SELECT sync_status, total_conversations FROM sync_metadata");
        assert_eq!(rows, [["completed", "30"]], "{stop:?}");
    }
}

#[test]
fn a_running_sync_is_ended_and_its_row_says_so() {
    for stop in Stop::ALL {
        let simulator =
            simulate(Config::new().conversations(600).days(20).latency(Duration::from_millis(200)));
        let session = Server::new(&simulator).start();
        let _watched = session.begin_tool_with_progress("force_sync", json!({}), "begun");
        session.wait_for_progress(10.0);
        let scratch = session.scratch().clone();
        session.stop_by(stop).assert_clean();
        let database = database(&scratch);
        let rows = database.rows("SELECT sync_status, error_message FROM sync_metadata");
        assert_eq!(rows.len(), 1, "{stop:?}: {rows:?}");
        assert_eq!(rows[0][0], "failed", "{stop:?}: {rows:?}");
        assert!(rows[0][1].contains("stopped"), "{stop:?}: {rows:?}");
        let kept = database.number("SELECT count(*) FROM conversations WHERE thread_complete");
        assert!(kept > 0, "{stop:?}: what was read stays");
        assert_eq!(database.value("PRAGMA integrity_check"), "ok");
    }
}

/// `printf … | fastintercom`: the pipe is closed before the answer is there.
#[test]
fn a_call_that_takes_half_a_second_is_answered_after_the_input_has_ended() {
    let simulator = small();
    let session = synced(&simulator);
    simulator.add_fault(Rule::new(Fault::Slow { seconds: 0.5 }).on(Endpoint::Search));
    let pending = session.begin_tool("force_sync", json!({}));
    session.close_input();
    let answer = session.answer(pending);
    assert!(!answer.is_error, "{answer:?}");
    session.stop_by(Stop::CloseStdin).assert_clean();
}

/// Intercom does not answer at all: nothing to wait for but the answer itself.
#[test]
fn a_sync_that_waits_for_an_answer_is_ended_too() {
    let simulator = small();
    simulator.add_fault(Rule::new(Fault::Slow { seconds: 120.0 }).on(Endpoint::Search));
    for stop in Stop::ALL {
        let session = Server::new(&simulator).start();
        session.wait_for_log("sync starting");
        let scratch = session.scratch().clone();
        session.stop_by(stop).assert_clean();
        let rows = database(&scratch).rows("SELECT sync_status FROM sync_metadata");
        assert_eq!(rows, [["failed"]], "{stop:?}");
    }
}

#[test]
fn stopping_before_the_handshake_and_in_the_middle_of_calls() {
    let simulator = small();
    for stop in Stop::ALL {
        let silent = Server::new(&simulator).start_silent();
        silent.wait_for_log("may use the folder");
        silent.stop_by(stop).assert_clean();
        let session = synced(&simulator);
        for _ in 0..20 {
            let _ = session.begin_tool("search_conversations", json!({"query": "refund", "limit": 100}));
        }
        session.stop_by(stop).assert_clean();
    }
}
