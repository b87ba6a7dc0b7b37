//! Lines that no client should send: every one that has an id is answered, and the session goes on.

use std::io::Write as _;

use fastintercom_tests::raw::Raw;
use fastintercom_tests::server::Server;
use serde_json::json;

use super::small;

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;

#[test]
fn whatever_is_wrong_with_a_line_its_id_is_answered_and_the_log_says_so() {
    let simulator = small();
    let mut server = Raw::start(&Server::new(&simulator).without_token());
    server.read_answers();
    server.send_initialize();
    assert!(server.answer(&json!("hello"))["result"].is_object());
    let call = |id: u64, query: &str| -> Vec<u8> {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"search_conversations","arguments":{{"query":"{query}"}}}}}}"#
        )
        .into_bytes()
    };
    let broken: Vec<(u64, Vec<u8>, i64)> = vec![
        (11, call(11, "a\u{0}b"), PARSE_ERROR),
        (12, call(12, "a\tb"), PARSE_ERROR),
        (13, [call(13, "jalape").as_slice(), b"\xf1"].concat(), PARSE_ERROR),
        (14, call(14, "x").strip_suffix(b"}").map(<[u8]>::to_vec).unwrap_or_default(), PARSE_ERROR),
        (15, br#"{"jsonrpc":"2.0","method":"tools/list","params":{"n":NaN},"id":15}"#.to_vec(), PARSE_ERROR),
        (16, br#"{"jsonrpc":"2.0","method":"tools/list","params":{},"id":16,}"#.to_vec(), PARSE_ERROR),
        (17, br#"{"jsonrpc":"2.0","method":"tools/list","params":[1],"id":17}"#.to_vec(), INVALID_REQUEST),
        (18, br#"{"method":"tools/list","params":{},"id":18}"#.to_vec(), INVALID_REQUEST),
        (19, br#"{"jsonrpc":"2.0","params":{},"id":19}"#.to_vec(), INVALID_REQUEST),
    ];
    for (id, line, code) in broken {
        server.send(&line);
        let answer = server.answer(&json!(id));
        let error = &answer["error"];
        // Positional parameters may also be a matter of the method.
        let is_refused = error["code"] == code || (id == 17 && error["code"].is_i64());
        assert!(is_refused, "{}: {answer}", String::from_utf8_lossy(&line));
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{answer}");
    }
    // A batch is refused as a whole, as JSON-RPC has it.
    server.send(r#"[{"jsonrpc":"2.0","method":"tools/list","id":20}]"#);
    assert_eq!(server.answer(&json!(null))["error"]["code"], INVALID_REQUEST);
    // Half an emoji, which JavaScript writes as an escape that JSON does not have.
    for (id, query) in [(31, r"\ud83d"), (32, r"refund \uDE00"), (33, r"\ud83d\ud83d\ude00")] {
        server.send(call(id, query));
        assert!(server.answer(&json!(id))["result"].is_object(), "{query}");
    }
    server.send(call(40, "refund"));
    assert!(server.answer(&json!(40))["result"].is_object());
    let mut log = server.stderr.take().expect("the log");
    server.stdin = None;
    assert_eq!(server.wait(fastintercom_tests::PATIENCE).code(), Some(0));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut log, &mut text).expect("text");
    assert!(text.contains("a line of the client is refused: The request is not valid JSON"), "{text}");
    assert!(!text.contains("jalap"), "what was asked is not logged: {text}");
}

/// Inspectors, shells and clients of other protocols: what they say first is not the end.
#[test]
fn a_notification_or_junk_before_the_handshake_does_not_end_the_process() {
    let simulator = small();
    let mut server = Raw::start(&Server::new(&simulator).without_token());
    server.read_answers();
    server.drain_log();
    for early in [
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
        r#"{"jsonrpc":"2.0","method":"$/setTrace","params":{"value":"off"}}"#,
        r#"{"jsonrpc":"2.0","id":5,"result":{}}"#,
        "GET / HTTP/1.1",
        "",
        "null",
    ] {
        server.send(early);
    }
    server.send_initialize();
    assert!(server.answer(&json!("hello"))["result"].is_object());
    server.send_call(2, "get_sync_status", "{}");
    assert!(server.answer(&json!(2))["result"].is_object());
    assert!(server.is_alive());
}

#[test]
fn a_last_line_without_its_end_is_answered() {
    let simulator = small();
    let mut server = Raw::start(&Server::new(&simulator).without_token());
    server.read_answers();
    server.drain_log();
    server.send_initialize();
    let _ = server.answer(&json!("hello"));
    let mut stdin = server.stdin.take().expect("standard input");
    stdin.write_all(br#"{"jsonrpc":"2.0","id":3,"method":"tools/list"}"#).expect("taken");
    drop(stdin);
    assert!(server.answer(&json!(3))["result"]["tools"].is_array());
}

/// Once 463 MB for these: each was begun at once.
#[cfg(target_os = "linux")]
#[test]
fn thousands_of_calls_at_once_cost_little_memory_and_are_all_answered() {
    const CALLS: usize = 20_000;
    let simulator = small();
    let mut server = Raw::start(&Server::new(&simulator).without_token());
    server.drain_log();
    server.send_initialize();
    for id in 0..CALLS as u64 {
        server.send_call(id, "get_sync_status", "{}");
    }
    // The most that it takes before it waits for its reader.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let used = server.resident_kilobytes();
    assert!(used < 160 * 1024, "{used} KB with {CALLS} calls unread");
    server.read_answers();
    let answers = server.wait_for_answers(CALLS + 1);
    let failed = answers.iter().find(|answer| answer.get("result").is_none());
    assert_eq!(failed, None, "each is answered, none refused");
}
