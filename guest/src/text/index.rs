//! The form in which text enters the full-text index, and queries on it.
//!
//! SQLite's `unicode61` takes a run of letters for a word. Chinese, Japanese, Thai and some
//! other scripts are written without blanks, so a whole sentence would be one word. Such text is
//! indexed as overlapping pairs of characters instead: `日本語` as `日本 本語 語`. A query for
//! `日本語` is then the phrase `日本 本語`, and one for `語` everything that begins with `語`,
//! which works because every character begins a pair. A vowel sign or accent counts as part of
//! the character before it.

use super::clean::clean;
use unicode_normalization::UnicodeNormalization as _;

/// Bumped whenever [`index_text`] changes, so that an older index is rebuilt at open.
pub const INDEX_TEXT_VERSION: i64 = 2;

/// The words of a plain text as they enter the full-text index. Scripts written without blanks
/// become overlapping pairs of characters; the vowel points of Arabic and Hebrew, which most
/// writers leave out, are dropped, and so is what answers do not show; everything else stays.
#[must_use]
pub fn index_text(plain: &str) -> String {
    let plain = &seen(plain);
    if plain.is_ascii() {
        return plain.to_owned();
    }
    let plain = normal(plain);
    let mut out = String::with_capacity(plain.len() * 2);
    for run in Runs(&plain) {
        match run {
            Run::Paired(text) => {
                let mut pieces = Pairs::new(text, true);
                while let Some(piece) = pieces.next() {
                    if !out.is_empty() && !out.ends_with(char::is_whitespace) {
                        out.push(' ');
                    }
                    out.push_str(piece);
                }
                out.push(' ');
            }
            Run::Other(text) => out.extend(text.chars().filter(|character| !is_optional_mark(*character))),
        }
    }
    out
}

/// The tokens that a phrase query needs to find a piece of text: words as they are, scripts
/// without blanks as overlapping pairs.
///
/// When the text ends with a single character of such a script, the last token is that character
/// with a `*`: a prefix. No other token has one, and no token contains a quotation mark or any
/// other character that means something to FTS5, so `"t1" + "t2" + "t3"` and, for a prefix,
/// `"t1" + "t2" *` are safe to write. Empty when there is nothing to search for.
#[must_use]
pub fn index_phrase(text: &str) -> Vec<String> {
    let text = &seen(text);
    let mut tokens: Vec<String> = Vec::new();
    let mut last_run = None;
    let text = normal(text);
    for run in Runs(&text) {
        match run {
            Run::Paired(run) => {
                last_run = Some(tokens.len());
                let mut pieces = Pairs::new(run, true);
                while let Some(piece) = pieces.next() {
                    tokens.push(piece.to_owned());
                }
            }
            Run::Other(run) => {
                let run: String = run.chars().filter(|character| !is_optional_mark(*character)).collect();
                let words = run.split(|character: char| !is_word(character)).filter(|word| !word.is_empty());
                for word in words {
                    tokens.push(word.to_owned());
                    last_run = None;
                }
            }
        }
    }
    // At the end of the query the text may go on: `日本` must also find `日本語`. Elsewhere the
    // run ends in the text as it does in the query, and the single last character is its token.
    if let Some(first) = last_run {
        if tokens.len() - first > 1 {
            tokens.pop();
        } else if let Some(only) = tokens.last_mut() {
            only.push('*');
        }
    }
    tokens
}

/// Letters that are one to a reader as one: full-width and half-width forms and ligatures (NFKC),
/// the Turkish i without its dot, and the forms of Arabic letters that writers interchange.
fn normal(text: &str) -> String {
    let one = |letter| match letter {
        'ı' | 'İ' => 'i',
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ى' => 'ي',
        'ة' => 'ه',
        other => other,
    };
    text.nfkc().map(one).collect()
}

/// Whether the text has a run of a script without blanks, so that its tokens are pairs. Such a
/// sentence may hold a number or a name in other letters: `1756年` and `BSkyBの` have no blank, too.
#[must_use]
pub fn is_unbroken(text: &str) -> bool {
    text.chars().any(is_paired)
}

/// The text as answers show it, without what only chooses the form of a letter: a word is the
/// same with a soft hyphen, a variation selector or a joiner in it and without. The non-joiner of
/// Persian stays: it separates what readers may look for by itself.
fn seen(text: &str) -> String {
    let mut text = clean(text);
    text.retain(
        |character| !matches!(character, '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'),
    );
    text
}

/// A stretch of text that is written with blanks, or one that is not.
enum Run<'a> {
    Paired(&'a str),
    Other(&'a str),
}

struct Runs<'a>(&'a str);

impl<'a> Iterator for Runs<'a> {
    type Item = Run<'a>;

    fn next(&mut self) -> Option<Run<'a>> {
        let first = self.0.chars().next()?;
        let paired = is_paired(first);
        // A mark alone never begins a stretch of its own within another one.
        let ends = |character: char| is_paired(character) != paired && !(paired && is_attached(character));
        let end = self.0.find(ends).unwrap_or(self.0.len());
        let (run, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(if paired { Run::Paired(run) } else { Run::Other(run) })
    }
}

/// The overlapping pairs of characters of a run, and at the end its last character alone.
struct Pairs<'a> {
    text: &'a str,
    with_last: bool,
}

impl<'a> Pairs<'a> {
    fn new(text: &'a str, with_last: bool) -> Self {
        Self { text, with_last }
    }

    fn next(&mut self) -> Option<&'a str> {
        let first = character_length(self.text);
        if first == 0 {
            return None;
        }
        let second = character_length(&self.text[first..]);
        if second == 0 && !self.with_last {
            return None;
        }
        let piece = &self.text[..first + second];
        self.text = &self.text[first..];
        Some(piece)
    }
}

/// Bytes of the first character of `text` with the marks attached to it.
fn character_length(text: &str) -> usize {
    text.char_indices()
        .skip(1)
        .find(|(_, character)| !is_attached(*character))
        .map_or(text.len(), |(at, _)| at)
}

/// Letters of scripts written without blanks between words: Han, Kana, Thai, Lao, Khmer, Myanmar.
pub(super) fn is_paired(character: char) -> bool {
    matches!(character,
        // Han
        '\u{3005}' | '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}'
        // Hiragana and Katakana, half-width forms included
        | '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9d}'
        // Thai and Lao, without digits and signs
        | '\u{e01}'..='\u{e30}' | '\u{e32}' | '\u{e33}' | '\u{e40}'..='\u{e46}' | '\u{e81}'..='\u{eb0}' | '\u{eb2}'
        | '\u{eb3}' | '\u{ebd}' | '\u{ec0}'..='\u{ec6}' | '\u{edc}'..='\u{edf}'
        // Myanmar and Khmer, without digits and signs
        | '\u{1000}'..='\u{102a}' | '\u{103f}' | '\u{1050}'..='\u{1055}' | '\u{105a}'..='\u{105d}' | '\u{1061}'
        | '\u{1065}' | '\u{1066}' | '\u{106e}'..='\u{1070}' | '\u{1075}'..='\u{1081}' | '\u{108e}'
        | '\u{1780}'..='\u{17b3}' | '\u{17d7}' | '\u{17dc}')
}

/// Vowel signs, tones and voicing marks of those scripts, and variation selectors.
fn is_attached(character: char) -> bool {
    matches!(character,
        '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' | '\u{eb1}' | '\u{eb4}'..='\u{ebc}'
        | '\u{ec8}'..='\u{ece}' | '\u{102b}'..='\u{103e}' | '\u{1056}'..='\u{1059}' | '\u{105e}'..='\u{1060}'
        | '\u{1062}'..='\u{1064}' | '\u{1067}'..='\u{106d}' | '\u{1071}'..='\u{1074}' | '\u{1082}'..='\u{108d}'
        | '\u{108f}' | '\u{109a}'..='\u{109d}' | '\u{17b4}'..='\u{17d3}' | '\u{17dd}' | '\u{3099}' | '\u{309a}'
        | '\u{ff9e}' | '\u{ff9f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Points of Hebrew and Arabic and the stretching line of Arabic.
fn is_optional_mark(character: char) -> bool {
    matches!(character,
        '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}'
        | '\u{6df}'..='\u{6e4}' | '\u{6e7}' | '\u{6e8}' | '\u{6ea}'..='\u{6ed}')
}

/// Whether the character can be part of a word: letters, digits, and everything beyond ASCII
/// that is neither blank nor a quotation mark, which the index itself takes apart.
fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || !character.is_ascii() && (character.is_alphanumeric() || is_mark(character))
}

/// Combining marks, broadly: Latin ones and those in the blocks of Indic scripts.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{f00}'..='\u{fff}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
        && !matches!(character, '\u{964}' | '\u{965}' | '\u{970}' | '\u{f01}'..='\u{f17}' | '\u{f3a}'..='\u{f3d}')
}

#[cfg(test)]
mod tests {
    use super::{index_phrase, index_text};

    #[test]
    fn text_with_blanks_stays() {
        for text in ["", "Hello, world", "Grüße aus Köln", "한국어 문장", "नमस्ते दुनिया"]
        {
            assert_eq!(index_text(text), text);
        }
    }

    #[test]
    fn scripts_without_blanks_become_pairs() {
        assert_eq!(index_text("日本語"), "日本 本語 語 ");
        assert_eq!(index_text("iPhoneの画面。OK"), "iPhone の画 画面 面 。OK");
        assert_eq!(index_text("ที่นี่"), "ที่นี่ นี่ ");
        assert_eq!(index_text("語"), "語 ");
    }

    #[test]
    fn vowel_points_are_dropped() {
        assert_eq!(index_text("مُحَمَّد"), "محمد");
        assert_eq!(index_text("שָׁלוֹם"), "שלום");
    }

    #[test]
    fn a_phrase_has_the_same_tokens() {
        assert_eq!(index_phrase("refund \"now\" (please)*"), ["refund", "now", "please"]);
        assert_eq!(index_phrase("日本語"), ["日本", "本語"]);
        assert_eq!(index_phrase("語"), ["語*"]);
        assert_eq!(index_phrase("日本 iPhone"), ["日本", "本", "iPhone"]);
        assert_eq!(index_phrase("iPhone の"), ["iPhone", "の*"]);
        assert_eq!(index_phrase(" -- "), Vec::<String>::new());
    }

    /// What [`index_text`] writes is found by what [`index_phrase`] asks, in FTS5 itself.
    #[test]
    fn the_index_finds_every_part() {
        let db = rusqlite::Connection::open_in_memory().expect("opens");
        let schema = include_str!("../store/schema.sql");
        db.execute_batch(schema).expect("schema");
        let found = |text: &str, query: &str| -> bool {
            db.execute(
                "INSERT OR REPLACE INTO messages_fts (rowid, body) VALUES (1, ?1)",
                [index_text(text)],
            )
            .expect("indexes");
            let tokens = index_phrase(query);
            let expression = tokens
                .iter()
                .map(|token| match token.strip_suffix('*') {
                    Some(prefix) => format!("\"{prefix}\" *"),
                    None => format!("\"{token}\""),
                })
                .collect::<Vec<_>>()
                .join(" + ");
            db.query_row(
                "SELECT count(*) FROM messages_fts WHERE messages_fts MATCH ?1",
                [expression],
                |row| row.get::<_, i64>(0),
            )
            .expect("matches")
                == 1
        };
        assert!(found("返金をお願いします", "返金"));
        assert!(found("返金をお願いします", "お願い"));
        assert!(found("返金をお願いします", "す"));
        assert!(!found("返金をお願いします", "返願"));
        assert!(found("新しいiPhoneの画面が", "iPhoneの"));
        assert!(found("新しいiPhoneの画面が", "しいiPhone"));
        assert!(found("ขอเงินคืนได้ไหม", "เงินคืน"));
        assert!(found("हिन्दी में सहायता", "हिन्दी"));
        assert!(!found("हिन्दी में सहायता", "हद"));
        assert!(found("un cafe\u{301} noir", "café"));
        assert!(found("un café noir", "CAFE noir"));
        assert!(found("السَّلَامُ عليكم", "السلام"));
        // What nobody sees makes no other word, on either side.
        for hidden in
            ["\u{ad}", "\u{200b}", "\u{200c}", "\u{feff}", "\u{200e}", "\u{202e}", "\u{2060}", "\u{fe0f}"]
        {
            assert!(found(&format!("Ge{hidden}samt{hidden}konzept"), "Gesamtkonzept"), "{hidden:?}");
            assert!(found("Gesamtkonzept", &format!("Gesamt{hidden}konzept")), "{hidden:?}");
        }
        assert!(found("葛\u{e0100}飾区", "葛飾"));
        assert!(found("क्\u{200d}षमा", "क्षमा"));
    }
}
