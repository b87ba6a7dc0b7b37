//! MCP over Streamable HTTP, in both eras.

use std::time::Duration;

use fastintercom_tests::server::{Era, Server};
use fastintercom_tests::simulator::Config;
use serde_json::json;

use super::{open, simulate, synced};

#[test]
fn both_eras_open_list_and_call() {
    let simulator = super::small();
    let (_session, web) = synced(&simulator);
    let hello = web.initialize();
    assert_eq!(hello["protocolVersion"], "2025-11-25");
    assert_eq!(hello["serverInfo"]["name"], "fastintercom");
    let discovered = web.mcp(Era::Modern, "server/discover", json!({})).result();
    let versions = discovered["supportedVersions"].as_array().expect("a list");
    assert!(
        versions.contains(&json!("2026-07-28")) && versions.contains(&json!("2025-11-25")),
        "{discovered}"
    );
    assert_eq!(discovered["instructions"], hello["instructions"]);
    for era in Era::BOTH {
        let listed = web.mcp(era, "tools/list", json!({}));
        assert_eq!(listed.header("mcp-session-id"), None, "{era:?}: there are no sessions");
        let tools = listed.result()["tools"].as_array().expect("a list").len();
        assert_eq!(tools, 18, "{era:?}");
        let call = json!({"name": "get_data_info", "arguments": {}});
        let result = web.mcp(era, "tools/call", call).result();
        assert_eq!(result["structuredContent"]["total_conversations"], 30, "{era:?}: {result}");
        assert_eq!(result.get("resultType").is_some(), era == Era::Modern, "{era:?}: {result}");
        let wrong = json!({"name": "search_conversations", "arguments": {"limit": "many"}});
        let result = web.mcp(era, "tools/call", wrong).result();
        assert_eq!(result["isError"], true, "{era:?}: {result}");
        let status = web.mcp(era, "resources/read", json!({"uri": "intercom://status"})).result();
        assert!(status["contents"][0]["text"].is_string(), "{era:?}: {status}");
    }
}

/// The older way of subscribing lasts for a session, and there are none here.
#[test]
fn only_the_later_era_is_offered_subscriptions() {
    let simulator = super::small();
    let (_session, web) = open(Server::new(&simulator).without_token());
    assert_eq!(web.initialize()["capabilities"]["resources"], json!({}));
    let discovered = web.mcp(Era::Modern, "server/discover", json!({})).result();
    assert_eq!(discovered["capabilities"]["resources"]["subscribe"], true, "{discovered}");
    for method in ["resources/subscribe", "resources/unsubscribe"] {
        for parameters in [json!({"uri": "intercom://status"}), json!({})] {
            let refused = web.mcp(Era::Legacy, method, parameters);
            assert_eq!(refused.json()["error"]["code"], -32601, "{method}: {}", refused.text());
        }
    }
}

/// With a progress token the answer is a stream: progress that rises, then the result.
#[test]
fn progress_comes_before_the_result() {
    for era in Era::BOTH {
        let simulator =
            simulate(Config::new().conversations(300).days(20).latency(Duration::from_millis(40)));
        let (session, web) = open(Server::new(&simulator));
        session.wait_for_log("sync starting");
        let call = json!({"name": "force_sync", "arguments": {}, "_meta": {"progressToken": "a token"}});
        let reply = web.mcp(era, "tools/call", call);
        assert_eq!(reply.header("content-type"), Some("text/event-stream"), "{era:?}");
        let messages = reply.messages();
        let (result, progress) = messages.split_last().expect("messages");
        assert_eq!(result["result"]["structuredContent"]["success"], true, "{era:?}: {result}");
        let values: Vec<f64> = progress
            .iter()
            .map(|message| {
                assert_eq!(message["method"], "notifications/progress", "{era:?}: {message}");
                assert_eq!(message["params"]["progressToken"], "a token", "{era:?}: {message}");
                message["params"]["progress"].as_f64().expect("a number")
            })
            .collect();
        assert!(values.len() >= 3, "{era:?}: {values:?}");
        assert!(values.is_sorted_by(|before, after| before < after), "{era:?}: {values:?}");
    }
}

#[test]
fn what_is_no_message_is_refused() {
    let simulator = super::small();
    let (_session, web) = open(Server::new(&simulator).without_token());
    assert_eq!(web.get("/mcp").status, 405, "no stream that belongs to no request");
    assert_eq!(web.get("/mcp").header("allow"), Some("POST"));
    let accepting = web.clone().header("accept", "application/json, text/event-stream");
    for (body, code) in
        [("{not json", -32700), (r#"{"jsonrpc":"2.0","id":7,"params":{},}"#, -32700), ("{}", -32600)]
    {
        let refused = accepting.post("/mcp", body);
        assert_eq!((refused.status, &refused.json()["error"]["code"]), (400, &json!(code)), "{body}");
    }
    let one_kind = web
        .clone()
        .header("accept", "application/json")
        .post("/mcp", json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}).to_string());
    assert_eq!(one_kind.status, 406, "a client must accept both kinds of answer");
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search_conversations", "arguments": {"query": "X"}}});
    let list = list.to_string().replace('X', "\\ud83d");
    for anything in ["*/*", "text/html, */*;q=0.1"] {
        let answer = web.clone().header("accept", anything).post("/mcp", list.as_str());
        assert_eq!(answer.status, 200, "{anything}: {}", answer.text());
    }
    let unknown = web.mcp(Era::Modern, "tools/destroy", json!({}));
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (404, &json!(-32601)));
    let old = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}});
    let old = accepting.header("mcp-protocol-version", "1900-01-01").post("/mcp", old.to_string());
    assert_eq!(old.status, 400, "{}", old.text());
}
