//! Every tool's schemas, whichever tools there are: a new one is tested the day it is listed.

use fastintercom_tests::session::Session;
use serde_json::{Value, json};

use super::{small, synced};

fn tools(session: &Session) -> Vec<Value> {
    let list = session.request("tools/list", json!({})).expect("a list");
    list["tools"].as_array().expect("a list").clone()
}

/// Limits of the specification, of the conformance suite and of what clients pass on whole.
#[test]
fn definitions_keep_to_what_clients_take() {
    let session = synced(&small());
    for tool in tools(&session) {
        let name = tool["name"].as_str().expect("a name");
        assert!((1..=64).contains(&name.len()), "{name}");
        assert!(
            name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter)),
            "{name}"
        );
        assert!(tool["description"].as_str().is_some_and(|text| text.len() <= 2_048), "{name}");
        for (kind, schema) in [("input", &tool["inputSchema"]), ("output", &tool["outputSchema"])] {
            jsonschema::draft202012::meta::validate(schema)
                .unwrap_or_else(|error| panic!("the {kind} schema of {name}: {error}"));
            let text = schema.to_string();
            assert!(!text.contains("\"$ref\":\"http"), "the {kind} schema of {name} needs the network");
        }
        let input = &tool["inputSchema"];
        assert_eq!(input["additionalProperties"], false, "{name} takes what it does not know");
        // Some clients drop what stands at the root beside the properties.
        for keyword in ["anyOf", "oneOf", "allOf"] {
            assert!(input.get(keyword).is_none(), "{name} has {keyword} at the root");
        }
    }
}

/// What the schema of an argument refuses, the tool refuses, with the argument's name.
#[test]
fn what_an_input_schema_refuses_is_a_tool_error_that_names_it() {
    let session = synced(&small());
    let wrong = json!({"nested": {"deep": true}});
    for tool in tools(&session) {
        let name = tool["name"].as_str().expect("a name");
        let validator = jsonschema::draft202012::new(&tool["inputSchema"]).expect("a schema");
        let properties = tool["inputSchema"]["properties"].as_object().cloned().unwrap_or_default();
        let required: Vec<&str> = tool["inputSchema"]["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let known = properties.keys().map(String::as_str);
        for argument in known.chain(["no_such_argument"]) {
            let mut arguments = json!({argument: wrong});
            for name in &required {
                if *name != argument {
                    arguments[*name] = json!("2026-06-01");
                }
            }
            assert!(!validator.is_valid(&arguments), "the schema of {name} takes {arguments}");
            let sentence = session.call_tool(name, arguments.clone()).failed();
            assert!(sentence.contains(argument), "{name} {arguments}: {sentence}");
        }
    }
}
