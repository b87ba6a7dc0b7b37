//! Images of Markdown in a plain text. Many clients render what a tool returns, and fetch such an
//! image unasked, with whatever its address carries.

/// Longest alternative text, and longest address, that are taken for an image's. Beyond them the
/// image is only broken up; so each `![` is looked behind for a bounded stretch.
const LONGEST: usize = 1_000;

/// The text with `![alt](address)` and `![alt][reference]` as `[image: alt]`, and with every other
/// `![` broken up.
pub(super) fn without_images(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("![") {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 2..];
        let alt = enclosed(behind, b'[', b']');
        let target = alt.and_then(|alt| {
            let behind = &behind[alt + 1..];
            match behind.as_bytes().first() {
                Some(b'(') => enclosed(&behind[1..], b'(', b')'),
                Some(b'[') => enclosed(&behind[1..], b'[', b']'),
                _ => None,
            }
        });
        if let (Some(alt), Some(target)) = (alt, target) {
            let label = behind[..alt].split_whitespace().collect::<Vec<_>>().join(" ");
            // An image within the label is broken up, too.
            let label = label.replace("![", "! [");
            out.push_str(&if label.is_empty() { "[image]".to_owned() } else { format!("[image: {label}]") });
            rest = &behind[alt + target + 3..];
        } else {
            out.push_str("! [");
            rest = behind;
        }
    }
    out.push_str(rest);
    out
}

/// Where the bracket that was just opened closes; brackets in it come in pairs, or behind `\`.
fn enclosed(text: &str, open: u8, close: u8) -> Option<usize> {
    let mut depth = 0;
    let mut escaped = false;
    for (at, byte) in text.bytes().take(LONGEST).enumerate() {
        if escaped {
            escaped = false;
        } else if byte == b'\\' {
            escaped = true;
        } else if byte == open {
            depth += 1;
        } else if byte == close {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::without_images;

    #[test]
    fn images_keep_their_words_and_lose_their_addresses() {
        for (text, shown) in [
            ("see ![the chart](https://evil.example/?q=1) here", "see [image: the chart] here"),
            ("![](https://evil.example/a_(b).png \"title\")!", "[image]!"),
            ("![a [b] c](<https://evil.example/x>)", "[image: a [b] c]"),
            ("![a][1]\n\n[1]: https://evil.example/x", "[image: a]\n\n[1]: https://evil.example/x"),
            ("[![a](https://evil.example/x)](https://b.example)", "[[image: a]](https://b.example)"),
            ("![a\nb](https://evil.example/x)", "[image: a b]"),
            ("![1]\n[1]: https://evil.example/x", "! [1]\n[1]: https://evil.example/x"),
            ("![open](https://evil.example", "! [open](https://evil.example"),
            ("![![a](b)](https://evil.example/x)", "[image: ! [a](b)]"),
            ("great! [see](https://a.example)", "great! [see](https://a.example)"),
        ] {
            assert_eq!(without_images(text), shown, "{text}");
            assert_eq!(without_images(shown), shown, "{text}");
        }
    }
}
