//! `fastintercom call TOOL [JSON]`: a tool's structured answer on standard output.

use std::process::ExitCode;
use std::sync::Arc;

use super::arguments::CallOptions;
use super::{Failure, terminal};
use crate::application::Application;
use crate::callers::Asker;
use crate::component::bindings::tools::{Reader, ToolError};
use crate::mcp::message::mend_surrogates;

pub async fn run(application: Arc<Application>, options: CallOptions) -> Result<ExitCode, Failure> {
    let cancelled = super::signals::cancelled_by();
    // Shell scripts pass on what JavaScript wrote, half an emoji included.
    let mended = mend_surrogates(options.arguments.as_bytes()).and_then(|text| String::from_utf8(text).ok());
    let arguments = mended.unwrap_or(options.arguments);
    if let Err(error) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&arguments) {
        return Err(Failure::Usage(format!("The arguments are no JSON object: {error}.")));
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
    match answer {
        Ok(output) => {
            terminal::json(&output.structured);
            Ok(ExitCode::SUCCESS)
        }
        Err(ToolError::UnknownTool(sentence)) => Err(Failure::Usage(sentence)),
        Err(ToolError::InvalidArguments(output)) => {
            terminal::json(&output.structured);
            Err(Failure::Usage(output.text))
        }
        Err(ToolError::Failed(output)) => {
            terminal::json(&output.structured);
            Err(Failure::Work(output.text))
        }
    }
}
