//! `fastintercom search`: what `search_conversations` finds, three lines a conversation.

use serde_json::{Map, Value, json};

use super::options::{End, Options};
use super::screen::span;
use super::{Screen, Span, Style, View, ViewError, ask, text, words};
use crate::time::UnixSeconds;
use crate::tools::answer::counted;
use crate::tools::timeframe::Zone;
use crate::tools::{self, Context};

/// The view, for a terminal that is `width` columns wide.
///
/// # Errors
/// [`ViewError`].
pub fn search(context: &mut Context<'_>, options: &str, width: Option<u32>) -> Result<View, ViewError> {
    let options = Options::parse(options, &["query", "since", "until", "state", "limit"])?;
    let around = context.surroundings();
    let zone = context.reading(|connection| Ok(tools::zone(around.settings, connection)?))?;
    let mut arguments = Map::new();
    for name in ["query", "state", "limit"] {
        arguments.extend(options.value(name).map(|value| (name.to_owned(), value)));
    }
    for (end, name) in [(End::Since, "created_after"), (End::Until, "created_before")] {
        let instant = options.instant(end, around.now, &zone)?;
        arguments.extend(instant.map(|instant| (name.to_owned(), json!(instant.to_iso()))));
    }
    let (output, answer) = ask(context, "search_conversations", arguments)?;

    let mut screen = Screen::new(width);
    let rows = answer["conversations"].as_array().map_or(&[][..], Vec::as_slice);
    for row in rows {
        conversation(&mut screen, row, &zone);
        screen.blank();
    }
    screen.paragraph(0, vec![span(words::of_commands(&output.text), Style::Plain)]);
    if let Some(notice) = answer["notice"].as_str() {
        screen.paragraph(0, vec![span(words::of_commands(notice), Style::Faint)]);
    }
    hints(&mut screen, rows.len(), &answer["total_matches"], &zone);
    Ok(View { structured: output.structured, lines: screen.into_lines() })
}

/// One conversation: who and when; what it is about; what was found; how it stands.
fn conversation(screen: &mut Screen, row: &Value, zone: &Zone) {
    let state = text(row, "state");
    let mut head = vec![
        span(text(row, "id"), Style::Heading),
        span(format!("  {state}"), state_style(state)),
        span(format!("  {}", local(row, "created_at", zone)), Style::Faint),
        span(format!("  {}", who(row)), Style::Plain),
    ];
    if !text(row, "company").is_empty() {
        head.push(span(format!(", {}", text(row, "company")), Style::Faint));
    }
    screen.hanging(0, 4, head);
    if !text(row, "title").is_empty() {
        screen.paragraph(2, vec![span(text(row, "title"), Style::Heading)]);
    }
    if !text(row, "snippet").is_empty() {
        let found = &row["match"];
        let mut line = Vec::new();
        let author = [text(found, "author_name"), text(found, "author_type")];
        if let Some(author) = author.into_iter().find(|name| !name.is_empty()) {
            let note = if text(found, "kind") == "note" { " (note)" } else { "" };
            line.push(span(format!("{author}{note}: "), Style::Faint));
        }
        line.extend(marked(&text(row, "snippet").replace('\n', " ")));
        screen.hanging(2, 2, line);
    }
    screen.hanging(2, 2, facts(row));
}

/// How a conversation stands, in one line.
fn facts(row: &Value) -> Vec<Span> {
    let mut facts = Vec::new();
    let mut fact = |text: String, style: Style| {
        if !facts.is_empty() {
            facts.push(span(" · ", Style::Faint));
        }
        facts.push(span(text, style));
    };
    if let Some(waiting) = row["waiting"].as_str() {
        fact(format!("waiting {waiting}"), Style::Bad);
    }
    if let Some(rating) = row["rating"].as_i64() {
        fact(format!("rated {rating} of 5"), if rating <= 2 { Style::Bad } else { Style::Good });
    }
    fact(counted(row["message_count"].as_i64().unwrap_or(0), "message"), Style::Faint);
    for (value, before) in [
        (channel(row), ""),
        (text(row, "priority"), "priority "),
        (text(row, "team"), "team "),
        (text(row, "assignee"), "with "),
    ] {
        if !value.is_empty() {
            fact(format!("{before}{value}"), Style::Faint);
        }
    }
    let tags: Vec<&str> = row["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !tags.is_empty() {
        fact(format!("tags: {}", tags.join(", ")), Style::Faint);
    }
    facts
}

fn hints(screen: &mut Screen, shown: usize, total: &Value, zone: &Zone) {
    if shown == 0 {
        return;
    }
    let more = match total {
        Value::Number(total) => {
            total.as_u64().filter(|total| *total > shown as u64).map(|total| total.to_string())
        }
        other => other.as_str().map(str::to_owned),
    };
    let more =
        more.map_or_else(String::new, |total| format!("{shown} of {total} are shown; -n takes up to 100. "));
    screen.paragraph(
        0,
        vec![span(
            format!("{more}Times are in {}. `fastintercom show ID` shows a whole conversation.", zone.name()),
            Style::Faint,
        )],
    );
}

/// The text with the words between `**` marked as hits.
fn marked(text: &str) -> Vec<Span> {
    let parts: Vec<&str> = text.split("**").collect();
    if parts.len().is_multiple_of(2) {
        // Somebody wrote such marks, so they cannot be told apart.
        return vec![span(text, Style::Plain)];
    }
    let style = |index: usize| if index % 2 == 1 { Style::Hit } else { Style::Plain };
    parts
        .into_iter()
        .enumerate()
        .filter(|(_, part)| !part.is_empty())
        .map(|(index, part)| span(part, style(index)))
        .collect()
}

/// Whose conversation it is.
pub fn who(row: &Value) -> String {
    match (text(row, "customer_name"), text(row, "customer_email")) {
        ("", "") => "somebody unknown".to_owned(),
        ("", email) => email.to_owned(),
        (name, "") => name.to_owned(),
        (name, email) => format!("{name} <{email}>"),
    }
}

/// The channel as people call it: Intercom's `conversation` is its messenger.
pub fn channel(row: &Value) -> &str {
    match text(row, "channel") {
        "conversation" => "chat",
        other => other,
    }
}

/// The instant of that field as day and time in the zone.
pub fn local(row: &Value, field: &str, zone: &Zone) -> String {
    let instant = text(row, field);
    UnixSeconds::parse(instant).map_or_else(|| instant.to_owned(), |at| zone.minute(at))
}

pub fn state_style(state: &str) -> Style {
    match state {
        "closed" => Style::Faint,
        "open" => Style::Good,
        _ => Style::Plain,
    }
}
