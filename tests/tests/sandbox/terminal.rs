//! What the component lays out for a terminal.

use fastintercom_tests::command::Cli;
use fastintercom_tests::simulator::Config;

use super::{hostile, simulate};

fn attacked() -> Cli {
    let simulator = simulate(Config::new().conversations(1));
    // Colours are forced, so that nothing on the way takes escape sequences out but what is tested.
    let component = hostile().to_str().expect("a path in UTF-8").to_owned();
    Cli::new(&simulator).env("CLICOLOR_FORCE", "1").args(["--component".to_owned(), component])
}

fn is_clean(text: &str) -> bool {
    !text.chars().any(|letter| letter != '\n' && (letter.is_control() || letter == '\u{202e}'))
}

/// Tried: escape sequences, line breaks and marks of direction in a line, and in a failure.
#[test]
fn lines_and_failures_do_not_steer_the_terminal() {
    let shown = attacked().args(["search", "x"]).run().assert_code(0);
    assert_eq!(shown.stdout.lines().count(), 1, "{shown:?}");
    assert!(shown.stdout.starts_with("before") && shown.stdout.ends_with("after\n"), "{shown:?}");
    assert!(is_clean(&shown.stdout), "{shown:?}");
    let failed = attacked().args(["show", "1"]).run().assert_code(1);
    let sentence = failed.stderr.replace("\u{1b}[31merror:\u{1b}[0m", "error:");
    assert!(sentence.contains("before") && is_clean(&sentence), "{failed:?}");
}

/// Tried: a page of 100 MB.
#[test]
fn a_page_has_a_limit() {
    let cli = attacked();
    let file = cli.scratch().path().join("page.html");
    let failed = cli.args(["report", "-o", file.to_str().expect("a path")]).run().assert_code(1);
    assert!(failed.stderr.contains("larger than"), "{failed:?}");
    assert!(!file.exists());
}

/// Tried: an export that never ends and never says a word.
#[test]
fn an_export_that_does_not_get_on_ends() {
    let failed = attacked().args(["export"]).run().assert_code(1);
    assert!(failed.stdout.is_empty() && failed.stderr.contains("does not get on"), "{failed:?}");
}
