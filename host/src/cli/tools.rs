//! `fastintercom tools`: the tools that the component has.

use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};

use super::arguments::JsonOption;
use super::{Failure, terminal};
use crate::application::Application;

pub async fn run(application: Arc<Application>, options: JsonOption) -> Result<ExitCode, Failure> {
    let tools = application.tools().await?;
    if options.json {
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
        let list: Vec<Value> = tools
            .iter()
            .map(|tool| {
                json!({
                    "name": tool.name,
                    "title": tool.title,
                    "description": tool.description,
                    "inputSchema": parse(&tool.input_schema),
                    "outputSchema": parse(&tool.output_schema),
                })
            })
            .collect();
        terminal::json(&Value::Array(list).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let width = tools.iter().map(|tool| tool.name.len()).max().unwrap_or(0);
    for tool in &tools {
        let first = tool.description.split_inclusive(". ").next().unwrap_or_default().trim();
        terminal::labelled(&format!("{:width$}  ", crate::text::printable(&tool.name, 64)), first);
    }
    Ok(ExitCode::SUCCESS)
}
