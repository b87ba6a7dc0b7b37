//! E-mail addresses, also as links, forms and careful people write them.

use super::Place;

/// Longest parts before and behind the sign (RFC 5321, section 4.5.3.1).
const LOCAL: usize = 64;
const DOMAIN: usize = 255;

/// What stands for `@`, longest first.
const SIGNS: &[&str] = &[" [at] ", " (at) ", " {at} ", "[at]", "(at)", "{at}", "%40", "\u{ff20}", "@"];

pub(super) fn find(text: &str, places: &mut Vec<Place>) {
    let mut at = 0;
    while let Some(found) = text[at..].find(['@', '%', '\u{ff20}', '[', '(', '{']) {
        let here = at + found;
        let Some((start, sign)) = sign(text, here) else {
            at = here + text[here..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        let behind = start + sign.len();
        at = behind;
        let local = local(&text[..start], sign);
        let domain = domain(&text[behind..]);
        if local > 0 && domain > 0 && !is_no_address(&text[start - local..start], &text[behind..], domain) {
            places.push(Place { start: start - local, end: behind + domain, label: "[email]" });
            at = behind + domain;
        }
    }
}

/// The sign at that place and where it begins, which may be a blank before.
fn sign(text: &str, here: usize) -> Option<(usize, &'static str)> {
    SIGNS.iter().find_map(|sign| {
        let lead = usize::from(sign.starts_with(' '));
        let start = here.checked_sub(lead)?;
        let stands = text.get(start..start + sign.len())?;
        stands.eq_ignore_ascii_case(sign).then_some((start, *sign))
    })
}

/// Bytes of the part before the sign.
fn local(before: &str, sign: &str) -> usize {
    // `"jane doe"@example.com`
    if sign == "@" && before.ends_with('"') {
        let inner = &before[..before.len() - 1];
        let open =
            inner.char_indices().rev().take(LOCAL).find(|(_, letter)| *letter == '"' || *letter == '\n');
        if let Some((open, '"')) = open {
            return before.len() - open;
        }
    }
    let mut length = 0;
    for letter in before.chars().rev().take(LOCAL) {
        let fits = letter.is_alphanumeric() || "._%+-'!#$&*^~|`".contains(letter);
        // A slash or an equals sign may be in an address and mostly is before one.
        if !fits {
            break;
        }
        length += letter.len_utf8();
    }
    let part = &before[before.len() - length..];
    // Marks of Markdown and quotation stand before an address, not in it.
    part.trim_start_matches(['.', '\'', '*', '`', '~', '|', '!', '#', '&', '^', '%', '-']).len()
}

/// Bytes of the domain; 0: there is none.
fn domain(behind: &str) -> usize {
    // `user@[192.0.2.1]`
    if let Some(inside) = behind.strip_prefix('[') {
        let end = inside.bytes().take(45).position(|byte| byte == b']').unwrap_or(0);
        let address =
            end > 6 && inside[..end].bytes().all(|byte| byte.is_ascii_hexdigit() || b".:".contains(&byte));
        return if address { end + 2 } else { 0 };
    }
    let mut end = 0;
    let mut labels = 0;
    let mut last = 0;
    loop {
        let rest = &behind[end..];
        let label = rest
            .char_indices()
            .take(63)
            .find(|(_, letter)| !(letter.is_alphanumeric() || *letter == '-' || *letter == '_'))
            .map_or_else(|| rest.char_indices().nth(63).map_or(rest.len(), |(at, _)| at), |(at, _)| at);
        let name = rest[..label].trim_end_matches(['-', '_']);
        if name.is_empty() || name.starts_with('-') || end > DOMAIN {
            break;
        }
        labels += 1;
        last = end + name.len();
        if name.len() < label {
            break;
        }
        let dot = [".", " [dot] ", " (dot) ", "[dot]", "(dot)", "[.]", "(.)", "\u{ff0e}", "\u{3002}"]
            .iter()
            .find(|dot| {
                rest.get(label..label + dot.len()).is_some_and(|stands| stands.eq_ignore_ascii_case(dot))
            });
        let Some(dot) = dot else { break };
        end += label + dot.len();
    }
    let name = &behind[..last];
    let top = name.rsplit(['.', ']', ')', ' ', '\u{ff0e}', '\u{3002}']).next().unwrap_or_default();
    // The last label is never a number (RFC 3696, section 2), and no top-level domain has one letter.
    let is_top = top.chars().count() >= 2
        && top.chars().all(|letter| letter.is_alphabetic() || letter == '-')
        || top.to_ascii_lowercase().starts_with("xn--");
    if labels >= 2 && is_top { last } else { 0 }
}

/// `icon@2x.png`, `git@github.com:owner/name`.
fn is_no_address(local: &str, behind: &str, domain: usize) -> bool {
    let host = &behind[..domain];
    let scaled = host.starts_with(|letter: char| letter.is_ascii_digit())
        && host[1..].starts_with("x.")
        && ["png", "jpg", "jpeg", "gif", "webp", "svg"].iter().any(|kind| host[1..].ends_with(kind));
    let repository = local == "git" && behind[domain..].starts_with([':', '/']);
    scaled || repository
}
