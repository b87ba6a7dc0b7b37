//! Whether people find what they look for, beside plain FTS5.
//!
//! Every need's texts are planted into conversations of a simulated workspace, which supplies the
//! noise, and the real sync brings them into the cache. The other side is what one gets without
//! thinking: a table of messages with SQLite's default tokenizer, all typed words required (and
//! any of them when nothing has all), ranked by bm25, the best message of each conversation.
//! A third column shows the same with any of the words from the start.
//!
//! `baseline.txt` holds the figures of the last change. The test fails when ours become worse than
//! that, or no better than plain FTS5. `UPDATE_BASELINE=1` writes the file anew.

mod collections;
mod needs;
mod probes;

use std::fmt::Write as _;
use std::path::Path;

use fastintercom_guest::store::{OpenMode, Store};
use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::{Config, Conversation, Simulator};
use fastintercom_tests::still_host::StillHost;
use needs::NEEDS;
use rusqlite::Connection;
use serde_json::{Value, json};

const NOW: i64 = 1_795_359_600;
const TOP: usize = 10;

/// A workspace with the texts in it, and for each need the ids that are relevant.
fn workspace() -> (Simulator, Vec<Vec<String>>) {
    let mut config = Config::new().conversations(600).seed(40).days(60).frozen_at(NOW);
    let mut relevant = Vec::new();
    // Spread over the workspace, so that age says nothing; records without a text are passed over.
    let mut places =
        (0..600).map(|step| (step * 37 + 11) % 600).filter(|place| place % 83 != 29 && place % 1_500 != 377);
    for need in NEEDS {
        let mut ids = Vec::new();
        for (texts, is_relevant) in
            need.relevant.iter().map(|t| (t, true)).chain(need.others.iter().map(|t| (t, false)))
        {
            let place = places.next().expect("room");
            for (message, text) in *texts {
                config = config.plant(place, *message, *text);
            }
            if is_relevant {
                ids.push(Conversation::id_of(place).to_string());
            }
        }
        relevant.push(ids);
    }
    (Simulator::start(config).expect("starts"), relevant)
}

fn ours(cache: &Cache, typed: &str) -> Vec<String> {
    let mut store = Store::open(&cache.path(), OpenMode::ReadWrite).expect("opens");
    let arguments = json!({"query": typed, "limit": TOP, "fields": ["id"]}).to_string();
    let output = StillHost::at(NOW)
        .call(&mut store, &cache.settings, "search_conversations", &arguments)
        .expect("an answer");
    let answer: Value = serde_json::from_str(&output.structured).expect("JSON");
    let rows = answer["conversations"].as_array().cloned().unwrap_or_default();
    rows.iter().filter_map(|row| row["id"].as_str()).map(str::to_owned).collect()
}

/// The same messages in a table as anybody would make it.
fn plain_table(cache: &Cache) -> Connection {
    let plain = Connection::open_in_memory().expect("opens");
    plain
        .execute_batch("CREATE VIRTUAL TABLE plain USING fts5 (conversation UNINDEXED, body)")
        .expect("creates");
    let store = cache.store();
    let mut statement = store
        .connection()
        .prepare(
            "SELECT m.conversation_id, CASE WHEN m.part_type = 'initial' THEN coalesce(c.title, '') || ' ' ELSE '' END, m.body \
             FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE NOT m.is_note",
        )
        .expect("prepares");
    let mut rows = statement.query([]).expect("reads");
    while let Some(row) = rows.next().expect("reads") {
        let (id, title, body): (String, String, String) =
            (row.get(0).expect("id"), row.get(1).expect("title"), row.get(2).expect("body"));
        let text = format!("{title}{}", fastintercom_guest::text::html_to_text(&body));
        plain.execute("INSERT INTO plain VALUES (?1, ?2)", [id, text]).expect("inserts");
    }
    plain
}

fn bm25(plain: &Connection, typed: &str, operator: &str) -> Vec<String> {
    let mut terms = Vec::new();
    for (place, piece) in typed.split('"').enumerate() {
        if place % 2 == 1 {
            terms.push(format!("\"{piece}\""));
        } else {
            terms.extend(piece.split_whitespace().map(|word| format!("\"{word}\"")));
        }
    }
    let mut statement = plain
        .prepare("SELECT conversation FROM plain WHERE plain MATCH ?1 ORDER BY bm25(plain)")
        .expect("prepares");
    let rows = statement.query_map([terms.join(operator)], |row| row.get::<_, String>(0)).expect("matches");
    let mut found: Vec<String> = Vec::new();
    for row in rows {
        let id = row.expect("reads");
        if !found.contains(&id) {
            found.push(id);
        }
        if found.len() == TOP {
            break;
        }
    }
    found
}

/// Share of the relevant among the first ten, and one over the place of the first of them.
fn measure(found: &[String], relevant: &[String]) -> (f64, f64) {
    let hits = found.iter().take(TOP).filter(|id| relevant.contains(id)).count();
    let first = found.iter().position(|id| relevant.contains(id));
    (hits as f64 / relevant.len() as f64, first.map_or(0.0, |place| 1.0 / (place + 1) as f64))
}

#[test]
fn people_find_more_than_with_plain_fts5() {
    let (simulator, relevant) = workspace();
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    let plain = plain_table(&cache);
    let mut report = String::from(
        "recall and reciprocal rank of the first ten: ours, bm25 of all words, bm25 of any word\n",
    );
    let mut sums = [(0.0, 0.0); 3];
    for (need, relevant) in NEEDS.iter().zip(&relevant) {
        let all = bm25(&plain, need.typed, " AND ");
        let any = bm25(&plain, need.typed, " OR ");
        let all = if all.is_empty() { any.clone() } else { all };
        let figures = [ours(&cache, need.typed), all, any].map(|found| measure(&found, relevant));
        for (sum, figure) in sums.iter_mut().zip(figures) {
            sum.0 += figure.0;
            sum.1 += figure.1;
        }
        let [a, b, c] = figures.map(|(recall, rank)| format!("{recall:.2} {rank:.2}"));
        let _ = writeln!(report, "{a} | {b} | {c} | {}", need.typed);
    }
    let count = NEEDS.len() as f64;
    let means = sums.map(|(recall, rank)| (recall / count, rank / count));
    let [a, b, c] = means.map(|(recall, rank)| format!("{recall:.3} {rank:.3}"));
    let _ = writeln!(report, "{a} | {b} | {c} | mean of {}", NEEDS.len());
    println!("{report}");
    assert!(NEEDS.len() >= 40);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/search_quality/baseline.txt");
    if std::env::var_os("UPDATE_BASELINE").is_some() {
        std::fs::write(&path, &report).expect("writes the baseline");
    }
    let baseline = std::fs::read_to_string(&path).expect("a baseline");
    let last = baseline.lines().last().expect("a last line");
    let numbers: Vec<f64> = last.split_whitespace().take(2).map(|n| n.parse().expect("a number")).collect();
    assert!(means[0].0 + 0.000_6 >= numbers[0], "recall fell from {} to {}", numbers[0], means[0].0);
    assert!(means[0].1 + 0.000_6 >= numbers[1], "reciprocal rank fell from {} to {}", numbers[1], means[0].1);
    for other in &means[1..] {
        assert!(means[0].0 > other.0 && means[0].1 > other.1, "no better than plain FTS5: {means:?}");
    }
}
