//! Text from outside, made fit for a terminal and a log.

/// At most so many bytes of the text, on one line, without control characters.
#[must_use]
pub fn printable(text: &str, at_most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(at_most));
    for character in text.chars() {
        let character = if character.is_control() { ' ' } else { character };
        if out.len() + character.len_utf8() > at_most {
            out.push('…');
            break;
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_line_breaks_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\nc", 100), "a [31mb c");
        assert_eq!(printable("äöü", 4), "äö…");
    }
}
