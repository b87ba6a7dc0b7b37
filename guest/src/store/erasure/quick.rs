//! One look at each byte of a text, which tells most texts apart that have nothing of what is sought.

use crate::text::folding::{LONGEST_REFERENCE, hexadecimal};

/// What a look at a text found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Nothing,
    /// One of the words, or a number of as many digits.
    Something,
    /// Nothing, but there is more than ASCII.
    Beyond,
    /// Nothing, but a letter or a digit is written as `&eacute;`, `%61` or, in JSON, `\u00e9`.
    Reference,
}

/// The byte is the rarest one of a word.
const WORD: u8 = 1;
const DIGIT: u8 = 2;
/// A reference begins.
const REFERENCE: u8 = 4;
const BEYOND: u8 = 8;

/// Bytes of which the classes are looked at together: in most texts most have none.
const AT_ONCE: usize = 8;

/// Letters by how often they stand in texts of European languages, the rarest first, and digits, of
/// which numbers have many.
const RARE: &[u8] = b"qxzjkwvyb9876543210fgphmucdlrsontaie";

/// Between two digits of a number stand so many letters at most, tags apart.
const LETTERS: usize = 6;

/// What is looked for.
pub struct Quick {
    /// Small letters, each with the place of its rarest byte.
    words: Vec<(Box<[u8]>, usize)>,
    /// So many digits may be a number that is sought, in whatever groups.
    digits: usize,
    classes: [u8; 256],
}

impl Quick {
    /// Words of small ASCII letters and digits.
    pub fn new<'a>(words: impl Iterator<Item = &'a str>, digits: usize) -> Self {
        let mut classes = [0; 256];
        classes[128..].fill(BEYOND);
        for byte in *b"&%\\" {
            classes[usize::from(byte)] = REFERENCE;
        }
        if digits < usize::MAX {
            classes[usize::from(b'0')..=usize::from(b'9')].fill(DIGIT);
        }
        let mut sought = Vec::new();
        for word in words.filter(|word| !word.is_empty()) {
            let bytes = word.as_bytes();
            let rank = |byte: u8| RARE.iter().position(|rare| *rare == byte);
            let place = (0..bytes.len()).min_by_key(|place| rank(bytes[*place])).unwrap_or(0);
            classes[usize::from(bytes[place])] |= WORD;
            classes[usize::from(bytes[place].to_ascii_uppercase())] |= WORD;
            sought.push((bytes.into(), place));
        }
        Self { words: sought, digits, classes }
    }

    pub fn look(&self, text: &[u8]) -> Seen {
        let class = |byte: &u8| self.classes[usize::from(*byte)];
        let (chunks, rest) = text.as_chunks::<AT_ONCE>();
        let classes = chunks.iter().map(|chunk| chunk.iter().fold(0, |all, byte| all | class(byte)));
        let (mut seen, mut digits, mut last_digit) = (0, 0, 0);
        for (place, of_chunk) in classes.chain([u8::MAX]).enumerate() {
            if of_chunk == 0 {
                continue;
            }
            let bytes = chunks.get(place).map_or(rest, |chunk| chunk.as_slice());
            for (at, byte) in (place * AT_ONCE..).zip(bytes) {
                let class = class(byte);
                if class == 0 {
                    continue;
                }
                if class & WORD != 0 && self.has_word(text, at) {
                    return Seen::Something;
                }
                if class & DIGIT != 0 {
                    if letters(&text[last_digit..at]) > LETTERS {
                        digits = 0;
                    }
                    (digits, last_digit) = (digits + 1, at);
                    if digits >= self.digits {
                        return Seen::Something;
                    }
                }
                if class & REFERENCE == 0 || is_reference(&text[at..]) {
                    seen |= class;
                }
            }
        }
        match seen {
            seen if seen & REFERENCE != 0 => Seen::Reference,
            seen if seen & BEYOND != 0 => Seen::Beyond,
            _ => Seen::Nothing,
        }
    }

    /// Whether one of the words has its rarest byte there.
    fn has_word(&self, text: &[u8], at: usize) -> bool {
        let rarest = text[at].to_ascii_lowercase();
        self.words.iter().any(|(word, place)| {
            word[*place] == rarest
                && at
                    .checked_sub(*place)
                    .and_then(|start| text.get(start..start + word.len()))
                    .is_some_and(|there| there.eq_ignore_ascii_case(word))
        })
    }
}

/// How many letters a text has outside of tags.
fn letters(html: &[u8]) -> usize {
    let mut inside = false;
    let is_letter = |byte: &&u8| {
        inside = **byte == b'<' || inside && **byte != b'>';
        !inside && byte.is_ascii_alphabetic()
    };
    html.iter().filter(is_letter).count()
}

/// Whether the text begins with a letter or a digit that is written otherwise. What parts words hides
/// none.
fn is_reference(text: &[u8]) -> bool {
    const PARTING: [&[u8]; 8] =
        [b"&nbsp;", b"&amp;", b"&lt;", b"&gt;", b"&quot;", b"&#39;", b"&#x27;", b"&apos;"];
    match text {
        // Escaped twice, as the next two.
        [b'&', b'a', b'm', b'p', b';', rest @ ..] => {
            let end = rest.iter().take(LONGEST_REFERENCE).position(|byte| *byte == b';');
            end.is_some_and(|end| {
                rest[..end].iter().all(|byte| *byte == b'#' || byte.is_ascii_alphanumeric())
            })
        }
        [b'%', b'2', b'5', code @ ..] => hexadecimal(code, 2).is_some_and(is_letter),
        [b'&', next, ..] => {
            (next.is_ascii_alphabetic() || *next == b'#') && !PARTING.iter().any(|one| text.starts_with(one))
        }
        [b'%', code @ ..] => hexadecimal(code, 2).is_some_and(is_letter),
        [b'\\', b'x', code @ ..] => hexadecimal(code, 2).is_some_and(is_letter),
        [b'\\', b'u', code @ ..] => hexadecimal(code, 4).is_some_and(is_letter),
        _ => false,
    }
}

fn is_letter(code: u32) -> bool {
    u8::try_from(code).map_or(true, |byte| !byte.is_ascii() || byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_references_are_seen() {
        let quick = Quick::new(["zoe", "k9", "smith"].into_iter(), 7);
        for (text, seen) in [
            ("", Seen::Nothing),
            ("zo", Seen::Nothing),
            ("oe z", Seen::Nothing),
            ("Dear ZOE,", Seen::Something),
            ("blacksmiths", Seen::Something),
            ("K9", Seen::Something),
            ("k8 k", Seen::Nothing),
            ("call 555-01 23", Seen::Something),
            ("<b>555</b>-<i>0123</i>", Seen::Something),
            ("555 and about 0123", Seen::Nothing),
            ("555</td><td class=\"number\">0123", Seen::Something),
            ("555 012", Seen::Nothing),
            ("a &amp; b&nbsp;&lt;100%&gt;", Seen::Nothing),
            ("Zo&euml;", Seen::Reference),
            ("Z&#111;e", Seen::Reference),
            ("z%6fe", Seen::Reference),
            ("z%2fe", Seen::Nothing),
            (r"Zo\u00eb", Seen::Reference),
            (r"\u003cp\u003eZ", Seen::Nothing),
            (r"Z\u006fe", Seen::Reference),
            (r"\n 1%", Seen::Nothing),
            ("Zo&amp;euml;", Seen::Reference),
            ("Zo%C3%AB", Seen::Reference),
            ("100%25, a &amp; b; c", Seen::Nothing),
            ("dear Zoë, it is €5", Seen::Beyond),
            ("Zoë &amp; Zo&euml;", Seen::Reference),
            ("Zoë and Zoe", Seen::Something),
        ] {
            assert_eq!(quick.look(text.as_bytes()), seen, "{text}");
        }
        assert_eq!(Quick::new(std::iter::empty(), usize::MAX).look(b"zoe 5550123"), Seen::Nothing);
    }
}
