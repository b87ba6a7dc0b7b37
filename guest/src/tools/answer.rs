//! From a tool's answer, which is a struct, to what crosses the border: JSON without nulls, behind
//! the nets that hold for every field, and a sentence or two for whoever reads no JSON.

use std::fmt::Display;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::environment::Redaction;
use crate::redaction;
use crate::store::runs::future::SLACK;
use crate::time::{DAY, HOUR, MINUTE, UnixSeconds};
pub use crate::wit::exports::fastintercom::component::tools::ToolOutput;

/// Fields that other calls need as they are, and that hold nothing that people wrote.
const UNTOUCHED: &[&str] = &["id", "url", "next_cursor", "cursor", "timezone"];

impl ToolOutput {
    /// The same with everything blanked out that those kinds are, whichever field it stands in. What
    /// comes from the store is redacted where it is read; this is the net below, for sentences that
    /// quote it and for fields of tomorrow.
    #[must_use]
    pub(crate) fn redacted(self, kinds: &[Redaction]) -> Self {
        if kinds.is_empty() {
            return self;
        }
        let structured = match serde_json::from_str::<Value>(&self.structured) {
            Ok(mut answer) => {
                redact(&mut answer, kinds);
                answer.to_string()
            }
            Err(_) => redaction::redact(&self.structured, kinds).into_owned(),
        };
        Self { structured, text: redaction::redact(&self.text, kinds).into_owned() }
    }
}

fn redact(value: &mut Value, kinds: &[Redaction]) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(redacted) = redaction::redact(text, kinds) {
                *text = redacted;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, kinds)),
        Value::Object(fields) => {
            let touched = |name: &str| {
                !UNTOUCHED.contains(&name)
                    && !["_id", "_ids", "_at", "_url"].iter().any(|end| name.ends_with(end))
            };
            fields.iter_mut().filter(|(name, _)| touched(name)).for_each(|(_, value)| redact(value, kinds));
        }
        _ => {}
    }
}

/// The finished answer. Every text in it is clean, whichever field it stands in: what comes from
/// outside is cleaned and cut where it is put in, and this is the net below.
#[must_use]
pub fn finished(answer: &impl Serialize, text: impl Into<String>) -> ToolOutput {
    let text = crate::text::clean(&text.into());
    let structured = json(answer);
    if is_clean_json(&structured) {
        return ToolOutput { structured, text };
    }
    let mut structured = parsed(&structured);
    clean(&mut structured);
    ToolOutput { structured: structured.to_string(), text }
}

/// The answer as JSON.
#[must_use]
pub fn json(answer: &impl Serialize) -> String {
    // Structs whose keys are texts cannot fail to become JSON.
    serde_json::to_string(answer).unwrap_or_default()
}

/// The answer as a JSON value. By way of its text, so that the component has one serializer of each
/// struct instead of two.
#[must_use]
pub fn value(answer: &impl Serialize) -> Value {
    parsed(&json(answer))
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

/// Whether no text in that JSON would be changed by [`clean`]. An image's address may have quotation
/// marks, which JSON escapes, so where one may be the texts have to be looked at themselves.
fn is_clean_json(json: &str) -> bool {
    let looks_clean = crate::text::is_clean(json) || !json.contains("![") && crate::text::clean(json) == json;
    looks_clean && !escapes_control(json)
}

/// Whether a text in that JSON has a control character, or may have one: no other letter is written
/// with these escapes, but a backslash before one of them is written with the same bytes.
fn escapes_control(json: &str) -> bool {
    memchr::memchr_iter(b'\\', json.as_bytes())
        .any(|at| matches!(json.as_bytes().get(at + 1), Some(b'u' | b'r' | b'b' | b'f')))
}

/// The text, if it says anything.
#[must_use]
pub fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// The list, if anything is in it.
#[must_use]
pub fn listed<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}

/// The document, unless it is null or empty.
#[must_use]
pub fn document(value: Value) -> Option<Value> {
    let says_nothing = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    (!says_nothing).then_some(value)
}

/// What is only said when it is true.
#[must_use]
pub fn when(is_so: bool) -> Option<bool> {
    is_so.then_some(true)
}

/// A range of days or instants.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Range {
    #[schemars(skip)]
    pub start: String,
    #[schemars(skip)]
    pub end: String,
}

impl Range {
    #[must_use]
    pub fn new(start: impl ToString, end: impl ToString) -> Self {
        Self { start: start.to_string(), end: end.to_string() }
    }
}

fn clean(value: &mut Value) {
    match value {
        Value::String(text) if !crate::text::is_clean(text) => *text = crate::text::clean(text),
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Object(fields) => fields.values_mut().for_each(clean),
        _ => {}
    }
}

/// The answer of a tool that failed: its own boolean, when it has one, as false, and the sentence.
#[must_use]
pub fn failure(boolean: Option<&str>, sentence: &str) -> ToolOutput {
    let mut answer = Map::new();
    answer.extend(boolean.map(|boolean| (boolean.to_owned(), Value::Bool(false))));
    answer.insert("error".to_owned(), sentence.into());
    finished(&answer, sentence)
}

/// How many bytes it takes as JSON.
#[must_use]
pub fn bytes(value: &impl Serialize) -> usize {
    json(value).len()
}

/// Seconds from then to now; none when a clock was ahead then, so that nobody knows.
#[must_use]
pub fn seconds_since(then: UnixSeconds, now: UnixSeconds) -> Option<i64> {
    let seconds = now.since(then);
    (seconds >= -SLACK).then_some(seconds.max(0))
}

/// Whole minutes from then to now; see [`seconds_since`].
#[must_use]
pub fn minutes_since(then: UnixSeconds, now: UnixSeconds) -> Option<i64> {
    seconds_since(then, now).map(|seconds| seconds / MINUTE)
}

/// How long ago that was, in words.
#[must_use]
pub fn ago(then: UnixSeconds, now: UnixSeconds) -> String {
    seconds_since(then, now).map_or_else(
        || "at an unknown time (the clock was ahead then)".to_owned(),
        |seconds| format!("{} ago", in_words(seconds)),
    )
}

/// A length of time in words: `3 minutes`, `2 hours`, `5 days`.
#[must_use]
pub fn in_words(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (count, unit) = match seconds {
        0..MINUTE => (seconds, "second"),
        MINUTE..HOUR => (seconds / MINUTE, "minute"),
        HOUR..172_800 => (seconds / HOUR, "hour"),
        _ => (seconds / DAY, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// A number and its noun.
#[must_use]
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    format!("{count} {noun}{}", if count == N::from(1) { "" } else { "s" })
}

/// `threads of 8 conversations have`, for what they have not been.
#[must_use]
pub fn threads_have(count: u64) -> String {
    match count {
        1 => "thread of 1 conversation has".to_owned(),
        count => format!("threads of {count} conversations have"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever a field holds, what leaves is what cleaning that field alone gives.
    #[test]
    fn every_field_is_cleaned_however_json_writes_it() {
        for text in [
            "plain",
            "Grüße, 返金 👩‍💻",
            "C:\\build\\run",
            "a\u{7}b\r\n\tc",
            "\u{1b}[31mred",
            "\u{200d}joined",
            "hidden\u{200b}\u{202e}letters",
            "![x](http://evil.example/?q=1 \"title\")",
            "\u{7f}\u{9b}31m",
        ] {
            let output = finished(&Map::from_iter([("text".to_owned(), Value::from(text))]), text);
            let answer: Value = serde_json::from_str(&output.structured).expect("JSON");
            assert_eq!(answer["text"], crate::text::clean(text), "{text:?}");
            assert_eq!(output.text, crate::text::clean(text));
        }
    }
}
