//! `doctor`: each line, well and not, and what it says to do.

use std::fs;

use fastintercom_tests::command::Cli;
use fastintercom_tests::simulator::{Endpoint, Fault, Rule, Simulator};
use serde_json::Value;

use super::small;

const NAMES: [&str; 15] = [
    "settings",
    "network",
    "token",
    "permissions",
    "clock",
    "certificates",
    "proxy",
    "folder",
    "file",
    "locks",
    "servers",
    "space",
    "content",
    "freshness",
    "component",
];

/// What the doctor found, and its exit code.
fn examine(cli: &Cli) -> (Value, Option<i32>) {
    let output = cli.clone().args(["doctor", "--json"]).run();
    let found = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (found, output.code)
}

/// State and message of a finding.
fn finding<'a>(found: &'a Value, name: &str) -> (&'a str, &'a str) {
    let check = found["checks"].as_array().into_iter().flatten().find(|check| check["name"] == name);
    let check = check.unwrap_or_else(|| panic!("no {name} in {found:#}"));
    (check["state"].as_str().expect("a state"), check["message"].as_str().expect("a message"))
}

/// The doctor finds that one thing wrong, says so with those words, and ends with 1.
fn assert_wrong(cli: &Cli, name: &str, words: &[&str]) -> Value {
    let (found, code) = examine(cli);
    let (state, message) = finding(&found, name);
    assert_eq!((state, code, &found["ok"]), ("wrong", Some(1), &Value::Bool(false)), "{name}: {found:#}");
    for word in words {
        assert!(message.contains(word), "{name}: {word} is not in: {message}");
    }
    found
}

fn synced(simulator: &Simulator) -> Cli {
    let cli = Cli::new(simulator);
    cli.clone().args(["sync", "--days", "9"]).run().assert_code(0);
    cli
}

#[test]
fn where_all_is_well_every_line_says_so() {
    let simulator = small();
    let cli = synced(&simulator);
    let (found, code) = examine(&cli);
    assert_eq!((code, &found["ok"]), (Some(0), &Value::Bool(true)), "{found:#}");
    for name in NAMES.into_iter().chain(["cache", "clients"]) {
        assert_eq!(finding(&found, name).0, "ok", "{name}: {found:#}");
    }
    assert!(finding(&found, "token").1.contains("Acme Support (sim00001), region us"), "{found:#}");
    assert!(finding(&found, "component").1.contains("sha256 "), "{found:#}");
    let output = cli.args(["doctor"]).run().assert_code(0);
    assert!(output.stdout.lines().all(|line| line.starts_with("ok ")), "{output:?}");
    assert!(!format!("{output:?}{found}").contains(simulator.token()), "{output:?}");
}

#[test]
fn a_wrong_setting_is_a_line_and_not_the_end() {
    let cli = Cli::new(&small()).env("FASTINTERCOM_SYNC_DAYS", "0");
    let found = assert_wrong(&cli, "settings", &["FASTINTERCOM_SYNC_DAYS", "from 1 to"]);
    assert_eq!(finding(&found, "clients").0, "ok", "what needs no setting is looked at: {found:#}");
}

#[test]
fn without_a_token_and_without_a_network_the_rest_is_looked_at() {
    let simulator = small();
    let cli = synced(&simulator);
    let found = assert_wrong(&cli.clone().without_token(), "token", &["fastintercom login"]);
    for name in ["network", "permissions", "clock"] {
        assert_eq!(finding(&found, name).0, "skipped", "{found:#}");
    }
    assert_eq!(finding(&found, "content").0, "ok", "{found:#}");
    drop(simulator);
    let found = assert_wrong(&cli, "network", &["could not be reached", "Check the network"]);
    for name in ["token", "permissions", "clock"] {
        assert_eq!(finding(&found, name).0, "skipped", "{found:#}");
    }
    assert_eq!((finding(&found, "content").0, finding(&found, "freshness").0), ("ok", "ok"), "{found:#}");
}

#[test]
fn a_token_that_is_refused_and_one_that_others_can_read_are_told() {
    let simulator = small();
    let wrong = synced(&simulator).env("INTERCOM_ACCESS_TOKEN", "canary-token");
    let found = assert_wrong(&wrong, "token", &["refuses the access token", "INTERCOM_ACCESS_TOKEN"]);
    assert_eq!(finding(&found, "network").0, "ok", "{found:#}");
    assert!(!found.to_string().contains("canary-token"), "{found:#}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let cli = synced(&simulator).without_token();
        let file = cli.scratch().write("home/token", simulator.token());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("opened");
        let cli = cli.env("INTERCOM_ACCESS_TOKEN_FILE", &file);
        assert_wrong(&cli, "token", &["chmod 600", &file.display().to_string()]);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("closed");
        assert_eq!(examine(&cli).1, Some(0));
    }
}

#[test]
fn a_missing_permission_names_what_is_lost() {
    let simulator = small();
    let cli = synced(&simulator);
    for (endpoint, permission) in
        [(Endpoint::Admins, "Read admins"), (Endpoint::Search, "Read conversations")]
    {
        simulator.add_fault(Rule::new(Fault::MissingScope { status: 403 }).on(endpoint));
        assert_wrong(&cli, "permissions", &[permission, "Developer Hub"]);
        simulator.clear_faults();
    }
}

#[test]
fn a_clock_that_is_off_is_told() {
    let simulator = small();
    let cli = synced(&simulator);
    simulator.advance(7_200);
    assert_wrong(&cli, "clock", &["120 minutes behind Intercom's", "set-ntp"]);
}

#[test]
fn certificates_that_cannot_be_used_are_told_and_the_rest_looked_at() {
    let simulator = small();
    let cli = synced(&simulator);
    let missing = cli.clone().env("SSL_CERT_FILE", "/nonexistent.pem");
    let found = assert_wrong(&missing, "certificates", &["/nonexistent.pem", "cannot be read"]);
    assert_eq!((finding(&found, "file").0, finding(&found, "others").0), ("ok", "skipped"), "{found:#}");
    let empty = cli.scratch().write("home/empty.pem", "nothing");
    assert_wrong(&cli.env("SSL_CERT_FILE", empty), "certificates", &["holds no", "empty.pem"]);
}

#[test]
fn a_proxy_that_is_down_is_told_without_its_password() {
    let closed =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
    let cli = synced(&small())
        .env("INTERCOM_BASE_URL", "https://api.example.test")
        .env("HTTPS_PROXY", format!("http://agent:pa55word@{closed}"));
    let found = assert_wrong(&cli, "proxy", &[&closed.to_string(), "HTTPS_PROXY", "NO_PROXY"]);
    assert_eq!(finding(&found, "network").0, "wrong", "{found:#}");
    assert!(!found.to_string().contains("pa55word"), "{found:#}");
    let (around, _) = examine(&cli.env("NO_PROXY", "api.example.test"));
    assert_eq!(finding(&around, "proxy").0, "ok", "{around:#}");
}

#[test]
fn a_sync_that_failed_is_told_with_its_reason() {
    let simulator = small();
    let cli = synced(&simulator);
    simulator.add_fault(Rule::new(Fault::MissingScope { status: 403 }).on(Endpoint::Search));
    cli.clone().args(["sync", "--days", "9"]).run().assert_code(1);
    simulator.clear_faults();
    assert_wrong(&cli, "freshness", &["The newest sync failed", "Read conversations"]);
}

#[test]
fn a_component_that_is_none_and_a_cache_that_cannot_be_used_are_told() {
    let simulator = small();
    let cli = synced(&simulator);
    let file = cli.scratch().write("home/not.wasm", "nothing of the kind");
    assert_wrong(&cli.clone().env("FASTINTERCOM_COMPONENT_FILE", &file), "content", &["cannot be compiled"]);
    let cache = cli.env("FASTINTERCOM_CACHE_DIR", &file);
    assert_wrong(&cache, "cache", &["not.wasm", "FASTINTERCOM_CACHE_DIR"]);
}

#[test]
fn clients_that_start_nothing_and_files_that_they_cannot_read_are_told() {
    let simulator = small();
    let cli = synced(&simulator);
    cli.clone().args(["install", "cursor"]).run().assert_code(0);
    cli.clone().args(["install", "codex"]).run().assert_code(0);
    let (found, _) = examine(&cli);
    assert_eq!(finding(&found, "clients"), ("ok", "Cursor, Codex can start this server"), "{found:#}");

    let file = cli.scratch().home().join(".cursor/mcp.json");
    let text = fs::read_to_string(&file).expect("there");
    let program = fs::canonicalize(fastintercom_tests::binary()).expect("the program").display().to_string();
    fs::write(&file, text.replace(&program, "/gone/fastintercom")).expect("written");
    assert_wrong(&cli, "clients", &["Cursor starts /gone/fastintercom", "fastintercom install cursor"]);
    fs::write(&file, "{\n  \"a\" 1\n}").expect("written");
    assert_wrong(&cli, "clients", &["mcp.json", "line 2", "fix that file"]);
}
