//! HTML under construction: markup stands in this program, everything else is escaped.

/// A document or a part of one.
#[derive(Debug, Default)]
pub struct Html(String);

impl Html {
    /// Adds markup. Only text that stands in the program can be markup, so nothing that came from
    /// outside gets here by mistake.
    pub fn markup(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Begins a document of that title, up to the beginning of its body. Its policy allows nothing but
    /// the one style sheet inside.
    pub fn head(&mut self, title: &str) -> &mut Self {
        self.markup(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"referrer\" content=\"no-referrer\"><title>",
        )
        .text(title)
        .markup("</title><style>")
        .markup(include_str!("style.css"))
        .markup("</style></head><body>")
    }

    /// Adds text, escaped for content and for quoted attributes alike.
    pub fn text(&mut self, text: &str) -> &mut Self {
        html_escape::encode_quoted_attribute_to_string(text, &mut self.0);
        self
    }

    /// Adds a coordinate or a size, with at most two places.
    pub fn number(&mut self, number: f64) -> &mut Self {
        let rounded = (number * 100.0).round() / 100.0;
        self.0.push_str(&if rounded.is_finite() { rounded.to_string() } else { "0".to_owned() });
        self
    }

    /// Adds `<tag>text</tag>`, where `open` is the tag with its attributes.
    pub fn element(&mut self, open: &'static str, text: &str, close: &'static str) -> &mut Self {
        self.markup(open).text(text).markup(close)
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let mut html = Html::default();
        html.element("<td title=\"", "a\" onload='x' & <script>", "\">");
        let made = html.into_string();
        let inside = made
            .strip_prefix("<td title=\"")
            .and_then(|rest| rest.strip_suffix("\">"))
            .expect("an attribute");
        assert!(!inside.contains(['<', '>', '"', '\'']), "{made}");
        assert_eq!(html_escape::decode_html_entities(inside), "a\" onload='x' & <script>");
    }
}
