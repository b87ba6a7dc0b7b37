//! The protocol's own rules, in both eras.

use fastintercom_tests::server::{Era, Server, Stop};
use serde_json::{Value, json};

use super::small;

const TOOLS: [&str; 18] = [
    "check_coverage",
    "fetch",
    "find_knowledge_gaps",
    "force_sync",
    "get_conversation",
    "get_conversation_stats",
    "get_customer",
    "get_data_info",
    "get_server_status",
    "get_sync_status",
    "get_trends",
    "list_filters",
    "query_database",
    "search",
    "search_articles",
    "search_conversations",
    "search_tickets",
    "sync_conversations",
];

#[test]
fn both_eras_open_the_server_and_list_the_same_tools() {
    let simulator = small();
    let mut lists = Vec::new();
    for era in Era::BOTH {
        let session = Server::new(&simulator).without_token().speaking(era).start();
        let tools = session.request("tools/list", json!({})).expect("a list")["tools"].take();
        let mut names: Vec<&str> =
            tools.as_array().expect("a list").iter().filter_map(|tool| tool["name"].as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, TOOLS);
        lists.push(tools);
    }
    assert_eq!(lists[0], lists[1]);
    for tool in lists[0].as_array().expect("a list") {
        let name = &tool["name"];
        assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{name}");
        for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
            assert!(tool["annotations"][hint].is_boolean(), "{name} says nothing of {hint}");
        }
        assert!(tool["title"].is_string() && tool["description"].is_string(), "{name}");
    }
}

#[test]
fn the_legacy_handshake_names_the_server() {
    let session = Server::new(&small()).without_token().legacy().start_silent();
    let answer = session.initialize();
    assert_eq!(answer["protocolVersion"], "2025-11-25");
    assert_eq!(answer["serverInfo"]["name"], "fastintercom");
    assert!(answer["capabilities"]["tools"].is_object());
    assert!(
        answer["instructions"].as_str().is_some_and(|text| (100..2048).contains(&text.len())),
        "{answer}"
    );
    session.request("ping", json!({})).expect("a pong");
}

#[test]
fn the_modern_discovery_names_both_eras() {
    let session = Server::new(&small()).without_token().modern().start();
    let answer = session.request("server/discover", json!({})).expect("an answer");
    let versions = answer["supportedVersions"].as_array().expect("a list");
    assert!(versions.contains(&json!("2026-07-28")) && versions.contains(&json!("2025-11-25")), "{answer}");
    assert_eq!(answer["resultType"], "complete");
    assert!(answer["instructions"].is_string());
    let answer =
        session.request("tools/call", json!({"name": "get_data_info", "arguments": {}})).expect("an answer");
    assert_eq!(answer["resultType"], "complete");
    assert_eq!(answer["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "fastintercom");
}

/// The answer must satisfy the schema that the tool promised.
#[test]
fn answers_have_every_field_that_their_schema_requires() {
    let simulator = small();
    let session = super::synced(&simulator);
    let id = simulator.workspace().conversation_at(3).expect("it exists").id.to_string();
    let found = session.call_tool("search_conversations", json!({"customer": "@"})).succeeded();
    let email = found["conversations"][0]["customer_email"].clone();
    let list = session.request("tools/list", json!({})).expect("a list");
    for tool in list["tools"].as_array().expect("a list") {
        let name = tool["name"].as_str().expect("a name");
        let arguments = match name {
            "get_conversation" | "fetch" => json!({"id": id}),
            "search" => json!({"query": "refund"}),
            "get_customer" => json!({"customer": email}),
            "query_database" => json!({"sql": "SELECT count(*) FROM v_conversations"}),
            "check_coverage" => json!({"start_date": "2026-06-01", "end_date": "2026-06-30"}),
            _ => json!({}),
        };
        let answer = session.call_tool(name, arguments).succeeded();
        for field in tool["outputSchema"]["required"].as_array().into_iter().flatten() {
            let field = field.as_str().expect("a name");
            assert!(answer.get(field).is_some(), "{name} lacks {field}: {answer}");
        }
        for (field, value) in answer.as_object().expect("an object") {
            assert_ne!(*value, Value::Null, "{name} answers null for {field}");
        }
    }
}

/// Some clients hold failures to the schema, too, and show their own complaint instead of ours.
#[test]
fn failures_have_every_field_that_their_schema_requires_or_no_structure() {
    let simulator = small();
    let session = super::synced(&simulator);
    let list = session.request("tools/list", json!({})).expect("a list");
    let mut structured = Vec::new();
    for tool in list["tools"].as_array().expect("a list") {
        let name = tool["name"].as_str().expect("a name");
        let answer = session.call_tool(name, json!({"no_such_argument": 1}));
        assert!(answer.is_error && answer.text.contains("no_such_argument"), "{name}: {}", answer.text);
        if answer.structured.is_null() {
            continue;
        }
        for field in tool["outputSchema"]["required"].as_array().into_iter().flatten() {
            let field = field.as_str().expect("a name");
            assert!(answer.structured.get(field).is_some(), "{name} lacks {field}: {}", answer.structured);
        }
        assert_eq!(answer.structured["error"], answer.text, "one failure, one sentence");
        structured.push(name.to_owned());
    }
    // The original tools answered a failure with their boolean, and programs read it.
    for name in ["get_data_info", "check_coverage", "get_sync_status", "force_sync", "sync_conversations"] {
        assert!(structured.iter().any(|one| one == name), "{name} is not among {structured:?}");
    }
    assert!(!structured.iter().any(|one| one == "search_conversations"), "{structured:?}");
}

#[test]
fn unknown_names_and_malformed_parameters_are_protocol_errors() {
    let simulator = small();
    for era in Era::BOTH {
        let session = Server::new(&simulator).without_token().speaking(era).start();
        let cases = [
            (
                "tools/call",
                json!({"name": "delete_everything", "arguments": {}}),
                -32602,
                "search_conversations",
            ),
            ("tools/call", json!({"name": "get_conversations", "arguments": {}}), -32602, "get_conversation"),
            ("tools/call", json!({"name": 7}), -32602, ""),
            ("tools/call", json!({}), -32602, ""),
            ("tools/call", json!({"name": "get_data_info", "arguments": "text"}), -32602, ""),
            ("tools/call", json!({"name": "get_data_info", "arguments": [1]}), -32602, ""),
            ("tools/list", json!({"cursor": "page-2"}), -32602, ""),
            ("tools/destroy", json!({}), -32601, ""),
        ];
        for (method, parameters, code, words) in cases {
            let error = session.request(method, parameters.clone()).expect_err("refused");
            assert_eq!(error.code, code, "{era:?} {method} {parameters}: {error}");
            assert!(error.message.contains(words), "{era:?} {method} {parameters}: {error}");
        }
        assert_eq!(session.call_tool("get_data_info", json!({})).succeeded()["has_data"], false);
    }
}

#[test]
fn a_revision_that_nobody_knows_is_refused_with_those_that_are() {
    let session = Server::new(&small()).without_token().legacy().start_silent();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "1900-01-01",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let error = session.request("tools/list", json!({"_meta": meta})).expect_err("refused");
    assert_eq!(error.code, -32022, "{error}");
    assert!(error.data["supported"].as_array().is_some_and(|list| list.contains(&json!("2026-07-28"))));
}

/// Whatever comes in, only messages go out, and the next question is answered.
#[test]
fn garbage_in_is_no_garbage_out() {
    let session = Server::new(&small()).without_token().start();
    for line in [
        "{not json",
        "",
        "[]",
        "[{\"jsonrpc\":\"2.0\",\"id\":900,\"method\":\"ping\"}]",
        "null",
        "\u{0}\u{1}\u{feff}",
        "{\"jsonrpc\":\"2.0\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/unheard_of\"}",
        "{\"jsonrpc\":\"1.0\",\"method\":\"ping\"}",
    ] {
        session.send(line);
    }
    session.send(&format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{}\"}}", "x".repeat(1_000_000)));
    assert_eq!(session.call_tool("get_data_info", json!({})).succeeded()["has_data"], false);
    session.stop_by(Stop::CloseStdin).assert_clean();
}

/// A client that looks and leaves is no failure.
#[test]
fn the_end_of_input_before_any_request_is_a_clean_end() {
    let simulator = small();
    for era in Era::BOTH {
        Server::new(&simulator)
            .without_token()
            .speaking(era)
            .start_silent()
            .stop_by(Stop::CloseStdin)
            .assert_clean();
    }
}
