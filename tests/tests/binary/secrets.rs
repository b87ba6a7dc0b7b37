//! The token goes to Intercom and nowhere else.

use fastintercom_tests::command::Cli;
use fastintercom_tests::server::{Server, Stop};
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule};
use serde_json::json;

use super::simulate;

/// A token that is found wherever it leaks to, whole or in halves.
const CANARY: &str = "dG9rOmNhbmFyeV9kb19ub3RfbGVhaw_0123456789abcdef";

fn assert_clean(place: &str, content: &[u8]) {
    for half in [&CANARY[..20], &CANARY[20..]] {
        let leaked = content.windows(half.len()).any(|window| window == half.as_bytes());
        assert!(!leaked, "the token is in {place}");
    }
}

#[test]
fn the_token_is_in_no_stream_and_no_file() {
    let simulator = simulate(Config::new().conversations(30).days(5).token(CANARY));
    let server = Server::new(&simulator).env("FASTINTERCOM_LOG", "trace").env("RUST_LOG", "trace");
    let session = server.start();
    session.wait_until_synced();
    // Also when things go wrong: failing answers are when programs print what they sent.
    simulator.add_fault(Rule::new(Fault::HtmlError { status: 502 }).times(2));
    simulator.add_fault(Rule::new(Fault::MissingScope { status: 401 }).on(Endpoint::Search).times(1));
    for tool in ["force_sync", "get_server_status", "get_sync_status", "search_conversations"] {
        let answer = session.call_tool(tool, json!({}));
        assert_clean(tool, format!("{answer:?}").as_bytes());
    }
    let stopped = session.stop_by(Stop::Terminate).assert_clean();
    assert_clean("the log", stopped.log.join("\n").as_bytes());
    for (path, content) in server.scratch().files() {
        assert_clean(&path.display().to_string(), &content);
    }
    for arguments in [&["capabilities"][..], &["capabilities", "--json"], &["status"], &["sync", "--json"]] {
        let output = Cli::new(&simulator).on(server.scratch()).args(arguments.iter().copied()).run();
        assert_clean(&format!("{arguments:?}"), format!("{output:?}").as_bytes());
    }
}

#[test]
fn a_token_that_cannot_be_one_is_not_repeated() {
    let simulator = simulate(Config::new().conversations(1));
    let broken = format!("{CANARY} with blanks");
    let output =
        Cli::new(&simulator).env("INTERCOM_ACCESS_TOKEN", broken).args(["sync"]).run().assert_code(2);
    assert!(output.stderr.contains("INTERCOM_ACCESS_TOKEN"), "{output:?}");
    assert_clean("the error", output.stderr.as_bytes());
}
