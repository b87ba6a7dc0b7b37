//! Progress notifications, and calls that are taken back.

use std::time::Duration;

use fastintercom_tests::server::{Era, Server, Stop};
use fastintercom_tests::simulator::{Config, Endpoint};
use serde_json::json;

use crate::{simulate, small, synced};

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
