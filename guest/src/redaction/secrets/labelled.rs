//! Values behind a word for a secret: `password: …`, `"token": "…"`, "my password is …".

use std::sync::OnceLock;

use super::links::is_placeholder;
use super::words::{COPULAS, DETERMINERS, GOES_ON, Kind, SIGNS, is_common, is_no_secret, words};
use super::{random, run};
use crate::text::patterns::{Case, Patterns};

/// Longest value in quotes, in bytes.
const LONGEST: usize = 1_000;
/// Marks around words and values: of quotation, Markdown, JSON.
const MARKS: &str = "\"'`*“”„‘’«»‹›「」『』\\";

/// How sure it is that a value follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// A colon, an equals sign, a cell of a table, an element of XML.
    Sign,
    /// "is" and its like.
    Word,
    /// A blank, a dash.
    Blank,
}

/// The words, and what finds them.
struct Sought {
    words: Vec<(&'static str, Kind)>,
    finder: Patterns,
}

fn sought() -> Option<&'static Sought> {
    static SOUGHT: OnceLock<Option<Sought>> = OnceLock::new();
    SOUGHT
        .get_or_init(|| {
            let words: Vec<_> = words().collect();
            let sought: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let finder = Patterns::new(&sought, Case::Either)?;
            Some(Sought { words, finder })
        })
        .as_ref()
}

pub(super) fn find(text: &str, add: &mut impl FnMut(usize, usize)) {
    let mut done = 0;
    let Some(sought) = sought() else { return };
    for found in sought.finder.find_iter(text.as_bytes()) {
        let (word, kind) = sought.words[found.pattern().as_usize()];
        if found.start() < done || !stands_alone(text, found.start(), found.end(), word) {
            continue;
        }
        let value = behind(text, found.end(), kind, found.start());
        if let Some((start, end, fits)) = value
            && (fits || end - start > LONGEST)
        {
            // What is long and no value is not looked at once more, for the words in it.
            done = end;
            if fits {
                add(start, end);
            }
        } else if matches!(kind, Kind::Password | Kind::Token | Kind::Code)
            && let Some((start, end)) = before(text, found.start())
        {
            add(start, end);
        }
    }
}

/// Not a part of another word. Long ones may end a name: `dbPassword`, `mytoken`.
fn stands_alone(text: &str, start: usize, end: usize, word: &str) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    let first = text[start..].chars().next();
    let joined_before = before.is_some_and(|letter| letter.is_ascii_alphanumeric());
    let camel = joined_before
        && first.is_some_and(char::is_uppercase)
        && before.is_some_and(|letter| !letter.is_uppercase());
    let may_end_a_name = camel || word.len() >= 6 || word == "token";
    let ascii = word.is_ascii();
    // What stands for another secret.
    if text[..start].ends_with('[') && text[start..].starts_with("secret]") {
        return false;
    }
    let free_before = if ascii {
        // `--password`, but not `-u` within a word.
        if word.starts_with('-') {
            before.is_none_or(char::is_whitespace)
        } else {
            !joined_before || may_end_a_name
        }
    } else {
        !before.is_some_and(|letter| letter.is_ascii_alphanumeric())
            || !first.is_some_and(|first| first.is_ascii())
    };
    let joined_after = match after {
        None => false,
        Some(letter) if letter.is_ascii_lowercase() => true,
        // `passwordHash`, `tokenId`: names of something else, or of the secret itself.
        Some(letter) if letter.is_ascii_uppercase() => {
            ascii && !text[end..].starts_with("Key") && !text[end..].starts_with("Value")
        }
        // `password1`
        Some(letter) if letter.is_ascii_digit() => {
            text.as_bytes().get(end + 1).is_some_and(u8::is_ascii_alphanumeric)
        }
        Some(letter) => ascii && letter.is_alphabetic() && is_latin(letter),
    };
    free_before && !joined_after
}

fn is_latin(letter: char) -> bool {
    letter < '\u{250}'
}

/// What stands behind the word that ends there, and whether it is a value.
fn behind(text: &str, end: usize, kind: Kind, start: usize) -> Option<(usize, usize, bool)> {
    let (at, joined) = name_end(text, end)?;
    if kind == Kind::Authorization {
        return authorization(text, at).map(|(start, end)| (start, end, true));
    }
    if kind == Kind::Login {
        return login(text, at).map(|(start, end)| (start, end, true));
    }
    let is_element = text[..start].ends_with(['<', ':', '_', '-'])
        && text[at..].starts_with('>')
        && text[..start].contains('<');
    let (at, link) = if is_element { (at + 1, Link::Sign) } else { link(text, at)? };
    if link == Link::Blank && joined {
        return None;
    }
    if kind == Kind::Cookie {
        let line = at + text[at..].find(['\n', '"', '\'']).unwrap_or(text.len() - at);
        return (link == Link::Sign && text[at..line].contains('=')).then_some((at, line, true));
    }
    let is_assigned = text[..at].ends_with('=');
    let (at, quote) = opened(text, at, link)?;
    let value_end = closed(text, at, quote, kind);
    let value = &text[at..value_end];
    let fits = match kind {
        Kind::Password | Kind::Token | Kind::Phrase => {
            is_password(value, link, quote.is_some(), is_assigned, kind)
        }
        Kind::Code => is_code(value, link),
        _ => {
            link != Link::Word && is_made(value) && value.len() >= 16
                || link == Link::Sign && is_made(value) && value.len() >= 12
        }
    };
    Some((at, value_end, fits))
}

/// Where the word's name ends, which may go on, and whether it does: `SECRET_KEY`, `token value`.
/// `None`: it goes on to the name of something else, `token_type`.
fn name_end(text: &str, mut at: usize) -> Option<(usize, bool)> {
    let mut joined = false;
    for _ in 0..4 {
        let rest = &text[at..];
        let digits = run(text, at, |byte| byte.is_ascii_digit());
        if digits == 1 {
            at += 1;
            continue;
        }
        let glued =
            rest.starts_with(['_', '-', '.']) || rest.starts_with(|letter: char| letter.is_ascii_uppercase());
        let lead = usize::from(!rest.starts_with(|letter: char| letter.is_ascii_uppercase()));
        let length = run(text, (at + lead).min(text.len()), |byte| byte.is_ascii_alphabetic());
        if length == 0 {
            break;
        }
        if !glued && !rest.starts_with(' ') {
            break;
        }
        let word = text[at + lead..at + lead + length].to_ascii_lowercase();
        let camel = word.len();
        let known = GOES_ON.contains(&word.as_str())
            && (glued || matches!(word.as_str(), "key" | "value" | "again" | "access" | "id"));
        if known {
            at += lead + camel;
            joined |= glued;
        } else if glued && !rest.starts_with('.') {
            return None;
        } else {
            break;
        }
    }
    Some((at, joined))
}

/// What joins word and value, and where it ends.
fn link(text: &str, at: usize) -> Option<(usize, Link)> {
    let rest = &text[at..];
    // `"password": "x"`, `**Password:** x`, `['password'] = 'x'`
    let marks = skipped(rest, |letter| MARKS.contains(letter) || ")]}".contains(letter));
    let blanks =
        skipped(&rest[marks..], |letter| letter == ' ' || letter == '\t' || letter == '\u{a0}').min(8);
    let inner = &rest[marks + blanks..];
    // `<add key="token" value="x"/>`
    if marks > 0
        && blanks > 0
        && let Some(value) = inner.strip_prefix("value=")
    {
        return Some((text.len() - value.len(), Link::Sign));
    }
    // `password (admin): x`
    let noted = if inner.starts_with('(') {
        inner.find(')').filter(|close| *close < 40).map_or(0, |close| {
            let behind = &inner[close + 1..];
            if behind.trim_start().starts_with([':', '=', '：']) {
                close + 1 + (behind.len() - behind.trim_start().len())
            } else {
                0
            }
        })
    } else {
        0
    };
    let inner = &inner[noted..];
    if let Some(sign) = SIGNS.iter().find(|sign| inner.starts_with(**sign)) {
        let at = at + marks + blanks + noted + sign.len();
        // A new cell, not the end of the table's line; no address of a program `token::new`.
        let next = &text[at..];
        return (!next.starts_with(':') && !next.starts_with("//")).then_some((at, Link::Sign));
    }
    let copula = COPULAS.iter().find(|copula| {
        inner.get(..copula.len()).is_some_and(|word| word.eq_ignore_ascii_case(copula))
            && (copula.starts_with(|letter: char| letter > '\u{900}')
                || marks + blanks > 0 && inner[copula.len()..].starts_with([' ', ':', '\n', '"']))
    });
    if let Some(copula) = copula {
        let at = at + marks + blanks + copula.len();
        return Some(if text[at..].starts_with(':') { (at + 1, Link::Sign) } else { (at, Link::Word) });
    }
    let dash = skipped(inner, |letter| super::super::digits::is_dash(letter) || letter == ',');
    let dash = if blanks > 0 && dash <= 4 { dash } else { 0 };
    (marks + blanks > 0).then_some((at + marks + blanks + dash, Link::Blank))
}

fn skipped(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.char_indices()
        .take(12)
        .find(|(_, letter)| !fits(*letter))
        .map_or_else(|| text.char_indices().nth(12).map_or(text.len(), |(at, _)| at), |(at, _)| at)
}

/// Where the value begins, and what closes it if it is in quotes.
fn opened(text: &str, at: usize, link: Link) -> Option<(usize, Option<char>)> {
    let mut quote = None;
    let mut lines = 0;
    for (index, letter) in text[at..].char_indices().take(16) {
        match letter {
            ' ' | '\t' | '\u{a0}' | '\u{3000}' => {}
            '\n' | '\r' if link == Link::Sign && lines < 2 => lines += 1,
            '"' | '\'' | '`' => quote = Some(letter),
            '“' | '„' => quote = Some('”'),
            '‘' => quote = Some('’'),
            '«' => quote = Some('»'),
            '「' => quote = Some('」'),
            '*' if text[at + index..].starts_with("**") || index > 0 && text[..at + index].ends_with('*') => {
            }
            '\\' | '|' => {}
            '(' | '[' | '{' => {
                quote = Some(match letter {
                    '(' => ')',
                    '[' => ']',
                    _ => '}',
                });
            }
            _ => return Some((at + index, quote)),
        }
    }
    None
}

/// Where the value ends.
fn closed(text: &str, at: usize, quote: Option<char>, kind: Kind) -> usize {
    let near = &text[at..text.floor_char_boundary((at + LONGEST).min(text.len()))];
    let line =
        &near[..near.find('\n').filter(|_| quote.is_some() || kind == Kind::Phrase).unwrap_or(near.len())];
    if let Some(quote) = quote
        && let Some(close) = line.find(|letter| letter == quote || quote == '”' && letter == '“')
    {
        return at + line[..close].trim_end_matches('\\').len();
    }
    if kind == Kind::Phrase {
        return at + line.trim_end_matches([' ', '.', '`', '*']).len();
    }
    let rest = &text[at..];
    let mut opened = [0_i32; 3];
    let mut end = rest.len();
    let mut ascii = true;
    for (index, letter) in rest.char_indices() {
        let bracket = "([{".find(letter).or_else(|| ")]}".find(letter));
        if let Some(bracket) = bracket {
            opened[bracket] += if "([{".contains(letter) { 1 } else { -1 };
        }
        let stops = letter.is_whitespace()
            || "\"'`<>,;|“”„「」、。，；）】".contains(letter)
            || bracket.is_some_and(|bracket| opened[bracket] < 0)
            || letter == '&' && names_a_parameter(&rest[index + 1..])
            // Where words are not parted by blanks, one ends what is written in Latin letters.
            || letter > '\u{2e80}' && index > 0 && ascii;
        if stops {
            end = index;
            break;
        }
        ascii &= letter.is_ascii();
    }
    let value = rest[..end].trim_end_matches(['.', ':', '*', '\\']);
    at + value.len()
}

/// `lang=de` behind `&`.
fn names_a_parameter(text: &str) -> bool {
    let length = run(text, 0, super::is_word).min(40);
    length > 0 && text[length..].starts_with('=')
}

fn is_password(value: &str, link: Link, quoted: bool, assigned: bool, kind: Kind) -> bool {
    if is_common(value) && link != Link::Blank {
        return true;
    }
    // `pass next_cursor`: a name, not a secret.
    let in_names = |byte: u8| byte.is_ascii_lowercase() || byte == b'_' && link == Link::Blank;
    if link != Link::Sign && !quoted && value.bytes().all(in_names) {
        return false;
    }
    let letters = value.chars().count();
    let lower = value.to_lowercase();
    let bare = lower.trim_end_matches(['!', '?', '…']);
    if value.is_empty()
        || is_placeholder(value)
        || is_code_of_a_program(value)
        || is_masked(value)
        || value.contains("://")
    {
        return false;
    }
    if is_no_secret(bare) || bare.starts_with("your") || bare.starts_with('[') {
        return false;
    }
    let is_words = value.chars().all(|letter| letter.is_alphabetic() || letter == '\'' || letter == '’');
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    match link {
        Link::Sign if quoted => kind != Kind::Phrase || value.contains(' ') || letters >= 6,
        Link::Sign if kind == Kind::Phrase => value.split(' ').count() >= 3 || digits > 0,
        // Numbers of tokens are told, and so are days on which they expire.
        // `api_key=12345`
        Link::Sign if assigned => letters >= 3,
        Link::Sign if kind == Kind::Token => {
            letters >= 6
                && (digits < letters && digits > 0
                    || is_made(value)
                    || letters >= 16
                    || letters == digits && letters >= 8)
        }
        Link::Sign => letters >= 3 && (!is_words || value.chars().any(is_latin)),
        Link::Word if quoted => !value.contains(' ') || kind == Kind::Phrase,
        Link::Word => {
            letters >= 4 && (digits == letters && kind == Kind::Password || letters >= 5 && is_made(value))
        }
        Link::Blank if quoted => letters >= 5 && is_made(value) && !value.contains(' '),
        Link::Blank if kind == Kind::Token => letters >= 12 && is_made(value) && digits > 0,
        Link::Blank => letters >= 6 && is_made(value) && digits < letters,
    }
}

fn is_code(value: &str, link: Link) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let most = value.len() <= 12 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match link {
        Link::Sign => most && digits >= 3,
        _ => (3..=8).contains(&digits) && digits == value.len(),
    }
}

/// Nobody's word: with digits and letters, signs within, or capitals within.
fn is_made(value: &str) -> bool {
    let mut letters = value.chars();
    letters.next();
    let capital_within = letters.clone().any(char::is_uppercase) && value.chars().any(char::is_lowercase);
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    let has_letter = value.chars().any(char::is_alphabetic);
    let sign_within =
        value.trim_end_matches(['!', '?', '%']).chars().any(|letter| "!@#$%^&*_+=~?".contains(letter));
    let numeric = value.bytes().all(|byte| byte.is_ascii_digit() || b".,:/%-".contains(&byte));
    let has_both = has_digit && has_letter;
    !numeric && (has_both || capital_within && !value.contains('-') || sign_within && has_letter)
        || value.len() >= 24 && random::is_random(value.as_bytes())
}

/// Three stars or dots, which somebody put in its place.
fn is_masked(value: &str) -> bool {
    let masks = |masks: &str| value.chars().all(|letter| masks.contains(letter));
    masks("*•●·.…-_") || value.len() > 2 && masks("*•●·.xX…-_")
}

/// What a program reads its secret from.
fn is_code_of_a_program(value: &str) -> bool {
    [
        "process.env",
        "os.environ",
        "os.getenv",
        "getenv",
        "env.",
        "env(",
        "env[",
        "config.",
        "settings.",
        "secrets.",
        "self.",
        "this.",
        "System.",
        "var.",
    ]
    .iter()
    .any(|begins| value.starts_with(begins))
        || value.ends_with(')')
            && value.contains('(')
            && value.bytes().all(|byte| super::is_word(byte) || b".()".contains(&byte))
}

/// `Authorization: Basic …`, with whatever scheme.
fn authorization(text: &str, at: usize) -> Option<(usize, usize)> {
    let (at, link) = link(text, at)?;
    if link != Link::Sign {
        return None;
    }
    let (at, _) = opened(text, at, link)?;
    let line = &text[at..text.floor_char_boundary((at + 8_000).min(text.len()))];
    let value = &line[..line.find(['\n', '"', '\'', '`', '<']).unwrap_or(line.len())];
    let value = value.trim_end_matches([' ', '.', ',', ')', '*', '\\', '\r']);
    let (scheme, secret) = value.split_once(' ').unwrap_or(("", value));
    if scheme.is_empty() {
        return (secret.len() >= 8 && is_made(secret)).then_some((at, at + secret.len()));
    }
    let start = at + scheme.len() + 1;
    // Digest and signatures have many fields; everything else is one word.
    let many = secret.contains('=') && secret.contains(',');
    let secret = if many { secret } else { secret.split_whitespace().next().unwrap_or_default() };
    (secret.len() >= 6 && !is_placeholder(secret)).then_some((start, start + secret.len()))
}

/// `curl -u user:password`.
fn login(text: &str, at: usize) -> Option<(usize, usize)> {
    let blanks = skipped(&text[at..], |letter| " =\"':".contains(letter));
    let at = at + blanks;
    let length = text[at..]
        .find(|letter: char| letter.is_whitespace() || "\"'`".contains(letter))
        .unwrap_or(text.len() - at);
    let value = &text[at..at + length.min(300)];
    let colon = value.find(':')?;
    let secret = &value[colon + 1..];
    (blanks > 0 && secret.len() >= 3 && !is_placeholder(secret) && !secret.starts_with('/'))
        .then_some((at + colon + 1, at + value.len()))
}

/// `… is my password`: the value before the word that begins there.
fn before(text: &str, start: usize) -> Option<(usize, usize)> {
    let near = &text[text.ceil_char_boundary(start.saturating_sub(120))..start];
    let mut rest = near.strip_suffix(' ')?;
    let mut determined = false;
    while let Some(word) = rest
        .rsplit(' ')
        .next()
        .filter(|word| DETERMINERS.iter().any(|known| known.eq_ignore_ascii_case(word)))
    {
        rest = rest[..rest.len() - word.len()].trim_end();
        determined = true;
    }
    if !determined {
        return None;
    }
    let copula = rest.rsplit(' ').next()?.to_lowercase();
    if !["is", "was", "ist", "war", "est", "es", "è", "é", "jest"].contains(&copula.as_str()) {
        return None;
    }
    let rest = rest[..rest.len() - copula.len().min(rest.len())].trim_end();
    let value = rest.rsplit([' ', '\n', '"', '\'', '`', '“', '”']).find(|word| !word.is_empty())?;
    let end = rest.rfind(value)? + value.len();
    let offset = start - near.len();
    (value.len() >= 6 && is_made(value) && !value.contains("://"))
        .then_some((offset + end - value.len(), offset + end))
}
