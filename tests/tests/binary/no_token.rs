//! Without a token everything works on what is cached.

use fastintercom_tests::command::Cli;
use fastintercom_tests::server::Server;
use serde_json::json;

use super::{database, small};

#[test]
fn cached_data_is_served_and_no_row_is_written() {
    let simulator = small();
    let server = Server::new(&simulator);
    let session = server.start();
    session.wait_until_synced();
    drop(session);
    let requests = simulator.stats().requests;

    let session = server.clone().without_token().interval_minutes(1).start();
    session.wait_for_log("no access token");
    let info = session.call_tool("get_data_info", json!({})).succeeded();
    assert_eq!(info["total_conversations"], 30);
    let found = session.call_tool("search_conversations", json!({"limit": 3})).succeeded();
    assert_eq!(found["conversations"].as_array().map(Vec::len), Some(3));
    for (tool, arguments) in [("force_sync", json!({})), ("sync_conversations", json!({"force": true}))] {
        let answer = session.call_tool(tool, arguments);
        assert_eq!(answer.structured["success"], false);
        let sentence = answer.failed();
        assert!(sentence.contains("INTERCOM_ACCESS_TOKEN"), "{sentence}");
    }
    assert_eq!(database(session.scratch()).number("SELECT count(*) FROM sync_metadata"), 1);
    assert_eq!(simulator.stats().requests, requests, "Intercom was not asked");
}

#[test]
fn commands_that_need_no_token_work_and_a_sync_says_what_is_missing() {
    let simulator = small();
    let cli = Cli::new(&simulator).without_token();
    for arguments in [
        &["tools"][..],
        &["status"],
        &["status", "--json"],
        &["capabilities"],
        &["call", "get_data_info"],
        &["--help"],
        &["--version"],
    ] {
        let output = cli.clone().args(arguments.iter().copied()).run().assert_code(0);
        assert!(!output.stdout.is_empty(), "{arguments:?}: {output:?}");
    }
    let output = cli.clone().args(["sync"]).run().assert_code(2);
    assert!(output.stderr.contains("INTERCOM_ACCESS_TOKEN"), "{output:?}");
    let output = cli.args(["sync", "--json"]).run().assert_code(2);
    assert!(output.stdout.contains("INTERCOM_ACCESS_TOKEN"), "{output:?}");
}
