//! `fastintercom backup`, `repair` and `doctor`.

use std::fs;
use std::time::Duration;

use fastintercom_tests::command::Cli;
use fastintercom_tests::database::Database;
use fastintercom_tests::server::Server;
use fastintercom_tests::simulator::Config;
use serde_json::Value;

use super::{report, simulate, small, wait_until};

#[test]
fn a_backup_of_a_running_sync_is_consistent() {
    let simulator = simulate(Config::new().conversations(800).days(20).latency(Duration::from_millis(30)));
    // Some 130 threads a second, committed every 600 ms: the sync goes on beside all five copies.
    let server = Server::new(&simulator).env("FASTINTERCOM_MAX_IN_FLIGHT", "4");
    let session = server.start();
    session.wait_for_log("sync starting");
    let threads = "SELECT count(*) FROM conversations WHERE thread_complete";
    let cli = Cli::new(&simulator).on(server.scratch()).without_token();
    let mut sizes = Vec::new();
    for number in 0..5 {
        let last = sizes.last().copied().unwrap_or(0);
        wait_until(|| Database::open(&server.scratch().database()).number(threads) > last);
        let file = server.scratch().path().join(format!("copy-{number}.db"));
        let output = cli.clone().args(["backup", file.to_str().expect("a path")]).run().assert_code(0);
        assert!(output.stdout.starts_with("Wrote "), "{output:?}");
        let copy = Database::open(&file);
        assert_eq!(copy.value("PRAGMA integrity_check"), "ok");
        let torn = copy.number(
            "SELECT count(*) FROM conversations c WHERE thread_complete AND message_count <> (SELECT count(*) FROM messages WHERE conversation_id = c.id)",
        );
        assert_eq!(torn, 0, "whole threads only");
        sizes.push(copy.number(threads));
    }
    report(&format!("five copies during a sync, with {sizes:?} threads"));
    assert!(sizes.is_sorted_by(|before, after| before < after), "each copy is of its own moment: {sizes:?}");
    assert!(sizes[4] < 800, "all copies were taken during the sync: {sizes:?}");
    session.wait_until_synced();
    let left: Vec<_> = fs::read_dir(server.scratch().database_folder())
        .expect("the folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("tmp"))
        .collect();
    assert!(left.is_empty(), "nothing is left behind: {left:?}");
}

#[test]
fn a_backup_overwrites_nothing() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    let file = cli.scratch().write("precious.txt", "precious");
    let told = cli.clone().args(["backup", file.to_str().expect("a path")]).run().assert_code(2).stderr;
    assert!(told.contains("exists already; name a new file"), "{told}");
    assert_eq!(fs::read_to_string(file).expect("it is there"), "precious");
}

/// A path need not be text. Its JSON could not be written, and the program ended in a panic after
/// the copy was made.
#[cfg(target_os = "linux")]
#[test]
fn a_copy_may_have_a_name_that_is_no_text() {
    use std::os::unix::ffi::OsStringExt as _;
    let cli = Cli::new(&small());
    let name = std::ffi::OsString::from_vec(b"copy-\xff.db".to_vec());
    let file = cli.scratch().path().join(&name);
    let told = cli.clone().args(["backup", "--json"]).args([&file]).run().json();
    assert!(told["file"].as_str().is_some_and(|file| file.contains("copy-")), "{told}");
    assert_eq!(told["bytes"], fs::metadata(&file).expect("it is there").len());
}

#[test]
fn a_repair_saves_what_is_readable_and_keeps_the_old_file() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync"]).run().assert_code(0);
    let sound = cli.clone().args(["repair"]).run().assert_code(0).stdout;
    assert!(sound.contains("nothing to repair"), "{sound}");

    // A few pages in the middle.
    let file = cli.scratch().database();
    let mut content = fs::read(&file).expect("it is there");
    let middle = content.len() / 4096 / 2 * 4096;
    content[middle..middle + 3 * 4096].fill(0xa5);
    fs::write(&file, &content).expect("it is damaged");

    let server = Server::new(&simulator).on(cli.scratch()).without_token().start();
    let told = cli.clone().args(["repair"]).run().assert_code(1).stderr;
    assert!(told.contains("A FastIntercom server uses this database."), "{told}");
    drop(server);

    let told = cli.clone().args(["repair"]).run().assert_code(0).stdout;
    report(&told);
    assert!(told.contains("The damaged file is kept as "), "{told}");
    assert_eq!(Database::open(&file).value("PRAGMA integrity_check"), "ok");
    let kept = fs::read_dir(cli.scratch().database_folder())
        .expect("the folder")
        .flatten()
        .find(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            // Its empty journal is kept beside it.
            name.starts_with("data.db.damaged-") && !name.ends_with("-journal")
        })
        .expect("the old file is kept");
    assert!(fs::read(kept.path()).expect("it is there") == content, "byte for byte");
    // What was lost comes back.
    cli.clone().args(["sync", "--full"]).run().assert_code(0);
    assert_eq!(Database::open(&file).number("SELECT count(*) FROM conversations WHERE thread_complete"), 30);
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync"]).run().assert_code(0);
    let well = cli.clone().args(["doctor", "--json"]).run().json();
    assert_eq!(well["ok"], true, "{well}");
    super::trouble::damage(&cli.scratch().database());
    let output = cli.clone().args(["doctor", "--json"]).run().assert_code(1);
    let ill: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert!(ill.to_string().contains("fastintercom repair"), "{ill}");
    let lines = cli.clone().args(["doctor"]).run().assert_code(1).stdout;
    assert!(lines.lines().all(|line| line.starts_with("ok ") || line.starts_with("WRONG ")), "{lines}");
}

#[cfg(unix)]
#[test]
fn the_doctor_names_the_command_that_closes_an_open_folder() {
    use std::os::unix::fs::PermissionsExt as _;
    let simulator = small();
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync"]).run().assert_code(0);
    let folder = cli.scratch().database_folder();
    let file = cli.scratch().path().join("data/elsewhere.db");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("it is opened");
    fs::remove_file(cli.scratch().database()).expect("the database of another name stays away");
    let output = cli.clone().env("FASTINTERCOM_DB_PATH", &file).args(["doctor"]).run().assert_code(1);
    assert!(output.stdout.contains("is open to other users; run: chmod 700"), "{output:?}");
}
