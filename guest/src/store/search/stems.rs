//! Stems of words (Snowball), by which a word is found in its other forms.
//!
//! The language of a text is not known. A word's stem is taken in every language that its script
//! allows and that the question does not rule out: a form that some language would not take for
//! one is rare, and true rarity keeps the harm small.

use std::collections::HashMap;

use rust_stemmers::{Algorithm, Stemmer};

/// Languages written in Latin letters, and words by which a question is recognised as theirs.
const LATIN: &[(Algorithm, &[&str])] = &[
    (
        Algorithm::English,
        &[
            "the", "is", "are", "how", "what", "my", "of", "and", "can", "do", "does", "why", "when", "who",
            "which", "where", "was", "i", "it", "to",
        ],
    ),
    (
        Algorithm::German,
        &[
            "der", "das", "und", "ist", "nicht", "ich", "wie", "wer", "welche", "wann", "wo", "wird", "ein",
            "eine", "mein", "meine", "war", "mit", "fur", "sich", "wurde", "von",
        ],
    ),
    (
        Algorithm::French,
        &[
            "le", "la", "les", "et", "est", "je", "pas", "mon", "des", "une", "pour", "quel", "quelle",
            "comment", "qui", "que", "sont", "dans", "du", "au", "puis",
        ],
    ),
    (
        Algorithm::Spanish,
        &[
            "el", "los", "las", "y", "es", "que", "cual", "como", "una", "del", "mi", "por", "cuando",
            "quien", "fue", "en", "donde", "para", "con",
        ],
    ),
    (
        Algorithm::Portuguese,
        &[
            "o", "os", "as", "e", "que", "qual", "como", "uma", "um", "do", "da", "em", "nao", "meu", "para",
            "quando", "foi", "quem", "onde", "com",
        ],
    ),
    (
        Algorithm::Italian,
        &[
            "il", "lo", "gli", "e", "che", "quale", "come", "una", "un", "del", "della", "di", "non", "mio",
            "quando", "chi", "dove", "per", "sono",
        ],
    ),
    (
        Algorithm::Dutch,
        &[
            "de", "het", "een", "en", "is", "niet", "hoe", "wat", "mijn", "van", "wanneer", "wie", "waar",
            "welke", "ik", "voor", "met", "op",
        ],
    ),
    (
        Algorithm::Danish,
        &[
            "og", "er", "ikke", "jeg", "hvordan", "hvad", "det", "den", "en", "til", "hvor", "hvem", "min",
            "kan", "pa",
        ],
    ),
    (
        Algorithm::Norwegian,
        &[
            "og", "er", "ikke", "jeg", "hvordan", "hva", "det", "den", "en", "til", "hvor", "hvem", "min",
            "kan", "pa",
        ],
    ),
    (
        Algorithm::Swedish,
        &[
            "och", "ar", "inte", "jag", "hur", "vad", "det", "den", "en", "ett", "till", "vem", "min", "kan",
            "pa", "nar", "var",
        ],
    ),
    (
        Algorithm::Finnish,
        &["ja", "on", "ei", "miten", "mika", "mita", "minun", "kuka", "missa", "milloin", "oli"],
    ),
    (Algorithm::Hungarian, &["a", "az", "es", "hogyan", "mi", "nem", "hogy", "ki", "hol", "mikor", "egy"]),
    (
        Algorithm::Romanian,
        &["si", "este", "nu", "cum", "ce", "de", "care", "cine", "unde", "cand", "la", "un", "pe"],
    ),
    (
        Algorithm::Turkish,
        &[
            "ve", "bir", "ne", "nasil", "hangi", "kim", "icin", "mi", "bu", "nerede", "kac", "olarak",
            "degil", "ile", "neden",
        ],
    ),
];

/// The languages that a question may be in.
pub struct Languages {
    latin: Vec<Stemmer>,
    /// Words by which messages in one of them are known that joins words to one.
    joining: Vec<&'static str>,
    /// The question has words of grammar of these languages.
    pub is_known: bool,
    cyrillic: Stemmer,
    arabic: Stemmer,
    greek: Stemmer,
    tamil: Stemmer,
}

impl Languages {
    /// Of a question with these words, folded: those with most words of grammar in it, or all.
    pub fn of(words: &[String]) -> Self {
        let count = |grammar: &[&str]| words.iter().filter(|word| grammar.contains(&word.as_str())).count();
        let most = LATIN.iter().map(|(_, grammar)| count(grammar)).max().unwrap_or(0);
        let latin = LATIN
            .iter()
            .filter(|(_, grammar)| count(grammar) == most)
            .map(|(algorithm, _)| Stemmer::create(*algorithm))
            .collect();
        let joining = LATIN
            .iter()
            .filter(|(_, grammar)| count(grammar) == most)
            .flat_map(|(algorithm, _)| match algorithm {
                Algorithm::German => &["nicht", "und", "ist", "der", "bitte", "ich"][..],
                Algorithm::Dutch => &["niet", "het", "een"],
                Algorithm::Swedish => &["inte", "och", "att"],
                Algorithm::Danish | Algorithm::Norwegian => &["ikke", "og", "jeg"],
                _ => &[],
            })
            .copied()
            .collect();
        Self {
            latin,
            joining,
            is_known: most > 0,
            cyrillic: Stemmer::create(Algorithm::Russian),
            arabic: Stemmer::create(Algorithm::Arabic),
            greek: Stemmer::create(Algorithm::Greek),
            tamil: Stemmer::create(Algorithm::Tamil),
        }
    }

    /// Whether the question may be in a language that joins words to one, and messages are in it.
    pub fn joins_words<E>(&self, has: impl Fn(&str) -> Result<bool, E>) -> Result<bool, E> {
        for word in &self.joining {
            if has(word)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The stems of a folded word, one for each language, in the same order for every word of the
    /// same script; none when its script has none.
    pub fn stems(&self, word: &str) -> Vec<String> {
        let one = |stemmer: &Stemmer| vec![stemmer.stem(word).into_owned()];
        match word.chars().find(|letter| letter.is_alphabetic()) {
            Some('a'..='z' | 'ß'..='ɏ' | 'ḁ'..='ỿ') => {
                self.latin.iter().map(|stemmer| stemmer.stem(word).into_owned()).collect()
            }
            Some('а'..='џ') => one(&self.cyrillic),
            // The index has the ending ة as ه, which the stemmer takes off fewer words.
            Some('\u{620}'..='\u{64a}') => {
                let word = word.strip_suffix('ه').map_or_else(|| word.to_owned(), |rest| format!("{rest}ة"));
                vec![self.arabic.stem(&word).into_owned()]
            }
            Some('ά'..='ώ') => one(&self.greek),
            Some('\u{b80}'..='\u{bff}') => one(&self.tamil),
            _ => Vec::new(),
        }
    }
}

/// Stems for many texts, each of which is in one language, though not all in the same.
pub struct LanguageOfEach {
    latin: Vec<Languages>,
    /// The place in `latin` of each text's language.
    places: Vec<usize>,
}

impl LanguageOfEach {
    /// By the words of grammar of each text, folded. What has as many of several languages, or of
    /// none, is taken to be in that of them which most texts are in.
    pub fn of(texts: &[Vec<String>]) -> Self {
        let mut known: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, (_, grammar)) in LATIN.iter().enumerate() {
            grammar.iter().for_each(|word| known.entry(word).or_default().push(place));
        }
        let mut all = vec![0_usize; LATIN.len()];
        let counts: Vec<Vec<usize>> = texts
            .iter()
            .map(|words| {
                let mut counts = vec![0; LATIN.len()];
                let places = words.iter().filter_map(|word| known.get(word.as_str())).flatten();
                places.for_each(|place| counts[*place] += 1);
                all.iter_mut().zip(&counts).for_each(|(all, count)| *all += count);
                counts
            })
            .collect();
        let best = |counts: &Vec<usize>| {
            // Of equals the first, which is English.
            (0..LATIN.len()).rev().max_by_key(|place| (counts[*place], all[*place])).unwrap_or(0)
        };
        let places = counts.iter().map(best).collect();
        let only = |algorithm: Algorithm| Languages {
            latin: vec![Stemmer::create(algorithm)],
            joining: Vec::new(),
            is_known: true,
            cyrillic: Stemmer::create(Algorithm::Russian),
            arabic: Stemmer::create(Algorithm::Arabic),
            greek: Stemmer::create(Algorithm::Greek),
            tamil: Stemmer::create(Algorithm::Tamil),
        };
        Self { latin: LATIN.iter().map(|(algorithm, _)| only(*algorithm)).collect(), places }
    }

    /// A number of that text's language, or of its script, if that is not Latin.
    pub fn number(&self, text: usize, words: &[String]) -> usize {
        let scripts = words.iter().filter_map(|word| word.chars().find(|letter| letter.is_alphabetic()));
        let scripts: Vec<usize> = scripts.map(script).collect();
        let most = scripts.iter().max_by_key(|one| scripts.iter().filter(|other| other == one).count());
        match most {
            Some(script) if *script > 0 => LATIN.len() + script,
            _ => self.places[text],
        }
    }

    /// The stem of a folded word of that text, or the word, when its script has no stems.
    pub fn stem(&self, text: usize, word: &str) -> String {
        let stems = self.latin[self.places[text]].stems(word);
        stems.into_iter().next().unwrap_or_else(|| word.to_owned())
    }
}

/// A number of the letter's script, 0 of the Latin one.
fn script(letter: char) -> usize {
    match u32::from(letter) {
        ..0x370 | 0x1e00..0x1f00 => 0,
        0x370..0x400 | 0x1f00..0x2000 => 1,
        // Chinese, Japanese and Korean have letters in common, and others far from each other.
        0x2e80..0xac00 => 2,
        0xac00..0xd800 => 3,
        code => 4 + (code >> 7) as usize,
    }
}

/// What Arabic and Hebrew write together with the word that follows: articles, and, in, to.
pub fn joined_prefixes(word: &str) -> &'static [&'static str] {
    match word.chars().next() {
        Some('\u{620}'..='\u{64a}') => &["ال", "وال", "بال", "كال", "فال", "لل", "و", "ب", "ل", "ف", "ك"],
        Some('\u{5d0}'..='\u{5ea}') => &["ה", "ו", "ב", "ל", "כ", "ש", "מ", "וה", "של", "שה", "מה", "כש"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(question: &str, one: &str, other: &str) -> bool {
        let words: Vec<String> = question.split(' ').map(str::to_owned).collect();
        let languages = Languages::of(&words);
        languages.stems(one).iter().zip(languages.stems(other)).any(|(a, b)| *a == b)
    }

    #[test]
    fn each_text_has_the_stems_of_its_language() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<String>>();
        let texts =
            [words("wie ist das mit der rechnungen"), words("rechnungen"), words("how are the invoices")];
        let languages = LanguageOfEach::of(&texts);
        assert_eq!(languages.stem(0, "rechnungen"), languages.stem(0, "rechnung"));
        assert_eq!(languages.stem(1, "rechnungen"), languages.stem(0, "rechnung"), "most texts are German");
        assert_eq!(languages.stem(2, "invoices"), languages.stem(2, "invoice"));
        assert_eq!(LanguageOfEach::of(&[words("invoices")]).stem(0, "invoices"), "invoic");
        assert_eq!(languages.stem(0, "返金"), "返金");
        assert_eq!(languages.number(1, &texts[1]), languages.number(0, &texts[0]));
        assert_ne!(languages.number(1, &words("возврата")), languages.number(1, &words("返金")));
    }

    #[test]
    fn forms_of_one_word_have_one_stem() {
        for (question, one, other) in [
            ("refund", "refundings", "refunded"),
            ("wie ist das", "rechnungen", "rechnung"),
            ("comment est", "remboursements", "remboursement"),
            ("como es", "facturas", "factura"),
            ("", "возвраты", "возврата"),
            ("", "المبلغ", "مبلغ"),
            ("", "المدرسه", "مدرسه"),
        ] {
            assert!(alike(question, one, other), "{one} {other}");
        }
        assert!(!alike("the", "refund", "invoice"));
    }
}
