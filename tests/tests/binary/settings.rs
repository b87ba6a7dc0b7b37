//! Where settings come from, and what is said of wrong ones.

use fastintercom_tests::command::Cli;
use fastintercom_tests::server::Server;

use super::small;

/// Variable, value, and words that the error must have.
const WRONG: &[(&str, &str, &[&str])] = &[
    ("INTERCOM_REGION", "mars", &["us, eu and au"]),
    ("INTERCOM_BASE_URL", "ftp://127.0.0.1", &["https"]),
    ("INTERCOM_BASE_URL", "http://api.intercom.io", &["loopback"]),
    ("INTERCOM_BASE_URL", "https://somebody@api.intercom.io", &["user name"]),
    ("INTERCOM_BASE_URL", "https://api.intercom.io/v2", &["path"]),
    ("INTERCOM_BASE_URL", "api.intercom.io", &["https"]),
    ("INTERCOM_API_VERSION", "latest", &["2.16"]),
    ("INTERCOM_ACCESS_TOKEN_FILE", "/nonexistent/token", &["cannot be read"]),
    ("FASTINTERCOM_SYNC_INTERVAL_MINUTES", "0", &["from 1 to"]),
    ("FASTINTERCOM_SYNC_INTERVAL_MINUTES", "-5", &["from 1 to"]),
    ("FASTINTERCOM_SYNC_INTERVAL_MINUTES", "ten", &["whole numbers"]),
    ("FASTINTERCOM_SYNC_INTERVAL_MINUTES", "1.5", &["whole numbers"]),
    ("FASTINTERCOM_BACKGROUND_SYNC_INTERVAL", "never", &["whole numbers"]),
    ("FASTINTERCOM_SYNC_DAYS", "0", &["from 1 to"]),
    ("FASTINTERCOM_SYNC_DAYS", "99999999999999999999", &["whole numbers"]),
    ("FASTINTERCOM_INITIAL_SYNC_DAYS", "all", &["from 0 to"]),
    ("FASTINTERCOM_LOG", "loud", &["error, warn, info"]),
    ("FASTINTERCOM_LOG_FORMAT", "xml", &["text and json"]),
    ("FASTINTERCOM_TIMEZONE", "Mars; DROP TABLE", &["Europe/Berlin"]),
    ("FASTINTERCOM_REDACT", "emails,everything", &["phones"]),
    ("FASTINTERCOM_RETENTION_DAYS", "0", &["from 1 to"]),
    ("FASTINTERCOM_MAX_IN_FLIGHT", "0", &["from 1 to"]),
    ("FASTINTERCOM_OVERLAP_SECONDS", "-1", &["from 0 to"]),
    ("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "0", &["from 1 to"]),
    ("FASTINTERCOM_SYNC_STALL_SECONDS", "1", &["from 10 to"]),
    ("FASTINTERCOM_MEMORY_MB", "1", &["from 32 to"]),
    ("FASTINTERCOM_MEMORY_TOTAL_MB", "1", &["from 64 to"]),
    ("FASTINTERCOM_READERS", "0", &["from 1 to"]),
    ("SSL_CERT_FILE", "/nonexistent.pem", &["cannot be read"]),
    ("FASTINTERCOM_COMPONENT_FILE", "/nonexistent.wasm", &["/nonexistent.wasm"]),
    ("FASTINTERCOM_DB_PATH", "/", &["folder"]),
    ("FASTINTERCOM_DB_PATH", "~", &["folder"]),
    ("FASTINTERCOM_DB_PATH", "~/data.db", &["home folder", "~/.fastintercom"]),
    ("FASTINTERCOM_DB_PATH", "~/.config/data.db", &["configuration"]),
    ("FASTINTERCOM_DB_PATH", "/dev/null/data.db", &["cannot be"]),
];

#[test]
fn a_wrong_value_names_the_variable_the_value_and_what_is_allowed() {
    let simulator = small();
    for (variable, value, words) in WRONG {
        let mut cli = Cli::new(&simulator).env(variable, value);
        if *variable == "INTERCOM_REGION" {
            cli = cli.env("INTERCOM_BASE_URL", "");
        }
        if *variable == "INTERCOM_ACCESS_TOKEN_FILE" {
            cli = cli.without_token();
        }
        for arguments in [&["tools"][..], &["serve"]] {
            let output = cli.clone().args(arguments.iter().copied()).run();
            assert_eq!(output.code, Some(2), "{variable}={value}: {output:?}");
            assert!(output.stdout.is_empty(), "{variable}={value}: {output:?}");
            assert!(output.stderr.contains(variable), "{variable}={value}: {output:?}");
            let shown = value.trim_start_matches('~');
            assert!(output.stderr.contains(shown), "{variable}={value}: {output:?}");
            for word in *words {
                assert!(output.stderr.contains(word), "{variable}={value}: {word} is not in {output:?}");
            }
        }
    }
}

#[test]
fn a_wrong_flag_is_named_as_it_was_typed() {
    let simulator = small();
    for (arguments, words) in [
        (&["--region", "mars", "tools"][..], &["--region", "mars", "us, eu and au"][..]),
        (&["--sync-days", "x", "tools"], &["--sync-days", "x", "from 1 to"]),
        (&["--sync-interval-minutes", "0", "tools"], &["--sync-interval-minutes", "0"]),
        (&["--initial-sync-days", "all", "tools"], &["--initial-sync-days", "all", "from 0 to"]),
        // A number below zero is a wrong value, and no unknown flag.
        (&["--initial-sync-days", "-1", "tools"], &["--initial-sync-days", "\"-1\"", "from 0 to"]),
        (&["--sync-days", "-1", "tools"], &["--sync-days", "\"-1\"", "from 1 to"]),
        (&["--sync-interval-minutes", "-1", "tools"], &["--sync-interval-minutes", "\"-1\"", "from 1 to"]),
        (&["--base-url", "gopher://x", "tools"], &["--base-url", "gopher"]),
        (&["--log", "loud", "tools"], &["--log", "loud"]),
        (&["--log-format", "xml", "tools"], &["--log-format", "xml"]),
        (&["--database", "/", "tools"], &["--database", "folder"]),
        (&["--token-file", "/nonexistent/token", "tools"], &["--token-file", "/nonexistent/token"]),
        (&["--component", "/nonexistent.wasm", "tools"], &["--component", "/nonexistent.wasm"]),
        (&["--config", "/nonexistent.toml", "tools"], &["/nonexistent.toml"]),
        (&["--colour", "tools"], &["--colour"]),
        (&["sink"], &["sink"]),
        (&["sync", "--days", "0"], &["--days", "0"]),
        (&["sync", "--days", "many"], &["--days", "many"]),
        (&["sync", "--days", "3", "--start-date", "2026-01-01"], &["--start-date"]),
        (&["sync", "--end-date", "2026-01-01"], &["--start-date"]),
        (&["sync", "--start-date", "yesterday"], &["yesterday", "YYYY-MM-DD"]),
        (&["sync", "--start-date", "2026-02-30"], &["2026-02-30"]),
        (&["sync", "--start-date", "2026-03-02", "--end-date", "2026-03-01"], &["after"]),
        (&["sync", "--start-date", "2999-01-01"], &["future"]),
        (&["call"], &["TOOL"]),
        (&["call", "get_data_info", "not json"], &["JSON object"]),
        (&["call", "get_data_info", "[]"], &["JSON object"]),
        (&["call", "get_date_info"], &["get_data_info"]),
        (&["call", "check_coverage", "{}"], &["start_date"]),
    ] {
        let output = Cli::new(&simulator)
            .env("INTERCOM_BASE_URL", base_url(&simulator, arguments))
            .env("INTERCOM_ACCESS_TOKEN", token(&simulator, arguments))
            .args(arguments.iter().copied())
            .run();
        assert_eq!(output.code, Some(2), "{arguments:?}: {output:?}");
        for word in words {
            assert!(output.stderr.contains(word), "{arguments:?}: {word} is not in {output:?}");
        }
    }
}

/// A token file counts only where the environment has no token.
fn token(simulator: &fastintercom_tests::simulator::Simulator, arguments: &[&str]) -> String {
    if arguments.contains(&"--token-file") { String::new() } else { simulator.token().to_owned() }
}

/// The region counts only where no address is given.
fn base_url(simulator: &fastintercom_tests::simulator::Simulator, arguments: &[&str]) -> String {
    if arguments.contains(&"--region") { String::new() } else { simulator.base_url() }
}

fn origin(cli: Cli) -> String {
    cli.args(["capabilities", "--json"]).run().json()["network"]["origin"]
        .as_str()
        .expect("a text")
        .to_owned()
}

#[test]
fn flags_beat_the_environment_which_beats_the_file_which_beats_the_defaults() {
    let simulator = small();
    let plain = Cli::new(&simulator).env("INTERCOM_BASE_URL", "");
    assert_eq!(origin(plain.clone()), "https://api.intercom.io");
    plain.scratch().write("home/.config/fastintercom/config.toml", "region = \"eu\"\nsync_days = 3\n");
    assert_eq!(origin(plain.clone()), "https://api.eu.intercom.io");
    let with_variable = plain.clone().env("INTERCOM_REGION", "AU");
    assert_eq!(origin(with_variable.clone()), "https://api.au.intercom.io");
    assert_eq!(origin(with_variable.clone().args(["--region", "us"])), "https://api.intercom.io");
    let other = plain.scratch().write("other.toml", "region = \"au\"\n");
    let named = other.to_str().expect("a text").to_owned();
    assert_eq!(origin(plain.args(["--config".to_owned(), named])), "https://api.au.intercom.io");
}

#[test]
fn a_configuration_file_that_is_wrong_is_named() {
    let simulator = small();
    let cli = Cli::new(&simulator).args(["tools"]);
    for (content, words) in [
        ("sync_days = 0", &["sync_days", "config.toml", "from 1 to"][..]),
        ("sync_dayz = 3", &["sync_dayz", "sync_days"]),
        ("access_token = \"secret-of-mine\"", &["token_file"]),
        ("sync_days = ", &["config.toml", "TOML"]),
        ("[region]\nname = \"eu\"", &["region"]),
    ] {
        cli.scratch().write("home/.config/fastintercom/config.toml", content);
        let output = cli.run().assert_code(2);
        for word in words {
            assert!(output.stderr.contains(word), "{content}: {word} is not in {output:?}");
        }
        assert!(!output.stderr.contains("secret-of-mine"), "{output:?}");
    }
}

/// The component can write beside the database, so what lies there may set little.
#[test]
fn the_originals_file_sets_intervals_and_nothing_else() {
    let simulator = small();
    let server = Server::new(&simulator);
    let file = r#"{"background_sync_interval_minutes": 42, "intercom_token": "from-the-file",
        "database_path": "/tmp/elsewhere.db", "base_url": "https://example.com"}"#;
    server.scratch().write("data/config.json", file);
    let session = server.start();
    let line = session.wait_for_log("background sync started");
    assert!(line.contains("42 minutes"), "{line}");
    session.wait_until_synced();
    assert!(server.scratch().database().exists());
    drop(session);
    let session = server.interval_minutes(7).start();
    assert!(session.wait_for_log("background sync started").contains("7 minutes"));
}

#[test]
fn the_originals_variable_for_the_interval_is_understood() {
    let session = Server::new(&small()).env("FASTINTERCOM_BACKGROUND_SYNC_INTERVAL", "11").start();
    assert!(session.wait_for_log("background sync started").contains("11 minutes"));
}

#[test]
fn a_token_file_works_with_a_tilde_and_a_line_end() {
    let simulator = small();
    let cli = Cli::new(&simulator).without_token();
    cli.scratch().write("home/secrets/token", format!("{}\n", simulator.token()));
    let cli = cli.env("INTERCOM_ACCESS_TOKEN_FILE", "~/secrets/token");
    assert_eq!(cli.clone().args(["sync", "--days", "9", "--json"]).run().json()["total_conversations"], 30);
    cli.scratch().write("data/token", simulator.token());
    let inside = cli.scratch().database_folder().join("token");
    let output = cli.env("INTERCOM_ACCESS_TOKEN_FILE", inside).args(["tools"]).run().assert_code(2);
    assert!(output.stderr.contains("move it elsewhere"), "{output:?}");
}

/// A client's configuration passes no shell.
#[test]
fn a_tilde_in_the_path_is_the_home_folder_and_missing_folders_are_made() {
    let simulator = small();
    let cli = Cli::new(&simulator)
        .env("FASTINTERCOM_DB_PATH", "~/deep/er/cache.db")
        .args(["sync", "--days", "9", "--json"]);
    assert_eq!(cli.run().json()["success"], true);
    let file = cli.scratch().home().join("deep/er/cache.db");
    assert!(file.exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| {
            std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
        };
        assert_eq!(mode(file.parent().expect("a folder")), 0o700);
        assert_eq!(mode(&file), 0o600);
    }
}

#[test]
fn the_default_place_is_a_folder_of_its_own_in_the_home_folder() {
    let simulator = small();
    let cli = Cli::new(&simulator).env("FASTINTERCOM_DB_PATH", "").args(["status", "--json"]);
    cli.run().assert_code(0);
    assert!(cli.scratch().home().join(".fastintercom/data.db").exists());
}
