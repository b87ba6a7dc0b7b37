//! Pieces of JSON Schema (2020-12) that several tools share.
//!
//! Schemas use only what every model provider and client takes, which is seven keywords:
//! `type` (one), `description`, `enum`, `items`, `properties`, `required`, `additionalProperties`;
//! answers have `anyOf` besides. Bounds and defaults are said in words, and kept by the tools.
//! `tests/providers.rs` holds every definition to that, with the sources.

#[cfg(not(target_family = "wasm"))]
use schemars::generate::SchemaSettings;
#[cfg(not(target_family = "wasm"))]
use schemars::transform::transform_subschemas;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

/// The schema of a tool's answer.
///
/// It is derived natively, where the tests keep its committed picture true. The component takes it
/// from that picture, which it carries anyway, and so has none of the code that derives.
#[derive(Clone, Copy)]
pub struct AnswerSchema(#[cfg(not(target_family = "wasm"))] fn() -> Value);

/// The schema of an answer, of its type and the documentation of its fields. Fields that are told
/// in the sentence of another one, or that explain themselves, are skipped: the list of tools stays
/// small, and an object may have more fields than its schema names.
#[must_use]
pub const fn of<T: JsonSchema>() -> AnswerSchema {
    AnswerSchema(
        #[cfg(not(target_family = "wasm"))]
        derived::<T>,
    )
}

impl AnswerSchema {
    #[cfg(not(target_family = "wasm"))]
    pub fn of_tool(self, _: &str) -> Value {
        (self.0)()
    }

    #[cfg(target_family = "wasm")]
    pub fn of_tool(self, name: &str) -> Value {
        // Packed, since the section that hosts read has them once already.
        static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/definitions"));
        static UNPACKED: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| {
            let json = miniz_oxide::inflate::decompress_to_vec(PACKED).unwrap_or_default();
            serde_json::from_slice(&json).unwrap_or_default()
        });
        let mut tools = UNPACKED["tools"].as_array().into_iter().flatten();
        tools.find(|tool| tool["name"] == name).map(|tool| tool["outputSchema"].clone()).unwrap_or_default()
    }
}

#[cfg(not(target_family = "wasm"))]
fn derived<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("description");
    plain(&mut schema);
    schema.ensure_object().entry("required").or_insert_with(|| json!([]));
    schema.into()
}

/// Leaves the seven keywords; a field that may be missing is of one type when it is there.
#[cfg(not(target_family = "wasm"))]
fn plain(schema: &mut Schema) {
    for word in ["title", "format", "minimum", "maximum", "default", "$defs"] {
        schema.remove(word);
    }
    if let Some(Value::Array(kinds)) = schema.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(kinds)) = schema.get_mut("anyOf") {
        // Of several kinds, null is one that is told.
        let others: Vec<&Value> = kinds.iter().filter(|kind| kind["type"] != "null").collect();
        if let [Value::Object(only)] = others.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            let described = schema.remove("description");
            let fields = schema.ensure_object();
            fields.extend(only);
            fields.extend(described.map(|text| ("description".to_owned(), text)));
        }
    }
    if schema.get("properties").and_then(Value::as_object).is_some_and(serde_json::Map::is_empty) {
        schema.remove("properties");
    }
    // A type's own documentation is for who reads the code; with an empty description it stays there.
    if schema.get("description").is_some_and(|text| text == "") {
        schema.remove("description");
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    let fields = schema.ensure_object();
    for word in ["type", "anyOf", "description", "enum", "items", "properties", "required"] {
        let value = fields.shift_remove(word);
        fields.extend(value.map(|value| (word.to_owned(), value)));
    }
    transform_subschemas(&mut plain, schema);
}

/// Of an answer's type: some object, whose fields the sentence beside it names.
pub struct Object;

impl JsonSchema for Object {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Object".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
        schemars::json_schema!({"type": "object"})
    }
}

/// Of an answer's type: an object with an id, whose other fields the sentence beside it names.
#[derive(JsonSchema)]
#[schemars(description = "")]
pub struct Record {
    #[allow(dead_code, reason = "only its schema is used")]
    id: String,
}

/// The schema of arguments: an object with just these properties.
pub fn arguments(properties: Value, required: &[&str]) -> Value {
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

pub fn no_arguments() -> Value {
    arguments(json!({}), &[])
}

pub fn text(description: &str) -> Value {
    described("string", description)
}

pub fn integer(description: &str) -> Value {
    described("integer", description)
}

pub fn boolean(description: &str) -> Value {
    described("boolean", description)
}

pub fn number(description: &str) -> Value {
    described("number", description)
}

/// One of these words. A list needs its type said as well: Gemini takes enums of texts alone.
pub fn choice(words: &[&str], description: &str) -> Value {
    let mut schema = text(description);
    schema["enum"] = json!(words);
    schema
}

/// Several of these words; the tools also take one alone, which no schema says, since Gemini,
/// OpenAI's strict mode and Ajv's refuse a parameter of two types.
pub fn choices(words: &[&str], description: &str) -> Value {
    list(choice(words, ""), description)
}

/// Several texts; the tools also take one alone.
pub fn texts(description: &str) -> Value {
    list(text(""), description)
}

pub fn list(items: Value, description: &str) -> Value {
    let mut schema = described("array", description);
    schema["items"] = items;
    schema
}

fn described(kind: &str, description: &str) -> Value {
    if description.is_empty() {
        json!({"type": kind})
    } else {
        json!({"type": kind, "description": description})
    }
}
