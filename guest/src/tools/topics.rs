//! Questions that are about the same, found by their words and by those of their answers.
//!
//! A conversation is the set of words of its question and of what a teammate answered, each in one
//! form, weighed by its rarity. Those that are alike (cosine) are gathered around the one with the
//! most others ("star clustering", Aslam, Pelekhov and Rus, 2004), and then around the words that
//! they have in common. People write the same greetings and signatures around different questions,
//! but these are then answered differently: what has no words of its answers in common is no topic.
//! So what nobody answered yet is not found, nor what has nothing but its meaning in common.

use std::collections::{HashMap, HashSet};

use crate::store::search::Languages;

/// Words of a question that are looked at, the rarest.
const WORDS: usize = 24;
/// A word that a larger part of the questions has says nothing; nor does one that fewer have.
const COMMON: f64 = 0.5;
const RARE: usize = 3;
/// How alike two questions must be to begin a topic, and how much of a topic's words one must have
/// to belong to it.
const ALIKE: f64 = 0.3;
const BELONGS: f64 = 0.4;
/// A word is of a topic that this part of its questions has.
const SHARED: f64 = 0.25;
/// Words that the answers of a topic have in common, at least.
const ANSWERED_ALIKE: usize = 2;
/// Most words of a topic.
const TOPIC_WORDS: usize = 16;
/// Topics that have these parts of their words in common are one.
const SAME: f64 = 0.5;
/// Questions that begin a topic; and how often its members are looked for anew.
const SEEDS: usize = 3;
const ROUNDS: usize = 3;

/// Questions about the same.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its words, as most write them, with what each weighs; the heaviest first.
    pub words: Vec<(String, f64)>,
    /// Places of its questions in the list that was given, those that have most of its words first.
    pub questions: Vec<usize>,
}

/// The topics of questions, each given as its words in order, with those of its answer. The largest
/// come first.
pub fn topics(questions: &[Vec<String>], answers: &[Vec<String>]) -> Vec<Topic> {
    let both: Vec<Vec<String>> = questions.iter().chain(answers).cloned().collect();
    let (words, mut asked) = in_one_form(&both);
    let answered = asked.split_off(questions.len());
    let whole: Vec<Vec<usize>> = asked.iter().zip(&answered).map(|(one, other)| union(one, other)).collect();
    let weights = weights(&whole, words.len());
    let part = |words: &Vec<usize>| rarest(words, &weights);
    let (asked, answered): (Vec<_>, Vec<_>) =
        (asked.iter().map(part).collect(), answered.iter().map(part).collect());
    let documents: Vec<Vec<usize>> =
        asked.iter().zip(&answered).map(|(one, other)| union(one, other)).collect();
    let having = having(&documents, words.len());
    let mut centres: Vec<HashMap<usize, f64>> = Vec::new();
    for star in stars(&documents, &weights, &having) {
        let centre = centre(&star, &documents, &weights);
        if shared(&centre, &star, &answered) >= ANSWERED_ALIKE {
            centres.push(centre);
        }
    }
    let mut members = Vec::new();
    for _ in 0..ROUNDS {
        centres = distinct(centres);
        members = belonging(&documents, &centres, &having);
        centres = members.iter().map(|of_one| centre(of_one, &documents, &weights)).collect();
    }
    let mut topics: Vec<Topic> = centres
        .into_iter()
        .zip(members)
        .filter(|(centre, questions)| {
            questions.len() >= SEEDS
                && shared(centre, questions, &answered) >= ANSWERED_ALIKE
                && shared(centre, questions, &asked) > 0
        })
        .map(|(centre, questions)| {
            let mut of_topic: Vec<(String, f64)> = centre
                .into_iter()
                .filter(|(word, _)| is_shared(*word, &questions, &asked))
                .map(|(word, weight)| (words[word].clone(), weight))
                .collect();
            of_topic.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            Topic { words: of_topic, questions }
        })
        .collect();
    topics.sort_by(|a, b| {
        b.questions.len().cmp(&a.questions.len()).then_with(|| a.questions.cmp(&b.questions))
    });
    topics
}

fn union(one: &[usize], other: &[usize]) -> Vec<usize> {
    let mut both = one.to_vec();
    both.extend(other.iter().filter(|word| !one.contains(word)));
    both
}

/// How many words of a centre are shared by the members in those parts of them.
fn shared(centre: &HashMap<usize, f64>, members: &[usize], parts: &[Vec<usize>]) -> usize {
    centre.keys().filter(|word| is_shared(**word, members, parts)).count()
}

fn is_shared(word: usize, members: &[usize], parts: &[Vec<usize>]) -> bool {
    let count = members.iter().filter(|member| parts[**member].contains(&word)).count();
    count as f64 >= (members.len() as f64 * SHARED).max(2.0)
}

/// Each word once, under the form that is written most, and the questions by numbers of words.
fn in_one_form(questions: &[Vec<String>]) -> (Vec<String>, Vec<Vec<usize>>) {
    let mut written: HashMap<&str, usize> = HashMap::new();
    for word in questions.iter().flatten() {
        *written.entry(word).or_default() += 1;
    }
    let mut common: Vec<(&str, usize)> = written.iter().map(|(word, count)| (*word, *count)).collect();
    common.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let sample: Vec<String> = common.iter().take(300).map(|(word, _)| (*word).to_owned()).collect();
    let languages = Languages::of(&sample);
    let mut by_stem: HashMap<String, usize> = HashMap::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut forms: Vec<String> = Vec::new();
    for (word, _) in &common {
        let stem = languages.stems(word).into_iter().next().unwrap_or_else(|| (*word).to_owned());
        let number = *by_stem.entry(stem).or_insert_with(|| {
            forms.push((*word).to_owned());
            forms.len() - 1
        });
        numbers.insert(word, number);
    }
    let documents = questions
        .iter()
        .map(|words| {
            let mut seen = HashSet::new();
            words.iter().map(|word| numbers[word.as_str()]).filter(|word| seen.insert(*word)).collect()
        })
        .collect();
    (forms, documents)
}

/// What each word says; nothing, if nearly all or nearly none have it.
fn weights(documents: &[Vec<usize>], words: usize) -> Vec<f64> {
    let mut having = vec![0_usize; words];
    documents.iter().flatten().for_each(|word| having[*word] += 1);
    let all = documents.len() as f64;
    having
        .into_iter()
        .map(|count| {
            let says = count >= RARE && count as f64 <= (all * COMMON).max(RARE as f64);
            if says { (all / count as f64).ln().max(0.1) } else { 0.0 }
        })
        .collect()
}

fn rarest(words: &[usize], weights: &[f64]) -> Vec<usize> {
    let mut words: Vec<usize> = words.iter().copied().filter(|word| weights[*word] > 0.0).collect();
    words.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]).then(a.cmp(b)));
    words.truncate(WORDS);
    words
}

/// The questions that have each word.
fn having(documents: &[Vec<usize>], words: usize) -> Vec<Vec<usize>> {
    let mut having = vec![Vec::new(); words];
    for (document, of_one) in documents.iter().enumerate() {
        of_one.iter().for_each(|word| having[*word].push(document));
    }
    having
}

/// Groups of like questions, the largest first, each around the question that is like most of
/// those that are left.
fn stars(documents: &[Vec<usize>], weights: &[f64], having: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let length = |words: &[usize]| {
        words.iter().map(|word| weights[*word] * weights[*word]).sum::<f64>().sqrt().max(f64::MIN_POSITIVE)
    };
    let lengths: Vec<f64> = documents.iter().map(|words| length(words)).collect();
    let mut sums = vec![0.0; documents.len()];
    let like: Vec<Vec<usize>> = documents
        .iter()
        .enumerate()
        .map(|(document, words)| {
            let mut touched = Vec::new();
            for word in words {
                for other in &having[*word] {
                    if sums[*other] == 0.0 {
                        touched.push(*other);
                    }
                    sums[*other] += weights[*word] * weights[*word];
                }
            }
            let mut like = Vec::new();
            for other in touched {
                let cosine = sums[other] / (lengths[document] * lengths[other]);
                if other != document && cosine >= ALIKE {
                    like.push(other);
                }
                sums[other] = 0.0;
            }
            like
        })
        .collect();
    let mut order: Vec<usize> = (0..documents.len()).collect();
    order.sort_by_key(|document| (std::cmp::Reverse(like[*document].len()), *document));
    let mut taken = vec![false; documents.len()];
    let mut stars = Vec::new();
    for document in order {
        if taken[document] || like[document].len() + 1 < SEEDS {
            continue;
        }
        let mut star: Vec<usize> = like[document].iter().copied().filter(|other| !taken[*other]).collect();
        star.push(document);
        if star.len() < SEEDS {
            continue;
        }
        star.iter().for_each(|member| taken[*member] = true);
        stars.push(star);
    }
    stars
}

/// The words that members have in common: each by its rarity and by how many have it.
fn centre(members: &[usize], documents: &[Vec<usize>], weights: &[f64]) -> HashMap<usize, f64> {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    members
        .iter()
        .flat_map(|member| &documents[*member])
        .for_each(|word| *counts.entry(*word).or_default() += 1);
    let least = (members.len() as f64 * SHARED).max(2.0);
    let mut words: Vec<(usize, f64)> = counts
        .into_iter()
        .filter(|(_, count)| *count as f64 >= least)
        .map(|(word, count)| (word, weights[word] * count as f64 / members.len() as f64))
        .collect();
    words.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    words.truncate(TOPIC_WORDS);
    words.into_iter().collect()
}

/// Without those that have their words in common with a larger one before them.
fn distinct(centres: Vec<HashMap<usize, f64>>) -> Vec<HashMap<usize, f64>> {
    let mut kept: Vec<HashMap<usize, f64>> = Vec::new();
    let total = |centre: &HashMap<usize, f64>| centre.values().sum::<f64>().max(f64::MIN_POSITIVE);
    for centre in centres.into_iter().filter(|centre| !centre.is_empty()) {
        let is_known = kept.iter().any(|other| {
            let both: f64 =
                centre.iter().filter_map(|(word, weight)| Some(weight.min(*other.get(word)?))).sum();
            both >= SAME * total(&centre).min(total(other))
        });
        if !is_known {
            kept.push(centre);
        }
    }
    kept
}

/// The questions of each centre: those that have enough of its words, and of no other more.
fn belonging(
    documents: &[Vec<usize>],
    centres: &[HashMap<usize, f64>],
    having: &[Vec<usize>],
) -> Vec<Vec<usize>> {
    let mut best: Vec<(f64, usize)> = vec![(0.0, 0); documents.len()];
    for (place, centre) in centres.iter().enumerate() {
        let total: f64 = centre.values().sum::<f64>().max(f64::MIN_POSITIVE);
        let mut shares: HashMap<usize, (f64, usize)> = HashMap::new();
        for (word, weight) in centre {
            for document in &having[*word] {
                let share = shares.entry(*document).or_default();
                share.0 += weight / total;
                share.1 += 1;
            }
        }
        for (document, (share, words)) in shares {
            // One word alone may stand anywhere.
            if share >= BELONGS && words > 1 && share > best[document].0 {
                best[document] = (share, place);
            }
        }
    }
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); centres.len()];
    let mut order: Vec<usize> = (0..documents.len()).filter(|document| best[*document].0 > 0.0).collect();
    order.sort_by(|a, b| best[*b].0.total_cmp(&best[*a].0).then(a.cmp(b)));
    order.into_iter().for_each(|document| members[best[document].1].push(document));
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn questions_are_gathered_by_what_they_share_and_not_by_how_they_greet() {
        let (mut questions, mut answers) = (Vec::new(), Vec::new());
        let mut add = |question: String, answer: &str| {
            questions.push(words(&question));
            answers.push(words(answer));
        };
        for n in 0..6 {
            let name = ["anna", "bob", "carla", "dan", "eve", "finn"][n];
            add(
                format!("{name} sent from phone set up scim provisioning okta"),
                "copy token into okta groups",
            );
            add(format!("{name} invoice misses vat number again"), "corrected vat invoice attached");
            add(
                format!("{name} sent from phone something number{n} else entirely{n}"),
                &format!("other{n} thing{n}"),
            );
        }
        add("users are not provisioned by scim".to_owned(), "token for okta");
        let found = topics(&questions, &answers);
        let has = |word: &str| found.iter().find(|topic| topic.words.iter().any(|(known, _)| known == word));
        let scim = has("scim").unwrap_or_else(|| panic!("{found:?}"));
        assert!(scim.questions.len() >= 6 && scim.questions.iter().all(|place| place % 3 == 0), "{found:?}");
        assert_eq!(has("vat").unwrap_or_else(|| panic!("{found:?}")).questions.len(), 6, "{found:?}");
        assert!(topics(&[], &[]).is_empty());
        assert!(topics(&[words("one"), words("two")], &[words("a"), words("b")]).is_empty());
    }
}
