//! Callers with tokens of their own: what each may do, how often, and who is in the audit log.

use fastintercom_tests::command::Cli;
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::server::{Era, Server};
use fastintercom_tests::session::Session;
use fastintercom_tests::simulator::Simulator;
use fastintercom_tests::web::Web;
use serde_json::{Value, json};

use super::{TOKEN, open, small};

pub fn command(simulator: &Simulator, scratch: &Scratch, arguments: &[&str]) -> Cli {
    Cli::new(simulator).on(scratch).args(arguments.iter().copied())
}

/// A new caller's token.
pub fn add(simulator: &Simulator, scratch: &Scratch, name: &str, more: &[&str]) -> String {
    let added = command(simulator, scratch, &["caller", "add", name]).args(more.iter().copied());
    let printed = added.run().assert_code(0).stdout;
    let token = printed.trim();
    assert!(token.starts_with("fic_") && printed.lines().count() == 1, "{printed}");
    token.to_owned()
}

/// A server with callers beside the one token of all, and its folder.
pub fn serve(simulator: &Simulator, scratch: &Scratch) -> (Session, Web) {
    let (session, web) = open(Server::new(simulator).on(scratch).env("FASTINTERCOM_HTTP_TOKEN", TOKEN));
    session.wait_until_synced();
    (session, web)
}

pub fn of(web: &Web, token: &str) -> Web {
    web.clone().header("authorization", &format!("Bearer {token}"))
}

fn tools(web: &Web) -> Vec<String> {
    let list = web.mcp(Era::Modern, "tools/list", json!({})).result();
    let tools = list["tools"].as_array().expect("tools").iter();
    tools.map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn a_caller_comes_in_with_a_token_of_their_own_and_the_audit_log_has_their_name() {
    let simulator = small();
    let scratch = Scratch::new();
    let (_session, web) = serve(&simulator, &scratch);
    // Added while the server runs.
    let ada = of(&web, &add(&simulator, &scratch, "ada", &[]));
    let bob_token = add(&simulator, &scratch, "bob@example.com", &[]);
    let bob = of(&web, &bob_token);
    let call = |web: &Web| web.post("/tools/get_sync_status", "{}").status;
    assert_eq!((call(&ada), call(&bob), call(&of(&web, TOKEN))), (200, 200, 200));
    assert_eq!((call(&web), call(&of(&web, "fic_wrong"))), (401, 401));
    let _ = ada.mcp(Era::Modern, "tools/call", json!({"name": "get_data_info", "arguments": {}})).result();
    let lines = command(&simulator, &scratch, &["audit", "--json"]).run().assert_code(0).stdout;
    let callers: Vec<String> = lines
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).expect("JSON")["caller"].as_str().expect("a name").to_owned()
        })
        .collect();
    assert_eq!(callers, ["ada", "bob@example.com", "token", "ada"]);
    // Neither the log nor the file has a token.
    for (path, bytes) in scratch.files() {
        assert!(!String::from_utf8_lossy(&bytes).contains(&bob_token), "{}", path.display());
    }
    // A new token takes the place of the old one, and who is removed comes in no longer.
    let renewed = add(&simulator, &scratch, "bob@example.com", &["--renew"]);
    assert_eq!((call(&bob), call(&of(&web, &renewed))), (401, 200));
    command(&simulator, &scratch, &["caller", "remove", "ada"]).run().assert_code(0);
    assert_eq!((call(&ada), call(&of(&web, &renewed))), (401, 200));
    let list = command(&simulator, &scratch, &["caller", "list", "--json"]).run().assert_code(0).json();
    assert_eq!(list["callers"].as_array().map(Vec::len), Some(1), "{list}");
}

#[test]
fn a_caller_with_a_list_of_tools_sees_and_does_nothing_else() {
    let simulator = small();
    let scratch = Scratch::new();
    let (_session, web) = serve(&simulator, &scratch);
    let few = of(&web, &add(&simulator, &scratch, "few", &["--tools", "search_conversations,get_trends"]));
    assert_eq!(tools(&few), ["search_conversations", "get_trends"]);
    let everything = of(&web, TOKEN);
    assert!(tools(&everything).len() > 2);
    // The page that answers are drawn on is a resource, of which this caller may read none.
    for (caller, led_there) in [(&everything, true), (&few, false)] {
        let list = caller.mcp(Era::Modern, "tools/list", json!({})).result();
        assert_eq!(list["tools"][0]["_meta"]["ui"].is_object(), led_there, "{}", list["tools"][0]);
    }
    let page = few.tool("search_conversations", json!({"limit": 1})).succeeded();
    let id = page["conversations"][0]["id"].as_str().expect("an id");
    let refused = few.tool("get_conversation", json!({"conversation_id": id})).refused(403);
    assert!(refused.contains("get_trends, search_conversations"), "{refused}");
    let sql = json!({"name": "query_database", "arguments": {"sql": "SELECT 1"}});
    let answer = few.mcp(Era::Modern, "tools/call", sql).result();
    assert_eq!(answer["isError"], true, "{answer}");
    assert_eq!(few.get("/export").status, 403);
    for (method, parameters) in [
        ("resources/read", json!({"uri": format!("intercom://conversation/{id}")})),
        ("prompts/get", json!({"name": "weekly_summary"})),
        (
            "completion/complete",
            json!({
                "ref": {"type": "ref/prompt", "name": "customer_history"},
                "argument": {"name": "customer", "value": ""},
            }),
        ),
    ] {
        let reply = few.mcp(Era::Modern, method, parameters).json();
        assert!(
            reply["error"]["message"].as_str().is_some_and(|words| words.contains("may not")),
            "{method}: {reply}"
        );
    }
    for (method, member) in [
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
        ("prompts/list", "prompts"),
    ] {
        let list = few.mcp(Era::Modern, method, json!({})).result();
        assert_eq!(list[member], json!([]), "{method}");
    }
    // What was refused is in the log, too.
    let lines = command(&simulator, &scratch, &["audit", "--caller", "few", "--json"]).run().stdout;
    assert_eq!(lines.matches("\"outcome\":\"not_permitted\"").count(), 6, "{lines}");
    let wrong =
        command(&simulator, &scratch, &["caller", "add", "x", "--tools", "serch"]).run().assert_code(2);
    assert!(wrong.stderr.contains("There is no tool serch"), "{}", wrong.stderr);
}

/// Readers serve callers by turns; what one may not see, no reader remembers for another.
#[test]
fn what_is_blanked_out_for_one_caller_is_there_for_another_in_the_same_moment() {
    let simulator = small();
    let scratch = Scratch::new();
    let (_session, web) = serve(&simulator, &scratch);
    let blank = of(&web, &add(&simulator, &scratch, "blank", &["--redact", "emails"]));
    let all = of(&web, TOKEN);
    let sql = json!({"sql": "SELECT customer_email FROM v_conversations"});
    let has_address = |web: &Web| {
        let found = web.tool("search_conversations", json!({"limit": 30})).succeeded();
        let rows = web.tool("query_database", sql.clone()).succeeded();
        let has = |answer: &Value| {
            let text = answer.to_string();
            (text.contains('@'), text.contains("[email"))
        };
        assert_eq!(has(&found), has(&rows), "{found}\n{rows}");
        has(&found)
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    assert_eq!(has_address(&blank), (false, true));
                    assert_eq!(has_address(&all), (true, false));
                }
            });
        }
    });
    let lines = command(&simulator, &scratch, &["audit", "--caller", "blank", "--json"]).run().stdout;
    assert_eq!(lines.matches("\"redaction\":[\"emails\"]").count(), 200);
}

#[test]
fn more_calls_than_a_caller_may_make_in_a_minute_are_429_and_other_callers_go_on() {
    let simulator = small();
    let scratch = Scratch::new();
    let (_session, web) = serve(&simulator, &scratch);
    let few = of(&web, &add(&simulator, &scratch, "few", &["--calls-per-minute", "3"]));
    // Lists are no calls.
    assert!(!tools(&few).is_empty());
    assert_eq!(few.post("/tools/get_sync_status", "{}").status, 200);
    let _ = few.mcp(Era::Modern, "tools/call", json!({"name": "get_sync_status", "arguments": {}})).result();
    assert_eq!(few.get("/export").status, 200);
    let call = json!({"name": "get_sync_status", "arguments": {}});
    let refused = [
        few.post("/tools/get_sync_status", "{}"),
        few.mcp(Era::Modern, "tools/call", call),
        few.get("/export"),
    ];
    for reply in refused {
        assert_eq!(reply.status, 429, "{}", reply.text());
        let wait: u64 = reply.header("retry-after").and_then(|text| text.parse().ok()).expect("seconds");
        assert!((1..=60).contains(&wait), "{wait}");
    }
    assert!(!tools(&few).is_empty());
    assert_eq!(of(&web, TOKEN).post("/tools/get_sync_status", "{}").status, 200);
    let lines = command(&simulator, &scratch, &["audit", "--caller", "few", "--json"]).run().stdout;
    assert_eq!(lines.lines().count(), 3, "{lines}");
}

/// With callers and no token of all, nobody comes in without one of their own, whatever becomes of
/// the file.
#[test]
fn callers_close_a_door_that_had_no_token_and_a_broken_file_does_not_open_it() {
    let simulator = small();
    let scratch = Scratch::new();
    let (session, web) = open(Server::new(&simulator).on(&scratch));
    session.wait_until_synced();
    let call = |web: &Web| web.post("/tools/get_sync_status", "{}").status;
    assert_eq!(call(&web), 200);
    let token = add(&simulator, &scratch, "ada", &[]);
    let ada = of(&web, &token);
    assert_eq!((call(&web), call(&ada)), (401, 200));
    let list = command(&simulator, &scratch, &["caller", "list", "--json"]).run().json();
    let file = std::path::PathBuf::from(list["file"].as_str().expect("a file"));
    let text = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(&file, "[caller").expect("a file");
    assert_eq!((call(&web), call(&ada)), (401, 503));
    session.wait_for_log("Nobody of it comes in");
    std::fs::write(&file, text).expect("a file");
    assert_eq!((call(&web), call(&ada)), (401, 200));
    std::fs::remove_file(&file).expect("a file");
    assert_eq!((call(&web), call(&ada)), (401, 401));
    // Nor may the component's folder have it.
    let within = scratch.database_folder().join("callers.toml");
    let refused =
        command(&simulator, &scratch, &["caller", "list"]).env("FASTINTERCOM_CALLERS_FILE", &within).run();
    assert!(refused.assert_code(2).stderr.contains("data folder"));
}
