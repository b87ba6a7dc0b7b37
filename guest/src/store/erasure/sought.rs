//! What is sought in texts, and a quick look that tells most texts apart that have none of it.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use unicode_normalization::char::is_combining_mark;

use super::quick::{Quick, Seen};
use crate::error::StoreResult;
use crate::text::mentions::{Key, Mentions};
use crate::text::patterns::{Case, Patterns};
use crate::text::{digit, folding};

/// Of the words of what is sought, the one that fewest messages have is looked for first. From so many
/// on, it does not matter how many there are.
const COMMON: u32 = 1_000;
/// Bytes of such a word, where there is one: shorter ones are parts of many others.
const LONG: usize = 4;

/// The SQL function that looks.
pub const LOOK: &str = "may_mention";
/// What is sought in texts, and a quick look that tells most texts apart that have none of it.
pub struct Sought {
    pub mentions: Mentions,
    /// Folded, what a single word may be: an id, mostly.
    whole: Vec<String>,
    quick: Quick,
    /// All of it, folded.
    folded: Option<Patterns>,
    /// Bytes of the shortest, folded.
    shortest: usize,
    /// Something that is sought has no word of ASCII letters.
    beyond_ascii: bool,
    all: bool,
}

impl Sought {
    /// Runs of words, and single words from `least` bytes on.
    ///
    /// # Errors
    /// When the index of words cannot be read.
    pub fn new(connection: &Connection, texts: &BTreeSet<String>, least: usize) -> StoreResult<Arc<Self>> {
        // What is sought is in memory as it is, so the key need not be a secret.
        let mut mentions = Mentions::new(Key([0; 16]), least);
        let (mut words, mut whole, mut all) = (BTreeSet::new(), Vec::new(), Vec::new());
        let (mut shortest, mut digits, mut beyond_ascii) = (usize::MAX, usize::MAX, false);
        for text in texts {
            mentions.insert_text(text);
            let folded = folding::folded(text);
            shortest = shortest.min(folded.len());
            if folded.bytes().all(|byte| byte.is_ascii_digit()) {
                digits = digits.min(folded.len());
            } else {
                // A text of ASCII alone mentions it only with all of its words.
                let word = rarest(connection, folding::words(text))?;
                beyond_ascii |= word.is_none();
                words.extend(word);
            }
            if folded.len() >= least {
                whole.push(folded.clone());
            }
            all.push(folded);
        }
        let quick = Quick::new(words.iter().map(String::as_str), digits);
        let sought: Vec<&str> = all.iter().map(String::as_str).collect();
        let folded = Patterns::new(&sought, Case::Same);
        Ok(Arc::new(Self { mentions, whole, quick, folded, shortest, beyond_ascii, all: false }))
    }

    /// What is known by its hashes alone: every text may have it.
    #[must_use]
    pub fn all_of(mentions: Mentions) -> Arc<Self> {
        Arc::new(Self {
            mentions,
            whole: Vec::new(),
            quick: Quick::new(std::iter::empty(), usize::MAX),
            folded: None,
            shortest: 0,
            beyond_ascii: true,
            all: true,
        })
    }

    /// Whether a text may have a mention. Most have not, and are told by a look.
    #[must_use]
    pub fn may_be_in(&self, text: &[u8]) -> bool {
        if self.all || is_instant(text) {
            return self.all;
        }
        if text.len() < self.shortest && text.is_ascii() {
            return false;
        }
        // One word: an id, a state, a name.
        if text.iter().all(u8::is_ascii_alphanumeric) {
            return self.whole.iter().any(|whole| whole.as_bytes().eq_ignore_ascii_case(text));
        }
        match self.quick.look(text) {
            Seen::Something => true,
            Seen::Nothing => false,
            Seen::Beyond => self.may_hide(text) && self.is_in_folded(text),
            Seen::Reference => self.is_in_folded(text),
        }
    }

    /// Lets SQL look at texts: most rows then need not leave SQLite. Returns a count of the rows that
    /// it has looked at.
    ///
    /// # Errors
    /// When SQLite has no memory.
    pub fn install(self: &Arc<Self>, connection: &Connection) -> StoreResult<Arc<AtomicU64>> {
        let (sought, rows) = (Arc::clone(self), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&rows);
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
        connection.create_scalar_function(LOOK, -1, flags, move |call| {
            // The columns of a row may be too many for one call.
            if call.get_raw(0) == ValueRef::Integer(0) {
                counted.fetch_add(1, Ordering::Relaxed);
            }
            Ok((1..call.len())
                .any(|place| matches!(call.get_raw(place), ValueRef::Text(text) if sought.may_be_in(text))))
        })?;
        Ok(rows)
    }

    /// Whether the letters and digits of the text, without what parts words, have it in them.
    fn is_in_folded(&self, text: &[u8]) -> bool {
        let Some(sought) = &self.folded else { return true };
        let text = String::from_utf8_lossy(text);
        if sought.is_in(folding::folded(&text).as_bytes()) {
            return true;
        }
        // Tags can part a name. What else can is left to the careful look.
        let has = |what: &str| memchr::memmem::find(text.as_bytes(), what.as_bytes()).is_some();
        // Tags can part a name. What else can, and what JSON writes by numbers, is left to the
        // careful look.
        has("<")
            && (sought.is_in(folding::folded_without_tags(&text).as_bytes())
                || ["<!", "style", "STYLE", "script", "SCRIPT"].into_iter().any(has))
            || has("\\u")
    }

    /// Whether letters beyond ASCII can be a way to write what is sought, or part it.
    fn may_hide(&self, text: &[u8]) -> bool {
        if self.beyond_ascii {
            return true;
        }
        let Ok(text) = std::str::from_utf8(text) else { return true };
        let mut before = ' ';
        text.chars().any(|character| {
            let after_ascii = std::mem::replace(&mut before, character).is_ascii_alphanumeric();
            match character {
                '\0'..='\x7f' => false,
                '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' => true,
                // Digits of other scripts.
                _ if digit::value(character).is_some() => true,
                // Latin letters with marks, letters of other shapes and widths.
                '\u{80}'..='\u{2ff}'
                | '\u{1d00}'..='\u{1eff}'
                | '\u{2070}'..='\u{214f}'
                | '\u{2460}'..='\u{24ff}'
                | '\u{3200}'..='\u{33ff}'
                | '\u{fb00}'..='\u{fb06}'
                | '\u{ff00}'.. => character.is_alphanumeric(),
                _ => after_ascii && is_combining_mark(character),
            }
        })
    }
}

/// `2026-01-01T00:00:00+00:00`, which no name is.
fn is_instant(text: &[u8]) -> bool {
    text.len() == 25 && text[4] == b'-' && text[10] == b'T' && text[0].is_ascii_digit()
}

/// The word by which a text that has all of them is found with the fewest others.
fn rarest(connection: &Connection, words: Vec<String>) -> StoreResult<Option<String>> {
    let mut count = connection.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM messages_fts WHERE messages_fts MATCH ?1 LIMIT ?2)",
    )?;
    let words: Vec<String> = words.into_iter().filter(|word| word.is_ascii()).collect();
    if words.len() < 2 {
        return Ok(words.into_iter().next());
    }
    let mut best = None;
    for word in words {
        let messages: u32 = count.query_row((format!("\"{word}\""), COMMON), |row| row.get(0))?;
        let rank = (word.len() < LONG, messages, Reverse(word.len()));
        if best.as_ref().is_none_or(|(other, _)| rank < *other) {
            best = Some((rank, word));
        }
    }
    Ok(best.map(|(_, word)| word))
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::store::{OpenMode, Store};

    const SOUGHT: [&str; 8] = [
        "José Díaz",
        "zoe",
        "jane.doe@example.com",
        "+44 20 7946 0958",
        "0067bb55aa",
        "山田太郎",
        "Müller-Lüdenscheidt",
        "Ирина Ли",
    ];

    fn seeking(texts: &[&str], least: usize) -> Arc<Sought> {
        let store = Store::open(":memory:".as_ref(), OpenMode::ReadWrite).expect("opens");
        let texts = texts.iter().map(|one| (*one).to_owned()).collect();
        Sought::new(store.connection(), &texts, least).expect("reads the index")
    }

    /// A character in one of the ways in which HTML, links and JSON write it.
    fn written(character: char, way: u8) -> String {
        let code = u32::from(character);
        match way {
            0 => character.to_uppercase().collect(),
            1 => format!("&#{code};"),
            2 => format!("&#x{code:x};"),
            3 if character.is_ascii() => format!("%{code:02X}"),
            4 => unicode_normalization::UnicodeNormalization::nfd(std::iter::once(character)).collect(),
            5 if character == 'é' => "&eacute;".to_owned(),
            6 => format!("{character}\u{ad}"),
            7 if character == ' ' => "</b> <i class=\"name\">".to_owned(),
            8 if character == ' ' => "&nbsp;".to_owned(),
            9 if code < 0x10000 => format!("\\u{code:04x}"),
            11 => character.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect(),
            12 => format!("&amp;#{code};"),
            10 if character == ' ' => "<!-- - -->".to_owned(),
            _ => character.to_string(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// What a careful look finds, the quick one does not pass over.
        #[test]
        fn a_quick_look_passes_over_no_mention(
            sought in select(&SOUGHT),
            ways in proptest::collection::vec(0..40_u8, 40),
            around in select(&[("<p>Dear ", ", 20%</p>"), ("", ""), ("{\"a\":\"\\n", "\"}"), ("über ", " 😊"), ("%41 ", " 7")]),
        ) {
            static SEEKING: LazyLock<Arc<Sought>> = LazyLock::new(|| seeking(&SOUGHT, 3));
            let text: String = sought.chars().zip(ways).map(|(one, way)| written(one, way)).collect();
            let text = format!("{}{text}{}", around.0, around.1);
            prop_assert!(!SEEKING.mentions.are_in(&text) || SEEKING.may_be_in(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn most_texts_are_passed_over() {
        let seeking = seeking(&["Jane Doe", "+44 20 7946 0958", "0067bb55aa"], 8);
        for text in [
            "",
            "admin",
            "0067bb55ab",
            "215470083347475",
            "2026-01-01T00:00:00+00:00",
            "<p>Ünder&nbsp;construction, 100&#37; &eacute;t&eacute; 😊</p>",
            "ภาษาไทย, 日本語",
        ] {
            assert!(!seeking.may_be_in(text.as_bytes()), "{text}");
        }
        for text in ["JANE DOE", "0067BB55AA", "442079460958", "Ja\u{ad}ne <b>Doe</b>", "J&#97;ne Doe"] {
            assert!(seeking.may_be_in(text.as_bytes()), "{text}");
        }
    }
}
