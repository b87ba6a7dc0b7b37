//! A word's other forms and spellings, as the index has them.
//!
//! The index knows words as they were written, so that exact phrases stay exact. A word of a
//! question is looked for in every form that the vocabulary has of it; one that is nowhere is
//! corrected to the nearest that is.

use std::collections::HashSet;

use super::ast::Phrase;
use super::letters::fold;
use super::query::Query;
use super::snippet::Mark;
use super::spelling;
use super::stems::{Languages, joined_prefixes};
use super::vocabulary::Vocabulary;
use crate::error::StoreResult;

/// Words of the vocabulary that are looked at for forms of one.
const LOOKED_AT: usize = 120;
/// The same where one stem has many endings, and they are short.
const LOOKED_AT_IN_ARABIC: usize = 400;
/// Most forms of one word.
const MOST_FORMS: usize = 24;
/// Groups of digits that are looked up for one number, and ways to write it that are taken.
const MOST_LOOKS: usize = 120;
const MOST_GROUPINGS: usize = 4;
/// Shortest word with other forms.
const SHORTEST: usize = 3;
/// Shortest word that is looked for at the end of others, and what must stand before it.
const SHORTEST_PART: usize = 5;
const SHORTEST_HEAD: usize = 3;
/// Words with it that are looked at, and most that are taken.
const LOOKED_AT_WITH_IT: usize = 400;
const MOST_COMPOUNDS: usize = 16;
/// What stands before words without being one, without its accents.
const HEADS: &[&str] = &[
    "ruck", "uber", "haupt", "neben", "gesamt", "wieder", "nach", "vor", "ab", "auf", "aus", "ein", "unter",
    "mit", "zwischen", "sonder", "teil", "end", "erst", "terug", "voor", "over", "onder", "ater", "efter",
    "huvud",
];
/// Letters between the words of a compound.
const LINKS: &[&str] = &["", "s", "es", "n", "en", "er", "e"];

/// The query with every word in all its forms.
///
/// # Errors
/// When the database cannot be read.
pub fn expanded(vocabulary: &Vocabulary<'_>, query: &Query) -> StoreResult<Query> {
    let mut query = query.clone();
    let mut marks = Vec::new();
    let mut corrections = Vec::new();
    let (wanted, unwanted) = query.phrases_mut();
    let words: Vec<String> =
        wanted.iter().map(|phrase| fold(phrase.typed.trim_matches(|c: char| !c.is_alphanumeric()))).collect();
    let languages = Languages::of(&words);
    for phrase in wanted {
        if phrase.exact || phrase.paired {
            continue;
        }
        add_forms(vocabulary, &languages, phrase, &mut marks)?;
        if let [word] = &phrase.tokens[..]
            && !phrase.prefix
            && !is_somewhere(vocabulary, &fold(word), &phrase.others)?
            && let Some(correction) = spelling::correct(vocabulary, &fold(word))?
        {
            for taken in &correction.taken {
                phrase.others.push(format!("\"{taken}\""));
                marks.push(Mark { text: taken.clone(), prefix: false });
            }
            corrections.push(correction);
        }
    }
    for phrase in unwanted {
        if !phrase.exact && !phrase.paired {
            add_forms(vocabulary, &languages, phrase, &mut Vec::new())?;
        }
    }
    query.corrections = corrections;
    query.marks.extend(marks);
    query.sort_marks();
    Ok(query)
}

/// Whether some message has the word or one of its forms.
fn is_somewhere(vocabulary: &Vocabulary<'_>, word: &str, forms: &[String]) -> StoreResult<bool> {
    if vocabulary.has(word)? {
        return Ok(true);
    }
    for form in forms {
        let form = form.trim_matches('"');
        // Beginnings and several words were looked up; other spellings were only thought of.
        if form.contains([' ', '*']) || vocabulary.has(form)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn add_forms(
    vocabulary: &Vocabulary<'_>,
    languages: &Languages,
    phrase: &mut Phrase,
    marks: &mut Vec<Mark>,
) -> StoreResult<()> {
    let add = |phrase: &mut Phrase, marks: &mut Vec<Mark>, form: String, prefix: bool| {
        let written = if prefix { format!("\"{form}\" *") } else { format!("\"{form}\"") };
        if phrase.others.len() < MOST_FORMS && written != phrase.write() && !phrase.others.contains(&written)
        {
            marks.push(Mark { text: form, prefix });
            phrase.others.push(written);
        }
    };
    let joined = fold(&phrase.tokens.concat());
    match &phrase.tokens[..] {
        [word] => {
            let word = fold(word);
            if word.chars().all(|letter| ('가'..='힣').contains(&letter)) {
                for (form, is_whole) in beginnings(&word) {
                    if is_whole {
                        add(phrase, marks, form.clone(), true);
                    }
                    phrase.pieces.push(format!("\"{form}\" *"));
                }
                return Ok(());
            }
            for form in respelt(&word, phrase.typed.as_str()) {
                add(phrase, marks, form, false);
            }
            for form in inflected(vocabulary, languages, &word)? {
                add(phrase, marks, form, false);
            }
            for (form, prefix) in as_identifier(&word) {
                add(phrase, marks, form, prefix);
            }
            for form in in_groups(vocabulary, &word)? {
                add(phrase, marks, form, false);
            }
            for form in parted(vocabulary, &word)? {
                add(phrase, marks, form, false);
            }
            for compound in compounds(vocabulary, languages, &word, &phrase.typed)? {
                marks.push(Mark { text: compound.clone(), prefix: false });
                phrase.akin.push(format!("\"{compound}\""));
            }
        }
        tokens if tokens.iter().all(|token| token.bytes().all(|byte| byte.is_ascii_digit())) => {
            // 1,299.00 is 1299 as well.
            for form in in_groups(vocabulary, &joined)? {
                add(phrase, marks, form, false);
            }
            add(phrase, marks, joined, false);
            let tokens = phrase.tokens.clone();
            if let [whole @ .., "00" | "0"] = &tokens.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                add(phrase, marks, whole.concat(), false);
                add(phrase, marks, whole.join(" "), false);
            }
        }
        [word, s] if s == "s" && phrase.typed.contains(['\'', '’']) => {
            // The customer's is the customer, too.
            let word = fold(word);
            for form in inflected(vocabulary, languages, &word)? {
                add(phrase, marks, form, false);
            }
            add(phrase, marks, word, false);
        }
        tokens if tokens.len() <= 8 && !phrase.typed.contains(['@', '.', '/', '\'']) => {
            let _ = tokens;
            if joined.chars().all(char::is_alphabetic) {
                for form in inflected(vocabulary, languages, &joined)? {
                    add(phrase, marks, form, false);
                }
            }
            add(phrase, marks, joined, false);
        }
        _ => {}
    }
    Ok(())
}

/// The forms of a word that the vocabulary has.
fn inflected(vocabulary: &Vocabulary<'_>, languages: &Languages, word: &str) -> StoreResult<Vec<String>> {
    let mut forms = Vec::new();
    if word.chars().count() < SHORTEST || !word.chars().all(char::is_alphabetic) {
        return Ok(forms);
    }
    let prefixes = joined_prefixes(word);
    if word.starts_with(|letter| ('\u{5d0}'..='\u{5ea}').contains(&letter)) {
        for prefix in prefixes {
            forms.push(format!("{prefix}{word}"));
            forms
                .extend(word.strip_prefix(prefix).filter(|rest| rest.chars().count() > 2).map(str::to_owned));
        }
        return Ok(forms);
    }
    let stems = languages.stems(word);
    let Some(beginning) = stems.iter().map(|stem| common(word, stem)).min_by_key(String::len) else {
        return Ok(forms);
    };
    let is_arabic = !prefixes.is_empty();
    let beginning = if is_arabic { stems[0].clone() } else { beginning };
    let least = if is_arabic { 2 } else { SHORTEST };
    let beginning =
        if beginning.chars().count() < least { word.chars().take(least).collect() } else { beginning };
    let most = if is_arabic { LOOKED_AT_IN_ARABIC } else { LOOKED_AT };
    let mut candidates = vocabulary.beginning_with(&beginning, most)?;
    for prefix in prefixes {
        candidates.extend(vocabulary.beginning_with(&format!("{prefix}{beginning}"), most)?);
    }
    for candidate in candidates {
        if candidate != word
            && languages.stems(&candidate).iter().zip(&stems).any(|(other, stem)| other == stem)
        {
            forms.push(candidate);
        }
    }
    keep_doers_apart(word, &mut forms);
    Ok(forms)
}

/// Words of German and its neighbours that end with this one: `rechnungsadresse` for `adresse`. Where
/// little stands before it, that must be a word itself, and the one asked for not so common that
/// enough messages have it alone.
fn compounds(
    vocabulary: &Vocabulary<'_>,
    languages: &Languages,
    word: &str,
    typed: &str,
) -> StoreResult<Vec<String>> {
    let mut found = Vec::new();
    if word.chars().count() < SHORTEST_PART
        || !word.chars().all(char::is_alphabetic)
        || vocabulary.is_common(word)?
    {
        return Ok(found);
    }
    // Looking through a large vocabulary takes milliseconds: not for a few messages in such a language,
    // and not for a word that nothing tells to be of one, as the capital of German nouns does.
    let is_small = vocabulary.is_small()?;
    let may_be = languages.is_known || !typed.is_ascii() || typed.starts_with(char::is_uppercase);
    if !is_small && !may_be {
        return Ok(found);
    }
    if !languages
        .joins_words(|word| if is_small { vocabulary.has(word) } else { vocabulary.is_common(word) })?
    {
        return Ok(found);
    }
    let stems = languages.stems(word);
    let Some(part) = stems.iter().map(|stem| common(word, stem)).min_by_key(String::len) else {
        return Ok(found);
    };
    for candidate in vocabulary.containing(&part, SHORTEST_HEAD, LOOKED_AT_WITH_IT)? {
        let Some((head, _)) = candidate.rsplit_once(&part) else { continue };
        let tail = &candidate[head.len()..];
        if found.len() >= MOST_COMPOUNDS || head.chars().count() < SHORTEST_HEAD {
            continue;
        }
        let is_form = languages.stems(tail).iter().zip(&stems).any(|(other, stem)| other == stem);
        if is_form && is_head(vocabulary, head)? {
            found.push(candidate);
        }
    }
    Ok(found)
}

fn is_head(vocabulary: &Vocabulary<'_>, head: &str) -> StoreResult<bool> {
    if head.chars().count() >= SHORTEST_PART {
        return Ok(true);
    }
    for link in LINKS {
        if let Some(one) = head.strip_suffix(link)
            && one.chars().count() >= SHORTEST_HEAD
            && (HEADS.contains(&one) || vocabulary.has(one)?)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// English `-er` makes another word, which Snowball takes for a form: who looks for customs does not
/// mean the customers. It is told from a German plural by its own plural, `-ers`.
fn keep_doers_apart(word: &str, forms: &mut Vec<String>) {
    let all: HashSet<String> = forms.iter().cloned().chain([word.to_owned()]).collect();
    let is_doer = |form: &str| {
        let one = form.strip_suffix('s').unwrap_or(form);
        one.ends_with("er") && all.contains(one) && all.contains(&format!("{one}s"))
    };
    let wanted = is_doer(word);
    forms.retain(|form| is_doer(form) == wanted);
}

/// The letters with which both begin.
fn common(one: &str, other: &str) -> String {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(letter, _)| letter).collect()
}

/// Beginnings of a Korean word from two syllables, since particles are written behind it; the
/// whole, and the whole without its last syllable, stand for the word.
fn beginnings(word: &str) -> Vec<(String, bool)> {
    let letters: Vec<char> = word.chars().collect();
    let least = letters.len().saturating_sub(1).max(2);
    (2..=letters.len()).map(|length| (letters[..length].iter().collect(), length >= least)).collect()
}

/// German umlauts as two letters and the other way round.
fn respelt(word: &str, typed: &str) -> Vec<String> {
    let mut forms = Vec::new();
    let typed = typed.to_lowercase();
    let typed: String = typed.trim_matches(|letter: char| !letter.is_alphanumeric()).to_owned();
    if typed.contains(['ä', 'ö', 'ü', 'ß', 'ø', 'æ', 'å']) {
        let two = [("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ø", "oe"), ("æ", "ae"), ("å", "aa")];
        forms.push(fold(&two.iter().fold(typed.clone(), |text, (one, two)| text.replace(one, two))));
        forms.push(fold(&typed.replace('ß', "ss").replace('ø', "o")));
    } else if word.is_ascii() && word.len() > 3 {
        let one = word.replace("ae", "a").replace("oe", "o").replace("ue", "u");
        forms.push(one);
        if word.contains("ss") {
            forms.push(word.replace("ss", "ß"));
        }
    }
    forms.retain(|form| form != word);
    forms
}

/// Numbers of orders and the like: with and without a sign between letters and digits, their
/// beginnings, and in groups.
fn as_identifier(word: &str) -> Vec<(String, bool)> {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 || !word.is_ascii() {
        return Vec::new();
    }
    let mut forms = Vec::new();
    let mut parted = String::new();
    for letter in word.chars() {
        if parted.chars().last().is_some_and(|last| last.is_ascii_digit() != letter.is_ascii_digit()) {
            parted.push(' ');
        }
        parted.push(letter);
    }
    if parted.matches(' ').count() == 1 {
        forms.push((parted, false));
    }
    if digits == word.len() && (4..=9).contains(&digits) {
        // Thousands: 1,299.
        let head = (digits - 1) % 3 + 1;
        let mut grouped = word[..head].to_owned();
        for start in (head..digits).step_by(3) {
            grouped.push(' ');
            grouped.push_str(&word[start..start + 3]);
        }
        forms.push((grouped, false));
    }
    if word.len() >= 12 && digits >= 6 {
        // IBANs and card numbers: groups of four.
        let groups: Vec<&str> =
            (0..word.len()).step_by(4).map(|start| &word[start..word.len().min(start + 4)]).collect();
        forms.push((groups.join(" "), false));
    }
    if word.len() >= 6 {
        forms.push((word.to_owned(), true));
    }
    forms
}

/// A long number in the groups in which messages have it, as people write phone numbers.
fn in_groups(vocabulary: &Vocabulary<'_>, word: &str) -> StoreResult<Vec<String>> {
    let mut found = Vec::new();
    if !(7..=15).contains(&word.len()) || !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(found);
    }
    let mut open = vec![(String::new(), 0, 0)];
    let mut looks = 0;
    while let Some((groups, at, count)) = open.pop() {
        for end in at + 1..=word.len() {
            looks += 1;
            let last = end == word.len();
            if looks > MOST_LOOKS || found.len() >= MOST_GROUPINGS {
                return Ok(found);
            }
            if count >= 5 || (last && count == 0) || !vocabulary.has(&word[at..end])? {
                continue;
            }
            let groups = format!("{groups} {}", &word[at..end]);
            // Most beginnings lead nowhere; the next group is looked for only where these meet.
            if count > 0 && !vocabulary.stand_side_by_side(groups.trim())? {
                continue;
            }
            if last {
                found.push(groups.trim().to_owned());
            } else {
                open.push((groups, end, count + 1));
            }
        }
    }
    Ok(found)
}

/// `wifi` as `wi fi`, where the vocabulary has both parts and some message has them side by side.
fn parted(vocabulary: &Vocabulary<'_>, word: &str) -> StoreResult<Vec<String>> {
    let mut forms = Vec::new();
    // Of a common word the other spelling matters little, and looking for it takes long.
    if !(4..=10).contains(&word.len())
        || !word.bytes().all(|byte| byte.is_ascii_alphabetic())
        || vocabulary.is_common(word)?
    {
        return Ok(forms);
    }
    for at in 1..=word.len() - 2 {
        let (one, other) = word.split_at(at);
        // Fewer words are such ends than such beginnings.
        if vocabulary.has(other)?
            && vocabulary.has(one)?
            && vocabulary.stand_side_by_side(&format!("{one} {other}"))?
        {
            forms.push(format!("{one} {other}"));
        }
    }
    Ok(forms)
}
