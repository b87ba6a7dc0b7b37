//! `backup --replace --every`: what feeds replicas.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fastintercom_tests::PATIENCE;
use fastintercom_tests::command::Cli;
use fastintercom_tests::database::Database;
use serde_json::Value;

use super::small;

/// A synced database, and the file in a folder of its own that copies of it go to.
fn primary() -> (fastintercom_tests::simulator::Simulator, Cli, PathBuf) {
    let simulator = small();
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync", "--days", "9"]).run().assert_code(0);
    let copies = cli.scratch().path().join("copies");
    fs::create_dir(&copies).expect("a folder");
    (simulator, cli, copies.join("data.db"))
}

fn every_minute(cli: &Cli, copy: &Path) -> Cli {
    let file = copy.to_str().expect("a path");
    cli.clone().without_token().args(["backup", "--replace", "--every", "1", "--json", file])
}

fn assert_says(line: &str, copy: &Path) {
    let told: Value = serde_json::from_str(line).expect("a JSON document each line");
    assert_eq!(told["success"], true, "{told}");
    assert_eq!(told["file"], copy.to_str().expect("a path"));
    assert_eq!(told["bytes"], fs::metadata(copy).expect("it is there").len());
}

fn conversations(copy: &Path) -> i64 {
    let copy = Database::open(copy);
    assert_eq!(copy.value("PRAGMA integrity_check"), "ok");
    copy.number("SELECT count(*) FROM conversations")
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn the_first_copy_comes_at_once_and_a_signal_ends_the_pause() {
    let (_simulator, cli, copy) = primary();
    let running = every_minute(&cli, &copy).start();
    assert_says(&running.wait_for_lines(1, PATIENCE), &copy);
    running.terminate().assert_clean();
    assert_eq!(conversations(&copy), 30);
    assert_eq!(names(copy.parent().expect("a folder")), ["data.db"], "nothing else is left there");
    let left: Vec<_> =
        names(&cli.scratch().database_folder()).into_iter().filter(|name| name.contains("backup")).collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
#[ignore = "waits for two minutes of the real clock"]
fn a_copy_that_fails_is_told_and_the_next_one_has_what_is_new() {
    let (simulator, cli, copy) = primary();
    let running = every_minute(&cli, &copy).start();
    running.wait_for_lines(1, PATIENCE);
    let reader = Database::open(&copy);

    simulator.workspace().add_conversation("Where is my parcel?");
    cli.clone().args(["sync", "--days", "9"]).run().assert_code(0);
    let (folder, away) = (copy.parent().expect("a folder"), cli.scratch().path().join("away"));
    fs::rename(folder, &away).expect("the folder is gone");
    let pause = Duration::from_secs(90);
    let told = running.wait_for_error("could not be written", pause);
    assert!(told.contains(copy.to_str().expect("a path")), "{told}");
    fs::rename(&away, folder).expect("the folder is back");
    assert_eq!(conversations(&copy), 30, "what readers have stays in place");

    assert_says(&running.wait_for_lines(2, pause), &copy);
    assert_eq!(conversations(&copy), 31);
    assert_eq!(reader.number("SELECT count(*) FROM conversations"), 30, "it reads the file that it opened");
    running.terminate().assert_clean();
}
