//! Character references of HTML (`&amp;`, `&#128512;`), one at a time.

/// The longest reference that is looked at; HTML's longest name has 31 characters.
const LONGEST: usize = 40;

/// Decodes the reference at the beginning of `text`, which starts with `&`: the characters it
/// stands for and its length in bytes. `None`: it is a plain ampersand.
///
/// Only references that end with a semicolon count. Code points that are no characters become
/// U+FFFD, and those of Windows-1252 what browsers make of them, as HTML prescribes
/// (<https://html.spec.whatwg.org/#numeric-character-reference-end-state>).
pub(super) fn decode(text: &str) -> Option<(Decoded, usize)> {
    let window = text.as_bytes().get(..LONGEST).unwrap_or(text.as_bytes());
    let end = window.iter().position(|byte| *byte == b';')?;
    let name = text.get(1..end)?;
    let length = end + 1;
    if let Some(number) = name.strip_prefix('#') {
        return Some((Decoded::One(numeric(number)?), length));
    }
    let simple = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return None;
            }
            return Some((Decoded::Many(named(name)?), length));
        }
    };
    Some((Decoded::One(simple), length))
}

/// What HTML's other names stand for: after each name a `\u{1}`, the characters and a `\0`, with one
/// before all. As the table that `build.rs` makes it of, it would be three times as large.
static NAMES: &str = include_str!(concat!(env!("OUT_DIR"), "/entities"));

fn named(name: &str) -> Option<&'static str> {
    let sought = format!("\0{name}\u{1}");
    let start = memchr::memmem::find(NAMES.as_bytes(), sought.as_bytes())? + sought.len();
    NAMES.get(start..)?.split('\0').next()
}

/// What a reference stands for; a few names stand for two characters.
pub(super) enum Decoded {
    One(char),
    Many(&'static str),
}

impl Decoded {
    pub(super) fn into_string(self) -> String {
        match self {
            Self::One(character) => character.into(),
            Self::Many(characters) => characters.to_owned(),
        }
    }
}

/// A whole text with its references decoded: an attribute's value.
pub(super) fn decode_all(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match decode(rest) {
            Some((decoded, length)) => {
                match decoded {
                    Decoded::One(character) => out.push(character),
                    Decoded::Many(characters) => out.push_str(characters),
                }
                rest = &rest[length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn numeric(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    // More digits than fit are a number beyond Unicode all the same.
    let code = u32::from_str_radix(digits, radix).unwrap_or(u32::MAX);
    Some(match code {
        0x80..=0x9f => windows_1252(code),
        _ => {
            char::from_u32(code).filter(|character| *character != '\0').unwrap_or(char::REPLACEMENT_CHARACTER)
        }
    })
}

/// The characters that browsers take for the numbers 128 to 159.
fn windows_1252(code: u32) -> char {
    const TABLE: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    usize::try_from(code.saturating_sub(0x80))
        .ok()
        .and_then(|index| TABLE.get(index).copied())
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::decode_all;

    #[test]
    fn named_and_numeric_references_are_decoded() {
        assert_eq!(decode_all("a &amp; b &lt;c&gt; &eacute;&#233;&#xE9; &hellip;"), "a & b <c> ééé …");
        assert_eq!(decode_all("&#146;&#x1F600;"), "’😀");
    }

    #[test]
    fn every_name_of_html_is_decoded() {
        for (name, characters) in html_escape::NAMED_ENTITIES {
            let name = str::from_utf8(name).expect("letters");
            assert_eq!(decode_all(&format!("&{name};")), characters, "{name}");
        }
    }

    #[test]
    fn what_is_no_reference_stays() {
        for text in ["&", "a & b", "&nosuchname;", "&;", "&#;", "&#x;", "&amp", "&#xZZ;", "&ü;"] {
            assert_eq!(decode_all(text), text);
        }
    }

    #[test]
    fn numbers_that_are_no_characters_become_replacement_characters() {
        assert_eq!(decode_all("&#0;&#xD800;&#99999999999999;"), "\u{fffd}\u{fffd}\u{fffd}");
    }
}
