//! Questions that people ask about their support, and whether the tools answer them.
//!
//! Each question is answered by at most two calls. The arguments of a call use only words that
//! stand in the question or in the answer of the call before it ([`words`] sees to that), so that
//! no question is answered by somebody who knows the answer. What is true is computed from the
//! simulator's own records ([`world`]); the tools see a database that the real sync filled.
//!
//! One file per kind of question; [`asking`] puts them and prints each beside its calls.

#![expect(clippy::print_stdout, reason = "shows each question with its calls and answers")]

mod ai;
mod asked;
mod asking;
mod coverage;
mod customers;
mod free_sql;
mod labels;
mod periods;
mod ratings;
mod threads;
mod topics;
mod waiting;
mod words;
mod world;

use asking::{Question, put};
use world::{WORLD, World};

type Kind = fn(&World) -> Vec<Question>;

const KINDS: &[(&str, Kind)] = &[
    ("what customers said", topics::questions),
    ("who waits", waiting::questions),
    ("how a period went", periods::questions),
    ("ratings", ratings::questions),
    ("one customer", customers::questions),
    ("tags, teams, channels", labels::questions),
    ("one conversation", threads::questions),
    ("the AI agent and attachments", ai::questions),
    ("coverage and freshness", coverage::questions),
    ("what 42 teams asked", asked::questions),
    ("anything else", free_sql::questions),
];

#[test]
fn every_question_is_answered_in_two_calls() {
    let world = WORLD.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut count = 0;
    let mut failures = Vec::new();
    for (kind, questions) in KINDS {
        let questions = questions(&world);
        assert!(!questions.is_empty(), "no question about {kind}");
        for question in &questions {
            count += 1;
            if let Err(failure) = put(&world, question) {
                failures.push(format!("[{kind}] {}\n{failure}", question.text));
            }
        }
    }
    println!("{} of {count} questions answered", count - failures.len());
    assert!(failures.is_empty(), "{} of {count} fail:\n\n{}", failures.len(), failures.join("\n\n"));
    assert!(count >= 60, "only {count} questions");
}
