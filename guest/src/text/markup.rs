//! HTML in pieces: text, references and tags.
//!
//! Its time is linear in the length of the text whatever that contains, because every search that
//! may fail (for the end of a tag, a comment, a script) either consumes what it looked at or is
//! not tried again.

use super::entities::{self, Decoded};

/// A start tag. Attributes are read only for the few elements that need them.
pub(super) struct Tag<'a> {
    /// In lower case.
    pub(super) name: String,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// The decoded, trimmed value of the first attribute of that name.
    pub(super) fn attribute(&self, wanted: &str) -> Option<String> {
        let (_, value) = self.attributes().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        Some(entities::decode_all(value.trim()).trim().to_owned())
    }

    /// Names and values as they stand in the tag, in its order. A name without a value has "".
    pub(super) fn attributes(&self) -> Attributes<'a> {
        Attributes(self.attributes)
    }
}

/// The attributes of a tag, one after another.
pub(super) struct Attributes<'a>(&'a str);

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let blank = |character: char| character.is_ascii_whitespace() || character == '/';
        let rest = self.0.trim_start_matches(blank);
        if rest.is_empty() {
            return None;
        }
        // A leading `=` belongs to the name, as in a browser; so every round consumes something.
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, character)| character.is_ascii_whitespace() || matches!(character, '=' | '/'))
            .map_or(rest.len(), |(at, _)| at);
        let (name, behind) = rest.split_at(end);
        let behind = behind.trim_start();
        let Some(behind) = behind.strip_prefix('=') else {
            self.0 = behind;
            return Some((name, ""));
        };
        let behind = behind.trim_start();
        let (value, end) = match behind.chars().next().filter(|quote| matches!(quote, '"' | '\'')) {
            Some(quote) => {
                let inner = &behind[1..];
                let end = inner.find(quote).unwrap_or(inner.len());
                (&inner[..end], (end + 2).min(behind.len()))
            }
            None => {
                let end =
                    behind.find(|character: char| character.is_ascii_whitespace()).unwrap_or(behind.len());
                (&behind[..end], end)
            }
        };
        self.0 = &behind[end..];
        Some((name, value))
    }
}

pub(super) enum Piece<'a> {
    Text(&'a str),
    Reference(Decoded),
    Open(Tag<'a>),
    Close(String),
    /// A comment, a declaration.
    Nothing,
}

pub(super) struct Reader<'a> {
    html: &'a str,
    at: usize,
    /// So far every quote in a tag was closed before the text ended.
    quotes_close: bool,
    /// There may be a `>` further on.
    tags_close: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(html: &'a str) -> Self {
        Self { html, at: 0, quotes_close: true, tags_close: true }
    }

    /// The next piece; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Piece<'a>> {
        let rest = self.html.get(self.at..).filter(|rest| !rest.is_empty())?;
        match rest.as_bytes()[0] {
            b'<' => Some(self.markup(rest)),
            b'&' => Some(match entities::decode(rest) {
                Some((decoded, length)) => {
                    self.at += length;
                    Piece::Reference(decoded)
                }
                None => self.literal(rest, 1),
            }),
            _ => {
                let end = rest.bytes().position(|byte| byte == b'<' || byte == b'&').unwrap_or(rest.len());
                Some(self.literal(rest, end))
            }
        }
    }

    fn literal(&mut self, rest: &'a str, length: usize) -> Piece<'a> {
        self.at += length;
        Piece::Text(&rest[..length])
    }

    /// At a `<`.
    fn markup(&mut self, rest: &'a str) -> Piece<'a> {
        let bytes = rest.as_bytes();
        match bytes.get(1) {
            Some(b'!' | b'?') => {
                let end = if let Some(comment) = rest.strip_prefix("<!--") {
                    // An open comment hides the rest, as in a browser.
                    Some(comment.find("-->").map_or(rest.len(), |end| end + 7))
                } else {
                    self.plain_tag_end(rest).map(|end| end + 1)
                };
                match end {
                    Some(end) => {
                        self.at += end;
                        Piece::Nothing
                    }
                    None => self.literal(rest, 1),
                }
            }
            Some(b'/') if bytes.get(2).is_some_and(u8::is_ascii_alphabetic) => {
                let name = name(&rest[2..]);
                match self.plain_tag_end(rest) {
                    Some(end) => {
                        self.at += end + 1;
                        Piece::Close(name)
                    }
                    None => self.literal(rest, 2),
                }
            }
            Some(first) if first.is_ascii_alphabetic() => {
                let name = name(&rest[1..]);
                match self.tag_end(rest) {
                    Some(end) => {
                        self.at += end + 1;
                        let attributes = rest.get(1 + name.len()..end).unwrap_or_default();
                        Piece::Open(Tag { name, attributes })
                    }
                    None => self.literal(rest, 1),
                }
            }
            _ => self.literal(rest, 1),
        }
    }

    /// Where the start tag at the beginning of `rest` ends: the `>` outside quoted values.
    fn tag_end(&mut self, rest: &str) -> Option<usize> {
        if self.quotes_close {
            let mut quote = None;
            let mut after_equals = false;
            for (at, byte) in rest.bytes().enumerate() {
                match (quote, byte) {
                    (Some(open), _) if open == byte => quote = None,
                    (Some(_), _) => {}
                    (None, b'>') => return Some(at),
                    (None, b'"' | b'\'') if after_equals => quote = Some(byte),
                    _ => {}
                }
                if byte == b'=' {
                    after_equals = true;
                } else if !byte.is_ascii_whitespace() {
                    after_equals = false;
                }
            }
            // Looked through to the end in vain: from now on the next `>` ends a tag.
            self.quotes_close = false;
        }
        self.plain_tag_end(rest)
    }

    fn plain_tag_end(&mut self, rest: &str) -> Option<usize> {
        let end = if self.tags_close { rest.find('>') } else { None };
        self.tags_close = end.is_some();
        end
    }

    /// Goes behind the end tag of an element whose content is no text for readers, and returns
    /// that content. Without an end tag the rest is skipped, as in a browser.
    pub(super) fn skip_element(&mut self, name: &str) -> &'a str {
        let rest = self.html.get(self.at..).unwrap_or_default();
        let mut from = 0;
        while let Some(at) = rest.get(from..).and_then(|rest| rest.find("</")) {
            from += at + 2;
            let follows = rest.as_bytes().get(from..from + name.len());
            if follows.is_some_and(|bytes| bytes.eq_ignore_ascii_case(name.as_bytes())) {
                let behind = rest.get(from..).and_then(|rest| rest.find('>')).map(|end| from + end + 1);
                self.at += behind.unwrap_or(rest.len());
                return rest.get(..from - 2).unwrap_or_default();
            }
        }
        self.at = self.html.len();
        rest
    }
}

/// The element's name at the beginning of `text`, in lower case.
fn name(text: &str) -> String {
    // No element's name is longer. The bound keeps `<a<a<a…` linear.
    const LONGEST: usize = 32;
    let end = text
        .bytes()
        .take(LONGEST)
        .position(|byte| byte.is_ascii_whitespace() || byte == b'>' || byte == b'/')
        .unwrap_or(LONGEST.min(text.len()));
    text.get(..end).unwrap_or_default().to_ascii_lowercase()
}
