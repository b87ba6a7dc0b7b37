//! Paging through an answer while a sync writes: nothing twice, and nothing missed that was there
//! all along.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use fastintercom_guest::environment::Settings;
use fastintercom_guest::store::{OpenMode, Store};
use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::{Config, Simulator};
use fastintercom_tests::still_host::StillHost;
use serde_json::{Value, json};

const NOW: i64 = 1_795_359_600;

/// All results, page by page: id, and since when it waits where that decides what belongs to them.
fn pages(path: &Path, settings: &Settings, question: &Value, limit: usize) -> Vec<(String, String)> {
    let mut store = Store::open(path, OpenMode::ReadWrite).expect("opens");
    let mut arguments = question.clone();
    arguments["limit"] = json!(limit);
    arguments["fields"] = json!(["id", "waiting_since"]);
    let mut found = Vec::new();
    loop {
        let output = StillHost::at(NOW)
            .while_a_sync_runs()
            .call(&mut store, settings, "search_conversations", &arguments.to_string())
            .expect("an answer");
        let answer: Value = serde_json::from_str(&output.structured).expect("JSON");
        for row in answer["conversations"].as_array().into_iter().flatten() {
            let since = if question["sort"] == "longest_waiting" {
                row["waiting_since"].to_string()
            } else {
                String::new()
            };
            found.push((row["id"].to_string(), since));
        }
        arguments["cursor"] = answer["next_cursor"].clone();
        if arguments["cursor"].is_null() {
            return found;
        }
    }
}

#[test]
fn pages_stay_whole_while_a_sync_runs() {
    let simulator =
        Simulator::start(Config::new().conversations(250).seed(9).days(40).frozen_at(NOW - 86_400))
            .expect("starts");
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    for question in [
        json!({}),
        json!({"sort": "oldest"}),
        json!({"sort": "recently_updated"}),
        json!({"sort": "longest_waiting"}),
        json!({"query": "refund"}),
        json!({"query": "order tracking invoice"}),
        json!({"query": "thanks OR order", "sort": "recently_updated"}),
    ] {
        let (path, settings) = (cache.path(), cache.settings.clone());
        let before: BTreeSet<_> = pages(&path, &settings, &question, 100).into_iter().collect();
        let is_done = AtomicBool::new(false);
        let paged = std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let paged = pages(&path, &settings, &question, 5);
                is_done.store(true, Ordering::SeqCst);
                paged
            });
            // At least one sync, and as many as the pages take.
            loop {
                for _ in 0..12 {
                    simulator.workspace().random_change();
                }
                simulator.advance(20);
                cache.sync(&simulator).expect("syncs");
                if is_done.load(Ordering::SeqCst) || reader.is_finished() {
                    break;
                }
            }
            reader.join().expect("pages")
        });
        let after: BTreeSet<_> = pages(&path, &settings, &question, 100).into_iter().collect();
        let different: BTreeSet<_> = paged.iter().map(|(id, _)| id).collect();
        assert_eq!(different.len(), paged.len(), "something is shown twice: {question}");
        let missed: Vec<_> =
            before.intersection(&after).filter(|(id, _)| !different.contains(id)).take(5).collect();
        assert!(missed.is_empty(), "{question} misses {missed:?}");
    }
}
