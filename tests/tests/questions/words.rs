//! Whether the arguments of a call use only what the asker knows.

use std::collections::BTreeSet;

use serde_json::Value;

/// Runs of letters and digits, in lower case.
pub fn words(text: &str) -> BTreeSet<String> {
    text.to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// SQL itself, which whoever writes a statement knows.
const SQL: &str = "select from where group by order limit as and or not null is in on join using count sum avg min max \
                   desc asc like distinct case when then else end json_extract having round cast integer";

/// The words of an argument that stand neither in what is known nor in the tool's own definition.
///
/// A value that the schema lists (`"sort": "newest"`) is read there. SQL may use the names in the
/// tool's description.
pub fn unknown(
    definition: &fastintercom_guest::tools::ToolDefinition,
    arguments: &Value,
    known: &BTreeSet<String>,
) -> Vec<String> {
    let schema: Value = serde_json::from_str(&definition.input_schema).expect("a schema");
    let mut missing = Vec::new();
    for (name, value) in arguments.as_object().expect("an object") {
        let schema = &schema["properties"][name];
        let listed = [&schema["enum"], &schema["items"]["enum"]];
        let texts: Vec<String> = match value {
            Value::String(text) => vec![text.clone()],
            Value::Array(items) => items.iter().filter_map(|item| item.as_str()).map(str::to_owned).collect(),
            Value::Number(number) if name != "limit" => vec![number.to_string()],
            _ => Vec::new(),
        };
        for text in texts {
            let is_listed =
                listed.iter().filter_map(|list| list.as_array()).flatten().any(|one| *one == text);
            if is_listed {
                continue;
            }
            let mut all = known.clone();
            if name == "sql" {
                all.extend(words(SQL));
                all.extend(words(definition.description));
            }
            missing.extend(words(&text).difference(&all).map(|word| format!("{name}: {word}")));
        }
    }
    missing
}
