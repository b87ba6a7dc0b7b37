//! Articles that an AI agent answered from and that helped less than others.
//!
//! An answer did not help when the conversation was escalated, reopened or rated low. An answer may
//! be made of several articles, and the failures of a bad one stand beside every good one that was
//! used with it: so the worst is named first, its conversations are left out, and the others are
//! judged by what is left, each against all that were answered without it.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use super::significance::Factorials;
use crate::error::StoreResult;
use crate::store::articles;
use crate::store::knowledge::{self, Answered, Source};
use crate::store::search::Filters;

/// What part of the articles that are called failing may be so by chance (Benjamini and Hochberg,
/// 1995, going down from the surest): the list is read by whoever writes articles, who sees the
/// figures, so it need not be as sure as what raises an alarm.
pub const FALSE_DISCOVERIES: f64 = 0.05;
/// Articles that were used less often are not judged.
const LEAST: usize = 5;

/// An article that helps less than others.
#[derive(Clone, Debug)]
pub struct Failing {
    pub source: Source,
    /// The id of the article in the help centre, if it is one of its.
    pub article: Option<String>,
    /// Conversations in which it was used, and of these those in which it did not help, and how.
    pub used: usize,
    pub failed: usize,
    pub escalated: usize,
    pub reopened: usize,
    pub rated_low: usize,
    /// The share of failures of all that were answered without it.
    pub usual: f64,
    /// `conversations.number` of those in which it did not help, newest first.
    pub conversations: Vec<i64>,
}

/// Finds them, those with most failures above the usual first.
///
/// # Errors
/// When the database cannot be read.
pub fn find(connection: &Connection, filters: &Filters) -> StoreResult<Vec<Failing>> {
    let names = Names::read(connection)?;
    let mut left: Vec<(HashSet<usize>, Answered)> = knowledge::answered(connection, filters)?
        .into_iter()
        .map(|answered| (answered.sources.iter().filter_map(|number| names.of(*number)).collect(), answered))
        .collect();
    let factorials = Factorials::up_to(left.len());
    let judged = names.sources.len().max(1);
    let mut found = Vec::new();
    while let Some((name, usual)) =
        worst(&left, FALSE_DISCOVERIES * (found.len() + 1) as f64 / judged as f64, &factorials)
    {
        let (with, without): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|(names, _)| names.contains(&name));
        left = without;
        let of_it: Vec<Answered> = with.into_iter().map(|(_, answered)| answered).collect();
        found.push(names.failing(name, usual, &of_it));
    }
    found.sort_by(|a, b| excess(b).total_cmp(&excess(a)).then_with(|| a.source.title.cmp(&b.source.title)));
    Ok(found)
}

/// Failures above those that an article of the usual kind would have had.
fn excess(failing: &Failing) -> f64 {
    failing.failed as f64 - failing.used as f64 * failing.usual
}

/// The article of which it is surest that it helps less than what is answered without it, and how
/// often the latter fails; none when that may be chance, by this level.
fn worst(left: &[(HashSet<usize>, Answered)], level: f64, factorials: &Factorials) -> Option<(usize, f64)> {
    let mut counts: HashMap<usize, (usize, usize)> = HashMap::new();
    for (names, answered) in left {
        for name in names {
            let (used, failed) = counts.entry(*name).or_default();
            *used += 1;
            *failed += usize::from(answered.ending.failed());
        }
    }
    let all_failed = left.iter().filter(|(_, answered)| answered.ending.failed()).count();
    counts
        .into_iter()
        .filter(|(_, (used, _))| *used >= LEAST)
        .filter_map(|(name, (used, failed))| {
            // One failure of ten is supposed of so few others that nothing is known of them.
            let (others, others_failed) = (left.len() - used, all_failed - failed);
            let usual = (others_failed as f64 + 1.0) / (others as f64 + 10.0);
            let chance = factorials.at_least(failed, used, usual.min(1.0));
            let sure = chance < level && failed as f64 > used as f64 * usual;
            sure.then_some((name, usual, chance))
        })
        .min_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)))
        .map(|(name, usual, _)| (name, usual))
}

/// What is one article under several titles, addresses and languages.
struct Names {
    /// By number of the source; the place is the article's in `sources`.
    places: HashMap<i64, usize>,
    sources: Vec<Source>,
    articles: Vec<Option<String>>,
}

impl Names {
    fn read(connection: &Connection) -> StoreResult<Self> {
        let mut names = Self { places: HashMap::new(), sources: Vec::new(), articles: Vec::new() };
        let mut known: HashMap<String, usize> = HashMap::new();
        for source in knowledge::sources(connection)? {
            let article = articles::of_source(connection, &source.url, &source.title)?;
            let name = match (&article, address(&source.url)) {
                (Some(id), _) => format!("article {id}"),
                (None, "") => format!("title {}", source.title),
                (None, address) => address.to_owned(),
            };
            let place = *known.entry(name).or_insert(names.sources.len());
            if place == names.sources.len() {
                names.sources.push(source.clone());
                names.articles.push(article);
            } else {
                // The last title that was seen is the one that it has now.
                names.sources[place].title.clone_from(&source.title);
            }
            names.places.insert(source.number, place);
        }
        Ok(names)
    }

    fn of(&self, source: i64) -> Option<usize> {
        self.places.get(&source).copied()
    }

    fn failing(&self, name: usize, usual: f64, of_it: &[Answered]) -> Failing {
        let count = |is: fn(&Answered) -> bool| of_it.iter().filter(|answered| is(answered)).count();
        Failing {
            source: self.sources[name].clone(),
            article: self.articles[name].clone(),
            used: of_it.len(),
            failed: count(|answered| answered.ending.failed()),
            escalated: count(|answered| answered.ending.escalated),
            reopened: count(|answered| answered.ending.reopened),
            rated_low: count(|answered| answered.ending.rated_low),
            usual,
            conversations: of_it
                .iter()
                .filter(|answered| answered.ending.failed())
                .map(|answered| answered.conversation)
                .collect(),
        }
    }
}

/// An address without what does not say which page it is.
fn address(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/')
}
