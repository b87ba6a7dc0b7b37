//! Progress notifications, and calls that are taken back.

use std::time::Duration;

use fastintercom_tests::PATIENCE;
use fastintercom_tests::server::{Era, Server, Stop};
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule};
use serde_json::json;

use super::{simulate, small, synced};

#[test]
fn progress_rises_strictly_and_ends_with_the_answer() {
    for era in Era::BOTH {
        let simulator =
            simulate(Config::new().conversations(300).days(20).latency(Duration::from_millis(40)));
        let session = Server::new(&simulator).speaking(era).start();
        session.wait_for_log("sync starting");
        let pending = session.begin_tool_with_progress("force_sync", json!({}), "a token");
        session.answer(pending).succeeded();
        // The answer to a later question shows that nothing came after the first.
        session.call_tool("get_sync_status", json!({})).succeeded();
        let (values, in_time) = session.progress("a token", pending);
        assert!(values.len() >= 3, "{era:?}: {values:?}");
        assert!(values.is_sorted_by(|before, after| before < after), "{era:?}: {values:?}");
        assert!(in_time, "{era:?}: progress after the answer");
    }
}

#[test]
fn nobody_gets_progress_who_did_not_ask() {
    let simulator = small();
    let session = synced(&simulator);
    let pending = session.begin_tool("force_sync", json!({}));
    session.answer(pending).succeeded();
    assert_eq!(session.progress("a token", pending), (Vec::new(), true));
}

/// The waiting ends; the sync that others wait for as well goes on.
#[test]
fn a_cancelled_call_is_not_answered_and_the_sync_goes_on() {
    for era in Era::BOTH {
        let simulator =
            simulate(Config::new().conversations(120).days(20).latency(Duration::from_millis(100)));
        let session = Server::new(&simulator).speaking(era).start();
        session.wait_for_log("sync starting");
        let pending = session.begin_tool_with_progress("force_sync", json!({}), "soon gone");
        session.wait_for_notification("notifications/progress");
        session.cancel(pending);
        session.wait_until_synced();
        assert!(simulator.stats().count(Endpoint::Conversation) >= 120);
        session.call_tool("get_data_info", json!({})).succeeded();
        assert!(!session.is_answered(pending), "{era:?}: a cancelled call was answered");
        session.stop_by(Stop::CloseStdin).assert_clean();
    }
}

/// The sync that a tool began ran in the runtime of the tool's instance, and so ended with a
/// cancelled call, half done: every later `force_sync` then joined the dead one, and failed or waited
/// for ever. No sync of the timer is under way here, so the tool begins its own.
#[test]
fn a_sync_that_a_cancelled_call_began_goes_on_and_later_ones_run() {
    for era in Era::BOTH {
        let simulator = simulate(Config::new().conversations(60).days(5));
        let session = Server::new(&simulator).speaking(era).start();
        session.wait_until_synced();
        // The run itself ends a moment after it says so; this one waits for it, or is its own.
        session.call_tool("force_sync", json!({})).succeeded();
        // Long enough to be cancelled in the middle.
        simulator.add_fault(Rule::new(Fault::Slow { seconds: 0.3 }).on(Endpoint::Search));
        for cancelled in 1..=3 {
            let begun = session.log().iter().filter(|line| line.contains("sync starting")).count();
            let pending = session.begin_tool("force_sync", json!({}));
            session.wait_for_logs("sync starting", begun + 1, PATIENCE);
            session.cancel(pending);
            session.wait_for_logs("sync completed", begun + 1, PATIENCE);
            let answer = session.call_tool("force_sync", json!({})).succeeded();
            assert_eq!(answer["success"], true, "{era:?}, after {cancelled} cancelled calls: {answer}");
        }
    }
}
