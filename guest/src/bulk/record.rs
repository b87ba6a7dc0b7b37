//! A conversation as one JSON object with all its messages: the shape of an exported line.

use serde_json::{Map, Value, json};

use super::{Shown, VERSION};
use crate::tools::answer;
use crate::tools::content::{Content, cut};
use crate::tools::conversation;

/// Fields of people, whose names are a kind of their own.
const PEOPLE: &[&str] = &["customer_name", "author_name", "assignee", "closed_by"];

/// Whether a field stays as it is: Intercom's ids and times. All others are cleaned and redacted,
/// whatever they should hold, and so is a field that is added later. The workspace's own id may be an
/// address or a number.
fn is_plain(field: &str) -> bool {
    field != "external_id"
        && (field == "id" || ["_id", "_at", "_since", "_until"].iter().any(|ending| field.ends_with(ending)))
}

/// The object, every field of it in every line, null where nothing is known, so that what reads
/// the first thousand lines knows the shape of all.
pub fn record(
    shown: &Shown<'_>,
    conversation: Map<String, Value>,
    messages: Vec<Map<String, Value>>,
    events: Vec<Map<String, Value>>,
) -> Map<String, Value> {
    let content = shown.content;
    let mut record = Map::new();
    record.insert("schema_version".to_owned(), json!(VERSION));
    record.insert("type".to_owned(), json!("conversation"));
    let id = conversation.get("id").and_then(Value::as_str).unwrap_or_default();
    let url = conversation::url(shown.workspace.as_ref(), id);
    for (name, value) in conversation {
        let value = match value {
            links @ Value::Array(_) if name == "linked" => {
                answer::value(&conversation::links(links, content))
            }
            value => field(&name, value, content),
        };
        record.insert(name, value);
    }
    record.insert("url".to_owned(), json!(url));
    let messages: Vec<Value> = messages.into_iter().map(|fields| message(fields, content)).collect();
    record.insert("messages".to_owned(), messages.into());
    if shown.with_events {
        let events: Vec<Value> = events.into_iter().map(|fields| event(fields, content)).collect();
        record.insert("events".to_owned(), events.into());
    }
    record
}

/// A ticket with its parts.
pub fn ticket(mut fields: Map<String, Value>, parts: Vec<Value>, content: Content<'_>) -> Value {
    fields.remove("number");
    if let Some(Value::String(html)) = fields.get_mut("description") {
        *html = crate::text::plain_text(html);
    }
    // The `type` of records says what they are, and a ticket's number is called so elsewhere.
    for (name, instead) in [("type", "ticket_type"), ("ticket_id", "ticket_number")] {
        if let Some(value) = fields.remove(name) {
            fields.insert(instead.to_owned(), value);
        }
    }
    for name in ["attributes", "conversations"] {
        if let Some(Value::String(text)) = fields.get(name) {
            let value = serde_json::from_str(text).unwrap_or_default();
            fields.insert(name.to_owned(), value);
        }
    }
    let mut record = row(fields, content);
    record["parts"] = parts.into();
    record
}

/// A part of a ticket.
pub fn ticket_part(mut fields: Map<String, Value>, content: Content<'_>) -> Value {
    fields.remove("ticket");
    message(fields, content)
}

fn message(fields: Map<String, Value>, content: Content<'_>) -> Value {
    let shown = fields.into_iter().map(|(name, value)| {
        let value = match value {
            Value::String(html) if name == "body" => content.body(&html).into(),
            value if ["attachments", "tags"].contains(&name.as_str()) && !value.is_array() => json!([]),
            value => field(&name, value, content),
        };
        (name, value)
    });
    Value::Object(shown.collect())
}

fn event(fields: Map<String, Value>, content: Content<'_>) -> Value {
    let shown = fields.into_iter().map(|(name, value)| {
        let value = field(&name, value, content);
        (name, value)
    });
    Value::Object(shown.collect())
}

/// What stands under that name, as it may be shown.
fn field(name: &str, value: Value, content: Content<'_>) -> Value {
    match value {
        Value::String(text) if PEOPLE.contains(&name) => content.person(&text).into(),
        Value::String(text) if !is_plain(name) => content.text(&text).into(),
        value @ (Value::Array(_) | Value::Object(_)) => cleaned(value, content),
        value => value,
    }
}

/// A row of a table, by the same rules.
pub fn row(fields: Map<String, Value>, content: Content<'_>) -> Value {
    let field = |(name, value): (String, Value)| {
        let value = match value {
            Value::String(text) if name == "name" => content.person(&text).into(),
            value if is_plain(&name) => value,
            value => cleaned(value, content),
        };
        (name, value)
    };
    fields.into_iter().map(field).collect::<Map<_, _>>().into()
}

/// Every text in it, and every name of a field, cleaned and redacted.
fn cleaned(value: Value, content: Content<'_>) -> Value {
    match value {
        Value::String(text) => content.text(&text).into(),
        Value::Number(number) => content.number(number),
        Value::Array(items) => items.into_iter().map(|item| cleaned(item, content)).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (content.text(&name), content.named(&name, cleaned(value, content))))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

/// At most so many characters of each message; how many are left out stands beside it.
pub fn shorten(record: &mut Map<String, Value>, most: usize) {
    let messages = record.get_mut("messages").and_then(Value::as_array_mut);
    for message in messages.into_iter().flatten() {
        let Some(body) = message["body"].as_str() else { continue };
        let left_out = body.chars().count().saturating_sub(most) as u64;
        if left_out > 0 {
            let before = message["body_left_out"].as_u64().unwrap_or(0);
            let body = cut(body, most);
            message["body"] = body.into();
            message["body_left_out"] = (before + left_out).into();
        }
    }
}
