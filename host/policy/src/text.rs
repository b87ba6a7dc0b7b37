//! Text from outside, made fit for a terminal and a log.

/// At most so many bytes of the text, on one line, without control characters, and without those
/// that change what a person sees: other directions, other lines, invisible tags.
#[must_use]
pub fn printable(text: &str, at_most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(at_most));
    for character in text.chars() {
        let character = if character.is_control() || misleads(character) { ' ' } else { character };
        if out.len() + character.len_utf8() > at_most {
            out.push('…');
            break;
        }
        out.push(character);
    }
    out
}

/// All of the text on one line for a terminal, as [`printable`], but for joiners: letters of
/// Persian or Hindi and emoji of several parts need them, and they hide nothing.
#[must_use]
pub fn visible(text: &str) -> String {
    let seen = |character: char| {
        let joins = matches!(character, '\u{200c}' | '\u{200d}');
        if !joins && (character.is_control() || misleads(character)) { ' ' } else { character }
    };
    text.chars().map(seen).collect()
}

/// Marks of direction, line and paragraph separators, characters without width, and tags.
fn misleads(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_line_breaks_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\nc", 100), "a [31mb c");
        assert_eq!(printable("äöü", 4), "äö…");
        assert_eq!(visible("a\u{1b}]0;x\u{7}b\u{9b}2J\u{202e}c\u{200d}d\r\n"), "a ]0;x b 2J c\u{200d}d  ");
        assert_eq!(printable("a\u{202e}b\u{e0041}c\u{2028}d", 100), "a b c d");
    }
}
