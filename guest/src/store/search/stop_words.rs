//! Words of grammar, which a question has and its answer need not have.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::letters::fold;

pub const STOP_WORDS: &[&str] = &[
    "a", "an", "the", "of", "to", "in", "on", "at", "for", "and", "or", "is", "are", "was", "were", "be",
    "been", "do", "does", "did", "how", "what", "when", "where", "which", "who", "why", "i", "my", "me",
    "we", "our", "us", "you", "your", "he", "she", "it", "its", "they", "them", "their", "this", "that",
    "these", "those", "with", "from", "by", "as", "have", "has", "had", "can", "could", "would", "should",
    "will", "about", "there", "please", "any", "am", "if", "but", "so", "because", "into", "being", "having",
    "doing", "him", "his", "her", "whom", "than", "then", "some", "such", "just", "also", "may", "might",
    "must", "shall", "between", "while", "during", "very", "too", "here", "im", "ive",
    // What asking is said with: "I would like to know", "I need you to tell me".
    "know", "like", "need", "tell", "want",
];

/// The same in other languages, for questions with two of one language's or more.
const OTHERS: &[&[&str]] = &[
    // German
    &[
        "der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "eines", "und",
        "oder", "ist", "sind", "war", "waren", "wird", "werden", "wurde", "wurden", "hat", "haben", "hatte",
        "ich", "du", "er", "sie", "es", "wir", "ihr", "mein", "meine", "meinen", "mir", "mich", "sich",
        "wie", "was", "wer", "wen", "wann", "wo", "warum", "welche", "welcher", "welches", "welchen", "in",
        "im", "an", "am", "auf", "aus", "bei", "mit", "von", "vom", "zu", "zum", "zur", "fur", "über",
        "uber", "um", "als", "auch", "dass", "kann", "können", "konnen", "muss", "soll", "durch", "nach",
        "für",
    ],
    // French
    &[
        "le", "la", "les", "l", "un", "une", "des", "du", "de", "d", "et", "ou", "où", "est", "sont",
        "était", "a", "ont", "avoir", "être", "je", "j", "tu", "il", "elle", "on", "nous", "vous", "ils",
        "elles", "mon", "ma", "mes", "son", "sa", "ses", "notre", "nos", "votre", "vos", "leur", "leurs",
        "ce", "cet", "cette", "ces", "c", "ça", "que", "qu", "qui", "quoi", "quel", "quelle", "quels",
        "quelles", "comment", "quand", "dans", "en", "au", "aux", "par", "pour", "sur", "avec", "se", "s",
        "me", "m", "y", "n", "ne", "puis", "peut", "peux", "dois", "doit", "faut", "ai", "t", "si",
    ],
    // Spanish
    &[
        "el", "la", "los", "las", "un", "una", "de", "del", "y", "o", "es", "son", "fue", "era", "en", "a",
        "al", "que", "qué", "quién", "cuál", "cuándo", "cómo", "como", "dónde", "por", "para", "con", "mi",
        "mis", "su", "sus", "se", "me", "lo", "le", "ha", "han", "puedo", "puede", "está", "este", "esta",
    ],
    // Portuguese
    &[
        "o", "a", "os", "as", "um", "uma", "de", "do", "da", "dos", "das", "e", "ou", "é", "são", "foi",
        "em", "no", "na", "nos", "nas", "ao", "que", "quem", "qual", "quando", "como", "onde", "por", "para",
        "com", "meu", "minha", "seu", "sua", "se", "me", "posso", "pode", "está",
    ],
    // Italian
    &[
        "il", "lo", "la", "i", "gli", "le", "un", "una", "uno", "di", "del", "della", "dei", "delle", "e",
        "o", "è", "sono", "era", "in", "nel", "nella", "a", "al", "alla", "che", "chi", "quale", "quando",
        "come", "dove", "per", "con", "mio", "mia", "suo", "sua", "si", "mi", "da", "dal", "posso", "può",
    ],
    // Arabic
    &[
        "في",
        "من",
        "على",
        "إلى",
        "الى",
        "عن",
        "ما",
        "ماذا",
        "هو",
        "هي",
        "هل",
        "متى",
        "أين",
        "اين",
        "كم",
        "كيف",
        "التي",
        "الذي",
        "الذين",
        "أن",
        "ان",
        "إن",
        "كان",
        "كانت",
        "هذا",
        "هذه",
        "ذلك",
        "تلك",
        "لماذا",
        "مع",
        "أو",
        "او",
        "أي",
        "اي",
        "و",
        "لا",
        "قد",
        "تم",
        "يتم",
        "عند",
        "منذ",
        "لم",
        "كل",
        "بين",
        "حتى",
        "عندما",
    ],
    // Russian
    &[
        "в",
        "во",
        "на",
        "с",
        "со",
        "и",
        "или",
        "а",
        "но",
        "по",
        "за",
        "от",
        "до",
        "из",
        "у",
        "о",
        "об",
        "для",
        "к",
        "как",
        "что",
        "кто",
        "где",
        "когда",
        "почему",
        "какой",
        "какая",
        "какие",
        "какое",
        "каким",
        "это",
        "этот",
        "эта",
        "мой",
        "моя",
        "мне",
        "меня",
        "я",
        "он",
        "она",
        "они",
        "мы",
        "вы",
        "был",
        "была",
        "было",
        "были",
        "ли",
        "же",
        "бы",
        "сколько",
        "чем",
        "при",
        "его",
        "ее",
        "их",
    ],
    // Turkish
    &[
        "ve", "veya", "bir", "bu", "şu", "o", "ne", "nasıl", "hangi", "kim", "için", "ile", "mi", "mı", "mu",
        "mü", "da", "de", "ki", "nerede", "neden", "niçin", "kaç", "olarak", "olan", "gibi", "daha", "en",
        "çok", "var", "benim", "ben", "idi", "ise",
    ],
    // Dutch
    &[
        "de", "het", "een", "van", "en", "of", "is", "zijn", "was", "in", "op", "aan", "met", "voor", "door",
        "te", "ik", "je", "hij", "zij", "we", "mijn", "wat", "wie", "wanneer", "waar", "hoe", "welke", "dat",
        "die", "er", "kan", "heb", "heeft", "om",
    ],
];

/// Whether the word is one of grammar in a language of which the question has two such words; outside
/// of Latin letters, where languages share few words, one is enough.
#[must_use]
pub fn is_stop_word_among(word: &str, words: &[&str]) -> bool {
    let plain =
        |word: &str| word.to_lowercase().trim_matches(|letter: char| !letter.is_alphanumeric()).to_owned();
    let word = plain(word);
    OTHERS.iter().any(|list| {
        list.contains(&word.as_str())
            && (word.chars().next().is_some_and(|letter| letter > '\u{24f}')
                || words.iter().filter(|other| list.contains(&plain(other).as_str())).count() >= 2)
    })
}

/// A word of grammar, which a question has and its answer need not have. `IT` and `US` in capitals
/// are names.
#[must_use]
pub fn is_stop_word(word: &str) -> bool {
    let is_name = word.len() > 1 && word.bytes().all(|letter| letter.is_ascii_uppercase());
    !is_name && STOP_WORDS.contains(&word.to_ascii_lowercase().trim_end_matches(['?', '.', ',', '!']))
}

/// The folded words of a text that are none of grammar, for texts that are read by the thousand:
/// English is always left out, other languages as in [`is_stop_word_among`].
#[must_use]
pub fn without_stop_words(words: &[String]) -> Vec<String> {
    static LISTS: OnceLock<HashMap<String, u16>> = OnceLock::new();
    const ENGLISH: u16 = 1;
    let lists = LISTS.get_or_init(|| {
        let mut lists: HashMap<String, u16> = HashMap::new();
        for (place, list) in std::iter::once(&STOP_WORDS).chain(OTHERS).enumerate() {
            list.iter().for_each(|word| *lists.entry(fold(word)).or_default() |= 1 << place);
        }
        lists
    });
    let of = |word: &String| lists.get(word).copied().unwrap_or(0);
    let (mut once, mut twice) = (0, 0);
    for word in words {
        twice |= once & of(word);
        once |= of(word);
    }
    let is_grammar = |word: &String| {
        let known = of(word);
        let is_latin = word.chars().next().is_some_and(|letter| letter <= '\u{24f}');
        known & ENGLISH != 0 || known & twice != 0 || (known != 0 && !is_latin)
    };
    words.iter().filter(|word| !is_grammar(word)).cloned().collect()
}

/// What French and Italian write before a word without its vowel: `l'adresse`, `qu'une`, `dell'ordine`.
const ELIDED: &[&str] = &[
    "l", "d", "j", "c", "n", "s", "m", "t", "qu", "jusqu", "lorsqu", "puisqu", "quelqu", "un", "all", "dall",
    "dell", "nell", "sull", "quell", "quest",
];

/// The word without an article or the like that is written with it.
#[must_use]
pub fn without_elision(word: &str) -> &str {
    let Some((before, rest)) = word.split_once(['\'', '’']) else { return word };
    let is_word = rest.chars().filter(|letter| letter.is_alphabetic()).count() > 2;
    if is_word && ELIDED.contains(&before.to_lowercase().as_str()) { rest } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_grammar() {
        assert!(is_stop_word("The") && is_stop_word("how") && is_stop_word("it?"));
        let question = ["Wie", "ist", "die", "Adresse"];
        assert!(is_stop_word_among("die", &question) && !is_stop_word_among("Adresse", &question));
        assert!(!is_stop_word_among("die", &["die", "cast"]), "one word makes no German");
        let words: Vec<String> = question.iter().map(|word| fold(word)).collect();
        assert_eq!(without_stop_words(&words), ["adresse"]);
        let folded = ["donde", "esta", "el", "wifi"].map(str::to_owned);
        assert_eq!(without_stop_words(&folded), ["wifi"], "accents are folded on both sides");
        assert!(is_stop_word_among("ما", &["ما", "اسم"]));
        assert_eq!(without_elision("l'adresse"), "adresse");
        assert_eq!(without_elision("don't"), "don't");
        assert!(!is_stop_word("IT") && !is_stop_word("not") && !is_stop_word("refund"));
    }
}
