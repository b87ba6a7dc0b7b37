//! The 42 questions that support, product and success teams asked in public, by their numbers.
//!
//! Collected from the README files, tests and issues of tools for Intercom and from posts of its
//! users; each stands here as it is asked of the simulated workspace. [`UNANSWERED`] names those
//! that take SQL, or data that nobody reads yet.

mod ai;
mod customers;
mod lists;
mod themes;
mod tickets;
mod work;

use super::asking::Question;
use super::world::World;

/// Questions under the number of what was asked; one that is put in two ways has two.
pub type Numbered = Vec<(u8, Question)>;

/// How many questions were collected.
const ASKED: u8 = 42;

/// What is not answered in two calls without SQL, and why.
pub const UNANSWERED: &[(u8, &str)] = &[
    (10, "why an SLA was missed: nothing tells who was available then"),
    (37, "use of macros: Intercom's API does not tell it"),
];

pub fn questions(world: &World) -> Vec<Question> {
    let numbered: Numbered = [
        lists::questions,
        themes::questions,
        ai::questions,
        work::questions,
        customers::questions,
        tickets::questions,
    ]
    .into_iter()
    .flat_map(|questions| questions(world))
    .collect();
    let mut known: Vec<u8> = numbered.iter().map(|(number, _)| *number).collect();
    known.extend(UNANSWERED.iter().map(|(number, _)| *number));
    known.sort_unstable();
    known.dedup();
    assert_eq!(known, (1..=ASKED).collect::<Vec<_>>(), "each number is answered or said not to be");
    let answered = usize::from(ASKED) - UNANSWERED.len();
    println!("{answered} of {ASKED} are asked here");
    assert!(answered >= 39, "only {answered}");
    numbered.into_iter().map(|(_, question)| question).collect()
}
