//! Values that must be blanked out and texts that must stay, and how many of each do.
//!
//! `corpus/values.txt` has a kind and a text a line, with the values in it between `⟦` and `⟧`;
//! `corpus/harmless.txt` a text a line. `\n` stands for a new line. A `¦` is left out: it keeps
//! scanners of code hosts from taking keys that were made up for keys that leaked.

use std::time::{Duration, Instant};

use super::{ALL, redact};

const VALUES: &str = include_str!("corpus/values.txt");
const HARMLESS: &str = include_str!("corpus/harmless.txt");

/// A text, and the values in it.
fn planted(line: &str) -> (String, Vec<String>) {
    let line = line.replace('¦', "").replace("\\n", "\n");
    let values = line
        .split('⟦')
        .skip(1)
        .map(|rest| rest.split_once('⟧').expect("a value is closed").0.to_owned())
        .collect();
    (line.replace(['⟦', '⟧'], ""), values)
}

/// The texts of both files.
pub(super) fn texts() -> Vec<String> {
    let values = VALUES.lines().filter_map(|line| line.split_once('\t')).map(|(_, line)| line);
    values.chain(HARMLESS.lines()).map(|line| planted(line).0).collect()
}

/// What a reader could still make of the value: runs of its letters and digits, four or more long,
/// but for those that also stand elsewhere in the line. All of a shorter one.
fn shows(redacted: &str, value: &str, line: &str) -> bool {
    let around: String =
        line.split('⟦').map(|rest| rest.split_once('⟧').map_or(rest, |(_, after)| after)).collect();
    let mut pieces: Vec<&str> = value
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|piece| piece.chars().count() >= 4)
        .collect();
    pieces.push(value);
    let redacted = redacted.replace("[secret]", "");
    pieces.into_iter().any(|piece| redacted.contains(piece) && !around.contains(piece))
}

#[test]
fn values_are_caught_and_harmless_texts_stay() {
    let mut all = 0;
    let mut leaked = Vec::new();
    for line in VALUES.lines() {
        let (kind, line) = line.split_once('\t').expect("a kind and a text");
        let (text, values) = planted(line);
        let redacted = redact(&text, ALL);
        all += values.len();
        leaked.extend(
            values
                .iter()
                .filter(|value| shows(&redacted, value, line))
                .map(|_| format!("{kind}: {text:?} -> {redacted:?}")),
        );
    }
    let harmless: Vec<String> = HARMLESS.lines().map(|line| planted(line).0).collect();
    let blanked: Vec<String> = harmless
        .iter()
        .filter_map(|text| {
            let redacted = redact(text, ALL);
            (redacted != *text).then(|| format!("{text:?} -> {redacted:?}"))
        })
        .collect();
    for line in leaked.iter().chain(&blanked) {
        eprintln!("{line}");
    }
    eprintln!(
        "{} of {all} values leaked, {} of {} harmless texts were blanked out",
        leaked.len(),
        blanked.len(),
        harmless.len()
    );
    assert!(all >= 300 && harmless.len() >= 300);
    assert!(leaked.len() * 100 <= all * 3);
    assert!(blanked.len() * 100 <= harmless.len() * 3);
}

/// One message of 200 KB once cost 19 seconds, each time it was shown. Whatever a text is made of,
/// four times as much of it takes about four times as long.
#[test]
fn time_grows_with_the_length_alone() {
    let corpus = format!("{VALUES}{HARMLESS}").replace(['⟦', '⟧', '¦'], "");
    let pieces = [
        corpus.as_str(),
        "a ",
        "password: x ",
        "password ",
        "token=abcd1234 ",
        "  ",
        "-----BEGIN ",
        "a@",
        "a@b.",
        "@",
        "%40",
        " at b dot ",
        "1 ",
        "1",
        "+4",
        "(1) ",
        "4111 ",
        "DE89 ",
        "DE89",
        "key=",
        "key",
        "\"",
        "eyJ",
        "é ",
        "://",
        "//a:b",
        "a-1-",
        "%20",
        "hooks.slack.com/services/",
        "«password «",
        "password:",
        "\"key\":\"",
        "my ",
        " is my password",
        "is ",
        "Bearer ",
        "0 1.",
        "Aa1",
    ];
    for piece in pieces {
        // The pieces are the worst that each scanner can meet; the corpus is what people write.
        let megabyte = if piece == corpus { 400_000 } else { 50_000 };
        let of = |bytes: usize| piece.repeat(bytes / piece.len() + 1);
        let (one, four) = (of(megabyte), of(4 * megabyte));
        // The best of three: other tests run beside this one.
        let least = |text: &str| {
            (0..3)
                .map(|_| {
                    let begun = Instant::now();
                    let _ = redact(text, ALL);
                    begun.elapsed()
                })
                .min()
                .unwrap_or_default()
        };
        let (short, long) = (least(&one), least(&four));
        let shown: String = piece.chars().take(20).collect();
        eprintln!("{shown:?}: {megabyte} bytes in {short:?}, four times as many in {long:?}");
        // Sixteen times as long if it were quadratic.
        assert!(long < short * 11 + Duration::from_millis(200), "{shown:?}: {short:?}, then {long:?}");
        #[cfg(not(debug_assertions))]
        assert!(piece != corpus || short < Duration::from_millis(100), "{short:?}");
    }
}
