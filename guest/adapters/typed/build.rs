//! Makes a function in WIT of each tool's definition, and the code behind it.
//!
//! The definitions are the committed snapshots, which the guest's tests hold against what the tools
//! say. So a new tool has its function without further work, and a definition that cannot be said
//! in WIT fails the build.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use heck::{ToKebabCase as _, ToUpperCamelCase as _};
use serde_json::{Map, Value};
use wit_parser::{PackageMetadata, Resolve};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const SNAPSHOTS: &str = "../../src/tools/tests/snapshots";
const PREFIX: &str = "fastintercom_guest__tools__tests__definitions__";

/// What is no tool: hosts of functions have no timer.
const SYNC: &str = include_str!("../calls/src/sync.md");

fn main() {
    println!("cargo::rerun-if-changed={SNAPSHOTS}");
    if let Err(error) = generate() {
        println!("cargo::error=the tools cannot be said in WIT: {error}");
    }
}

fn generate() -> Result<()> {
    let names: Vec<String> = serde_json::from_str(&snapshot("listed")?)?;
    let tools = names
        .iter()
        .map(|name| Tool::read(&serde_json::from_str(&snapshot(name)?)?))
        .collect::<Result<Vec<Tool>>>()?;
    let wit = wit(&tools);
    // It carries the documentation for whoever looks at the component.
    let mut resolve = Resolve::new();
    let package = resolve.push_str("typed.wit", &wit)?;
    let docs = PackageMetadata::extract(&resolve, package).encode()?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("there is no OUT_DIR")?);
    fs::write(out.join("typed.wit"), &wit)?;
    fs::write(out.join("docs"), &docs)?;
    fs::write(out.join("typed.rs"), code(&tools, &wit, docs.len()))?;
    Ok(())
}

/// The JSON of a snapshot, which follows its head.
fn snapshot(name: &str) -> Result<String> {
    let file = Path::new(SNAPSHOTS).join(format!("{PREFIX}{name}.snap"));
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text.splitn(3, "---").nth(2).ok_or("a snapshot without a head")?.to_owned())
}

struct Tool {
    name: String,
    description: String,
    parameters: Vec<Parameter>,
}

struct Parameter {
    name: String,
    description: String,
    kind: Kind,
    required: bool,
}

enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    /// One of these words.
    Choice(Vec<String>),
    List(Box<Self>),
}

impl Tool {
    fn read(definition: &Value) -> Result<Self> {
        let name = text(definition, "name")?;
        let schema = &definition["inputSchema"];
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let properties: &Map<String, Value> =
            schema["properties"].as_object().ok_or_else(|| format!("{name} has no properties"))?;
        let parameters = properties
            .iter()
            .map(|(parameter, schema)| {
                Ok(Parameter {
                    name: parameter.clone(),
                    description: schema["description"].as_str().unwrap_or_default().to_owned(),
                    kind: Kind::read(schema).map_err(|error| format!("{parameter} of {name}: {error}"))?,
                    required: required.iter().any(|name| name == parameter),
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self { description: text(definition, "description")?, name, parameters })
    }

    /// The name of the type of a parameter with a choice.
    fn choice(&self, parameter: &Parameter) -> String {
        format!("{}-{}", self.name, parameter.name).to_kebab_case()
    }

    /// The description, and what each parameter means: functions have one comment, and parameters
    /// none.
    fn documentation(&self, tools: &[Tool]) -> String {
        let mut documentation = self.description.clone();
        for parameter in self.parameters.iter().filter(|parameter| !parameter.description.is_empty()) {
            let _ = write!(documentation, "\n- {}: {}", parameter.name, parameter.description);
        }
        respelt(&documentation, tools)
    }
}

fn text(definition: &Value, field: &str) -> Result<String> {
    Ok(definition[field].as_str().ok_or_else(|| format!("a definition without {field}"))?.to_owned())
}

impl Kind {
    fn read(schema: &Value) -> Result<Self> {
        Ok(match (schema["type"].as_str(), schema.get("enum")) {
            (Some("string"), Some(words)) => Self::Choice(serde_json::from_value(words.clone())?),
            (Some("string"), None) => Self::Text,
            (Some("integer"), None) => Self::Integer,
            (Some("number"), None) => Self::Number,
            (Some("boolean"), None) => Self::Boolean,
            (Some("array"), None) => Self::List(Box::new(Self::read(&schema["items"])?)),
            _ => return Err(format!("there is no type for {schema}").into()),
        })
    }

    fn words(&self) -> &[String] {
        match self {
            Self::Choice(words) => words,
            Self::List(items) => items.words(),
            _ => &[],
        }
    }

    /// The type in WIT.
    fn wit(&self, choice: &str) -> String {
        match self {
            Self::Text => "string".to_owned(),
            Self::Integer => "s64".to_owned(),
            Self::Number => "f64".to_owned(),
            Self::Boolean => "bool".to_owned(),
            Self::Choice(_) => format!("%{choice}"),
            Self::List(items) => format!("list<{}>", items.wit(choice)),
        }
    }

    /// The type in Rust, as wit-bindgen has it.
    fn rust(&self, choice: &str) -> String {
        match self {
            Self::Text => "String".to_owned(),
            Self::Integer => "i64".to_owned(),
            Self::Number => "f64".to_owned(),
            Self::Boolean => "bool".to_owned(),
            Self::Choice(_) => choice.to_upper_camel_case(),
            Self::List(items) => format!("Vec<{}>", items.rust(choice)),
        }
    }
}

/// Names of tools, parameters and choices as they are spelt here: `created-after`. All other words,
/// names of fields in answers among them, stay.
fn respelt(documentation: &str, tools: &[Tool]) -> String {
    let is_ours = |word: &str| {
        tools.iter().any(|tool| {
            tool.name == word
                || tool.parameters.iter().any(|parameter| {
                    parameter.name == word || parameter.kind.words().iter().any(|choice| choice == word)
                })
        })
    };
    let mut out = String::new();
    for piece in documentation.split_inclusive(|character: char| !is_of_word(character)) {
        let word = piece.trim_end_matches(|character| !is_of_word(character));
        if word.contains('_') && is_ours(word) {
            out.push_str(&piece.replace('_', "-"));
        } else {
            out.push_str(piece);
        }
    }
    out
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn wit(tools: &[Tool]) -> String {
    let mut wit = "package fastintercom:typed;\n\nworld typed {\n".to_owned();
    let comment = |wit: &mut String, text: &str| {
        for line in text.lines() {
            let _ = writeln!(wit, "  /// {line}");
        }
    };
    for tool in tools {
        for parameter in &tool.parameters {
            let words = parameter.kind.words();
            if !words.is_empty() {
                let cases: Vec<String> =
                    words.iter().map(|word| format!("%{}", word.to_kebab_case())).collect();
                let _ = writeln!(wit, "  enum %{} {{ {} }}", tool.choice(parameter), cases.join(", "));
            }
        }
        comment(&mut wit, &tool.documentation(tools));
        let parameters: Vec<String> = tool
            .parameters
            .iter()
            .map(|parameter| {
                let kind = parameter.kind.wit(&tool.choice(parameter));
                let kind = if parameter.required { kind } else { format!("option<{kind}>") };
                format!("%{}: {kind}", parameter.name.to_kebab_case())
            })
            .collect();
        let name = tool.name.to_kebab_case();
        let _ = writeln!(wit, "  export %{name}: func({}) -> result<string, string>;", parameters.join(", "));
    }
    comment(&mut wit, SYNC);
    wit.push_str("  export %sync: func() -> result<string, string>;\n}\n");
    wit
}

/// The bindings, what the words of each choice are called by the tool, and the functions.
fn code(tools: &[Tool], wit: &str, docs: usize) -> String {
    let mut code = format!(
        "wit_bindgen::generate!({{ inline: {wit:?} }});\n\n\
         #[used]\n#[unsafe(link_section = \"package-docs\")]\n\
         static DOCS: [u8; {docs}] = *include_bytes!(concat!(env!(\"OUT_DIR\"), \"/docs\"));\n"
    );
    let mut functions = String::new();
    for tool in tools {
        let mut parameters = Vec::new();
        let mut arguments = Vec::new();
        for (position, parameter) in tool.parameters.iter().enumerate() {
            let choice = tool.choice(parameter);
            let words = parameter.kind.words();
            if !words.is_empty() {
                let kind = choice.to_upper_camel_case();
                let arms: Vec<String> = words
                    .iter()
                    .map(|word| format!("{kind}::{} => {word:?}", word.to_upper_camel_case()))
                    .collect();
                let _ = writeln!(
                    code,
                    "impl Argument for {kind} {{ fn json(self) -> Option<Value> {{ \
                     Some(match self {{ {} }}.into()) }} }}",
                    arms.join(", ")
                );
            }
            let kind = parameter.kind.rust(&choice);
            let kind = if parameter.required { kind } else { format!("Option<{kind}>") };
            parameters.push(format!("a{position}: {kind}"));
            arguments.push(format!("({:?}, a{position}.json())", parameter.name));
        }
        let _ = writeln!(
            functions,
            "fn {}({}) -> Result<String, String> {{ answer({:?}, [{}]) }}",
            tool.name,
            parameters.join(", "),
            tool.name,
            arguments.join(", ")
        );
    }
    let _ = writeln!(
        code,
        "impl Guest for Program {{ {functions} fn sync() -> Result<String, String> {{ synced() }} }}"
    );
    code
}
