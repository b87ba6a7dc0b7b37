//! `force_sync` and `sync_conversations`.

use fastintercom_tests::session::Session;
use serde_json::{Value, json};

use super::{database, small, synced};

fn finds(session: &Session, word: &str) -> bool {
    let answer = session.call_tool("search_conversations", json!({"query": word})).succeeded();
    answer["total_matches"] == 1
}

#[test]
fn force_sync_fetches_what_was_written_since() {
    let simulator = small();
    let session = synced(&simulator);
    simulator.workspace().add_conversation("Where is my harpsichord?");
    assert!(!finds(&session, "harpsichord"));
    let report = session.call_tool("force_sync", json!({})).succeeded();
    assert_eq!(report["success"], true);
    assert_eq!(report["message"], "Sync completed successfully");
    assert_eq!(report["threads_fetched"], 1, "only the new one: {report}");
    assert!(finds(&session, "harpsichord"));
    let rows =
        database(session.scratch()).rows("SELECT sync_status, sync_type FROM sync_metadata ORDER BY id");
    assert_eq!(rows, [["completed", "background"], ["completed", "background"]]);
}

#[test]
fn both_ways_of_sync_conversations_fetch_what_is_new() {
    let simulator = small();
    let session = synced(&simulator);
    for (force, word) in [
        (json!({"force": true}), "bassoon"),
        (json!({"force": false}), "contrabass"),
        (json!({}), "dulcimer"),
    ] {
        simulator.workspace().add_conversation(word);
        let report: Value = session.call_tool("sync_conversations", force.clone()).succeeded();
        assert!(report["message"].is_string(), "{report}");
        // Without force the cache may be new enough, which the answer then says.
        assert!(finds(&session, word) || report["skipped"] == true, "{force}: {report}");
    }
    session.call_tool("sync_conversations", json!({"force": true})).succeeded();
    assert!(finds(&session, "contrabass") && finds(&session, "dulcimer"));
}

/// Several callers at once get one run each or share one; nobody starves, readers least.
#[test]
fn many_force_syncs_at_once_leave_the_readers_free() {
    let simulator = small();
    let session = synced(&simulator);
    let syncs: Vec<_> = (0..6).map(|_| session.begin_tool("force_sync", json!({}))).collect();
    let info = session.call_tool("get_data_info", json!({})).succeeded();
    assert_eq!(info["total_conversations"], 30);
    for pending in syncs {
        assert_eq!(session.answer(pending).succeeded()["success"], true);
    }
}
