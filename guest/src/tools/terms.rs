//! The words of questions and of their answers as numbers, with what each says of the topic.
//!
//! A word says the more, the fewer conversations have it, and the better it foretells what is
//! answered (or, standing in an answer, what was asked). Greetings, signatures and complaints may be
//! rare, but stand around every question alike: whoever writes one gets any answer. So neither lists
//! of phrases nor their languages have to be known.

use std::collections::{BTreeMap, HashMap};

use crate::sorting;
use crate::store::search::{LanguageOfEach, without_stop_words};

/// Words of a question, and of an answer, that are looked at, the rarest.
const WORDS: usize = 24;
/// A word that a larger part of the conversations has says nothing; nor does one that fewer have.
const COMMON: f64 = 0.5;
const RARE: usize = 3;
/// A word says all that it can when it raises the share of conversations that have some word in the
/// answer by so much, and never less than the least.
const TELLING: f64 = 0.3;
const LEAST: f64 = 0.05;

/// Conversations by the numbers of their words, each word once.
pub struct Terms {
    /// Each word as most write it.
    pub forms: Vec<String>,
    pub asked: Vec<Vec<usize>>,
    pub answered: Vec<Vec<usize>>,
    /// What each word says.
    pub weights: Vec<f64>,
    /// How usual each word is in an answer.
    pub usual: Usual,
}

impl Terms {
    /// Of questions and their answers, each as its folded words in order, grammar included, since
    /// that tells the language.
    pub fn of(questions: &[Vec<String>], answers: &[Vec<String>]) -> Self {
        let both: Vec<Vec<String>> =
            questions.iter().zip(answers).map(|(one, other)| [&one[..], other].concat()).collect();
        let languages = LanguageOfEach::of(&both);
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut written: Vec<HashMap<String, usize>> = Vec::new();
        let mut number = |texts: &[Vec<String>]| -> Vec<Vec<usize>> {
            let of_one = |(text, words): (usize, &Vec<String>)| {
                let mut found: Vec<usize> = Vec::new();
                for word in without_stop_words(words) {
                    let next = numbers.len();
                    let number = *numbers.entry(languages.stem(text, &word)).or_insert(next);
                    if number == written.len() {
                        written.push(HashMap::new());
                    }
                    *written[number].entry(word).or_default() += 1;
                    if !found.contains(&number) {
                        found.push(number);
                    }
                }
                found
            };
            texts.iter().enumerate().map(of_one).collect()
        };
        let (asked, answered) = (number(questions), number(answers));
        let form = |written: HashMap<String, usize>| {
            let most = written.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
            most.map(|(word, _)| word).unwrap_or_default()
        };
        let forms: Vec<String> = written.into_iter().map(form).collect();
        let whole: Vec<Vec<usize>> =
            asked.iter().zip(&answered).map(|(one, other)| union(one, other)).collect();
        let rarities = rarities(&whole, forms.len());
        let rarest = |words: &Vec<usize>| rarest(words, &rarities);
        let asked: Vec<Vec<usize>> = asked.iter().map(rarest).collect();
        let answered: Vec<Vec<usize>> = answered.iter().map(rarest).collect();
        let groups: Vec<usize> =
            both.iter().enumerate().map(|(text, words)| languages.number(text, words)).collect();
        let usual = Usual::of(&answered, &groups, &answered);
        let in_answer = told(&answered, &asked, &Usual::of(&asked, &groups, &answered), forms.len());
        let best = told(&asked, &answered, &usual, forms.len()).into_iter().zip(in_answer);
        let best = best.map(|(one, other)| one.into_iter().chain(other).reduce(f64::max).unwrap_or(1.0));
        let weights = rarities.iter().zip(best).map(|(rarity, telling)| rarity * telling).collect();
        Self { forms, asked, answered, weights, usual }
    }
}

pub fn union(one: &[usize], other: &[usize]) -> Vec<usize> {
    let mut both = one.to_vec();
    both.extend(other.iter().filter(|word| !one.contains(word)));
    both
}

/// The texts that have each word.
pub fn having(texts: &[Vec<usize>], words: usize) -> Vec<Vec<usize>> {
    let mut having = vec![Vec::new(); words];
    for (text, of_one) in texts.iter().enumerate() {
        of_one.iter().for_each(|word| having[*word].push(text));
    }
    having
}

/// How rare each word is; 0, if nearly all or nearly none have it.
fn rarities(texts: &[Vec<usize>], words: usize) -> Vec<f64> {
    let all = texts.len() as f64;
    having(texts, words)
        .into_iter()
        .map(|having| {
            let count = having.len();
            let says = count >= RARE && count as f64 <= (all * COMMON).max(RARE as f64);
            if says { (all / count as f64).ln().max(0.1) } else { 0.0 }
        })
        .collect()
}

fn rarest(words: &[usize], rarities: &[f64]) -> Vec<usize> {
    let mut words: Vec<usize> = words.iter().copied().filter(|word| rarities[*word] > 0.0).collect();
    sorting::by(&mut words, |a, b| rarities[*b].total_cmp(&rarities[*a]).then(a.cmp(b)));
    words.truncate(WORDS);
    words
}

/// How usual words are in texts of each language: an answer in German has German words, whatever was
/// asked, and in a workspace where few write German these would seem to be about something.
pub struct Usual {
    /// The language of each conversation, unless it has no answer and so says nothing.
    languages: Vec<Option<usize>>,
    /// Of each language the conversations, and those that have each word.
    counts: HashMap<usize, (usize, HashMap<usize, usize>)>,
}

impl Usual {
    fn of(texts: &[Vec<usize>], languages: &[usize], answered: &[Vec<usize>]) -> Self {
        let is_answered =
            |(language, answer): (&usize, &Vec<usize>)| (!answer.is_empty()).then_some(*language);
        let languages: Vec<Option<usize>> = languages.iter().zip(answered).map(is_answered).collect();
        let mut counts: HashMap<usize, (usize, HashMap<usize, usize>)> = HashMap::new();
        for (words, language) in texts.iter().zip(&languages) {
            let Some(language) = language else { continue };
            let (all, having) = counts.entry(*language).or_default();
            *all += 1;
            words.iter().for_each(|word| *having.entry(*word).or_default() += 1);
        }
        Self { languages, counts }
    }

    /// Those of the conversations that have an answer.
    pub fn answered(&self, conversations: &[usize]) -> Vec<usize> {
        conversations.iter().copied().filter(|one| self.languages[*one].is_some()).collect()
    }

    /// For each of the words, of which the conversations have the share beside it, the share of all
    /// other answered conversations of the same languages.
    pub fn elsewhere(&self, conversations: &[usize], words: &[(usize, f64)]) -> Vec<f64> {
        let mut languages: BTreeMap<usize, usize> = BTreeMap::new();
        for language in conversations.iter().filter_map(|one| self.languages[*one]) {
            *languages.entry(language).or_default() += 1;
        }
        let here = languages.values().sum::<usize>() as f64;
        let all: f64 = languages.keys().map(|language| self.counts[language].0 as f64).sum();
        let share = |(word, share): &(usize, f64)| {
            // As many of each language as there are here.
            let of_one = |(language, count): (&usize, &usize)| {
                let (texts, having) = &self.counts[language];
                *count as f64 / here * having.get(word).copied().unwrap_or(0) as f64 / *texts as f64
            };
            let everywhere: f64 = languages.iter().map(of_one).sum();
            ((everywhere * all - share * here) / (all - here).max(1.0)).max(0.0)
        };
        words.iter().map(share).collect()
    }
}

/// What each word of some texts foretells of the words of those that belong to them, if enough have
/// it to know.
fn told(of: &[Vec<usize>], others: &[Vec<usize>], usual: &Usual, words: usize) -> Vec<Option<f64>> {
    let mut counts = vec![0_usize; words];
    having(of, words)
        .into_iter()
        .map(|having| {
            let having = usual.answered(&having);
            if having.len() < RARE {
                return None;
            }
            let mut touched = Vec::new();
            for word in having.iter().flat_map(|text| &others[*text]) {
                if counts[*word] == 0 {
                    touched.push(*word);
                }
                counts[*word] += 1;
            }
            let here: Vec<(usize, f64)> = touched
                .into_iter()
                .map(|word| (word, std::mem::take(&mut counts[word])))
                .filter(|(_, count)| *count > 1)
                .map(|(word, count)| (word, count as f64 / having.len() as f64))
                .collect();
            let most = usual
                .elsewhere(&having, &here)
                .into_iter()
                .zip(&here)
                .map(|(elsewhere, (_, share))| share - elsewhere)
                .fold(0.0, f64::max);
            Some((most / TELLING).clamp(LEAST, 1.0))
        })
        .collect()
}
