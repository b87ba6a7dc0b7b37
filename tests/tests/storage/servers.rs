//! Two servers on one database, over several ticks of their timers.

use std::time::Duration;

use fastintercom_tests::database::Database;
use fastintercom_tests::server::Server;
use fastintercom_tests::simulator::{Config, Endpoint};
use serde_json::json;

use super::{report, simulate};

/// A tick of a few seconds, where a user has minutes.
const SECONDS: u64 = 4;

fn ticking(server: Server) -> Server {
    server.env("FASTINTERCOM_SYNC_INTERVAL_SECONDS", SECONDS.to_string())
}

#[test]
fn over_several_ticks_each_conversation_is_fetched_once() {
    let simulator = simulate(Config::new().conversations(120).days(5).latency(Duration::from_millis(10)));
    let server = ticking(Server::new(&simulator));
    let (first, second) = (server.start(), server.start());
    let ticks = 4;
    std::thread::sleep(Duration::from_secs(SECONDS * ticks + SECONDS / 2));
    let database = Database::open(&server.scratch().database());
    assert_eq!(database.number("SELECT count(*) FROM conversations WHERE thread_complete"), 120);
    assert_eq!(simulator.stats().count(Endpoint::Conversation), 120, "each thread is fetched once");
    let runs = database.number("SELECT count(*) FROM sync_metadata WHERE sync_status = 'completed'");
    let failed = database.number("SELECT count(*) FROM sync_metadata WHERE sync_status <> 'completed'");
    report(&format!("two servers, {ticks} ticks: {runs} syncs, 120 conversations, 120 fetched"));
    assert_eq!(failed, 0);
    // One sync a tick, whoever runs it; a tick of the other one may fall just outside.
    assert!(runs <= i64::try_from(ticks).expect("few") + 2, "{runs} syncs in {ticks} ticks");
    drop((first, second));
}

#[test]
fn the_other_server_takes_over_at_its_next_tick() {
    let simulator = simulate(Config::new().conversations(400).days(5).latency(Duration::from_millis(100)));
    let server = ticking(Server::new(&simulator).env("FASTINTERCOM_MAX_IN_FLIGHT", "4"));
    let first = server.start();
    first.wait_for_log("sync starting");
    let second = server.start();
    for session in [&first, &second] {
        let status = session.call_tool("get_sync_status", json!({})).succeeded();
        assert_eq!(status["is_syncing"], true, "both tell the truth: {status}");
    }
    std::thread::sleep(Duration::from_secs(1));
    assert!(!second.log().iter().any(|line| line.contains("sync starting")), "one at a time");
    first.kill();
    let before = simulator.stats().count(Endpoint::Conversation);
    second.wait_until_synced();
    let database = Database::open(&server.scratch().database());
    let rows = database.rows("SELECT sync_status FROM sync_metadata ORDER BY id");
    assert_eq!(rows[..2], [["failed"], ["completed"]]);
    assert_eq!(database.number("SELECT count(*) FROM conversations WHERE thread_complete"), 400);
    let all = simulator.stats().count(Endpoint::Conversation);
    report(&format!("killed after {before} of 400 threads; the other server fetched {} more", all - before));
    assert!(all < 400 + 40, "what was stored is not fetched again");
}

#[test]
fn force_sync_waits_for_the_other_server_and_says_so() {
    let simulator = simulate(Config::new().conversations(200).days(5).latency(Duration::from_millis(60)));
    let server = Server::new(&simulator);
    let first = server.start();
    first.wait_for_log("sync starting");
    let second = server.start();
    let answer = second.call_tool("force_sync", json!({})).succeeded();
    let notes = answer["notes"].to_string();
    assert!(notes.contains("Another FastIntercom was syncing this database"), "{answer}");
    assert_eq!(answer["total_conversations"], 200);
    assert_eq!(simulator.stats().count(Endpoint::Conversation), 200, "each thread is fetched once");
}
