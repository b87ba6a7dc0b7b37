//! What a replica says of itself, and of where newer data comes from.

use super::fixture::Workspace;
use crate::tools;

fn replica(mut workspace: Workspace) -> Workspace {
    workspace.settings.replica = true;
    workspace.settings.read_only = true;
    workspace.settings.token_present = false;
    // What it has was synced five minutes ago.
    workspace.settings.sync_interval_minutes = 1;
    workspace
}

#[test]
fn it_never_syncs_and_says_how_old_its_data_is() {
    let mut workspace = replica(Workspace::filled());
    for tool in ["force_sync", "sync_conversations"] {
        let (sentence, _) = workspace.refused(tool, "{}");
        for words in ["read-only replica", "was synced", "next copy"] {
            assert!(sentence.contains(words), "{tool}: {sentence}");
        }
    }
    let (sentence, _) = replica(Workspace::empty()).refused("force_sync", "{}");
    assert!(sentence.contains("had not been synced yet"), "{sentence}");
    let lines = workspace.with(tools::status::status).expect("reads").1;
    assert!(lines.contains("Replica: ") && !lines.contains("Access token"), "{lines}");
    assert_eq!(workspace.ask("get_server_status", "{}")["replica"], true);
}

#[test]
fn no_answer_advises_a_sync_that_it_would_refuse() {
    let mut workspace = replica(Workspace::filled());
    let found = workspace.ask("search_conversations", r#"{"timeframe": "today"}"#);
    let message = found["sync_info"]["message"].as_str().expect("a message").to_owned();
    assert!(message.contains("next copy") && !message.contains("force_sync"), "{message}");
    let mut empty = replica(Workspace::empty());
    let found = empty.ask("search_conversations", "{}");
    let message = found["sync_info"]["message"].as_str().expect("a message").to_owned();
    assert!(message.contains("next copy of the primary") && !message.contains("force_sync"), "{message}");
}
