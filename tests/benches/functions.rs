//! The functions in which tools and syncs spend their time, in native form.
//!
//! `just bench` measures the whole program; this tells which of its parts became slower.

use std::path::Path;

use divan::{Bencher, counter::ItemsCount};
use fastintercom_guest::store::conversations::rows::ThreadRows;
use fastintercom_guest::store::conversations::write_thread;
use fastintercom_guest::store::search::{Filters, Position, Query, Request, Sort, search};
use fastintercom_guest::store::{OpenMode, Store};
use fastintercom_guest::sync::thread_rows;
use fastintercom_guest::text::html_to_text;
use fastintercom_guest::time::UnixSeconds;
use fastintercom_tests::filled::{self, NOW, RARE};
use serde_json::Value;

/// Conversations in the database that is searched.
const SEARCHED: usize = 2_000;
/// Threads that are parsed and stored.
const THREADS: usize = 150;

fn main() {
    divan::main();
}

#[divan::bench(args = [RARE[0], "thanks", "refund invoice", "deliv*"])]
fn search_by_words(bencher: Bencher, typed: &str) {
    by_words(bencher, typed, Sort::Relevance);
}

#[divan::bench(args = ["thanks"])]
fn search_by_words_newest_first(bencher: Bencher, typed: &str) {
    by_words(bencher, typed, Sort::Newest);
}

fn by_words(bencher: Bencher, typed: &str, sort: Sort) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data.db");
    filled::fill(&path, SEARCHED).expect("fills");
    let store = Store::open(&path, OpenMode::ReadOnly).expect("opens");
    let (query, filters) = (Query::parse(typed), Filters::default());
    let request = Request {
        query: &query,
        literal: None,
        with_notes: false,
        filters: &filters,
        sort,
        limit: 20,
        now: UnixSeconds(NOW),
        position: Position::default(),
    };
    bencher.bench_local(|| search(store.connection(), &request).expect("a page"));
}

#[divan::bench]
fn parse_threads(bencher: Bencher) {
    let answers: Vec<String> = filled::answers(THREADS).iter().map(Value::to_string).collect();
    bencher.counter(ItemsCount::new(answers.len())).bench_local(|| {
        answers
            .iter()
            .filter_map(|answer| thread_rows(serde_json::from_str(answer).expect("JSON")))
            .collect::<Vec<_>>()
    });
}

#[divan::bench]
fn store_threads(bencher: Bencher) {
    let threads: Vec<ThreadRows> = filled::answers(THREADS).into_iter().filter_map(thread_rows).collect();
    bencher
        .counter(ItemsCount::new(threads.len()))
        .with_inputs(|| Store::open(Path::new(":memory:"), OpenMode::ReadWrite).expect("opens"))
        .bench_local_values(|mut store| {
            let stored = store.write(|connection| {
                threads.iter().try_for_each(|thread| {
                    write_thread::store_thread(connection, thread, UnixSeconds(NOW)).map(|_| ())
                })
            });
            stored.expect("stores");
            store
        });
}

#[divan::bench]
fn html_of_messages_to_text(bencher: Bencher) {
    let bodies: Vec<String> = filled::answers(THREADS)
        .into_iter()
        .filter_map(thread_rows)
        .flat_map(|thread| thread.messages)
        .map(|message| message.body)
        .collect();
    bencher
        .counter(ItemsCount::new(bodies.len()))
        .bench_local(|| bodies.iter().map(|body| html_to_text(body).len()).sum::<usize>());
}
