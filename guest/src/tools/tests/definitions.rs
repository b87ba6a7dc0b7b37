//! What every tool's definition must hold to, and a committed picture of each.

use serde_json::{Value, json};

use crate::tools::{self, ToolDefinition};

fn as_listed(tool: &ToolDefinition) -> Value {
    let mut listed = json!({
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": serde_json::from_str::<Value>(&tool.input_schema).expect("JSON"),
        "outputSchema": serde_json::from_str::<Value>(&tool.output_schema).expect("JSON"),
        "annotations": {
            "readOnlyHint": tool.read_only,
            "destructiveHint": tool.destructive,
            "idempotentHint": tool.idempotent,
            "openWorldHint": tool.open_world,
        }
    });
    if let Some(meta) = tool.meta {
        listed["_meta"] = serde_json::from_str(meta).expect("JSON");
    }
    listed
}

#[test]
fn definitions_are_as_committed() {
    for tool in tools::list() {
        insta::assert_json_snapshot!(tool.name, as_listed(&tool));
    }
}

/// Resources, templates and prompts as MCP lists them.
fn documents() -> Value {
    let of_resource = |uri: &str, value: &str, name: &str, title: &str, description: &str, kind: &str| json!({uri: value, "name": name, "title": title, "description": description, "mimeType": kind});
    let resources: Vec<Value> = tools::resources::list_resources()
        .iter()
        .map(|one| of_resource("uri", one.uri, one.name, one.title, one.description, one.mime_type))
        .collect();
    let templates: Vec<Value> = tools::resources::list_resource_templates()
        .iter()
        .map(|one| {
            of_resource("uriTemplate", one.uri_template, one.name, one.title, one.description, one.mime_type)
        })
        .collect();
    let prompts: Vec<Value> = tools::prompts::list_prompts()
        .iter()
        .map(|prompt| {
            let arguments: Vec<Value> = prompt
                .arguments
                .iter()
                .map(|argument| {
                    json!({
                        "name": argument.name,
                        "title": argument.title,
                        "description": argument.description,
                        "required": argument.required,
                    })
                })
                .collect();
            json!({
                "name": prompt.name,
                "title": prompt.title,
                "description": prompt.description,
                "arguments": arguments,
            })
        })
        .collect();
    json!({"resources": resources, "resourceTemplates": templates, "prompts": prompts})
}

#[test]
fn lists_are_as_committed() {
    let names: Vec<&str> = tools::list().iter().map(|tool| tool.name).collect();
    insta::assert_json_snapshot!("listed", names);
    insta::assert_json_snapshot!("documents", documents());
}

/// What a client is told before anything is compiled. `build.rs` makes it of the snapshots, so a
/// changed definition needs two builds: one that writes the snapshot, one that packs it.
#[test]
fn the_section_for_cold_starts_has_what_the_functions_say() {
    // The run that writes the snapshots was built with the old ones.
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        return;
    }
    let packed: Value = serde_json::from_str(tools::DEFINITIONS).expect("JSON");
    let mut said = documents();
    said["tools"] = tools::list().iter().map(as_listed).collect();
    assert_eq!(packed, said, "build once more after the snapshots changed");
}

#[test]
fn the_list_stays_small() {
    let list: Vec<Value> = tools::list().iter().map(as_listed).collect();
    let bytes = json!({ "tools": list }).to_string().len();
    assert!(bytes < 32_000, "tools/list has {bytes} bytes");
    assert!(tools::INSTRUCTIONS.chars().count() < 2_048);
}

#[test]
fn every_definition_is_sound() {
    for tool in tools::list() {
        assert!(tool.description.len() <= 1_024, "{}", tool.name);
        for schema in [&tool.input_schema, &tool.output_schema] {
            let schema: Value = serde_json::from_str(schema).expect("JSON");
            jsonschema::draft202012::meta::validate(&schema)
                .unwrap_or_else(|error| panic!("{}: {error}", tool.name));
            assert_eq!(schema["type"], "object");
            for word in ["anyOf", "oneOf", "allOf"] {
                assert_eq!(schema.get(word), None, "some clients flatten {word} at the root");
            }
        }
        let syncs = matches!(tool.name, "force_sync" | "sync_conversations");
        assert_eq!(tool.read_only, !syncs);
        assert!(!tool.destructive && tool.idempotent && tool.open_world);
    }
}

/// The end of `docs/TOOLS.md`: each tool with its description and parameters.
fn documentation() -> String {
    let mut text = String::new();
    for tool in tools::list() {
        let schema: Value = serde_json::from_str(&tool.input_schema).expect("JSON");
        text.push_str(&format!("\n### `{}`\n\n{}\n", tool.name, tool.description));
        let properties = schema["properties"].as_object().expect("properties");
        if properties.is_empty() {
            text.push_str("\nNo parameters.\n");
            continue;
        }
        text.push_str("\n| Parameter | Takes | Meaning |\n|---|---|---|\n");
        for (name, property) in properties {
            let words = |schema: &Value| -> Option<String> {
                let words = schema["enum"].as_array()?.iter().filter_map(Value::as_str);
                Some(words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "))
            };
            let takes = match property["type"].as_str().expect("a type") {
                "array" => match words(&property["items"]) {
                    Some(words) => format!("one or several of {words}"),
                    None => "a text or several".to_owned(),
                },
                "boolean" => "true or false".to_owned(),
                "number" | "integer" => "number".to_owned(),
                _ => words(property).unwrap_or_else(|| "text".to_owned()),
            };
            let required = schema["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
            let meaning =
                [property["description"].as_str().unwrap_or(""), if required { "Required." } else { "" }]
                    .join(" ")
                    .replace('|', "\\|");
            text.push_str(&format!("| `{name}` | {takes} | {} |\n", meaning.trim()));
        }
    }
    text
}

#[test]
fn the_documentation_is_generated_from_the_definitions() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/TOOLS.md");
    let document = std::fs::read_to_string(path).expect("the document");
    let (written, _) = document.split_once("definitions -->\n").expect("the mark where it begins");
    let right = format!("{written}definitions -->\n{}", documentation());
    if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
        std::fs::write(path, &right).expect("writes the document");
    } else {
        assert!(document == right, "docs/TOOLS.md is out of date; INSTA_UPDATE=always writes it anew");
    }
}

#[test]
fn the_eight_tools_of_the_original_are_there() {
    let names: Vec<&str> = tools::list().iter().map(|tool| tool.name).collect();
    for name in [
        "search_conversations",
        "get_conversation",
        "get_server_status",
        "sync_conversations",
        "get_data_info",
        "check_coverage",
        "get_sync_status",
        "force_sync",
    ] {
        assert!(names.contains(&name), "{name}");
    }
}
