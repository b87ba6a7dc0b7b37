//! Secrets: keys that tell themselves by how they begin, values behind a word for a password, links
//! that let in whoever has them, keys in blocks, and long strings that no person made up.

mod keys;
mod labelled;
mod links;
mod random;
mod words;

use super::Place;

/// What stands instead of one.
const LABEL: &str = "[secret]";

pub(super) fn find(text: &str, places: &mut Vec<Place>) {
    let mut add = |start: usize, end: usize| places.push(Place { start, end, label: LABEL });
    blocks(text, &mut add);
    keys::find(text, &mut add);
    links::find(text, &mut add);
    labelled::find(text, &mut add);
    random::find(text, &mut add);
}

/// Everything from `-----BEGIN … PRIVATE KEY-----` to its end, or to the end of the text.
fn blocks(text: &str, add: &mut impl FnMut(usize, usize)) {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    let mut at = 0;
    while let Some(found) = text[at..].find(BEGIN) {
        let start = at + found;
        let title = start + BEGIN.len();
        at = title;
        // Longer than every title.
        let line = &text[title..text.floor_char_boundary((title + 60).min(text.len()))];
        let Some(length) = line.find("-----").filter(|length| line[..*length].contains("PRIVATE KEY")) else {
            continue;
        };
        let body = title + length + 5;
        at = match text[body..].find(END) {
            Some(end) => {
                let tail = body + end + END.len();
                text[tail..].find("-----").map_or(text.len(), |close| tail + close + 5)
            }
            None => text.len(),
        };
        add(start, at);
    }
}

/// Bytes from that place on that such a value takes.
fn run(text: &str, at: usize, fits: impl Fn(u8) -> bool) -> usize {
    text.as_bytes()[at..].iter().take_while(|byte| fits(**byte)).count()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Whether a word begins at that place.
fn begins_word(text: &str, at: usize) -> bool {
    !text[..at].bytes().next_back().is_some_and(|byte| byte.is_ascii_alphanumeric())
}
