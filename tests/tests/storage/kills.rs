//! `kill -9` of the server at random moments of a sync.

use std::time::Duration;

use fastintercom_guest::store::{OpenMode, Store};
use fastintercom_tests::database::Database;
use fastintercom_tests::server::Server;
use fastintercom_tests::shell::Shell;
use fastintercom_tests::simulator::Config;
use fastintercom_tests::truth::assert_same;
use serde_json::json;

use super::{Dice, many, report, simulate, wait_until};

/// A second server, without a token, and the shell look on. Nothing committed is ever lost, nobody
/// is ever stuck, and the end is the same as without kills.
#[test]
fn kills_at_random_moments_of_a_sync_lose_nothing() {
    let kills = many(20, 200);
    let dice = Dice::new("kills");
    // About a hundred requests a second, which are committed every 600 ms: some kills come before
    // a commit and some after one, and all before the sync is done. Requests are counted instead of
    // time, so that this is so on slower machines, too.
    let latency = Duration::from_millis(40);
    let simulator = simulate(Config::new().conversations(many(2_500, 10_000)).days(20).latency(latency));
    let server = Server::new(&simulator).env("FASTINTERCOM_MAX_IN_FLIGHT", "4");
    let onlooker = server.clone().without_token().start();
    let shell = Shell::on(&server.scratch().database());
    let (mut rows, mut in_mid_sync, mut hot) = (0, 0, 0);
    for _ in 0..kills {
        let session = server.start_silent();
        session.wait_for_log("sync starting");
        let enough = simulator.stats().requests + dice.roll(many(160, 120));
        wait_until(|| simulator.stats().requests >= enough);
        in_mid_sync += usize::from(!session.log().iter().any(|line| line.contains("sync completed")));
        session.kill();
        let journal = server.scratch().database_folder().join("data.db-journal");
        hot += usize::from(journal.metadata().is_ok_and(|journal| journal.len() > 0));
        // Who comes first rolls back what was not committed: instance, shell or native SQLite.
        if dice.roll(2) == 0 {
            onlooker.call_tool("search_conversations", json!({"query": "refund"})).succeeded();
        } else if let Some(shell) = &shell {
            assert_eq!(shell.run("PRAGMA integrity_check").expect("the shell reads"), "ok");
        }
        let status = onlooker.call_tool("get_sync_status", json!({})).succeeded();
        assert_eq!(status["is_syncing"], false, "the lock went with the process: {status}");
        let database = Database::open(&server.scratch().database());
        assert_eq!(database.value("PRAGMA quick_check"), "ok");
        let now = database.number("SELECT count(*) FROM messages");
        assert!(now >= rows, "{rows} messages were committed, now there are {now}");
        rows = now;
    }
    report(&format!(
        "{kills} kills, {in_mid_sync} of them in mid-sync, {hot} with a journal to roll back; {rows} messages were committed between them, none was lost"
    ));
    assert!(rows > 0, "no kill came after a commit");
    let last = server.clone().env("FASTINTERCOM_MAX_IN_FLIGHT", "50").start();
    last.wait_until_synced();
    drop((last, onlooker));
    assert_eq!(Database::open(&server.scratch().database()).value("PRAGMA integrity_check"), "ok");
    assert_same(
        &simulator,
        &Store::open(&server.scratch().database(), OpenMode::ReadOnly).expect("it opens"),
    );
}
