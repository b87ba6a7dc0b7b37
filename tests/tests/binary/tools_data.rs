//! `get_data_info`, `get_sync_status` and `get_server_status`.

use std::time::Duration;

use fastintercom_tests::expected;
use fastintercom_tests::server::{Era, Server};
use fastintercom_tests::simulator::{Config, Fault, Rule};
use serde_json::{Value, json};

use super::{simulate, small, synced};

#[test]
fn data_info_counts_what_the_workspace_holds() {
    let simulator = simulate(Config::new().conversations(40).days(20));
    for era in Era::BOTH {
        let session = Server::new(&simulator).speaking(era).start();
        session.wait_until_synced();
        let info = session.call_tool("get_data_info", json!({})).succeeded();
        let workspace = simulator.workspace();
        assert_eq!(info["has_data"], true);
        assert_eq!(info["total_conversations"], 40, "{info}");
        assert_eq!(info["total_messages"], expected::total_messages(&workspace), "{info}");
        assert_eq!(info["sync_type"], "background");
        assert_eq!(info["coverage_end"], expected::day(workspace.now(), 0));
        assert_eq!(info["data_complete"], true, "{info}");
        assert!(info["data_age_minutes"].as_i64().is_some_and(|age| (0..=1).contains(&age)), "{info}");
        assert!(info["database_size_mb"].as_f64().is_some_and(|size| size > 0.0), "{info}");
        let last_sync = info["last_sync"].as_str().expect("a time");
        assert!(last_sync.ends_with("+00:00") && last_sync.len() == 25, "{last_sync}");
    }
}

#[test]
fn before_the_first_sync_there_is_no_data() {
    let simulator = small();
    let session = Server::new(&simulator).without_token().start();
    let info = session.call_tool("get_data_info", json!({})).succeeded();
    assert_eq!(info["has_data"], false);
    assert_eq!(info["message"], "No successful sync found");
}

/// A running sync is seen while it runs, by days and start, and no more when it is over.
#[test]
fn sync_status_follows_the_sync() {
    let simulator = small();
    let stall = Rule::new(Fault::Stall { seconds: 600.0 });
    simulator.add_fault(stall.on(fastintercom_tests::simulator::Endpoint::Search).times(1));
    let session = Server::new(&simulator).env("FASTINTERCOM_SYNC_STALL_SECONDS", "10").start();
    session.wait_for_log("sync starting");
    let status = session.call_tool("get_sync_status", json!({})).succeeded();
    assert_eq!(status["is_syncing"], true, "{status}");
    assert_eq!(status["duration_minutes"], 0, "{status}");
    let today = expected::day(simulator.now(), 0);
    assert_eq!(status["coverage_dates"]["end"], today, "{status}");
    assert!(status["sync_started_at"].as_str().is_some_and(|start| start.starts_with(&today)), "{status}");

    let other = synced(&simulator);
    // The log speaks of the end just before it; an answer comes after it.
    other.call_tool("force_sync", json!({})).succeeded();
    let status = other.call_tool("get_sync_status", json!({})).succeeded();
    assert_eq!(status["is_syncing"], false, "{status}");
    assert_eq!(status.get("sync_started_at"), None, "{status}");
}

#[test]
fn server_status_tells_counts_and_freshness() {
    let simulator = small();
    let session = synced(&simulator);
    session.call_tool("force_sync", json!({})).succeeded();
    let status = session.call_tool("get_server_status", json!({})).succeeded();
    assert_eq!(status["total_conversations"], 30, "{status}");
    assert_eq!(status["total_messages"], expected::total_messages(&simulator.workspace()), "{status}");
    assert_eq!(status["is_syncing"], false, "{status}");
    assert_eq!(status["sync_info"]["state"], "fresh", "{status}");
    assert_eq!(status["sync_info"]["data_complete"], true, "{status}");
}

/// Tools answer at once while a sync waits for a slow Intercom.
#[test]
fn tools_answer_while_a_sync_runs() {
    let simulator = simulate(Config::new().conversations(400).days(30).latency(Duration::from_millis(150)));
    let session = Server::new(&simulator).start();
    session.wait_for_log("sync starting");
    let begun = std::time::Instant::now();
    for _ in 0..10 {
        let status = session.call_tool("get_sync_status", json!({})).succeeded();
        assert_eq!(status["is_syncing"], true, "the sync is slower than ten questions: {status}");
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "ten questions took {:?}", begun.elapsed());
    session.wait_until_synced();
    let info: Value = session.call_tool("get_data_info", json!({})).succeeded();
    assert_eq!(info["total_conversations"], 400);
}
