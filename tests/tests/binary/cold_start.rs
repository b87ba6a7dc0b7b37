//! Before anything is compiled: clients ask for the tools at once, and some are gone a second later.

use std::path::Path;
use std::time::{Duration, Instant};

use fastintercom_tests::PATIENCE;
use fastintercom_tests::server::{Era, Server, Stop};
use fastintercom_tests::simulator::Simulator;
use serde_json::{Value, json};

use super::small;

/// A server whose cache is its own, and empty.
fn cold(simulator: &Simulator) -> (Server, std::path::PathBuf) {
    let server = Server::new(simulator).without_token();
    let cache = server.scratch().path().join("code");
    (server.env("FASTINTERCOM_CACHE_DIR", &cache).env("FASTINTERCOM_LOG", "debug"), cache)
}

fn is_compiled(cache: &Path) -> bool {
    let files = std::fs::read_dir(cache).into_iter().flatten().flatten();
    files.map(|file| file.path()).any(|file| file.extension().is_some_and(|ending| ending == "cwasm"))
}

fn lists(session: &fastintercom_tests::session::Session) -> Vec<Value> {
    ["tools/list", "resources/list", "resources/templates/list", "prompts/list"]
        .map(|method| session.request(method, json!({})).expect("a list"))
        .to_vec()
}

#[test]
fn the_lists_come_before_the_compiler_and_are_the_same_after_it() {
    let simulator = small();
    for era in Era::BOTH {
        let (server, cache) = cold(&simulator);
        let begun = Instant::now();
        let session = server.speaking(era).start();
        let cold = lists(&session);
        let took = begun.elapsed();
        assert!(!is_compiled(&cache), "{era:?}: it was compiled before");
        // 100 ms on an idle machine; the compiler works beside it, and other tests do.
        assert!(took < fastintercom_tests::slowed(Duration::from_secs(2)), "{era:?}: {took:?}");
        assert!(cold[0]["tools"].as_array().is_some_and(|tools| tools.len() > 5), "{}", cold[0]);
        let _ = session.call_tool("get_sync_status", json!({})).succeeded();
        assert!(is_compiled(&cache));
        assert_eq!(lists(&session), cold, "{era:?}: what the component says itself");
    }
}

#[test]
fn clients_that_close_at_once_leave_a_cache_that_the_next_start_uses() {
    let simulator = small();
    let (server, cache) = cold(&simulator);
    for stop in [Stop::CloseStdin, Stop::Terminate, Stop::CloseStdin] {
        let session = server.start();
        let tools = session.request("tools/list", json!({})).expect("a list");
        assert!(tools["tools"].is_array());
        session.stop_by(stop).assert_clean();
    }
    // And one that is killed, with everything in its process group.
    server.start().kill();
    let begun = Instant::now();
    while !is_compiled(&cache) {
        assert!(begun.elapsed() < fastintercom_tests::slowed(PATIENCE * 2), "nobody went on compiling");
        std::thread::sleep(Duration::from_millis(50));
    }
    let session = server.start();
    let _ = session.call_tool("get_sync_status", json!({})).succeeded();
    assert!(session.wait_for_log("component ready").contains("cached=true"));
    // One compiled, not each: there is one file, and nothing half written.
    let files: Vec<String> = std::fs::read_dir(&cache)
        .expect("a folder")
        .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(files.iter().filter(|name| name.ends_with(".cwasm")).count(), 1, "{files:?}");
    assert!(!files.iter().any(|name| name.ends_with(".draft")), "{files:?}");
}

/// Whoever installs or logs in waits for the compiler, so that the client does not.
#[test]
fn install_compiles_ahead() {
    let simulator = small();
    let cli = fastintercom_tests::command::Cli::new(&simulator).without_token();
    // It is removed with the last of its owners.
    let scratch = cli.scratch().clone();
    let cache = scratch.path().join("code");
    let cli = cli.env("FASTINTERCOM_CACHE_DIR", &cache);
    let _ = cli.clone().args(["install", "cursor", "--print"]).run().assert_code(0);
    assert!(!is_compiled(&cache), "printing is only looking");
    let _ = cli.args(["install", "cursor"]).run().assert_code(0);
    assert!(is_compiled(&cache));
}
