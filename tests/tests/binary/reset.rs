//! `reset`: everything that is cached goes, and nothing else.

use fastintercom_tests::command::Cli;
use fastintercom_tests::server::Server;

use super::small;

#[test]
fn everything_cached_is_removed_and_named_and_the_next_sync_begins_anew() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync", "--days", "9"]).run().assert_code(0);
    let ours = ["data.db.bak-20260101", "data.db.damaged-20260101-101010", "backup-77.tmp"];
    for name in ours {
        cli.scratch().write(&format!("data/{name}"), "customers' texts");
    }
    let theirs = ["config.json", "notes.txt", "data.db2"];
    for name in theirs {
        cli.scratch().write(&format!("data/{name}"), "of the user");
    }
    cli.scratch().write("home/.config/fastintercom/config.toml", "sync_days = 3\n");

    // Nobody sits at a terminal here, so nobody agrees.
    let output = cli.clone().args(["reset"]).run().assert_code(2);
    assert!(output.stderr.contains("add --yes"), "{output:?}");
    assert!(output.stderr.contains("data.db.bak-20260101"), "what it is about is named: {output:?}");
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
