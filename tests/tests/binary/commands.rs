//! `sync`, `call`, `tools`, `status` and `capabilities`.

use fastintercom_tests::command::Cli;
use fastintercom_tests::expected::{self, day};
use fastintercom_tests::simulator::Config;
use serde_json::json;

use super::{database, simulate, small};

#[test]
fn sync_reads_a_range_and_says_what_it_did() {
    let simulator = simulate(Config::new().conversations(100).days(40));
    let now = simulator.now();
    let cli = Cli::new(&simulator);
    let report = cli
        .clone()
        .args(["sync", "--start-date", &day(now, 20), "--end-date", &day(now, 10), "--json"])
        .run()
        .json();
    let workspace = simulator.workspace();
    let (low, high) = (day(now, 20), day(now, 10));
    let truth = expected::ids(&workspace, |c| {
        (low.as_str()..=high.as_str()).contains(&&expected::iso(c.updated_at)[..10])
    });
    drop(workspace);
    assert_eq!(report["sync_type"], "incremental");
    assert_eq!((&report["coverage_start"], &report["coverage_end"]), (&json!(low), &json!(high)));
    assert_eq!(report["total_conversations"], truth.len(), "{report}");
    assert_eq!(report["hydrated"], truth.len(), "{report}");
    assert_eq!(report["waiting"], 0);

    let again = cli.clone().args(["sync", "--start-date", &low, "--end-date", &high, "--json"]).run().json();
    assert_eq!(again["hydrated"], 0, "nothing changed: {again}");
    let rows =
        database(cli.scratch()).rows("SELECT sync_type, sync_status, total_conversations FROM sync_metadata");
    let count = truth.len().to_string();
    assert_eq!(rows, [["incremental", "completed", &count], ["incremental", "completed", &count]]);
}

#[test]
fn sync_full_reads_ninety_days_and_its_summary_is_for_people() {
    let simulator = simulate(Config::new().conversations(50).days(60));
    let cli = Cli::new(&simulator);
    let output = cli.clone().args(["sync", "--full"]).run().assert_code(0);
    assert!(output.stdout.contains("50 conversations"), "{output:?}");
    assert!(output.stdout.contains(&day(simulator.now(), 90)), "{output:?}");
    let rows = database(cli.scratch())
        .rows("SELECT sync_type, coverage_start_date, coverage_end_date FROM sync_metadata");
    assert_eq!(rows, [["full", &day(simulator.now(), 90), &day(simulator.now(), 0)]]);
}

#[test]
fn sync_without_options_reads_the_usual_days() {
    let simulator = simulate(Config::new().conversations(50).days(60));
    let report =
        Cli::new(&simulator).env("FASTINTERCOM_SYNC_DAYS", "3").args(["sync", "--json"]).run().json();
    assert_eq!(report["coverage_start"], day(simulator.now(), 3));
    assert_eq!(report["coverage_end"], day(simulator.now(), 0));
}

#[test]
fn a_failing_sync_has_its_reason_and_exit_code_1() {
    let simulator = small();
    let cli = Cli::new(&simulator).env("INTERCOM_ACCESS_TOKEN", "wrong-one");
    let output = cli.clone().args(["sync"]).run().assert_code(1);
    assert!(output.stdout.is_empty() && output.stderr.contains("refuses the access token"), "{output:?}");
    let output = cli.args(["sync", "--json"]).run().assert_code(1);
    assert!(output.stdout.contains("\"success\":false"), "{output:?}");
}

#[test]
fn call_prints_the_structured_answer() {
    let simulator = simulate(Config::new().conversations(20).days(5).plant(7, 3, "my glockenspiel"));
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync", "--days", "9"]).run().assert_code(0);
    let found =
        cli.clone().args(["call", "search_conversations", r#"{"query": "glockenspiel"}"#]).run().json();
    assert_eq!(found["total_matches"], 1);
    let output = cli.clone().args(["call", "get_conversation", r#"{"id": "1"}"#]).run().assert_code(1);
    assert!(output.stdout.contains("\"error\""), "{output:?}");
    let forced = cli.args(["call", "force_sync"]).run().json();
    assert_eq!(forced["success"], true);
}

#[test]
fn tools_status_and_capabilities_are_for_people_and_for_programs() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    let tools = cli.clone().args(["tools"]).run().assert_code(0);
    assert!(tools.stdout.lines().count() >= 8 && tools.stdout.contains("search_conversations"), "{tools:?}");
    let tools = cli.clone().args(["tools", "--json"]).run().json();
    assert!(tools.as_array().is_some_and(|list| list.iter().all(|tool| tool["inputSchema"].is_object())));

    let empty = cli.clone().args(["status", "--json"]).run().json();
    assert_eq!(empty["total_conversations"], 0, "{empty}");
    cli.clone().args(["sync", "--days", "9"]).run().assert_code(0);
    let full = cli.clone().args(["status", "--json"]).run().json();
    assert_eq!(full["total_conversations"], 30, "{full}");
    let lines = cli.clone().args(["status"]).run().assert_code(0);
    assert!(lines.stdout.contains("30 conversations"), "{lines:?}");

    let capabilities = cli.clone().args(["capabilities", "--json"]).run().json();
    assert_eq!(capabilities["network"]["origin"], simulator.base_url());
    assert_eq!(capabilities["token"], json!({"source": "INTERCOM_ACCESS_TOKEN", "inside_component": false}));
    let folder = capabilities["files"][0]["folder"].as_str().expect("a folder");
    assert!(folder.ends_with("/data"), "{folder}");
    let lines = cli.args(["capabilities"]).run().assert_code(0);
    assert!(lines.stdout.contains("POST /conversations/search"), "{lines:?}");
}
