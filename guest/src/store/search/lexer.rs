//! What was typed, taken apart.

use super::stop_words::{is_stop_word, is_stop_word_among, without_elision};

/// How many words may lie between those of a NEAR, unless it says otherwise (as in FTS5).
const NEAR_DISTANCE: u32 = 10;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lexeme {
    /// A word, or what stood between quotation marks.
    Text {
        text: String,
        quoted: bool,
        prefix: bool,
    },
    Or,
    Not,
    Open,
    Close,
    /// `NEAR(` and everything to its bracket: the words, and the distance.
    Near(Vec<String>, u32),
}

pub fn lexemes(typed: &str) -> Vec<Lexeme> {
    let letters: Vec<char> = typed.chars().map(straight).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        let starts_word = at == 0 || letters[at - 1].is_whitespace() || "(-".contains(letters[at - 1]);
        match letter {
            _ if letter.is_whitespace() => at += 1,
            '"' => {
                let end =
                    letters[at + 1..].iter().position(|c| *c == '"').map_or(letters.len(), |n| at + 1 + n);
                let prefix = letters.get(end + 1) == Some(&'*');
                found.push(Lexeme::Text {
                    text: letters[at + 1..end].iter().collect(),
                    quoted: true,
                    prefix,
                });
                at = end + 1 + usize::from(prefix);
            }
            '-' if starts_word && letters.get(at + 1).is_some_and(|c| !c.is_whitespace() && *c != '-') => {
                found.push(Lexeme::Not);
                at += 1;
            }
            '(' if starts_word && is_area_code(&letters[at + 1..]) => {
                let length = letters[at..].iter().position(|c| *c == ')').map_or(1, |place| place + 1);
                let text = letters[at..at + length].iter().collect();
                found.push(Lexeme::Text { text, quoted: false, prefix: false });
                at += length;
            }
            '(' if starts_word => {
                found.push(Lexeme::Open);
                at += 1;
            }
            ')' => {
                found.push(Lexeme::Close);
                at += 1;
            }
            _ => {
                let rest = &letters[at..];
                if let Some((near, length)) = near(rest) {
                    found.push(near);
                    at += length;
                    continue;
                }
                let length = rest
                    .iter()
                    .position(|c| c.is_whitespace() || *c == '"' || *c == ')')
                    .unwrap_or(rest.len());
                let word: String = rest[..length].iter().collect();
                at += length;
                let parts = parts(&word);
                if parts.len() > 1 && !matches!(found.last(), Some(Lexeme::Not | Lexeme::Or)) {
                    let text =
                        |part: &&str| Lexeme::Text { text: (*part).to_owned(), quoted: false, prefix: false };
                    found.extend(parts.iter().map(text));
                    continue;
                }
                found.push(match word.as_str() {
                    "OR" | "|" | "||" => Lexeme::Or,
                    "NOT" => Lexeme::Not,
                    "AND" | "&" | "&&" | "+" => continue,
                    _ => {
                        let prefix = word.ends_with('*');
                        Lexeme::Text { text: word, quoted: false, prefix }
                    }
                });
            }
        }
    }
    found
}

/// Words that are written without a blank between them and are no name or number: `refund/chargeback`.
fn parts(text: &str) -> Vec<&str> {
    let parts: Vec<&str> = text
        .split(['/', ',', ';', ':', '—', '–', '…'])
        .flat_map(|part| part.split("..."))
        .filter(|part| !part.is_empty())
        .collect();
    let is_word = |part: &&str| {
        let word = part.trim_end_matches(['?', '!', '.']);
        word.chars().count() > 2 && word.chars().all(char::is_alphabetic)
    };
    if parts.iter().all(is_word) { parts } else { Vec::new() }
}

/// `415)`, of a phone number.
fn is_area_code(letters: &[char]) -> bool {
    let digits = letters.iter().take_while(|letter| letter.is_ascii_digit()).count();
    (2..=5).contains(&digits) && letters.get(digits) == Some(&')')
}

/// Puts a number together that is written in groups, such as `+49 170 1234567` or an IBAN: what
/// begins like one of these and goes on in digits. Two numbers side by side stay two.
pub fn with_numbers_joined(lexemes: Vec<Lexeme>) -> Vec<Lexeme> {
    let plain = |lexeme: &Lexeme| match lexeme {
        Lexeme::Text { text, quoted: false, prefix: false } => Some(text.clone()),
        _ => None,
    };
    let is_group = |text: &str, most: usize| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        (1..=most).contains(&digits)
            && text.bytes().all(|byte| byte.is_ascii_digit() || b"()-./".contains(&byte))
    };
    let is_beginning = |text: &str| {
        let rest = text.trim_start_matches(['+', '(']);
        let is_iban = text.len() == 4
            && text.bytes().take(2).all(|byte| byte.is_ascii_uppercase())
            && text.bytes().skip(2).all(|byte| byte.is_ascii_digit());
        is_iban || ((rest.len() < text.len() || text.starts_with('0')) && is_group(rest, 5))
    };
    let mut joined = Vec::with_capacity(lexemes.len());
    let mut at = 0;
    while at < lexemes.len() {
        let rest = lexemes[at..].iter().map_while(plain).enumerate();
        let groups: Vec<String> = rest
            .take_while(|(place, text)| is_group(text, 8) || (*place == 0 && is_beginning(text)))
            .map(|(_, text)| text)
            .collect();
        let digits: usize = groups.iter().map(|text| text.bytes().filter(u8::is_ascii_digit).count()).sum();
        let is_one = groups.len() > 1
            && (7..=34).contains(&digits)
            && (is_beginning(&groups[0])
                || (groups.len() > 2 && groups.iter().all(|text| is_group(text, 4))));
        if is_one {
            at += groups.len();
            joined.push(Lexeme::Text { text: groups.join(" "), quoted: false, prefix: false });
        } else {
            joined.push(lexemes[at].clone());
            at += 1;
        }
    }
    joined
}

/// Leaves out the words of grammar, unless there is nothing else.
pub fn without_stop_words(mut lexemes: Vec<Lexeme>) -> Vec<Lexeme> {
    for lexeme in &mut lexemes {
        if let Lexeme::Text { text, quoted: false, .. } = lexeme {
            *text = without_elision(text).to_owned();
        }
    }
    let words: Vec<&str> = lexemes
        .iter()
        .filter_map(|lexeme| match lexeme {
            Lexeme::Text { text, quoted: false, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let is_grammar = |lexeme: &Lexeme| matches!(lexeme, Lexeme::Text { text, quoted: false, prefix: false } if is_stop_word(text) || is_stop_word_among(text, &words));
    let says_something =
        |lexeme: &Lexeme| matches!(lexeme, Lexeme::Text { .. } | Lexeme::Near(..)) && !is_grammar(lexeme);
    let mut rest = Vec::with_capacity(lexemes.len());
    let has_content =
        lexemes.iter().enumerate().any(|(at, lexeme)| says_something(lexeme) && !excluded(&lexemes, at));
    for (at, lexeme) in lexemes.iter().enumerate() {
        if !has_content || !is_grammar(lexeme) || excluded(&lexemes, at) {
            rest.push(lexeme.clone());
        }
    }
    rest
}

fn excluded(lexemes: &[Lexeme], at: usize) -> bool {
    at > 0 && lexemes[at - 1] == Lexeme::Not
}

/// Quotation marks of all sorts become the plain ones.
fn straight(letter: char) -> char {
    match letter {
        '“' | '”' | '„' | '‟' | '«' | '»' | '＂' => '"',
        '‘' | '’' => '\'',
        other => other,
    }
}

/// `NEAR(one two, 5)` at the beginning of these letters, and how long it is.
fn near(letters: &[char]) -> Option<(Lexeme, usize)> {
    if !letters.starts_with(&['N', 'E', 'A', 'R', '(']) {
        return None;
    }
    let close = letters.iter().position(|letter| *letter == ')')?;
    let inside: String = letters[5..close].iter().collect();
    let (words, distance) = match inside.rsplit_once(',') {
        Some((words, number)) => match number.trim().parse::<u32>() {
            Ok(number) => (words.to_owned(), number.min(100)),
            Err(_) => (inside, NEAR_DISTANCE),
        },
        None => (inside, NEAR_DISTANCE),
    };
    let mut parts = Vec::new();
    for (index, piece) in words.split('"').enumerate() {
        if index % 2 == 1 {
            parts.push(piece.to_owned());
        } else {
            parts.extend(piece.split_whitespace().map(str::to_owned));
        }
    }
    Some((Lexeme::Near(parts, distance), close + 1))
}
