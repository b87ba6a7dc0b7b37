//! What Intercom can do wrong, and what the user reads then.

use fastintercom_tests::command::Cli;
use fastintercom_tests::server::{Server, Stop};
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule};
use serde_json::json;

use super::{database, simulate, small};

#[test]
fn a_wrong_token_says_so_and_speaks_of_regions() {
    let simulator = small();
    let session = Server::new(&simulator).env("INTERCOM_ACCESS_TOKEN", "not-the-token").start();
    let line = session.wait_for_log("sync failed");
    for words in ["token", "us, eu or au"] {
        assert!(line.contains(words), "{words} is not in {line}");
    }
    let sentence = session.call_tool("force_sync", json!({})).failed();
    assert!(sentence.contains("INTERCOM_ACCESS_TOKEN"), "{sentence}");
    let rows = database(session.scratch()).rows("SELECT DISTINCT sync_status FROM sync_metadata");
    assert_eq!(rows, [["failed"]]);
    let status = session.call_tool("get_sync_status", json!({})).succeeded();
    assert!(status["last_error"].as_str().is_some_and(|error| error.contains("token")), "{status}");
}

/// The window ends within ten seconds; the sync waits and goes on.
#[test]
fn a_rate_limit_is_waited_out() {
    let simulator = simulate(Config::new().conversations(60).days(5).rate_limit(40));
    let output = Cli::new(&simulator).args(["sync", "--days", "9", "--json"]).run().json();
    assert_eq!(output["total_conversations"], 60, "{output}");
    assert!(simulator.stats().count(Endpoint::Conversation) >= 60);
}

#[test]
fn a_429_without_warning_is_waited_out() {
    let simulator = small();
    simulator.add_fault(Rule::new(Fault::RateLimited).on(Endpoint::Conversation).times(2));
    let output = Cli::new(&simulator).args(["sync", "--days", "9", "--json"]).run().json();
    assert_eq!((&output["total_conversations"], &output["waiting"]), (&json!(30), &json!(0)), "{output}");
    assert!(output["rate_limited"].as_u64().is_some_and(|count| count >= 1), "{output}");
}

/// One of each kind of trouble, on lists and on threads: nothing is lost.
#[test]
fn broken_answers_are_asked_for_again() {
    let faults = [
        Fault::HtmlError { status: 502 },
        Fault::Unavailable,
        Fault::EmptyOk,
        Fault::HtmlOk,
        Fault::InvalidJson,
        Fault::Truncated,
        Fault::Reset,
    ];
    let simulator = small();
    for fault in faults {
        let name = format!("{fault:?}");
        for endpoint in [Endpoint::Search, Endpoint::Conversation] {
            simulator.add_fault(Rule::new(fault.clone()).on(endpoint).times(1));
        }
        let output = Cli::new(&simulator).args(["sync", "--days", "9", "--json"]).run().json();
        assert_eq!(output["total_conversations"], 30, "{name}: {output}");
        assert_eq!(output["waiting"], 0, "{name}: {output}");
        simulator.clear_faults();
    }
}

/// Standard output stays pure while syncs fail; every session checks each line.
#[test]
fn failing_syncs_say_nothing_on_standard_output() {
    let simulator = small();
    simulator.add_fault(Rule::new(Fault::MissingScope { status: 401 }));
    let session = Server::new(&simulator).modern().start();
    session.wait_for_log("sync failed");
    for _ in 0..5 {
        session.call_tool("force_sync", json!({})).failed();
        session.call_tool("get_sync_status", json!({})).succeeded();
    }
    simulator.clear_faults();
    simulator.add_fault(Rule::new(Fault::Reset).times(3));
    session.call_tool("force_sync", json!({})).succeeded();
    session.stop_by(Stop::CloseStdin).assert_clean();
}

/// A server that does not come back: the sync gives up, says so, and keeps what it has.
#[test]
#[ignore = "retries for half a minute"]
fn an_intercom_that_stays_away_fails_the_sync() {
    let simulator = small();
    simulator.add_fault(Rule::new(Fault::Unavailable).on(Endpoint::Search));
    let output = Cli::new(&simulator).args(["sync"]).run().assert_code(1);
    assert!(output.stderr.contains("the next sync goes on"), "{output:?}");
}

#[test]
fn nobody_listening_is_no_long_wait_for_a_tool() {
    let simulator = small();
    let server = Server::new(&simulator);
    let session = server.start();
    session.wait_until_synced();
    drop(session);
    drop(simulator);
    let session = server.start();
    let info = session.call_tool("get_data_info", json!({})).succeeded();
    assert_eq!(info["total_conversations"], 30);
    session.stop_by(Stop::CloseStdin).assert_clean();
}
