//! JSON files of clients. Several of them allow comments and trailing commas, and people use both,
//! so a file is edited as a tree that keeps every character of what is not ours.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstArray, CstInputValue, CstObject, CstObjectProp, CstRootNode};

use super::NAME;
use super::entry::{
    self, Entry, EntryToken, INPUT, KINDS, KINDS_OF_PROGRAMS, KINDS_OF_URLS, OF_PROGRAMS, OF_URLS, Program,
    TOKEN_VARIABLE, Target, authorization,
};
use super::table::{Json, Value};

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

/// See [`super::Client::with`].
pub fn with(text: &str, form: &Json, entry: &Entry) -> Result<String, String> {
    let document = Document::parse(text)?;
    let servers = object_in(&document.object, form.key)?;
    let is_new = servers.get(NAME).is_none();
    let ours = object_in(&servers, NAME)?;
    match entry {
        Entry::Program(program) => {
            remove(&ours, OF_URLS);
            set_kind(&ours, form.kind, KINDS_OF_PROGRAMS);
            set_program(&document.object, &ours, form, program)?;
        }
        Entry::Url { url, token } => {
            let Some(remote) = form.remote else {
                return Err("it takes programs only; a server elsewhere is added as a connector, in the client's own settings".to_owned());
            };
            remove(&ours, OF_PROGRAMS);
            remove(
                &ours,
                &OF_URLS
                    .iter()
                    .copied()
                    .filter(|key| key.to_lowercase().ends_with("url") && *key != remote.url)
                    .collect::<Vec<_>>(),
            );
            set_kind(&ours, remote.kind, KINDS_OF_URLS);
            set(&ours, remote.url, url.clone().into());
            if let Some(token) = token {
                set(&object_in(&ours, "headers")?, "Authorization", authorization(token).into());
            }
            remove_input(&document.object);
        }
    }
    if is_new {
        for (name, value) in form.besides {
            set(&ours, name, plain(*value));
        }
    }
    Ok(document.text())
}

fn set_program(root: &CstObject, ours: &CstObject, form: &Json, program: &Program) -> Result<(), String> {
    let mut words: Vec<CstInputValue> = program.arguments.iter().cloned().map(CstInputValue::from).collect();
    if form.is_list {
        words.insert(0, program.command.clone().into());
        set(ours, "command", CstInputValue::Array(words));
    } else {
        set(ours, "command", program.command.clone().into());
        set(ours, "args", CstInputValue::Array(words));
    }
    // What the user added to the entry stays: other variables, a time limit, a list of tools.
    let environment = object_in(ours, form.environment)?;
    for (name, value) in program.variables(form.asks) {
        set(&environment, &name, value.into());
    }
    if form.asks {
        match program.token {
            EntryToken::Asked => ask(root)?,
            EntryToken::Stored | EntryToken::Written(_) => stop_asking(root, &environment),
        }
    }
    if environment.properties().is_empty()
        && let Some(empty) = ours.get(form.environment)
    {
        empty.remove();
    }
    Ok(())
}

/// See [`super::Client::without`].
pub fn without(text: &str, form: &Json) -> Result<Option<String>, String> {
    let document = Document::parse(text)?;
    let Some(servers) = only(&document.object, form.key)? else { return Ok(None) };
    let Some(inner) = servers.object_value() else { return Ok(None) };
    let Some(ours) = only(&inner, NAME)? else { return Ok(None) };
    ours.remove();
    if servers.object_value().is_some_and(|servers| is_bare(&servers)) {
        servers.remove();
    }
    if form.asks {
        remove_input(&document.object);
    }
    Ok(Some(document.text()))
}

/// See [`super::Client::target`].
pub fn target(text: &str, form: &Json) -> Result<Option<Target>, String> {
    let document = Document::parse(text)?;
    let ours = document.object.object_value(form.key).and_then(|servers| servers.object_value(NAME));
    let Some(ours) = ours else { return Ok(None) };
    let text = |node: Option<jsonc_parser::cst::CstNode>| node?.as_string_lit()?.decoded_value().ok();
    let value = |key: &str| ours.get(key).and_then(|property| property.value());
    let command = match value("command").and_then(|command| command.as_array()) {
        Some(list) => text(list.elements().into_iter().next()),
        None => text(value("command")),
    };
    let url = form.remote.and_then(|remote| text(value(remote.url)));
    Ok(command.map(Target::Program).or(url.map(Target::Url)))
}

fn remove(object: &CstObject, keys: &[&str]) {
    for key in keys {
        while let Some(property) = object.get(key) {
            property.remove();
        }
    }
}

/// Says which kind of server it is where the form says so, and takes away what says another.
fn set_kind(ours: &CstObject, kind: Option<(&str, &str)>, fitting: &[&str]) {
    for key in KINDS {
        match kind {
            Some((name, value)) if name == *key => set(ours, name, value.into()),
            _ => {
                let word = ours
                    .get(key)
                    .and_then(|property| property.value()?.as_string_lit()?.decoded_value().ok());
                let other = word.is_some_and(|word| {
                    !fitting.contains(&word.as_str())
                        && (KINDS_OF_URLS.contains(&word.as_str())
                            || KINDS_OF_PROGRAMS.contains(&word.as_str()))
                });
                if other {
                    remove(ours, &[key]);
                }
            }
        }
    }
}

fn plain(value: Value) -> CstInputValue {
    match value {
        Value::Flag(flag) => CstInputValue::Bool(flag),
        Value::Text(text) => text.into(),
        Value::Texts(texts) => CstInputValue::Array(texts.iter().map(|text| (*text).into()).collect()),
    }
}

/// The property of that name. Of several the reader takes one or another, so none is touched.
fn only(object: &CstObject, name: &str) -> Result<Option<CstObjectProp>, String> {
    if named(object, name).len() > 1 {
        return Err(format!("\"{name}\" stands in it more than once"));
    }
    Ok(object.get(name))
}

fn named(object: &CstObject, name: &str) -> Vec<CstObjectProp> {
    let is_it = |property: &CstObjectProp| {
        property.name().and_then(|found| found.decoded_value().ok()).is_some_and(|found| found == name)
    };
    object.properties().into_iter().filter(is_it).collect()
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
    only(parent, name)?;
    parent.object_value_or_create(name).ok_or_else(|| format!("\"{name}\" in it is not an object"))
}

/// Sets a property unless it has that value already: so a second installation changes nothing,
/// whatever the layout.
fn set(object: &CstObject, name: &str, value: CstInputValue) {
    // In our own entry the last of several is ours alone.
    for extra in named(object, name).into_iter().skip(1) {
        extra.remove();
    }
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
        CstInputValue::Bool(flag) => found.as_boolean_lit().is_some_and(|found| found.value() == *flag),
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
