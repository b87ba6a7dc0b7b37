//! Instances that end in the middle of a write transaction, with a hot journal on the disk.

use std::time::{Duration, Instant};

use fastintercom_tests::database::Database;
use fastintercom_tests::probe::{self, begin_read, begin_write};
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::slowed;
use serde_json::json;

use super::{Dice, many, report, small};

/// A person notices nothing below that.
const UNNOTICED: Duration = Duration::from_millis(50);

#[test]
fn after_a_trap_in_a_transaction_the_next_instance_works_at_once() {
    after_each("probe_trap", |session, name| {
        let pending = session.begin_tool(name, json!({}));
        let failed = session.outcome(pending);
        let told = format!("{failed:?}");
        assert!(told.contains("nothing stored is lost"), "{told}");
    });
}

#[test]
fn after_a_cancelled_call_in_a_transaction_the_next_instance_works_at_once() {
    let mut turn = 0;
    after_each("probe_hang", move |session, name| {
        turn += 1;
        let pending = session.begin_tool(name, json!({}));
        // Some are cancelled before, most in the middle of the transaction.
        std::thread::sleep(Duration::from_millis(turn % 40));
        session.cancel(pending);
    });
}

/// Not in a transaction that waits to be cut, but wherever writing just is: in a row, in the
/// journal, in the commit, or between two.
#[test]
fn calls_cancelled_in_the_middle_of_writing_leave_a_sound_database() {
    let times = many(40, 300);
    let dice = Dice::new("cancels");
    let simulator = small();
    let scratch = Scratch::new();
    let session = probe::server(&simulator, &scratch).start();
    session.answer(begin_write(&session, "before", 1, 1, 0)).succeeded();
    let journal = scratch.database_folder().join("data.db-journal");
    let (mut rows, mut hot) = (1, 0);
    for _ in 0..times {
        let pending = begin_write(&session, "cut", 10_000, 20, 0);
        std::thread::sleep(Duration::from_millis(dice.roll(80)));
        session.cancel(pending);
        hot += usize::from(journal.metadata().is_ok_and(|journal| journal.len() > 0));
        // At once: the last write of the dropped instance may still be on its way. Who comes first
        // rolls back what was not committed: another instance, or native SQLite.
        if dice.roll(2) == 0 {
            session.answer(begin_read(&session, 1, 0)).succeeded();
        }
        let database = Database::open_for_recovery(&scratch.database());
        assert_eq!(database.value("PRAGMA integrity_check"), "ok");
        let torn = "SELECT (SELECT value FROM probe_counter) - (SELECT count(*) FROM probe_log)";
        assert_eq!(database.number(torn), 0, "a transaction is there in part");
        let now = database.number("SELECT value FROM probe_counter");
        assert!(now >= rows, "{rows} rows were committed, now there are {now}");
        rows = now;
    }
    report(&format!(
        "{times} calls cancelled while they wrote, {hot} with a journal on the disk; {rows} rows were committed between them, none was lost or torn"
    ));
    assert!(rows > 1, "nothing was written at all");
}

fn after_each(name: &str, mut end: impl FnMut(&fastintercom_tests::session::Session, &str)) {
    let times = many(25, 200);
    let simulator = small();
    let scratch = Scratch::new();
    let session = probe::server(&simulator, &scratch).start();
    session.answer(begin_write(&session, "before", 1, 1, 0)).succeeded();
    let (mut waits, mut warm) = (Vec::new(), Vec::new());
    for turn in 1..=times {
        end(&session, name);
        let begun = Instant::now();
        session.answer(begin_write(&session, "after", 1, 1, 0)).succeeded();
        waits.push(begun.elapsed());
        // The same once more, with nothing to replace and nothing to roll back, for comparison.
        let begun = Instant::now();
        session.answer(begin_write(&session, "after", 1, 1, 0)).succeeded();
        warm.push(begun.elapsed());
        let database = Database::open(&scratch.database());
        assert_eq!(
            database.number("SELECT value FROM probe_counter"),
            2 * turn + 1,
            "what was not committed is gone"
        );
    }
    waits.sort_unstable();
    warm.sort_unstable();
    let (median, slowest) = (waits[waits.len() / 2], waits[waits.len() - 1]);
    let unnoticed = slowed(UNNOTICED);
    let in_time = waits.iter().filter(|wait| **wait <= unnoticed).count();
    report(&format!(
        "{name} {times} times: the next instance had committed after {median:.1?} (median), {slowest:.1?} (slowest); {in_time} of {times} within {unnoticed:?}; a commit of a warm instance took {:.1?} and {:.1?}",
        warm[warm.len() / 2],
        warm[warm.len() - 1]
    ));
    let database = Database::open(&scratch.database());
    assert_eq!(database.number("SELECT count(*) FROM probe_log WHERE who = 'never'"), 0);
    assert_eq!(database.value("PRAGMA integrity_check"), "ok");
    // Tests run beside each other: what the program does by itself shows in the quicker quarter.
    let quick = waits[waits.len() / 4];
    assert!(quick <= unnoticed, "{quick:?}");
    assert!(slowest < slowed(Duration::from_secs(5)), "{slowest:?}");
}
