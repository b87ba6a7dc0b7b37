//! Questions, and putting them.

use std::collections::BTreeSet;

use fastintercom_guest::tools;
use serde_json::{Value, json};

use super::words::{unknown, words};
use super::world::World;

type Arguments = Box<dyn Fn(&Value) -> Value>;
type Check = Box<dyn Fn(&World, &Asked) -> Result<(), String>>;

/// A question with the calls that answer it and what must then be known.
pub struct Question {
    pub text: String,
    calls: Vec<(&'static str, Arguments)>,
    checks: Vec<Check>,
}

/// What was asked last, and the answer.
pub struct Asked {
    pub tool: &'static str,
    pub arguments: Value,
    pub answer: Value,
}

pub fn question(text: impl Into<String>) -> Question {
    Question { text: text.into(), calls: Vec::new(), checks: Vec::new() }
}

impl Question {
    pub fn ask(self, tool: &'static str, arguments: Value) -> Self {
        self.then(tool, move |_| arguments.clone())
    }

    pub fn search(self, arguments: Value) -> Self {
        self.ask("search_conversations", arguments)
    }

    pub fn stats(self, arguments: Value) -> Self {
        self.ask("get_conversation_stats", arguments)
    }

    /// A second call, made of the first one's answer.
    pub fn then(mut self, tool: &'static str, arguments: impl Fn(&Value) -> Value + 'static) -> Self {
        self.calls.push((tool, Box::new(arguments)));
        self
    }

    /// The last answer, at this JSON pointer.
    pub fn is(self, pointer: &'static str, expected: impl Into<Value>) -> Self {
        let expected = expected.into();
        self.check(move |_, asked| same(pointer, asked.answer.pointer(pointer), &expected))
    }

    /// The text at this JSON pointer contains that.
    pub fn tells(self, pointer: &'static str, part: impl Into<String>) -> Self {
        let part = part.into();
        self.check(move |_, asked| {
            let found = asked.answer.pointer(pointer).map(Value::to_string).unwrap_or_default();
            let part = part.trim_matches('"');
            if found.contains(part) {
                Ok(())
            } else {
                Err(format!("{pointer}: expected {part:?} in {found}"))
            }
        })
    }

    /// Exactly these conversations, in any order: the number at once, and all of them on its pages.
    pub fn finds(self, mut expected: Vec<String>) -> Self {
        expected.sort();
        self.is("/total_matches", expected.len()).check(move |world, asked| {
            let mut found = pages(world, asked)?;
            found.sort();
            if found == expected {
                return Ok(());
            }
            let differ = |a: &[String], b: &[String]| -> Vec<String> {
                a.iter().filter(|id| !b.contains(id)).take(5).cloned().collect()
            };
            Err(format!("missing {:?}, too many {:?}", differ(&expected, &found), differ(&found, &expected)))
        })
    }

    /// These conversations first, in this order.
    pub fn begins_with(self, expected: Vec<String>) -> Self {
        self.check(move |_, asked| {
            let found = ids(&asked.answer);
            let expected = &expected[..expected.len().min(found.len())];
            let is_right = !found.is_empty() && found[..expected.len()] == *expected;
            if is_right { Ok(()) } else { Err(format!("expected {expected:?}, got {found:?}")) }
        })
    }

    /// The group of that name has this figure.
    pub fn group(self, name: impl Into<String>, figure: &'static str, expected: impl Into<Value>) -> Self {
        let (name, expected) = (name.into(), expected.into());
        self.check(move |_, asked| {
            let groups = asked.answer["groups"].as_array().cloned().unwrap_or_default();
            let group = groups.iter().find(|group| group["group"] == *name);
            let found = group.and_then(|group| group.get(figure)).cloned().unwrap_or(json!(0));
            same(&format!("{figure} of {name}"), Some(&found), &expected)
        })
    }

    pub fn check(mut self, check: impl Fn(&World, &Asked) -> Result<(), String> + 'static) -> Self {
        self.checks.push(Box::new(check));
        self
    }
}

fn same(what: &str, found: Option<&Value>, expected: &Value) -> Result<(), String> {
    let close = match (found.and_then(Value::as_f64), expected.as_f64()) {
        (Some(found), Some(expected)) => (found - expected).abs() < 0.051,
        _ => found == Some(expected),
    };
    if close {
        return Ok(());
    }
    Err(format!("{what}: expected {expected}, got {}", found.map_or("nothing".to_owned(), Value::to_string)))
}

/// Ids of the conversations in an answer.
pub fn ids(answer: &Value) -> Vec<String> {
    let rows = answer["conversations"].as_array().into_iter().flatten();
    rows.filter_map(|row| row["id"].as_str()).map(str::to_owned).collect()
}

fn pages(world: &World, asked: &Asked) -> Result<Vec<String>, String> {
    let mut found = ids(&asked.answer);
    let mut cursor = asked.answer["next_cursor"].clone();
    while !cursor.is_null() {
        let mut arguments = asked.arguments.clone();
        arguments["cursor"] = cursor;
        let answer = world.call(asked.tool, &arguments)?;
        found.extend(ids(&answer));
        cursor = answer["next_cursor"].clone();
    }
    Ok(found)
}

/// Puts a question.
pub fn put(world: &World, question: &Question) -> Result<(), String> {
    println!("\n{}", question.text);
    let mut known: BTreeSet<String> = words(&question.text);
    let mut last = Value::Null;
    let mut asked = None;
    if question.calls.is_empty() || question.calls.len() > 2 || question.checks.is_empty() {
        return Err("a question takes one or two calls, and something must be checked".to_owned());
    }
    for (tool, arguments) in &question.calls {
        let arguments = arguments(&last);
        let definition =
            tools::list().into_iter().find(|definition| definition.name == *tool).expect("a tool");
        let unknown = unknown(&definition, &arguments, &known);
        if !unknown.is_empty() {
            return Err(format!("{tool} {arguments} uses what nobody could know: {unknown:?}"));
        }
        println!("  {tool} {arguments}");
        let answer = world.call(tool, &arguments)?;
        let text = answer.to_string();
        println!("  -> {}", text.chars().take(700).collect::<String>());
        known.extend(words(&text));
        last = answer.clone();
        asked = Some(Asked { tool, arguments, answer });
    }
    let asked = asked.expect("a call");
    let failures: Vec<String> =
        question.checks.iter().filter_map(|check| check(world, &asked).err()).collect();
    if failures.is_empty() {
        return Ok(());
    }
    let shown: String = asked.answer.to_string().chars().take(600).collect();
    Err(format!("  {} {}\n  {}\n  answer: {shown}", asked.tool, asked.arguments, failures.join("\n  ")))
}
