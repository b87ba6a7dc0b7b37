//! JSON as JavaScript writes it: a text that was cut in the middle of an emoji ends in half of a
//! surrogate pair (`"\ud83d"`), which no Unicode text can hold and `serde_json` refuses. One such
//! name must not cost the page that it stands on.

use serde_json::Value;

/// Reads JSON. Halves of surrogate pairs and bytes that are not UTF-8 become U+FFFD, control
/// characters that were written as they are stay.
///
/// # Errors
/// What is wrong with the original, when it is no JSON in this sense either.
pub fn parse(body: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(body).or_else(|error| serde_json::from_str(&mended(body)).map_err(|_| error))
}

fn mended(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut out = String::with_capacity(text.len());
    let mut rest: &str = &text;
    let mut in_string = false;
    while let Some(next) = rest.chars().next() {
        let escape = if in_string && next == '\\' { escape(rest) } else { None };
        let taken = match (escape, next) {
            (Some(Escape::Half), _) => {
                out.push('\u{fffd}');
                ESCAPE
            }
            (Some(Escape::Whole(length)), _) => {
                out.push_str(&rest[..length]);
                length
            }
            (None, control) if in_string && control < ' ' => {
                out.push_str(&format!("\\u{:04x}", u32::from(control)));
                1
            }
            (None, other) => {
                in_string ^= other == '"';
                out.push(other);
                other.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    out
}

/// Bytes of `\uXXXX`.
const ESCAPE: usize = 6;

enum Escape {
    /// Half of a surrogate pair without the other one.
    Half,
    /// Anything else, with its length in bytes.
    Whole(usize),
}

/// The escape that a text begins with.
fn escape(text: &str) -> Option<Escape> {
    let Some(first) = unit(text) else {
        // `\n` and the like; the character after the backslash must not end the string.
        return text.chars().nth(1).map(|second| Escape::Whole(1 + second.len_utf8()));
    };
    Some(match first {
        0xd800..=0xdbff if matches!(text.get(ESCAPE..).and_then(unit), Some(0xdc00..=0xdfff)) => {
            Escape::Whole(2 * ESCAPE)
        }
        0xd800..=0xdfff => Escape::Half,
        _ => Escape::Whole(ESCAPE),
    })
}

/// The UTF-16 unit of `\uXXXX`.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn half_an_emoji_costs_itself_and_nothing_else() {
        for (body, expected) in [
            (r#"{"name":"Ann \ud83d"}"#, "Ann \u{fffd}"),
            (r#"{"name":"\ude00 Ann"}"#, "\u{fffd} Ann"),
            (r#"{"name":"\ud83d\ud83d\ude00"}"#, "\u{fffd}\u{1f600}"),
            (r#"{"name":"\ud83d\u0041"}"#, "\u{fffd}A"),
            (r#"{"name":"\ud83d\n\\ud83d\""}"#, "\u{fffd}\n\\ud83d\""),
            (r#"{"name":"\uD83D and \uD83D\uDE00"}"#, "\u{fffd} and \u{1f600}"),
            ("{\"name\":\"a\tb\u{0}c\"}", "a\tb\u{0}c"),
        ] {
            assert_eq!(parse(body.as_bytes()).expect(body), json!({"name": expected}), "{body}");
        }
        assert_eq!(parse(b"{\"name\":\"caf\xe9\"}").expect("read"), json!({"name": "caf\u{fffd}"}));
        assert_eq!(parse(br#"{"\udc00":[1]}"#).expect("read"), json!({"\u{fffd}": [1]}));
    }

    #[test]
    fn what_breaks_off_is_still_an_error() {
        for body in [r#"{"name":"Ann \ud83d"#, r#"{"name":"Ann \ud83"}"#, r#"{"name":"\"#, "", "{"] {
            assert!(parse(body.as_bytes()).is_err(), "{body}");
        }
    }
}
