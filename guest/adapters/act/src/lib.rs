//! `act:tools/tool-provider`: the tools for hosts of ACT (Agent Component Tools), and one more, which
//! syncs, since there is no timer.
//!
//! The settings are the arguments of a session, by the names of environment variables. The token is
//! in the host's store of credentials, from where the adapter `base` takes it: it never comes here.
//! `act.toml` says what else an operator can grant.

#![cfg(target_family = "wasm")]

mod session;

include!(concat!(env!("OUT_DIR"), "/manifest.rs"));

#[allow(clippy::all, missing_docs, reason = "generated code")]
mod bindings {
    wit_bindgen::generate!({
        path: ["../../../wit", "../wit"],
        world: "fastintercom:adapter/act",
        generate_all,
    });
}

use bindings::act::core::types::{Error, LocalizedString};
use bindings::act::tools::types::{ContentPart, ListToolsResponse, ToolDefinition, ToolEvent};
use bindings::exports::act::tools::tool_provider::{Guest, ToolResult};
use fastintercom_adapter_calls as calls;
use fastintercom_adapter_calls::bindings::fastintercom::component::tools::{self, ToolError};
use serde_json::{Map, Value};

struct Program;
bindings::export!(Program with_types_in bindings);

type Metadata = Vec<(String, Vec<u8>)>;

/// What is no tool of the component.
const SYNC: &str = "sync";

// Kinds of errors (ACT-CONSTANTS).
const NOT_FOUND: &str = "std:not-found";
const INVALID_ARGUMENTS: &str = "std:invalid-args";
const INTERNAL: &str = "std:internal";

impl Guest for Program {
    async fn list_tools(_: Metadata) -> Result<ListToolsResponse, Error> {
        let definition = |name: String,
                          description: String,
                          schema: String,
                          [read_only, destructive, idempotent]: [bool; 3]| {
            ToolDefinition {
                name,
                description: LocalizedString::Plain(description),
                parameters_schema: schema,
                metadata: vec![
                    ("std:read-only".to_owned(), flag(read_only)),
                    ("std:destructive".to_owned(), flag(destructive)),
                    ("std:idempotent".to_owned(), flag(idempotent)),
                ],
            }
        };
        let mut listed: Vec<ToolDefinition> = tools::list_tools()
            .into_iter()
            .map(|tool| {
                let hints = [tool.read_only_hint, tool.destructive_hint, tool.idempotent_hint];
                definition(tool.name, tool.description, tool.input_schema, hints)
            })
            .collect();
        listed.push(definition(
            SYNC.to_owned(),
            calls::SYNC.to_owned(),
            r#"{"type":"object","properties":{},"additionalProperties":false}"#.to_owned(),
            [false, false, true],
        ));
        Ok(ListToolsResponse { metadata: Vec::new(), tools: listed })
    }

    async fn call_tool(name: String, arguments: Vec<u8>, metadata: Metadata) -> ToolResult {
        let no_token = match session::enter(&metadata).await {
            Ok(reason) => reason,
            Err(error) => return ToolResult::Immediate(vec![ToolEvent::Error(error)]),
        };
        let event = match call(&name, &arguments) {
            Ok(answer) => ToolEvent::Content(ContentPart {
                data: answer.into_bytes(),
                mime_type: Some("application/json".to_owned()),
                metadata: Vec::new(),
            }),
            // The tool knows only that there is no token, and hosts show no log.
            Err((INTERNAL, sentence)) => {
                let reasons: Vec<String> = [sentence].into_iter().chain(no_token).collect();
                ToolEvent::Error(error(INTERNAL, reasons.join(" ")))
            }
            Err((kind, sentence)) => ToolEvent::Error(error(kind, sentence)),
        };
        ToolResult::Immediate(vec![event])
    }
}

/// The structured answer, or the kind of the error and a sentence.
fn call(name: &str, arguments: &[u8]) -> Result<String, (&'static str, String)> {
    if name == SYNC {
        return calls::sync().map_err(|failure| (INTERNAL, failure.to_string()));
    }
    let arguments: Map<String, Value> = if arguments.is_empty() {
        Map::new()
    } else {
        ciborium::from_reader(arguments)
            .map_err(|error| (INVALID_ARGUMENTS, format!("The arguments are no map in CBOR: {error}.")))?
    };
    match calls::call(name, &Value::Object(arguments).to_string()) {
        Ok(output) => Ok(output.structured),
        Err(ToolError::UnknownTool(sentence)) => Err((NOT_FOUND, sentence)),
        Err(ToolError::InvalidArguments(output)) => Err((INVALID_ARGUMENTS, output.text)),
        Err(ToolError::Failed(output)) => Err((INTERNAL, output.text)),
    }
}

fn error(kind: &str, sentence: String) -> Error {
    Error { kind: kind.to_owned(), message: LocalizedString::Plain(sentence), metadata: Vec::new() }
}

/// CBOR's true and false (RFC 8949, section 3.3).
fn flag(value: bool) -> Vec<u8> {
    vec![if value { 0xf5 } else { 0xf4 }]
}
