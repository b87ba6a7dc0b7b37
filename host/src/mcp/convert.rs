//! From the component's types to the protocol's.

use std::sync::Arc;

use rmcp::model::{
    CallToolResult, ContentBlock, JsonObject, MetaObject, Prompt, PromptArgument, PromptMessage, Resource,
    ResourceContents, ResourceTemplate, Role, Tool, ToolAnnotations,
};
use serde_json::{Value, json};

use crate::component::bindings::{prompts, resources, tools};

/// Results carry the server's name, as the 2026-07-28 revision asks.
pub fn server_meta() -> MetaObject {
    let mut meta = MetaObject::new();
    meta.0.insert(
        "io.modelcontextprotocol/serverInfo".to_owned(),
        json!({"name": super::server::NAME, "title": super::server::TITLE, "version": env!("CARGO_PKG_VERSION")}),
    );
    meta
}

/// # Errors
/// A sentence, when a schema of the component is no JSON object.
pub fn tool(tool: tools::Tool) -> Result<Tool, String> {
    let schema = |text: &str, what: &str| -> Result<Arc<JsonObject>, String> {
        match serde_json::from_str(text) {
            Ok(Value::Object(schema)) => Ok(Arc::new(schema)),
            _ => Err(format!("the {what} schema of {} is not a JSON object", tool.name)),
        }
    };
    let annotations = ToolAnnotations::with_title(tool.title.clone())
        .read_only(tool.read_only_hint)
        .destructive(tool.destructive_hint)
        .idempotent(tool.idempotent_hint)
        .open_world(tool.open_world_hint);
    let (input, output) = (schema(&tool.input_schema, "input")?, schema(&tool.output_schema, "output")?);
    let mut listed = Tool::new(tool.name.clone(), tool.description.clone(), input)
        .with_title(tool.title.clone())
        .with_raw_output_schema(output)
        .with_annotations(annotations);
    listed.meta = meta(tool.meta.as_deref());
    Ok(listed)
}

/// The component's `_meta`; without one that is a JSON object, none.
fn meta(json: Option<&str>) -> Option<MetaObject> {
    serde_json::from_str(json?).ok().map(MetaObject)
}

/// What a resource says. `text` is the content's own, or more than that.
pub fn resource_contents(content: resources::ResourceContent, text: String) -> ResourceContents {
    let contents = ResourceContents::text(text, content.uri).with_mime_type(content.mime_type);
    match meta(content.meta.as_deref()) {
        Some(meta) => contents.with_meta(meta),
        None => contents,
    }
}

/// A tool of the component's section: clients that know annotations only find the title there.
pub fn cold_tool(mut tool: Tool) -> Tool {
    if let Some(annotations) = &mut tool.annotations {
        annotations.title.clone_from(&tool.title);
    }
    tool
}

/// The whole as JSON for clients that show no structured content, and of the texts perhaps only
/// the first (smolagents, through mcpadapt); then the sentence. Without a sentence the JSON is
/// alone, as ChatGPT's connectors want it of `search` and `fetch`.
pub fn tool_success(output: tools::ToolOutput) -> CallToolResult {
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
pub fn tool_failure(output: tools::ToolOutput, output_schema: Option<&str>) -> CallToolResult {
    let mut result = CallToolResult::error(vec![ContentBlock::text(output.text)]);
    result.structured_content = serde_json::from_str(&output.structured)
        .ok()
        .filter(|structured| output_schema.is_some_and(|schema| has_required(structured, schema)));
    result.meta = Some(server_meta());
    result
}

/// A failure of which the component knows nothing: it trapped, or ran over a limit.
pub fn host_failure(sentence: &str) -> CallToolResult {
    tool_failure(tools::ToolOutput { structured: String::new(), text: sentence.to_owned() }, None)
}

/// Whether the object has the fields that the JSON Schema requires of it.
fn has_required(object: &Value, schema: &str) -> bool {
    let Ok(schema) = serde_json::from_str::<Value>(schema) else { return false };
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    required.iter().filter_map(Value::as_str).all(|name| object.get(name).is_some())
}

pub fn resource(entry: resources::ResourceEntry) -> Resource {
    Resource::new(entry.uri, entry.name)
        .with_title(entry.title)
        .with_description(entry.description)
        .with_mime_type(entry.mime_type)
}

pub fn resource_template(template: resources::ResourceTemplate) -> ResourceTemplate {
    ResourceTemplate::new(template.uri_template, template.name)
        .with_title(template.title)
        .with_description(template.description)
        .with_mime_type(template.mime_type)
}

pub fn prompt(prompt: prompts::Prompt) -> Prompt {
    let arguments = prompt
        .arguments
        .into_iter()
        .map(|argument| {
            PromptArgument::new(argument.name)
                .with_title(argument.title)
                .with_description(argument.description)
                .with_required(argument.required)
        })
        .collect();
    Prompt::new(prompt.name, Some(prompt.description), Some(arguments)).with_title(prompt.title)
}

pub fn prompt_message(message: prompts::PromptMessage) -> PromptMessage {
    let role = match message.role {
        prompts::Role::User => Role::User,
        prompts::Role::Assistant => Role::Assistant,
    };
    PromptMessage::new_text(role, message.text)
}
