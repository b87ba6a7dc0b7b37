//! What is refused, and with which code: the specification's table of errors, on the wire.

use fastintercom_tests::server::{Era, Server};
use serde_json::{Value, json};

use super::small;

const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
/// What revisions before 2026-07-28 say of a resource that is not there.
const RESOURCE_NOT_FOUND: i64 = -32002;

/// Methods of the specification that this server does not declare, and one of nobody's.
const UNDECLARED: [&str; 9] = [
    "logging/setLevel",
    "tasks/get",
    "tasks/list",
    "tasks/cancel",
    "skills/list",
    "roots/list",
    "sampling/createMessage",
    "elicitation/create",
    "conversations/delete",
];

#[test]
fn methods_that_are_not_declared_are_not_found() {
    let simulator = small();
    for era in Era::BOTH {
        let session = Server::new(&simulator).without_token().speaking(era).start();
        // Before its first request a session has no era yet.
        session.request("tools/list", json!({})).expect("a list");
        let other_era: &[&str] = match era {
            Era::Legacy => &["subscriptions/listen"],
            Era::Modern => &["ping", "resources/subscribe", "resources/unsubscribe"],
        };
        for method in UNDECLARED.iter().chain(other_era) {
            let mut shapes = vec![json!({})];
            // Parameters of the right shape change nothing.
            shapes.extend(match *method {
                "logging/setLevel" => Some(json!({"level": "debug"})),
                "tasks/get" | "tasks/cancel" => Some(json!({"taskId": "1"})),
                "subscriptions/listen" => Some(json!({"notifications": {}})),
                "resources/subscribe" | "resources/unsubscribe" => Some(json!({"uri": "intercom://status"})),
                _ => None,
            });
            // The legacy era knows no method of that name, but the SDK says so only of parameters
            // that it can read.
            if era == Era::Legacy && *method == "subscriptions/listen" {
                shapes.remove(0);
            }
            for parameters in shapes {
                let error = session.request(method, parameters.clone()).expect_err("refused");
                assert_eq!(error.code, METHOD_NOT_FOUND, "{era:?} {method} {parameters}: {error}");
            }
        }
    }
}

#[test]
fn parameters_of_the_wrong_shape_are_invalid() {
    let simulator = small();
    let prompt = json!({"type": "ref/prompt", "name": "weekly_summary"});
    let cases = [
        ("tools/call", json!({})),
        ("tools/call", json!({"name": 7})),
        ("tools/call", json!({"name": null, "arguments": {}})),
        ("tools/call", json!({"name": "get_data_info", "arguments": "text"})),
        ("tools/call", json!({"name": "get_data_info", "arguments": [1]})),
        ("resources/read", json!({})),
        ("resources/read", json!({"uri": 7})),
        ("prompts/get", json!({})),
        ("prompts/get", json!({"name": []})),
        ("prompts/get", json!({"name": "weekly_summary", "arguments": "text"})),
        ("prompts/get", json!({"name": "weekly_summary", "arguments": {"team": 7}})),
        ("completion/complete", json!({})),
        ("completion/complete", json!({"ref": prompt})),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/tool"}, "argument": {"name": "a", "value": "b"}}),
        ),
        ("completion/complete", json!({"ref": prompt, "argument": {"name": "team", "value": 7}})),
        ("completion/complete", json!({"ref": prompt, "argument": {"name": "mood", "value": ""}})),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/prompt", "name": "no_such_prompt"}, "argument": {"name": "team", "value": ""}}),
        ),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/resource", "uri": "file:///{id}"}, "argument": {"name": "id", "value": ""}}),
        ),
    ];
    for era in Era::BOTH {
        let session = Server::new(&simulator).without_token().speaking(era).start();
        session.request("tools/list", json!({})).expect("a list");
        let own: Vec<(&str, Value)> = match era {
            Era::Legacy => ["resources/subscribe", "resources/unsubscribe"]
                .iter()
                .flat_map(|method| [(*method, json!({})), (*method, json!({"uri": 7}))])
                .collect(),
            Era::Modern => {
                vec![
                    ("subscriptions/listen", json!({})),
                    ("subscriptions/listen", json!({"notifications": 7})),
                ]
            }
        };
        for (method, parameters) in cases.iter().chain(&own) {
            let error = session.request(method, parameters.clone()).expect_err("refused");
            assert_eq!(error.code, INVALID_PARAMS, "{era:?} {method} {parameters}: {error}");
            assert!(!error.message.is_empty(), "{era:?} {method} {parameters}");
        }
    }
}

#[test]
fn a_cursor_that_nobody_gave_is_invalid() {
    let simulator = small();
    for era in Era::BOTH {
        let session = Server::new(&simulator).without_token().speaking(era).start();
        for method in ["tools/list", "resources/list", "resources/templates/list", "prompts/list"] {
            let list = session.request(method, json!({})).expect("a list");
            assert!(list.get("nextCursor").is_none(), "{method} has one page: {list}");
            for cursor in ["", "2", "AAAA", "page-2", "\u{0}", "🐘"] {
                let error = session.request(method, json!({"cursor": cursor})).expect_err("refused");
                assert_eq!(error.code, INVALID_PARAMS, "{era:?} {method} {cursor:?}: {error}");
                assert!(error.message.contains("without a cursor"), "{method}: {error}");
            }
        }
    }
}

#[test]
fn a_missing_resource_has_the_code_of_the_era() {
    let simulator = small();
    for (era, code) in [(Era::Legacy, RESOURCE_NOT_FOUND), (Era::Modern, INVALID_PARAMS)] {
        let session = Server::new(&simulator).without_token().speaking(era).start();
        let error =
            session.request("resources/read", json!({"uri": "intercom://nothing"})).expect_err("refused");
        assert_eq!(error.code, code, "{era:?}: {error}");
        assert!(error.message.contains("intercom://status"), "what there is: {error}");
        assert_eq!(error.data["uri"], "intercom://nothing");
    }
}

/// The 2026-07-28 revision has no session to remember what a request leaves out.
#[test]
fn a_modern_request_says_revision_and_capabilities_each_time() {
    let simulator = small();
    let full = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    // Speaks for itself: the builder of a modern session would add what is left out here.
    let session = Server::new(&simulator).without_token().legacy().start_silent();
    session.request("tools/list", json!({"_meta": full})).expect("a list");
    for missing in ["protocolVersion", "clientCapabilities"] {
        let key = format!("io.modelcontextprotocol/{missing}");
        let mut meta = full.clone();
        meta.as_object_mut().expect("an object").remove(&key);
        for method in ["tools/list", "server/discover"] {
            let error = session.request(method, json!({"_meta": meta})).expect_err("refused");
            assert_eq!(error.code, INVALID_PARAMS, "{method} without {missing}: {error}");
            assert!(error.message.contains(&key), "{method} without {missing}: {error}");
        }
    }
}
