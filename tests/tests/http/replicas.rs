//! One replica: what it says of itself, what it never does, where it runs.

use std::fs;
use std::path::Path;

use fastintercom_tests::command::Cli;
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::server::{Era, Server, Stop};
use fastintercom_tests::simulator::Simulator;
use serde_json::json;

use super::{open, small};

/// A primary's database of 30 conversations, copied by `fastintercom backup`.
fn backup(simulator: &Simulator, to: &Path) {
    let primary = Cli::new(simulator);
    let _ = primary.clone().args(["sync", "--json"]).run().json();
    let _ = primary.args(["backup", &to.display().to_string()]).run().assert_code(0);
}

#[test]
fn it_says_what_it_is_and_how_old_its_data_is() {
    let simulator = small();
    let scratch = Scratch::new();
    backup(&simulator, &scratch.database());
    simulator.reset_log();
    // The token in its environment is not even read.
    let server =
        Server::new(&simulator).on(&scratch).replica().env("FASTINTERCOM_SYNC_INTERVAL_SECONDS", "1");
    for era in Era::BOTH {
        let session = server.clone().speaking(era).start();
        session.wait_for_log("this is a read-only replica");
        let status = session.call_tool("get_server_status", json!({})).succeeded();
        assert_eq!(
            (&status["replica"], &status["total_conversations"]),
            (&json!(true), &json!(30)),
            "{status}"
        );
        assert_eq!(status["data_age_minutes"], 0, "{status}");
        assert_eq!(status["token_present"], false, "{status}");
        for tool in ["force_sync", "sync_conversations"] {
            let refusal = session.call_tool(tool, json!({})).failed();
            for words in ["read-only replica", "was synced", "ago", "next copy"] {
                assert!(refusal.contains(words), "{tool}: {refusal}");
            }
        }
        let found = session.call_tool("search_conversations", json!({"limit": 5})).succeeded();
        assert_eq!(found["conversations"].as_array().map(Vec::len), Some(5), "{found}");
        session.stop_by(Stop::CloseStdin).assert_clean();
    }
    let cli = Cli::new(&simulator).on(&scratch).args(["--read-only"]);
    let lines = cli.clone().args(["status"]).run().assert_code(0).stdout;
    assert!(lines.contains("Replica: ") && lines.contains("Last sync: "), "{lines}");
    assert!(cli.clone().args(["sync"]).run().assert_code(2).stderr.contains("A replica does not sync"));
    assert_eq!(simulator.stats().requests, 0, "a replica asks Intercom for nothing");
}

#[test]
fn it_changes_nothing() {
    let simulator = small();
    let scratch = Scratch::new();
    let folder = scratch.database_folder();
    backup(&simulator, &scratch.database());
    let before = fs::read(scratch.database()).expect("readable");
    set_mode(&scratch.database(), 0o444);
    set_mode(&folder, 0o555);
    let (session, web) = open(Server::new(&simulator).on(&scratch).replica());
    assert_eq!(web.tool("get_data_info", json!({})).succeeded()["total_conversations"], 30);
    let _ = web.tool("force_sync", json!({})).refused(422);
    session.stop_by(Stop::Terminate).assert_clean();
    let names: Vec<_> =
        fs::read_dir(&folder).expect("readable").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names, ["data.db"]);
    assert_eq!(fs::read(scratch.database()).expect("readable"), before);
    assert_eq!(mode(&scratch.database()), 0o444, "somebody else's file keeps its mode");
    assert_eq!(mode(&folder), 0o555);
    set_mode(&folder, 0o755);
}

/// A mount that not even root can write to.
#[cfg(target_os = "linux")]
#[test]
fn it_runs_on_a_read_only_file_system() {
    use std::process::{Command, Stdio};
    let usable = Command::new("unshare").args(["-rm", "true"]).stderr(Stdio::null()).status();
    if !usable.is_ok_and(|status| status.success()) {
        eprintln!("not run: no mount namespaces here");
        return;
    }
    let simulator = small();
    let scratch = Scratch::new();
    backup(&simulator, &scratch.database());
    let folder = scratch.database_folder();
    let folder = folder.display();
    let program = fastintercom_tests::binary();
    let script = format!(
        "mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && ! touch {folder}/x 2>/dev/null && \
         exec {} --read-only call get_data_info",
        program.display()
    );
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", &script])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("FASTINTERCOM_DB_PATH", scratch.database())
        .env("HOME", scratch.home())
        .output()
        .expect("it runs");
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    let answer: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {shown}"));
    assert_eq!(answer["total_conversations"], 30, "{answer}");
}

#[test]
fn it_may_start_before_its_first_copy() {
    let simulator = small();
    let scratch = Scratch::new();
    let (session, web) = open(Server::new(&simulator).on(&scratch).replica());
    session.wait_for_log("there is no database at");
    assert!(web.get("/readyz").refused(503).contains("could not be opened"));
    assert_eq!(web.get("/healthz").status, 200);
    assert!(!scratch.database().exists(), "a replica makes no database");
    let fresh = scratch.path().join("fresh.db");
    backup(&simulator, &fresh);
    fs::rename(fresh, scratch.database()).expect("renamed");
    assert_eq!(web.tool("get_data_info", json!({})).succeeded()["total_conversations"], 30);
    session.wait_for_log("there is a new copy at");
    web.wait_until_ready();
    let nowhere = scratch.path().join("nowhere/data.db").display().to_string();
    let typed_wrong = Cli::new(&simulator).args(["serve", "--read-only", "--database", &nowhere]);
    assert!(typed_wrong.run().assert_code(2).stderr.contains("its folder cannot be read"));
}

fn set_mode(path: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
}

fn mode(path: &Path) -> u32 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    }
    #[cfg(not(unix))]
    {
        let read_only = fs::metadata(path).expect("it is there").permissions().readonly();
        if read_only { 0o444 } else { 0o755 }
    }
}
