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
use crate::sorting;
use crate::store::help_center::articles;
use crate::store::help_center::knowledge::{self, Answered, Source};
use crate::store::search::Filters;

/// What part of the articles that are called failing may be so by chance: the list is read by whoever
/// writes articles, who sees the figures, so it need not be as sure as what raises an alarm.
pub const FALSE_DISCOVERIES: f64 = 0.05;
/// An article fails when the odds of failure are surely more than so many times the usual. Without a
/// least effect an article that is used thousands of times would be one for a percent more, and a
/// usual one for being asked by customers who write more often.
pub const ODDS: f64 = 1.5;
/// And, as they were counted, so many times: of an article that is used often the former is soon sure.
pub const COUNTED: f64 = 2.5;
/// Articles that were used less often are not judged.
pub const LEAST: usize = 5;

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

/// What was found, and of how much.
#[derive(Clone, Debug)]
pub struct Found {
    pub articles: Vec<Failing>,
    /// Conversations that were answered from something, and how many articles were used often enough
    /// to be judged.
    pub answered: usize,
    pub judged: usize,
}

/// Finds them, those with most failures above the usual first.
///
/// # Errors
/// When the database cannot be read.
pub fn find(connection: &Connection, filters: &Filters) -> StoreResult<Found> {
    let names = Names::read(connection)?;
    let mut left: Vec<(HashSet<usize>, Answered)> = knowledge::answered(connection, filters)?
        .into_iter()
        .map(|answered| (answered.sources.iter().filter_map(|number| names.of(*number)).collect(), answered))
        .collect();
    let answered = left.len();
    let judged = used_often(&left).len();
    let factorials = Factorials::up_to(answered);
    let mut found: Vec<Failing> = Vec::new();
    while let Some((name, usual)) = worst(&left, found.len(), &factorials) {
        let (with, without): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|(names, _)| names.contains(&name));
        left = without;
        let of_it: Vec<Answered> = with.into_iter().map(|(_, answered)| answered).collect();
        found.extend(names.failing(name, usual, &of_it));
    }
    sorting::by(&mut found, |a, b| {
        excess(b).total_cmp(&excess(a)).then_with(|| a.source.title.cmp(&b.source.title))
    });
    Ok(Found { articles: found, answered, judged })
}

/// Failures above those that an article of the usual kind would have had.
fn excess(failing: &Failing) -> f64 {
    failing.failed as f64 - failing.used as f64 * failing.usual
}

/// How often each article was used that can be judged, and how often it did not help.
fn used_often(left: &[(HashSet<usize>, Answered)]) -> HashMap<usize, (usize, usize)> {
    let mut counts: HashMap<usize, (usize, usize)> = HashMap::new();
    for (names, answered) in left {
        for name in names {
            let (used, failed) = counts.entry(*name).or_default();
            *used += 1;
            *failed += usize::from(answered.ending.failed());
        }
    }
    counts.retain(|_, (used, _)| *used >= LEAST);
    counts
}

/// The article of which it is surest that it helps less than what is answered without it, and how
/// often the latter fails; none when all may be chance, `found` having been taken out before.
///
/// The levels are those of Benjamini and Hochberg (1995): the i-th surest of m may be sure to i/m of
/// [`FALSE_DISCOVERIES`], and if any is, so are all before it. Those that were found are no longer of
/// the m, since they are known to be no chance (as Benjamini, Krieger and Yekutieli, 2006).
fn worst(left: &[(HashSet<usize>, Answered)], found: usize, factorials: &Factorials) -> Option<(usize, f64)> {
    let counts = used_often(left);
    let all_failed = left.iter().filter(|(_, answered)| answered.ending.failed()).count();
    let mut chances: Vec<(usize, f64, f64)> = counts
        .into_iter()
        .map(|(name, (used, failed))| {
            // One failure of ten is supposed of so few others that nothing is known of them.
            let (others, others_failed) = (left.len() - used, all_failed - failed);
            let usual = ((others_failed as f64 + 1.0) / (others as f64 + 10.0)).min(1.0);
            let odds = ODDS * usual / (1.0 - usual).max(f64::MIN_POSITIVE);
            let least = odds / ODDS * COUNTED;
            let chance = if failed as f64 >= least * (used - failed) as f64 {
                factorials.at_least(failed, used, odds / (1.0 + odds))
            } else {
                1.0
            };
            (name, usual, chance)
        })
        .collect();
    sorting::by(&mut chances, |a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)));
    let level = FALSE_DISCOVERIES / chances.len() as f64;
    let is_sure =
        chances.iter().enumerate().any(|(place, (.., chance))| *chance <= level * (found + place + 1) as f64);
    chances.first().filter(|_| is_sure).map(|(name, usual, _)| (*name, *usual))
}

/// What is one article under several titles, addresses and languages.
struct Names {
    /// By number of the source, with the place of its article in `articles`.
    sources: HashMap<i64, (usize, Source)>,
    /// The id in the help centre of each, if it is one of its.
    articles: Vec<Option<String>>,
}

impl Names {
    fn read(connection: &Connection) -> StoreResult<Self> {
        let mut names = Self { sources: HashMap::new(), articles: Vec::new() };
        let mut known: HashMap<String, usize> = HashMap::new();
        for source in knowledge::sources(connection)? {
            let article = articles::of_source(connection, &source.url, &source.title)?;
            let name = match (&article, address(&source.url)) {
                (Some(id), _) => format!("article {id}"),
                (None, "") => format!("title {}", source.title),
                (None, address) => address.to_owned(),
            };
            let place = *known.entry(name).or_insert(names.articles.len());
            if place == names.articles.len() {
                names.articles.push(article);
            }
            names.sources.insert(source.number, (place, source));
        }
        Ok(names)
    }

    fn of(&self, source: i64) -> Option<usize> {
        self.sources.get(&source).map(|(place, _)| *place)
    }

    /// `of_it` are the conversations that were answered from it, newest first.
    fn failing(&self, name: usize, usual: f64, of_it: &[Answered]) -> Option<Failing> {
        let count = |is: fn(&Answered) -> bool| of_it.iter().filter(|answered| is(answered)).count();
        let used = of_it.iter().flat_map(|answered| &answered.sources);
        // Under the title that it had last.
        let (_, source) =
            used.filter_map(|number| self.sources.get(number)).find(|(place, _)| *place == name)?;
        Some(Failing {
            source: source.clone(),
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
        })
    }
}

/// An address without what does not say which page it is.
fn address(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/')
}
