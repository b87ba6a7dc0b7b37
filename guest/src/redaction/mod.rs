//! Blanking out personal data: addresses, numbers, secrets, names.
//!
//! The stored data stays as it is, so that search finds it; what leaves the store is redacted. Each
//! kind has a scanner that finds its places in one pass over the text, in time that grows with the
//! text's length alone, and none looks at what another one wrote.
//!
//! Two lists of words are sought by the crate `aho-corasick`. No library does the rest in a
//! component of this size: `phonenumber` brings a regular expression engine and two megabytes of
//! rules, and wants a country for each number; `iban_validate` tells no length, so that a text would
//! be tried at twenty; the rule sets for secrets (gitleaks, detect-secrets) are regular expressions
//! for source code, which knows no "my password is". What they know is in the tables here.

mod accounts;
mod cards;
mod digits;
mod emails;
mod labels;
pub mod names;
mod phones;
mod secrets;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde_json::Value;

use crate::environment::Redaction;
use crate::sorting;

/// A place that is blanked out, in bytes, and what stands there instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    start: usize,
    end: usize,
    label: &'static str,
}

/// The text with every place of these kinds replaced by the kind's name in brackets.
#[must_use]
pub fn redact<'a>(text: &'a str, kinds: &[Redaction]) -> Cow<'a, str> {
    if kinds.is_empty() || text.is_empty() {
        return Cow::Borrowed(text);
    }
    let has = |kind| kinds.contains(&kind);
    let mut places = Vec::new();
    // Where two kinds see the same place, the earlier one names it.
    if has(Redaction::Secrets) {
        secrets::find(text, &mut places);
    }
    if has(Redaction::Emails) {
        emails::find(text, &mut places);
    }
    if has(Redaction::Accounts) {
        accounts::find(text, &mut places);
    }
    if has(Redaction::Cards) || has(Redaction::Phones) {
        let groups = digits::groups(text);
        // A card's or an account's digits are no telephone's, whichever is blanked out.
        let mut taken = Vec::new();
        cards::find(text, &groups, &mut taken);
        if has(Redaction::Phones) {
            phones::find(text, &groups, &taken, &mut places);
        }
        if has(Redaction::Cards) {
            places.append(&mut taken);
        }
    }
    if has(Redaction::Names) {
        names::find(text, &mut places);
    }
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    // Stable: of those that begin together the first kind stays in front.
    sorting::by_key(&mut places, |place| place.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for place in places {
        if place.start >= at {
            out.push_str(&text[at..place.start]);
            out.push_str(place.label);
        }
        at = at.max(place.end);
    }
    out.push_str(&text[at..]);
    Cow::Owned(out)
}

/// A JSON text redacted so that it stays JSON: its texts, and its numbers where they are one. What
/// is no JSON is redacted as text.
#[must_use]
pub fn redact_json<'a>(json: &'a str, kinds: &[Redaction]) -> Cow<'a, str> {
    if kinds.is_empty() {
        return Cow::Borrowed(json);
    }
    match serde_json::from_str::<Value>(json) {
        Ok(mut value) => {
            redact_value(&mut value, "", kinds);
            Cow::Owned(value.to_string())
        }
        Err(_) => redact(json, kinds),
    }
}

/// The same for a value that stands under that name.
pub fn redact_value(value: &mut Value, name: &str, kinds: &[Redaction]) {
    if kinds.is_empty() {
        return;
    }
    match value {
        Value::String(text) => {
            if let Some(redacted) = redact_named(name, text, kinds) {
                *text = redacted;
            }
        }
        Value::Number(number) => {
            if let Some(redacted) = redact_named(name, &number.to_string(), kinds) {
                *value = redacted.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact_value(item, name, kinds)),
        Value::Object(fields) => {
            for (name, mut value) in std::mem::take(fields) {
                redact_value(&mut value, &name, kinds);
                fields.insert(redact(&name, kinds).into_owned(), value);
            }
        }
        _ => {}
    }
}

/// What stands for the value, if anything has to. The name may say what it is: 491711234567 is a
/// telephone number only as `"phone": 491711234567`, and none as `"order": 491711234567`.
fn redact_named(name: &str, value: &str, kinds: &[Redaction]) -> Option<String> {
    if !name.is_empty() && name.len() + value.len() <= 500 {
        let told = format!("{name}: \"{value}\"");
        let redacted = redact(&told, kinds);
        let rest = redacted.strip_prefix(name).and_then(|rest| rest.strip_prefix(": \"")?.strip_suffix('"'));
        if let Some(rest) = rest {
            return (rest != value).then(|| rest.to_owned());
        }
    }
    match redact(value, kinds) {
        Cow::Owned(redacted) => Some(redacted),
        Cow::Borrowed(_) => None,
    }
}

/// A person's name.
#[must_use]
pub fn redact_name(name: &str, kinds: &[Redaction]) -> String {
    if kinds.contains(&Redaction::Names) && !name.trim().is_empty() {
        return names::LABEL.to_owned();
    }
    redact(&crate::text::clean(name), kinds).into_owned()
}

#[cfg(test)]
const ALL: &[Redaction] =
    &[Redaction::Emails, Redaction::Phones, Redaction::Cards, Redaction::Accounts, Redaction::Secrets];
