//! Two servers on one database.

use std::time::Duration;

use fastintercom_tests::server::Server;
use fastintercom_tests::simulator::{Config, Endpoint};
use serde_json::json;

use super::{database, simulate};

/// One reads from Intercom, both answer, and every thread is fetched once.
#[test]
fn two_servers_share_the_work_and_the_data() {
    let simulator = simulate(Config::new().conversations(150).days(20).latency(Duration::from_millis(30)));
    let server = Server::new(&simulator);
    let (first, second) = (server.start(), server.start());
    let both = [&first, &second];
    let syncs = both.map(|session| session.begin_tool("force_sync", json!({})));
    for (session, pending) in both.into_iter().zip(syncs) {
        session.answer(pending).succeeded();
        let info = session.call_tool("get_data_info", json!({})).succeeded();
        assert_eq!(info["total_conversations"], 150);
    }
    assert_eq!(simulator.stats().count(Endpoint::Conversation), 150, "each thread is fetched once");
    let database = database(server.scratch());
    assert_eq!(database.number("SELECT count(*) FROM sync_metadata WHERE sync_status <> 'completed'"), 0);
    assert_eq!(database.value("PRAGMA integrity_check"), "ok");
}

/// What one server reads, the other one finds, without asking Intercom.
#[test]
fn what_one_server_fetches_the_other_one_finds() {
    let simulator = super::small();
    let server = Server::new(&simulator);
    let first = server.start();
    first.wait_until_synced();
    let second = server.clone().without_token().start();
    simulator.workspace().add_conversation("A very rare theorbo");
    first.call_tool("force_sync", json!({})).succeeded();
    let found = second.call_tool("search_conversations", json!({"query": "theorbo"})).succeeded();
    assert_eq!(found["total_matches"], 1);
    first.kill();
    second.call_tool("get_data_info", json!({})).succeeded();
}

/// While one syncs, the other one says so.
#[test]
fn a_sync_of_another_server_is_seen() {
    let simulator = simulate(Config::new().conversations(300).days(20).latency(Duration::from_millis(150)));
    let server = Server::new(&simulator);
    let first = server.start();
    first.wait_for_log("sync starting");
    let second = server.clone().without_token().start();
    let status = second.call_tool("get_sync_status", json!({})).succeeded();
    assert_eq!(status["is_syncing"], true, "{status}");
}
