//! Properties that hold for any text, and the time that hostile text may take.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{clean, html_to_text, index_phrase, index_text};

/// Texts that make careless code quadratic, or recursive, or panic.
fn hostile() -> Vec<String> {
    let pieces = [
        "<",
        "<a",
        "<a ",
        "<a href=\"",
        "<a href='x'>",
        "</",
        "</a",
        "<!--",
        "<!",
        "<script>",
        "</script",
        "&",
        "&#",
        "&amp",
        "<a=\">\"",
        "<p title=\">\" '>",
        "<li>",
        "<ul>",
        "<pre>",
        "<img alt=",
        "\u{1b}]",
        "\u{1b}[",
        "\u{1b}[1",
        "\u{200d}",
        "日",
        "ที่",
        "<style></styl",
        "<br>",
        "\u{a0}",
        "=",
        "<a =",
        "<a '=\"",
    ];
    pieces.iter().map(|piece| piece.repeat(200_000 / piece.len())).collect()
}

#[test]
fn hostile_text_takes_linear_time() {
    for text in hostile() {
        let began = Instant::now();
        let plain = clean(&html_to_text(&text));
        let _ = (index_text(&plain), index_phrase(&plain));
        let taken = began.elapsed();
        // A quadratic pass over 200 KB takes many seconds; a linear one, unoptimised, well under one.
        let begins: String = text.chars().take(12).collect();
        assert!(taken < Duration::from_secs(2), "{begins:?}… took {taken:?}");
    }
}

fn markup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<p>".to_owned()),
        Just("</p>".to_owned()),
        Just("<a href=\"https://x.example\">".to_owned()),
        Just("</a>".to_owned()),
        Just("<li>".to_owned()),
        Just("<ul>".to_owned()),
        Just("</ul>".to_owned()),
        Just("<pre>".to_owned()),
        Just("<!--".to_owned()),
        Just("-->".to_owned()),
        Just("<script>".to_owned()),
        Just("</script>".to_owned()),
        Just("<img alt='".to_owned()),
        Just("&amp;".to_owned()),
        Just("&#x1F600;".to_owned()),
        Just("<br/>".to_owned()),
        ".{0,8}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_markup_becomes_text(html in markup()) {
        let text = html_to_text(&html);
        prop_assert_eq!(text.trim_end(), text.as_str());
        prop_assert!(!text.contains("\n\n\n") || html.contains("\n\n\n"));
    }

    #[test]
    fn text_without_markup_only_loses_blanks(text in "[a-z0-9 .,\n]{0,200}") {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(words(&html_to_text(&text)), words(&text));
    }

    #[test]
    fn cleaning_twice_changes_nothing(text in "\\PC{0,40}[\\u{1b}\\u{200b}-\\u{200f}\\u{fe0f}\\u{1f469}\\u{1f4bb}\\u{e0041}\\[a-c1;\r\n]{0,40}") {
        let once = clean(&text);
        prop_assert_eq!(clean(&once), once.clone());
        let hidden = ['\u{1b}', '\r', '\u{202e}', '\u{e0041}', '\0'];
        prop_assert!(!once.contains(hidden));
    }

    #[test]
    fn every_character_without_blanks_begins_a_token(text in "[日本語のてาที่a ]{0,30}") {
        let indexed = index_text(&text);
        for word in text.split(|character: char| !matches!(character, '日' | '本' | '語' | 'の' | 'て')).filter(|word| !word.is_empty()) {
            for character in word.chars() {
                prop_assert!(indexed.split(' ').any(|token| token.starts_with(character)));
            }
        }
        let _ = index_phrase(&text);
    }
}
