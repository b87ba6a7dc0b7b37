//! Keys that tell themselves by how they begin. The beginnings are what the issuers document.

use std::sync::OnceLock;

use super::{begins_word, is_word, run};
use crate::text::patterns::{Case, Patterns};

/// What follows the beginning.
#[derive(Clone, Copy)]
enum Rest {
    /// At least so many letters, digits, `_` and `-`.
    Word(usize),
    /// The same with dots between.
    Dotted(usize),
    /// At least so many characters of Base64.
    Base64(usize),
    /// Exactly so many hexadecimal digits.
    Hex(usize),
    /// Exactly so many capital letters and digits.
    Capitals(usize),
}
use Rest::{Base64, Capitals, Dotted, Hex, Word};

/// Beginnings, with commas between, and what follows them.
const KEYS: &[(Rest, &str)] = &[
    (
        Word(10),
        "\
        sk_live_, sk_test_, rk_live_, rk_test_, pk_live_, pk_test_, xoxb-, xoxp-, xoxa-, xoxr-, \
        xoxs-, xoxo-, xoxc-, xoxe-, xoxe., xapp-, rzp_live_, rzp_test_",
    ),
    (
        Word(20),
        "\
        rk_, sk_, ghp_, gho_, ghu_, ghs_, ghr_, github_pat_, GOCSPX-, sk-, fw_, lsv2_, dckr_pat_, \
        shpat_, shpca_, shppa_, shpss_, sq0atp-, sq0csp-, sq0idp-, access_token$production$, \
        FLWSECK, lin_api_, lin_oauth_, figd_, figo_, hvs., hvb., hvr., rnd_, fly_, FO1_, NRAK-, \
        NRII-, sb_secret_, vercel_, vcp_, duffel_live_, duffel_test_, sendinblue_, shippo_live_, \
        shippo_test_, zpka_, api_org_, ubtt_",
    ),
    (Base64(16), "whsec_"),
    (Capitals(16), "AKIA, ASIA, ABIA, ACCA"),
    (Base64(20), "bedrock-api-key-, eyJrIjoi, FlyV1"),
    (Base64(40), "ABSK, ATATT3, ATCTT3"),
    (Dotted(16), "glpat-"),
    (Word(16), "gldt-, glrt-, glptt-, glcbt-, gloas-, glft-, glsoat-, tskey-, NRJS-"),
    (Word(24), "ATBB, hf_, re_, live_, glsa_, s., whs_"),
    (Base64(10), "xoxd-, dG9rOg"),
    (
        Word(30),
        "\
        AIza, 1//0, sess-, r8_, gsk_, pplx-, nvapi-, AQ.Ab, tgp_v1_, jina_, npm_, rubygems_, ntn_, \
        fio-u-, phc_, phx_, sntryu_, dp.pt., pscale_tkn_, pscale_pw_, pscale_oauth_, sbp_, \
        supabase_, nfp_, cfut_, CFPAT-, ZAAT, HRKU-, tfp_, tfe., atlasv1., zd_, ico-, pnu_, sgp_, \
        wh_",
    ),
    (Dotted(20), "ya29."),
    (
        Word(40),
        "\
        xai-, pypi-, xkeysib-, xsmtpsib-, test_, dop_v1_, doo_v1_, dor_v1_, PMAK-, nf_, CLOJARS_, \
        EZAK, EZTK, easy_, rdme_, vault_",
    ),
    (Word(32), "cio, secret_"),
    (Word(43), "oy2"),
    (Dotted(30), "SG., dt0c01., dp.st., mapbox.sk., sk.eyJ, pk.eyJ"),
    (Hex(32), "key-, SK, dapi"),
    (Word(22), "md-"),
    (Word(50), "EAAA, EAAC, EAAB, EAAG, EAAD"),
    (Base64(60), "AQE"),
    (Word(60), "IGQ, ops_, sl."),
    (Base64(80), "AAAA"),
    (Base64(24), "glc_"),
    (Dotted(60), "pat"),
    (Base64(30), "sntrys_"),
    (Hex(40), "pul-"),
    (Word(100), "v1.0-"),
    (Capitals(58), "AGE-SECRET-KEY-1"),
    (Word(90), "xprv"),
    (Base64(14), "dG9rO"),
    (Dotted(14), "eyJ"),
];

/// The beginnings, and what finds them.
struct Beginnings {
    all: Vec<(&'static str, Rest)>,
    finder: Patterns,
}

fn beginnings() -> Option<&'static Beginnings> {
    static BEGINNINGS: OnceLock<Option<Beginnings>> = OnceLock::new();
    BEGINNINGS
        .get_or_init(|| {
            let all: Vec<_> = KEYS
                .iter()
                .flat_map(|(rest, beginnings)| beginnings.split(", ").map(|beginning| (beginning, *rest)))
                .collect();
            let sought: Vec<&str> = all.iter().map(|(beginning, _)| *beginning).collect();
            let finder = Patterns::new(&sought, Case::Same)?;
            Some(Beginnings { all, finder })
        })
        .as_ref()
}

pub(super) fn find(text: &str, add: &mut impl FnMut(usize, usize)) {
    let Some(beginnings) = beginnings() else { return };
    let mut done = 0;
    for found in beginnings.finder.find_iter(text.as_bytes()) {
        let start = found.start();
        if start < done || !begins_word(text, start) {
            continue;
        }
        let at = found.end();
        let (beginning, rest) = beginnings.all[found.pattern().as_usize()];
        let bytes = &text.as_bytes()[at..];
        let length = match rest {
            Word(least) => at_least(least, trimmed(bytes, run(text, at, is_word))),
            Dotted(least) => {
                at_least(least, trimmed(bytes, run(text, at, |byte| is_word(byte) || byte == b'.')))
            }
            Base64(least) => at_least(
                least,
                run(text, at, |byte| byte.is_ascii_alphanumeric() || b"+/_-=.%".contains(&byte)),
            ),
            Hex(count) => exactly(count, run(text, at, |byte| byte.is_ascii_hexdigit()), bytes),
            Capitals(count) => exactly(
                count,
                run(text, at, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()),
                bytes,
            ),
        };
        if let Some(length) = length
            && (made_up(&bytes[..length]) || beginning.ends_with("live_") || beginning.starts_with("xox"))
        {
            done = at + length;
            add(start, done);
        }
    }
}

fn at_least(least: usize, length: usize) -> Option<usize> {
    (length >= least).then_some(length)
}

fn exactly(count: usize, length: usize, bytes: &[u8]) -> Option<usize> {
    (length == count && !bytes.get(length).is_some_and(u8::is_ascii_alphanumeric)).then_some(length)
}

/// Without dots, hyphens and lines of Markdown that end it.
fn trimmed(bytes: &[u8], mut length: usize) -> usize {
    while length > 0 && b".-_".contains(&bytes[length - 1]) {
        length -= 1;
    }
    length
}

/// Not words with hyphens or lines between: `sk-and-other-beginnings`.
fn made_up(bytes: &[u8]) -> bool {
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let capitals = bytes.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let small = bytes.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    digits > 0 && capitals + small > 0 || capitals > 2 && small > 2 || digits >= 16
}
