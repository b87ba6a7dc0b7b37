//! The audit log: who read what, of every call, and nothing missing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use fastintercom_tests::command::Cli;
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::server::{Era, Server};
use fastintercom_tests::simulator::Simulator;
use fastintercom_tests::web::Web;
use serde_json::{Value, json};

use super::{TOKEN, open, small, synced};

const CALLERS: u64 = 16;

fn cli(simulator: &Simulator, scratch: &Scratch, arguments: &[&str]) -> Cli {
    Cli::new(simulator).on(scratch).args(["audit"]).args(arguments.iter().copied())
}

fn lines(simulator: &Simulator, scratch: &Scratch, arguments: &[&str]) -> Vec<Value> {
    let printed = cli(simulator, scratch, arguments).args(["--json"]).run().assert_code(0).stdout;
    printed.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

fn verified(simulator: &Simulator, scratch: &Scratch) -> Value {
    cli(simulator, scratch, &["verify", "--json"]).run().assert_code(0).json()
}

#[test]
fn calls_of_sixteen_callers_at_once_are_as_many_lines_that_verify() {
    every_call_has_its_line(1_600);
}

/// The same for longer; `cargo nextest run --run-ignored only ten_thousand_calls`.
#[test]
#[ignore = "a minute or two"]
fn ten_thousand_calls_of_sixteen_callers_are_ten_thousand_lines_that_verify() {
    every_call_has_its_line(10_000);
}

#[expect(clippy::print_stdout, reason = "its figures")]
fn every_call_has_its_line(calls: u64) {
    let simulator = small();
    let (session, web) = synced(&simulator);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let web = web.clone();
            scope.spawn(move || {
                for call in 0..calls / CALLERS {
                    let arguments = json!({"query": format!("caller {caller} call {call}"), "limit": 1});
                    let _ = web.tool("search_conversations", arguments).succeeded();
                }
            });
        }
    });
    let took = begun.elapsed();
    let found = lines(&simulator, session.scratch(), &[]);
    let asked: std::collections::BTreeSet<&str> =
        found.iter().filter_map(|line| line["arguments"]["query"].as_str()).collect();
    assert_eq!((found.len() as u64, asked.len() as u64), (calls, calls));
    let begun = Instant::now();
    let report = verified(&simulator, session.scratch());
    assert_eq!((report["whole"].as_bool(), report["lines"].as_u64()), (Some(true), Some(calls)), "{report}");
    println!("{calls} calls in {took:?}, verified in {:?}", begun.elapsed());
}

/// What was read is found by the conversation, whichever way it was read.
#[test]
fn tools_resources_prompts_and_completions_say_what_they_disclosed() {
    let simulator = small();
    let (session, web) = open(Server::new(&simulator).env("FASTINTERCOM_HTTP_TOKEN", TOKEN));
    let web = web.header("authorization", &format!("Bearer {TOKEN}")).header("user-agent", "curl/8.5.0");
    session.wait_until_synced();
    let page = web.tool("search_conversations", json!({"limit": 5})).succeeded();
    let ids: Vec<String> = page["conversations"]
        .as_array()
        .expect("conversations")
        .iter()
        .filter(|conversation| conversation["message_count"].as_u64() > Some(0))
        .map(|conversation| conversation["id"].as_str().expect("an id").to_owned())
        .collect();
    let (first, second) = (ids[0].as_str(), ids[1].as_str());
    let _ = web.tool("get_conversation", json!({"conversation_id": first})).succeeded();
    let sql = format!("SELECT conversation_id, body FROM v_messages WHERE conversation_id = '{first}'");
    let rows = web.tool("query_database", json!({"sql": sql})).succeeded()["rows"].as_array().map(Vec::len);
    let uri = format!("intercom://conversation/{first}");
    let _ = web.mcp(Era::Modern, "resources/read", json!({"uri": uri})).result();
    let reference = json!({"type": "ref/resource", "uri": "intercom://conversation/{id}"});
    let complete = json!({"ref": reference, "argument": {"name": "id", "value": first}});
    let _ = web.mcp(Era::Modern, "completion/complete", complete).result();
    let _ = web.mcp(Era::Modern, "prompts/get", json!({"name": "weekly_summary"})).result();
    assert_eq!(web.get("/export?format=markdown").status, 200);
    let _ = web.tool("get_conversation", json!({"conversation_id": "1"})).refused(422);

    let read = lines(&simulator, session.scratch(), &["--who-read", first]);
    let names: Vec<&str> = read.iter().map(|line| line["name"].as_str().expect("a name")).collect();
    let expected = [
        "search_conversations",
        "get_conversation",
        "query_database",
        uri.as_str(),
        "intercom://conversation/{id}",
        "export",
    ];
    assert_eq!(names, expected, "{read:#?}");
    for line in &read {
        assert_eq!((&line["caller"], &line["outcome"]), (&json!("token"), &json!("ok")), "{line}");
        assert!(line["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{line}");
    }
    assert_eq!(read[0]["client"], json!({"name": "curl", "version": "8.5.0"}));
    assert_ne!(read[3]["client"]["name"], "curl", "a client of MCP says its name itself: {}", read[3]);
    assert!(read[0]["contacts"].as_array().is_some_and(|contacts| !contacts.is_empty()), "{}", read[0]);
    assert_eq!(read[2]["rows"].as_u64(), rows.map(|rows| rows as u64));
    assert_eq!(read[1]["arguments"], json!({"conversation_id": first}));
    assert_eq!(lines(&simulator, session.scratch(), &["--who-read", second]).len(), 2);
    let export = read.last().expect("lines");
    assert_eq!(
        (&export["operation"], &export["arguments"]),
        (&json!("export"), &json!({"format": "markdown"}))
    );
    assert_eq!(export["conversations"].as_array().map(Vec::len), Some(30), "{export}");
    let all = lines(&simulator, session.scratch(), &["--caller", "token"]);
    assert!(all.iter().any(|line| line["operation"] == "prompts/get"), "{all:#?}");
    assert_eq!(all.last().expect("lines")["outcome"], "failed");
    assert!(lines(&simulator, session.scratch(), &["--since", "2999-01-01"]).is_empty());
    // For people, a line each.
    let printed = cli(&simulator, session.scratch(), &["--who-read", first]).run().assert_code(0).stdout;
    assert_eq!(printed.lines().count(), expected.len(), "{printed}");
    let log =
        session.scratch().files().into_iter().filter(|(path, _)| path.ends_with("audit-00000001.jsonl"));
    for (path, bytes) in log {
        assert!(!path.starts_with(session.scratch().database_folder()));
        assert!(!String::from_utf8_lossy(&bytes).contains(TOKEN), "the token is in no line");
    }
}

/// Every answer that left has its line, whenever the server is killed.
#[test]
fn a_killed_server_leaves_a_log_that_verifies_with_every_answer_in_it() {
    let simulator = small();
    let scratch = Scratch::new();
    let answered = AtomicU64::new(0);
    for round in 1..=5 {
        let server = Server::new(&simulator).on(&scratch);
        let (session, web) = open(server);
        web.wait_until_ready();
        let before = answered.load(Ordering::SeqCst);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let web = web.clone();
                scope.spawn(|| ask_until_it_is_gone(web, &answered));
            }
            // In the middle of the work: so many answers after the start.
            while answered.load(Ordering::SeqCst) < before + 20 * round {
                std::thread::yield_now();
            }
            session.kill();
        });
        let report = verified(&simulator, &scratch);
        assert_eq!(report["whole"], true, "{report}");
        let lines = report["lines"].as_u64().expect("a number");
        assert!(lines >= answered.load(Ordering::SeqCst), "{lines} lines, {answered:?} answers");
    }
}

fn ask_until_it_is_gone(web: Web, answered: &AtomicU64) {
    while web.try_post("/tools/get_sync_status", "{}").is_ok_and(|reply| reply.status == 200) {
        answered.fetch_add(1, Ordering::SeqCst);
    }
}

/// A disk that is full stops calls, or lets them go on: as it is set, and the log of the server says
/// which.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_never_passed_over_in_silence() {
    let simulator = small();
    for (setting, status) in [("refuse", 503), ("unlogged", 200)] {
        let scratch = Scratch::new();
        let folder = scratch.write("log/nothing", "").with_file_name("audit");
        std::fs::create_dir(&folder).expect("a folder");
        std::os::unix::fs::symlink("/dev/full", folder.join("audit-00000001.jsonl")).expect("a link");
        let server = Server::new(&simulator).on(&scratch);
        let (session, web) =
            open(server.env("FASTINTERCOM_AUDIT_FOLDER", &folder).env("FASTINTERCOM_AUDIT_FULL", setting));
        web.wait_until_ready();
        let reply = web.post("/tools/get_sync_status", "{}");
        assert_eq!(reply.status, status, "{}", reply.text());
        if status != 200 {
            assert!(reply.text().contains("FASTINTERCOM_AUDIT_FULL"), "{}", reply.text());
        }
        session.wait_for_log("the audit log cannot be written");
    }
}

#[test]
fn over_standard_input_it_is_kept_when_it_is_set_and_never_in_the_data_folder() {
    let simulator = small();
    let silent = Server::new(&simulator).start();
    silent.call_tool("get_data_info", json!({})).succeeded();
    let none = cli(&simulator, silent.scratch(), &[]).run().assert_code(1).stderr;
    assert!(none.contains("no audit log"), "{none}");
    let session = Server::new(&simulator).env("FASTINTERCOM_AUDIT", "on").start();
    session.call_tool("get_data_info", json!({})).succeeded();
    let found = lines(&simulator, session.scratch(), &[]);
    assert_eq!((found.len(), &found[0]["caller"]), (1, &json!("stdio")));
    assert!(found[0]["client"]["name"].is_string(), "{}", found[0]);
    let within = Cli::new(&simulator);
    let folder = within.scratch().database_folder().join("audit");
    let refused =
        within.args(["tools"]).env("FASTINTERCOM_AUDIT_FOLDER", &folder).run().assert_code(2).stderr;
    assert!(refused.contains("data folder"), "{refused}");
}

/// What a person reads at a terminal is read, too. `status`, `tools` and `doctor` show nothing of
/// customers, and have no line.
#[test]
fn commands_that_read_have_their_lines_where_it_is_set() {
    let simulator = small();
    let scratch = Scratch::new();
    let command = |arguments: &[&str]| {
        let command = Cli::new(&simulator).on(&scratch).env("FASTINTERCOM_AUDIT", "on");
        command.args(arguments.iter().copied()).run().assert_code(0).stdout
    };
    command(&["sync"]);
    let page: Value =
        serde_json::from_str(&command(&["call", "search_conversations", r#"{"limit": 1}"#])).expect("JSON");
    let id = page["conversations"][0]["id"].as_str().expect("an id");
    command(&["search", "--limit", "100"]);
    command(&["search", "--limit", "100", "--json"]);
    command(&["show", id]);
    command(&["show", id, "--json"]);
    command(&["export"]);
    command(&["report", "--output", "-"]);
    for silent in ["status", "tools"] {
        command(&[silent]);
    }
    let all = lines(&simulator, &scratch, &[]);
    let names: Vec<&str> = all.iter().map(|line| line["name"].as_str().expect("a name")).collect();
    let expected = ["search_conversations", "search", "search", "show", "show", "export", "report"];
    assert_eq!(names, expected, "{all:#?}");
    for line in &all {
        assert_eq!((&line["caller"], &line["outcome"]), (&json!("terminal"), &json!("ok")), "{line}");
    }
    // A report has figures, and names nobody.
    assert_eq!(lines(&simulator, &scratch, &["--who-read", id]).len(), expected.len() - 1);
}
