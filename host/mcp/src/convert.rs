//! From the component's records to the protocol's.

use std::sync::Arc;

use rmcp::model::{
    CallToolResult, ContentBlock, JsonObject, MetaObject, ResourceContents, Tool, ToolAnnotations,
};
use serde_json::{Value, json};

use crate::backend::{Resource, ToolOutput};

/// Makes, where it stands, functions from the records that a bindings generator made of WIT to the
/// protocol's. Given the modules of the interfaces `tools`, `resources` and `prompts`.
#[macro_export]
macro_rules! conversions {
    ($tools:path, $resources:path, $prompts:path) => {
        #[allow(dead_code, reason = "not every backend has a use for all of them")]
        mod from_wit {
            use $crate::rmcp::model;
            use $prompts as prompts;
            use $resources as resources;
            use $tools as tools;

            /// # Errors
            /// When a schema is no JSON object.
            pub fn tool(tool: tools::Tool) -> Result<model::Tool, $crate::Failure> {
                let hints =
                    [tool.read_only_hint, tool.destructive_hint, tool.idempotent_hint, tool.open_world_hint];
                $crate::convert::tool(
                    tool.name,
                    tool.title,
                    tool.description,
                    &tool.input_schema,
                    &tool.output_schema,
                    hints,
                    tool.meta.as_deref(),
                )
            }

            pub fn answer(
                answer: Result<tools::ToolOutput, tools::ToolError>,
            ) -> Result<$crate::ToolOutput, $crate::ToolError> {
                let output = |output: tools::ToolOutput| $crate::ToolOutput {
                    structured: output.structured,
                    text: output.text,
                };
                answer.map(output).map_err(|error| match error {
                    tools::ToolError::UnknownTool(sentence) => $crate::ToolError::UnknownTool(sentence),
                    tools::ToolError::InvalidArguments(answer) => {
                        $crate::ToolError::InvalidArguments(output(answer))
                    }
                    tools::ToolError::Failed(answer) => $crate::ToolError::Failed(output(answer)),
                })
            }

            pub fn resource(entry: resources::ResourceEntry) -> model::Resource {
                model::Resource::new(entry.uri, entry.name)
                    .with_title(entry.title)
                    .with_description(entry.description)
                    .with_mime_type(entry.mime_type)
            }

            pub fn resource_template(template: resources::ResourceTemplate) -> model::ResourceTemplate {
                model::ResourceTemplate::new(template.uri_template, template.name)
                    .with_title(template.title)
                    .with_description(template.description)
                    .with_mime_type(template.mime_type)
            }

            pub fn content(content: resources::ResourceContent) -> $crate::Resource {
                $crate::Resource {
                    uri: content.uri,
                    mime_type: content.mime_type,
                    text: content.text,
                    meta: content.meta,
                }
            }

            pub fn prompt(prompt: prompts::Prompt) -> model::Prompt {
                let arguments = prompt
                    .arguments
                    .into_iter()
                    .map(|argument| {
                        model::PromptArgument::new(argument.name)
                            .with_title(argument.title)
                            .with_description(argument.description)
                            .with_required(argument.required)
                    })
                    .collect();
                model::Prompt::new(prompt.name, Some(prompt.description), Some(arguments))
                    .with_title(prompt.title)
            }

            pub fn prompted(content: prompts::PromptContent) -> $crate::Prompted {
                let messages = content
                    .messages
                    .into_iter()
                    .map(|message| {
                        let role = match message.role {
                            prompts::Role::User => model::Role::User,
                            prompts::Role::Assistant => model::Role::Assistant,
                        };
                        model::PromptMessage::new_text(role, message.text)
                    })
                    .collect();
                $crate::Prompted::new(messages).with_description(content.description)
            }

            pub fn completion(completion: prompts::Completion) -> $crate::Completion {
                $crate::Completion {
                    values: completion.values,
                    total: completion.total,
                    has_more: completion.has_more,
                }
            }

            pub fn reference(reference: String, of_resource: bool) -> prompts::CompletionReference {
                if of_resource {
                    prompts::CompletionReference::ResourceTemplate(reference)
                } else {
                    prompts::CompletionReference::Prompt(reference)
                }
            }
        }
    };
}

/// Results carry the server's name, as the 2026-07-28 revision asks.
#[must_use]
pub fn server_meta() -> MetaObject {
    let mut meta = MetaObject::new();
    meta.0.insert(
        "io.modelcontextprotocol/serverInfo".to_owned(),
        json!({"name": crate::server::NAME, "title": crate::server::TITLE, "version": env!("CARGO_PKG_VERSION")}),
    );
    meta
}

/// A tool, with the hints read-only, destructive, idempotent and open-world.
///
/// # Errors
/// When a schema of the component is no JSON object.
pub fn tool(
    name: String,
    title: String,
    description: String,
    input: &str,
    output: &str,
    [read_only, destructive, idempotent, open_world]: [bool; 4],
    meta: Option<&str>,
) -> Result<Tool, crate::Failure> {
    let schema = |text: &str, what: &str| -> Result<Arc<JsonObject>, crate::Failure> {
        match serde_json::from_str(text) {
            Ok(Value::Object(schema)) => Ok(Arc::new(schema)),
            _ => Err(crate::Failure::Broken(format!("the {what} schema of {name} is not a JSON object"))),
        }
    };
    let annotations = ToolAnnotations::with_title(title.clone())
        .read_only(read_only)
        .destructive(destructive)
        .idempotent(idempotent)
        .open_world(open_world);
    let (input, output) = (schema(input, "input")?, schema(output, "output")?);
    let mut tool = Tool::new(name, description, input)
        .with_title(title)
        .with_raw_output_schema(output)
        .with_annotations(annotations);
    tool.meta = self::meta(meta);
    Ok(tool)
}

/// The component's `_meta`; without one that is a JSON object, none.
fn meta(json: Option<&str>) -> Option<MetaObject> {
    serde_json::from_str(json?).ok().map(MetaObject)
}

/// What a resource says.
pub(crate) fn resource_contents(content: Resource) -> ResourceContents {
    let contents = ResourceContents::text(content.text, content.uri).with_mime_type(content.mime_type);
    match meta(content.meta.as_deref()) {
        Some(meta) => contents.with_meta(meta),
        None => contents,
    }
}

/// The whole as JSON for clients that show no structured content, and of the texts perhaps only
/// the first (smolagents, through mcpadapt); then the sentence. Without a sentence the JSON is
/// alone, as ChatGPT's connectors want it of `search` and `fetch`.
pub(crate) fn tool_success(output: ToolOutput) -> CallToolResult {
    let structured: Value = serde_json::from_str(&output.structured).unwrap_or(Value::Null);
    let mut result = CallToolResult::structured(structured);
    result.content = vec![ContentBlock::text(output.structured)];
    if !output.text.is_empty() {
        result.content.push(ContentBlock::text(output.text));
    }
    result.meta = Some(server_meta());
    result
}

/// A failure that the model can act on.
///
/// `output_schema` is the tool's. Some clients hold failures to it, too (TypeScript SDK 1,
/// Inspector) and would show their own complaint instead of the sentence, so the structured part
/// is left out where it lacks a field that the schema requires.
pub(crate) fn tool_failure(output: ToolOutput, output_schema: Option<&JsonObject>) -> CallToolResult {
    let mut result = CallToolResult::error(vec![ContentBlock::text(output.text)]);
    result.structured_content = serde_json::from_str(&output.structured)
        .ok()
        .filter(|structured| output_schema.is_some_and(|schema| has_required(structured, schema)));
    result.meta = Some(server_meta());
    result
}

/// A failure of which the component knows nothing: it trapped, or ran over a limit.
pub(crate) fn host_failure(sentence: &str) -> CallToolResult {
    tool_failure(ToolOutput { structured: String::new(), text: sentence.to_owned() }, None)
}

/// Whether the object has the fields that the JSON Schema requires of it.
fn has_required(object: &Value, schema: &JsonObject) -> bool {
    let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    required.iter().filter_map(Value::as_str).all(|name| object.get(name).is_some())
}
