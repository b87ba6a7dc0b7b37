//! `reset`: everything that is cached goes, and nothing else.

use fastintercom_tests::command::Cli;
use fastintercom_tests::server::Server;

use super::small;

#[test]
fn everything_cached_is_removed_and_named_and_the_next_sync_begins_anew() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync", "--days", "9"]).run().assert_code(0);
    let ours = ["data.db.bak-2026-01-01", "data.db.damaged-20260101-101010", "backup-77.tmp"];
    for name in ours {
        let copy = cli.scratch().database_folder().join(name);
        std::fs::copy(cli.scratch().database(), copy).expect("a copy");
    }
    // Names like ours, and names of ours with something else in them.
    let theirs = [
        "config.json",
        "notes.txt",
        "data.db2",
        "data.db.bak-mine",
        "backup-2025.tmp.gz",
        "backup-2025.tmp",
        "data.db.bak-2025-01-01",
    ];
    for name in theirs {
        cli.scratch().write(&format!("data/{name}"), "of the user");
    }
    cli.scratch().write("home/.config/fastintercom/config.toml", "sync_days = 3\n");

    // Nobody sits at a terminal here, so nobody agrees.
    let output = cli.clone().args(["reset"]).run().assert_code(2);
    assert!(output.stderr.contains("add --yes"), "{output:?}");
    assert!(output.stderr.contains("data.db.bak-2026-01-01"), "what it is about is named: {output:?}");
    assert!(cli.scratch().database().exists());

    let output = cli.clone().args(["reset", "--yes"]).run().assert_code(0);
    let folder = cli.scratch().database_folder();
    for name in ours.into_iter().chain(["data.db"]) {
        assert!(output.stdout.contains(&format!("{name} (")), "{name} is not in {output:?}");
        assert!(!folder.join(name).exists(), "{name} is still there");
    }
    for name in theirs {
        assert!(folder.join(name).exists(), "{name} is gone");
    }
    assert!(cli.scratch().configuration_folder().join("config.toml").exists());

    let again = cli.clone().args(["reset", "--yes"]).run().assert_code(0);
    assert!(again.stdout.contains("Nothing is cached"), "{again:?}");
    let again = cli.clone().args(["reset", "--yes", "--json"]).run().json();
    assert_eq!(again, serde_json::json!({"success": true, "removed": []}));
    let report = cli.args(["sync", "--days", "9", "--json"]).run().json();
    assert_eq!((&report["total_conversations"], &report["hydrated"]), (&30.into(), &30.into()));
}

/// `FASTINTERCOM_DB_PATH` may name a file by mistake.
#[cfg(unix)]
#[test]
fn a_file_of_somebody_else_keeps_every_byte_and_its_mode_whatever_the_command() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let simulator = small();
    let cli = Cli::new(&simulator);
    let folder = cli.scratch().path().join("project");
    std::fs::create_dir_all(&folder).expect("a folder");
    let open = |path: &std::path::Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    };
    let database = |name: &str, sql: &str| {
        let path = folder.join(name);
        let native = rusqlite::Connection::open(&path).expect("it opens");
        native.execute_batch(sql).expect("it is filled");
        path
    };
    let like_named = "CREATE TABLE conversations (id, topic); CREATE TABLE messages (id, words);
        INSERT INTO conversations VALUES (1, 'mine'); INSERT INTO messages VALUES (1, 'mine');";
    let files = [
        database("places.sqlite", "CREATE TABLE moz_places (url); INSERT INTO moz_places VALUES ('mine');"),
        database(
            "waiting.sqlite",
            "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);",
        ),
        database("marked.sqlite", &format!("PRAGMA application_id = 7; {like_named}")),
        database("like-named.sqlite", like_named),
        folder.join("thesis.txt"),
    ];
    std::fs::write(&files[4], "two years of work").expect("a file");
    let linked = folder.join("linked.sqlite");
    std::fs::hard_link(&files[0], &linked).expect("a second name");
    for file in &files {
        open(file, 0o644);
    }
    for beside in ["places.sqlite.bak-mine", "backup-2025.tmp.gz", "data.db"] {
        std::fs::write(folder.join(beside), "of the user").expect("a file");
    }
    open(&folder, 0o755);
    let look = |path: &std::path::Path| {
        (std::fs::read(path).expect("bytes"), std::fs::metadata(path).expect("it is there").mode() & 0o7777)
    };
    let listed = || {
        let mut names: Vec<_> = std::fs::read_dir(&folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        names
    };
    let (before, names) = (files.each_ref().map(|file| look(file)), listed());
    for file in files.iter().chain([&linked]) {
        for command in [
            vec!["reset", "--yes"],
            vec!["repair"],
            vec!["doctor"],
            vec!["status"],
            vec!["sync", "--days", "9"],
        ] {
            let output = cli.clone().env("FASTINTERCOM_DB_PATH", file).args(&command).run();
            if command[0] != "status" {
                assert_ne!(output.code, Some(0), "{command:?} {}: {output:?}", file.display());
            }
            assert!(!output.stdout.contains("Nothing was lost"), "{output:?}");
        }
    }
    for (file, before) in files.iter().zip(before) {
        assert!(look(file) == before, "{} was changed", file.display());
    }
    assert_eq!(std::fs::metadata(&folder).expect("it is there").mode() & 0o7777, 0o755);
    assert_eq!(listed(), names);

    // Of a newer version of ours, which this one must not turn back into an older one.
    let newer = format!("PRAGMA application_id = {}; PRAGMA user_version = 99; {like_named}", 0x4661_496e);
    let newer = database("newer.sqlite", &newer);
    let before = std::fs::read(&newer).expect("bytes");
    let told = cli.clone().env("FASTINTERCOM_DB_PATH", &newer).args(["repair"]).run().assert_code(1);
    assert!(told.stderr.contains("newer"), "{told:?}");
    assert!(std::fs::read(&newer).expect("bytes") == before, "a newer database was changed");
}

#[test]
fn a_database_that_a_server_uses_is_not_taken_away() {
    let simulator = small();
    let server = Server::new(&simulator);
    let session = server.start();
    session.wait_until_synced();
    let cli = Cli::new(&simulator).on(server.scratch());
    let output = cli.clone().args(["reset", "--yes"]).run().assert_code(1);
    assert!(output.stderr.contains("A FastIntercom server uses this database"), "{output:?}");
    assert!(output.stderr.contains("nothing was removed"), "{output:?}");
    let status = session.call_tool("get_server_status", serde_json::json!({})).succeeded();
    assert_eq!(status["total_conversations"], 30);
    session.stop_by(fastintercom_tests::server::Stop::CloseStdin).assert_clean();
    cli.args(["reset", "--yes"]).run().assert_code(0);
    assert!(!server.scratch().database().exists());
}

/// A native program in the middle of a transaction is in the middle of the file.
#[test]
fn a_program_in_a_transaction_is_waited_for_and_then_named() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync", "--days", "9"]).run().assert_code(0);
    let native = rusqlite::Connection::open(cli.scratch().database()).expect("it opens");
    native.execute_batch("BEGIN IMMEDIATE").expect("a transaction");
    let output = cli.clone().args(["reset", "--yes"]).run().assert_code(1);
    assert!(output.stderr.contains("in a transaction, so nothing was removed"), "{output:?}");
    assert!(cli.scratch().database().exists());
    native.execute_batch("ROLLBACK").expect("its end");
    drop(native);
    let bytes = std::fs::metadata(cli.scratch().database()).expect("it is there").len();
    let told = cli.clone().args(["reset", "--yes", "--json"]).run().json();
    let database = cli.scratch().database().display().to_string();
    let removed = told["removed"].as_array().expect("a list");
    assert!(removed.contains(&serde_json::json!({"file": database, "bytes": bytes})), "{told}");
    assert!(!cli.scratch().database().exists());
}

#[cfg(target_os = "linux")]
#[test]
fn whoever_sits_at_the_terminal_is_asked_and_only_yes_is_yes() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync", "--days", "9"]).run().assert_code(0);
    let reset = cli.clone().args(["reset"]);
    for answer in ["", "n", "what?"] {
        let Some(shown) = reset.run_at_terminal("Remove them for good? [y/N]", answer) else { return };
        assert!(shown.contains("Nothing was removed."), "{answer}: {shown}");
        assert!(cli.scratch().database().exists());
    }
    let shown = reset.run_at_terminal("Remove them for good? [y/N]", "Yes").expect("a terminal");
    assert!(shown.contains("Removed "), "{shown}");
    assert!(!cli.scratch().database().exists());
}
