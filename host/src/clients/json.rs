//! JSON files of clients. Several of them allow comments and trailing commas, and people use both,
//! so a file is edited as a tree that keeps every character of what is not ours.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstArray, CstInputValue, CstObject, CstRootNode};

use super::entry::{self, Entry, EntryToken, INPUT, TOKEN_VARIABLE};
use super::{NAME, Shape};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// JSON as its standard has it, with comments and trailing commas.
const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// See [`Shape::with`].
pub fn with(text: &str, shape: Shape, entry: &Entry) -> Result<String, String> {
    let document = Document::parse(text)?;
    let variables = entry.variables(shape == Shape::Servers);
    let servers = object_in(&document.object, key(shape))?;
    let ours = object_in(&servers, NAME)?;
    if shape != Shape::McpServers {
        set(&ours, "type", "stdio".into());
    }
    set(&ours, "command", entry.command.clone().into());
    let arguments = entry.arguments.iter().cloned().map(CstInputValue::from).collect();
    set(&ours, "args", CstInputValue::Array(arguments));
    // What the user added to the entry stays: other variables, a time limit, a list of tools.
    let environment = object_in(&ours, "env")?;
    for (name, value) in variables {
        set(&environment, &name, value.into());
    }
    if shape == Shape::Servers {
        match entry.token {
            EntryToken::Asked => ask(&document.object)?,
            EntryToken::Stored | EntryToken::Written(_) => {
                stop_asking(&document.object, &environment);
            }
        }
    }
    if environment.properties().is_empty()
        && let Some(empty) = ours.get("env")
    {
        empty.remove();
    }
    Ok(document.text())
}

/// See [`Shape::without`].
pub fn without(text: &str, shape: Shape) -> Result<Option<String>, String> {
    let document = Document::parse(text)?;
    let Some(servers) = document.object.get(key(shape)) else { return Ok(None) };
    let Some(ours) = servers.object_value().and_then(|servers| servers.get(NAME)) else { return Ok(None) };
    ours.remove();
    if servers.object_value().is_some_and(|servers| is_bare(&servers)) {
        servers.remove();
    }
    if shape == Shape::Servers {
        remove_input(&document.object);
    }
    Ok(Some(document.text()))
}

/// See [`Shape::command`].
pub fn command(text: &str, shape: Shape) -> Result<Option<String>, String> {
    let document = Document::parse(text)?;
    let ours = document.object.object_value(key(shape)).and_then(|servers| servers.object_value(NAME));
    let command = ours.and_then(|ours| ours.get("command")?.value()?.as_string_lit()?.decoded_value().ok());
    Ok(command)
}

fn key(shape: Shape) -> &'static str {
    if shape == Shape::Servers { "servers" } else { "mcpServers" }
}

/// A parsed file that holds an object.
struct Document {
    root: CstRootNode,
    object: CstObject,
    has_mark: bool,
}

impl Document {
    fn parse(text: &str) -> Result<Self, String> {
        let plain = text.strip_prefix(BYTE_ORDER_MARK);
        let has_mark = plain.is_some();
        let plain = plain.unwrap_or(text);
        // Some clients make an empty file at first.
        let plain = if plain.trim().is_empty() { "{}\n" } else { plain };
        let root = CstRootNode::parse(plain, &OPTIONS).map_err(|error| {
            format!("line {} is not valid JSON: {}", error.line_display(), lower(&error.kind().to_string()))
        })?;
        let object = root.object_value().ok_or("it holds no JSON object")?;
        Ok(Self { root, object, has_mark })
    }

    fn text(&self) -> String {
        let mark = if self.has_mark { BYTE_ORDER_MARK.to_string() } else { String::new() };
        mark + &self.root.to_string()
    }
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// The object of that name, made when there is none; anything else there is somebody's mistake.
fn object_in(parent: &CstObject, name: &str) -> Result<CstObject, String> {
    parent.object_value_or_create(name).ok_or_else(|| format!("\"{name}\" in it is not an object"))
}

/// Sets a property unless it has that value already: so a second installation changes nothing,
/// whatever the layout.
fn set(object: &CstObject, name: &str, value: CstInputValue) {
    match object.get(name) {
        None => {
            object.append(name, value);
        }
        Some(property) => {
            let same = property.value().is_some_and(|found| is_same(&found.to_string(), &value));
            if !same {
                property.set_value(value);
            }
        }
    }
}

fn is_same(found: &str, value: &CstInputValue) -> bool {
    let Ok(found) = CstRootNode::parse(found, &OPTIONS) else { return false };
    let Some(found) = found.value() else { return false };
    match value {
        CstInputValue::String(text) => {
            found.as_string_lit().and_then(|found| found.decoded_value().ok()).as_ref() == Some(text)
        }
        CstInputValue::Array(items) => found.as_array().is_some_and(|found| {
            let found = found.elements();
            found.len() == items.len()
                && found.iter().zip(items).all(|(found, item)| is_same(&found.to_string(), item))
        }),
        _ => false,
    }
}

/// Nothing is in it, not even a comment.
fn is_bare(object: &CstObject) -> bool {
    object.properties().is_empty() && !object.children().iter().any(jsonc_parser::cst::CstNode::is_comment)
}

/// VS Code asks for what an input describes, and keeps the answer in its own secret store.
fn ask(root: &CstObject) -> Result<(), String> {
    let inputs = root.array_value_or_create("inputs").ok_or("\"inputs\" in it is not a list")?;
    if input(&inputs).is_none() {
        let text = |value: &str| CstInputValue::from(value);
        inputs.append(CstInputValue::Object(vec![
            ("type".to_owned(), text("promptString")),
            ("id".to_owned(), text(INPUT)),
            ("description".to_owned(), text("Intercom access token")),
            ("password".to_owned(), CstInputValue::Bool(true)),
        ]));
    }
    Ok(())
}

/// Removes the reference to our input, and the input.
fn stop_asking(root: &CstObject, environment: &CstObject) {
    let reference = CstInputValue::from(entry::input_reference());
    if let Some(property) = environment.get(TOKEN_VARIABLE)
        && property.value().is_some_and(|value| is_same(&value.to_string(), &reference))
    {
        property.remove();
    }
    remove_input(root);
}

fn remove_input(root: &CstObject) {
    let Some(property) = root.get("inputs") else { return };
    let Some(inputs) = property.array_value() else { return };
    let Some(ours) = input(&inputs) else { return };
    ours.remove();
    let comment = inputs.children().iter().any(jsonc_parser::cst::CstNode::is_comment);
    if inputs.elements().is_empty() && !comment {
        property.remove();
    }
}

fn input(inputs: &CstArray) -> Option<CstObject> {
    inputs.elements().into_iter().filter_map(|element| element.as_object()).find(|input| {
        input
            .get("id")
            .and_then(|id| id.value())
            .is_some_and(|id| is_same(&id.to_string(), &CstInputValue::from(INPUT)))
    })
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
