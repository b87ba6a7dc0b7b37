//! The exports of the world, each as small as it may be.

use serde_json::{Value, json};

use super::bindings::exports::fastintercom::component::{
    account, bulk, maintenance, prompts, resources, sync, tools, views,
};
use super::bindings::fastintercom::component::sync_types::{
    SyncError, SyncErrorKind, SyncReport, SyncRequest,
};

struct Hostile;

super::bindings::export!(Hostile with_types_in super::bindings);

/// The file in which a test names the attack that a sync makes.
const SYNC_ATTACK: &str = "/data/attack";

fn output(structured: &Value) -> tools::ToolOutput {
    tools::ToolOutput { structured: structured.to_string(), text: "The attack has ended.".to_owned() }
}

impl tools::Guest for Hostile {
    /// Of the attacks one asks for limits of its own.
    fn list_tools() -> Vec<tools::Tool> {
        vec![tools::Tool {
            name: "narrow_loop".to_owned(),
            title: String::new(),
            description: String::new(),
            input_schema: "{}".to_owned(),
            output_schema: "{}".to_owned(),
            read_only_hint: true,
            destructive_hint: false,
            idempotent_hint: true,
            open_world_hint: false,
            limits: Some(tools::ToolLimits { milliseconds: 1_500, at_once: 2 }),
            meta: None,
        }]
    }

    fn call_tool(
        name: String,
        arguments: String,
        _: tools::Reader,
    ) -> Result<tools::ToolOutput, tools::ToolError> {
        let arguments = serde_json::from_str(&arguments).unwrap_or_default();
        if name == "huge_failure" {
            let text = "x".repeat(100 * 1024 * 1024);
            return Err(tools::ToolError::Failed(tools::ToolOutput { structured: "{}".to_owned(), text }));
        }
        match super::attack(&name, &arguments) {
            Some(found) => Ok(output(&found)),
            None => Err(tools::ToolError::UnknownTool(format!("There is no attack {name}."))),
        }
    }
}

impl sync::Guest for Hostile {
    fn run(_: SyncRequest) -> Result<SyncReport, SyncError> {
        let attack = std::fs::read_to_string(SYNC_ATTACK).unwrap_or_default();
        let (name, arguments) = attack.split_once(' ').unwrap_or((&attack, "{}"));
        let arguments = serde_json::from_str(arguments).unwrap_or_default();
        let found = super::attack(name, &arguments).unwrap_or_else(|| json!({"attack": "none"}));
        Err(SyncError { kind: SyncErrorKind::Upstream, sentence: found.to_string() })
    }

    fn close_abandoned(_: String) -> Result<u32, String> {
        Ok(0)
    }
}

impl resources::Guest for Hostile {
    fn list_resources() -> Vec<resources::ResourceEntry> {
        Vec::new()
    }

    fn list_resource_templates() -> Vec<resources::ResourceTemplate> {
        Vec::new()
    }

    fn read_resource(uri: String) -> Result<resources::ResourceContent, String> {
        let text = "x".repeat(100 * 1024 * 1024);
        Ok(resources::ResourceContent { uri, mime_type: "text/plain".to_owned(), text, meta: None })
    }
}

impl prompts::Guest for Hostile {
    fn list_prompts() -> Vec<prompts::Prompt> {
        Vec::new()
    }

    fn get_prompt(_: String, _: String) -> Result<prompts::PromptContent, String> {
        Err("none".to_owned())
    }

    fn complete(
        _: prompts::CompletionReference,
        _: String,
        _: String,
    ) -> Result<prompts::Completion, String> {
        Err("none".to_owned())
    }
}

impl account::Guest for Hostile {
    fn check() -> Result<account::AccountReport, SyncError> {
        Err(SyncError { kind: SyncErrorKind::Upstream, sentence: "no".to_owned() })
    }
}

impl maintenance::Guest for Hostile {
    fn prepare() -> Result<String, String> {
        Ok("nothing".to_owned())
    }

    fn check() -> Result<String, String> {
        Ok("{}".to_owned())
    }

    fn backup(_: String) -> Result<(), String> {
        Err("no".to_owned())
    }

    fn salvage(_: String) -> Result<String, String> {
        Err("no".to_owned())
    }

    fn erase(_: String, _: bool, _: String) -> Result<maintenance::Erasure, String> {
        Err("no".to_owned())
    }

    fn filter(_: maintenance::Scope, _: String) -> Result<maintenance::Filtered, String> {
        Err("no".to_owned())
    }

    fn status() -> Result<(String, String), String> {
        Ok(("{}".to_owned(), String::new()))
    }
}

/// Tried: to go on for ever without a word.
impl bulk::Guest for Hostile {
    fn read(_: String, _: Option<String>) -> Result<bulk::Stretch, views::ViewError> {
        Ok(bulk::Stretch { text: String::new(), conversations: 0, next: Some("x".to_owned()), reached: None })
    }
}

/// Tried: to steer the terminal, and to fill it.
impl views::Guest for Hostile {
    fn search(_: String, _: Option<u32>) -> Result<views::Screen, views::ViewError> {
        let text = "before\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m\r\n\u{202e}after".to_owned();
        let lines = vec![vec![views::Span { text, style: views::Style::Plain }]];
        Ok(views::Screen { structured: "{}".to_owned(), lines })
    }

    fn show(_: String, _: Option<u32>) -> Result<views::Screen, views::ViewError> {
        Err(views::ViewError::Failed("before\u{1b}[2J\u{202e}after".to_owned()))
    }

    fn person(options: String) -> Result<views::Page, views::ViewError> {
        Self::report(options)
    }

    fn report(_: String) -> Result<views::Page, views::ViewError> {
        let html = "x".repeat(100 * 1024 * 1024);
        Ok(views::Page { html, structured: "{}".to_owned(), text: String::new() })
    }
}
