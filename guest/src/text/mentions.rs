//! Where a text mentions somebody: by a name, an address, a number or an id, however it is written.
//!
//! What is sought may be known by its keyed hash alone, since it is to be forgotten. So a text is
//! cut into words, and each run of words is hashed and looked up: `Doe, Jane` is not `Jane Doe`,
//! but `jane.doe`, `JANE DOE`, `Jane&nbsp;<b>Doe</b>` and `mailto:jane%2Edoe` all are. How much of
//! that is hashed is bounded by the lengths that are known.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use serde_json::Value;
use siphasher::sip128::{Hasher128, SipHasher24};
use std::hash::Hasher;

use super::folding::{Words, folded};

use crate::sorting;

/// What stands instead of a mention.
pub const LABEL: &str = "[erased]";

/// The longest name, address, number or id that is sought, in bytes of its folded form.
pub const LONGEST: usize = 256;

/// A keyed hash: SipHash-2-4 with 128 bits, since each word of each text is hashed.
pub type Hash = [u8; 16];

/// The key of the hashes of one database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(pub [u8; 16]);

impl Key {
    #[must_use]
    pub fn hash(self, text: &str) -> Hash {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(text.as_bytes());
        hasher.finish128().as_bytes()
    }
}

/// What is sought.
#[derive(Clone, Debug)]
pub struct Mentions {
    key: Key,
    hashes: HashSet<Hash>,
    /// Whether something of that many bytes is sought.
    lengths: [bool; LONGEST + 1],
    longest: usize,
    /// Bytes of a single word that may be a mention alone: `alice` is no `Al Ice`.
    least: usize,
}

impl Mentions {
    /// Finds runs of words, and single words from that many bytes on.
    #[must_use]
    pub fn new(key: Key, least: usize) -> Self {
        Self { key, hashes: HashSet::new(), lengths: [false; LONGEST + 1], longest: 0, least }
    }

    /// Seeks what has that hash, and folded that many bytes.
    pub fn insert(&mut self, hash: Hash, length: usize) {
        if let Some(known) = self.lengths.get_mut(length).filter(|_| length > 0) {
            *known = true;
            self.longest = self.longest.max(length);
            self.hashes.insert(hash);
        }
    }

    /// Seeks a name, an address, a number or an id.
    pub fn insert_text(&mut self, text: &str) {
        let folded = folded(text);
        self.insert(self.key.hash(&folded), folded.len());
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Whether a single word of so many bytes may be what is sought.
    #[must_use]
    pub fn seeks_length(&self, length: usize) -> bool {
        length >= self.least && self.lengths.get(length).is_some_and(|known| *known)
    }

    /// Whether the text, which may be HTML or JSON, mentions what is sought.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        matches!(self.blank(text), Cow::Owned(_))
    }

    /// The text without its mentions; borrowed when it has none. JSON stays JSON, HTML stays HTML.
    #[must_use]
    pub fn blank<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.is_empty() {
            return Cow::Borrowed(text);
        }
        // In JSON a word may follow an escaped line break.
        if text.starts_with(['{', '['])
            && let Ok(mut value) = serde_json::from_str::<Value>(text)
        {
            return match self.blank_json(&mut value) {
                true => Cow::Owned(value.to_string()),
                false => Cow::Borrowed(text),
            };
        }
        let mut found = self.find(text, false);
        // A name may go through tags, and an address stand in one.
        if text.contains('<') {
            found.extend(self.find(text, true));
        }
        let blanked = match found.is_empty() {
            true => Cow::Borrowed(text),
            false => Cow::Owned(cut(text, found)),
        };
        match self.blank_what_is_read(&blanked) {
            Some(read) => Cow::Owned(read),
            None => blanked,
        }
    }

    /// A comment or a style sheet can stand in the middle of a name, where nobody reads it: then the
    /// text without any markup, if it mentions what is sought.
    fn blank_what_is_read(&self, html: &str) -> Option<String> {
        let hides = |what: &str| html.contains(what);
        if !hides("<") || !["<!", "style", "STYLE", "script", "SCRIPT"].into_iter().any(hides) {
            return None;
        }
        let plain = super::plain_text(html);
        let found = self.find(&plain, false);
        (!found.is_empty()).then(|| {
            let blanked = cut(&plain, found);
            html_escape::encode_text(&blanked).into_owned()
        })
    }

    /// Blanks every text in it, names of fields included. Says whether there was something.
    pub fn blank_json(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => match self.blank(text) {
                Cow::Owned(blanked) => {
                    *text = blanked;
                    true
                }
                Cow::Borrowed(_) => false,
            },
            Value::Number(number) => match self.are_in(&number.to_string()) {
                true => {
                    *value = LABEL.into();
                    true
                }
                false => false,
            },
            Value::Array(items) => items.iter_mut().fold(false, |any, item| self.blank_json(item) | any),
            Value::Object(fields) => {
                let mut any = fields.values_mut().fold(false, |any, field| self.blank_json(field) | any);
                if fields.keys().any(|name| self.are_in(name)) {
                    any = true;
                    *fields = std::mem::take(fields)
                        .into_iter()
                        .map(|(name, field)| (self.blank(&name).into_owned(), field))
                        .collect();
                }
                any
            }
            Value::Null | Value::Bool(_) => false,
        }
    }

    /// Where the mentions stand. Of one that goes through tags, each word has a place of its own.
    fn find(&self, text: &str, without_tags: bool) -> Vec<Range<usize>> {
        let words = Words::of(text, without_tags);
        let mut found = Vec::new();
        let mut first = 0;
        while first < words.list.len() {
            let Some(last) = self.longest_from(&words, first) else {
                first += 1;
                continue;
            };
            let whole = words.list[first].place.start..words.list[last].place.end;
            if text[whole.clone()].contains('<') {
                found.extend(words.list[first..=last].iter().map(|word| word.place.clone()));
            } else {
                found.push(whole);
            }
            first = last + 1;
        }
        found
    }

    /// The last word of the longest mention that begins with that word.
    fn longest_from(&self, words: &Words, first: usize) -> Option<usize> {
        let start = words.list[first].folded.start;
        let mut longest = None;
        for (last, word) in words.list.iter().enumerate().skip(first) {
            let length = word.folded.end - start;
            if length > self.longest {
                break;
            }
            let long_enough = last > first || length >= self.least;
            if long_enough
                && self.lengths[length]
                && self.hashes.contains(&self.key.hash(&words.folded[start..word.folded.end]))
            {
                longest = Some(last);
            }
        }
        longest
    }
}

/// The text with a label in these places.
fn cut(text: &str, mut places: Vec<Range<usize>>) -> String {
    sorting::by_key(&mut places, |place| (place.start, std::cmp::Reverse(place.end)));
    let mut blanked = String::with_capacity(text.len());
    let mut at = 0;
    for place in places {
        if place.start >= at {
            blanked.push_str(&text[at..place.start]);
            blanked.push_str(LABEL);
        }
        at = at.max(place.end);
    }
    blanked.push_str(&text[at..]);
    blanked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeking(texts: &[&str]) -> Mentions {
        let mut mentions = Mentions::new(Key(*b"0123456789abcdef"), 8);
        texts.iter().for_each(|text| mentions.insert_text(text));
        mentions
    }

    #[test]
    fn a_name_is_found_however_it_is_written() {
        let mentions = seeking(&["José Díaz", "jane.doe@example.com", "+44 20 7946 0958", "山田太郎"]);
        for (text, blanked) in [
            ("Hello José Díaz!", "Hello [erased]!"),
            ("JOSE DIAZ, jose-diaz, Jose\u{301}  Di\u{301}az", "[erased], [erased], [erased]"),
            ("<p>Jos&eacute;&nbsp;D&iacute;az</p>", "<p>[erased]</p>"),
            ("<p>José <b>Díaz</b></p>", "<p>[erased] <b>[erased]</b></p>"),
            ("<a href=\"mailto:jane.doe%40example.com\">write</a>", "<a href=\"mailto:[erased]\">write</a>"),
            ("Jane.Doe@Example.com>", "[erased]>"),
            ("call +442079460958 or +44 (20) 7946-0958", "call +[erased] or +[erased]"),
            ("山田太郎様、こんにちは", "[erased]様、こんにちは"),
            (
                "/?name=Jos%C3%A9+D%C3%ADaz&q=%E5%B1%B1%E7%94%B0%E5%A4%AA%E9%83%8E",
                "/?name=[erased]&q=[erased]",
            ),
            (
                r"Jos\u00e9 D\u00edaz, \u5c71\u7530\u592a\u90ce \ud83d\ude0a",
                r"[erased], [erased] \ud83d\ude0a",
            ),
            ("jane.doe%2540example.com, jane.doe&#64example.com", "[erased], [erased]"),
            (r"jane.doe\u0040example.com, jane.doe\x40example.com", "[erased], [erased]"),
            ("Jos&amp;eacute; D&amp;#237;az&amp;co", "[erased]&amp;co"),
            ("٤٤٢٠٧٩٤٦٠٩٥٨", "[erased]"),
            (
                "{\"a\\nJosé Díaz\": [\"\\nJosé Díaz\", 442079460958]}",
                "{\"a\\n[erased]\":[\"\\n[erased]\",\"[erased]\"]}",
            ),
        ] {
            assert_eq!(mentions.blank(text), blanked, "{text}");
        }
        assert_eq!(mentions.blank("<p>José <style>a{}</style>Díaz &amp; co</p>"), "[erased] &amp; co");
        for other in
            ["José", "josé díazo", "ajosé díaz", "jane@example.com", "442079460959", "山田太", "<p>José</p>"]
        {
            assert_eq!(mentions.blank(other), other);
        }
    }

    #[test]
    fn a_short_name_is_not_found_inside_of_a_word() {
        let mentions = seeking(&["Al Ice"]);
        assert_eq!(mentions.blank("alice met Al Ice"), "alice met [erased]");
    }

    #[test]
    fn no_text_breaks_it() {
        let mentions = seeking(&["a b", "ıİ ß"]);
        for text in [
            "",
            "<",
            "<a",
            "&",
            "&;",
            "&#0;",
            "%",
            "%4",
            "%zz",
            "%c3%a4",
            "%c3",
            "%c3%",
            "%25",
            "%ff%ff%ff%ff%ff",
            "\\u",
            "\\ud83d",
            "\\ud83d\\u0041",
            "\\x4",
            "&amp;",
            "&amp;é;",
            "&#",
            "&#99999999999",
            "&#x",
            "İ ß",
            "a<b",
            "a<b>b",
            "é\u{301}",
            "{\"",
            "[1",
        ] {
            let once = mentions.blank(text).into_owned();
            assert_eq!(mentions.blank(&once), once, "{text}");
        }
    }
}
