//! `GET /export` and `fastintercom export`: everything, for programs and files.

use std::collections::BTreeMap;

use fastintercom_tests::command::Cli;
use fastintercom_tests::server::Server;
use fastintercom_tests::simulator::{Config, Simulator};
use fastintercom_tests::web::Reply;
use serde_json::Value;

use super::{TOKEN, open, simulate, synced};

fn lines(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "whole lines");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

fn ids(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["id"].as_str().expect("an id")).collect()
}

/// Ids and states of the simulated workspace's conversations, of those that meet a condition.
fn truth(
    simulator: &Simulator,
    meets: impl Fn(&fastintercom_tests::simulator::Conversation) -> bool,
) -> BTreeMap<String, String> {
    let workspace = simulator.workspace();
    workspace
        .conversations()
        .filter(|one| meets(one))
        .map(|one| (one.id.to_string(), one.state.as_str().to_owned()))
        .collect()
}

fn found(lines: &[Value]) -> BTreeMap<String, String> {
    let of = |line: &Value, name: &str| line[name].as_str().expect("a text").to_owned();
    lines.iter().map(|line| (of(line, "id"), of(line, "state"))).collect()
}

fn assert_sent_in_chunks(reply: &Reply) {
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("transfer-encoding"), Some("chunked"));
    assert_eq!(
        (reply.header("cache-control"), reply.header("x-content-type-options")),
        (Some("no-store"), Some("nosniff"))
    );
}

/// More than one stretch of 500 conversations.
#[test]
fn the_whole_workspace_comes_in_chunks_over_http_and_the_same_on_the_command_line() {
    let simulator = simulate(Config::new().conversations(1_100).days(20));
    let (session, web) = open(Server::new(&simulator).env("FASTINTERCOM_INITIAL_SYNC_DAYS", "0"));
    session.wait_until_synced();
    let reply = web.get("/export");
    assert_sent_in_chunks(&reply);
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    let all = lines(&reply.text());
    assert_eq!((all.len(), found(&all) == truth(&simulator, |_| true)), (1_100, true));
    let times: Vec<&str> = all.iter().map(|line| line["updated_at"].as_str().expect("a time")).collect();
    assert!(times.is_sorted(), "in the order of changes");

    let file = session.scratch().path().join("all.ndjson");
    let words = ["export".into(), "--output".into(), file.clone().into_os_string()];
    let output = Cli::new(&simulator).on(session.scratch()).args(words).run().assert_code(0);
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), reply.text());
    assert!(output.stdout.is_empty());
    let last = times.last().expect("a time");
    assert!(
        output.stderr.contains("1100 conversations") && output.stderr.contains(last),
        "{}",
        output.stderr
    );

    // Where that ended the next one begins: with what changed in that second, and later.
    let middle = times[600];
    let rest = web.get(&format!("/export?updated_after={}", middle.replace('+', "%2B")));
    // As instants are written here, although `+` is a blank in a query.
    assert_eq!(rest.text(), web.get(&format!("/export?updated_after={middle}")).text());
    let expected: Vec<&str> = all
        .iter()
        .filter(|line| line["updated_at"].as_str() >= Some(middle))
        .map(|line| line["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids(&lines(&rest.text())), expected);
    std::fs::write(&file, "{}\n").expect("written");
    let words = [
        "export",
        "--append",
        "--updated-after",
        middle,
        "--filter",
        "state=open",
        "--filter",
        "state=snoozed",
        "-o",
    ];
    let cli = Cli::new(&simulator).on(session.scratch()).args(words).args([file.clone()]);
    let _ = cli.run().assert_code(0);
    let written = std::fs::read_to_string(&file).expect("the file");
    let rest = lines(written.strip_prefix("{}\n").expect("appended"));
    assert!(rest.iter().all(|line| line["state"] != "closed" && line["updated_at"].as_str() >= Some(middle)));
    assert!(rest.iter().any(|line| line["state"] == "open"));
}

#[test]
fn filters_and_formats_are_parameters_and_what_is_wrong_is_said_before_anything_is_sent() {
    let simulator = simulate(Config::new().conversations(60).days(5));
    let (session, web) = synced(&simulator);
    let open = lines(&web.get("/export?state=open&include_notes=false").text());
    assert_eq!(found(&open), truth(&simulator, |one| one.state.as_str() == "open"));
    assert!(open.iter().all(|line| {
        line["messages"].as_array().is_some_and(|all| all.iter().all(|one| one["is_note"] == false))
    }));
    let page = web.get("/export?format=markdown&state=open");
    assert_sent_in_chunks(&page);
    assert_eq!(page.header("content-type"), Some("text/markdown; charset=utf-8"));
    assert_eq!(page.text().lines().filter(|line| line.starts_with("# ")).count(), open.len());
    for (query, expected) in [
        ("stat=open", "stat"),
        ("format=xml", "ndjson"),
        ("updated_after=soon", "updated_after"),
        ("tags=no-such-tag", "no-such-tag"),
    ] {
        let sentence = web.get(&format!("/export?{query}")).refused(400);
        assert!(sentence.contains(expected), "{query}: {sentence}");
    }
    assert!(web.post("/export", "{}").refused(405).contains("GET"));
    assert_eq!(lines(&web.get("/export?created_before=2001-01-01").text()).len(), 0);
    let cli = |words: &[&str]| Cli::new(&simulator).on(session.scratch()).args(words.iter().copied()).run();
    let wrong = cli(&["export", "--filter", "stat=open", "-o", "never.ndjson"]).assert_code(2);
    assert!(wrong.stderr.contains("stat"), "{}", wrong.stderr);
    let _ = cli(&["export", "--filter", "open"]).assert_code(2);
}

/// It passes the same guard as everything else.
#[test]
fn strangers_get_nothing() {
    let simulator = simulate(Config::new().conversations(5).days(2));
    let (session, web) = self::open(Server::new(&simulator).env("FASTINTERCOM_HTTP_TOKEN", TOKEN));
    session.wait_until_synced();
    let _ = web.get("/export").refused(401);
    let _ = web.clone().header("origin", "https://evil.example").get("/export").refused(403);
    let ours = web.header("authorization", &format!("Bearer {TOKEN}")).get("/export");
    assert_eq!(lines(&ours.text()).len(), 5);
}
