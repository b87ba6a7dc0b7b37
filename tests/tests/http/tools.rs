//! `POST /tools/NAME`: bare arguments in, the structured answer out.

use fastintercom_tests::probe;
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::server::Era;
use serde_json::json;

use super::{open, small, synced};

#[test]
fn a_tool_answers_what_it_answers_over_mcp() {
    let simulator = small();
    let (_session, web) = synced(&simulator);
    for (name, arguments) in [
        ("search_conversations", json!({"limit": 30, "sort": "oldest", "include_messages": false})),
        ("list_filters", json!({})),
        ("query_database", json!({"sql": "SELECT count(*) FROM v_conversations"})),
    ] {
        let bare = web.tool(name, arguments.clone()).succeeded();
        let call = json!({"name": name, "arguments": arguments});
        let mut over_mcp = web.mcp(Era::Modern, "tools/call", call).result()["structuredContent"].take();
        // What differs between two calls is how long ago the sync was.
        over_mcp["sync_info"]["message"] = bare["sync_info"]["message"].clone();
        if bare.get("sync_info").is_none() {
            over_mcp.as_object_mut().expect("an object").remove("sync_info");
        }
        assert_eq!(bare, over_mcp, "{name}");
    }
    let empty = web.post("/tools/get_data_info", "").succeeded();
    assert_eq!(empty["total_conversations"], 30);
    let found = web.tool("search_conversations", json!({"limit": 1}));
    assert_eq!(found.header("content-type"), Some("application/json"));
}

#[test]
fn refusals_say_what_is_wrong() {
    let simulator = small();
    let (_session, web) = synced(&simulator);
    let unknown = web.tool("search_conversation", json!({})).refused(404);
    assert!(unknown.contains("Did you mean search_conversations?"), "{unknown}");
    for body in ["{\"limit\":", "[]", "\"text\"", "7"] {
        assert!(web.post("/tools/search_conversations", body).refused(400).contains("JSON object"), "{body}");
    }
    let wrong = web.tool("search_conversations", json!({"limit": "many"})).refused(400);
    assert!(wrong.contains("limit"), "{wrong}");
    let nobody = web.tool("get_conversation", json!({"id": "1"})).refused(422);
    assert!(nobody.contains('1'), "{nobody}");
    assert_eq!(web.get("/tools/get_data_info").header("allow"), Some("POST"));
    assert!(web.get("/tools/get_data_info").refused(405).contains("POST"));
    assert_eq!(web.post("/tools/", "{}").status, 404);
}

/// A call that hangs or traps costs its caller an answer, and nobody else anything.
#[test]
fn calls_have_the_same_limits_as_everywhere() {
    let simulator = small();
    let scratch = Scratch::new();
    let server = probe::server(&simulator, &scratch).env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "1");
    let (_session, web) = open(server);
    let hung = web.tool("probe_hang", json!({})).refused(504);
    assert!(hung.contains("longer than 1 s"), "{hung}");
    let trapped = web.tool("probe_trap", json!({})).refused(500);
    assert!(trapped.contains("fresh instance"), "{trapped}");
    assert_eq!(web.tool("get_data_info", json!({})).succeeded()["has_data"], false);
}
