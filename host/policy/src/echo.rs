//! Finds a secret in an answer, however its characters are escaped there.
//!
//! A server that is sent the token may repeat it: an echo in an error, a link with it as a
//! parameter. JSON, addresses and HTML each have ways to write a character by its number, in JSON
//! even for letters, and they nest: a JSON text within a JSON text, a link within HTML. Each
//! character of the secret is looked for in all of these ways, one within another.
//!
//! What is not found is a secret that was transformed as a whole: in Base64, reversed, in pieces.

use std::ops::Range;

/// Escapes within escapes within escapes, and no deeper.
const DEPTH: u8 = 3;
/// Digits that a number may have, leading zeros among them: HTML sets no bound.
const DIGITS: usize = 12;

/// The names that HTML has for characters that a token may have
/// (<https://html.spec.whatwg.org/multipage/named-characters.html>).
const NAMES: &[(&str, u8)] = &[
    ("excl", b'!'),
    ("quot", b'"'),
    ("QUOT", b'"'),
    ("num", b'#'),
    ("dollar", b'$'),
    ("percnt", b'%'),
    ("amp", b'&'),
    ("AMP", b'&'),
    ("apos", b'\''),
    ("lpar", b'('),
    ("rpar", b')'),
    ("ast", b'*'),
    ("midast", b'*'),
    ("plus", b'+'),
    ("comma", b','),
    ("period", b'.'),
    ("sol", b'/'),
    ("colon", b':'),
    ("semi", b';'),
    ("lt", b'<'),
    ("LT", b'<'),
    ("equals", b'='),
    ("gt", b'>'),
    ("GT", b'>'),
    ("quest", b'?'),
    ("commat", b'@'),
    ("lsqb", b'['),
    ("lbrack", b'['),
    ("bsol", b'\\'),
    ("rsqb", b']'),
    ("rbrack", b']'),
    ("Hat", b'^'),
    ("lowbar", b'_'),
    ("UnderBar", b'_'),
    ("grave", b'`'),
    ("DiacriticalGrave", b'`'),
    ("lcub", b'{'),
    ("lbrace", b'{'),
    ("verbar", b'|'),
    ("vert", b'|'),
    ("VerticalLine", b'|'),
    ("rcub", b'}'),
    ("rbrace", b'}'),
];

/// Where the secret stands in the bytes, in whatever escapes.
pub fn find(secret: &[u8], bytes: &[u8]) -> Vec<Range<usize>> {
    let Some(first) = secret.first() else { return Vec::new() };
    let text = Text(bytes);
    let mut found = Vec::new();
    // Two searches that each look at every byte once: for the character, and for escapes.
    let mut escapes = memchr::memchr3_iter(b'\\', b'%', b'&', bytes).peekable();
    let mut plain = memchr::memchr2_iter(*first, b'=', bytes).peekable();
    let mut from = 0;
    loop {
        while escapes.next_if(|at| *at < from).is_some() {}
        while plain.next_if(|at| *at < from).is_some() {}
        let Some(start) = escapes.peek().into_iter().chain(plain.peek()).min().copied() else { break };
        from = start + 1;
        if let Some(end) = (0..=DEPTH).find_map(|depth| text.secret(start, secret, depth)) {
            found.push(start..end);
            from = end;
        }
    }
    found
}

/// Bytes that can be read as what they are, or with so many layers of escapes taken away.
struct Text<'a>(&'a [u8]);

/// A character, and the place behind all that stands for it.
type Read = (u8, usize);

impl Text<'_> {
    /// The place behind the secret, if it stands at that place.
    fn secret(&self, start: usize, secret: &[u8], depth: u8) -> Option<usize> {
        secret.iter().try_fold(start, |at, wanted| {
            let (read, next) = self.read(at, depth)?;
            (read == *wanted).then_some(next)
        })
    }

    fn read(&self, at: usize, depth: u8) -> Option<Read> {
        let Some(below) = depth.checked_sub(1) else {
            return self.0.get(at).map(|byte| (*byte, at + 1));
        };
        let (byte, next) = self.read(at, below)?;
        let escaped = match byte {
            b'\\' => self.backslashed(next, below),
            b'%' | b'=' => self.hexadecimal(next, 2, below),
            b'&' => self.entity(next, below),
            _ => None,
        };
        escaped.or(Some((byte, next)))
    }

    /// What follows a backslash: `u003d`, `u{3d}`, `x3d`, or a sign that stands for itself.
    fn backslashed(&self, at: usize, depth: u8) -> Option<Read> {
        let (kind, at) = self.read(at, depth)?;
        match kind {
            b'x' => self.hexadecimal(at, 2, depth),
            b'u' => match self.read(at, depth)? {
                (b'{', at) => {
                    let (byte, at) = self.number(at, 16, depth)?;
                    self.expect(at, b'}', depth).map(|at| (byte, at))
                }
                _ => self.hexadecimal(at, 4, depth),
            },
            _ if kind.is_ascii_alphanumeric() => None,
            _ => Some((kind, at)),
        }
    }

    /// What follows an ampersand: `#61;`, `#x3d;`, `equals;`. The semicolon may be missing.
    fn entity(&self, at: usize, depth: u8) -> Option<Read> {
        let (byte, at) = match self.read(at, depth)? {
            (b'#', at) => match self.read(at, depth)? {
                (b'x' | b'X', at) => self.number(at, 16, depth)?,
                _ => self.number(at, 10, depth)?,
            },
            (initial, _) => {
                let named = |(name, byte): &(&str, u8)| {
                    let word = name.as_bytes();
                    let is_it = word.first() == Some(&initial);
                    is_it
                        .then(|| word.iter().try_fold(at, |at, wanted| self.expect(at, *wanted, depth)))?
                        .map(|end| (*byte, end))
                };
                NAMES.iter().find_map(named)?
            }
        };
        Some((byte, self.expect(at, b';', depth).unwrap_or(at)))
    }

    fn expect(&self, at: usize, wanted: u8, depth: u8) -> Option<usize> {
        let (read, next) = self.read(at, depth)?;
        (read == wanted).then_some(next)
    }

    /// Exactly so many digits.
    fn hexadecimal(&self, mut at: usize, digits: usize, depth: u8) -> Option<Read> {
        let mut value = 0_u32;
        for _ in 0..digits {
            let (byte, next) = self.read(at, depth)?;
            value = value * 16 + char::from(byte).to_digit(16)?;
            at = next;
        }
        Some((u8::try_from(value).ok()?, at))
    }

    /// Digits, as many as there are.
    fn number(&self, mut at: usize, radix: u32, depth: u8) -> Option<Read> {
        let mut value = None;
        for _ in 0..DIGITS {
            let digit = self.read(at, depth);
            let Some((digit, next)) =
                digit.and_then(|(byte, next)| Some((char::from(byte).to_digit(radix)?, next)))
            else {
                break;
            };
            value = Some(value.unwrap_or(0_u32).saturating_mul(radix).saturating_add(digit));
            at = next;
        }
        Some((u8::try_from(value?).ok()?, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "dG9rOmN/bmF+eQ==";

    fn escaped_by(escape: impl Fn(char) -> String) -> String {
        TOKEN.chars().map(escape).collect()
    }

    /// Where only what is not a letter or digit is escaped, as libraries do.
    fn only_signs(escape: impl Fn(char) -> String) -> String {
        escaped_by(|one| if one.is_ascii_alphanumeric() { one.to_string() } else { escape(one) })
    }

    #[test]
    fn a_secret_is_found_in_every_escape() {
        let number = |one: char| one as u32;
        let json = |one| format!("\\u{:04x}", number(one));
        let percent = |one| format!("%{:02X}", number(one));
        let html = |one| format!("&#{};", number(one));
        let twice = |text: String| text.replace('\\', "\\\\");
        for text in [
            TOKEN.to_owned(),
            escaped_by(json),
            only_signs(json),
            only_signs(|one| format!("\\u{:04X}", number(one))),
            TOKEN.replace('/', "\\/"),
            only_signs(percent),
            escaped_by(percent),
            only_signs(|one| format!("%{:02x}", number(one))),
            only_signs(html),
            escaped_by(|one| format!("&#x{:x};", number(one))),
            escaped_by(|one| format!("&#X{:X}", number(one))),
            only_signs(|one| format!("&#0000{};", number(one))),
            TOKEN.replace('=', "&equals;").replace('/', "&sol;").replace('+', "&plus;"),
            escaped_by(|one| format!("\\x{:02x}", number(one))),
            escaped_by(|one| format!("\\u{{{:x}}}", number(one))),
            escaped_by(|one| format!("={:02X}", number(one))),
            // One within another.
            twice(only_signs(json)),
            twice(twice(escaped_by(json))),
            only_signs(percent).replace('%', "%25"),
            only_signs(html).replace('&', "&amp;"),
            only_signs(html).replace('&', "\\u0026"),
            only_signs(percent).replace('%', "&#37;"),
            only_signs(json).replace('\\', "%5C"),
        ] {
            let body = format!("{{\"echo\": \"Bearer {text}\", \"n\": 1}}");
            let found = find(TOKEN.as_bytes(), body.as_bytes());
            assert_eq!(found.len(), 1, "{body}");
            let at = body.find(&text).expect("it stands there");
            assert_eq!(found[0], at..at + text.len(), "{body}");
        }
    }

    #[test]
    fn what_is_no_echo_is_left_alone() {
        for text in [
            "dG9rOmN/bmF+eQ=",
            "dG9rOmN/bmF+eq==",
            "dG9rOmN\\u002gbmF+eQ==",
            "\\\\\\\\\\\\&&&&&&%%%%%%======",
            "dG9rOmN&#48;bmF+eQ==",
            "",
        ] {
            assert!(find(TOKEN.as_bytes(), text.as_bytes()).is_empty(), "{text}");
        }
        assert_eq!(find(b"a&b", b"x a&amp;b a&b"), [2..9, 10..13]);
        assert_eq!(find(b"%41", b"%41 %2541 A"), [0..3, 4..9]);
        assert_eq!(find(b"x%25y", b"x%25y x%2525y"), [0..5, 6..13]);
        assert_eq!(find(b"aa", b"aaaaa"), [0..2, 2..4]);
    }

    /// The search may not take long on what a hostile server sends.
    #[test]
    fn hostile_answers_are_searched_in_linear_time() {
        for piece in [
            "\\",
            "\\u",
            "\\\\\\u005c",
            "&amp;",
            "&#0000000000",
            "%25",
            "=3D",
            "d",
            "&#x26;#x",
            "&#38;",
            "&#x5c;u005c",
            "%5C",
            "&#0000000037;25",
        ] {
            let body = piece.repeat(1024 * 1024 / piece.len());
            let begun = std::time::Instant::now();
            find(TOKEN.as_bytes(), body.as_bytes());
            let took = begun.elapsed();
            assert!(took < std::time::Duration::from_secs(5), "{piece:?}: {took:?} for a megabyte");
        }
    }
}
