//! HTML of messages and e-mails to plain text, in one pass.
//!
//! This is no HTML parser: it builds no tree and forgives everything. What is a tag and what is
//! text, [`super::markup`] says.

use super::entities::Decoded;
use super::markup::{Piece, Reader, Tag};
use super::open::OpenElements;
use super::plain::PlainText;
use super::style::Sheet;

/// Plain text of an HTML body: entities decoded, blocks and breaks as newlines, list items
/// behind `- `, links as `label (url)`, images as `[image: alt]` or `[image]`, no tags, scripts,
/// styles or comments; blanks collapsed, at most one empty line in a row. Images of one pixel,
/// which only count readers, are left out, and so is text that a person would not see
/// ([`super::style`]).
///
/// Text without markup comes out as it is, but for its blanks. The result is not yet safe to
/// show: [`super::clean`] it.
#[must_use]
pub fn html_to_text(html: &str) -> String {
    let mut reader = Reader::new(html);
    let mut page = Page {
        out: PlainText::with_capacity(html.len()),
        link: None,
        open: OpenElements::default(),
        sheet: Sheet::default(),
    };
    while let Some(piece) = reader.next() {
        match piece {
            Piece::Open(tag) if tag.name == "style" => page.sheet.read(reader.skip_element("style")),
            Piece::Open(tag) if has_no_text(&tag.name) => {
                reader.skip_element(&tag.name);
            }
            Piece::Open(tag) => page.open(&tag),
            Piece::Close(name) => page.close(&name),
            Piece::Nothing => {}
            _ if page.open.is_hidden() => {}
            Piece::Text(text) => page.out.text(text),
            Piece::Reference(Decoded::One(character)) => page.out.character(character),
            Piece::Reference(Decoded::Many(characters)) => page.out.text(characters),
        }
    }
    page.end_link();
    page.out.finish()
}

/// Elements whose content is for programs, or for those that cannot show the element itself.
fn has_no_text(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "title"
            | "template"
            | "noscript"
            | "iframe"
            | "noembed"
            | "noframes"
            | "datalist"
            | "audio"
            | "video"
            | "canvas"
            | "object"
    )
}

/// An open link: its address and where its label begins.
struct Link {
    url: String,
    label: usize,
}

struct Page {
    out: PlainText,
    link: Option<Link>,
    open: OpenElements,
    sheet: Sheet,
}

impl Page {
    fn open(&mut self, tag: &Tag<'_>) {
        let seen = self.open.open(tag, &self.sheet);
        let hidden = self.open.is_hidden();
        match tag.name.as_str() {
            "ul" | "ol" => {
                self.out.block();
                self.out.list_depth = self.out.list_depth.saturating_add(1);
            }
            "pre" => {
                self.out.block();
                self.out.preformatted = self.out.preformatted.saturating_add(1);
            }
            "a" => {
                self.end_link();
                if let Some(url) = tag.attribute("href").filter(|url| !hidden && is_worth_showing(url)) {
                    let label = self.out.position();
                    self.link = Some(Link { url, label });
                }
            }
            "img" if !seen.is_gone() => self.image(tag),
            _ if hidden => {}
            "br" => self.out.line_break(),
            "li" => self.out.item(),
            "td" | "th" => self.out.character(' '),
            name if is_block(name) => self.out.block(),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        self.open.close(name);
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

    fn image(&mut self, tag: &Tag<'_>) {
        let pixel =
            |name| tag.attribute(name).is_some_and(|value| matches!(value.trim(), "0" | "1" | "0px" | "1px"));
        if pixel("width") || pixel("height") {
            return;
        }
        let alt = tag.attribute("alt").unwrap_or_default();
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

pub(super) fn is_block(name: &str) -> bool {
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

    #[test]
    fn what_a_reader_does_not_see_is_left_out() {
        let hidden = [
            r#"<span style="display:none">secret</span>"#,
            r#"<div style='DISPLAY : None !important'><p>secret</p></div>"#,
            r#"<div style="visibility:hidden">secret</div>"#,
            r#"<span style="font-size:0">secret</span>"#,
            r#"<span style="font-size:1px;color:#123">secret</span>"#,
            r#"<span style="font:0/0 a">secret</span>"#,
            r#"<span style="opacity:0">secret</span>"#,
            r#"<span style="color:#fff">secret</span>"#,
            r#"<span style="color:rgb(254, 254, 254)">secret</span>"#,
            r#"<font color="white">secret</font>"#,
            r#"<div style="background-color:#222"><span style="color:#212121">secret</span></div>"#,
            r##"<table bgcolor="red"><tr><td><font color="#ff0000">secret</font></td></tr></table>"##,
            r#"<span style="color:transparent">secret</span>"#,
            r#"<span style="color:rgba(0,0,0,0)">secret</span>"#,
            r#"<div style="position:absolute;left:-9999px">secret</div>"#,
            r#"<div style="text-indent:-9999px">secret</div>"#,
            r#"<div style="position:absolute;clip:rect(0 0 0 0)">secret</div>"#,
            r#"<div style="clip-path: inset(50%)">secret</div>"#,
            r#"<div style="transform:scale(0)">secret</div>"#,
            r#"<div style="max-height:0;overflow:hidden">secret</div>"#,
            r#"<div style="height:0px;overflow:hidden">secret</div>"#,
            r#"<div style="mso-hide:all">secret</div>"#,
            "<p hidden>secret</p>",
            "<p hidden=until-found>secret</p>",
            r#"<span aria-hidden="true">secret</span>"#,
            "<template>secret</template>",
            "<noscript>secret</noscript>",
            "<!-- secret -->",
            r#"<style>.x{display:none}</style><p class="y x">secret</p>"#,
            r#"<style>/* a */ @media print{p{display:none}} #no , td {color:red;display:none}</style><p id=no>secret</p>"#,
            r#"<span style="d\69splay:none">secret</span>"#,
            r#"<span style="dis/**/play:none">secret</span>"#,
            r#"<span style="display&colon;&#110;one">secret</span>"#,
            r#"<b><p style="display:none"></b>secret</p>"#,
            r#"<div><font color="white">secret</div>secret</font>"#,
            r#"<div style="display:none"><div>secret</div>secret<p>secret</div>"#,
            r#"<a href="https://secret.example" style="display:none">secret</a>"#,
            r#"<div style="display:none"><img alt="secret"></div>"#,
        ];
        for html in hidden {
            let text = html_to_text(&format!("<p>before</p>{html}<p>after</p>"));
            assert!(!text.contains("secret"), "{html}: {text}");
            assert!(text.starts_with("before") && text.ends_with("after"), "{html}: {text}");
        }
    }

    #[test]
    fn what_a_reader_sees_stays_whatever_its_looks() {
        let seen = [
            r#"<td style="font-size:0"><span style="font-size:14px">shown</span></td>"#,
            r#"<div style="visibility:hidden"><b style="visibility:visible">shown</b></div>"#,
            r##"<td bgcolor="#0055ff"><font color="#ffffff">shown</font></td>"##,
            r#"<a style="background:#333;color:white" href="https://x.example">shown</a>"#,
            r#"<div style="background:url(x.png)"><span style="color:#fff">shown</span></div>"#,
            r#"<div style="background:#000;color:#fff">shown</div>"#,
            r#"<p style="display:none">no<p>shown"#,
            r#"<ul><li hidden>no<li>shown</ul>"#,
            r#"<table><tr><td style="display:none">no<td>shown</table>"#,
            r#"<div style="height:1px;line-height:1px"></div>shown"#,
            r#"<p style="max-width:0;opacity:.9;font:bold 12px/1.5 Arial">shown</p>"#,
            r#"<p style="display:inline-block;color:#333;font-size:80%;max-height:1em">shown</p>"#,
            r#"<style>@media (max-width:600px){.x{display:none}}</style><p class="x">shown</p>"#,
            r#"<style>.x{display:none}</style><p class="x" style="display:block">shown</p>"#,
            r#"<input hidden>shown"#,
            r#"<span aria-hidden="false">shown</span>"#,
            r#"</p></div>shown"#,
        ];
        for html in seen {
            let text = html_to_text(html);
            assert!(
                text.contains("shown") && !text.contains("no\n") && !text.starts_with("no"),
                "{html}: {text}"
            );
        }
    }
}
