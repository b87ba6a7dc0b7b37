//! Stems of words (Snowball), by which a word is found in its other forms.
//!
//! The language of a text is not known. A word's stem is taken in every language that its script
//! allows and that the question does not rule out: a form that some language would not take for
//! one is rare, and true rarity keeps the harm small.

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
