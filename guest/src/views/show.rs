//! `fastintercom show ID`: a whole conversation as `get_conversation` answers it.

use serde_json::{Map, Value, json};

use super::options::Options;
use super::screen::span;
use super::search::{channel, local, state_style, who};
use super::{Screen, Span, Style, View, ViewError, ask, text, words};
use crate::tools::timeframe::Zone;
use crate::tools::{self, Context};

/// The view, for a terminal that is `width` columns wide.
///
/// # Errors
/// [`ViewError::Failed`] when there is no such conversation.
pub fn show(context: &mut Context<'_>, options: &str, width: Option<u32>) -> Result<View, ViewError> {
    let options = Options::parse(options, &["id"])?;
    let around = context.surroundings();
    let zone = context.reading(|connection| Ok(tools::zone(around.settings, connection)?))?;
    let arguments = Map::from_iter([("id".to_owned(), json!(options.text("id")))]);
    let (output, answer) = ask(context, "get_conversation", arguments)?;
    let mut screen = Screen::new(width);
    head(&mut screen, &answer, &zone);
    let messages = answer["messages"].as_array().map_or(&[][..], Vec::as_slice);
    for found in messages {
        screen.blank();
        message(&mut screen, found, &zone);
    }
    screen.blank();
    end(&mut screen, &answer, &output.text);
    Ok(View { structured: output.structured, lines: screen.into_lines() })
}

/// Everything that is known of the conversation, one topic a line.
fn head(screen: &mut Screen, answer: &Value, zone: &Zone) {
    let title = match text(answer, "title") {
        "" => format!("Conversation {}", text(answer, "id")),
        title => title.to_owned(),
    };
    screen.paragraph(0, vec![span(title, Style::Heading)]);
    let state = text(answer, "state");
    let mut stands = vec![span(state, state_style(state))];
    if let Some(waiting) = answer["waiting"].as_str() {
        stands.push(span(format!(", the customer waits {waiting}"), Style::Bad));
    }
    topic(screen, "State", stands);
    let plain = |text: String| vec![span(text, Style::Plain)];
    let company = match text(answer, "company") {
        "" => String::new(),
        company => format!(", {company}"),
    };
    topic(screen, "Customer", plain(format!("{}{company}", who(answer))));
    topic(screen, "With", plain(text(answer, "assignee").to_owned()));
    topic(screen, "Team", plain(text(answer, "team").to_owned()));
    let tags: Vec<&str> = answer["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    topic(screen, "Tags", plain(tags.join(", ")));
    topic(screen, "Channel", plain(channel(answer).to_owned()));
    topic(screen, "Priority", plain(text(answer, "priority").to_owned()));
    let changed = format!(
        "{}, last change {} ({})",
        local(answer, "created_at", zone),
        local(answer, "updated_at", zone),
        zone.name()
    );
    topic(screen, "Created", plain(changed));
    topic(screen, "Answered", plain(after(answer, "first_response")));
    topic(screen, "Closed", plain(after(answer, "resolution")));
    if let Some(reopened) = answer["reopened"].as_i64() {
        topic(screen, "Reopened", plain(format!("{reopened} times").replace("1 times", "once")));
    }
    topic(screen, "AI agent", plain(text(answer, "ai_outcome").to_owned()));
    if let Some(rating) = answer["rating"].as_i64() {
        let style = if rating <= 2 { Style::Bad } else { Style::Good };
        let mut rated = vec![span(format!("{rating} of 5"), style)];
        if !text(answer, "rating_remark").is_empty() {
            rated.push(span(format!(": {}", text(answer, "rating_remark")), Style::Plain));
        }
        topic(screen, "Rated", rated);
    }
    if !text(answer, "url").is_empty() {
        screen.unbroken(vec![span("Link      ", Style::Faint), span(text(answer, "url"), Style::Plain)]);
    }
}

fn after(answer: &Value, field: &str) -> String {
    answer[field].as_str().map_or_else(String::new, |time| format!("after {time}"))
}

/// A named line; none when there is nothing to say.
fn topic(screen: &mut Screen, name: &str, what: Vec<Span>) {
    if what.iter().any(|part| !part.text.is_empty()) {
        let mut line = vec![span(format!("{name:<9} "), Style::Faint)];
        line.extend(what);
        screen.hanging(0, 10, line);
    }
}

fn message(screen: &mut Screen, found: &Value, zone: &Zone) {
    let kind = text(found, "author_type");
    let author = match text(found, "author_name") {
        "" => kind.to_owned(),
        name if found["is_ai"] == true => format!("{name} (AI agent)"),
        name => format!("{name} ({kind})"),
    };
    let mut head = vec![
        span("── ", Style::Faint),
        span(author, Style::Heading),
        span(format!("  {}", local(found, "created_at", zone)), Style::Faint),
    ];
    if text(found, "kind") == "note" {
        head.push(span("  internal note", Style::Bad));
    }
    screen.paragraph(0, head);
    screen.text(3, text(found, "body"), Style::Plain);
    if let Some(left_out) = found["body_left_out"].as_i64() {
        screen.paragraph(3, vec![span(format!("({left_out} characters are left out)"), Style::Faint)]);
    }
    for file in found["attachments"].as_array().into_iter().flatten() {
        let size = file["size"].as_i64().map_or_else(String::new, |size| format!(", {}", bytes(size)));
        let name = format!("Attached: {} ({}{size})", text(file, "name"), text(file, "type"));
        screen.paragraph(3, vec![span(name.replace(" (, ", " (").replace(" ()", ""), Style::Faint)]);
    }
}

/// What is missing, and how fresh it is.
fn end(screen: &mut Screen, answer: &Value, sentence: &str) {
    let mut sentences = vec![words::of_commands(sentence)];
    if answer["parts_truncated"] == true {
        sentences.push("Intercom no longer returns the oldest messages.".to_owned());
    }
    if let Some(freshness) = answer["sync_info"]["message"].as_str() {
        sentences.push(words::of_commands(freshness));
    }
    screen.paragraph(0, vec![span(sentences.join(" "), Style::Faint)]);
}

/// A size in words: `512 bytes`, `12 KB`, `3.4 MB`.
fn bytes(size: i64) -> String {
    match size {
        ..1_000 => format!("{size} bytes"),
        1_000..1_000_000 => format!("{} KB", (size + 500) / 1_000),
        _ => format!("{:.1} MB", size as f64 / 1e6),
    }
}
