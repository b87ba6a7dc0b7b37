//! `fastintercom export --person`: what is stored of somebody, as one page to hand out.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::options::Options;
use super::report::standalone;
use super::{Page, ViewError};
use crate::tools::Context;
use crate::tools::answer::counted;

/// Fields of a conversation that the page shows in another way.
const SHOWN_OTHERWISE: &[&str] = &["messages", "events", "parts", "schema_version", "type"];

/// The page, and the same as JSON.
///
/// # Errors
/// [`ViewError`].
pub fn person(context: &mut Context<'_>, options: &str) -> Result<Page, ViewError> {
    let options = Options::parse(options, &["person"])?;
    let who = options.text("person").map(str::trim).filter(|who| !who.is_empty());
    let who = who.ok_or_else(|| {
        ViewError::InvalidOptions(
            "Say who: an e-mail address, the id of a contact in Intercom, or your own id.".to_owned(),
        )
    })?;
    let made = context.clock.now();
    let document = crate::bulk::person(context, who)?;
    let count = |field: &str| i64::try_from(list(&document, field).len()).unwrap_or(i64::MAX);
    let text = format!(
        "{}, {}, parts of {}, {}; {} of others name them.",
        counted(count("contacts"), "contact"),
        counted(count("conversations"), "conversation"),
        counted(count("parts_of_conversations"), "conversation"),
        counted(count("tickets"), "ticket"),
        counted(count("named_in"), "message"),
    );
    let mut structured = document.clone();
    structured["made_at"] = json!(made.to_iso());
    Ok(Page { html: page(&document, &made.to_iso(), &text), structured: structured.to_string(), text })
}

/// The text of that field, or nothing.
fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn list<'a>(document: &'a Value, field: &str) -> &'a [Value] {
    document[field].as_array().map_or(&[][..], Vec::as_slice)
}

fn page(document: &Value, made: &str, summary: &str) -> String {
    let title = "What is stored of you";
    let body = html! {
        header { h1 { (title) } p { (summary) " Made at " (made) "." } }
        main {
            @for (field, title) in [("contacts", "Who you are"), ("companies", "Your companies")] {
                @for row in list(document, field) {
                    section { h2 { (title) } (fields(row)) }
                }
            }
            (conversations("Conversation", list(document, "conversations")))
            (conversations("What you wrote in conversation", list(document, "parts_of_conversations")))
            @for ticket in list(document, "tickets") {
                section {
                    h2 { "Ticket " (text(ticket, "id")) }
                    (messages(list(ticket, "parts")))
                    (fields(ticket))
                }
            }
            @let parts = list(document, "parts_of_tickets");
            @if !parts.is_empty() {
                section { h2 { "What you wrote in tickets of others, too" } (messages(parts)) }
            }
        }
    };
    standalone(title, &body)
}

fn conversations(title: &str, conversations: &[Value]) -> Markup {
    html! {
        @for conversation in conversations {
            section {
                h2 { (title) " " (text(conversation, "id")) }
                (messages(list(conversation, "messages")))
                (fields(conversation))
                @for event in list(conversation, "events") { (fields(event)) }
            }
        }
    }
}

fn messages(messages: &[Value]) -> Markup {
    html! {
        @for message in messages {
            h3 {
                (text(message, "created_at")) ", " (text(message, "author_name"))
                " (" (text(message, "author_type"))
                @if message["is_note"] == true { ", internal note" }
                ")"
            }
            p style="white-space:pre-wrap" { (text(message, "body")) }
            @for file in list(message, "attachments") { p { "Attachment: " (text(file, "name")) } }
        }
    }
}

/// Every field that has a value.
fn fields(row: &Value) -> Markup {
    let all = row.as_object().into_iter().flat_map(Map::iter);
    html! {
        table {
            tbody {
                @for (name, value) in all.filter(|(name, _)| !SHOWN_OTHERWISE.contains(&name.as_str())) {
                    @if let Some(value) = in_words(value) {
                        tr { th scope="row" { (name.replace('_', " ")) } td { (value) } }
                    }
                }
            }
        }
    }
}

fn in_words(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Array(items) if items.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
