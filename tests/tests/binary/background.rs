//! Syncs that the timer asks for.

use std::time::Duration;

use fastintercom_tests::expected::day;
use fastintercom_tests::server::{Server, Stop};
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule};
use serde_json::json;

use super::{database, simulate, small};

/// Each run is a row: begun at the start of the server, in UTC, with the totals of its days.
#[test]
fn the_first_sync_starts_at_once_and_is_one_row() {
    let simulator = small();
    let session = Server::new(&simulator).interval_minutes(1).start();
    session.wait_until_synced();
    let rows = database(session.scratch()).rows(
        "SELECT sync_status, sync_type, total_conversations, coverage_end_date, error_message,
            sync_started_at LIKE '____-__-__T__:__:__+00:00', sync_completed_at >= sync_started_at
         FROM sync_metadata",
    );
    let today = day(simulator.now(), 0);
    assert_eq!(rows, [["completed", "background", "30", &today, "-", "1", "1"]]);
}

#[test]
fn the_log_tells_the_life_of_background_syncs() {
    let simulator = small();
    let session = Server::new(&simulator).interval_minutes(3).start();
    let started = session.wait_for_log("background sync started");
    assert!(started.contains("3 minutes"), "{started}");
    let starting = session.wait_for_log("sync starting");
    assert!(
        starting.to_lowercase().contains("background") && starting.contains(&day(simulator.now(), 0)),
        "{starting}"
    );
    let completed = session.wait_for_log("sync completed");
    assert!(completed.contains("30 conversations") && completed.contains("messages"), "{completed}");
    let stopped = session.stop_by(Stop::CloseStdin).assert_clean();
    assert!(stopped.log.iter().any(|line| line.contains("background sync stopped")), "{:#?}", stopped.log);
}

#[test]
fn the_first_sync_goes_as_far_back_as_it_is_told() {
    let simulator = simulate(Config::new().conversations(80).days(60));
    let session = Server::new(&simulator).env("FASTINTERCOM_INITIAL_SYNC_DAYS", "30").start();
    session.wait_until_synced();
    let workspace = simulator.workspace();
    let low = workspace.now() - 30 * 86_400;
    let expected = fastintercom_tests::expected::ids(&workspace, |c| c.updated_at >= low - low % 86_400);
    drop(workspace);
    let info = session.call_tool("get_data_info", json!({})).succeeded();
    assert_eq!(info["total_conversations"], expected.len());
    assert_eq!(info["coverage_start"], day(simulator.now(), 30));
}

/// A failed sync is a row and a line, and the server goes on answering.
#[test]
fn a_failed_sync_is_logged_and_what_is_cached_still_answers() {
    let simulator = small();
    let server = Server::new(&simulator);
    let session = server.start();
    session.wait_until_synced();
    drop(session);
    simulator.add_fault(Rule::new(Fault::MissingScope { status: 403 }).on(Endpoint::Search));
    simulator.workspace().add_conversation("Something new");
    let session = server.start();
    // A sync a moment ago would do for the timer; somebody who asks gets one.
    let sentence = session.call_tool("force_sync", json!({})).failed();
    assert!(sentence.starts_with("Sync failed: "), "{sentence}");
    session.wait_for_log("sync failed");
    let rows = database(session.scratch())
        .rows("SELECT sync_status, error_message FROM sync_metadata ORDER BY id DESC LIMIT 1");
    assert_eq!(rows[0][0], "failed");
    assert!(rows[0][1].contains("Developer Hub"), "{rows:?}");
    let info = session.call_tool("get_data_info", json!({})).succeeded();
    assert_eq!((&info["has_data"], &info["total_conversations"]), (&json!(true), &json!(30)));
    simulator.clear_faults();
    session.call_tool("force_sync", json!({})).succeeded();
    let info = session.call_tool("get_data_info", json!({})).succeeded();
    assert_eq!(info["total_conversations"], 31);
}

/// Takes three minutes: run by `just soak`.
#[test]
#[ignore = "waits for three minutes of the real clock"]
fn with_an_interval_of_a_minute_a_row_appears_every_minute() {
    let simulator = small();
    let session = Server::new(&simulator).interval_minutes(1).start();
    session.wait_for_logs("sync completed", 4, Duration::from_secs(240));
    let gaps = database(session.scratch()).rows(
        "SELECT unixepoch(sync_started_at) - lag(unixepoch(sync_started_at)) OVER (ORDER BY id) FROM sync_metadata
         ORDER BY id LIMIT 3 OFFSET 1",
    );
    for gap in gaps {
        let seconds: i64 = gap[0].parse().expect("seconds");
        assert!((58..=76).contains(&seconds), "{seconds} s between two runs");
    }
    session.stop_by(Stop::Terminate).assert_clean();
}
