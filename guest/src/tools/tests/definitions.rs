//! What every tool's definition must hold to, and a committed picture of each.

use serde_json::{Value, json};

use crate::tools::{self, ToolDefinition};

fn as_listed(tool: &ToolDefinition) -> Value {
    json!({
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
    })
}

#[test]
fn definitions_are_as_committed() {
    for tool in tools::list() {
        insta::assert_json_snapshot!(tool.name, as_listed(&tool));
    }
}

#[test]
fn the_list_stays_small() {
    let list: Vec<Value> = tools::list().iter().map(as_listed).collect();
    let bytes = json!({ "tools": list }).to_string().len();
    assert!(bytes < 24_000, "tools/list has {bytes} bytes");
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

/// `docs/TOOLS.md` describes what there is.
#[test]
fn every_parameter_is_in_the_documentation() {
    let document = include_str!("../../../../docs/TOOLS.md");
    for tool in tools::list() {
        let (_, section) =
            document.split_once(&format!("### `{}`\n", tool.name)).unwrap_or_else(|| panic!("{}", tool.name));
        let section = section.split("\n### ").next().unwrap_or_default();
        let schema: Value = serde_json::from_str(&tool.input_schema).expect("JSON");
        for name in schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name) {
            assert!(section.contains(&format!("| `{name}` |")), "{}: {name}", tool.name);
        }
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
