//! International bank account numbers (IBAN, ISO 13616).

use super::Place;
use super::digits::{is_blank, is_dash, value};

/// Country and length in characters (SWIFT's registry, and the countries that use IBANs without
/// being in it).
const LENGTHS: &[&str] = &[
    "AD24", "AE23", "AL28", "AO25", "AT20", "AZ28", "BA20", "BE16", "BF28", "BG22", "BH22", "BI27", "BJ28",
    "BR29", "BY28", "CF27", "CG27", "CH21", "CI28", "CM27", "CR22", "CV25", "CY28", "CZ24", "DE22", "DJ27",
    "DK18", "DO28", "DZ26", "EE20", "EG29", "ES24", "FI18", "FK18", "FO18", "FR27", "GA27", "GB22", "GE22",
    "GI23", "GL18", "GQ27", "GR27", "GT28", "GW25", "HN28", "HR21", "HU28", "IE22", "IL23", "IQ23", "IR26",
    "IS26", "IT27", "JO30", "KM27", "KW30", "KZ20", "LB28", "LC32", "LI21", "LT20", "LU20", "LV21", "LY25",
    "MA28", "MC27", "MD24", "ME22", "MG27", "MK19", "ML28", "MN20", "MR27", "MT31", "MU30", "MZ25", "NE28",
    "NI28", "NL18", "NO15", "OM23", "PK24", "PL28", "PS29", "PT25", "QA29", "RO24", "RS22", "RU33", "SA24",
    "SC31", "SD18", "SE24", "SI19", "SK24", "SM27", "SN28", "SO23", "ST25", "SV28", "TD27", "TG28", "TL23",
    "TN24", "TR26", "UA29", "VA22", "VG24", "XK20", "YE30",
];

pub(super) fn find(text: &str, places: &mut Vec<Place>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + 4 <= bytes.len() {
        if bytes[at].is_ascii_alphabetic()
            && bytes[at + 1].is_ascii_alphabetic()
            && (bytes[at + 2].is_ascii_digit()
                || bytes[at + 2] == b' ' && bytes[at + 3].is_ascii_digit()
                || bytes[at + 2] >= 0xc2)
            && begins_here(text, at)
            && let Some(end) = account(text, at)
        {
            places.push(Place { start: at, end, label: "[account]" });
            at = end;
        } else {
            at += 1;
        }
    }
}

/// Whether a word begins there, or `IBAN` ends there.
fn begins_here(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    !before.is_some_and(|letter| letter.is_ascii_alphanumeric())
        || text[..at].get(at.saturating_sub(4)..).is_some_and(|word| word.eq_ignore_ascii_case("iban"))
}

/// Where the account number ends that begins there.
fn account(text: &str, at: usize) -> Option<usize> {
    let country = [0, 1].map(|index| text.as_bytes()[at + index].to_ascii_uppercase());
    let entry = LENGTHS.binary_search_by(|entry| entry.as_bytes()[..2].cmp(&country)).ok()?;
    let length: usize = LENGTHS[entry][2..].parse().ok()?;
    let mut compact = String::with_capacity(length);
    let mut gap = 0;
    for (index, letter) in text[at..].char_indices() {
        let next = value(letter)
            .map(|digit| char::from(b'0' + digit))
            .or(letter.is_ascii_alphabetic().then_some(letter));
        if let Some(next) = next {
            // The check digits are two.
            if (2..4).contains(&compact.len()) && !next.is_ascii_digit() {
                return None;
            }
            compact.push(next.to_ascii_uppercase());
            gap = 0;
            if compact.len() == length {
                let told = text[..at].get(at.saturating_sub(12)..).unwrap_or_default().to_ascii_lowercase();
                return (is_right(&compact) || told.contains("iban"))
                    .then_some(at + index + letter.len_utf8());
            }
        } else {
            gap += 1;
            if gap > 2 || !(is_blank(letter) || is_dash(letter) || ".\n/_".contains(letter)) {
                return None;
            }
        }
    }
    None
}

/// The check digits (ISO/IEC 7064, MOD 97-10).
fn is_right(compact: &str) -> bool {
    let (head, tail) = compact.split_at(4);
    let remainder = tail
        .chars()
        .chain(head.chars())
        .filter_map(|letter| letter.to_digit(36))
        .fold(0, |sum, value| (if value < 10 { sum * 10 } else { sum * 100 } + value) % 97);
    remainder == 1
}
