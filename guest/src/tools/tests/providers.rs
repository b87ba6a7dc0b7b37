//! Each definition against what model providers and clients take. One tool that a provider refuses
//! costs its users the whole request, so what may stand in a schema is what all of them take:
//!
//! | who | rule | source |
//! |---|---|---|
//! | Gemini, OpenAPI form | every parameter has one `type`; `enum` for texts only; an array has `items`; only the fields of `Schema` (no `examples`, `const`, `$ref`, lists of types) | <https://ai.google.dev/api/caching#Schema>; google-gemini/gemini-cli#4400; nanbingxyz/5ire#218 |
//! | OpenAI, strict | `type` everywhere, `additionalProperties: false`, no `default` (api.openai.com takes it, Azure does not), no root `anyOf`; names of `[a-zA-Z0-9_-]{1,64}` | <https://platform.openai.com/docs/guides/structured-outputs>; openai/openai-agents-python#4390; dotnet/extensions#6266 |
//! | Anthropic, strict | no `minimum`, `maximum`, `minLength`, `maxItems`; names of `[a-zA-Z0-9_.-]{1,64}`; no root `anyOf` | <https://docs.claude.com/en/docs/build-with-claude/structured-outputs>; agentjido/req_llm#302 |
//! | Ajv, strict (Genkit, Mastra) | no unknown keyword, no list of types, `type` beside keywords of a type, `required` names properties; answers, too | <https://ajv.js.org/strict-mode> |
//! | Microsoft Agent Framework | drops arguments named as its own options | `python/packages/core/agent_framework/_mcp.py`, the names below |
//!
//! Read in November 2026. A bound or default goes into the description, and the tool keeps it.

use serde_json::{Map, Value};

use crate::tools;

/// Names of arguments that a client drops or fills with its own before a tool sees them.
const RESERVED: &[&str] = &[
    "chat_options",
    "conversation_id",
    "options",
    "response_format",
    "session",
    "thread",
    "tool_choice",
    "tools",
];

/// What is wrong with the schema, by its place in it.
fn lint(schema: &Value, place: &str, input: bool, complaints: &mut Vec<String>) {
    let Some(fields) = schema.as_object() else {
        complaints.push(format!("{place}: no object"));
        return;
    };
    let mut complain = |what: &str| complaints.push(format!("{place}: {what}"));
    for keyword in fields.keys() {
        let common =
            ["type", "description", "enum", "items", "properties", "required", "additionalProperties"];
        if !common.contains(&keyword.as_str()) && (input || keyword != "anyOf") {
            complain(&format!("`{keyword}` is not taken by all"));
        }
    }
    if fields.get("description").is_some_and(|text| text.as_str().is_none_or(str::is_empty)) {
        complain("an empty description");
    }
    let empty = Map::new();
    let properties = match fields.get("properties") {
        None => &empty,
        Some(properties) => properties.as_object().unwrap_or(&empty),
    };
    match (fields.get("type").map(|kind| kind.as_str()), fields.get("anyOf")) {
        (Some(Some(kind)), None) => {
            let known = ["string", "number", "integer", "boolean", "array", "object", "null"];
            if !known.contains(&kind) {
                complain("an unknown type");
            }
            if fields.contains_key("enum") && kind != "string" {
                complain("`enum` without the type string");
            }
            if fields.contains_key("items") != (kind == "array") {
                complain("`items` belongs to arrays, and every array needs it");
            }
            let objects = ["properties", "required", "additionalProperties"];
            if kind != "object" && objects.iter().any(|keyword| fields.contains_key(*keyword)) {
                complain("properties without the type object");
            }
            if input && kind == "object" && fields.get("additionalProperties") != Some(&Value::Bool(false)) {
                complain("an open object");
            }
        }
        (None, Some(_)) if fields.keys().all(|keyword| keyword == "anyOf" || keyword == "description") => {}
        (None, _) => complain("no type"),
        _ => complain("more than one type"),
    }
    if let Some(words) = fields.get("enum") {
        let words = words.as_array().map_or(&[][..], Vec::as_slice);
        if words.is_empty() || words.iter().any(|word| word.as_str().is_none_or(str::is_empty)) {
            complain("`enum` lists something else than words");
        }
    }
    for name in fields.get("required").and_then(Value::as_array).into_iter().flatten() {
        if !name.as_str().is_some_and(|name| properties.contains_key(name)) {
            complain(&format!("{name} is required and no property"));
        }
    }
    for name in properties.keys() {
        let letters = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
        if !(1..=64).contains(&name.len()) || !name.chars().all(letters) {
            complain(&format!("the name {name}"));
        }
        if input && (RESERVED.contains(&name.as_str()) || tools::added::by_a_client(name)) {
            complain(&format!("clients take the argument {name} for their own"));
        }
    }
    for (name, schema) in properties {
        lint(schema, &format!("{place}.{name}"), input, complaints);
    }
    if let Some(items) = fields.get("items") {
        lint(items, &format!("{place}[]"), input, complaints);
    }
    for kind in fields.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
        lint(kind, &format!("{place}|"), input, complaints);
    }
}

fn complaints(schema: &str, input: bool) -> Vec<String> {
    let mut complaints = Vec::new();
    lint(&serde_json::from_str(schema).expect("JSON"), "", input, &mut complaints);
    complaints
}

#[test]
fn every_provider_takes_every_definition() {
    for tool in tools::list() {
        let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        assert!(tool.name.chars().all(letters) && tool.name.len() <= 64, "{}", tool.name);
        // OpenAI's limit of a function's description.
        assert!(tool.description.chars().count() <= 1_024, "{}", tool.name);
        for (schema, input) in [(&tool.input_schema, true), (&tool.output_schema, false)] {
            assert_eq!(complaints(schema, input), Vec::<String>::new(), "{}", tool.name);
        }
    }
}

/// Each of these was refused by somebody, and stood in our definitions or might.
#[test]
fn what_a_provider_refuses_is_found() {
    for (property, words) in [
        (r#"{"enum": ["a"]}"#, "no type"),
        (r#"{"type": ["array", "string"], "items": {"type": "string"}}"#, "more than one type"),
        (r#"{"type": "array"}"#, "items"),
        (r#"{"type": "array", "items": {}}"#, "no type"),
        (r#"{"type": "array", "items": {"type": "integer", "enum": ["1"]}}"#, "without the type string"),
        (r#"{"type": "string", "enum": [1]}"#, "words"),
        (r#"{"type": "string", "enum": [""]}"#, "words"),
        (r#"{"type": "integer", "minimum": 1}"#, "`minimum`"),
        (r#"{"type": "boolean", "default": true}"#, "`default`"),
        (r#"{"type": "string", "examples": ["a"]}"#, "`examples`"),
        (r#"{"type": "string", "format": "date"}"#, "`format`"),
        (r##"{"$ref": "#/$defs/a"}"##, "`$ref`"),
        (r#"{"anyOf": [{"type": "string"}, {"type": "null"}]}"#, "`anyOf`"),
        (r#"{"type": "object", "properties": {}}"#, "open object"),
        (r#"{"type": "string", "description": ""}"#, "description"),
    ] {
        let schema = format!(
            r#"{{"type": "object", "additionalProperties": false, "properties": {{"x": {property}}}}}"#
        );
        let found = complaints(&schema, true).join("; ");
        assert!(found.contains(words), "{property}: {found:?}");
    }
    for name in ["conversation_id", "response_format", "task_progress", "_meta", "toolCallId", "a b", ""] {
        let schema = serde_json::json!({"type": "object", "additionalProperties": false,
            "properties": {name: {"type": "string"}}});
        assert!(!complaints(&schema.to_string(), true).is_empty(), "{name:?}");
    }
    let missing = r#"{"type": "object", "required": ["x"], "additionalProperties": false}"#;
    assert!(complaints(missing, true)[0].contains("no property"));
}

/// The schemas say lists, because of the rules above; what was sent before is still understood.
#[test]
fn a_list_may_be_one_text() {
    let mut workspace = super::fixture::Workspace::filled();
    let mut lists = 0;
    for sql in [
        r#"UPDATE conversations SET custom_attributes = '{"Bug": 1}', contact_id = 'k1', company_id = 'c1' WHERE id = '101'"#,
        r#"INSERT INTO companies (id, name, plan, segments) VALUES ('c1', 'Acme', 'Bug', '["Bug"]')"#,
        "INSERT INTO contacts (id, country, language) VALUES ('k1', 'Bug', 'Bug')",
    ] {
        workspace.sql(sql);
    }
    workspace.ticket("5", "Bug", "submitted", "It breaks", "<p>Always</p>", "101");
    for tool in tools::list() {
        let schema: Value = serde_json::from_str(&tool.input_schema).expect("JSON");
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if property["type"] != "array" {
                continue;
            }
            lists += 1;
            let word = match (name.as_str(), property["items"]["enum"][0].as_str()) {
                (_, Some(word)) => word,
                ("fields", None) => "id",
                ("attribute", None) if tool.name == "search_tickets" => "Severity",
                ("channel", None) => "email",
                _ => "Bug",
            };
            let answer = |value: Value| {
                workspace.call(tool.name, &Value::from(Map::from_iter([(name.clone(), value)])).to_string())
            };
            let [alone, listed] = [Value::from(word), Value::from(vec![word])].map(answer);
            assert_eq!(alone, listed, "{}: {name}", tool.name);
            assert!(alone.is_ok(), "{}: {name} {alone:?}", tool.name);
        }
    }
    assert!(lists >= 8, "{lists} lists");
}
