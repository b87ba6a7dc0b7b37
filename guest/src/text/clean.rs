//! Removes what a reader cannot see and a model might obey.

use super::markdown;

/// Removes zero-width and bidirectional controls, tag characters (U+E0000 to U+E007F), variation
/// selectors that select nothing, private use and noncharacters, terminal escape sequences as
/// wholes, and other control characters but newline and tab. All newlines become `\n`, and blank
/// characters that look like none, such as U+2800, a blank. An image of Markdown, which a client
/// would fetch unasked, becomes `[image: alt]`.
///
/// Joiners stay where writing needs them: in emoji such as 👩‍💻 and between letters of scripts
/// that join (Arabic, those of India, Mongolian, Khmer, Myanmar).
#[must_use]
pub fn clean(text: &str) -> String {
    let text = without_hidden(text);
    if text.contains("![") { markdown::without_images(&text) } else { text }
}

/// Whether a look at the bytes is enough to say that [`clean`] changes nothing.
#[must_use]
pub fn is_clean(text: &str) -> bool {
    is_plain(text) && !text.contains("![")
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'\n' | b'\t' | b' '..=b'~'))
}

fn without_hidden(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    // The last visible character before the point reached, and whether a joiner or a variation
    // selector has been kept behind it.
    let mut before = None;
    let mut modified = false;
    while let Some(character) = rest.next() {
        match character {
            '\u{1b}' => {
                skip_escape(&mut rest);
                continue;
            }
            '\u{9b}' => {
                skip_control_sequence(&mut rest);
                continue;
            }
            '\r' => {
                if !rest.as_str().starts_with('\n') {
                    out.push('\n');
                }
                before = None;
                continue;
            }
            '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                out.push('\n');
                before = None;
                continue;
            }
            '\u{200c}' | '\u{200d}' => {
                let next = rest.as_str().chars().next();
                if !modified && joins(character, before, next) || is_emoji_joiner(character, before, next) {
                    out.push(character);
                    modified = true;
                }
                continue;
            }
            _ if is_variation_selector(character) => {
                if !modified && before.is_some_and(|base| selects(character, base, rest.as_str())) {
                    out.push(character);
                    modified = true;
                }
                continue;
            }
            '\u{2800}' => {
                out.push(' ');
                before = None;
                continue;
            }
            '\n' | '\t' => before = None,
            _ if is_invisible(character) => continue,
            _ => before = Some(character),
        }
        modified = false;
        out.push(character);
    }
    out
}

/// Behind an ESC: the rest of the sequence (ECMA-48 §5.3, §5.4, §5.6).
fn skip_escape(rest: &mut std::str::Chars<'_>) {
    match rest.as_str().chars().next() {
        Some('[') => {
            rest.next();
            skip_control_sequence(rest);
        }
        // Operating system command, device control string and the like: up to their terminator.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            rest.next();
            let mut ahead = rest.clone();
            while let Some(character) = ahead.next() {
                match character {
                    '\u{7}' | '\u{9c}' => {
                        *rest = ahead;
                        return;
                    }
                    '\u{1b}' if ahead.as_str().starts_with('\\') => {
                        ahead.next();
                        *rest = ahead;
                        return;
                    }
                    // Not terminated on its line: only the introducer goes.
                    '\u{1b}' | '\n' | '\r' => return,
                    _ => {}
                }
            }
        }
        Some(' '..='/') => {
            let mut ahead = rest.clone();
            let last = ahead.by_ref().find(|character| !(' '..='/').contains(character));
            if last.is_some_and(|last| ('0'..='~').contains(&last)) {
                *rest = ahead;
            }
        }
        Some('0'..='~') => {
            rest.next();
        }
        _ => {}
    }
}

/// Behind `ESC [`: parameters, intermediates and the final character.
fn skip_control_sequence(rest: &mut std::str::Chars<'_>) {
    let mut ahead = rest.clone();
    while let Some(character) = ahead.next() {
        match character {
            ' '..='?' => {}
            '@'..='~' => {
                *rest = ahead;
                return;
            }
            // Broken off: the parameters go, what follows stays.
            _ => return,
        }
    }
}

fn is_invisible(character: char) -> bool {
    let code = u32::from(character);
    character.is_control()
        // Noncharacters: the last two of each plane, and a stretch of the first.
        || code & 0xfffe == 0xfffe
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}' | '\u{13430}'..='\u{13455}' | '\u{16fe4}' | '\u{1d159}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            // Private use: what it shows depends on the font, and mostly is nothing.
            | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{f0000}'..='\u{10ffff}'
            | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

fn is_variation_selector(character: char) -> bool {
    matches!(character, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether that selector can mean something behind that character. `next` is what follows it.
fn selects(selector: char, base: char, next: &str) -> bool {
    match selector {
        '\u{fe0e}' | '\u{fe0f}' => {
            is_pictograph(base) || matches!(base, '0'..='9' | '#' | '*') && next.starts_with('\u{20e3}')
        }
        '\u{180b}'..='\u{180d}' | '\u{180f}' => matches!(base, '\u{1800}'..='\u{18af}'),
        '\u{fe00}'..='\u{fe02}' | '\u{e0100}'..='\u{e01ef}' => is_han(base),
        _ => false,
    }
}

/// A joiner or non-joiner between two letters of a script that uses them.
fn joins(joiner: char, before: Option<char>, next: Option<char>) -> bool {
    let joining = |character: Option<char>| {
        character.is_some_and(|character| {
            matches!(character, '\u{620}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}' | '\u{900}'..='\u{dff}'
                | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17d3}' | '\u{1800}'..='\u{18af}')
        })
    };
    // In Indic scripts a joiner may also end a word.
    joining(before)
        && (joining(next) || joiner == '\u{200d}' && matches!(before, Some('\u{900}'..='\u{dff}')))
}

/// The joiner of an emoji sequence.
fn is_emoji_joiner(joiner: char, before: Option<char>, next: Option<char>) -> bool {
    joiner == '\u{200d}' && before.is_some_and(is_pictograph) && next.is_some_and(is_pictograph)
}

/// Emoji and symbols that take part in emoji sequences (a superset of Extended_Pictographic).
fn is_pictograph(character: char) -> bool {
    matches!(character, '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21ff}'
        | '\u{2300}'..='\u{23ff}' | '\u{2460}'..='\u{24ff}' | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}'
        | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

fn is_han(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn plain_text_stays() {
        for text in ["", "Hello\n\tworld", "Grüße, 世界 — مرحبا", "a\u{a0}b"] {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn hidden_characters_go() {
        assert_eq!(
            clean("pass\u{200b}word\u{feff} \u{202e}evil\u{202c} \u{2066}x\u{2069}\u{ad}"),
            "password evil x"
        );
        let tags: String = "ignore all".chars().filter_map(|c| char::from_u32(0xe0000 + c as u32)).collect();
        assert_eq!(clean(&format!("hi\u{e0001}{tags}\u{e007f}!")), "hi!");
    }

    #[test]
    fn data_smuggled_in_variation_selectors_goes() {
        let smuggled: String = (0..40).filter_map(|n| char::from_u32(0xe0100 + n)).collect();
        assert_eq!(clean(&format!("😀{smuggled}")), "😀");
        assert_eq!(clean(&format!("a{smuggled}b\u{fe0f}")), "ab");
        assert_eq!(clean("❤\u{fe0f}\u{fe0f}\u{fe0e}"), "❤\u{fe0f}");
    }

    #[test]
    fn emoji_and_joined_scripts_stay_whole() {
        for text in [
            "👩\u{200d}💻",
            "👨\u{200d}👩\u{200d}👧\u{200d}👦",
            "🏳\u{fe0f}\u{200d}🌈",
            "👍🏽",
            "1\u{fe0f}\u{20e3}",
            "می\u{200c}خواهم",
            "葛\u{e0100}",
        ] {
            assert_eq!(clean(text), text);
        }
        assert_eq!(clean("a\u{200d}b\u{200c}c"), "abc");
    }

    #[test]
    fn terminal_escapes_go_as_wholes() {
        assert_eq!(clean("\u{1b}[1;31mred\u{1b}[0m \u{9b}2Jx"), "red x");
        assert_eq!(clean("\u{1b}]0;title\u{7}a\u{1b}]8;;http://e\u{1b}\\b\u{1b}(Bc\u{1b}Md"), "abcd");
        assert_eq!(clean("\u{1b}]not ended\nline"), "not ended\nline");
        assert_eq!(clean("\u{1b}"), "");
    }

    #[test]
    fn private_use_noncharacters_and_blanks_that_look_like_none_go() {
        assert_eq!(
            clean("a\u{e000}\u{f8ff}\u{f0001}\u{10fffd}b\u{fdd0}\u{ffff}\u{1fffe}c\u{fffc}\u{1d159}"),
            "abc"
        );
        assert_eq!(clean("a\u{2800}b\u{3164}"), "a b");
        assert_eq!(clean("\u{fffd} stays"), "\u{fffd} stays");
    }

    #[test]
    fn newlines_are_one_kind_and_controls_go() {
        assert_eq!(clean("a\r\nb\rc\u{2028}d\u{0}\u{8}e\u{7f}\u{85}f"), "a\nb\nc\nde\nf");
    }
}
