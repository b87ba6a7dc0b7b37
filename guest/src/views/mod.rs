//! The tools' answers for people: lines for a terminal, and a page with charts.
//!
//! # Layout
//!
//! - [`search`] and [`show`] lay out what the tool of that kind answers, before it becomes JSON. What customers wrote
//!   is clean by then; nothing here reads the database past the tools.
//! - [`report`] makes one HTML page of the figures that `get_conversation_stats` answers with.
//! - [`person`] makes one of what is stored of somebody.
//! - [`screen`] holds lines of styled text and breaks them, [`options`] reads what was typed.
//!
//! The host prints what comes from here and knows no field of it.

pub mod options;
pub mod person;
pub mod report;
pub mod screen;
pub mod search;
pub mod show;

pub use crate::wit::exports::fastintercom::component::views::{Page, Screen as View, ViewError};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::redaction;
use crate::tools::answer::finished;
use crate::tools::arguments::Arguments;
use crate::tools::{Answered, Context, Failure, Reader, Tool, ToolOutput};

pub use screen::{Line, Screen, Span, Style};

impl From<Failure> for ViewError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Argument(error) => Self::InvalidOptions(error.0),
            Failure::Store(error) => error.into(),
            Failure::Refused(sentence) => Self::Failed(sentence),
        }
    }
}

impl From<StoreError> for ViewError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What a tool answers a person, and the same as JSON.
fn ask<T: Serialize>(
    context: &mut Context<'_>,
    tool: &Tool,
    given: Map<String, Value>,
    answer: fn(&mut Context<'_>, &Arguments) -> Answered<T>,
) -> Result<(T, ToolOutput), ViewError> {
    context.reader = Reader::Person;
    let redactions = &context.settings.redactions;
    let answered = tool
        .arguments(Reader::Person, &Value::Object(given).to_string())
        .map_err(Failure::from)
        .and_then(|arguments| answer(context, &arguments));
    match answered {
        Ok((answer, text)) => {
            let output = finished(&answer, text).redacted(redactions);
            Ok((answer, output))
        }
        Err(failure) => Err(match failure.into() {
            ViewError::InvalidOptions(text) => {
                ViewError::InvalidOptions(redaction::redact(&text, redactions).into_owned())
            }
            ViewError::Failed(text) => ViewError::Failed(redaction::redact(&text, redactions).into_owned()),
        }),
    }
}

#[cfg(test)]
mod tests;
