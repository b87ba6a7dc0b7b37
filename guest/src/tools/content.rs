//! What people outside wrote, on its way into an answer: plain, clean, short, and redacted.

use serde_json::Value;

use crate::environment::Redaction;
use crate::redaction;
use crate::text;

/// Longest name, subject or remark in an answer, in characters.
const LINE: usize = 160;

/// Bytes of a long message among which its snippet is looked for first, and characters before their
/// end that are left out.
const BEGINNING: usize = 16 * 1024;
const PARTED: usize = 300;

/// Longest id in an answer, in characters; Intercom's have 15 or so.
const ID: usize = 100;

/// Why no customer is found by a part.
pub const NO_PARTS: &str = "names and addresses are blanked out here (the setting `redact`), so customers are not found by parts of them. Give a whole e-mail, or an id.";

const NO_BEGINNINGS: &str = "Beginnings of words (`*`) are searched as whole words here, since something is blanked out (the setting `redact`).";

/// Turns stored text into text for answers, as the settings say.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    redactions: &'a [Redaction],
}

impl<'a> Content<'a> {
    #[must_use]
    pub fn new(redactions: &'a [Redaction]) -> Self {
        Self { redactions }
    }

    /// A name, subject or remark: one line, not too long.
    #[must_use]
    pub fn line(&self, text: &str) -> String {
        cut(&clean(&redaction::redact(&text::clean(text), self.redactions)), LINE)
    }

    /// The name of a person.
    #[must_use]
    pub fn person(&self, name: &str) -> String {
        if self.blanks(Redaction::Names) {
            redaction::redact_name(name, self.redactions)
        } else {
            self.line(name)
        }
    }

    /// Whether that kind is blanked out.
    #[must_use]
    pub fn blanks(&self, kind: Redaction) -> bool {
        self.redactions.contains(&kind)
    }

    /// Whether customers' names or addresses are, so that nobody may find them letter by letter.
    #[must_use]
    pub fn blanks_customers(&self) -> bool {
        self.blanks(Redaction::Names) || self.blanks(Redaction::Emails)
    }

    /// Whether anything is.
    #[must_use]
    pub fn blanks_any(&self) -> bool {
        !self.redactions.is_empty()
    }

    /// What was typed without the marks for beginnings of words, where anything is blanked out: with
    /// `exampl*` somebody would find a word that is not shown letter by letter. With it, a sentence
    /// if there were any.
    #[must_use]
    pub fn whole_words(self, typed: String) -> (String, Option<&'static str>) {
        if self.blanks_any() && typed.contains('*') {
            (typed.replace('*', " "), Some(NO_BEGINNINGS))
        } else {
            (typed, None)
        }
    }

    /// A number that stands in JSON of a customer's: text, if it has to be blanked out.
    #[must_use]
    pub fn number(&self, number: serde_json::Number) -> Value {
        self.named("", Value::Number(number))
    }

    /// A value that stands under that name, which may say that it is a telephone number.
    #[must_use]
    pub fn named(&self, name: &str, mut value: Value) -> Value {
        redaction::redact_value(&mut value, name, self.redactions);
        value
    }

    /// A text of several lines, in full.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        redaction::redact(&text::clean(text), self.redactions).into_owned()
    }

    /// JSON of strangers: each name and text in it a [`Content::line`], lists and objects of at most
    /// so many entries, without what is null or empty.
    #[must_use]
    pub fn document(&self, value: Value, most: usize) -> Value {
        let is_there = |value: &Value| match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            _ => true,
        };
        match value {
            Value::String(text) => self.line(&text).into(),
            Value::Array(items) => {
                let items = items.into_iter().map(|item| self.document(item, most)).filter(is_there);
                items.take(most).collect()
            }
            Value::Object(fields) => {
                let fields = fields
                    .into_iter()
                    .map(|(name, value)| (self.line(&name), self.named(&name, self.document(value, most))));
                Value::Object(fields.filter(|(_, value)| is_there(value)).take(most).collect())
            }
            other => other,
        }
    }

    /// An id: nothing but what an id may be made of, and no longer than one. It is never redacted,
    /// since it is what other calls need.
    #[must_use]
    pub fn id(&self, id: &str) -> String {
        cut(&clean(id), ID)
    }

    /// A sentence that may quote what somebody typed.
    #[must_use]
    pub fn line_of_error(&self, sentence: &str) -> String {
        cut(&clean(&redaction::redact(sentence, self.redactions)), 500)
    }

    /// The text of a message from its HTML, in full.
    #[must_use]
    pub fn body(&self, html: &str) -> String {
        // Cleaning comes after the entities are decoded, which may bring hidden characters back.
        let plain = text::clean(&text::html_to_text(html));
        redaction::redact(plain.trim(), self.redactions).into_owned()
    }

    /// The text of the beginning of a long message from its HTML; none, when it is not long.
    #[must_use]
    pub fn beginning(&self, html: &str) -> Option<String> {
        let mut text = self.body(&html[..end_of_beginning(html)?]);
        // What the cut may have parted, such as a number that is blanked out whole.
        let kept = text.char_indices().nth_back(PARTED).map_or(0, |(at, _)| at);
        text.truncate(kept);
        Some(text)
    }
}

/// Where the first [`BEGINNING`] bytes of a long HTML end, behind a tag; none, when it is not that long
/// or a style sheet behind them may say that they are not seen.
fn end_of_beginning(html: &str) -> Option<usize> {
    let most = html.len().min(BEGINNING);
    if html.len() < 2 * BEGINNING {
        return None;
    }
    let end = html.as_bytes()[..most].iter().rposition(|byte| *byte == b'>')? + 1;
    let styles = memchr::memchr_iter(b'<', &html.as_bytes()[end..]).any(|at| {
        html.as_bytes()[end + at + 1..].get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"style"))
    });
    (!styles && end > most / 2).then_some(end)
}

/// Clean text in one line: runs of white space become one blank.
#[must_use]
pub fn clean(text: &str) -> String {
    text::clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most so many characters; what is cut off is marked by an ellipsis.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}
