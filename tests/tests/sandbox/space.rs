//! Space: memory, tables, stack, answers.

use fastintercom_tests::simulator::Config;
use fastintercom_tests::web::Web;
use serde_json::json;

use super::{answers, attacked, goes_on, is_ended, simulate, victim};

/// Tried: memory without bound.
#[test]
fn memory_of_one_instance_is_bounded() {
    is_ended(&victim(), "grow", json!({}), "more than 64 MB of memory");
}

/// Tried: memory without bound in several instances at once.
#[test]
fn memory_of_all_instances_is_bounded() {
    let simulator = simulate(Config::new().conversations(1));
    let session = attacked(&simulator)
        .without_token()
        .env("FASTINTERCOM_MEMORY_MB", "4096")
        .env("FASTINTERCOM_MEMORY_TOTAL_MB", "64")
        .env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "30")
        .start();
    let pending: Vec<_> = (0..4).map(|_| session.begin_tool("grow", json!({}))).collect();
    for call in pending {
        let sentence = session.answer(call).failed();
        assert!(sentence.contains("FASTINTERCOM_MEMORY_TOTAL_MB"), "{sentence}");
    }
    // What the ended instances held is given back as they are dropped, which may be after the answer.
    let begun = std::time::Instant::now();
    while session.call_tool("nothing", json!({})).is_error {
        assert!(begun.elapsed().as_secs() < 20, "their memory is not given back");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    goes_on(&session);
}

/// Tried: the same by programs, who are told by the status whether asking again can help.
#[test]
fn programs_can_tell_their_own_excess_from_that_of_others_and_from_faults() {
    let simulator = simulate(Config::new().conversations(1));
    let server = attacked(&simulator).without_token().http().env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "30");
    let session = server.start_silent();
    let web = Web::of(&session);
    assert!(web.tool("grow", json!({})).refused(422).contains("more than 64 MB of memory"));
    assert!(web.tool("recurse", json!({})).refused(500).contains("fault of its own"));
    assert!(web.tool("many_fields", json!({})).refused(500).contains("more resources"));
    drop(session);
    let crowded =
        server.env("FASTINTERCOM_MEMORY_MB", "4096").env("FASTINTERCOM_MEMORY_TOTAL_MB", "64").start_silent();
    let web = Web::of(&crowded);
    assert!(web.tool("grow", json!({})).refused(503).contains("All calls together"));
    // What the ended instance held is given back as it is dropped, which may be after the answer.
    let begun = std::time::Instant::now();
    while web.tool("nothing", json!({})).status == 503 {
        assert!(begun.elapsed().as_secs() < 20, "its memory is not given back");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(web.tool("nothing", json!({})).succeeded(), json!({"ok": true}));
}

/// Tried: a stack without bound, and a panic.
#[test]
fn faults_of_the_component_are_told_as_such() {
    let session = victim();
    for attack in ["recurse", "panic"] {
        is_ended(&session, attack, json!({}), "stopped on a fault of its own");
    }
}

/// Tried: a gigabyte of random bytes in one call.
#[test]
fn random_bytes_are_bounded() {
    is_ended(&victim(), "random_gigabyte", json!({}), "more random bytes at once");
}

/// Tried: resources of every kind until there are none left.
#[test]
fn resources_are_bounded() {
    let session = victim();
    for attack in ["many_pollables", "many_fields"] {
        is_ended(&session, attack, json!({}), "more resources than the host gives");
    }
    is_ended(&session, "many_locks", json!({}), "more database locks than the host gives");
    is_ended(&session, "large_fields", json!({}), "more room for headers than the host gives");
}

/// Tried: a result of 100 MB, a failure of 100 MB, a resource of 100 MB, a log line of 100 MB.
#[test]
fn answers_are_bounded() {
    let simulator = simulate(Config::new().conversations(1));
    let session = attacked(&simulator)
        .without_token()
        .env("FASTINTERCOM_MEMORY_MB", "1024")
        .env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "30")
        .start();
    for attack in ["large_answer", "huge_failure", "large_log_line"] {
        is_ended(&session, attack, json!({"bytes": 100 << 20}), "larger than 8 MB");
    }
    let error = session.request("resources/read", json!({"uri": "any"})).expect_err("it is too large");
    assert!(error.message.contains("larger than 8 MB"), "{error}");
    goes_on(&session);
    // Under the limit it passes.
    assert!(answers(&session, "large_answer", json!({"bytes": 1 << 20}))["text"].is_string());
}
