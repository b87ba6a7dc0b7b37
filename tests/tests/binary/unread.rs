//! Clients that do not read: MCP allows it for standard error, and some leave before they close.

use std::io::{BufRead as _, BufReader};
use std::time::{Duration, Instant};

use fastintercom_tests::raw::Raw;
use fastintercom_tests::server::Server;
use fastintercom_tests::web::Web;
use serde_json::json;

use super::small;

/// A pipe takes 64 KB; at this level each call writes some hundred bytes.
const CALLS: u64 = 1_500;
const SOON: Duration = Duration::from_secs(3);

fn talkative() -> (fastintercom_tests::simulator::Simulator, Server) {
    let simulator = small();
    let server = Server::new(&simulator).env("FASTINTERCOM_LOG", "trace");
    (simulator, server)
}

fn answers_calls(server: &mut Raw) {
    server.read_answers();
    server.send_initialize();
    for id in 0..CALLS {
        server.send_call(id, "get_sync_status", "{}");
    }
    let answers = server.wait_for_answers(CALLS as usize + 1);
    assert!(answers.iter().all(|answer| answer["result"].is_object()));
}

#[test]
fn a_client_that_does_not_read_the_log_is_served_and_sigterm_ends_it() {
    let (_simulator, server) = talkative();
    let mut server = Raw::start(&server);
    answers_calls(&mut server);
    assert_eq!(server.terminate(SOON).code(), Some(0));
}

#[test]
fn a_closed_standard_error_stops_nothing() {
    let (_simulator, server) = talkative();
    let mut server = Raw::start(&server);
    server.stderr = None;
    answers_calls(&mut server);
    assert_eq!(server.terminate(SOON).code(), Some(0));
}

/// What was dropped is counted, once somebody reads.
#[test]
fn lines_that_nobody_read_are_counted() {
    let (_simulator, server) = talkative();
    let mut server = Raw::start(&server);
    answers_calls(&mut server);
    for round in 1..=4 {
        for id in 0..CALLS {
            server.send_call(round * CALLS + id, "get_sync_status", "{}");
        }
    }
    let _ = server.wait_for_answers(5 * CALLS as usize + 1);
    let mut log = server.stderr.take().expect("standard error");
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut log, &mut text).map(|_| text)
    });
    server.stdin = None;
    assert_eq!(server.wait(SOON * 3).code(), Some(0));
    let text = reader.join().expect("a thread").expect("read");
    let text = String::from_utf8_lossy(&text);
    assert!(text.contains("lines were dropped here: standard error was not read"), "{} bytes", text.len());
}

#[test]
fn over_http_an_unread_log_stops_neither_calls_nor_sigterm() {
    let (_simulator, server) = talkative();
    let mut server = Raw::start(&server.http());
    let mut log = BufReader::new(server.stderr.take().expect("standard error"));
    let mut line = String::new();
    while !line.contains("listening on http://") {
        line.clear();
        assert!(log.read_line(&mut line).expect("a line") > 0, "it ended");
    }
    // From here on nobody reads.
    let web = Web::listening(&line);
    for _ in 0..CALLS {
        assert_eq!(web.tool("get_sync_status", json!({})).status, 200);
    }
    assert_eq!(web.get("/healthz").status, 200);
    assert_eq!(server.terminate(SOON).code(), Some(0));
    drop(log);
}

#[test]
fn a_client_that_leaves_its_input_open_and_reads_no_more_does_not_keep_the_server() {
    let (_simulator, server) = talkative();
    for closes in [true, false] {
        let mut server = Raw::start(&server);
        server.drain_log();
        server.send_initialize();
        if closes {
            server.stdout = None;
        }
        for id in 0..200 {
            server.send_call(id, "get_data_info", "{}");
        }
        std::thread::sleep(Duration::from_millis(500));
        assert!(server.is_alive(), "its standard input is open");
        let begun = Instant::now();
        assert_eq!(server.terminate(SOON).code(), Some(0), "closed: {closes}");
        assert!(begun.elapsed() < SOON);
    }
    let mut server = Raw::start(&server);
    server.drain_log();
    server.stdout = None;
    server.send_initialize();
    server.send_call(1, "get_data_info", "{}");
    server.stdin = None;
    assert_eq!(server.wait(SOON).code(), Some(0), "the end of the input ends it");
}
