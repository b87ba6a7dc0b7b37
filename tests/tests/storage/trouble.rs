//! What goes wrong with files, and the sentence that the user sees.

use std::fs;

use fastintercom_tests::command::Cli;
use fastintercom_tests::database::Database;
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::server::Server;
use fastintercom_tests::session::Session;
use fastintercom_tests::simulator::Simulator;
use rusqlite::Connection;
use serde_json::json;

use super::small;

#[cfg(unix)]
const MOVED: &str = "The database file was deleted or moved while FastIntercom was using it. Put it back, or restart FastIntercom to begin with an empty one.";

fn total(session: &Session) -> i64 {
    let status = session.call_tool("get_server_status", json!({})).succeeded();
    status["total_conversations"].as_i64().expect("a number")
}

/// A session with a server that has read everything.
fn synced(server: &Server) -> Session {
    let session = server.start();
    session.wait_until_synced();
    assert_eq!(total(&session), 30);
    session
}

/// A server that has read everything and has ended.
fn stopped(simulator: &Simulator) -> Server {
    let server = Server::new(simulator);
    drop(synced(&server));
    server
}

/// A native tool left the database in WAL mode, with all there was in it.
#[test]
fn a_database_in_wal_mode_is_converted() {
    let simulator = small();
    let server = stopped(&simulator);
    let file = server.scratch().database();
    let native = Connection::open(&file).expect("it opens");
    native.pragma_update(None, "journal_mode", "WAL").expect("WAL");
    drop(native);
    let session = server.clone().without_token().start();
    assert_eq!(total(&session), 30);
    assert_eq!(Database::open(&file).value("PRAGMA journal_mode"), "delete");
}

/// The same after the native tool's crash: its `-wal` file holds a commit that is nowhere else.
#[test]
fn what_a_crash_left_in_a_wal_file_is_kept() {
    let simulator = small();
    let server = stopped(&simulator);
    let file = server.scratch().database();
    let native = Connection::open(&file).expect("it opens");
    native.pragma_update(None, "journal_mode", "WAL").expect("WAL");
    native
        .execute_batch("PRAGMA wal_autocheckpoint = 0; CREATE TABLE late (n); INSERT INTO late VALUES (42);")
        .expect("it writes");
    // A crash: the files as they are now, without the connection's own clean-up.
    let copies: Vec<_> = ["", "-wal"]
        .iter()
        .map(|suffix| {
            let name = format!("{}{suffix}", file.display());
            (fs::read(&name).expect("it is there"), name)
        })
        .collect();
    drop(native);
    for (content, name) in copies {
        fs::write(name, content).expect("it is put back");
    }
    let session = server.clone().without_token().start();
    assert_eq!(total(&session), 30);
    assert_eq!(Database::open(&file).number("SELECT n FROM late"), 42, "the commit in the -wal file");
}

/// The file is switched to WAL mode while the server runs and has it open.
#[test]
fn a_switch_to_wal_under_the_running_server_goes_unnoticed() {
    let simulator = small();
    let session = synced(&Server::new(&simulator));
    let native = Connection::open(session.scratch().database()).expect("it opens");
    let mode: String =
        native.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).expect("an answer");
    assert_eq!(mode, "wal", "an idle server does not keep others from it");
    drop(native);
    assert_eq!(total(&session), 30);
    session.call_tool("force_sync", json!({})).succeeded();
}

#[cfg(unix)]
#[test]
fn a_deleted_file_is_told_and_a_restored_one_found() {
    let simulator = small();
    let session = synced(&Server::new(&simulator));
    let (file, away) = (session.scratch().database(), session.scratch().path().join("away.db"));
    fs::rename(&file, &away).expect("it is moved");
    let told = session.call_tool("get_data_info", json!({})).failed();
    assert!(told.contains(MOVED), "{told}");
    let told = session.call_tool("force_sync", json!({})).failed();
    assert!(told.contains(MOVED), "{told}");
    assert!(!file.exists(), "no empty database is put in its place");
    fs::rename(&away, &file).expect("it is put back");
    assert_eq!(total(&session), 30);
}

/// Windows lets nobody take away what a program has open (wasmtime opens files without
/// `FILE_SHARE_DELETE`), so there the server does not lose its file.
#[cfg(windows)]
#[test]
fn a_file_in_use_cannot_be_taken_away() {
    let simulator = small();
    let session = Server::new(&simulator).start();
    session.wait_until_synced();
    assert_eq!(total(&session), 30);
    let (file, other) = (session.scratch().database(), session.scratch().path().join("other.db"));
    fs::rename(&file, &other).expect_err("it is in use");
    fs::remove_file(&file).expect_err("it is in use");
    fs::copy(&file, &other).expect("it can be read");
    fs::rename(&other, &file).expect_err("it is in use");
    assert_eq!(total(&session), 30);
}

#[cfg(unix)]
#[test]
fn a_replaced_file_is_the_one_that_is_read() {
    let simulator = small();
    let session = synced(&Server::new(&simulator));
    let file = session.scratch().database();
    let other = session.scratch().path().join("other.db");
    fs::copy(&file, &other).expect("a copy");
    Connection::open(&other)
        .and_then(|native| {
            native.execute_batch(
                "DELETE FROM conversations WHERE id IN (SELECT id FROM conversations LIMIT 10)",
            )
        })
        .expect("it changes");
    fs::rename(&other, &file).expect("it is replaced");
    assert_eq!(total(&session), 20);
}

#[test]
fn a_damaged_file_is_told_with_the_command_that_repairs_it() {
    let simulator = small();
    let server = stopped(&simulator);
    damage(&server.scratch().database());
    let session = server.clone().without_token().start();
    let told = session.call_tool("search_conversations", json!({"query": "the"})).failed();
    assert!(told.contains("fastintercom repair"), "{told}");
}

/// Fills every page but the first few with nonsense.
pub fn damage(file: &std::path::Path) {
    let mut content = fs::read(file).expect("it is there");
    let end = content.len();
    for byte in &mut content[4 * 4096..end] {
        *byte = byte.wrapping_mul(7).wrapping_add(3);
    }
    fs::write(file, content).expect("it is damaged");
}

#[test]
fn a_newer_and_a_strange_file_are_left_alone() {
    let simulator = small();
    for (sql, words) in [
        ("CREATE TABLE t (n); PRAGMA user_version = 99;", "A newer FastIntercom wrote this database"),
        ("CREATE TABLE t (n); PRAGMA application_id = 77;", "belongs to another program"),
    ] {
        let scratch = Scratch::new();
        Database::create(&scratch.database(), sql);
        let before = fs::read(scratch.database()).expect("it is there");
        let told = Cli::new(&simulator).on(&scratch).args(["status"]).run().assert_code(1).stderr;
        assert!(told.contains(words), "{told}");
        assert_eq!(fs::read(scratch.database()).expect("it is there"), before, "byte for byte");
    }
    let scratch = Scratch::new();
    fs::write(scratch.database(), "a letter to grandmother, of more than a hundred bytes, ".repeat(40))
        .expect("written");
    let told = Cli::new(&simulator).on(&scratch).args(["status"]).run().assert_code(1).stderr;
    assert!(told.contains("is not an SQLite database, so it was left untouched"), "{told}");
}

/// As root nothing is read-only by its mode, so the folder is mounted so where that is allowed.
#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_is_served_and_a_sync_refused() {
    let simulator = small();
    let server = stopped(&simulator);
    let Some(_mount) = Mount::read_only(&server.scratch().database_folder()) else { return };
    let session = server.start();
    assert_eq!(total(&session), 30);
    let told = session.call_tool("force_sync", json!({})).failed();
    assert!(told.contains("The database cannot be written: the file or its folder is read-only."), "{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_nothing_committed_is_lost() {
    let simulator =
        super::simulate(fastintercom_tests::simulator::Config::new().conversations(1_500).days(20));
    let server = Server::new(&simulator);
    let Some(mount) = Mount::small(&server.scratch().database_folder()) else { return };
    let session = server.start();
    session.wait_for_log("sync failed");
    let told = session.call_tool("get_sync_status", json!({})).succeeded();
    let log = session.log().join("\n");
    assert!(
        log.contains("the disk is probably full. Nothing stored before is lost. Free some space"),
        "{told}\n{log}"
    );
    let kept = total(&session);
    session.call_tool("search_conversations", json!({"query": "the"})).succeeded();
    assert_eq!(Database::open(&server.scratch().database()).value("PRAGMA integrity_check"), "ok");
    // Space is found, and the next sync goes on.
    mount.grow();
    session.call_tool("force_sync", json!({})).succeeded();
    assert_eq!(total(&session), 1_500);
    super::report(&format!(
        "the disk was full after {kept} of 1,500 conversations; with more room the next sync read the rest"
    ));
    drop(session);
}

/// Careful people mount the folders of users `noexec`: no file in them can be mapped as code.
#[cfg(target_os = "linux")]
#[test]
fn compiled_code_is_kept_where_files_cannot_be_executed() {
    let simulator = small();
    let scratch = Scratch::new();
    let Some(_mount) = Mount::not_executable(&scratch.home()) else { return };
    let cache = scratch.home().join("cache");
    let cli = Cli::new(&simulator).on(&scratch).env("FASTINTERCOM_CACHE_DIR", cache);
    let start = || cli.clone().args(["--log", "debug", "tools"]).run().assert_code(0).stderr;
    assert!(start().contains("cached=false"));
    let again = start();
    assert!(again.contains("cached=true"), "{again}");
}

/// A mount over a folder of the test's own, where the system allows that (for root, mostly).
#[cfg(target_os = "linux")]
struct Mount(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Mount {
    fn small(folder: &std::path::Path) -> Option<Self> {
        Self::run(&["-t", "tmpfs", "-o", "size=3m,mode=0700", "tmpfs"], folder)
    }

    fn not_executable(folder: &std::path::Path) -> Option<Self> {
        Self::run(&["-t", "tmpfs", "-o", "noexec,mode=0700", "tmpfs"], folder)
    }

    fn read_only(folder: &std::path::Path) -> Option<Self> {
        let mount = Self::run(&["--bind", &folder.display().to_string()], folder)?;
        let status = std::process::Command::new("mount").args(["-o", "remount,ro,bind"]).arg(folder).status();
        status.is_ok_and(|status| status.success()).then_some(mount)
    }

    fn grow(&self) {
        let status =
            std::process::Command::new("mount").args(["-o", "remount,size=200m"]).arg(&self.0).status();
        assert!(status.is_ok_and(|status| status.success()), "the mount grows");
    }

    fn run(arguments: &[&str], folder: &std::path::Path) -> Option<Self> {
        let done = std::process::Command::new("mount").args(arguments).arg(folder).output();
        if done.is_ok_and(|done| done.status.success()) {
            return Some(Self(folder.to_owned()));
        }
        super::report("skipped: this user may not mount");
        None
    }
}

#[cfg(target_os = "linux")]
impl Drop for Mount {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
