//! Questions that several customers ask and that no article answers.
//!
//! An article answers a question when it has most of what makes the question (its words, by
//! weight, in any form), when the AI agent answered half of its conversations from one and the same
//! source, or when it resolved half of them from any. None of these sees an article that nobody was
//! answered from and that says the same in other words: the nearest one is shown.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use super::topics::{Topic, topics};
use crate::error::StoreResult;
use crate::sorting;
use crate::store::help_center::knowledge::{self, Asked};
use crate::store::search::{Filters, without_stop_words};
use crate::store::text_search::covering;
use crate::store::trends::words;

/// Conversations that are looked at, the newest.
pub const MOST: usize = 5_000;
/// Customers who make a question one that is asked often.
pub const CUSTOMERS: usize = 3;
/// Words after which a message is taken for the question and not for a greeting.
const ENOUGH: usize = 4;
/// Words of a question that are looked at; what follows is a history or a signature.
const LONGEST: usize = 120;
/// The part of a question's words, by weight, with which an article answers it.
const ANSWERED: f64 = 0.5;
/// From this part on an article is called the nearest.
const NEAR: f64 = 0.2;
/// The part of a question's conversations that the AI agent answers from one source, or resolves from
/// some, when there is an article behind it.
const FROM_SOURCE: f64 = 0.5;
/// Conversations of a topic whose answers are looked at.
const ANSWERS: usize = 60;
/// Words of a topic that are looked for in articles: those after them weigh nothing.
const LOOKED_FOR: usize = 12;
/// Words of a topic that are shown.
const SHOWN: usize = 6;

/// A question without an article.
#[derive(Clone, Debug)]
pub struct Unanswered {
    /// The words that make it, the weightiest first.
    pub words: Vec<String>,
    /// Different customers who asked.
    pub customers: usize,
    /// `conversations.number`, those that have most of the words first.
    pub conversations: Vec<i64>,
    /// What a teammate answered, and in which conversation.
    pub answer: Option<(i64, String)>,
    /// `article_texts.number` of the article that has most of the words.
    pub nearest: Option<i64>,
}

pub struct Found {
    pub topics: Vec<Unanswered>,
    /// There are more conversations than were looked at.
    pub cut: bool,
}

/// Finds them, those that most customers ask first. `plain` makes text that may be shown of HTML.
///
/// # Errors
/// When the database cannot be read.
pub fn find(
    connection: &Connection,
    filters: &Filters,
    plain: &dyn Fn(&str) -> String,
) -> StoreResult<Found> {
    let mut asked = knowledge::asked(connection, filters, MOST + 1)?;
    let cut = asked.len() > MOST;
    asked.truncate(MOST);
    let questions: Vec<Vec<String>> = asked
        .iter()
        .map(|one| question(connection, &one.id, one.title.as_deref(), plain))
        .collect::<StoreResult<_>>()?;
    let answers: Vec<Vec<String>> = asked
        .iter()
        .map(|one| Ok(answer_words(&knowledge::human_answers(connection, &one.id)?, plain)))
        .collect::<StoreResult<_>>()?;
    let sources: HashMap<i64, Vec<i64>> = knowledge::answered(connection, filters)?
        .into_iter()
        .map(|answered| (answered.conversation, answered.sources))
        .collect();
    let mut found = Vec::new();
    for topic in topics(&questions, &answers) {
        let of_topic: Vec<&Asked> = topic.questions.iter().map(|place| &asked[*place]).collect();
        let unanswered: Vec<&Asked> =
            of_topic.iter().copied().filter(|one| !one.resolved_from_source).collect();
        let customers: HashSet<&str> = unanswered.iter().map(|one| one.customer.as_str()).collect();
        let resolved = of_topic.len() - unanswered.len();
        let from_source = FROM_SOURCE * of_topic.len() as f64;
        let is_answered = resolved.max(most_from_one(&of_topic, &sources)) as f64 >= from_source;
        if customers.len() < CUSTOMERS || is_answered {
            continue;
        }
        let nearest = nearest(connection, &topic)?;
        if nearest.is_some_and(|(_, share)| share >= ANSWERED) {
            continue;
        }
        found.push(Unanswered {
            words: topic.words.iter().take(SHOWN).map(|(word, _)| word.clone()).collect(),
            customers: customers.len(),
            conversations: unanswered.iter().map(|one| one.conversation).collect(),
            answer: answer(connection, &unanswered, plain)?,
            nearest: nearest.filter(|(_, share)| *share >= NEAR).map(|(number, _)| number),
        });
    }
    sorting::by(&mut found, |a, b| b.customers.cmp(&a.customers).then_with(|| a.words.cmp(&b.words)));
    Ok(Found { topics: found, cut })
}

/// How many of these conversations the AI agent answered from the source of which most were.
fn most_from_one(asked: &[&Asked], sources: &HashMap<i64, Vec<i64>>) -> usize {
    let mut counts: HashMap<i64, usize> = HashMap::new();
    for source in asked.iter().filter_map(|one| sources.get(&one.conversation)).flatten() {
        *counts.entry(*source).or_default() += 1;
    }
    counts.into_values().max().unwrap_or(0)
}

/// The words of what was asked: of the title and of the customer's messages until they say something.
pub fn question(
    connection: &Connection,
    id: &str,
    title: Option<&str>,
    plain: &dyn Fn(&str) -> String,
) -> StoreResult<Vec<String>> {
    let mut all: Vec<String> = Vec::new();
    for (_, html) in knowledge::questions(connection, id)? {
        all.extend(words(&plain(&html)));
        if without_stop_words(&all).len() >= ENOUGH {
            break;
        }
    }
    all.truncate(LONGEST);
    all.extend(words(&title.map(plain).unwrap_or_default()).take(LONGEST));
    Ok(all)
}

/// The words of what was answered.
pub fn answer_words(answers: &[knowledge::Body], plain: &dyn Fn(&str) -> String) -> Vec<String> {
    answers.iter().flat_map(|(_, html)| words(&plain(html)).take(LONGEST).collect::<Vec<_>>()).collect()
}

/// The article that has most of the topic's words, and how much of their weight.
fn nearest(connection: &Connection, topic: &Topic) -> StoreResult<Option<(i64, f64)>> {
    let weighed: Vec<(&str, f64)> =
        topic.words.iter().take(LOOKED_FOR).map(|(word, weight)| (word.as_str(), *weight)).collect();
    Ok(covering(connection, &weighed)?.first().map(|found| (found.number, found.share)))
}

/// What teammates answered that has most in common with what they answered to the others, of those
/// conversations that it settled, if it settled any.
fn answer(
    connection: &Connection,
    asked: &[&Asked],
    plain: &dyn Fn(&str) -> String,
) -> StoreResult<Option<(i64, String)>> {
    let mut answers: Vec<(bool, i64, String, HashSet<String>)> = Vec::new();
    for one in asked.iter().take(ANSWERS) {
        for (_, html) in knowledge::human_answers(connection, &one.id)? {
            let text = plain(&html);
            let words: HashSet<String> = words(&text).collect();
            answers.push((one.settled, one.conversation, text, words));
        }
    }
    let mut having: HashMap<&str, usize> = HashMap::new();
    answers.iter().flat_map(|(.., words)| words).for_each(|word| *having.entry(word).or_default() += 1);
    // Each word once, and long answers no more than their root: else the longest would be the best.
    let typical = |words: &HashSet<String>| {
        let common: usize = words.iter().map(|word| having[word.as_str()] - 1).sum();
        common as f64 / (words.len() as f64).sqrt().max(1.0)
    };
    // Of equals the first: numbers differ between the database and a copy for a limited caller.
    let best = answers
        .iter()
        .rev()
        .max_by(|a, b| a.0.cmp(&b.0).then_with(|| typical(&a.3).total_cmp(&typical(&b.3))));
    Ok(best.map(|(_, conversation, text, _)| (*conversation, text.clone())))
}
