//! Folders: what must not lie in the data folder, and a machine with one writable folder only.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::{Command, Stdio};

use fastintercom_tests::binary;
use fastintercom_tests::command::Cli;
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::simulator::{Config, Simulator};
use serde_json::{Value, json};

use super::simulate;

/// Tried: the root, the home, the temporary and the configuration folder as data folder.
#[test]
fn folders_that_hold_more_than_the_data_are_refused() {
    let simulator = simulate(Config::new().conversations(1));
    let cli = Cli::new(&simulator).args(["tools"]);
    let home = cli.scratch().home();
    fs::create_dir_all(home.join(".cache/fastintercom")).expect("a folder");
    for (file, words) in [
        ("/data.db".into(), "the root folder"),
        (home.join("data.db"), "the home folder"),
        (std::env::temp_dir().join("data.db"), "the temporary folder"),
        (home.join(".config/fastintercom/data.db"), "the configuration"),
        (home.join(".cache/data.db"), "the compiled code"),
    ] {
        let output = cli.clone().env("FASTINTERCOM_DB_PATH", &file).run().assert_code(2);
        assert!(output.stderr.contains(words), "{}: {output:?}", file.display());
        assert!(!file.exists(), "{}", file.display());
    }
}

/// Tried: having the host keep native code where the component can rewrite it.
#[test]
fn compiled_code_never_lies_in_the_data_folder() {
    let simulator = simulate(Config::new().conversations(1));
    let cli = Cli::new(&simulator).args(["tools"]);
    let folder = cli.scratch().database_folder();
    for cache in [folder.clone(), folder.join("cache")] {
        assert_eq!(cli.clone().env("FASTINTERCOM_CACHE_DIR", cache).run().code, Some(0));
    }
    let is_code = |path: &std::path::Path| path.extension().is_some_and(|extension| extension == "cwasm");
    assert!(!cli.scratch().files().iter().any(|(path, _)| path.starts_with(&folder) && is_code(path)));
}

/// Tried: deciding what the host does by a file that the component can write, or by a link in its
/// folder. Nothing is made before the refusal.
#[test]
fn no_configuration_lies_where_the_component_can_write() {
    let simulator = simulate(Config::new().conversations(1));
    let cli = Cli::new(&simulator);
    let scratch = cli.scratch().clone();
    let config = scratch.write("data/config.toml", "sync_days = 3\n");
    let outside = scratch.write("outside/config.toml", "sync_days = 3\n");
    let (link, inward) = (scratch.path().join("data/link.toml"), scratch.path().join("outside/inward.toml"));
    std::os::unix::fs::symlink(&outside, &link).expect("a link");
    std::os::unix::fs::symlink(&config, &inward).expect("a link");
    let data = scratch.path().join("data/data.db");
    let cli = cli.env("FASTINTERCOM_DB_PATH", &data);
    for file in [&config, &link, &inward] {
        let arguments = ["--config", file.to_str().expect("UTF-8"), "tools"];
        let output = cli.clone().args(arguments).run().assert_code(2);
        assert!(
            output.stderr.contains("configuration file") && output.stderr.contains("data folder"),
            "{output:?}"
        );
        assert!(!data.exists(), "{}", file.display());
    }
    let arguments = ["--config", outside.to_str().expect("UTF-8"), "tools"];
    let _ = cli.clone().args(arguments).run().assert_code(0);
    for (variable, value) in [
        ("SSL_CERT_FILE", config.clone()),
        ("SSL_CERT_DIR", scratch.path().join("data/certificates")),
        ("FASTINTERCOM_COMPONENT_FILE", config.clone()),
    ] {
        let output = cli.clone().env(variable, value).args(["tools"]).run().assert_code(2);
        assert!(output.stderr.contains(variable) && output.stderr.contains("data folder"), "{output:?}");
    }
}

/// Tried: a data folder in which other users can write, and so replace the database.
#[test]
fn a_data_folder_that_others_can_write_is_closed_or_refused_before_anything_is_made() {
    let simulator = simulate(Config::new().conversations(1));
    let open = |path: &std::path::Path| {
        fs::create_dir_all(path).expect("a folder");
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("a mode");
    };
    let mode = |path: &std::path::Path| fs::metadata(path).expect("a folder").permissions().mode() & 0o777;
    let cli = Cli::new(&simulator).args(["tools"]);
    let scratch = cli.scratch().clone();
    let run =
        |folder: &std::path::Path| cli.clone().env("FASTINTERCOM_DB_PATH", folder.join("data.db")).run();
    // It holds nothing, or what is ours: it is closed.
    let empty = scratch.path().join("empty");
    open(&empty);
    let _ = run(&empty).assert_code(0);
    assert_eq!(mode(&empty), 0o700);
    open(&empty);
    let _ = run(&empty).assert_code(0);
    assert_eq!(mode(&empty), 0o700, "an older one, too");
    // It holds something else: whose it is, nobody knows.
    let shared = scratch.path().join("shared");
    open(&shared);
    fs::write(shared.join("notes.txt"), "mine").expect("written");
    let output = run(&shared).assert_code(2);
    assert!(
        output.stderr.contains("other users can write") && output.stderr.contains("chmod go-w"),
        "{output:?}"
    );
    assert_eq!(fs::read_dir(&shared).expect("listed").count(), 1, "nothing was made");
    assert_eq!(mode(&shared), 0o777, "and nothing changed");
    // Somebody else's.
    if rustix::process::geteuid().is_root() {
        let foreign = scratch.path().join("foreign");
        open(&foreign);
        chown(&foreign, Some(NOBODY), Some(NOBODY)).expect("an owner");
        let _ = run(&foreign).assert_code(2);
        assert_eq!(fs::read_dir(&foreign).expect("listed").count(), 0);
    }
}

/// Tried: a file of something else as database. Its mode is nobody's affair.
#[test]
fn a_foreign_file_keeps_its_mode() {
    let simulator = simulate(Config::new().conversations(1));
    let cli = Cli::new(&simulator);
    let file = cli.scratch().write("data/notes.txt", "not a database, and longer than a header of SQLite is");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("a mode");
    let _ = cli.clone().env("FASTINTERCOM_DB_PATH", &file).args(["status"]).run();
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o644);
    let output = cli.env("FASTINTERCOM_DB_PATH", "/dev/null").args(["status"]).run();
    assert_ne!(output.code, Some(0), "{output:?}");
}

/// The user `nobody`.
const NOBODY: u32 = 65_534;

/// A root that cannot be written, one folder that can, no home, no privileges.
struct Container {
    scratch: Scratch,
    data: std::path::PathBuf,
    is_root: bool,
}

impl Container {
    /// `None` where this machine lets nobody make a mount namespace.
    fn new() -> Option<Self> {
        let is_root = rustix::process::geteuid().is_root();
        let flags = if is_root { "-m" } else { "-rm" };
        let status = Command::new("unshare").args([flags, "true"]).stderr(Stdio::null()).status();
        if !status.is_ok_and(|status| status.success()) {
            return None;
        }
        let scratch = Scratch::new();
        fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o711)).expect("a mode");
        let data = scratch.database_folder();
        if is_root {
            chown(&data, Some(NOBODY), Some(NOBODY)).expect("an owner");
        }
        fs::copy(binary(), scratch.path().join("fastintercom")).expect("the program");
        Some(Self { scratch, data, is_root })
    }

    /// A shell line in the container; `$PROGRAM` is the program.
    fn run(&self, simulator: &Simulator, line: &str) -> Command {
        let drop_privileges =
            if self.is_root { "setpriv --reuid 65534 --regid 65534 --clear-groups" } else { "" };
        let data = self.data.display();
        let script = format!(
            "mount --make-rprivate / && mount --bind {data} {data} && mount -o remount,bind,ro / && \
             cd / && exec {drop_privileges} sh -c '{line}'"
        );
        let mut command = Command::new("unshare");
        command
            .args([if self.is_root { "-m" } else { "-rm" }, "sh", "-c", &script])
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("PROGRAM", self.scratch.path().join("fastintercom"))
            .env("FASTINTERCOM_DB_PATH", self.data.join("data.db"))
            .env("FASTINTERCOM_INITIAL_SYNC_DAYS", "0")
            .env("INTERCOM_BASE_URL", simulator.base_url())
            .env("INTERCOM_ACCESS_TOKEN", simulator.token())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

#[test]
fn one_writable_folder_no_home_and_no_privileges_are_enough() {
    let Some(container) = Container::new() else {
        {
            eprintln!("not run: no mount namespaces here");
        }
        return;
    };
    let simulator = simulate(Config::new().conversations(12).days(3));
    let output = |line: &str| container.run(&simulator, line).output().expect("it runs");
    let probe = output("id -u; touch /tmp/container-probe && echo written");
    let probe = String::from_utf8_lossy(&probe.stdout).into_owned();
    assert!(!probe.contains("written"), "the root is read-only: {probe}");
    assert!(!container.is_root || probe.starts_with("65534"), "{probe}");

    let synced = output("exec $PROGRAM sync --json");
    let shown = String::from_utf8_lossy(&synced.stderr).into_owned();
    let report: Value =
        serde_json::from_slice(&synced.stdout).unwrap_or_else(|error| panic!("{error}: {shown}"));
    assert_eq!(report["total_conversations"], 12, "{report}");

    let mut server = container.run(&simulator, "exec $PROGRAM serve").spawn().expect("it starts");
    let mut input = server.stdin.take().expect("a pipe");
    let initialize = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    for message in [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "search_conversations", "arguments": {"query": "the"}}}),
    ] {
        writeln!(input, "{message}").expect("it reads");
    }
    let answers = BufReader::new(server.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let answers = answers.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    let found = answers.into_iter().find(|answer| answer["id"] == 2).expect("an answer");
    assert!(!found["result"]["isError"].as_bool().unwrap_or(false), "{found}");
    assert!(found["result"]["structuredContent"]["conversations"].is_array(), "{found}");
    drop(input);
    assert!(server.wait().expect("an end").success());
    // Compiled in memory: nothing but the database was written.
    let names: Vec<_> =
        fs::read_dir(&container.data).expect("readable").flatten().map(|entry| entry.file_name()).collect();
    assert!(names.iter().all(|name| name.to_string_lossy().starts_with("data.db")), "{names:?}");
}
