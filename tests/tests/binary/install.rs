//! `install` and `uninstall`: this program in the configuration of MCP clients.

use std::fs;
use std::path::{Path, PathBuf};

use fastintercom_tests::binary;
use fastintercom_tests::command::{Cli, Output};
use serde_json::{Value, json};

use super::small;

/// Each client, and its file below the home folder on Linux.
const CLIENTS: [(&str, &str); 7] = [
    ("claude-desktop", ".config/Claude/claude_desktop_config.json"),
    ("claude-code", ".claude.json"),
    ("cursor", ".cursor/mcp.json"),
    ("vscode", ".config/Code/User/mcp.json"),
    ("windsurf", ".codeium/windsurf/mcp_config.json"),
    ("gemini", ".gemini/settings.json"),
    ("codex", ".codex/config.toml"),
];

/// Without a token and without the settings that tests need elsewhere.
fn plain() -> Cli {
    Cli::new(&small()).without_token().env("INTERCOM_BASE_URL", "").env("FASTINTERCOM_INITIAL_SYNC_DAYS", "")
}

fn run(cli: &Cli, arguments: &[&str]) -> Output {
    cli.clone().args(arguments.iter().copied()).run()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Our entry in a client's file, with its command, variables and whatever else is there.
fn entry(client: &str, text: &str) -> Value {
    if client == "codex" {
        // What JSON and TOML have in common, read by the shape that `install` writes.
        let section = text.split("[mcp_servers.fastintercom]\n").nth(1).expect("our table");
        let value = |key: &str| {
            let line = section.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")));
            line.map(|value| value.trim_matches('"').to_owned())
        };
        return json!({"command": value("command"), "env": value("env")});
    }
    let key = if client == "vscode" { "servers" } else { "mcpServers" };
    let document: Value = serde_json::from_str(text).expect("JSON");
    document[key]["fastintercom"].clone()
}

/// The copy that was kept of a file, if there is one.
fn kept(file: &Path) -> Option<PathBuf> {
    let name = format!("{}.before-fastintercom-", file.file_name()?.to_str()?);
    let entries = fs::read_dir(file.parent()?).ok()?.flatten();
    entries.map(|entry| entry.path()).find(|path| {
        path.file_name().and_then(|found| found.to_str()).is_some_and(|found| found.starts_with(&name))
    })
}

fn program() -> String {
    fs::canonicalize(binary()).expect("the program").display().to_string()
}

#[test]
fn every_client_is_set_up_from_nothing_and_a_second_time_changes_nothing() {
    for (client, name) in CLIENTS {
        let cli = plain();
        let file = cli.scratch().home().join(name);
        let output = run(&cli, &["install", client]).assert_code(0);
        assert!(output.stdout.contains(&file.display().to_string()), "{client}: {output:?}");
        assert!(output.stdout.contains("Restart"), "{client}: {output:?}");
        let text = read(&file);
        assert_eq!(entry(client, &text)["command"], program(), "{client}: {text}");
        assert!(!text.contains("INTERCOM_ACCESS_TOKEN\": \"simulator"), "{client}: {text}");
        let again = run(&cli, &["install", client]).assert_code(0);
        assert!(again.stdout.contains("is set up already"), "{client}: {again:?}");
        assert_eq!(read(&file), text, "{client}");
        assert_eq!(kept(&file), None, "{client}: nothing was replaced");
    }
}

/// What stands in a client's file already, for JSON with what people add to it.
fn lived_in(client: &str) -> &'static str {
    match client {
        "codex" => "# mine\nmodel = \"o9\" # fast\n\n[mcp_servers.wiki]\ncommand = \"wiki\"\n",
        "vscode" => {
            "{\n\t// mine\n\t\"inputs\": [],\n\t\"servers\": {\n\t\t\"wiki\": {\"command\": \"wiki\"}, // keep\n\t},\n}\n"
        }
        _ => {
            "{\n    // mine\n    \"theme\": \"dark\",\n    \"mcpServers\": {\n        /* the wiki */ \"wiki\": {\"command\": \"wiki\", \"args\": [ ]}\n    },\n    \"last\": [1, 2,3]\n}\n"
        }
    }
}

#[test]
fn what_is_there_stays_a_copy_is_kept_and_removal_undoes_exactly_ours() {
    for (client, name) in CLIENTS {
        let cli = plain();
        // With a stored token no client has to be told one.
        cli.scratch().write("home/.config/fastintercom/token", "stored-token");
        let before = lived_in(client);
        let file = cli.scratch().write(&format!("home/{name}"), before);
        run(&cli, &["install", client]).assert_code(0);
        let text = read(&file);
        for piece in ["mine", "wiki"] {
            assert!(text.contains(piece), "{client}: {text}");
        }
        assert!(text.contains(&program()) && !text.contains("stored-token"), "{client}: {text}");
        let copy = kept(&file).unwrap_or_else(|| panic!("{client}: no copy is kept"));
        assert_eq!(read(&copy), before, "{client}");
        fs::remove_file(copy).expect("removed");

        let output = run(&cli, &["uninstall", client]).assert_code(0);
        assert!(output.stdout.contains("no longer starts"), "{client}: {output:?}");
        if client == "vscode" {
            // The empty list of inputs was nobody's wish.
            assert_eq!(
                read(&file).replace("\t\"inputs\": [],\n", ""),
                before.replace("\t\"inputs\": [],\n", "")
            );
        } else {
            assert_eq!(read(&file), before, "{client}");
        }
        let again = run(&cli, &["uninstall", client]).assert_code(0);
        assert!(again.stdout.contains("nothing was changed"), "{client}: {again:?}");
    }
}

#[test]
fn a_broken_file_is_refused_with_its_line_and_left_as_it_is() {
    for (client, name) in CLIENTS {
        let cli = plain();
        let (broken, line) = match client {
            "codex" => ("model = \"o9\"\n\n[mcp_servers\n", "line 3"),
            _ => ("{\n  \"mcpServers\": {},\n  \"a\" 1\n}\n", "line 3"),
        };
        let file = cli.scratch().write(&format!("home/{name}"), broken);
        for command in ["install", "uninstall"] {
            let output = run(&cli, &[command, client]).assert_code(1);
            for word in [line, name, "was left as it is"] {
                assert!(output.stderr.contains(word), "{client}: {word} is not in {output:?}");
            }
            assert_eq!(read(&file), broken, "{client}");
            assert_eq!(kept(&file), None, "{client}");
        }
        let shown = run(&cli, &["install", client, "--print"]).assert_code(0);
        assert_eq!(entry(client, &shown.stdout)["command"], program(), "{client}: {shown:?}");
    }
}

#[test]
fn settings_that_were_given_go_along_and_the_token_only_when_told() {
    let cli = plain().env("INTERCOM_ACCESS_TOKEN", "canary-token").env("FASTINTERCOM_SYNC_DAYS", "30");
    let file = cli.scratch().home().join(".cursor/mcp.json");
    let output = run(&cli, &["--region", "eu", "install", "cursor"]).assert_code(0);
    let text = read(&file);
    let ours = entry("cursor", &text);
    assert_eq!(
        (&ours["env"]["INTERCOM_REGION"], &ours["env"]["FASTINTERCOM_SYNC_DAYS"]),
        (&json!("eu"), &json!("30"))
    );
    let database = cli.scratch().database().display().to_string();
    assert_eq!(ours["env"]["FASTINTERCOM_DB_PATH"], database);
    assert!(!text.contains("canary-token") && !format!("{output:?}").contains("canary-token"));
    assert!(output.stdout.contains("fastintercom login"), "nothing is stored yet: {output:?}");

    // To be copied by hand, and without touching anything.
    let shown = run(&cli, &["install", "cursor", "--print", "--with-token"]).assert_code(0);
    assert!(shown.stderr.contains("Would be written to") && !format!("{shown:?}").contains("canary-token"));
    assert_eq!(entry("cursor", &shown.stdout)["command"], program());
    assert_eq!(read(&file), text);

    let output = run(&cli, &["install", "cursor", "--with-token"]).assert_code(0);
    assert_eq!(entry("cursor", &read(&file))["env"]["INTERCOM_ACCESS_TOKEN"], "canary-token");
    assert!(!format!("{output:?}").contains("canary-token"), "{output:?}");
    let output = run(&cli, &["install", "cursor", "--with-token"]).assert_code(0);
    assert!(!output.stdout.contains("copy"), "nothing was replaced: {output:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    }
    let removed = run(&cli, &["uninstall", "cursor"]).assert_code(0);
    assert!(removed.stdout.contains("That copy may still hold an access token"), "{removed:?}");
    let none = run(&plain(), &["install", "cursor", "--with-token"]).assert_code(2);
    assert!(none.stderr.contains("There is no access token to write"), "{none:?}");
}

#[test]
fn vs_code_asks_for_the_token_unless_one_is_stored() {
    let cli = plain();
    let file = cli.scratch().home().join(".config/Code/User/mcp.json");
    let output = run(&cli, &["install", "vscode"]).assert_code(0);
    assert!(output.stdout.contains("will ask for the access token once"), "{output:?}");
    let text = read(&file);
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["inputs"][0]["type"], "promptString");
    assert_eq!(document["inputs"][0]["password"], true);
    let reference = format!("${{input:{}}}", document["inputs"][0]["id"].as_str().expect("an id"));
    assert_eq!(entry("vscode", &text)["env"]["INTERCOM_ACCESS_TOKEN"], reference);

    cli.scratch().write("home/.config/fastintercom/token", "stored-token");
    run(&cli, &["install", "vscode"]).assert_code(0);
    let document: Value = serde_json::from_str(&read(&file)).expect("JSON");
    assert!(document["inputs"].is_null(), "{document}");
    assert!(document["servers"]["fastintercom"]["env"]["INTERCOM_ACCESS_TOKEN"].is_null(), "{document}");
}

/// The entry works: what it says is started, and a session goes through.
#[test]
fn what_a_client_is_told_starts_a_server() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    run(&cli, &["install", "claude-code", "--with-token"]).assert_code(0);
    let ours = entry("claude-code", &read(&cli.scratch().home().join(".claude.json")));
    assert_eq!((&ours["type"], &ours["args"]), (&json!("stdio"), &json!([])));
    let mut server = fastintercom_tests::server::Server::new(&simulator).on(cli.scratch()).without_token();
    for (name, value) in ours["env"].as_object().expect("variables") {
        server = server.env(name, value.as_str().expect("a text"));
    }
    assert_eq!(ours["command"], program());
    let session = server.start();
    session.wait_until_synced();
}

#[test]
fn programs_are_told_in_json_what_was_changed() {
    let cli = plain();
    let file = cli.scratch().write("home/.cursor/mcp.json", lived_in("cursor"));
    let path = file.display().to_string();
    let shown = run(&cli, &["install", "cursor", "--print", "--json"]).json();
    assert_eq!((&shown["file"], &shown["changed"]), (&json!(path), &json!(false)));
    assert_eq!(entry("cursor", shown["would_write"].as_str().expect("a text"))["command"], program());
    assert_eq!(read(&file), lived_in("cursor"));

    let told = run(&cli, &["install", "cursor", "--json"]).json();
    assert_eq!((&told["success"], &told["client"]), (&json!(true), &json!("cursor")));
    assert_eq!((&told["file"], &told["changed"]), (&json!(path), &json!(true)));
    assert_eq!(told["kept_as"], kept(&file).expect("a copy").display().to_string());
    assert!(told["notes"].to_string().contains("Restart Cursor"), "{told}");
    let again = run(&cli, &["install", "cursor", "--json"]).json();
    assert_eq!((&again["changed"], &again["kept_as"]), (&json!(false), &Value::Null));

    let told = run(&cli, &["uninstall", "cursor", "--json"]).json();
    assert_eq!((&told["file"], &told["changed"]), (&json!(path), &json!(true)));
    let again = run(&cli, &["uninstall", "cursor", "--json"]).json();
    assert_eq!((&again["success"], &again["changed"]), (&json!(true), &json!(false)));
}

#[test]
fn a_wrong_setting_and_an_unknown_client_reach_no_file() {
    let cli = plain();
    let output = run(&cli, &["--region", "mars", "install", "cursor"]).assert_code(2);
    assert!(output.stderr.contains("us, eu and au"), "{output:?}");
    assert!(!cli.scratch().home().join(".cursor").exists());
    let output = run(&cli, &["install", "emacs"]).assert_code(2);
    assert!(output.stderr.contains("claude-desktop") && output.stderr.contains("codex"), "{output:?}");
}

/// What an earlier remote entry left made Codex refuse to start, and Gemini ask the remote one.
#[test]
fn an_entry_that_leads_elsewhere_becomes_ours_wholly() {
    let cli = plain();
    let codex = cli.scratch().write(
        "home/.codex/config.toml",
        "model = \"o9\"\n\n[mcp_servers.fastintercom]\nurl = \"https://old.example/mcp\"\nbearer_token_env_var = \"T\"\n",
    );
    let gemini = cli.scratch().write(
        "home/.gemini/settings.json",
        r#"{"mcpServers": {"fastintercom": {"httpUrl": "https://old.example/mcp", "headers": {"a": "b"}, "trust": true}}}"#,
    );
    for (client, file) in [("codex", codex), ("gemini", gemini)] {
        run(&cli, &["install", client]).assert_code(0);
        let text = read(&file);
        assert!(!text.contains("old.example") && !text.contains("headers"), "{client}: {text}");
        assert!(!text.contains("bearer_token"), "{client}: {text}");
        assert!(text.contains(&program()), "{client}: {text}");
        assert!(text.contains("trust") || text.contains("model"), "{client}: {text}");
    }
}

#[test]
fn a_teams_server_is_entered_by_its_address_with_a_token_only_when_told() {
    let cli = plain().env("FASTINTERCOM_HTTP_TOKEN", "canary-of-the-team-0123456789");
    let file = cli.scratch().home().join(".cursor/mcp.json");
    run(&cli, &["install", "cursor"]).assert_code(0);
    let output = run(&cli, &["install", "cursor", "--http", "https://team.example"]).assert_code(0);
    assert!(output.stdout.contains("now asks the server at https://team.example/mcp"), "{output:?}");
    assert_eq!(entry("cursor", &read(&file)), json!({"url": "https://team.example/mcp"}));
    let again = ["install", "cursor", "--http", "https://team.example", "--with-token"];
    let output = run(&cli, &again).assert_code(0);
    assert!(!format!("{output:?}").contains("canary"), "{output:?}");
    let ours = entry("cursor", &read(&file));
    assert_eq!(ours["headers"]["Authorization"], "Bearer canary-of-the-team-0123456789");
    let open =
        run(&cli, &["install", "cursor", "--http", "http://team.example", "--with-token"]).assert_code(2);
    assert!(open.stderr.contains("only over https"), "{open:?}");
    let desktop = run(&cli, &["install", "claude-desktop", "--http", "https://team.example"]).assert_code(1);
    assert!(desktop.stderr.contains("connector"), "{desktop:?}");
}

#[test]
fn all_clients_that_are_there_are_set_up_and_one_that_fails_keeps_no_other_from_it() {
    let cli = plain();
    let nobody = run(&cli, &["install", "--all"]).assert_code(1);
    assert!(nobody.stderr.contains("No client's configuration was found"), "{nobody:?}");
    let cursor = cli.scratch().write("home/.cursor/mcp.json", lived_in("cursor"));
    let goose = cli.scratch().write("home/.config/goose/config.yaml", "GOOSE_MODEL: o9 # mine\n");
    let broken = cli.scratch().write("home/.qwen/settings.json", "{\n  \"a\" 1\n}\n");
    fs::create_dir_all(cli.scratch().home().join(".kiro/settings")).expect("a folder");
    let told = run(&cli, &["install", "--all", "--json"]).assert_code(1);
    let told: Value = serde_json::from_str(&told.stdout).expect("JSON");
    let clients = told["clients"].as_array().expect("a list");
    let names: Vec<(&str, bool)> = clients
        .iter()
        .map(|client| (client["client"].as_str().expect("a name"), client["success"] == true))
        .collect();
    assert_eq!(names, [("cursor", true), ("qwen", false), ("kiro", true), ("goose", true)]);
    assert!(read(&cursor).contains("/* the wiki */") && read(&cursor).contains(&program()));
    assert!(read(&goose).starts_with("GOOSE_MODEL: o9 # mine\nextensions:\n  fastintercom:\n"));
    assert!(read(&broken).contains("\"a\" 1"));
    let output = run(&cli, &["uninstall", "--all"]).assert_code(0);
    assert_eq!(output.stdout.matches("no longer starts").count(), 3, "{output:?}");
    assert_eq!(read(&goose), "GOOSE_MODEL: o9 # mine\n");
    run(&cli, &["install", "--all", "cursor"]).assert_code(2);
    run(&cli, &["install"]).assert_code(2);
}

/// Of the shell in which `install` ran, and perhaps not of the next.
#[test]
fn variables_of_the_surroundings_are_not_frozen_into_the_entry() {
    let cli = plain();
    let authorities = cli.scratch().write("authorities.pem", "");
    let cli = cli
        .env("SSL_CERT_FILE", authorities.display().to_string())
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .env("FASTINTERCOM_SYNC_DAYS", "30");
    run(&cli, &["install", "cursor"]);
    let text = read(&cli.scratch().home().join(".cursor/mcp.json"));
    assert!(text.contains("FASTINTERCOM_SYNC_DAYS"), "{text}");
    assert!(!text.contains("SSL_CERT_FILE") && !text.contains("PROXY"), "{text}");
}
