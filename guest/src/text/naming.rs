//! Names as they are compared: whoever looks for somebody types the letters of their own keyboard.

use std::borrow::Cow;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The last letter of Cyrillic; before it are Latin and Greek.
const LAST: char = '\u{52f}';

/// A name in small letters, without accents, with plain apostrophes and hyphens. A sign that says
/// nothing by itself is kept where there is nothing else.
#[must_use]
pub fn folded(name: &str) -> Cow<'_, str> {
    if name.is_ascii() {
        return if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            name.to_ascii_lowercase().into()
        } else {
            name.into()
        };
    }
    let mut folded = String::with_capacity(name.len());
    name.chars().for_each(|letter| add(letter, &mut folded));
    if folded.is_empty() { name.into() } else { folded.into() }
}

fn add(letter: char, folded: &mut String) {
    // Of the letters of most names that are not in ASCII it is looked up: a search looks at the
    // names of all conversations.
    static FOLDED: LazyLock<Vec<String>> = LazyLock::new(|| {
        ('\0'..=LAST)
            .map(|letter| {
                let mut folded = String::new();
                add_anew(letter, &mut folded);
                folded
            })
            .collect()
    });
    if letter.is_ascii() {
        folded.push(letter.to_ascii_lowercase());
    } else if let Some(known) = FOLDED.get(letter as usize) {
        folded.push_str(known);
    } else {
        add_anew(letter, folded);
    }
}

fn add_anew(letter: char, folded: &mut String) {
    let plain = match letter {
        '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => "",
        '‘' | '’' | '‛' | 'ʼ' | 'ʹ' | '`' | '´' | '′' => "'",
        '‐' | '‑' | '–' => "-",
        '\u{a0}' | '\u{2007}' | '\u{202f}' => " ",
        'Ø' | 'ø' => "o",
        'Ł' | 'ł' => "l",
        'Đ' | 'đ' | 'Ð' | 'ð' => "d",
        'Ħ' | 'ħ' => "h",
        'Ŧ' | 'ŧ' => "t",
        'İ' | 'ı' => "i",
        'Þ' | 'þ' => "th",
        'ß' | 'ẞ' => "ss",
        'Æ' | 'æ' => "ae",
        'Œ' | 'œ' => "oe",
        'ς' => "σ",
        // Latin, Greek and Cyrillic, and the wide letters of East Asian keyboards. In other scripts
        // a mark makes another letter.
        '\0'..=LAST | '\u{1e00}'..='\u{1fff}' | '\u{ff01}'..='\u{ff5e}' => {
            let letters = std::iter::once(letter).nfkd().filter(|letter| !is_combining_mark(*letter));
            folded.extend(letters.flat_map(char::to_lowercase));
            return;
        }
        _ => {
            folded.extend(letter.to_lowercase());
            return;
        }
    };
    folded.push_str(plain);
}

/// Whether a name has that text in it, which is [`folded`] already.
#[must_use]
pub fn has(name: &[u8], folded_text: &str) -> bool {
    if name.is_ascii() {
        return has_ascii(name, folded_text.as_bytes());
    }
    folded(&String::from_utf8_lossy(name)).contains(folded_text)
}

fn has_ascii(name: &[u8], text: &[u8]) -> bool {
    let Some((first, rest)) = text.split_first() else { return true };
    let Some(last) = name.len().checked_sub(text.len()) else { return false };
    name[..=last].iter().enumerate().any(|(at, letter)| {
        letter.to_ascii_lowercase() == *first && name[at + 1..at + text.len()].eq_ignore_ascii_case(rest)
    })
}

/// Whether a name is that text, which is [`folded`] already.
#[must_use]
pub fn is(name: &[u8], folded_text: &str) -> bool {
    if name.is_ascii() {
        return name.eq_ignore_ascii_case(folded_text.as_bytes());
    }
    folded(&String::from_utf8_lossy(name)) == folded_text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_other_keyboards_write_them() {
        for (name, typed) in [
            ("Søren Rossi", "soren rossi"),
            ("Sofía", "SOFÍA"),
            ("Sofi\u{301}a", "sofía"),
            ("Дмитрий Алёхин", "дмитрий алехин"),
            ("Zoë", "zoe"),
            ("O’Brien", "o'brien"),
            ("O'Brien", "O’BRIEN"),
            ("Łukasz", "lukasz"),
            ("Straße GmbH", "STRASSE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("Ａｃｍｅ", "acme"),
            ("Jean‑Luc", "jean-luc"),
            ("Ann Lee", "ANN"),
            ("İpek", "ipek"),
            ("花子", "花子"),
            ("\u{301}", "\u{301}"),
        ] {
            assert!(has(name.as_bytes(), &folded(typed)), "{name} {typed}");
        }
        for (name, typed) in [("Soren", "søren x"), ("Ann", "ana"), ("パン", "ハン"), ("Ann", "\u{301}")]
        {
            assert!(!has(name.as_bytes(), &folded(typed)), "{name} {typed}");
        }
        assert!(is("Søren".as_bytes(), &folded("SOREN")));
        assert!(!is("Søren Rossi".as_bytes(), &folded("soren")));
        assert!(!is(b"Ann Lee", "ann"));
    }
}
