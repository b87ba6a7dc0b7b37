//! What a program finds on standard output when a command fails: docs/COMMANDS.md, "Errors for programs".

use fastintercom_tests::command::{Cli, Output};
use serde_json::Value;

use super::small;

/// The one object on standard output, whose `error` says why.
fn error_of(output: &Output) -> String {
    let document: Value = serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("no one JSON document ({error}): {output:#?}"));
    assert_ne!(document["success"], true, "{output:#?}");
    document["error"].as_str().filter(|text| !text.is_empty()).expect("a sentence").to_owned()
}

#[test]
fn every_command_that_fails_says_so_in_one_shape() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync"]).run().assert_code(0);
    let here = cli.scratch().database().display().to_string();
    for (words, code, part) in [
        (&["show", "12345", "--json"][..], 1, "not in the cache"),
        (&["show", "no such id", "--json"], 1, "no such id"),
        (&["show", "", "--json"], 2, "Say which conversation"),
        (&["search", "--state", "asleep", "--json"], 2, "--state"),
        (&["search", "--since", "whenever", "--json"], 2, "--since"),
        (&["report", "--since", "whenever", "--json"], 2, "--since"),
        (&["sync", "--start-date", "2026-06-31", "--json"], 2, "2026-06-31"),
        (&["backup", &here, "--json"], 2, "exists already"),
        (&["caller", "remove", "nobody", "--json"], 2, "nobody"),
        (&["audit", "--json"], 1, "no audit log"),
        (&["audit", "verify", "--json"], 1, "no audit log"),
        (&["erase", "nobody@example.invalid", "--json"], 1, "Nothing is stored of"),
        (&["install", "--all", "--json"], 1, "No client"),
        (&["call", "get_conversation", "--id", "12345"], 1, "not in the cache"),
        (&["call", "check_coverage"], 2, "start_date"),
        (&["call", "check_coverage", "--day", "1"], 2, "--start-date"),
        (&["call", "check_coverage", "nonsense"], 2, "no JSON object"),
        (&["call", "no_such_tool"], 2, "search_conversations"),
    ] {
        let output = cli.clone().args(words.iter().copied()).run().assert_code(code);
        let sentence = error_of(&output);
        assert!(sentence.contains(part), "{words:?}: {part} is not in: {sentence}");
        assert!(output.stderr.contains(&sentence), "{words:?}: {output:#?}");
    }
    // What is wrong with the command line, the command line's library says at greater length.
    for (words, part) in [
        (&["search", "-n", "many", "--json"][..], "'many'"),
        (&["show", "--json"], "<ID>"),
        (&["status", "--json", "--databse", "x"], "--databse"),
        (&["stauts", "--json"], "stauts"),
    ] {
        let output = cli.clone().args(words.iter().copied()).run().assert_code(2);
        let sentence = error_of(&output);
        assert!(sentence.contains(part) && !sentence.contains('\n'), "{words:?}: {sentence}");
        assert!(output.stderr.starts_with("error: "), "{output:?}");
    }
    // For people nothing is on standard output.
    let output = cli.args(["show", "12345"]).run().assert_code(1);
    assert_eq!(output.stdout, "");
}

/// Settings, the database and Intercom fail in the same shape.
#[test]
fn what_is_around_a_command_fails_in_the_same_shape() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    for command in [
        &["status"][..],
        &["show", "1"],
        &["search"],
        &["report"],
        &["tools"],
        &["sync"],
        &["capabilities"],
        &["repair"],
    ] {
        let json = |cli: Cli| cli.args(command.iter().copied()).args(["--json"]).run();
        let output = json(cli.clone().env("FASTINTERCOM_SYNC_DAYS", "many")).assert_code(2);
        assert!(error_of(&output).contains("FASTINTERCOM_SYNC_DAYS"), "{command:?}: {output:?}");
    }
    let refused = cli.clone().env("INTERCOM_ACCESS_TOKEN", "wrong-one").args(["sync", "--json"]).run();
    assert!(error_of(&refused.assert_code(1)).contains("refuses the access token"));
    let none = cli.clone().without_token().args(["sync", "--json"]).run();
    assert!(error_of(&none.assert_code(2)).contains("token"));

    // A file that is no database.
    let stranger =
        cli.scratch().write("stranger/data.db", "this is no database, and never was one".repeat(100));
    for command in [&["status"][..], &["show", "1"], &["search"], &["report"], &["call", "get_data_info"]] {
        let output = cli.clone().args(["--database"]).args([stranger.clone()]).args(command.iter().copied());
        let output = if command[0] == "call" { output } else { output.args(["--json"]) };
        assert!(!error_of(&output.run().assert_code(1)).is_empty());
    }

    // To find something wrong is an answer.
    let findings = cli.without_token().args(["doctor", "--json"]).run().assert_code(1);
    let findings: Value = serde_json::from_str(&findings.stdout).expect("JSON");
    assert!(findings["ok"] == false && findings.get("error").is_none(), "{findings}");
}
