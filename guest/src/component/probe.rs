//! Tools for tests of the storage, behind the feature `probe`: they write through the very
//! store, VFS and locks that the real tools and the sync use, and fail on purpose in the middle
//! of a transaction. The host cannot tell this component from the real one.
//!
//! Every transaction adds one to a counter and one row, or several, to a log. Whoever reads
//! compares both: they differ only if a read was torn or a commit was lost in part.

use std::time::Duration;

use serde_json::{Value, json};

use crate::error::{StoreError, StoreResult};
use crate::store::Store;

/// Answers the tools of the probe; `None` for every other name.
pub fn call(store: &mut Store, name: &str, arguments: &str) -> Option<StoreResult<Value>> {
    let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
    let number = |key: &str, usual: u64| arguments[key].as_u64().unwrap_or(usual);
    let who = arguments["who"].as_str().unwrap_or("guest");
    Some(match name {
        "probe_write" => write(store, who, number("times", 1), number("rows", 1), number("pause_ms", 0)),
        "probe_read" => read(store, number("times", 1), number("pause_ms", 0)),
        "probe_trap" => fail(store, || std::process::abort()),
        "probe_hang" => fail(store, || {
            loop {
                std::thread::sleep(Duration::from_millis(1));
            }
        }),
        _ => return None,
    })
}

fn prepare(store: &mut Store) -> StoreResult<()> {
    store.write(|tx| {
        tx.execute_batch(
            "CREATE TABLE IF NOT EXISTS probe_counter (value INTEGER NOT NULL);
             CREATE TABLE IF NOT EXISTS probe_log (id INTEGER PRIMARY KEY, who TEXT NOT NULL, text TEXT NOT NULL);
             INSERT INTO probe_counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM probe_counter);",
        )?;
        Ok(())
    })
}

/// So many transactions of so many rows each. Says how long they took.
fn write(store: &mut Store, who: &str, times: u64, rows: u64, pause_ms: u64) -> StoreResult<Value> {
    prepare(store)?;
    let mut took = Vec::new();
    for _ in 0..times {
        let begun = microseconds();
        store.write(|tx| {
            tx.execute("UPDATE probe_counter SET value = value + ?1", [i64::try_from(rows).unwrap_or(0)])?;
            let mut insert = tx.prepare_cached("INSERT INTO probe_log (who, text) VALUES (?1, ?2)")?;
            for _ in 0..rows {
                insert.execute([who, "A row about as long as the first words of a message in a thread."])?;
            }
            Ok(())
        })?;
        took.push(microseconds() - begun);
        std::thread::sleep(Duration::from_millis(pause_ms));
    }
    Ok(json!({"done": times, "microseconds": spread(took)}))
}

/// So many read transactions of 150 rows and both sums. Each must agree with itself.
fn read(store: &mut Store, times: u64, pause_ms: u64) -> StoreResult<Value> {
    prepare(store)?;
    let mut took = Vec::new();
    let mut last = 0;
    for _ in 0..times {
        let begun = microseconds();
        let (counter, newest) = store.read(|tx| {
            let counter: i64 = tx.query_row("SELECT value FROM probe_counter", [], |row| row.get(0))?;
            let newest: i64 =
                tx.query_row("SELECT coalesce(max(id), 0) FROM probe_log", [], |row| row.get(0))?;
            let mut look = tx.prepare_cached("SELECT text FROM probe_log WHERE id = ?1")?;
            for step in 0..newest.min(150) {
                let place = 1 + step * 7_919 % newest;
                look.query_row([place], |row| row.get::<_, String>(0))?;
            }
            Ok((counter, newest))
        })?;
        took.push(microseconds() - begun);
        // No row is ever removed, so the newest number is the count.
        if counter != newest || counter < last {
            return Err(StoreError::Other(format!(
                "torn: the counter is {counter}, the log has {newest}, before it was {last}"
            )));
        }
        last = counter;
        std::thread::sleep(Duration::from_millis(pause_ms));
    }
    Ok(json!({"done": times, "counter": last, "microseconds": spread(took)}))
}

/// Begins a transaction, changes so much that pages of it are in the file already and the
/// journal is hot, and ends in a way from which no code returns.
fn fail(store: &mut Store, end: impl FnOnce()) -> StoreResult<Value> {
    prepare(store)?;
    store.connection().execute_batch("PRAGMA cache_size = 5; PRAGMA cache_spill = 5;")?;
    store.write(|tx| {
        tx.execute_batch(
            "UPDATE probe_counter SET value = value + 1000000;
             WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
             INSERT INTO probe_log (who, text) SELECT 'never', hex(randomblob(50)) FROM n;",
        )?;
        end();
        Ok(())
    })?;
    Ok(json!({}))
}

fn microseconds() -> u64 {
    crate::wit::wasi::clocks::monotonic_clock::now() / 1_000
}

fn spread(mut values: Vec<u64>) -> Value {
    values.sort_unstable();
    let at =
        |hundredth: usize| values.get((values.len() * hundredth / 100).min(values.len().saturating_sub(1)));
    json!({"p50": at(50), "p99": at(99), "max": values.last()})
}
