//! `fastintercom call TOOL`: a tool's structured answer on standard output.
//!
//! Arguments are flags, which [`flags`] makes of the tool's schema, or one JSON object. [`settings_first`]
//! tells the program's own flags from the tool's before anything else reads the command line.

pub mod flags;
mod order;

use std::process::ExitCode;

use rmcp::model::Tool;
use serde_json::{Map, Value};

use super::arguments::CallOptions;
use super::{Failure, terminal};
use crate::application::Application;
use crate::callers::Asker;
use crate::component::bindings::tools::{Reader, ToolError};
use crate::component::code::Bytes;
use crate::component::metadata::Metadata;
use crate::config::{Sources, component_file};
use crate::mcp::listed;
use fastintercom_mcp::message::mend_surrogates;

pub use order::settings_first;

/// What was typed behind the tool's name.
enum Typed {
    Json(String),
    /// Which only the tool's schema can tell apart.
    Flags(Vec<String>),
}

impl Typed {
    fn of(mut words: Vec<String>) -> Self {
        if words.first().is_some_and(|word| word == "--") {
            words.remove(0);
        }
        match words.as_slice() {
            [] => Self::Json("{}".to_owned()),
            [word] if !word.starts_with('-') => Self::Json(words.remove(0)),
            _ => Self::Flags(words),
        }
    }
}

pub async fn run(sources: &mut Sources, options: CallOptions) -> Result<ExitCode, Failure> {
    let cancelled = super::signals::cancelled_by();
    // What is typed wrong is told before a database is made or anything is compiled.
    let (mut arguments, mut unread) = (String::new(), None);
    match Typed::of(options.arguments) {
        Typed::Json(json) => arguments = checked(json)?,
        Typed::Flags(words) => match defined(sources, &options.tool)? {
            Some(tool) => match flags::read(&tool, words)? {
                flags::Read::Arguments(read) => arguments = Value::Object(read).to_string(),
                flags::Read::Answered => return Ok(ExitCode::SUCCESS),
            },
            None => unread = Some(words),
        },
    }
    let (application, _use) = super::open(sources).await?;
    if let Some(words) = unread {
        // A component of one's own may not say which tools it has before it is compiled. One that has
        // no such tool says itself which there are.
        arguments = "{}".to_owned();
        if let Some(tool) = asked(&application, &options.tool).await? {
            match flags::read(&tool, words)? {
                flags::Read::Arguments(read) => arguments = Value::Object(read).to_string(),
                flags::Read::Answered => return Ok(ExitCode::SUCCESS),
            }
        }
    }
    let answer = application
        .call_tool(
            &Asker::new(Asker::TERMINAL, None),
            options.tool,
            arguments,
            Reader::Program,
            cancelled,
            None,
        )
        .await?;
    // A sync that the tool started goes on in a server; here the program ends.
    application.syncs.stop().await;
    // The tool's own answer says why, with more fields than this program's would.
    let failed = |structured: &str, sentence: &str, code: u8| {
        terminal::json(structured);
        terminal::error(sentence);
        Ok(ExitCode::from(code))
    };
    match answer {
        Ok(output) => {
            terminal::json(&output.structured);
            Ok(ExitCode::SUCCESS)
        }
        Err(ToolError::UnknownTool(sentence)) => Err(Failure::Usage(sentence)),
        Err(ToolError::InvalidArguments(output)) => failed(&output.structured, &output.text, 2),
        Err(ToolError::Failed(output)) => failed(&output.structured, &output.text, 1),
    }
}

/// The JSON object that was typed.
fn checked(typed: String) -> Result<String, Failure> {
    // Shell scripts pass on what JavaScript wrote, half an emoji included.
    let mended = mend_surrogates(typed.as_bytes()).and_then(|text| String::from_utf8(text).ok());
    let arguments = mended.unwrap_or(typed);
    match serde_json::from_str::<Map<String, Value>>(&arguments) {
        Ok(_) => Ok(arguments),
        Err(error) => Err(Failure::Usage(format!(
            "The arguments are no JSON object: {error}. They can be flags as well, --NAME VALUE; --help lists them."
        ))),
    }
}

/// The tool as the component describes it without being compiled.
fn defined(sources: &Sources, name: &str) -> Result<Option<Tool>, Failure> {
    let component = Bytes::load(component_file(sources)?.as_deref()).map_err(Failure::Usage)?;
    let tools = Metadata::read(component.as_slice()).definitions.map(|definitions| definitions.tools);
    Ok(tools.into_iter().flatten().find(|tool| tool.name == name))
}

/// The tool as the component itself describes it.
async fn asked(application: &Application, name: &str) -> Result<Option<Tool>, Failure> {
    let found = application.tools().await?.into_iter().find(|tool| tool.name == name);
    found.map(listed).transpose().map_err(|error| Failure::Work(error.to_string()))
}
