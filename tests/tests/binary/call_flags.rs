//! `fastintercom call TOOL --key value`, and what the shell completes of it.

use fastintercom_tests::command::Cli;
use fastintercom_tests::expected::day;
use fastintercom_tests::simulator::Config;
use serde_json::json;

use super::{simulate, small};

#[test]
fn flags_and_json_are_the_same_call() {
    let simulator = simulate(Config::new().conversations(40).days(5).plant(7, 3, "my glockenspiel, refund"));
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync", "--days", "9"]).run().assert_code(0);
    let (first, last) = (day(simulator.now(), 5), day(simulator.now(), 1));
    for (flags, arguments) in [
        (
            vec!["check_coverage", "--start-date", &first, "--end-date", &last],
            json!({"start_date": first, "end_date": last}),
        ),
        (
            vec![
                "search_conversations",
                "--query=glockenspiel",
                "--include_messages",
                "false",
                "--limit",
                "3",
            ],
            json!({"query": "glockenspiel", "include_messages": false, "limit": 3}),
        ),
        (
            vec![
                "search_conversations",
                "--state",
                "open,closed",
                "--state",
                "snoozed",
                "--unanswered",
                "--waiting-hours-min",
                "0.5",
            ],
            json!({"state": ["open", "closed", "snoozed"], "unanswered": true, "waiting_hours_min": 0.5}),
        ),
        (vec!["list_filters", "--kind", "tags"], json!({"kind": "tags"})),
    ] {
        let tool = flags[0];
        let by_flags = cli.clone().args(["call"]).args(flags.clone()).run().json();
        let by_json = cli.clone().args(["call", tool, &arguments.to_string()]).run().json();
        for field in ["has_coverage", "conversations", "total_matches", "values", "tags"] {
            assert_eq!(by_flags[field], by_json[field], "{flags:?}: {field}");
        }
    }
    let covered = cli
        .clone()
        .args(["call", "check_coverage", "--start-date", &first, "--end-date", &last])
        .run()
        .json();
    assert_eq!(covered["has_coverage"], true, "{covered}");
    let found = cli.args(["call", "search_conversations", "--query", "glockenspiel"]).run().json();
    assert_eq!(found["total_matches"], 1, "{found}");
}

/// Wherever the program's own flags stand.
#[test]
fn settings_are_understood_before_and_behind_the_tool() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync", "--days", "9"]).run().assert_code(0);
    let other = cli.scratch().path().join("other/data.db").display().to_string();
    let count = "SELECT count(*) AS n FROM v_conversations";
    for (words, conversations) in [
        (vec!["call", "query_database", "--sql", count], 30),
        (vec!["call", "query_database", "--sql", count, "--database", &other], 0),
        (vec!["call", "query_database", "--database", &other, "--sql", count], 0),
        (vec!["--database", &other, "call", "query_database", "--sql", count], 0),
        (vec!["call", "query_database", &format!("{{\"sql\": \"{count}\"}}"), "--database", &other], 0),
    ] {
        let answer = cli.clone().args(words.clone()).run().json();
        assert_eq!(answer["rows"], json!([[conversations]]), "{words:?}");
    }
}

/// What is typed wrong is told before anything is made.
#[test]
fn a_wrong_flag_is_named_with_the_right_ones_and_help_lists_them() {
    let cli = Cli::new(&small());
    for (words, sentences) in [
        (
            &["--start-dat", "2026-06-01"][..],
            &["no flag --start-dat.", "Did you mean --start-date?", "--end-date"][..],
        ),
        (&["{}", "--start-date", "2026-06-01"], &["not both"]),
        (&["--start-date"], &["--start-date", "--help"]),
        (&["2026-06-01"], &["no JSON object", "--help"]),
    ] {
        let output =
            cli.clone().args(["call", "check_coverage"]).args(words.iter().copied()).run().assert_code(2);
        for sentence in sentences {
            assert!(output.stderr.contains(sentence), "{words:?}: {sentence} is not in {output:?}");
        }
    }
    let help = cli.clone().args(["call", "search_conversations", "--help"]).run().assert_code(0);
    for words in [
        "--query <TEXT>",
        "--unanswered [<BOOLEAN>]",
        "--limit <INTEGER>",
        "open, closed, snoozed",
        "--tags <TEXT,…>",
    ] {
        assert!(help.stdout.contains(words), "{words} is not in {}", help.stdout);
    }
    let help = cli.clone().args(["call", "--help"]).run().assert_code(0);
    assert!(help.stdout.contains("<TOOL>") && help.stdout.contains("call TOOL --help"), "{help:?}");
    assert!(!cli.scratch().database().exists(), "a database was made");

    let nothing = cli.args(["call", "serch_conversations", "--query", "x"]).run().assert_code(2);
    assert!(nothing.stderr.contains("search_conversations"), "{nothing:?}");
}

#[cfg(unix)]
#[test]
fn the_shell_completes_tools_and_their_flags() {
    let cli = Cli::new(&small());
    let completed = |words: &str, at: usize| {
        let line = format!(
            "eval \"$(fastintercom completions bash)\"; COMP_WORDS=({words}); COMP_CWORD={at}; \
             cur=${{COMP_WORDS[{at}]}}; _fastintercom fastintercom \"$cur\" \"${{COMP_WORDS[{}]}}\"; echo \"${{COMPREPLY[@]}}\"",
            at - 1
        );
        cli.run_in_bash(&line).assert_code(0).stdout
    };
    assert_eq!(completed("fastintercom call check_", 2).trim(), "check_coverage");
    assert_eq!(completed("fastintercom call check_coverage --start", 3).trim(), "--start-date");
    let states = completed("fastintercom call search_conversations --state ''", 4);
    assert_eq!(states.trim(), "open closed snoozed");
}
