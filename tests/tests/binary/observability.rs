//! What the program tells of its work: log lines, counters, traces.

use fastintercom_tests::collector::Collector;
use fastintercom_tests::command::Cli;
use fastintercom_tests::server::{Era, Server, Stop};
use fastintercom_tests::simulator::Config;
use serde_json::{Value, json};

use super::{simulate, small};

/// The line about a call, and those of the component in it, have the number of the call.
#[test]
fn log_lines_are_json_and_know_their_call() {
    let simulator = small();
    let session = Server::new(&simulator)
        .env("FASTINTERCOM_LOG_FORMAT", "json")
        .env("FASTINTERCOM_LOG", "debug")
        .start();
    session.wait_until_synced();
    session.call_tool("force_sync", json!({})).succeeded();
    session.call_tool("search_conversations", json!({"limit": "many"})).failed();
    let log = session.stop_by(Stop::CloseStdin).assert_clean().log;
    let lines: Vec<Value> = log
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    let called: Vec<&Value> =
        lines.iter().filter(|line| line["fields"]["message"] == "tool called").collect();
    assert_eq!(called.len(), 2, "{called:?}");
    for (line, tool, outcome) in
        [(called[0], "force_sync", "ok"), (called[1], "search_conversations", "invalid_arguments")]
    {
        assert_eq!(
            (&line["span"]["tool"], &line["fields"]["outcome"]),
            (&json!(tool), &json!(outcome)),
            "{line}"
        );
        assert!(line["fields"]["milliseconds"].as_f64().is_some_and(|time| time > 0.0), "{line}");
        assert!(line["fields"]["bytes"].as_u64().is_some_and(|bytes| bytes > 20), "{line}");
    }
    let request = &called[0]["span"]["request"];
    assert_ne!(request, &called[1]["span"]["request"]);
    let of_call = |line: &&Value| {
        line["spans"].as_array().into_iter().flatten().any(|span| &span["request"] == request)
    };
    let inside: Vec<&Value> =
        lines.iter().filter(of_call).filter(|line| line["target"] == "fastintercom::component").collect();
    assert!(
        inside.iter().any(|line| line["fields"]["message"]
            .as_str()
            .is_some_and(|text| text.contains("sync starting"))),
        "the component's own lines: {inside:?}"
    );
}

#[test]
fn the_status_resource_counts_what_the_server_did() {
    let simulator = simulate(Config::new().conversations(30).days(5));
    let session = Server::new(&simulator).start();
    session.wait_until_synced();
    for _ in 0..3 {
        session.call_tool("get_data_info", json!({})).succeeded();
    }
    session.call_tool("get_conversation", json!({"id": "1"})).failed();
    let _ = session.request("tools/call", json!({"name": "no_such_tool", "arguments": {}}));
    let read = session.request("resources/read", json!({"uri": "intercom://status"})).expect("an answer");
    let text = read["contents"][0]["text"].as_str().expect("a text");
    let status: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(status["total_conversations"], 30);
    let process = &status["process"];
    assert_eq!((&process["calls"], &process["errors"]), (&json!(5), &json!(2)), "{process}");
    let tool = &process["tools"]["get_data_info"];
    assert_eq!((&tool["calls"], &tool["errors"]), (&json!(3), &json!(0)), "{process}");
    assert!(tool["median_ms"].as_f64().is_some_and(|time| time > 0.0), "{process}");
    assert!(process["tools"].get("no_such_tool").is_none(), "names come from outside: {process}");
    assert_eq!(process["syncs"], json!({"completed": 1, "failed": 0, "skipped": 0}));
    let sent = simulator.log().len();
    assert_eq!(process["requests"], json!({"sent": sent, "failed": 0, "rate_limited": 0}));
}

#[test]
fn the_status_command_counts_what_all_syncs_did() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    let first = cli.clone().args(["sync", "--json"]).run().json();
    let second = cli.clone().args(["sync", "--json"]).run().json();
    let status = cli.args(["status", "--json"]).run().json();
    let calls =
        [&first, &second].map(|report| report["api_calls"].as_u64().expect("a count")).iter().sum::<u64>();
    assert_eq!(
        status["activity"],
        json!({"syncs_completed": 2, "syncs_failed": 0, "requests_sent": calls, "rate_limited": 0})
    );
}

/// A span a call and a histogram, and nothing of what was asked or answered.
#[test]
fn a_collector_is_told_of_calls_and_of_nothing_else() {
    for era in Era::BOTH {
        let simulator = simulate(Config::new().conversations(20).days(5).plant(3, 1, "my glockenspiel"));
        let collector = Collector::start().expect("a collector on loopback");
        let session = Server::new(&simulator)
            .speaking(era)
            .env("FASTINTERCOM_OTLP_ENDPOINT", collector.endpoint())
            .start();
        session.wait_until_synced();
        let parameters = json!({
            "name": "search_conversations",
            "arguments": {"query": "glockenspiel"},
            "_meta": {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"},
        });
        let answer = session.request("tools/call", parameters).expect("an answer");
        let found = &answer["structuredContent"]["conversations"][0];
        let secrets = [
            found["id"].as_str().expect("an id").to_owned(),
            found["customer_name"].as_str().unwrap_or("glockenspiel").to_owned(),
            "glockenspiel".to_owned(),
            simulator.token().to_owned(),
            "made_up_name".to_owned(),
        ];
        session.call_tool("get_conversation", json!({"id": "1"})).failed();
        let _ = session.request("tools/call", json!({"name": "made_up_name", "arguments": {}}));
        session.stop_by(Stop::CloseStdin).assert_clean();

        let told = collector.messages("/v1/traces");
        let spans: Vec<&Value> = told
            .iter()
            .flat_map(|message| message["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array())
            .flatten()
            .collect();
        assert_eq!(spans.len(), 3, "{era:?}: {told:?}");
        let attribute = |span: &Value, key: &str| {
            let attributes = span["attributes"].as_array().expect("attributes");
            let found = attributes.iter().find(|attribute| attribute["key"] == key)?;
            found["value"]["stringValue"].as_str().map(str::to_owned)
        };
        assert_eq!(spans[0]["name"], "tools/call search_conversations");
        assert_eq!(spans[0]["traceId"], "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(spans[0]["parentSpanId"], "00f067aa0ba902b7");
        let version = if era == Era::Modern { "2026-07-28" } else { "2025-11-25" };
        assert_eq!(attribute(spans[0], "mcp.protocol.version").as_deref(), Some(version));
        assert_eq!(attribute(spans[0], "error.type"), None);
        assert_eq!(attribute(spans[1], "error.type").as_deref(), Some("tool_error"));
        assert_eq!(spans[2]["name"], "tools/call", "a made-up name could be anything");
        let metrics = collector.messages("/v1/metrics");
        let points = &metrics.last().expect("metrics")["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]
            ["histogram"]["dataPoints"];
        assert_eq!(points.as_array().map(Vec::len), Some(3), "{points}");
        let everything = collector.everything();
        for secret in secrets {
            assert!(!everything.contains(&secret), "{secret} in {everything}");
        }
    }
}

/// A collector that is gone costs a line in the log, and the end no time.
#[test]
fn a_collector_that_is_gone_changes_nothing() {
    let simulator = small();
    let session = Server::new(&simulator).env("FASTINTERCOM_OTLP_ENDPOINT", "http://127.0.0.1:9").start();
    session.wait_until_synced();
    session.call_tool("get_data_info", json!({})).succeeded();
    let log = session.stop_by(Stop::CloseStdin).assert_clean().log;
    assert!(log.iter().any(|line| line.contains("FASTINTERCOM_OTLP_ENDPOINT gets nothing")), "{log:?}");
    let wrong =
        Cli::new(&simulator).env("FASTINTERCOM_OTLP_ENDPOINT", "collector:4318").args(["status"]).run();
    assert!(wrong.assert_code(2).stderr.contains("FASTINTERCOM_OTLP_ENDPOINT"));
}
