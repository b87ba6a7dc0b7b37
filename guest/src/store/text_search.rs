//! Articles and tickets by their words.
//!
//! There are some hundred or thousand of them, so each word is asked for by itself, and nothing is cut.
//! A word counts as much as it is rare among them; half of that for standing in one at all, the other
//! half by its bm25 there against the best one's. Titles count [`TITLE`] times.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::lossy::text;
use super::search::{Languages, Leaf, Mark, Query, fold, without_stop_words};
use super::trends::words as words_of;
use crate::error::StoreResult;
use crate::sorting;

/// How much more a word in title or description counts.
const TITLE: f64 = 4.0;
/// How much of its weight a word that is the whole title of an article counts more than elsewhere.
const CALLED: f64 = 0.8;
/// Letters that all forms of a word have in common, at least; words that are looked at for forms, and
/// forms that are taken.
const SHORTEST: usize = 3;
const LOOKED_AT: i64 = 200;
const MOST_FORMS: usize = 24;

/// What is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corpus {
    Articles,
    Tickets,
}

impl Corpus {
    /// The index of words, the list of its words, and the table of what is in it.
    fn tables(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Articles => ("articles_fts", "article_words", "article_texts"),
            Self::Tickets => ("tickets_fts", "ticket_words", "tickets"),
        }
    }
}

/// An article or ticket that has some of the words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// `tickets.number`, or `article_texts.number` of an article's best text.
    pub number: i64,
    pub score: f64,
    /// The part of what the words weigh that this one has, 0 to 1; of [`covering`] with what its
    /// title counts more.
    pub share: f64,
}

/// What was found, the best first, and the query as it was answered.
#[derive(Clone, Debug)]
pub struct Results {
    pub found: Vec<Found>,
    pub query: Query,
}

/// Makes the words readable for a connection, as `search::register` does for messages.
///
/// # Errors
/// What SQLite reports.
pub fn register(connection: &Connection) -> StoreResult<()> {
    for corpus in [Corpus::Articles, Corpus::Tickets] {
        let (index, words, _) = corpus.tables();
        connection.execute_batch(&format!(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.{words} USING fts5vocab('main', '{index}', 'row')"
        ))?;
    }
    Ok(())
}

/// Finds what has any of the words.
///
/// # Errors
/// [`crate::error::StoreError`] when the database cannot be read; so for the others.
pub fn search(connection: &Connection, corpus: Corpus, query: &Query) -> StoreResult<Results> {
    let (expressions, marks) = expressions(connection, corpus, query)?;
    let mut texts = ranked(connection, corpus, &expressions)?;
    for number in unwanted(connection, corpus, query)? {
        texts.remove(&number);
    }
    let mut query = query.clone();
    query.marks.extend(marks);
    query.sort_marks();
    let found = match corpus {
        Corpus::Articles => of_each_article(connection, texts)?,
        Corpus::Tickets => best_first(texts.into_values().collect()),
    };
    Ok(Results { found, query })
}

/// Texts that have what the query excludes, in any of its forms.
///
/// # Errors
/// As [`search`].
pub fn unwanted(connection: &Connection, corpus: Corpus, query: &Query) -> StoreResult<Vec<i64>> {
    let mut numbers = Vec::new();
    for unwanted in query.unwanted() {
        for expression in expressions(connection, corpus, &Query::parse(&unwanted))?.0 {
            numbers.extend(matching(connection, corpus, &expression)?.into_iter().map(|(number, _)| number));
        }
    }
    Ok(numbers)
}

/// What each word or phrase of a query is found by, and its other forms to be marked.
fn expressions(
    connection: &Connection,
    corpus: Corpus,
    query: &Query,
) -> StoreResult<(Vec<String>, Vec<Mark>)> {
    let typed: Vec<String> = query.leaves().iter().filter_map(word).collect();
    let languages = Languages::of(&typed);
    let mut marks = Vec::new();
    let mut expressions = Vec::new();
    for leaf in query.leaves() {
        let forms = match word(&leaf) {
            Some(word) => forms(connection, corpus, &languages, &word)?,
            None => Vec::new(),
        };
        let mut expression = leaf.write();
        for form in forms {
            expression.push_str(&format!(" OR \"{form}\""));
            marks.push(Mark { text: form, prefix: false });
        }
        expressions.push(in_columns(&expression));
    }
    Ok((expressions, marks))
}

/// The articles that have some of these words, which are given as they are indexed (folded, one form
/// each) with what each weighs: those with most of the weight first. Words of the title weigh more, the
/// more of the title they are: an article is about what it is called, and says the rest in words of
/// its own.
///
/// # Errors
/// As [`search`].
pub fn covering(connection: &Connection, words: &[(&str, f64)]) -> StoreResult<Vec<Found>> {
    let owned: Vec<String> = words.iter().map(|(word, _)| (*word).to_owned()).collect();
    let languages = Languages::of(&owned);
    let total = words.iter().map(|(_, weight)| weight).sum::<f64>().max(f64::MIN_POSITIVE);
    let mut texts: HashMap<i64, Found> = HashMap::new();
    // The words' weight in a title, and how many they are.
    let mut titles: HashMap<i64, (f64, usize)> = HashMap::new();
    for (word, (_, weight)) in owned.iter().zip(words) {
        let mut expression = format!("\"{word}\"");
        for form in forms(connection, Corpus::Articles, &languages, word)? {
            expression.push_str(&format!(" OR \"{form}\""));
        }
        for (number, _) in matching(connection, Corpus::Articles, &in_columns(&expression))? {
            texts.entry(number).or_insert(Found { number, score: 0.0, share: 0.0 }).share += weight / total;
        }
        for (number, _) in matching(connection, Corpus::Articles, &format!("subject : ({expression})"))? {
            let title = titles.entry(number).or_default();
            *title = (title.0 + weight / total, title.1 + 1);
        }
    }
    for (number, (weight, count)) in titles {
        let Some(found) = texts.get_mut(&number) else { continue };
        let sql = "SELECT title FROM article_texts WHERE number = ?1";
        let title: String = connection.prepare_cached(sql)?.query_row([number], |row| text(row, 0))?;
        let all = without_stop_words(&words_of(&title).collect::<Vec<_>>()).len().max(count);
        found.share += CALLED * weight * count as f64 / all as f64;
    }
    texts.values_mut().for_each(|found| found.score = found.share);
    of_each_article(connection, texts)
}

fn in_columns(expression: &str) -> String {
    format!("{{subject body}} : ({expression})")
}

/// The word of which other forms count, too.
fn word(leaf: &Leaf<'_>) -> Option<String> {
    match leaf {
        Leaf::Phrase(phrase) if !phrase.exact && !phrase.prefix && !phrase.paired => match &phrase.tokens[..]
        {
            [word] => Some(fold(word)),
            _ => None,
        },
        _ => None,
    }
}

/// Other forms of a word that some of them have. The forms that messages have say nothing here: a
/// help centre writes of refunds where customers want a refund.
fn forms(
    connection: &Connection,
    corpus: Corpus,
    languages: &Languages,
    word: &str,
) -> StoreResult<Vec<String>> {
    let stems = languages.stems(word);
    let common = |stem: &String| word.chars().zip(stem.chars()).take_while(|(a, b)| a == b).count();
    let length = stems.iter().map(common).min().unwrap_or(0);
    if length < SHORTEST || !word.chars().all(char::is_alphabetic) {
        return Ok(Vec::new());
    }
    let beginning: String = word.chars().take(length).collect();
    let (_, words, _) = corpus.tables();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT term FROM temp.{words} WHERE term >= ?1 AND term < ?1 || char(1114111) LIMIT ?2"
    ))?;
    let candidates = statement.query_map(params![beginning, LOOKED_AT], |row| text::<String>(row, 0))?;
    let candidates: Vec<String> = candidates.collect::<Result<_, _>>()?;
    let is_form = |other: &String| {
        other != word && languages.stems(other).iter().zip(&stems).any(|(other, stem)| other == stem)
    };
    Ok(candidates.into_iter().filter(is_form).take(MOST_FORMS).collect())
}

/// Of each article its best text, the best article first.
fn of_each_article(connection: &Connection, texts: HashMap<i64, Found>) -> StoreResult<Vec<Found>> {
    let mut article = connection.prepare_cached("SELECT article_id FROM article_texts WHERE number = ?1")?;
    let mut best: HashMap<String, Found> = HashMap::new();
    for found in texts.into_values() {
        let id = article.query_row([found.number], |row| text(row, 0))?;
        let known = best.entry(id).or_insert(found);
        if (found.score, -found.number) > (known.score, -known.number) {
            *known = found;
        }
    }
    Ok(best_first(best.into_values().collect()))
}

fn best_first(mut found: Vec<Found>) -> Vec<Found> {
    sorting::by(&mut found, |a, b| b.score.total_cmp(&a.score).then(a.number.cmp(&b.number)));
    found
}

/// The texts that match any of the expressions, by number.
fn ranked(
    connection: &Connection,
    corpus: Corpus,
    expressions: &[String],
) -> StoreResult<HashMap<i64, Found>> {
    let (_, _, table) = corpus.tables();
    let all: i64 = connection
        .prepare_cached(&format!("SELECT count(*) FROM {table}"))?
        .query_row([], |row| row.get(0))?;
    let mut texts: HashMap<i64, Found> = HashMap::new();
    let mut total = 0.0;
    for expression in expressions {
        let rows = matching(connection, corpus, expression)?;
        let rarity = (1.0 + all as f64 / (rows.len() as f64 + 0.5)).ln();
        total += rarity;
        let most = rows.iter().map(|(_, score)| *score).fold(f64::MIN_POSITIVE, f64::max);
        for (number, score) in rows {
            let found = texts.entry(number).or_insert(Found { number, score: 0.0, share: 0.0 });
            found.score += rarity * (0.5 + 0.5 * score / most);
            found.share += rarity;
        }
    }
    texts.values_mut().for_each(|found| found.share /= total.max(f64::MIN_POSITIVE));
    Ok(texts)
}

fn matching(connection: &Connection, corpus: Corpus, expression: &str) -> StoreResult<Vec<(i64, f64)>> {
    let (index, ..) = corpus.tables();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT rowid, -bm25({index}, 1.0, ?2) FROM {index} WHERE {index} MATCH ?1"
    ))?;
    let rows = statement.query_map(params![expression, TITLE], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
