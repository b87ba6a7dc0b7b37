//! Questions that are about the same, found by their words and by those of their answers.
//!
//! A conversation is the set of words of its question and of what a teammate answered, each weighed
//! by what it says (`terms.rs`). Those that are alike (cosine) are gathered around the one with the
//! most others ("star clustering", Aslam, Pelekhov and Rus, 2004), and then around the words that
//! they have in common. What has nothing but its meaning in common is not found.

use std::collections::{BTreeMap, HashMap};

use super::terms::{Terms, having, union};

use crate::sorting;

/// How alike two questions must be to begin a topic, and how much of a topic's words one must have
/// to belong to it.
const ALIKE: f64 = 0.3;
const BELONGS: f64 = 0.4;
/// A word is of a topic that this part of its questions has.
const SHARED: f64 = 0.25;
/// A word is common to a topic's answers that this part of them has, and so many times the part of
/// other answers.
const IN_COMMON: f64 = 1.0 / 3.0;
const OFTENER: f64 = 3.0;
/// A topic of which a smaller part is answered is not judged by its answers.
const ANSWERED: f64 = 0.25;
/// Most words of a topic.
const TOPIC_WORDS: usize = 16;
/// Topics whose questions' words are this much alike (cosine) are one; and those of which one word is
/// the heaviest.
const SAME: f64 = 0.6;
const SAME_NAME: f64 = 0.4;
/// Questions that begin a topic; and how often its members are looked for anew.
const SEEDS: usize = 3;
const ROUNDS: usize = 3;
/// A word that more conversations have, and a larger part of them, leads from one to too many others
/// to be followed.
const FOLLOWED: usize = 500;
const FOLLOWED_PART: usize = 8;

/// Questions about the same.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Words of its questions, as most write them, with what each weighs; the heaviest first. A word
    /// that all write weighs much more than one that some write: it is what the topic is called.
    pub words: Vec<(String, f64)>,
    /// Places of its questions in the list that was given, those that have most of its words first.
    pub questions: Vec<usize>,
}

/// The topics of questions, each given as its words in order, with those of its answer. The largest
/// come first. What is answered in no common way is none.
pub fn topics(questions: &[Vec<String>], answers: &[Vec<String>]) -> Vec<Topic> {
    gathered(questions, answers, true)
}

/// The same of everything that customers write about, however it is answered.
pub fn themes(questions: &[Vec<String>], answers: &[Vec<String>]) -> Vec<Topic> {
    gathered(questions, answers, false)
}

fn gathered(questions: &[Vec<String>], answers: &[Vec<String>], answered_alike: bool) -> Vec<Topic> {
    let terms = Terms::of(questions, answers);
    let whole: Vec<Vec<usize>> =
        terms.asked.iter().zip(&terms.answered).map(|(one, other)| union(one, other)).collect();
    let corpus = Corpus {
        having: having(&whole, terms.forms.len()),
        asking: having(&terms.asked, terms.forms.len()),
        whole,
        terms,
        answered_alike,
    };
    let mut groups: Vec<Vec<usize>> = corpus.stars();
    for _ in 0..ROUNDS {
        let kept = corpus.distinct(groups);
        let centres: Vec<Centre> = kept.iter().map(|members| corpus.centre(members)).collect();
        groups = corpus.belonging(&centres);
    }
    let mut topics: Vec<Topic> = corpus
        .distinct(groups)
        .into_iter()
        .filter(|members| members.len() >= SEEDS)
        .filter_map(|members| {
            let names = corpus.names(&members);
            let mut words: Vec<(String, f64)> =
                names.into_iter().map(|(word, weight)| (corpus.terms.forms[word].clone(), weight)).collect();
            sorting::by(&mut words, |a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            (!words.is_empty()).then_some(Topic { words, questions: members })
        })
        .collect();
    sorting::by(&mut topics, |a, b| {
        b.questions.len().cmp(&a.questions.len()).then_with(|| a.questions.cmp(&b.questions))
    });
    topics
}

/// Words with what each weighs; in order, so that sums are the same each time.
type Weighed = BTreeMap<usize, f64>;

/// One by one: `collect` would sort them first, with a sort of its own for each of these.
fn weighed(words: impl Iterator<Item = (usize, f64)>) -> Weighed {
    let mut weighed = Weighed::new();
    weighed.extend(words);
    weighed
}

/// What a topic is gathered around.
struct Centre {
    /// Words of questions and answers.
    words: Weighed,
    /// Words of questions alone, as [`Topic::words`].
    names: Weighed,
}

struct Corpus {
    terms: Terms,
    /// The words of each question and its answer, and the conversations that have each word: in
    /// either, and in the question.
    whole: Vec<Vec<usize>>,
    having: Vec<Vec<usize>>,
    asking: Vec<Vec<usize>>,
    /// Topics must be answered in a common way.
    answered_alike: bool,
}

impl Corpus {
    /// Groups of like questions, the largest first, each around the question that is like most of
    /// those that are left.
    fn stars(&self) -> Vec<Vec<usize>> {
        let weights = &self.terms.weights;
        let length = |words: &[usize]| {
            words
                .iter()
                .map(|word| weights[*word] * weights[*word])
                .sum::<f64>()
                .sqrt()
                .max(f64::MIN_POSITIVE)
        };
        let lengths: Vec<f64> = self.whole.iter().map(|words| length(words)).collect();
        let mut sums = vec![0.0; self.whole.len()];
        let mut touched = Vec::new();
        let followed = FOLLOWED.max(self.whole.len() / FOLLOWED_PART);
        let like: Vec<Vec<usize>> = (0..self.whole.len())
            .map(|document| {
                for word in self.whole[document].iter().filter(|word| self.having[**word].len() <= followed) {
                    for other in &self.having[*word] {
                        if sums[*other] == 0.0 {
                            touched.push(*other);
                        }
                        sums[*other] += weights[*word] * weights[*word];
                    }
                }
                let mut like = Vec::new();
                for other in touched.drain(..) {
                    let cosine = sums[other] / (lengths[document] * lengths[other]);
                    if other != document && cosine >= ALIKE {
                        like.push(other);
                    }
                    sums[other] = 0.0;
                }
                like
            })
            .collect();
        let mut order: Vec<usize> = (0..self.whole.len()).collect();
        sorting::by_key(&mut order, |document| (std::cmp::Reverse(like[*document].len()), *document));
        let mut taken = vec![false; self.whole.len()];
        let mut stars = Vec::new();
        for document in order {
            if taken[document] || like[document].len() + 1 < SEEDS {
                continue;
            }
            let mut star: Vec<usize> =
                like[document].iter().copied().filter(|other| !taken[*other]).collect();
            star.push(document);
            if star.len() < SEEDS {
                continue;
            }
            star.iter().for_each(|member| taken[*member] = true);
            stars.push(star);
        }
        stars
    }

    /// The part of the members that has each word in that part of them, of words that enough have.
    fn shares(&self, members: &[usize], parts: &[Vec<usize>]) -> Weighed {
        let mut counts: HashMap<usize, usize> = HashMap::new();
        members
            .iter()
            .flat_map(|member| &parts[*member])
            .for_each(|word| *counts.entry(*word).or_default() += 1);
        let least = (members.len() as f64 * SHARED).max(2.0);
        let enough = counts.into_iter().filter(|(_, count)| *count as f64 >= least);
        weighed(enough.map(|(word, count)| (word, count as f64 / members.len() as f64)))
    }

    fn centre(&self, members: &[usize]) -> Centre {
        let mut words: Vec<(usize, f64)> = self
            .shares(members, &self.whole)
            .into_iter()
            .map(|(word, share)| (word, share * self.terms.weights[word]))
            .collect();
        sorting::by(&mut words, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        words.truncate(TOPIC_WORDS);
        Centre { words: weighed(words.into_iter()), names: self.names(members) }
    }

    /// What questions are called: the words that they share.
    fn names(&self, members: &[usize]) -> Weighed {
        let shares = self.shares(members, &self.terms.asked);
        let weight = |(word, share): (usize, f64)| (word, share * share * self.terms.weights[word]);
        weighed(shares.into_iter().map(weight).filter(|(_, weight)| *weight > 0.0))
    }

    /// Whether the answers of the members, if they are answered, have a word in common that other
    /// answers have less.
    fn is_answered_alike(&self, members: &[usize]) -> bool {
        let answered = self.terms.usual.answered(members);
        if (answered.len() as f64) < ANSWERED * members.len() as f64 {
            return true;
        }
        let shares: Vec<(usize, f64)> = self.shares(&answered, &self.terms.answered).into_iter().collect();
        let elsewhere = self.terms.usual.elsewhere(&answered, &shares);
        shares.iter().zip(elsewhere).any(|((word, share), elsewhere)| {
            self.terms.weights[*word] > 0.0 && *share >= (OFTENER * elsewhere).max(IN_COMMON)
        })
    }

    /// Without those that are answered in no common way, and those that are called as a larger one
    /// before them.
    fn distinct(&self, groups: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
        let mut groups = groups;
        sorting::by_key(&mut groups, |members| std::cmp::Reverse(members.len()));
        let mut names: Vec<Weighed> = Vec::new();
        groups.retain(|members| {
            let name = self.names(members);
            let is_new = !name.is_empty()
                && (!self.answered_alike || self.is_answered_alike(members))
                && !names.iter().any(|other| is_same(&name, other));
            if is_new {
                names.push(name);
            }
            is_new
        });
        groups
    }

    /// The questions of each centre: those that have enough of its words, and of no other more.
    fn belonging(&self, centres: &[Centre]) -> Vec<Vec<usize>> {
        let mut best: Vec<(f64, usize)> = vec![(0.0, 0); self.whole.len()];
        for (place, centre) in centres.iter().enumerate() {
            let mut shares: HashMap<usize, (f64, usize)> = HashMap::new();
            parts(&centre.words, &self.having, &mut shares);
            // One word alone may stand anywhere.
            shares.retain(|_, (_, words)| *words > 1);
            let mut named: HashMap<usize, (f64, usize)> = HashMap::new();
            parts(&centre.names, &self.asking, &mut named);
            for (document, (share, _)) in named {
                let known = shares.entry(document).or_default();
                known.0 = known.0.max(share);
            }
            for (document, (share, _)) in shares {
                if share >= BELONGS && share > best[document].0 {
                    best[document] = (share, place);
                }
            }
        }
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); centres.len()];
        let mut order: Vec<usize> =
            (0..self.whole.len()).filter(|document| best[*document].0 > 0.0).collect();
        sorting::by(&mut order, |a, b| best[*b].0.total_cmp(&best[*a].0).then(a.cmp(b)));
        order.into_iter().for_each(|document| members[best[document].1].push(document));
        members
    }
}

/// What part of the words' weight each conversation has, and how many of them.
fn parts(words: &Weighed, having: &[Vec<usize>], shares: &mut HashMap<usize, (f64, usize)>) {
    let total: f64 = words.values().sum::<f64>().max(f64::MIN_POSITIVE);
    for (word, weight) in words {
        for document in &having[*word] {
            let share = shares.entry(*document).or_default();
            share.0 += weight / total;
            share.1 += 1;
        }
    }
}

fn is_same(one: &Weighed, other: &Weighed) -> bool {
    let heaviest = |words: &Weighed| words.iter().max_by(|a, b| a.1.total_cmp(b.1)).map(|(word, _)| *word);
    cosine(one, other) >= if heaviest(one) == heaviest(other) { SAME_NAME } else { SAME }
}

fn cosine(one: &Weighed, other: &Weighed) -> f64 {
    let length = |words: &Weighed| words.values().map(|weight| weight * weight).sum::<f64>().sqrt();
    let both: f64 = one.iter().filter_map(|(word, weight)| Some(weight * other.get(word)?)).sum();
    both / (length(one) * length(other)).max(f64::MIN_POSITIVE)
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
