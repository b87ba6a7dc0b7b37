//! Public test collections, as many as lie in a folder: whether their queries find what their
//! judges called relevant, asked of the program itself. `just search-quality FOLDER`.
//!
//! A collection is a JSON file: `{"docs": {id: {"title": …, "text": …}}, "queries": {id: text},
//! "qrels": {id: {doc: gain}}}`. Each document becomes a conversation, its sentences spread over
//! up to eight messages; each query is asked as it stands.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use fastintercom_guest::store::{IndexEntry, OpenMode, Store, index_message, message_number};
use fastintercom_guest::time::UnixSeconds;
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::server::Server;
use fastintercom_tests::simulator::{Config, Simulator};
use rusqlite::params;
use serde::Deserialize;
use serde_json::json;

const NOW: i64 = 1_795_359_600;

#[derive(Deserialize)]
struct Document {
    title: Option<String>,
    text: String,
}

#[derive(Deserialize)]
struct Collection {
    docs: BTreeMap<String, Document>,
    queries: BTreeMap<String, String>,
    qrels: BTreeMap<String, BTreeMap<String, f64>>,
}

/// A text as up to eight messages.
fn pieces(text: &str) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    let mut sentence = String::new();
    for letter in text.chars() {
        sentence.push(letter);
        if ".!?。！？।؟".contains(letter) {
            sentences.push(std::mem::take(&mut sentence).trim().to_owned());
        }
    }
    if !sentence.trim().is_empty() {
        sentences.push(sentence.trim().to_owned());
    }
    if sentences.len() <= 2 || text.chars().count() < 200 {
        return vec![text.to_owned()];
    }
    sentences.chunks(sentences.len().div_ceil(8).max(2)).map(|chunk| chunk.join(" ")).collect()
}

/// Fills a cache with the documents, spread over that many seconds. Returns their names, in the
/// order of their conversations' numbers.
fn fill(collection: &Collection, spread: i64, database: &Path) -> Vec<String> {
    let mut store = Store::open(database, OpenMode::ReadWrite).expect("opens");
    let mut names = Vec::new();
    store
        .write(|tx| {
            let mut taken = std::collections::HashSet::new();
            for (place, (name, document)) in collection.docs.iter().enumerate() {
                let number = place as i64 + 1;
                let created = NOW - 7_200 - (number * 7_919 * 104_729) % spread;
                let at = UnixSeconds(created).to_iso();
                let title = document.title.as_deref().filter(|title| !title.is_empty());
                tx.execute(
                    "INSERT INTO conversations (number, id, created_at, updated_at, title, state) VALUES (?1, ?1, ?2, ?2, ?3, 'closed')",
                    params![number, at, title],
                )?;
                let text = if document.text.is_empty() { title.unwrap_or("empty") } else { &document.text };
                for (part, body) in pieces(text).iter().enumerate() {
                    let sent = created + 60 * part as i64;
                    let mut message = message_number(UnixSeconds(sent));
                    while !taken.insert(message) {
                        message += 1;
                    }
                    tx.execute(
                        "INSERT INTO messages (number, id, conversation_id, author_type, body, created_at, part_type) \
                         VALUES (?1, ?2, ?3, 'user', ?4, ?5, 'comment')",
                        params![message, format!("{number}_{part}"), number.to_string(), body, UnixSeconds(sent).to_iso()],
                    )?;
                    let subject = if part == 0 { title } else { None };
                    index_message(tx, &IndexEntry { message, conversation: number, subject, plain_body: body, is_note: false })?;
                }
                names.push(name.clone());
            }
            Ok(())
        })
        .expect("fills");
    names
}

/// nDCG of the first ten.
fn ndcg(ranked: &[String], gains: &BTreeMap<String, f64>) -> f64 {
    let mut ideal: Vec<f64> = gains.values().copied().filter(|gain| *gain > 0.0).collect();
    ideal.sort_by(|a, b| b.total_cmp(a));
    let sum = |gains: &mut dyn Iterator<Item = f64>| -> f64 {
        gains.take(10).enumerate().map(|(place, gain)| gain / (place as f64 + 2.0).log2()).sum()
    };
    let ideal = sum(&mut ideal.into_iter());
    let found = sum(&mut ranked.iter().map(|name| gains.get(name).copied().unwrap_or(0.0).max(0.0)));
    if ideal > 0.0 { found / ideal } else { 0.0 }
}

/// nDCG@10 of a collection, and how many of its queries found nothing.
fn figures(path: &Path, spread: i64) -> (f64, usize, u128) {
    let text = std::fs::read_to_string(path).expect("a file");
    let collection: Collection = serde_json::from_str(&text).expect("a collection");
    let simulator = Simulator::start(Config::new().conversations(1)).expect("a simulator");
    let scratch = Scratch::new();
    let names = fill(&collection, spread, &scratch.database());
    // Without a token there is no sync.
    let session = Server::new(&simulator).on(&scratch).without_token().start();
    let (mut sum, mut nothing) = (0.0, 0);
    let begun = std::time::Instant::now();
    for (query, gains) in &collection.qrels {
        let question = json!({"query": collection.queries[query], "limit": 100, "fields": ["id"]});
        let answer = session.call_tool("search_conversations", question).succeeded();
        let ranked: Vec<String> = answer["conversations"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|row| row["id"].as_str()?.parse::<usize>().ok())
            .map(|number| names[number - 1].clone())
            .collect();
        nothing += usize::from(ranked.is_empty());
        sum += ndcg(&ranked, gains);
    }
    let each = begun.elapsed().as_micros() / collection.qrels.len().max(1) as u128;
    (sum / collection.qrels.len().max(1) as f64, nothing, each)
}

#[test]
#[ignore = "needs collections: just search-quality FOLDER"]
fn collections_of_a_folder() {
    let folder = std::env::var_os("SEARCH_COLLECTIONS").expect("SEARCH_COLLECTIONS names a folder");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    files.sort();
    let mut report = String::from(
        "collection, nDCG@10 over a day and over a year, queries that found nothing, microseconds a query\n",
    );
    for file in files {
        let (day, nothing, each) = figures(&file, 86_400);
        let (year, ..) = figures(&file, 31_536_000);
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let _ = writeln!(report, "{name:<14} {day:.3} {year:.3} {nothing:>4} {each:>6}");
    }
    println!("{report}");
}
