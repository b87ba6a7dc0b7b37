//! Gaps of the help centre are found in one call among 2,000 conversations: twelve questions that
//! no article answers, and eight articles that let customers down. Beside them are questions as
//! frequent that articles answer, articles as used that help, and good articles that are used
//! together with bad ones.

pub mod planted;
mod world;

use std::collections::BTreeSet;

use planted::{ENGLISH, GERMAN, PLAIN, Plan, SPANISH, mixed};
use serde_json::{Value, json};
use world::World;

/// Rows that are right, each once, and rows in all.
fn right(rows: &[Value], name: impl Fn(&Value) -> Option<&'static str>) -> (usize, usize) {
    let names: BTreeSet<&str> = rows.iter().filter_map(name).collect();
    (names.len(), rows.len())
}

/// `SEEDS=1,2,3` tries others.
fn seeds() -> Vec<u64> {
    match std::env::var("SEEDS") {
        Ok(seeds) => seeds.split(',').map(|seed| seed.parse().expect("a number")).collect(),
        Err(_) => vec![3, 20_261_128],
    }
}

/// Of the first ten of either list at least nine are planted gaps, each once, and all bad articles
/// are there.
#[expect(clippy::print_stdout, reason = "what was found, for whoever reads a failure")]
fn finds(plan: Plan) {
    let mut failures = Vec::new();
    for seed in seeds() {
        let world = World::new(plan, seed);
        let start = std::time::Instant::now();
        let answer = world.gaps(&json!({}));
        let took = start.elapsed();
        let rows = |list: &str| -> Vec<Value> {
            answer[list].as_array().into_iter().flatten().take(10).cloned().collect()
        };
        let without: Vec<&str> = plan.without_article.iter().map(|topic| topic.name).collect();
        // A row is about a topic when both its questions are.
        let topic = |row: &Value| {
            let ids =
                row["questions"].as_array().into_iter().flatten().map(|one| one["conversation_id"].as_str());
            let names: BTreeSet<Option<&&str>> =
                ids.map(|id| world.topics.get(id.unwrap_or_default())).collect();
            let name = names.first().copied().flatten().copied()?;
            (names.len() == 1 && without.contains(&name)).then_some(name)
        };
        for row in rows("missing_articles") {
            println!("{seed} {:?} {} {}", topic(&row), row["customers"], row["words"]);
        }
        for row in rows("failing_articles") {
            println!("{seed} {} {}/{} {}", row["title"], row["failed"], row["used"], row["usual_percent"]);
        }
        let (found, shown) = right(&rows("missing_articles"), topic);
        let bad = |row: &Value| plan.bad.iter().copied().find(|title| row["title"] == **title);
        let (failing, listed) = right(&rows("failing_articles"), bad);
        println!(
            "seed {seed}: {found} topics of {shown} rows, {failing} bad articles of {listed} rows, {took:?}, of {:?}",
            world.planted()
        );
        let is_right = shown == 10 && found >= 9 && failing == plan.bad.len() && failing * 10 >= listed * 9;
        if !is_right {
            failures.push(seed);
        }
        assert!(answer.to_string().len() < 16_000);
        for row in rows("missing_articles") {
            let text = row["answer"]["text"].as_str().unwrap_or_default();
            assert!(
                plan.openings.iter().any(|opening| text.starts_with(opening)) || topic(&row).is_none(),
                "{row}"
            );
        }
    }
    assert!(failures.is_empty(), "too few gaps are found with the seeds {failures:?}");
}

#[test]
fn gaps_are_found_among_questions_of_many_wordings() {
    finds(ENGLISH);
}

#[test]
fn gaps_are_found_among_short_questions_and_short_articles() {
    finds(PLAIN);
}

#[test]
fn gaps_are_found_in_german() {
    finds(GERMAN);
}

#[test]
fn gaps_are_found_in_spanish() {
    finds(SPANISH);
}

#[test]
fn gaps_are_found_where_customers_write_in_three_languages() {
    finds(mixed());
}
