//! `search`, `show`, `report`, `completions` and `manual`: what people see.

use fastintercom_tests::command::Cli;
use fastintercom_tests::expected;
use fastintercom_tests::simulator::Config;
use serde_json::{Value, json};

use super::simulate;

/// A command on a synced workspace, in which one customer writes of a glockenspiel, with escapes.
fn with_glockenspiel() -> (fastintercom_tests::simulator::Simulator, Cli) {
    let hostile = "\u{1b}[2J\u{1b}]0;gone\u{7}my glockenspiel\u{202e} rings";
    let simulator = simulate(Config::new().conversations(40).days(20).plant(7, 3, hostile));
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync", "--days", "30"]).run().assert_code(0);
    (simulator, cli)
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(|letter| letter != '\n' && (letter.is_control() || letter == '\u{202e}'))
}

#[test]
fn a_search_is_laid_out_and_is_the_tools_in_json() {
    let (_simulator, cli) = with_glockenspiel();
    let json = cli.clone().args(["search", "glockenspiel", "--json"]).run().json();
    let tool =
        // To programs the tool adds the messages of its own accord.
        cli.clone()
            .args(["call", "search_conversations", r#"{"query": "glockenspiel", "include_messages": false}"#])
            .run()
            .json();
    assert_eq!(json["conversations"], tool["conversations"]);
    let id = json["conversations"][0]["id"].as_str().expect("one is found").to_owned();

    let found = cli.clone().args(["search", "glockenspiel", "--since", "30d"]).run().assert_code(0);
    assert!(found.stdout.starts_with(&id) && found.stdout.contains("glockenspiel"), "{found:?}");
    assert!(found.stdout.contains("1 conversation found. Last sync"), "{found:?}");
    assert!(is_plain(&found.stdout) && found.stderr.is_empty(), "{found:?}");

    // The words may come as one argument or as several; states narrow.
    let several = cli.clone().args(["search", "my", "glockenspiel", "--json"]).run().json();
    assert_eq!(several["conversations"][0]["id"], id);
    let state = json["conversations"][0]["state"].as_str().expect("a state").to_owned();
    let others: Vec<&str> =
        ["open", "closed", "snoozed"].into_iter().filter(|other| *other != state).collect();
    let none = cli
        .clone()
        .args(["search", "glockenspiel", "--state", others[0], "--state", others[1], "--json"])
        .run()
        .json();
    assert_eq!(none["total_matches"], 0, "{none}");
}

#[test]
fn every_row_that_is_asked_for_is_shown() {
    let (simulator, cli) = with_glockenspiel();
    let all = cli.clone().args(["search", "-n", "100"]).run().assert_code(0);
    let ids = expected::ids(&simulator.workspace(), |_| true);
    assert_eq!(ids.len(), 40);
    for id in ids {
        assert!(all.stdout.contains(&id.to_string()), "{id} is not in {}", all.stdout);
    }
    let ten = cli.args(["search"]).run().assert_code(0);
    assert!(ten.stdout.contains("10 of 40 are shown"), "{}", ten.stdout);
}

#[test]
fn nothing_found_is_no_error_and_says_how_fresh_the_cache_is() {
    let (_simulator, cli) = with_glockenspiel();
    let none = cli.clone().args(["search", "xylophone"]).run().assert_code(0);
    assert!(none.stdout.starts_with("No conversation matches. Last sync"), "{none:?}");
    let wrong = cli.clone().args(["search", "--since", "whenever"]).run().assert_code(2);
    assert!(wrong.stdout.is_empty() && wrong.stderr.contains("--since"), "{wrong:?}");
    let wrong = cli.args(["search", "--state", "asleep"]).run().assert_code(2);
    assert!(wrong.stderr.contains("`--state` must be one of: open, closed, snoozed"), "{wrong:?}");
}

#[test]
fn a_conversation_is_shown_whole() {
    let (_simulator, cli) = with_glockenspiel();
    let found = cli.clone().args(["search", "glockenspiel", "--json"]).run().json();
    let id = found["conversations"][0]["id"].as_str().expect("an id").to_owned();
    let shown = cli.clone().args(["show", &id]).run().assert_code(0);
    let json = cli.clone().args(["show", &id, "--json"]).run().json();
    let messages = json["messages"].as_array().expect("messages");
    assert_eq!(shown.stdout.matches("\n── ").count(), messages.len(), "{}", shown.stdout);
    assert!(shown.stdout.contains("my glockenspiel rings") && is_plain(&shown.stdout), "{}", shown.stdout);
    let missing = cli.args(["show", "12345"]).run().assert_code(1);
    assert!(missing.stdout.is_empty() && missing.stderr.contains("not in the cache"), "{missing:?}");
}

/// Colours are for terminals; `CLICOLOR_FORCE` takes any stream for one.
#[test]
fn colours_are_this_programs_own() {
    let (_simulator, cli) = with_glockenspiel();
    let plain = cli.clone().args(["search", "glockenspiel"]).run().assert_code(0).stdout;
    let painted = cli.env("CLICOLOR_FORCE", "1").args(["search", "glockenspiel"]).run().assert_code(0).stdout;
    assert!(painted.contains("\u{1b}[1m\u{1b}[33mglockenspiel\u{1b}[0m"), "the hit: {painted:?}");
    let mut stripped = painted;
    for code in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m"] {
        stripped = stripped.replace(code, "");
    }
    assert!(is_plain(&stripped), "{stripped:?}");
    assert_eq!(stripped.lines().next(), plain.lines().next());
}

#[test]
fn a_report_has_the_tools_figures_and_loads_nothing() {
    let (_simulator, cli) = with_glockenspiel();
    let file = cli.scratch().path().join("report.html");
    let path = file.to_str().expect("a path").to_owned();
    let written = cli.clone().args(["report", "--since", "15d", "-o", &path]).run().assert_code(0);
    assert!(written.stdout.contains(&format!("Wrote {path}")), "{written:?}");
    let page = std::fs::read_to_string(&file).expect("the page");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it names customers");
    }
    for part in ["<!DOCTYPE html>", "default-src 'none'", "<svg", "Conversations per day", "</html>"] {
        assert!(page.contains(part), "{part}");
    }
    for part in ["<script", "src=", "<link", "url(", "@import"] {
        assert!(!page.contains(part), "{part}");
    }

    let figures = cli.clone().args(["report", "--since", "15d", "--json"]).run().json();
    let question =
        json!({"created_after": figures["period"]["start"], "created_before": figures["period"]["end"]});
    let tool: Value =
        cli.clone().args(["call", "get_conversation_stats", &question.to_string()]).run().json();
    // How long customers have been waiting grows between the two commands.
    let lasting = |figures: &Value| -> Vec<(String, Value)> {
        let all = figures.as_object().expect("figures").clone();
        all.into_iter().filter(|(name, _)| !name.starts_with("waiting_now")).collect()
    };
    assert_eq!(lasting(&figures["figures"]), lasting(&tool["figures"]));
    let count = tool["figures"]["conversations"].as_u64().expect("a count");
    assert!(page.contains(&format!("<dt>Conversations</dt><dd>{count}<")), "{count} on the page");
    let days: u64 = figures["series"]
        .as_array()
        .expect("days")
        .iter()
        .filter_map(|day| day["conversations"].as_u64())
        .sum();
    assert_eq!(days, count, "the days add up");

    let printed = cli.clone().args(["report", "--since", "15d", "-o", "-"]).run().assert_code(0);
    assert!(printed.stdout.starts_with("<!DOCTYPE html>"), "{printed:?}");
    cli.clone().args(["report", "--since", "whenever", "-o", &path]).run().assert_code(2);
    let nowhere = cli.args(["report", "-o", "/no/such/folder/report.html"]).run().assert_code(1);
    assert!(nowhere.stderr.contains("/no/such/folder"), "{nowhere:?}");
}

#[test]
fn completions_and_manual_need_neither_settings_nor_database() {
    let simulator = simulate(Config::new().conversations(1));
    let cli = Cli::new(&simulator).env("INTERCOM_REGION", "nowhere");
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = cli.clone().args(["completions", shell]).run().assert_code(0);
        for word in ["fastintercom", "search", "report", "since", "check_coverage", "start-date"] {
            assert!(script.stdout.contains(word), "{shell} lacks {word}");
        }
    }
    cli.clone().args(["completions", "abacus"]).run().assert_code(2);
    let page = cli.clone().args(["manual"]).run().assert_code(0);
    assert!(page.stdout.contains(".TH fastintercom 1"), "{}", page.stdout);
    let folder = cli.scratch().path().join("man1");
    let path = folder.to_str().expect("a path").to_owned();
    cli.clone().args(["manual", &path]).run().assert_code(0);
    let help = cli.clone().args(["--help"]).run().assert_code(0).stdout;
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|word| !word.is_empty()))
        .filter(|command| *command != "help")
        .collect();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        let page = std::fs::read_to_string(folder.join(format!("fastintercom-{command}.1")));
        assert!(page.is_ok_and(|page| page.contains("NAME")), "{command}");
    }
    assert!(!cli.scratch().database().exists(), "no database is made for that");
}
