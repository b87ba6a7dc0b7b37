//! Noise: the log and the protocol's stream.

use fastintercom_tests::server::Stop;
use fastintercom_tests::simulator::Config;
use serde_json::json;

use super::{answers, attacked, simulate, victim};

/// Tried: 100,000 log lines, and as many lines on standard error.
#[test]
fn floods_of_log_lines_are_cut() {
    let simulator = simulate(Config::new().conversations(1));
    for (attack, mark) in [("flood_log", "flood 7 x"), ("flood_stderr", "stderr: flood 7 x")] {
        let session = attacked(&simulator)
            .without_token()
            .env("FASTINTERCOM_LOG", "debug")
            .env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "60")
            .start();
        answers(&session, attack, json!({}));
        let log = session.stop_by(Stop::CloseStdin).assert_clean().log;
        let lines = log.iter().filter(|line| line.contains("flood ")).count();
        assert!((100..2_000).contains(&lines), "{attack}: {lines} lines");
        assert!(
            log.iter().any(|line| line.contains(mark)),
            "{attack}: whole lines are shown: {:?}",
            &log[..5]
        );
        assert!(log.iter().any(|line| line.contains("writes too many lines")), "{attack}");
    }
}

/// Tried: a forged answer on standard output, which carries the protocol.
#[test]
fn standard_output_is_the_hosts_alone() {
    // The session fails on anything that is no answer to a question of its own.
    let session = victim();
    answers(&session, "write_stdout", json!({}));
    session.stop_by(Stop::CloseStdin).assert_clean();
}

/// Tried: escape sequences, line breaks and marks of direction in a log line.
#[test]
fn log_lines_hold_no_escapes() {
    let session = victim();
    answers(&session, "terminal_escapes", json!({}));
    let line = session.wait_for_log("before");
    assert!(line.ends_with("after"), "{line:?}");
    assert!(
        !line.chars().any(|character| character.is_control() || "\u{202e}\u{e0041}".contains(character)),
        "{line:?}"
    );
}
