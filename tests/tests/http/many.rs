//! Many clients at once: one cache, one sync, many readers.

use std::time::Duration;

use fastintercom_tests::server::{Era, Server};
use fastintercom_tests::simulator::{Config, Endpoint};
use serde_json::json;

use super::{open, simulate};

const CLIENTS: usize = 16;

#[test]
fn sixteen_clients_ask_while_one_sync_runs() {
    let simulator = simulate(Config::new().conversations(150).days(5).latency(Duration::from_millis(30)));
    let (session, web) = open(Server::new(&simulator));
    session.wait_for_log("sync starting");
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let web = web.clone();
            scope.spawn(move || {
                let era = Era::BOTH[client % 2];
                if era == Era::Legacy {
                    let _ = web.initialize();
                }
                // Two of them ask for a sync, too, and join the one that runs.
                if client < 2 {
                    assert_eq!(web.tool("force_sync", json!({})).succeeded()["success"], true);
                }
                let mut before = 0;
                for _ in 0..12 {
                    let info = web.tool("get_server_status", json!({})).succeeded();
                    let count = info["total_conversations"].as_i64().expect("a number");
                    assert!(count >= before, "client {client}: {count} after {before}");
                    before = count;
                    let call = json!({"name": "search_conversations", "arguments": {"query": "refund"}});
                    let found = web.mcp(era, "tools/call", call).result();
                    assert_ne!(found["isError"], true, "client {client}: {found}");
                }
            });
        }
    });
    session.wait_until_synced();
    assert_eq!(web.tool("get_data_info", json!({})).succeeded()["total_conversations"], 150);
    assert_eq!(simulator.stats().count(Endpoint::Conversation), 150, "each thread is fetched once");
}
