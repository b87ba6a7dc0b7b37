//! How long readers wait while somebody writes much.

use std::thread;
use std::time::{Duration, Instant};

use fastintercom_tests::probe::{self, begin_read, begin_write, milliseconds};
use fastintercom_tests::scratch::Scratch;
use rusqlite::{Connection, TransactionBehavior};

use super::{many, report, small};

/// A reader in one instance, while another one commits 2,000 rows every 100 ms. `just latency`
/// prints the figures beside those of native SQLite with the same settings.
#[test]
#[ignore = "a measurement"]
fn readers_hardly_notice_a_busy_writer() {
    let commits = many(50, 300);
    let simulator = small();
    let scratch = Scratch::new();
    let session = probe::server(&simulator, &scratch).env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "300").start();
    session.answer(begin_write(&session, "fill", 50, 2_000, 0)).succeeded();
    let alone = session.answer(begin_read(&session, 1_000, 0)).succeeded();
    line("instance, reader alone", &alone);
    let writing = begin_write(&session, "writer", commits, 2_000, 100);
    let mut worst = f64::NAN;
    while !session.is_answered(writing) {
        let busy = session.answer(begin_read(&session, 3_000, 1)).succeeded();
        line("instance, while another commits 2,000 rows every 100 ms", &busy);
        worst = worst.max(milliseconds(&busy, "p99"));
    }
    line("  its commits", &session.answer(writing).succeeded());
    natively(&scratch);
    assert!(worst <= 20.0, "p99 of the reads is {worst:.1} ms");
}

fn line(what: &str, answer: &serde_json::Value) {
    report(&format!(
        "{what}: p50 {:.2} ms, p99 {:.2} ms, max {:.1} ms",
        milliseconds(answer, "p50"),
        milliseconds(answer, "p99"),
        milliseconds(answer, "max")
    ));
}

/// The same, between two connections of native SQLite in rollback mode.
fn natively(scratch: &Scratch) {
    let path = scratch.database();
    let open = || {
        let mut connection = Connection::open(&path).expect("it opens");
        connection
            .busy_handler(Some(|_| {
                thread::sleep(Duration::from_millis(1));
                true
            }))
            .expect("a handler");
        connection
            .execute_batch("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA cache_spill = OFF; PRAGMA journal_mode = TRUNCATE;")
            .expect("settings");
        connection
    };
    let mut reads = Vec::new();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut connection = open();
            for _ in 0..30 {
                let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).expect("a turn");
                for _ in 0..2_000 {
                    tx.prepare_cached("INSERT INTO probe_log (who, text) VALUES ('native', 'A row about as long as the first words of a message in a thread.')")
                        .and_then(|mut insert| insert.execute([]))
                        .expect("it writes");
                }
                tx.execute("UPDATE probe_counter SET value = value + 2000", []).expect("it writes");
                tx.commit().expect("it commits");
                thread::sleep(Duration::from_millis(100));
            }
        });
        let mut connection = open();
        while !writer.is_finished() {
            let begun = Instant::now();
            let tx = connection.transaction().expect("it begins");
            let newest: i64 =
                tx.query_row("SELECT max(id) FROM probe_log", [], |row| row.get(0)).expect("it reads");
            for step in 0..150 {
                tx.prepare_cached("SELECT text FROM probe_log WHERE id = ?1")
                    .and_then(|mut look| {
                        look.query_row([1 + step * 7_919 % newest], |row| row.get::<_, String>(0))
                    })
                    .expect("it reads");
            }
            drop(tx);
            reads.push(begun.elapsed().as_secs_f64() * 1_000.0);
            thread::sleep(Duration::from_millis(1));
        }
    });
    reads.sort_unstable_by(f64::total_cmp);
    let at = |hundredth: usize| reads[(reads.len() * hundredth / 100).min(reads.len() - 1)];
    report(&format!(
        "native SQLite, the same: p50 {:.2} ms, p99 {:.2} ms, max {:.1} ms",
        at(50),
        at(99),
        at(100)
    ));
}
