//! A tool's parameters as flags: `start_date` of its schema is `--start-date`.
//!
//! Nothing here knows a tool or a field. The schema decides how a value is read, so that it reaches the
//! tool as the right type of JSON; whether it makes sense the tool judges.

use clap::builder::{
    BoolValueParser, NonEmptyStringValueParser, PossibleValuesParser, RangedI64ValueParser,
    StringValueParser, TypedValueParser as _, ValueParser,
};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use rmcp::model::Tool;
use serde_json::{Map, Number, Value};

use super::order::settings;
use crate::cli::{Failure, terminal};
use crate::text::printable;

/// Bytes of a description that are shown.
const LONGEST: usize = 4_000;

/// What became of the words.
pub enum Read {
    Arguments(Map<String, Value>),
    /// They asked for help, and have it.
    Answered,
}

/// Reads the words behind the tool's name.
///
/// # Errors
/// Which word is wrong, and what is right.
pub fn read(tool: &Tool, words: Vec<String>) -> Result<Read, Failure> {
    let parameters = parameters(tool);
    let command = command(tool).no_binary_name(true);
    match command.try_get_matches_from(words) {
        Ok(matches) => Ok(Read::Arguments(
            parameters
                .iter()
                .filter_map(|parameter| Some((parameter.name.to_owned(), parameter.value(&matches)?)))
                .collect(),
        )),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            terminal::usage(&error);
            Ok(Read::Answered)
        }
        Err(error) => Err(Failure::Usage(sentence(tool, &parameters, &error))),
    }
}

/// The tool as a command with a flag for each parameter, also for the shells' completions.
pub fn command(tool: &Tool) -> Command {
    let name = printable(&tool.name, 64);
    let program = format!("fastintercom call {name}");
    let mut after = "Lists: repeat the flag, or put commas between. Instead of flags all can be one JSON object, \
         '{\"NAME\": VALUE}'. Settings such as --database are understood here, too; `fastintercom --help` lists them."
        .to_owned();
    let unreachable: Vec<&str> =
        properties(tool).map(|(name, _)| name.as_str()).filter(|name| !is_free(name)).collect();
    if !unreachable.is_empty() {
        after.push_str(&printable(&format!(" Only in JSON: {}.", unreachable.join(", ")), LONGEST));
    }
    Command::new(name)
        .about(printable(tool.description.as_deref().unwrap_or_default(), LONGEST))
        .override_usage(format!("{program} [--NAME VALUE]...\n       {program} [JSON]"))
        .max_term_width(100)
        .after_help(after)
        .args(parameters(tool).iter().map(Parameter::argument))
}

fn properties(tool: &Tool) -> impl Iterator<Item = (&String, &Value)> {
    tool.input_schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// The program's own flags are its own with every tool, and flags are words.
fn is_free(name: &str) -> bool {
    let flag = flag(name);
    let is_word = flag.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && flag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_word && flag != "help" && !settings().contains_key(&flag)
}

fn flag(name: &str) -> String {
    name.replace('_', "-")
}

/// The parameters that flags can be made of.
fn parameters(tool: &Tool) -> Vec<Parameter<'_>> {
    let required = tool.input_schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
    let mut found: Vec<Parameter<'_>> = Vec::new();
    for (name, schema) in properties(tool).filter(|(name, _)| is_free(name)) {
        // `a-b` and `a_b` would be one flag.
        if found.iter().all(|other| other.flag != flag(name)) {
            found.push(Parameter { name, flag: flag(name), schema, is_required: is_required(name) });
        }
    }
    found
}

struct Parameter<'a> {
    name: &'a str,
    flag: String,
    schema: &'a Value,
    is_required: bool,
}

impl Parameter<'_> {
    fn is_list(&self) -> bool {
        self.schema["type"] == "array"
    }

    /// The schema of one value.
    fn value_schema(&self) -> &Value {
        if self.is_list() { &self.schema["items"] } else { self.schema }
    }

    fn argument(&self) -> Arg {
        let schema = self.value_schema();
        let (kind, mut parser) = kind(schema);
        if self.is_list() && kind == "TEXT" {
            // A comma too many would be a filter that lets everything through.
            parser = ValueParser::new(NonEmptyStringValueParser::new().map(Value::from));
        }
        let mut help = printable(self.schema["description"].as_str().unwrap_or_default(), LONGEST);
        if self.is_required {
            help = format!("{help} (required)").trim_start().to_owned();
        }
        let mut argument = Arg::new(self.name.to_owned())
            .long(self.flag.clone())
            .value_name(if self.is_list() { format!("{kind},…") } else { kind.to_owned() })
            .value_parser(parser)
            .allow_negative_numbers(true)
            .help(help);
        if self.flag != self.name {
            argument = argument.alias(self.name.to_owned());
        }
        if self.is_list() {
            argument = argument.action(ArgAction::Append).value_delimiter(',');
        } else if schema["type"] == "boolean" {
            argument = argument.num_args(0..=1).default_missing_value("true");
        }
        argument
    }

    /// What was given for it.
    fn value(&self, matches: &ArgMatches) -> Option<Value> {
        if matches.value_source(self.name) != Some(ValueSource::CommandLine) {
            return None;
        }
        let mut values = matches.get_many::<Value>(self.name)?.cloned();
        if self.is_list() { Some(Value::Array(values.collect())) } else { values.next() }
    }
}

/// What a value of that schema is called in the help, and how it is read.
fn kind(schema: &Value) -> (&'static str, ValueParser) {
    let words: Vec<String> = match &schema["enum"] {
        Value::Array(words) => {
            words.iter().filter_map(|word| Some(printable(word.as_str()?, LONGEST))).collect()
        }
        _ => Vec::new(),
    };
    if !words.is_empty() {
        return ("WORD", ValueParser::new(PossibleValuesParser::new(words).map(Value::from)));
    }
    match schema["type"].as_str() {
        Some("string") => ("TEXT", ValueParser::new(StringValueParser::new().map(Value::from))),
        Some("boolean") => ("BOOLEAN", ValueParser::new(BoolValueParser::new().map(Value::from))),
        Some("integer") => ("INTEGER", ValueParser::new(RangedI64ValueParser::<i64>::new().map(Value::from))),
        Some("number") => ("NUMBER", ValueParser::new(number)),
        _ => ("JSON", ValueParser::new(json)),
    }
}

fn number(text: &str) -> Result<Value, &'static str> {
    let whole = text.parse::<i64>().map(Number::from).ok();
    let number = whole.or_else(|| Number::from_f64(text.parse().ok()?));
    number.map(Value::Number).ok_or("it is no number")
}

fn json(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text)
}

/// What is wrong with the words, in one sentence or two.
fn sentence(tool: &Tool, parameters: &[Parameter<'_>], error: &clap::Error) -> String {
    let context = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        Some(ContextValue::Strings(texts)) => texts.first().map(String::as_str),
        _ => None,
    };
    let name = printable(&tool.name, 64);
    let help = format!("`fastintercom call {name} --help` says what each takes.");
    match (error.kind(), context(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(word)) if !word.starts_with('-') => format!(
            "\"{}\" belongs to no flag of {name}. Give its arguments as flags, or all as one JSON object in quotes, not both. {help}",
            printable(word, 200)
        ),
        (ErrorKind::UnknownArgument, Some(word)) => {
            let near = context(ContextKind::SuggestedArg)
                .map_or_else(String::new, |near| format!(" Did you mean {}?", near.replace('_', "-")));
            let flags: Vec<String> = parameters.iter().map(|each| format!("--{}", each.flag)).collect();
            let flags = match flags.as_slice() {
                [] => "It takes none.".to_owned(),
                _ => format!("It has: {}.", flags.join(", ")),
            };
            format!("{name} has no flag {}.{near} {flags} {help}", printable(word, 200))
        }
        _ => format!("{}. {help}", terminal::in_one_sentence(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    /// A tool that no component has.
    fn tool(properties: Value) -> Tool {
        let Value::Object(schema) =
            json!({"type": "object", "properties": properties, "required": ["first_day"]})
        else {
            unreachable!()
        };
        Tool::new("count_stars", "Counts stars.", Arc::new(schema))
    }

    fn sky() -> Tool {
        tool(json!({
            "first_day": {"type": "string", "description": "The first night."},
            "at_most": {"type": "integer"},
            "brightness": {"type": "number"},
            "clouds": {"type": "boolean"},
            "colour": {"type": "string", "enum": ["red", "blue"]},
            "names": {"type": "array", "items": {"type": "string"}},
            "kinds": {"type": "array", "items": {"type": "string", "enum": ["dwarf", "giant"]}},
            "years": {"type": "array", "items": {"type": "integer"}},
            "place": {"type": "object"},
            "database": {"type": "string"},
            "help": {"type": "string"},
        }))
    }

    fn given(line: &str) -> Value {
        match read(&sky(), line.split_whitespace().map(str::to_owned).collect()) {
            Ok(Read::Arguments(arguments)) => Value::Object(arguments),
            Ok(Read::Answered) => panic!("{line}: help"),
            Err(failure) => panic!("{line}: {failure:?}"),
        }
    }

    fn refused(line: &str) -> String {
        match read(&sky(), line.split_whitespace().map(str::to_owned).collect()) {
            Err(Failure::Usage(sentence)) => sentence,
            Ok(Read::Arguments(arguments)) => panic!("{line}: {arguments:?}"),
            _ => panic!("{line}: something else"),
        }
    }

    #[test]
    fn values_have_the_types_of_the_schema() {
        for (line, arguments) in [
            ("--first-day 2026-06-01", json!({"first_day": "2026-06-01"})),
            ("--first_day=2026-06-01", json!({"first_day": "2026-06-01"})),
            ("--first-day 7 --at-most 7", json!({"first_day": "7", "at_most": 7})),
            ("--at-most -7 --brightness -1.5", json!({"at_most": -7, "brightness": -1.5})),
            ("--brightness 2", json!({"brightness": 2})),
            ("--clouds", json!({"clouds": true})),
            ("--clouds --at-most 1", json!({"clouds": true, "at_most": 1})),
            ("--clouds false", json!({"clouds": false})),
            ("--clouds=true", json!({"clouds": true})),
            ("--colour blue", json!({"colour": "blue"})),
            ("--names a,b --names c", json!({"names": ["a", "b", "c"]})),
            ("--names a", json!({"names": ["a"]})),
            ("--kinds dwarf,giant --years 1,2", json!({"kinds": ["dwarf", "giant"], "years": [1, 2]})),
            ("--place {\"lat\":1}", json!({"place": {"lat": 1}})),
            ("--first-day=-not", json!({"first_day": "-not"})),
        ] {
            assert_eq!(given(line), arguments, "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_what_is_right() {
        for (line, words) in [
            (
                "--first-dya 1",
                &["no flag --first-dya", "Did you mean --first-day?", "--colour", "--help"][..],
            ),
            ("--zzz", &["no flag --zzz", "It has: --first-day, --at-most"]),
            ("--colour green", &["'green'", "--colour", "red, blue"]),
            ("--kinds dwarf,green", &["'green'", "dwarf, giant"]),
            ("--at-most many", &["'many'", "--at-most"]),
            ("--names ,", &["--names"]),
            ("--names a,,b", &["--names"]),
            ("--at-most 1.5", &["'1.5'"]),
            ("--brightness nan", &["'nan'", "no number"]),
            ("--clouds perhaps", &["'perhaps'", "true, false"]),
            ("--first-day", &["--first-day"]),
            ("--at-most 1 --at-most 2", &["--at-most", "multiple"]),
            ("{} --at-most 1", &["\"{}\"", "not both"]),
            ("--at-most 1 {}", &["\"{}\"", "not both"]),
            ("{\"at_most\": 1}", &["one JSON object in quotes"]),
            // Those are the program's, and would have been taken out before.
            ("--database x", &["no flag --database"]),
        ] {
            let sentence = refused(line);
            for word in words {
                assert!(sentence.contains(word), "{line}: {word} is not in: {sentence}");
            }
            assert!(!sentence.contains('\n') && !sentence.contains("error:"), "{sentence}");
        }
    }

    #[test]
    fn the_help_lists_parameters_with_types_words_and_descriptions() {
        let help = command(&sky()).render_help().to_string();
        for words in [
            "Counts stars.",
            "--first-day <TEXT>",
            "The first night. (required)",
            "--at-most <INTEGER>",
            "--clouds [<BOOLEAN>]",
            "[possible values: red, blue]",
            "--names <TEXT,…>",
            "Only in JSON: database, help.",
        ] {
            assert!(help.contains(words), "{words} is not in:\n{help}");
        }
    }

    /// The component counts as hostile: its definitions are shown, and steer nothing.
    #[test]
    fn hostile_definitions_make_no_flag_and_no_escape() {
        let hostile = tool(json!({
            "": {}, "-x": {}, "a b": {}, "a=b": {}, "\u{1b}[2J": {"type": "string"},
            "a_b": {"type": "string", "description": "\u{1b}]0;gone\u{7}"}, "a-b": {"type": "string"},
            "odd": {"type": 7, "enum": [1, {}]}, "none": null,
        }));
        let mut command = command(&hostile);
        let help = command.render_help().to_string();
        command.debug_assert();
        assert!(
            !help.contains('\u{1b}') && help.contains("--a-b <TEXT>") && help.contains("--odd <JSON>"),
            "{help}"
        );
        let none = tool(Value::Null);
        assert!(sentence_of(&none, "--x").contains("It takes none."));
    }

    fn sentence_of(tool: &Tool, word: &str) -> String {
        match read(tool, vec![word.to_owned()]) {
            Err(Failure::Usage(sentence)) => sentence,
            _ => panic!("{word} is taken"),
        }
    }
}
