//! Time: every call has an end.

use std::time::{Duration, Instant};

use fastintercom_tests::command::Cli;
use fastintercom_tests::simulator::Config;
use serde_json::json;

use super::{goes_on, hostile, is_ended, simulate, victim};

const DEADLINE: &str = "longer than 1 s";

/// Tried: a loop without calls to the host; one of cheap calls; one that reports progress all the
/// time; a wait of a year; holding the database's lock.
#[test]
fn endless_calls_are_ended() {
    let session = victim();
    for attack in ["loop_without_calls", "loop_of_calls", "loop_of_progress", "sleep_a_year", "lock_for_ever"]
    {
        let begun = Instant::now();
        is_ended(&session, attack, json!({}), DEADLINE);
        assert!(begun.elapsed() < Duration::from_secs(10), "{attack} took {:?}", begun.elapsed());
    }
}

/// Tried: endless calls in every place that there is, and one more.
#[test]
fn endless_calls_side_by_side_leave_the_places_to_others() {
    let session = victim();
    let pending: Vec<_> = (0..12).map(|_| session.begin_tool("loop_without_calls", json!({}))).collect();
    for call in pending {
        assert!(session.answer(call).failed().contains(DEADLINE));
    }
    goes_on(&session);
}

/// Tried: a tool that asked for little time and few places, called often at once; the others have
/// theirs meanwhile. So at each door.
#[test]
fn a_costly_tool_has_limits_of_its_own_and_leaves_readers_to_others() {
    const OWN: &str = "longer than 1.5 s, which is this tool's own limit";
    let simulator = simulate(Config::new().conversations(1));
    let server = super::attacked(&simulator).without_token().env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "3600");
    let session = server.start();
    goes_on(&session);
    let pending: Vec<_> = (0..6).map(|_| session.begin_tool("narrow_loop", json!({}))).collect();
    let begun = Instant::now();
    for _ in 0..20 {
        goes_on(&session);
    }
    assert!(begun.elapsed() < Duration::from_millis(1_500), "others waited {:?}", begun.elapsed());
    assert!(!session.is_answered(pending[5]), "two at a time");
    for call in pending {
        let sentence = session.answer(call).failed();
        assert!(sentence.contains(OWN), "{sentence}");
    }
    let door = server.clone().http().start_silent();
    let web = fastintercom_tests::web::Web::of(&door);
    assert!(web.post("/tools/narrow_loop", "{}").refused(504).contains(OWN));
    assert_eq!(web.tool("nothing", json!({})).succeeded(), json!({"ok": true}));
    let cli = Cli::new(&simulator).without_token();
    let called = cli.args(["--component", hostile().to_str().expect("UTF-8"), "call", "narrow_loop"]);
    assert!(called.run().assert_code(1).stderr.contains(OWN));
}

/// Tried: a call that is cancelled and does not care.
#[test]
fn a_cancelled_call_is_ended() {
    let simulator = simulate(Config::new().conversations(1));
    let session = super::attacked(&simulator)
        .without_token()
        .env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "3600")
        .env("FASTINTERCOM_READERS", "1")
        .start();
    for attack in ["loop_without_calls", "sleep_a_year"] {
        let pending = session.begin_tool(attack, json!({}));
        session.cancel(pending);
        goes_on(&session);
    }
}

/// Tried: a tool that waits for one sync after the other; its client takes the call back.
#[test]
fn waiting_for_syncs_can_be_taken_back() {
    let session = victim();
    let pending = session.begin_tool("loop_of_syncs", json!({}));
    goes_on(&session);
    session.cancel(pending);
    goes_on(&session);
}

/// Tried: a sync that loops without a sign of progress; one that waits for a sync, and so itself;
/// one that only says again and again that it waits.
#[test]
fn a_sync_without_progress_is_ended() {
    let simulator = simulate(Config::new().conversations(1));
    for attack in ["loop_without_calls", "loop_of_syncs", "loop_of_waiting"] {
        let cli = Cli::new(&simulator).env("FASTINTERCOM_SYNC_STALL_SECONDS", "10");
        std::fs::write(cli.scratch().database_folder().join("attack"), attack).expect("written");
        let output =
            cli.args(["--component", hostile().to_str().expect("UTF-8"), "sync"]).run().assert_code(1);
        assert!(output.stderr.contains("no progress for longer than 10 s"), "{attack}: {output:?}");
        assert!(output.stderr.contains("FASTINTERCOM_SYNC_STALL_SECONDS"), "{attack}: {output:?}");
    }
}

/// Tried: ending the process.
#[test]
fn the_component_cannot_end_the_server() {
    is_ended(&victim(), "leave", json!({}), "stopped on a fault of its own");
}
