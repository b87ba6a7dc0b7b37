//! A conversation as a page of Markdown.
//!
//! What people wrote stands in block quotes, so that no message can look like a heading or
//! another message, and `<` is escaped, so that none becomes markup of a page.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// The page of a record, to its rule.
pub fn page(record: &Map<String, Value>) -> String {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut page = String::new();
    let title = match text("title") {
        "" => format!("Conversation {}", text("id")),
        title => line(title),
    };
    let _ = writeln!(page, "# {title}\n");
    let mut topic = |name: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(page, "- {name}: {value}");
        }
    };
    topic("Conversation", [text("id"), text("url")].join(" ").trim_end().to_owned());
    let who = [text("customer_name"), text("customer_email"), text("company_name")];
    topic("Customer", joined(&who));
    let priority = text("priority");
    topic("State", joined(&[text("state"), if priority == "none" { "" } else { priority }]));
    topic("Channel", line(text("channel")));
    topic("Created", text("created_at").to_owned());
    topic("Updated", text("updated_at").to_owned());
    topic("Assigned to", joined(&[text("assignee"), text("team")]));
    let tags: Vec<&str> = record
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    topic("Tags", joined(&tags));
    if let Some(rating) = record.get("rating").and_then(Value::as_i64) {
        topic("Rating", format!("{rating} of 5 {}", line(text("rating_remark"))).trim_end().to_owned());
    }
    topic("AI agent", line(text("ai_outcome")));
    for message in record.get("messages").and_then(Value::as_array).into_iter().flatten() {
        let of = |name: &str| message[name].as_str().unwrap_or_default();
        let note = if message["is_note"] == true { ", internal note" } else { "" };
        let author = match of("author_name") {
            "" => line(of("author_type")),
            name => format!("{} ({})", line(name), line(of("author_type"))),
        };
        let _ = writeln!(page, "\n## {author}, {}{note}\n", of("created_at"));
        let body = if message["redacted"] == true { "[redacted in Intercom]" } else { of("body") };
        for written in body.lines() {
            let _ = writeln!(page, "{}", format!("> {}", escaped(written)).trim_end());
        }
        if let Some(left_out) = message["body_left_out"].as_u64() {
            let _ = writeln!(page, ">\n> ({left_out} characters are left out)");
        }
        for file in message["attachments"].as_array().into_iter().flatten() {
            let _ = writeln!(page, ">\n> Attached: {}", line(file["name"].as_str().unwrap_or_default()));
        }
    }
    page.push_str("\n---\n\n");
    page
}

fn joined(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).map(|part| line(part)).collect::<Vec<_>>().join(", ")
}

/// On one line.
fn line(text: &str) -> String {
    escaped(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn escaped(text: &str) -> String {
    text.replace('<', "\\<")
}
