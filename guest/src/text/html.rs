//! HTML of messages and e-mails to plain text, in one pass.
//!
//! This is no HTML parser: it builds no tree and forgives everything. Its time is linear in the
//! length of the text whatever that contains, because every search that may fail (for the end
//! of a tag, a comment, a script) either consumes what it looked at or is not tried again.

use super::entities::{self, Decoded};
use super::plain::PlainText;

/// Plain text of an HTML body: entities decoded, blocks and breaks as newlines, list items
/// behind `- `, links as `label (url)`, images as `[image: alt]` or `[image]`, no tags, scripts,
/// styles or comments; blanks collapsed, at most one empty line in a row. Images of one pixel,
/// which only count readers, are left out.
///
/// Text without markup comes out as it is, but for its blanks. The result is not yet safe to
/// show: [`super::clean`] it.
#[must_use]
pub fn html_to_text(html: &str) -> String {
    let mut reader = Reader { html, at: 0, quotes_close: true, tags_close: true };
    let mut page = Page { out: PlainText::with_capacity(html.len()), link: None };
    while let Some(piece) = reader.next() {
        match piece {
            Piece::Text(text) => page.out.text(text),
            Piece::Reference(Decoded::One(character)) => page.out.character(character),
            Piece::Reference(Decoded::Many(characters)) => page.out.text(&characters),
            Piece::Open(tag) => {
                if matches!(tag.name.as_str(), "script" | "style" | "title" | "template") {
                    reader.skip_element(&tag.name);
                } else {
                    page.open(&tag);
                }
            }
            Piece::Close(name) => page.close(&name),
            Piece::Nothing => {}
        }
    }
    page.end_link();
    page.out.finish()
}

/// A start tag. Attributes are read from `attributes` only for the few elements that need them.
struct Tag<'a> {
    /// In lower case.
    name: String,
    attributes: &'a str,
}

enum Piece<'a> {
    Text(&'a str),
    Reference(Decoded),
    Open(Tag<'a>),
    Close(String),
    /// A comment, a declaration.
    Nothing,
}

struct Reader<'a> {
    html: &'a str,
    at: usize,
    /// So far every quote in a tag was closed before the text ended.
    quotes_close: bool,
    /// There may be a `>` further on.
    tags_close: bool,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<Piece<'a>> {
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

    /// Goes behind the end tag of an element whose content is no text for readers. Without one
    /// the rest is skipped, as in a browser.
    fn skip_element(&mut self, name: &str) {
        let rest = self.html.get(self.at..).unwrap_or_default();
        let mut from = 0;
        while let Some(at) = rest.get(from..).and_then(|rest| rest.find("</")) {
            from += at + 2;
            let follows = rest.as_bytes().get(from..from + name.len());
            if follows.is_some_and(|bytes| bytes.eq_ignore_ascii_case(name.as_bytes())) {
                let behind = rest.get(from..).and_then(|rest| rest.find('>')).map(|end| from + end + 1);
                self.at += behind.unwrap_or(rest.len());
                return;
            }
        }
        self.at = self.html.len();
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

/// An open link: its address and where its label begins.
struct Link {
    url: String,
    label: usize,
}

struct Page {
    out: PlainText,
    link: Option<Link>,
}

impl Page {
    fn open(&mut self, tag: &Tag<'_>) {
        match tag.name.as_str() {
            "br" => self.out.line_break(),
            "li" => self.out.item(),
            "ul" | "ol" => {
                self.out.block();
                self.out.list_depth = self.out.list_depth.saturating_add(1);
            }
            "pre" => {
                self.out.block();
                self.out.preformatted = self.out.preformatted.saturating_add(1);
            }
            "td" | "th" => self.out.character(' '),
            "a" => {
                self.end_link();
                if let Some(url) = attribute(tag.attributes, "href").filter(|url| is_worth_showing(url)) {
                    let label = self.out.position();
                    self.link = Some(Link { url, label });
                }
            }
            "img" => self.image(tag.attributes),
            name if is_block(name) => self.out.block(),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "a" => self.end_link(),
            "ul" | "ol" => {
                self.out.block();
                self.out.list_depth = self.out.list_depth.saturating_sub(1);
            }
            "pre" => {
                self.out.block();
                self.out.preformatted = self.out.preformatted.saturating_sub(1);
            }
            "li" => self.out.block(),
            name if is_block(name) => self.out.block(),
            _ => {}
        }
    }

    fn image(&mut self, attributes: &str) {
        let pixel = |name| {
            attribute(attributes, name).is_some_and(|value| matches!(value.trim(), "0" | "1" | "0px" | "1px"))
        };
        if pixel("width") || pixel("height") {
            return;
        }
        let alt = attribute(attributes, "alt").unwrap_or_default();
        let alt = alt.split_whitespace().collect::<Vec<_>>().join(" ");
        if alt.is_empty() {
            self.out.text("[image]");
        } else {
            self.out.text("[image: ");
            self.out.text(&alt);
            self.out.text("]");
        }
    }

    /// Writes the address behind the link's label, unless the label says it already.
    fn end_link(&mut self) {
        let Some(link) = self.link.take() else { return };
        let label = self.out.since(link.label).trim();
        if label.is_empty() {
            self.out.text(&link.url);
        } else if bare(label) != bare(&link.url) {
            self.out.text(" (");
            self.out.text(&link.url);
            self.out.text(")");
        }
    }
}

/// The part of an address that people write: no scheme, no `www.`, no slash at the end.
fn bare(url: &str) -> &str {
    let url = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or(url);
    let url = url.strip_prefix("mailto:").or_else(|| url.strip_prefix("tel:")).unwrap_or(url);
    url.strip_prefix("www.").unwrap_or(url).trim_end_matches('/')
}

/// Addresses that lead somewhere; `javascript:`, `data:` and places on the same page do not.
fn is_worth_showing(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https" | "mailto" | "tel" | "ftp"))
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "center"
            | "dd"
            | "details"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "html"
            | "main"
            | "menu"
            | "nav"
            | "p"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "tfoot"
            | "thead"
            | "tr"
    )
}

/// The decoded, trimmed value of the first attribute of that (lower-case) name.
fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|character: char| character.is_ascii_whitespace() || character == '/');
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
        rest = behind.trim_start();
        let mut value = "";
        if let Some(behind) = rest.strip_prefix('=') {
            let behind = behind.trim_start();
            let quoted = behind.chars().next().filter(|quote| matches!(quote, '"' | '\''));
            let (inner, end) = match quoted {
                Some(quote) => {
                    let inner = &behind[1..];
                    let end = inner.find(quote).unwrap_or(inner.len());
                    (&inner[..end], (end + 2).min(behind.len()))
                }
                None => {
                    let end = behind
                        .find(|character: char| character.is_ascii_whitespace())
                        .unwrap_or(behind.len());
                    (&behind[..end], end)
                }
            };
            value = inner;
            rest = &behind[end..];
        }
        if name.eq_ignore_ascii_case(wanted) {
            return Some(entities::decode_all(value.trim()).trim().to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::html_to_text;

    #[test]
    fn blocks_and_breaks_become_newlines() {
        assert_eq!(
            html_to_text("<p>Hi  there,</p>\n<p>it <b>does</b> not\n work.<br>Bye</p>"),
            "Hi there,\nit does not work.\nBye"
        );
        assert_eq!(html_to_text("a<br><br><br><br>b"), "a\n\nb");
    }

    #[test]
    fn lists_have_bullets() {
        assert_eq!(
            html_to_text("<ul><li>one<li>two<ul><li>deep</li></ul></li></ul>end"),
            "- one\n- two\n  - deep\nend"
        );
    }

    #[test]
    fn links_keep_their_addresses_unless_the_label_is_one() {
        assert_eq!(
            html_to_text(r#"See <a href="https://a.example/x?y=1&amp;z=2">the docs</a>."#),
            "See the docs (https://a.example/x?y=1&z=2)."
        );
        assert_eq!(html_to_text(r#"<a href="https://www.a.example/">a.example</a>"#), "a.example");
        assert_eq!(html_to_text(r#"<a href="mailto:a@b.example">a@b.example</a>"#), "a@b.example");
        assert_eq!(html_to_text(r#"<a href="javascript:alert(1)">click</a>"#), "click");
        assert_eq!(html_to_text("<a href='https://a.example'><br></a>x"), "https://a.examplex");
    }

    #[test]
    fn images_are_named_and_tracking_pixels_are_not() {
        assert_eq!(
            html_to_text(r#"<img src="x.png" alt="A  chart"> <img src=y> <img src=z width="1" height="1">"#),
            "[image: A chart] [image]"
        );
    }

    #[test]
    fn scripts_styles_and_comments_are_dropped() {
        assert_eq!(
            html_to_text("a<script>if (x < 1) { '</p>' }</SCRIPT >b<style>p{}</style><!-- <p>no</p> -->c"),
            "abc"
        );
        assert_eq!(html_to_text("a<!-- open for ever <p>b</p>"), "a");
        assert_eq!(html_to_text("<!DOCTYPE html><?xml version='1'?>x"), "x");
    }

    #[test]
    fn entities_are_decoded_once() {
        assert_eq!(html_to_text("5 &lt; 6 &amp;amp; caf&eacute;&nbsp;&#128512;"), "5 < 6 &amp; café 😀");
    }

    #[test]
    fn what_is_no_tag_stays() {
        assert_eq!(html_to_text("1 < 2 and 3 > 2, <3 & more <"), "1 < 2 and 3 > 2, <3 & more <");
        assert_eq!(html_to_text("an unclosed <a href='x"), "an unclosed <a href='x");
    }

    #[test]
    fn a_greater_sign_in_a_value_does_not_end_the_tag() {
        assert_eq!(html_to_text(r#"<p title="a > b">x</p>"#), "x");
        assert_eq!(html_to_text("<p title='it\"s>x</p>y"), "x\ny");
    }

    #[test]
    fn preformatted_text_keeps_its_lines() {
        assert_eq!(html_to_text("<pre>fn a() {\n    b\n}</pre>after"), "fn a() {\n    b\n}\nafter");
    }

    #[test]
    fn table_cells_are_apart() {
        assert_eq!(html_to_text("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"), "a b\nc");
    }
}
