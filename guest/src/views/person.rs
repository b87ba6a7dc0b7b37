//! `fastintercom export --person`: what is stored of somebody, as one page to hand out.

use serde_json::{Map, Value, json};

use super::options::Options;
use super::report::html::Html;
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
    let mut html = Html::default();
    html.head("What is stored of you").markup("<header>");
    html.element("<h1>", "What is stored of you", "</h1>");
    html.element("<p>", &format!("{summary} Made at {made}."), "</p></header><main>");
    for (field, title) in [("contacts", "Who you are"), ("companies", "Your companies")] {
        for row in list(document, field) {
            html.markup("<section>").element("<h2>", title, "</h2>");
            fields(&mut html, row);
            html.markup("</section>");
        }
    }
    for (conversations, title) in
        [("conversations", "Conversation"), ("parts_of_conversations", "What you wrote in conversation")]
    {
        for conversation in list(document, conversations) {
            html.markup("<section>");
            html.element("<h2>", &format!("{title} {}", text(conversation, "id")), "</h2>");
            messages(&mut html, list(conversation, "messages"));
            fields(&mut html, conversation);
            for event in list(conversation, "events") {
                fields(&mut html, event);
            }
            html.markup("</section>");
        }
    }
    for ticket in list(document, "tickets") {
        html.markup("<section>");
        html.element("<h2>", &format!("Ticket {}", text(ticket, "id")), "</h2>");
        messages(&mut html, list(ticket, "parts"));
        fields(&mut html, ticket);
        html.markup("</section>");
    }
    let parts = list(document, "parts_of_tickets");
    if !parts.is_empty() {
        html.markup("<section>").element("<h2>", "What you wrote in tickets of others, too", "</h2>");
        messages(&mut html, parts);
        html.markup("</section>");
    }
    html.markup("</main></body></html>\n");
    html.into_string()
}

fn messages(html: &mut Html, messages: &[Value]) {
    for message in messages {
        let note = if message["is_note"] == true { ", internal note" } else { "" };
        let head = format!(
            "{}, {} ({}{note})",
            text(message, "created_at"),
            text(message, "author_name"),
            text(message, "author_type")
        );
        html.element("<h3>", &head, "</h3>");
        html.element("<p style=\"white-space:pre-wrap\">", text(message, "body"), "</p>");
        for file in list(message, "attachments") {
            html.element("<p>Attachment: ", text(file, "name"), "</p>");
        }
    }
}

/// Every field that has a value.
fn fields(html: &mut Html, row: &Value) {
    html.markup("<table><tbody>");
    for (name, value) in row.as_object().into_iter().flat_map(Map::iter) {
        let value = match value {
            Value::Null => continue,
            Value::Array(items) if items.is_empty() => continue,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if !SHOWN_OTHERWISE.contains(&name.as_str()) {
            html.element("<tr><th scope=\"row\">", &name.replace('_', " "), "</th>");
            html.element("<td>", &value, "</td></tr>");
        }
    }
    html.markup("</tbody></table>");
}
