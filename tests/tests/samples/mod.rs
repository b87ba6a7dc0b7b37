//! Samples: what thousands of conversations are about, within some thousand tokens. Themes of known
//! sizes are planted among ordinary conversations; they must be there, about as large as they are,
//! with what customers really wrote, and the answer must never be longer than was asked for.

mod world;

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};
use world::{Answers, SIZES, World, without_blanks};

use crate::knowledge_gaps::planted::{ENGLISH, GERMAN, Plan, SPANISH};

const CONVERSATIONS: usize = 2_000;

fn quotes(answer: &Value) -> Vec<Value> {
    let rows = answer["themes"].as_array().into_iter().flatten().chain([&answer["no_theme"]]);
    rows.flat_map(|row| row["quotes"].as_array().cloned().unwrap_or_default()).collect()
}

/// Each quotation is a part of a message that a customer wrote in that conversation.
fn are_verbatim(world: &World, answer: &Value) -> usize {
    let quotes = quotes(answer);
    for quote in &quotes {
        let text = without_blanks(quote["text"].as_str().expect("a text"));
        let text = text.trim_matches('…');
        let written = world.written(quote["conversation_id"].as_str().expect("an id"));
        assert!(
            text.chars().count() >= 5 && written.iter().any(|one| one.contains(text)),
            "{quote} of {written:?}"
        );
        assert!(quote["message_id"].is_string(), "{quote}");
    }
    quotes.len()
}

/// The planted theme that most quotations of a row are of.
fn theme_of(world: &World, row: &Value) -> Option<&'static str> {
    let mut counts: BTreeMap<Option<&'static str>, usize> = BTreeMap::new();
    for quote in row["quotes"].as_array().into_iter().flatten() {
        let id = quote["conversation_id"].as_str().expect("an id");
        *counts.entry(world.themes.get(id).copied()).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count)?.0
}

/// Whether what a theme without room is called has a word of the planted theme's name.
fn names_it(name: &Value, theme: &str) -> bool {
    let name = name.as_str().unwrap_or_default();
    theme.split(' ').any(|word| name.split(' ').any(|one| one == word))
}

#[expect(clippy::print_stdout, reason = "what was found, for whoever reads a failure")]
fn shows(plan: Plan, answers: Answers) {
    let world = World::new(plan, CONVERSATIONS, answers, 20_261_129);
    let mut wrong = Vec::new();
    for tokens in [500, 2_000, 4_000, 8_000] {
        let start = Instant::now();
        let text = world.ask(&json!({"sample": tokens}));
        let took = start.elapsed();
        assert!(text.len() <= tokens * 4, "{} bytes for {tokens} tokens", text.len());
        assert_eq!(text, world.ask(&json!({"sample": tokens})), "the same data, another answer");
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        let rows = answer["themes"].as_array().expect("themes");
        let quoted = are_verbatim(&world, &answer);
        println!(
            "{tokens} tokens: {} bytes, {} themes, {quoted} quotations, {} in no theme, {took:?}",
            text.len(),
            rows.len(),
            answer["no_theme"]["conversations"]
        );
        assert_eq!(answer["total_matches"], CONVERSATIONS);
        assert_eq!(answer["read"], CONVERSATIONS);
        let count = |value: &Value| value["conversations"].as_u64().unwrap_or(0) as usize;
        let sum = rows.iter().map(count).sum::<usize>()
            + count(&answer["smaller_themes"])
            + count(&answer["no_theme"]);
        assert_eq!(sum, CONVERSATIONS, "every conversation is in one place");
        if tokens < 4_000 {
            continue;
        }
        for row in rows {
            println!("  {} {} {:?}", row["conversations"], row["words"], theme_of(&world, row));
        }
        for (topic, size) in plan.without_article.iter().zip(SIZES) {
            let found: usize =
                rows.iter().filter(|row| theme_of(&world, row) == Some(topic.name)).map(count).sum();
            println!("  {size} planted of {}, {found} found", topic.name);
            let is_named = answer["smaller_themes"]["largest"]
                .as_array()
                .is_some_and(|names| names.iter().any(|name| names_it(name, topic.name)));
            let points = (found as f64 - size as f64).abs() / CONVERSATIONS as f64 * 100.0;
            if (size * 100 >= CONVERSATIONS && found == 0 && !(is_named && answers == Answers::Unlike))
                || points > 3.0
            {
                wrong.push(format!("{tokens} tokens: {} is {size}, shown are {found}", topic.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn planted_themes_are_shown_as_large_as_they_are() {
    shows(ENGLISH, Answers::Alike);
}

#[test]
fn themes_that_are_answered_in_no_common_way_are_shown() {
    shows(ENGLISH, Answers::Unlike);
}

#[test]
fn themes_in_other_languages_are_shown() {
    shows(GERMAN, Answers::Alike);
    shows(SPANISH, Answers::Alike);
}

/// A week of a large workspace; well under two seconds natively when built for speed.
#[test]
fn a_week_of_thousands_is_read_at_once() {
    let world = World::new(ENGLISH, 7_400, Answers::Alike, 7);
    let start = Instant::now();
    let text = world.ask(&json!({"sample": 4_000}));
    println!("7,400 conversations: {} bytes in {:?}", text.len(), start.elapsed());
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(answer["read"], 7_400);
    assert!(text.len() <= 16_000);
    assert!(are_verbatim(&world, &answer) > 10);
    // Machines that run other tests meanwhile are slow; this is no clock, only a net.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
