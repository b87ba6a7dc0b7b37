//! Names of people: those that the cache knows of, wherever they stand.
//!
//! No list holds the names of the world, and no rule tells one from a street's. So the names of
//! contacts and teammates are read from the cache, and what is written like one of them is blanked
//! out: whole names in any case and without accents, and their parts where they begin with a capital
//! letter. In scripts without blanks, where a name begins and ends among other letters, its parts are
//! looked for letter by letter.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::Place;
use crate::store::search::fold;

/// What stands instead of one.
pub const LABEL: &str = "[name]";

/// Words of names that stand in every text, with a capital at the beginning of a sentence.
const AMBIGUOUS: &str = "\
    will, may, mark, bill, rich, grace, hope, faith, joy, art, rose, dawn, max, august, april, june, summer, \
    gene, chase, miles, grant, chance, page, price, young, long, green, black, white, brown, gray, king, \
    baker, cook, bush, day, love, may, the, and, von, van, der, den, del, della, dos, das, let, team, support, \
    sales, service, customer, user, admin, test, bot, info, office, billing, account, accounts, finance, \
    marketing, company, hello, dear, please, thanks, guest, lead, visitor, help, desk, system, assistant, \
    agent, operator, order, invoice, general, manager, group, shop, store, online, mail, email, contact, \
    refund, bug, card, question, request, demo, new, old, no, yes, our, your, all, any, one, two, first, last";

/// Words of two letters that begin sentences, titles or foreign names. Others are parts of names where
/// they are written as names are: `Xu`, not `XU`.
const SHORT: &str = "\
    ab, ad, ai, al, am, an, as, at, be, by, ce, ci, co, da, de, di, do, dr, du, ed, ei, el, em, en, er, es, et, \
    eu, ex, go, ha, he, hi, ho, id, if, il, im, in, io, is, it, ja, je, la, le, lo, ma, me, mi, mr, ms, my, na, ne, \
    ni, no, nr, ob, of, oh, ok, on, or, os, ou, pc, pm, po, pr, qu, re, sa, se, si, so, st, su, te, ti, to, tu, tv, \
    uk, um, un, up, us, va, vs, we, wo, ya, yo, zu";

/// Whether a word of a name, in small letters, stands in texts that mean nobody.
#[must_use]
pub fn is_ambiguous(word: &str) -> bool {
    AMBIGUOUS.split(", ").any(|one| one == word)
}

/// Longest name that is sought, in words and, where words are not parted by blanks, in characters.
const MOST_WORDS: usize = 6;
const MOST_LETTERS: usize = 12;

/// The names of a cache.
#[derive(Debug, Default)]
pub struct Names {
    /// Names of several words by the first, folded; where that is in a script without blanks, by its
    /// last letter, since it may follow others.
    whole: HashMap<String, Vec<Vec<String>>>,
    /// Words of names, folded.
    parts: HashSet<String>,
    /// Words of names in scripts without blanks.
    joined: HashSet<String>,
}

thread_local! {
    /// An instance of the component has one thread and one database.
    static KNOWN: RefCell<Option<(String, Names)>> = const { RefCell::new(None) };
}

/// From now on [`super::redact`] knows the names that `read` reads, on this thread. `state` tells
/// one state of one cache from others: the names of the one before are read again.
///
/// # Errors
/// Those of `read`.
pub fn know<E>(state: &str, read: impl FnOnce() -> Result<Names, E>) -> Result<(), E> {
    if !KNOWN.with_borrow(|known| known.as_ref().is_some_and(|(known, _)| known == state)) {
        let names = read()?;
        KNOWN.set(Some((state.to_owned(), names)));
    }
    Ok(())
}

impl<T: AsRef<str>> FromIterator<T> for Names {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        let ambiguous: HashSet<&str> = AMBIGUOUS.split(", ").collect();
        let short: HashSet<&str> = SHORT.split(", ").collect();
        let mut known = Self::default();
        for name in names {
            let name = crate::text::clean(name.as_ref());
            // An address in the place of a name is no name; it has a kind of its own.
            if name.contains('@') {
                continue;
            }
            let words: Vec<String> = words(&name).map(|(at, end)| fold(&name[at..end])).collect();
            for word in &words {
                match word.chars().count() {
                    0 | 1 => {}
                    _ if is_joined(word) => {
                        known.joined.insert(word.clone());
                    }
                    2 if short.contains(word.as_str()) => {}
                    _ if ambiguous.contains(word.as_str()) => {}
                    _ => {
                        known.parts.insert(word.clone());
                    }
                }
            }
            if words.len() > 1 && words.len() <= MOST_WORDS {
                let names = known.whole.entry(beginning(&words[0])).or_default();
                if !names.contains(&words) {
                    names.push(words);
                }
            }
        }
        known
    }
}

pub(super) fn find(text: &str, places: &mut Vec<Place>) {
    KNOWN.with_borrow(|names| {
        if let Some((_, names)) = names {
            names.find(text, places);
        }
    });
}

impl Names {
    fn find(&self, text: &str, places: &mut Vec<Place>) {
        let words: Vec<(usize, usize)> = words(text).collect();
        let mut index = 0;
        while let Some((start, end)) = words.get(index).copied() {
            let word = &text[start..end];
            let folded = fold(word);
            let whole = self.whole.get(&beginning(&folded)).into_iter().flatten();
            let longest = whole
                .filter_map(|name| {
                    let here = words.get(index..index + name.len())?;
                    let near = here.windows(2).all(|pair| pair[1].0 - pair[0].1 <= 3);
                    near.then(|| place_of(text, here, name)).flatten().map(|place| (name.len(), place))
                })
                .max_by_key(|(count, _)| *count);
            if let Some((count, (from, to))) = longest {
                // What comes before and behind it in the same words may be names, too.
                self.find_joined(text, start, from, places);
                places.push(Place { start: from, end: to, label: LABEL });
                let last = words[index + count - 1].1;
                self.find_joined(text, to, last, places);
                index += count;
                continue;
            }
            if is_joined(word) {
                self.find_joined(text, start, end, places);
            } else if self.parts.contains(&folded) && is_written_as_a_name(word) {
                places.push(Place { start, end, label: LABEL });
            }
            index += 1;
        }
    }

    fn find_joined(&self, text: &str, start: usize, end: usize, places: &mut Vec<Place>) {
        let mut at = start;
        while at < end {
            let letters = text[at..end].char_indices().map(|(index, letter)| at + index + letter.len_utf8());
            let name_end =
                letters.take(MOST_LETTERS).skip(1).filter(|end| self.joined.contains(&text[at..*end])).last();
            if let Some(end) = name_end {
                places.push(Place { start: at, end, label: LABEL });
            }
            at = name_end.unwrap_or_else(|| at + text[at..].chars().next().map_or(1, char::len_utf8));
        }
    }
}

/// By what a name is kept whose first word this is.
fn beginning(word: &str) -> String {
    if is_joined(word) {
        word.chars().next_back().map(String::from).unwrap_or_default()
    } else {
        word.to_owned()
    }
}

/// Where the name stands, if these words are its own. Of a script without blanks, the first may be the
/// end of a longer one, and the last the beginning.
fn place_of(text: &str, here: &[(usize, usize)], name: &[String]) -> Option<(usize, usize)> {
    let ((mut from, _), (_, mut to)) = (*here.first()?, *here.last()?);
    for (at, ((start, end), word)) in here.iter().zip(name).enumerate() {
        let written = fold(&text[*start..*end]);
        if written == *word {
            continue;
        }
        if !is_joined(word) {
            return None;
        }
        // These letters have no case: they are folded to themselves.
        if at == 0 && written.ends_with(word.as_str()) {
            from = end.checked_sub(word.len())?;
        } else if at + 1 == name.len() && written.starts_with(word.as_str()) {
            to = start + word.len();
        } else {
            return None;
        }
    }
    (text.is_char_boundary(from) && text.is_char_boundary(to)).then_some((from, to))
}

fn is_written_as_a_name(word: &str) -> bool {
    let mut letters = word.chars();
    let begins = letters.next().is_some_and(|letter| !letter.is_lowercase());
    begins && (word.chars().count() > 2 || letters.all(|letter| !letter.is_uppercase()))
}

/// Where words begin and end: letters, with the hyphens and apostrophes left to part them.
fn words(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut letters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = letters.find(|(_, letter)| letter.is_alphabetic())?;
        let mut end = start + first.len_utf8();
        let joined = is_joined_letter(first);
        while let Some((at, letter)) =
            letters.next_if(|(_, letter)| is_of_word(*letter) && is_joined_letter(*letter) == joined)
        {
            end = at + letter.len_utf8();
        }
        Some((start, end))
    })
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric()
        || matches!(letter, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{e31}'..='\u{e4e}')
}

fn is_joined(word: &str) -> bool {
    word.starts_with(is_joined_letter)
}

/// Of Chinese, Japanese, Thai and their like, which have no blanks. (Korean has.)
fn is_joined_letter(letter: char) -> bool {
    matches!(letter, '\u{e00}'..='\u{eff}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Redaction;
    use crate::redaction::redact;

    #[test]
    fn names_of_the_cache_are_blanked_out_wherever_they_stand() {
        let names = [
            "Nora Quist",
            "Jörg Müller",
            "花子",
            "Will May",
            "Support Team",
            "ann@example.com",
            "Ng",
            "伟 Xu",
            "Mohamed 佐藤",
            "สมชาย Williams",
            "Zoë Li",
            "伟 O'Brien",
            "Al No",
        ];
        let known: Result<(), ()> = know("one", || Ok(names.iter().collect()));
        assert!(known.is_ok());
        for (text, redacted) in [
            ("Hi Nora, thanks", "Hi [name], thanks"),
            ("nora quist wrote", "[name] wrote"),
            ("NORA QUIST", "[name]"),
            ("Quist's card", "[name]'s card"),
            ("@Nora-Quist:", "@[name]:"),
            ("Herr Müller und jörg müller", "Herr [name] und [name]"),
            ("花子さん、こんにちは", "[name]さん、こんにちは"),
            ("It will do, Will May.", "It will do, [name]."),
            ("Will you? The Support is good", "Will you? The Support is good"),
            ("noraquist", "noraquist"),
            ("Herr Muller, JORG MULLER", "Herr [name], [name]"),
            ("zoe li, Zoë", "[name], [name]"),
            ("伟 Xu, 我是伟 Xu。", "[name], 我是[name]。"),
            ("Xu or XU; Li, but it is LI; Ng", "[name] or XU; [name], but it is LI; [name]"),
            ("No, Al", "No, Al"),
            ("Mohamed 佐藤さん, mohamed 佐藤, 佐藤", "[name]さん, [name], [name]"),
            ("คุณสมชาย มาแล้ว: สมชาย williams", "คุณ[name] มาแล้ว: [name]"),
            ("伟 O'Brien's", "[name]'s"),
            ("伟大 中国", "伟大 中国"),
        ] {
            assert_eq!(redact(text, &[Redaction::Names]), redacted);
            assert_eq!(redact(text, &[Redaction::Emails]), text);
        }
        let known: Result<(), ()> = know("two", || Ok(Names::default()));
        assert!(known.is_ok());
        assert_eq!(redact("Hi Nora", &[Redaction::Names]), "Hi Nora");
    }
}
