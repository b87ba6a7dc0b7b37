//! What every result carries: the server's name, its kind, and how long it may be kept.

use fastintercom_tests::server::{Era, Server};
use fastintercom_tests::session::Session;
use serde_json::{Value, json};

use super::{small, synced};

const SERVER: &str = "io.modelcontextprotocol/serverInfo";

/// One valid request of each method that both eras have.
fn requests() -> Vec<(&'static str, Value)> {
    let prompt = json!({"type": "ref/prompt", "name": "weekly_summary"});
    vec![
        ("tools/list", json!({})),
        ("tools/call", json!({"name": "get_data_info", "arguments": {}})),
        ("tools/call", json!({"name": "search_conversations", "arguments": {"limit": "many"}})),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("resources/read", json!({"uri": "intercom://status"})),
        ("prompts/list", json!({})),
        ("prompts/get", json!({"name": "weekly_summary", "arguments": {}})),
        ("completion/complete", json!({"ref": prompt, "argument": {"name": "team", "value": ""}})),
    ]
}

/// Those whose results a client may keep.
const CACHEABLE: [&str; 6] = [
    "server/discover",
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "prompts/list",
];

fn result(session: &Session, method: &str, parameters: &Value) -> Value {
    session.request(method, parameters.clone()).unwrap_or_else(|error| panic!("{method}: {error}"))
}

#[test]
fn every_modern_result_is_complete_names_the_server_and_says_how_long_it_holds() {
    let session = Server::new(&small()).without_token().modern().start();
    let mut requests = requests();
    requests.push(("server/discover", json!({})));
    for (method, parameters) in requests {
        let result = result(&session, method, &parameters);
        assert_eq!(result["resultType"], "complete", "{method}: {result}");
        assert_eq!(result["_meta"][SERVER]["name"], "fastintercom", "{method}: {result}");
        assert!(result["_meta"][SERVER]["version"].is_string(), "{method}: {result}");
        if CACHEABLE.contains(&method) {
            assert!(result["ttlMs"].as_u64().is_some_and(|time| time >= 1_000), "{method}: {result}");
            // What customers wrote is for one reader; what is built in is the same for all.
            let scope = if method == "resources/read" { "private" } else { "public" };
            assert_eq!(result["cacheScope"], scope, "{method}: {result}");
        } else {
            assert!(result.get("ttlMs").is_none(), "{method}: {result}");
        }
    }
}

#[test]
fn legacy_results_have_nothing_of_the_later_revision_in_their_way() {
    let session = Server::new(&small()).without_token().legacy().start();
    for (method, parameters) in requests() {
        let result = result(&session, method, &parameters);
        assert!(result.get("resultType").is_none(), "{method}: {result}");
    }
}

/// Clients keep lists in the cache of the model's prompt: the same question gets the same bytes.
#[test]
fn lists_are_the_same_each_time_and_before_and_after_a_sync() {
    let simulator = small();
    let lists = ["tools/list", "resources/list", "resources/templates/list", "prompts/list"];
    let before = Server::new(&simulator).without_token().modern().start();
    let after = synced(&simulator);
    for method in lists {
        let first = result(&before, method, &json!({}));
        assert_eq!(first.to_string(), result(&before, method, &json!({})).to_string(), "{method}");
        let mut modern = first;
        modern.as_object_mut().expect("an object").remove("resultType");
        assert_eq!(modern, result(&after, method, &json!({})), "{method}");
    }
}

/// The version is agreed on where the client's is known, and offered where it is not.
#[test]
fn initialize_answers_every_revision_that_has_it() {
    for (asked, agreed) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
    ] {
        let session = Server::new(&small()).without_token().speaking(Era::Legacy).start_silent();
        let parameters = json!({
            "protocolVersion": asked,
            "capabilities": {},
            "clientInfo": {"name": "fastintercom-tests", "version": "1"},
        });
        let answer = result(&session, "initialize", &parameters);
        assert_eq!(answer["protocolVersion"], agreed, "{asked}: {answer}");
    }
}
