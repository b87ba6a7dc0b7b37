//! Reading a tool's arguments: every wrong one is named, with what would be right.
//!
//! Models and clients send what they like: numbers and lists as JSON strings, `null` and empty
//! strings for "not given", arguments as one JSON string. All that is understood, names that an
//! argument had before are taken, and those that clients add of themselves are passed over
//! ([`super::added`]). Any other name that the tool does not have is refused.

use serde_json::{Map, Value, json};

use super::{added, suggest};
use crate::sorting;
use crate::time::{Day, UnixSeconds};

/// One sentence about a wrong argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentError(pub String);

pub type ArgumentResult<T> = Result<T, ArgumentError>;

/// A day, or an instant with a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Day(Day),
    Instant(UnixSeconds),
}

/// Who reads an answer, and so how much of it there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// A model, whose attention is short: small answers, in pages.
    Agent,
    /// A program, which takes what it asked for: every row, whole threads, whole texts.
    Program,
    /// Somebody at a terminal, who scrolls: whole threads, every row that was asked for.
    Person,
    /// A model that asked for one document and gets the whole of it.
    Connector,
}

/// What a sentence sends its reader to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To have the newest fetched.
    Sync,
    /// To find conversations.
    Search,
    /// To read one to its end.
    Thread,
    /// To learn what the cache covers.
    Coverage,
}

/// Bytes of JSON of any answer for a person: longer threads exist, but nobody reads them in a
/// terminal, and twice of it (JSON and lines) stays far below what the host takes.
const FOR_PERSONS: usize = 2_000_000;
/// Bytes of JSON of any answer for a program: what the host takes by default, with room for what
/// stands around the rows.
const FOR_PROGRAMS: usize = 7_000_000;

impl Reader {
    /// Bytes of JSON that an answer may have, given how many it may have for a model.
    #[must_use]
    pub const fn budget(self, for_agents: usize) -> usize {
        match self {
            Self::Agent => for_agents,
            Self::Person | Self::Connector => FOR_PERSONS,
            Self::Program => FOR_PROGRAMS,
        }
    }

    /// What this reader calls for that purpose: a tool, or a command.
    #[must_use]
    pub const fn calls(self, purpose: Purpose) -> &'static str {
        match (self, purpose) {
            (Self::Person, Purpose::Sync) => "`fastintercom sync`",
            (Self::Person, Purpose::Search) => "`fastintercom search`",
            (Self::Person, Purpose::Thread) => "`fastintercom show`",
            (Self::Person, Purpose::Coverage) => "`fastintercom status`",
            (_, Purpose::Sync) => "force_sync",
            (_, Purpose::Search) => "search_conversations",
            (_, Purpose::Thread) => "get_conversation",
            (_, Purpose::Coverage) => "get_data_info",
        }
    }

    /// What this reader typed for a tool's argument.
    #[must_use]
    pub fn argument(self, name: &str) -> &str {
        match (self, name) {
            (Self::Person, "created_after") => "--since",
            (Self::Person, "created_before") => "--until",
            (Self::Person, "state") => "--state",
            (Self::Person, "limit") => "-n",
            (_, name) => name,
        }
    }
}

/// The arguments of one call, and for whom it is.
#[derive(Clone, Debug)]
pub struct Arguments {
    given: Map<String, Value>,
    pub reader: Reader,
}

impl Arguments {
    /// Reads the JSON object, and refuses names that are not `known`.
    ///
    /// # Errors
    /// When the text is no JSON object or names an unknown argument.
    pub fn parse(json: &str, known: &[&str]) -> ArgumentResult<Self> {
        let mut given = Map::new();
        for (name, value) in object(json)? {
            let name = if known.contains(&name.as_str()) {
                name
            } else if let Some(new) = renamed(&name).filter(|new| known.contains(new)) {
                new.to_owned()
            } else if added::by_a_client(&name) {
                continue;
            } else {
                return Err(unknown(&name, known));
            };
            match given.get(&name) {
                Some(other) if *other != value => {
                    return Err(ArgumentError(format!(
                        "`{name}` is given twice, under its former name and its present one; give `{name}` alone."
                    )));
                }
                _ => given.insert(name, value),
            };
        }
        Ok(Self { given, reader: Reader::Agent })
    }

    /// The same for another reader.
    #[must_use]
    pub fn read_by(self, reader: Reader) -> Self {
        Self { reader, ..self }
    }

    fn wrong(&self, name: &str, expected: &str, value: &Value) -> ArgumentError {
        let name = self.reader.argument(name);
        ArgumentError(format!("`{name}` must be {expected}. It was {}.", quoted(value)))
    }

    /// The value, unless it is absent, `null` or an empty string.
    fn value(&self, name: &str) -> Option<&Value> {
        match self.given.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.trim().is_empty() => None,
            other => other,
        }
    }

    /// Everything that was given but these, as one text: the question that a cursor belongs to.
    #[must_use]
    pub fn question(&self, but: &[&str]) -> String {
        let mut given: Vec<(&String, &Value)> =
            self.given.iter().filter(|(name, _)| !but.contains(&name.as_str()) && self.has(name)).collect();
        sorting::by_key(&mut given, |(name, _)| name.as_str());
        json!(given).to_string()
    }

    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// # Errors
    /// When the value is no text; numbers are read as text, since ids look like numbers.
    pub fn string(&self, name: &str) -> ArgumentResult<Option<String>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(other) => Err(self.wrong(name, "a text", other)),
        }
    }

    /// # Errors
    /// When the value is missing or no text.
    pub fn required(&self, name: &str, example: &str) -> ArgumentResult<String> {
        self.string(name)?.ok_or_else(|| {
            ArgumentError(format!(
                "The argument `{name}` is missing; give it as in {{\"{name}\": \"{example}\"}}."
            ))
        })
    }

    /// # Errors
    /// When the value is neither true nor false.
    pub fn boolean(&self, name: &str) -> ArgumentResult<Option<bool>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Ok(Some(true)),
                "false" | "no" | "0" => Ok(Some(false)),
                _ => Err(self.wrong(name, "true or false", &Value::String(text.clone()))),
            },
            Some(Value::Number(number)) if number.as_i64() == Some(1) => Ok(Some(true)),
            Some(Value::Number(number)) if number.as_i64() == Some(0) => Ok(Some(false)),
            Some(other) => Err(self.wrong(name, "true or false", other)),
        }
    }

    /// # Errors
    /// When the value is no whole number, or too small or too large.
    pub fn integer(&self, name: &str, least: i64, most: i64) -> ArgumentResult<Option<i64>> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let number = match value {
            Value::Number(number) => whole(number),
            Value::String(text) => text
                .trim()
                .parse::<i64>()
                .ok()
                .or_else(|| text.trim().parse::<serde_json::Number>().ok().and_then(|n| whole(&n))),
            _ => None,
        };
        let expected = if most == i64::MAX {
            format!("a whole number of at least {least}")
        } else {
            format!("a whole number from {least} to {most}")
        };
        number
            .filter(|number| (least..=most).contains(number))
            .map(Some)
            .ok_or_else(|| self.wrong(name, &expected, value))
    }

    /// One of a few words, in any case; blanks and hyphens count as underscores.
    ///
    /// # Errors
    /// When the value is another word.
    pub fn choice(&self, name: &str, choices: &[&'static str]) -> ArgumentResult<Option<&'static str>> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let text = match value {
            Value::String(text) => text.trim().to_lowercase().replace([' ', '-'], "_"),
            other => return Err(self.wrong(name, &format!("one of: {}", choices.join(", ")), other)),
        };
        choices.iter().copied().find(|choice| *choice == text).map(Some).ok_or_else(|| {
            let hint = suggest::nearest(&text, choices.iter().copied())
                .map(|nearest| format!(" Did you mean `{nearest}`?"))
                .unwrap_or_default();
            let name = self.reader.argument(name);
            ArgumentError(format!(
                "`{name}` must be one of: {}. It was {}.{hint}",
                choices.join(", "),
                quoted(value)
            ))
        })
    }

    /// A list of texts; one text alone, and a list written as JSON in a string, are understood.
    ///
    /// # Errors
    /// When the value is something else.
    pub fn strings(&self, name: &str) -> ArgumentResult<Vec<String>> {
        let expected = "a text or a list of texts";
        let items = match self.value(name) {
            None => return Ok(Vec::new()),
            Some(Value::String(text)) => match serde_json::from_str::<Value>(text) {
                Ok(Value::Array(items)) => items,
                _ => vec![Value::String(text.clone())],
            },
            Some(Value::Array(items)) => items.clone(),
            Some(Value::Number(number)) => vec![Value::String(number.to_string())],
            Some(other) => return Err(self.wrong(name, expected, other)),
        };
        if items.len() > 50 {
            return Err(ArgumentError(format!(
                "`{name}` may list at most 50 texts; it has {}.",
                items.len()
            )));
        }
        items
            .iter()
            .filter(|item| !item.is_null())
            .map(|item| match item {
                Value::String(text) => Ok(text.trim().to_owned()),
                Value::Number(number) => Ok(number.to_string()),
                other => Err(self.wrong(name, expected, other)),
            })
            .filter(|item| !item.as_ref().is_ok_and(String::is_empty))
            .collect()
    }

    /// A day or an instant.
    ///
    /// # Errors
    /// When the value is neither.
    pub fn when(&self, name: &str) -> ArgumentResult<Option<When>> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let read = match value {
            Value::String(text) => parse_when(text),
            // Intercom's own API counts in Unix seconds, so some callers do too.
            Value::Number(number) => number
                .as_i64()
                .filter(|seconds| (0..=253_402_300_799).contains(seconds))
                .map(|seconds| When::Instant(UnixSeconds(seconds))),
            _ => None,
        };
        read.map(Some).ok_or_else(|| {
            self.wrong(name, "a day as `2026-06-01` or an instant as `2026-06-01T09:30:00+00:00`", value)
        })
    }
}

/// Reads `2026-06-01`, `2026-06-01T09:30:00Z`, with an offset, a fraction, or without either (UTC).
#[must_use]
pub fn parse_when(text: &str) -> Option<When> {
    let text = text.trim();
    Day::parse(text).map(When::Day).or_else(|| UnixSeconds::parse(text).map(When::Instant))
}

/// What an argument is called today that was called so before. Some clients drop arguments of the
/// former names, which are options of their own: `MCPTool` of Microsoft's Agent Framework does.
fn renamed(name: &str) -> Option<&'static str> {
    match name {
        "conversation_id" => Some("id"),
        "response_format" => Some("verbosity"),
        _ => None,
    }
}

fn unknown(name: &str, known: &[&str]) -> ArgumentError {
    ArgumentError(if known.is_empty() {
        format!("There is no argument `{}`: this tool takes none.", shown(name))
    } else if let Some(nearest) = suggest::nearest(name, known.iter().copied()) {
        format!(
            "There is no argument `{}`; did you mean `{nearest}`? There are: {}.",
            shown(name),
            known.join(", ")
        )
    } else {
        format!("There is no argument `{}`. There are: {}.", shown(name), known.join(", "))
    })
}

fn object(json: &str) -> ArgumentResult<Map<String, Value>> {
    let not_an_object = || ArgumentError("The arguments must be one JSON object, such as {}.".to_owned());
    if json.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str::<Value>(json) {
        Ok(Value::Object(given)) => Ok(given),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(Value::String(inner)) => match serde_json::from_str::<Value>(&inner) {
            Ok(Value::Object(given)) => Ok(given),
            _ if inner.trim().is_empty() => Ok(Map::new()),
            _ => Err(not_an_object()),
        },
        _ => Err(not_an_object()),
    }
}

fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let value = number.as_f64()?;
        // 2^53: beyond it a float no longer tells whole numbers apart.
        (value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0).then_some(value as i64)
    })
}

/// The value as JSON, cut so that an error stays one sentence.
fn quoted(value: &Value) -> String {
    shown(&value.to_string())
}

fn shown(text: &str) -> String {
    let clean = crate::text::clean(text);
    if clean.chars().count() <= 60 { clean } else { clean.chars().take(60).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Arguments {
        Arguments::parse(json, &["query", "limit", "force", "tags", "start_date"]).expect("arguments")
    }

    #[test]
    fn values_written_as_strings_are_understood() {
        let arguments = parse(r#"{"limit": "20", "force": "true", "tags": "[\"a\", \"b\"]"}"#);
        assert_eq!(arguments.integer("limit", 1, 100), Ok(Some(20)));
        assert_eq!(arguments.boolean("force"), Ok(Some(true)));
        assert_eq!(arguments.strings("tags"), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(parse(r#""{\"limit\": 3.0}""#).integer("limit", 1, 100), Ok(Some(3)));
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_right_one() {
        let error = Arguments::parse(r#"{"querry": "x"}"#, &["query", "limit"]).expect_err("refused");
        assert!(error.0.contains("did you mean `query`"), "{}", error.0);
    }

    #[test]
    fn what_clients_add_is_passed_over_and_what_a_model_mistypes_is_not() {
        let known = ["query", "limit", "id", "timeframe"];
        for name in
            ["task_progress", "toolCallId", "tool", "random_string", "_meta", "tool_call_id", "__arg1"]
        {
            let json = json!({name: {"any": "value"}, "query": "refund"}).to_string();
            let arguments = Arguments::parse(&json, &known).expect(name);
            assert_eq!(arguments.string("query"), Ok(Some("refund".to_owned())));
            assert_eq!(arguments.question(&[]), r#"[["query","refund"]]"#, "{name}");
            assert!(Arguments::parse(&json!({name: "x"}).to_string(), &[]).is_ok(), "{name}");
        }
        // A tool that has an argument of such a name takes it.
        assert!(Arguments::parse(r#"{"tool": "x"}"#, &["tool"]).expect("taken").has("tool"));
        for name in ["querry", "time_frame", "author", "rating", "days", "meta", "conversation_id_"] {
            let json = json!({name: "x"}).to_string();
            let error = Arguments::parse(&json, &known).expect_err(name);
            assert!(error.0.contains(&format!("no argument `{name}`")), "{}", error.0);
        }
    }

    #[test]
    fn the_former_name_of_an_argument_is_taken_where_the_argument_is() {
        let known = ["id", "verbosity"];
        let arguments =
            Arguments::parse(r#"{"conversation_id": "7", "response_format": "detailed"}"#, &known)
                .expect("taken");
        assert_eq!(arguments.required("id", "1"), Ok("7".to_owned()));
        assert_eq!(arguments.choice("verbosity", &["concise", "detailed"]), Ok(Some("detailed")));
        assert!(Arguments::parse(r#"{"conversation_id": "7", "id": "7"}"#, &known).is_ok());
        let error =
            Arguments::parse(r#"{"conversation_id": "7", "id": "8"}"#, &known).expect_err("which one");
        assert!(error.0.contains("`id` is given twice"), "{}", error.0);
        assert!(Arguments::parse(r#"{"conversation_id": "7"}"#, &["query"]).is_err());
    }

    #[test]
    fn null_and_empty_mean_not_given() {
        let arguments = parse(r#"{"query": "", "limit": null}"#);
        assert_eq!(arguments.string("query"), Ok(None));
        assert_eq!(arguments.integer("limit", 1, 100), Ok(None));
    }

    #[test]
    fn wrong_types_are_named() {
        let arguments =
            parse(r#"{"query": {"a": 1}, "limit": 1.5, "force": "maybe", "start_date": "bogus"}"#);
        assert!(arguments.string("query").expect_err("object").0.contains("`query` must be a text"));
        assert!(arguments.integer("limit", 1, 100).expect_err("fraction").0.contains("from 1 to 100"));
        assert!(arguments.boolean("force").is_err());
        assert!(arguments.when("start_date").expect_err("no date").0.contains("2026-06-01"));
        assert!(Arguments::parse("[1]", &[]).is_err());
        assert!(Arguments::parse("{", &[]).is_err());
    }
}
