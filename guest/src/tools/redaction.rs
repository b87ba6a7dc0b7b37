//! Blanking out personal data in answers: e-mail addresses, telephone and card numbers, secrets.
//!
//! The stored data stays as it is, so that search finds it; only answers are redacted. The rules
//! would rather blank too much than too little, but leave dates, amounts and ids readable.

use crate::environment::Redaction;

/// The text with every kind of `redactions` replaced by its name in brackets.
#[must_use]
pub fn redact(text: &str, redactions: &[Redaction]) -> String {
    let mut text = text.to_owned();
    // Secrets first: they may contain what looks like an address or a number. Cards before
    // phones, which would swallow them.
    for (kind, rule) in [
        (Redaction::Secrets, secrets as fn(&str) -> String),
        (Redaction::Emails, emails),
        (Redaction::Cards, cards),
        (Redaction::Phones, phones),
    ] {
        if redactions.contains(&kind) {
            text = rule(&text);
        }
    }
    text
}

fn emails(text: &str) -> String {
    let local = |letter: char| letter.is_alphanumeric() || "._%+-'".contains(letter);
    let domain = |letter: char| letter.is_alphanumeric() || ".-".contains(letter);
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let start = rest[..at]
            .char_indices()
            .rev()
            .take_while(|(_, letter)| local(*letter))
            .last()
            .map_or(at, |(i, _)| i);
        let after = &rest[at + 1..];
        let length = after.find(|letter| !domain(letter)).unwrap_or(after.len());
        let host = after[..length].trim_end_matches(['.', '-']);
        if start < at
            && host.rsplit_once('.').is_some_and(|(name, top)| !name.is_empty() && top.chars().count() >= 2)
        {
            result.push_str(&rest[..start]);
            result.push_str("[email]");
            rest = &after[host.len()..];
        } else {
            result.push_str(&rest[..=at]);
            rest = after;
        }
    }
    result + rest
}

/// Runs of digits with the given separators between them; `judge` gets the run and its digits.
fn digit_runs(
    text: &str,
    separators: &str,
    mut judge: impl FnMut(&str, &str, bool) -> Option<&'static str>,
) -> String {
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    let mut before = ' ';
    while let Some(first) = text[at..].chars().next() {
        let opens = first.is_ascii_digit()
            || (first == '+' || first == '(') && text[at + 1..].starts_with(|c: char| c.is_ascii_digit());
        if !opens || before.is_alphanumeric() || before == '_' {
            result.push(first);
            before = first;
            at += first.len_utf8();
            continue;
        }
        let mut end = at;
        let mut separated = 0;
        for (index, letter) in text[at..].char_indices() {
            if letter.is_ascii_digit() {
                separated = 0;
                end = at + index + 1;
            } else if index == 0 || separators.contains(letter) && separated < 2 {
                separated += 1;
            } else {
                break;
            }
        }
        let run = &text[at..end];
        let digits: String = run.chars().filter(char::is_ascii_digit).collect();
        let ends_free = !text[end..].starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        result.push_str(judge(run, &digits, ends_free).unwrap_or(run));
        before = run.chars().last().unwrap_or(' ');
        at = end;
    }
    result
}

fn cards(text: &str) -> String {
    digit_runs(text, " -", |_, digits, _| (is_issued(digits) && luhn(digits)).then_some("[card]"))
}

/// Whether card numbers of that length begin so: every tenth number, and so every tenth id of a
/// conversation, has a right check digit.
fn is_issued(digits: &str) -> bool {
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| digits.starts_with(beginning));
    match digits.len() {
        14 => begins(&["30", "36", "38", "39"]),
        15 => begins(&["34", "37"]),
        16 => begins(&["2", "35", "4", "5", "6"]),
        13 | 18 | 19 => begins(&["4", "6"]),
        _ => false,
    }
}

/// The check digit of payment cards (ISO/IEC 7812-1, annex B).
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte - b'0') * if index % 2 == 1 { 2 } else { 1 };
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10) && digits.bytes().any(|byte| byte != b'0')
}

fn phones(text: &str) -> String {
    digit_runs(text, " -()./", |run, digits, ends_free| {
        let international = run.starts_with('+') || digits.starts_with("00");
        let separated = run.len() > digits.len();
        let plausible = (7..=15).contains(&digits.len()) && international
            || (9..=15).contains(&digits.len()) && separated
            || (10..=12).contains(&digits.len()) && digits.starts_with('0');
        (plausible && ends_free && !is_date(run)).then_some("[phone]")
    })
}

/// `2026-06-01`, `01.06.2026` and the like, perhaps with the hour behind.
fn is_date(run: &str) -> bool {
    let parts: Vec<&str> =
        run.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let year = |part: &str| part.len() == 4 && (part.starts_with("19") || part.starts_with("20"));
    parts.len() >= 3
        && parts.len() <= 4
        && (year(parts[0]) && parts[1].len() <= 2 || year(parts[2]) && parts[0].len() <= 2)
}

/// How well-known keys begin.
const KEY_PREFIXES: &[&str] = &[
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "pk_live_",
    "sk-",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "AKIA",
    "ASIA",
    "AIza",
    "eyJ",
    "SG.",
    "dG9rOg",
    "npm_",
    "hf_",
    "whsec_",
    "shpat_",
    "ya29.",
];

/// Words after which a secret follows.
const KEY_WORDS: &[&str] = &[
    "password",
    "passwort",
    "passwd",
    "pwd",
    "passcode",
    "contraseña",
    "secret",
    "token",
    "api key",
    "api_key",
    "apikey",
    "api-key",
    "access key",
    "access_key",
    "private key",
];

fn secrets(text: &str) -> String {
    let text = private_keys(text);
    let mut result = String::with_capacity(text.len());
    let mut labelled = false;
    for piece in text.split_inclusive(|letter: char| letter.is_whitespace() || "\"'<>,;()".contains(letter)) {
        let word =
            piece.trim_end_matches(|letter: char| letter.is_whitespace() || "\"'<>,;()".contains(letter));
        let tail = &piece[word.len()..];
        let (head, value) = match word.rfind(['=', ':']) {
            Some(cut) if cut + 1 < word.len() && !word.contains("://") => word.split_at(cut + 1),
            _ => ("", word),
        };
        if value.is_empty() {
            result.push_str(piece);
            continue;
        }
        let blank_between = if result.ends_with(char::is_whitespace) { " " } else { "" };
        let label = format!("{}{blank_between}{}", end_of(&result), end_of(head)).to_lowercase();
        let names_it = ends_with_key_word(&label);
        let blank = is_key(value)
            || (names_it || labelled) && value.chars().count() >= 4 && !value.ends_with([':', '=']);
        result.push_str(head);
        result.push_str(if blank { "[secret]" } else { value });
        result.push_str(tail);
        labelled = false;
        let lower = word.to_lowercase();
        if lower == "bearer" {
            labelled = true;
        }
    }
    result
}

/// As much of the end of a text as a label can take: to look at all of it before each word would
/// take a time that grows with the square of its length.
fn end_of(text: &str) -> &str {
    let words = text.trim_end();
    let start = words.char_indices().rev().nth(LONGEST_LABEL).map_or(0, |(at, _)| at);
    &words[start..]
}

/// Characters of the longest key word with what stands between it and the secret.
const LONGEST_LABEL: usize = 40;

/// Whether the text ends with `password:`, `token =` or the like.
fn ends_with_key_word(text: &str) -> bool {
    let text = text.trim_end();
    let Some(label) = text.strip_suffix([':', '=']).or_else(|| text.strip_suffix(" is")) else {
        return false;
    };
    let label = label.trim_end().trim_end_matches(['"', '\'']);
    KEY_WORDS.iter().any(|word| label.ends_with(word))
}

fn is_key(word: &str) -> bool {
    let word = word.trim_end_matches(['.', '!', '?']);
    let rest = KEY_PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix));
    if rest.is_some_and(|rest| rest.len() >= 12 && rest.chars().all(|letter| letter.is_ascii_graphic())) {
        return true;
    }
    let key_like = |letter: char| letter.is_ascii_alphanumeric() || "+/_-=".contains(letter);
    word.len() >= 32
        && word.chars().all(key_like)
        && word.chars().any(|letter| letter.is_ascii_digit())
        && word.chars().any(|letter| letter.is_ascii_lowercase())
        && (word.chars().any(|letter| letter.is_ascii_uppercase())
            || word.chars().all(|letter| letter.is_ascii_hexdigit()))
}

/// Everything from `-----BEGIN … PRIVATE KEY-----` to its end, or to the end of the text.
fn private_keys(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN ") {
        let header_end = rest[start + 11..].find("-----").map(|index| start + 11 + index);
        let Some(header_end) = header_end.filter(|end| rest[start..*end].contains("PRIVATE KEY")) else {
            result.push_str(&rest[..start + 11]);
            rest = &rest[start + 11..];
            continue;
        };
        result.push_str(&rest[..start]);
        result.push_str("[secret]");
        let body = &rest[header_end + 5..];
        rest = match body.find("-----END ") {
            Some(end) => body[end + 9..].find("-----").map_or("", |close| &body[end + 9 + close + 5..]),
            None => "",
        };
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[Redaction] = &[Redaction::Emails, Redaction::Phones, Redaction::Cards, Redaction::Secrets];

    #[test]
    fn personal_data_is_blanked_out() {
        for (text, redacted) in [
            ("Write to jane.doe+x@example.co.uk.", "Write to [email]."),
            ("Call +49 (0)30 1234-5678 now", "Call [phone] now"),
            ("or 030 123 456 78", "or [phone]"),
            ("my card 4111 1111 1111 1111, thanks", "my card [card], thanks"),
            ("password: hunter22 please", "password: [secret] please"),
            ("token=abcd1234", "token=[secret]"),
            ("my access key: abcd1234", "my access key: [secret]"),
            ("the password is  hunter22", "the password is  [secret]"),
            ("use sk_live_51Habcdefghijklmnop", "use [secret]"),
            ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer [secret]"),
            ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- ok", "[secret] ok"),
        ] {
            assert_eq!(redact(text, ALL), redacted);
        }
    }

    /// One message of 200 KB cost 19 seconds, each time it was shown.
    #[test]
    fn a_long_message_is_read_once() {
        for piece in [
            "a ",
            "password: x ",
            "token=abcd1234 ",
            "  ",
            "-----BEGIN ",
            "a@",
            "1 ",
            "+4",
            "key=",
            "\"",
            "eyJ",
            "é ",
        ] {
            let text = piece.repeat(1_000_000 / piece.len());
            let begun = std::time::Instant::now();
            let _ = redact(&text, ALL);
            // Unoptimised and beside other tests; quadratic it takes minutes.
            assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{piece:?}: {:?}", begun.elapsed());
        }
    }

    #[test]
    fn dates_amounts_and_ids_stay() {
        for text in [
            "On 2026-06-01 at 09:30 we paid 1,299.00 EUR",
            "order #1234567 of 01.06.2026",
            "conversation 215474207312016",
            "@channel and me@home",
            "version 1.2.3, 100 000 users",
        ] {
            assert_eq!(redact(text, ALL), text);
        }
    }

    #[test]
    fn only_what_is_asked_for_is_blanked_out() {
        assert_eq!(redact("a@b.de +49 30 12345678", &[Redaction::Emails]), "[email] +49 30 12345678");
    }
}
