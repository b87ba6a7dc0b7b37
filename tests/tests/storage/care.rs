//! File modes, from the first byte.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fastintercom_tests::command::Cli;
use fastintercom_tests::server::Server;
use fastintercom_tests::simulator::Config;

use super::{simulate, small};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

/// While a server starts and syncs, somebody looks at the folder all the time.
#[test]
fn folder_database_and_journal_are_private_from_the_first_byte() {
    let simulator = simulate(Config::new().conversations(200).days(10));
    let server = Server::new(&simulator);
    let folder = server.scratch().path().join("new");
    let server = server.env("FASTINTERCOM_DB_PATH", folder.join("data.db"));
    let over = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut seen = BTreeMap::new();
            // A failing server must not keep this going.
            let begun = Instant::now();
            while !over.load(Ordering::Relaxed) && begun.elapsed() < Duration::from_secs(60) {
                if let Ok(found) = fs::metadata(&folder) {
                    seen.insert(("folder".to_owned(), found.permissions().mode() & 0o777), ());
                }
                for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                    if let Ok(found) = entry.metadata() {
                        let name = entry.file_name().to_string_lossy().into_owned();
                        seen.insert((name, found.permissions().mode() & 0o777), ());
                    }
                }
                std::thread::sleep(Duration::from_micros(100));
            }
            seen
        });
        let session = server.start();
        session.wait_until_synced();
        drop(session);
        over.store(true, Ordering::Relaxed);
        looking.join().expect("it looked")
    });
    let modes: Vec<_> = seen.into_keys().collect();
    assert!(modes.iter().any(|(name, _)| name == "data.db-journal"), "{modes:?}");
    for (name, mode) in &modes {
        assert_eq!(*mode, if name == "folder" { 0o700 } else { 0o600 }, "{name} in {modes:?}");
    }
}

#[test]
fn a_backup_is_private_too() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    cli.clone().args(["sync"]).run().assert_code(0);
    let file = cli.scratch().path().join("copy.db");
    cli.clone().args(["backup", file.to_str().expect("a path")]).run().assert_code(0);
    assert_eq!(mode(&file), 0o600);
}
