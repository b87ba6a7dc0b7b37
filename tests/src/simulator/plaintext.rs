//! HTML to text, as `display_as=plaintext` and the search index see it.

/// The text of `html`: tags dropped, block ends as line breaks, links as `label (url)`,
/// the common entities resolved.
pub fn from_html(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut link: Option<String> = None;
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('>') else {
            rest = &rest[open..];
            break;
        };
        let tag = &rest[open + 1..open + close];
        rest = &rest[open + close + 1..];
        let name = tag.split(|c: char| c.is_whitespace()).next().unwrap_or_default();
        match name {
            "br" | "br/" | "/p" | "/li" | "/div" | "hr" => out.push('\n'),
            "a" => {
                link = tag.split("href=\"").nth(1).and_then(|part| part.split('"').next()).map(str::to_owned);
            }
            "/a" => {
                if let Some(url) = link.take() {
                    out.push_str(&format!(" ({url})"));
                }
            }
            _ => {}
        }
    }
    out.push_str(rest);
    let out = out.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    out.replace("&#39;", "'").replace("&amp;", "&").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn links_keep_their_address_and_entities_are_resolved() {
        let html =
            "<p>See <a href=\"https://x.example/?a=1&amp;b\" rel=\"x\">this &lt;page&gt;</a></p><p>Bye</p>";
        assert_eq!(super::from_html(html), "See this <page> (https://x.example/?a=1&b)\nBye");
    }
}
