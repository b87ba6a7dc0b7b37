//! The tools' answers for people: lines for a terminal, and a page with charts.
//!
//! # Layout
//!
//! - [`search`] and [`show`] call the tool of that kind and lay its JSON out. What customers wrote
//!   is clean by then; nothing here reads the database past the tools.
//! - [`report`] makes one HTML page of the figures that `get_conversation_stats` answers with.
//! - [`person`] makes one of what is stored of somebody.
//! - [`screen`] holds lines of styled text and breaks them, [`options`] reads what was typed,
//!   [`words`] puts the command line's names for the tools' into sentences.
//!
//! The host prints what comes from here and knows no field of it.

pub mod options;
pub mod person;
pub mod report;
pub mod screen;
pub mod search;
pub mod show;
mod words;

pub use crate::wit::exports::fastintercom::component::views::{Page, Screen as View, ViewError};
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::tools::{self, Context, Failure, Reader, ToolError, ToolOutput};

pub use screen::{Line, Screen, Span, Style};

impl From<ToolError> for ViewError {
    fn from(error: ToolError) -> Self {
        match error {
            ToolError::InvalidArguments(output) => Self::InvalidOptions(words::of_commands(&output.text)),
            ToolError::Failed(output) => Self::Failed(words::of_commands(&output.text)),
            ToolError::UnknownTool(sentence) => Self::Failed(sentence),
        }
    }
}

impl From<Failure> for ViewError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Argument(error) => Self::InvalidOptions(words::of_commands(&error.0)),
            Failure::Store(error) => error.into(),
            Failure::Refused(sentence) => Self::Failed(words::of_commands(&sentence)),
        }
    }
}

impl From<StoreError> for ViewError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Asks a tool on behalf of a person: its answer, and the same as JSON.
fn ask(
    context: &mut Context<'_>,
    tool: &str,
    arguments: Map<String, Value>,
) -> Result<(ToolOutput, Value), ViewError> {
    let arguments = Value::Object(arguments).to_string();
    let output = tools::call_for(Reader::Person, context, tool, &arguments)?;
    let answer = serde_json::from_str(&output.structured)
        .map_err(|error| ViewError::Failed(format!("The answer cannot be read: {error}.")))?;
    Ok((output, answer))
}

/// The text of that field, or nothing.
fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests;
