//! Texts as words in small letters without marks, whatever HTML, links and JSON write them with.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::index::is_paired;
use super::{digit, entities};

/// Bytes of a reference such as `&eacute;`, at most.
pub const LONGEST_REFERENCE: usize = 12;

/// Words folded, one behind the other: what is hashed of a name.
#[must_use]
pub fn folded(text: &str) -> String {
    Words::of(text, false).folded
}

/// The same of HTML, as if it had no tags.
#[must_use]
pub fn folded_without_tags(html: &str) -> String {
    Words::of(html, true).folded
}

/// The words of a text, folded.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let words = Words::of(text, false);
    words.list.iter().map(|word| words.folded[word.folded.clone()].to_owned()).collect()
}

pub(super) struct Word {
    /// In the text.
    pub place: Range<usize>,
    /// In [`Words::folded`].
    pub folded: Range<usize>,
}

/// The words of a text: runs of letters and digits, in scripts without blanks each letter.
pub(super) struct Words {
    pub list: Vec<Word>,
    /// All of them, one behind the other, in small letters without marks.
    pub folded: String,
    /// The last word may go on.
    open: bool,
}

impl Words {
    pub fn of(text: &str, without_tags: bool) -> Self {
        let mut words = Self { list: Vec::new(), folded: String::with_capacity(text.len()), open: false };
        let mut at = 0;
        while let Some(character) = text[at..].chars().next() {
            let rest = &text[at..];
            let mut end = at + character.len_utf8();
            match character {
                '<' if without_tags => {
                    words.open = false;
                    if let Some(length) = tag(rest) {
                        end = at + length;
                    }
                }
                '%' | '\\' => match escape(rest.as_bytes()) {
                    Some((character, length)) => {
                        end = at + length;
                        words.add(character, at..end);
                    }
                    None => words.open = false,
                },
                '&' => match reference(rest) {
                    Some((characters, length)) => {
                        end = at + length;
                        for character in characters.chars() {
                            words.add(character, at..end);
                        }
                    }
                    None => words.open = false,
                },
                _ => words.add(character, at..end),
            }
            at = end;
        }
        words
    }

    fn add(&mut self, character: char, place: Range<usize>) {
        let start = self.folded.len();
        if character.is_ascii() {
            if character.is_ascii_alphanumeric() {
                self.folded.push(character.to_ascii_lowercase());
            }
        } else if is_combining_mark(character)
            || matches!(character, '\u{ad}' | '\u{640}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
        {
            // Part of the letter before, or of nothing that is seen.
            return;
        } else if let Some(digit) = digit::value(character) {
            self.folded.push(char::from(b'0' + digit));
        } else {
            let letters = std::iter::once(character).nfkd().filter(|letter| letter.is_alphanumeric());
            self.folded.extend(letters.flat_map(char::to_lowercase));
        }
        let end = self.folded.len();
        if end == start {
            self.open = false;
            return;
        }
        let alone = !character.is_ascii() && is_paired(character);
        match self.list.last_mut().filter(|_| self.open && !alone) {
            Some(word) => {
                word.place.end = place.end;
                word.folded.end = end;
            }
            None => self.list.push(Word { place, folded: start..end }),
        }
        self.open = !alone;
    }
}

/// The length of the tag with which the text begins.
fn tag(text: &str) -> Option<usize> {
    let next = text.as_bytes().get(1)?;
    if !next.is_ascii_alphabetic() && !matches!(next, b'/' | b'!') {
        return None;
    }
    text.find('>').map(|end| end + 1)
}

/// The character of `%2E`, `%C3%A9` or `\u00e9`, with which the text begins, and the length of that.
fn escape(text: &[u8]) -> Option<(char, usize)> {
    if text.first() == Some(&b'\\') {
        return json_escape(text);
    }
    let (first, mut length) = percent(text)?;
    let mut bytes = vec![first];
    while std::str::from_utf8(&bytes).is_err() {
        let (byte, more) = percent(text.get(length..)?).filter(|_| bytes.len() < 4)?;
        bytes.push(byte);
        length += more;
    }
    Some((std::str::from_utf8(&bytes).ok()?.chars().next()?, length))
}

/// The byte of `%2E`, or of `%252E`, which was escaped twice.
fn percent(text: &[u8]) -> Option<(u8, usize)> {
    let once = |text: &[u8]| Some(hexadecimal(text.strip_prefix(b"%")?, 2)? as u8);
    match once(text)? {
        b'%' => Some(hexadecimal(&text[3..], 2).map_or((b'%', 3), |byte| (byte as u8, 5))),
        byte => Some((byte, 3)),
    }
}

/// The character of `\u00e9`, of a pair of these, or of `\x40`.
fn json_escape(text: &[u8]) -> Option<(char, usize)> {
    if let Some(code) = text.strip_prefix(b"\\x") {
        return Some((char::from_u32(hexadecimal(code, 2)?)?, 4));
    }
    let unit = |text: &[u8]| hexadecimal(text.strip_prefix(b"\\u")?, 4).map(|unit| unit as u16);
    let first = unit(text)?;
    let units = [Some(first), text.get(6..).and_then(unit)];
    let character = char::decode_utf16(units.into_iter().flatten()).next()?.ok()?;
    Some((character, 6 * character.len_utf16()))
}

/// The number with which a text begins, of so many hexadecimal digits.
pub fn hexadecimal(text: &[u8], digits: usize) -> Option<u32> {
    let digits = text.get(..digits)?;
    digits.iter().try_fold(0, |number, byte| Some(number * 16 + char::from(*byte).to_digit(16)?))
}

/// What a reference such as `&nbsp;` stands for, and its length; also where it was escaped twice.
fn reference(text: &str) -> Option<(Cow<'_, str>, usize)> {
    const AMPERSAND: &str = "&amp;";
    if let Some(rest) = text.strip_prefix(AMPERSAND)
        && let Some(length) = rest.bytes().take(LONGEST_REFERENCE).position(|byte| byte == b';')
    {
        let again = format!("&{}", &rest[..=length]);
        if let Some((decoded, _)) = entities::decode(&again) {
            return Some((Cow::Owned(decoded.into_string()), AMPERSAND.len() + length + 1));
        }
    }
    let closed = entities::decode(text).filter(|(_, length)| *length <= LONGEST_REFERENCE);
    let closed = closed.map(|(decoded, length)| (Cow::Owned(decoded.into_string()), length));
    closed.or_else(|| unclosed(text))
}

/// The character of `&#64`, which browsers read without a semicolon, too.
fn unclosed(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let rest = text.strip_prefix("&#")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let character = char::from_u32(rest[..digits].parse().ok()?)?;
    Some((Cow::Owned(character.to_string()), 2 + digits))
}
