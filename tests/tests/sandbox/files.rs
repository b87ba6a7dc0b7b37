//! Files: the data folder and nothing else.

use std::fs;
use std::time::{Duration, Instant};

use fastintercom_tests::simulator::Config;
use serde_json::json;

use super::{answers, attacked, goes_on, is_ended, simulate, victim};

/// Tried: files outside by absolute path, by `..`, and through links that lead out of the folder.
#[test]
fn reading_outside_the_folder_is_denied() {
    let session = victim();
    let folder = session.scratch().database_folder();
    let secret = session.scratch().write("secret.txt", "nobody may read this");
    for (link, target) in [
        ("to-a-file", secret.to_str().expect("UTF-8")),
        ("to-a-file-relative", "../secret.txt"),
        ("to-a-folder", "/etc"),
        ("up", ".."),
    ] {
        std::os::unix::fs::symlink(target, folder.join(link)).expect("a link");
    }
    let secret = secret.to_str().expect("UTF-8");
    let home = session.scratch().home().display().to_string();
    let paths = [
        "/etc/passwd",
        "etc/passwd",
        "/data/../etc/passwd",
        "../secret.txt",
        "/data/../secret.txt",
        "./../secret.txt",
        "up/secret.txt",
        "/data/up/secret.txt",
        "to-a-file",
        "/data/to-a-file",
        "to-a-file-relative",
        "to-a-folder/passwd",
        "/data/to-a-folder/passwd",
        "/proc/self/environ",
        "/proc/self/cmdline",
        "/dev/stdin",
        "//etc/passwd",
        "..",
        "/",
        secret,
        &home,
    ];
    let found = answers(&session, "read_outside", json!({"paths": paths}));
    assert_eq!(found["folders"], json!(["/data"]));
    // A link's own text is all that can be had; `/` is the component's own view of its folders.
    let reached = found["reached"].as_object().expect("an object");
    let reached: Vec<_> =
        reached.keys().filter(|how| !how.starts_with("readlink ") && *how != "std list /").collect();
    assert!(reached.is_empty(), "{found:#}");
    assert!(found["denied"].as_object().is_some_and(|denied| denied.len() > 50), "{found:#}");
}

/// Tried: making, moving, truncating and removing files outside of the folder.
#[test]
fn writing_outside_the_folder_is_denied() {
    let session = victim();
    let secret = session.scratch().write("secret.txt", "nobody may change this");
    std::os::unix::fs::symlink("..", session.scratch().database_folder().join("up")).expect("a link");
    let paths =
        ["../secret.txt", "/data/../secret.txt", "up/secret.txt", "/data/up/new", "../new", "/tmp/hostile"];
    let found = answers(&session, "write_outside", json!({"paths": paths}));
    assert_eq!(found["done"], json!([]), "{found:#}");
    assert_eq!(fs::read_to_string(secret).expect("it is there"), "nobody may change this");
    assert!(!session.scratch().path().join("new").exists());
}

/// Tried: making links that lead out, soft and hard, and going through them.
#[test]
fn links_that_the_component_makes_lead_nowhere() {
    let session = victim();
    session.scratch().write("secret.txt", "nobody may read this");
    let targets = ["/etc/passwd", "../secret.txt", "../../../../../../etc/passwd", "..", "/"];
    let found = answers(&session, "link_outside", json!({"targets": targets}));
    assert_eq!(found["reached"], json!([]), "{found:#}");
}

/// Tried: a terabyte of a file in one call.
#[test]
fn one_read_gives_a_bounded_piece() {
    let found = answers(&victim(), "read_without_bound", json!({}));
    assert!(found["most"].as_u64().is_some_and(|most| most <= 1 << 20), "{found}");
}

/// Tried: more open files than the process may have.
#[test]
fn open_files_are_bounded() {
    is_ended(&victim(), "many_files", json!({}), "more resources than the host gives");
}

/// Tried: a call that hangs in the operating system, where nothing can interrupt it.
#[test]
fn a_call_that_hangs_in_the_system_is_given_up() {
    let simulator = simulate(Config::new().conversations(1));
    let session = attacked(&simulator).without_token().env("FASTINTERCOM_READERS", "1").start();
    let pipe = session.scratch().database_folder().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo makes a pipe");
    let begun = Instant::now();
    is_ended(&session, "open_a_pipe", json!({"path": "/data/pipe"}), "FASTINTERCOM_CALL_TIMEOUT_SECONDS");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    goes_on(&session);
}

/// Tried: putting a link in the place of the database, for the host to follow at its next start.
#[test]
fn the_host_follows_no_link_in_the_place_of_its_files() {
    let simulator = simulate(Config::new().conversations(1));
    let server = attacked(&simulator).without_token();
    let secret = server.scratch().write("secret.txt", "nobody may change this");
    let folder = server.scratch().database_folder();
    std::os::unix::fs::symlink("/dev/zero", folder.join("config.json")).expect("a link");
    goes_on(&server.start());
    fs::remove_file(server.scratch().database()).expect("the database goes");
    std::os::unix::fs::symlink(&secret, server.scratch().database()).expect("a link");
    let output =
        fastintercom_tests::command::Cli::new(&simulator).on(server.scratch()).args(["status"]).run();
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.stderr.contains("symbolic link"), "{output:?}");
}
