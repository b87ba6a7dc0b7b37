//! A crash in the middle of a sync.

use std::time::Duration;

use fastintercom_guest::store::{OpenMode, Store};
use fastintercom_tests::server::Server;
use fastintercom_tests::simulator::{Config, Endpoint};
use fastintercom_tests::truth::assert_same;
use serde_json::json;

use super::{database, simulate};

#[test]
fn after_a_kill_the_row_is_closed_and_the_sync_goes_on() {
    let simulator = simulate(Config::new().conversations(400).days(20).latency(Duration::from_millis(60)));
    let server = Server::new(&simulator);
    let session = server.start();
    let _running = session.begin_tool_with_progress("force_sync", json!({}), "begun");
    session.wait_for_progress(60.0);
    session.kill();

    simulator.reset_log();
    let session = server.start();
    session.wait_for_log("sync starting");
    let status = session.call_tool("get_sync_status", json!({})).succeeded();
    assert_eq!(status["is_syncing"], true, "the new one: {status}");
    session.wait_until_synced();
    let database = database(server.scratch());
    let rows = database.rows("SELECT sync_status FROM sync_metadata ORDER BY id");
    assert_eq!(rows, [["failed"], ["completed"]]);
    assert_eq!(database.value("PRAGMA integrity_check"), "ok");
    let again = simulator.stats().count(Endpoint::Conversation);
    assert!(again < 400, "what was stored is not read again, but {again} threads were");
    drop(session);
    assert_same(
        &simulator,
        &Store::open(&server.scratch().database(), OpenMode::ReadOnly).expect("it opens"),
    );
}

/// A row that a crash left open does not count as running, even before the next sync.
#[test]
fn a_row_left_in_progress_is_no_running_sync() {
    let simulator = simulate(Config::new().conversations(200).days(20).latency(Duration::from_millis(100)));
    let server = Server::new(&simulator);
    let session = server.start();
    session.wait_for_log("sync starting");
    session.kill();
    let session = server.clone().without_token().start();
    let status = session.call_tool("get_sync_status", json!({})).succeeded();
    assert_eq!(status["is_syncing"], false, "{status}");
    session.call_tool("search_conversations", json!({})).succeeded();
}
