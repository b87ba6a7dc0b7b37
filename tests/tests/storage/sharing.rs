//! Instances, processes, native SQLite and the shell, all reading and writing at once.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastintercom_tests::database::Database;
use fastintercom_tests::probe::{self, begin_read, begin_write, milliseconds};
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::session::Session;
use fastintercom_tests::shell::Shell;
use rusqlite::{Connection, TransactionBehavior};

use super::{many, report, simulate, small};

/// Every commit adds one to a counter and one row to a log, whoever makes it: three instances in
/// one process, two in another, a native SQLite and the shell. Counts must be exact at the end,
/// and equal in every single read.
#[test]
fn everybody_writes_and_nothing_is_torn_or_lost() {
    let seconds = many(10, 120);
    let simulator = small();
    let scratch = Scratch::new();
    let server = probe::server(&simulator, &scratch).env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "120");
    let (first, second) = (server.start(), server.start());
    first.answer(begin_write(&first, "prepare", 1, 1, 0)).succeeded();

    let (ending, native, shell) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let (native_reads, shell_reads) = (AtomicU64::new(0), AtomicU64::new(0));
    let goes_on = || !ending.load(Ordering::Relaxed);
    let path = scratch.database();
    let guests = thread::scope(|scope| {
        let writers = [(&first, "a"), (&first, "b"), (&second, "d")];
        let writing = writers.map(|(session, who)| scope.spawn(move || in_turns(session, who, &goes_on)));
        let reading = [&first, &second].map(|session| {
            scope.spawn(move || {
                let mut reads = 0;
                while goes_on() {
                    session.answer(begin_read(session, 20, 3)).succeeded();
                    reads += 20;
                }
                reads
            })
        });
        scope.spawn(|| {
            let mut connection = Connection::open(&path).expect("it opens");
            connection.busy_timeout(Duration::from_secs(30)).expect("a timeout");
            while goes_on() {
                let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).expect("a turn");
                tx.execute_batch(
                    "UPDATE probe_counter SET value = value + 1; INSERT INTO probe_log (who, text) VALUES ('native', 'x');",
                )
                .expect("it writes");
                tx.commit().expect("it commits");
                native.fetch_add(1, Ordering::Relaxed);
                assert_eq!(count(&connection), 0, "a native read is torn");
                native_reads.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(2));
            }
        });
        if let Some(sqlite3) = Shell::on(&scratch.database()) {
            let (writer, shell, shell_reads) = (sqlite3.clone(), &shell, &shell_reads);
            scope.spawn(move || {
                while goes_on() {
                    writer
                        .run("BEGIN IMMEDIATE; UPDATE probe_counter SET value = value + 1; INSERT INTO probe_log (who, text) VALUES ('shell', 'x'); COMMIT;")
                        .expect("the shell writes");
                    shell.fetch_add(1, Ordering::Relaxed);
                }
            });
            scope.spawn(move || {
                while goes_on() {
                    let difference = sqlite3
                        .run("SELECT (SELECT value FROM probe_counter) - (SELECT count(*) FROM probe_log)")
                        .expect("the shell reads");
                    assert_eq!(difference, "0", "a read of the shell is torn");
                    shell_reads.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        thread::sleep(Duration::from_secs(seconds));
        ending.store(true, Ordering::Relaxed);
        let commits = writing.map(|thread| thread.join().expect("a writer"));
        let reads: u64 = reading.into_iter().map(|thread| thread.join().expect("a reader")).sum();
        (commits, reads)
    });

    let (commits, guest_reads) = guests;
    let by_guests: u64 = commits.iter().map(|(count, _)| count).sum();
    let slowest = commits.iter().map(|(_, slowest)| *slowest).fold(0.0, f64::max);
    let (native, shell) = (native.into_inner(), shell.into_inner());
    let all = 1 + by_guests + native + shell;
    report(&format!(
        "{seconds} s: {all} commits ({by_guests} by 3 instances in 2 processes, {native} native, {shell} by the shell), {guest_reads} + {} + {} reads checked; slowest commit {slowest:.0} ms",
        native_reads.into_inner(),
        shell_reads.into_inner()
    ));
    let database = Database::open(&scratch.database());
    assert_eq!(database.number("SELECT value FROM probe_counter"), i64::try_from(all).expect("few"));
    assert_eq!(database.number("SELECT count(*) FROM probe_log"), i64::try_from(all).expect("few"));
    for (who, (count, _)) in ["a", "b", "d"].iter().zip(&commits) {
        let rows = database.number(&format!("SELECT count(*) FROM probe_log WHERE who = '{who}'"));
        assert_eq!(rows, i64::try_from(*count).expect("few"), "{who}");
    }
    assert_eq!(database.value("PRAGMA integrity_check"), "ok");
}

/// Commits in calls of ten, so that writers take turns. Returns how many, and the slowest one's
/// milliseconds.
fn in_turns(session: &Session, who: &str, goes_on: &dyn Fn() -> bool) -> (u64, f64) {
    let (mut commits, mut slowest) = (0, 0.0_f64);
    while goes_on() {
        let done = session.answer(begin_write(session, who, 10, 1, 2)).succeeded();
        commits += 10;
        slowest = slowest.max(milliseconds(&done, "max"));
    }
    (commits, slowest)
}

fn count(connection: &Connection) -> i64 {
    connection
        .query_row("SELECT (SELECT value FROM probe_counter) - (SELECT count(*) FROM probe_log)", [], |row| {
            row.get(0)
        })
        .expect("a native read")
}

/// The shell reads and writes while a sync runs, and the sync does not fail of it.
#[test]
fn the_shell_works_on_the_live_file_of_a_sync() {
    let simulator = simulate(
        fastintercom_tests::simulator::Config::new()
            .conversations(400)
            .days(20)
            .latency(Duration::from_millis(20)),
    );
    let server = fastintercom_tests::server::Server::new(&simulator);
    let session = server.start();
    session.wait_for_log("sync starting");
    let Some(shell) = Shell::on(&server.scratch().database()) else { return };
    let begun = Instant::now();
    let mut rows = 0;
    let mut reads = 0;
    loop {
        let now: i64 =
            shell.run("SELECT count(*) FROM conversations").expect("it reads").parse().expect("a number");
        assert!(now >= rows, "a committed row is gone");
        rows = now;
        reads += 1;
        shell.run("CREATE TABLE IF NOT EXISTS note (n); INSERT INTO note VALUES (1)").expect("it writes");
        if session.log().iter().any(|line| line.contains("sync completed")) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the sync does not end");
    }
    report(&format!("{reads} reads and writes of the shell during a sync of 400 conversations"));
    assert_eq!(shell.run("SELECT count(*) FROM note").expect("it reads"), reads.to_string());
    assert_eq!(shell.run("PRAGMA integrity_check").expect("it reads"), "ok");
}
