//! Clients that want to hear when the status changed, in the way of each era.

use fastintercom_tests::server::{Server, Stop};
use fastintercom_tests::session::Session;
use serde_json::{Value, json};

use super::small;

const STATUS: &str = "intercom://status";
const UPDATED: &str = "notifications/resources/updated";
const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

fn sync(session: &Session) {
    session.call_tool("force_sync", json!({})).succeeded();
}

#[test]
fn a_modern_client_listens_to_the_status_and_to_nothing_else() {
    let simulator = small();
    let session = Server::new(&simulator).modern().start();
    session.wait_until_synced();
    let wish = json!({
        "notifications": {
            "toolsListChanged": true,
            "promptsListChanged": true,
            "resourcesListChanged": true,
            "resourceSubscriptions": [STATUS, "intercom://schema", "intercom://conversation/1"],
        }
    });
    let first = session.begin("subscriptions/listen", wish);
    let acknowledged = session.wait_for_notification("notifications/subscriptions/acknowledged");
    assert_eq!(acknowledged["notifications"], json!({"resourceSubscriptions": [STATUS]}));
    let id = acknowledged["_meta"][SUBSCRIPTION].clone();
    assert_eq!(id, json!(first.id()));

    sync(&session);
    let updated = session.wait_for_notification(UPDATED);
    assert_eq!(updated["uri"], STATUS);
    assert_eq!(updated["_meta"][SUBSCRIPTION], id, "{updated}");

    session.cancel(first);
    let second =
        session.begin("subscriptions/listen", json!({"notifications": {"resourceSubscriptions": [STATUS]}}));
    session.wait_for_notifications("notifications/subscriptions/acknowledged", 2);
    let before = session.notifications(UPDATED).len();
    sync(&session);
    let all = session.wait_for_notifications(UPDATED, before + 1);
    assert_eq!(all[before]["_meta"][SUBSCRIPTION], json!(second.id()), "the first was taken back: {all:?}");
    assert!(!session.is_answered(first), "a request that was taken back is not answered");
    session.stop_by(Stop::CloseStdin).assert_clean();
}

/// A subscription to nothing is one: it is acknowledged, and stays silent.
#[test]
fn who_asks_for_nothing_hears_nothing() {
    let simulator = small();
    let session = Server::new(&simulator).modern().start();
    session.wait_until_synced();
    let silent = session.begin("subscriptions/listen", json!({"notifications": {}}));
    let acknowledged = session.wait_for_notification("notifications/subscriptions/acknowledged");
    assert_eq!(acknowledged["notifications"], json!({}));
    let heard =
        session.begin("subscriptions/listen", json!({"notifications": {"resourceSubscriptions": [STATUS]}}));
    session.wait_for_notifications("notifications/subscriptions/acknowledged", 2);
    sync(&session);
    sync(&session);
    let ids: Vec<Value> = session
        .wait_for_notifications(UPDATED, 2)
        .into_iter()
        .map(|notification| notification["_meta"][SUBSCRIPTION].clone())
        .collect();
    assert!(ids.iter().all(|id| *id == json!(heard.id())), "{ids:?}");
    assert!(!session.is_answered(silent));
}

#[test]
fn a_legacy_client_subscribes_and_unsubscribes() {
    let simulator = small();
    let session = Server::new(&simulator).legacy().start();
    session.wait_until_synced();
    let request = |method: &str, uri: &str| session.request(method, json!({"uri": uri}));
    for uri in ["intercom://schema", "intercom://conversation/1", "intercom://nothing", ""] {
        let error = request("resources/subscribe", uri).expect_err("refused");
        assert_eq!(error.code, -32602, "{uri}: {error}");
        assert!(error.message.contains(STATUS), "{uri}: {error}");
    }
    // Twice is once.
    assert_eq!(request("resources/subscribe", STATUS), Ok(json!({})));
    assert_eq!(request("resources/subscribe", STATUS), Ok(json!({})));
    sync(&session);
    let updated = session.wait_for_notification(UPDATED);
    assert_eq!(updated["uri"], STATUS, "{updated}");

    assert_eq!(request("resources/unsubscribe", STATUS), Ok(json!({})));
    assert_eq!(request("resources/unsubscribe", STATUS), Ok(json!({})), "it is so already");
    let before = session.notifications(UPDATED).len();
    sync(&session);
    assert_eq!(request("resources/subscribe", STATUS), Ok(json!({})));
    sync(&session);
    // Notifications keep their order: one of the sync before would have come first.
    session.wait_for_notifications(UPDATED, before + 1);
    sync(&session);
    let all = session.wait_for_notifications(UPDATED, before + 2);
    assert_eq!(all.len(), before + 2, "the sync without a subscription was told: {all:?}");
    session.stop_by(Stop::CloseStdin).assert_clean();
}
