//! `fastintercom show ID`: a whole conversation as `get_conversation` answers it.

use serde_json::{Map, json};

use super::options::Options;
use super::screen::span;
use super::search::{channel, local, state_style, who};
use super::{Screen, Span, Style, View, ViewError, ask};
use crate::tools::conversation::{Kind, ShownMessage};
use crate::tools::get_conversation::{self, Thread};
use crate::tools::zone::Zone;
use crate::tools::{self, Context};

/// The view, for a terminal that is `width` columns wide.
///
/// # Errors
/// [`ViewError::Failed`] when there is no such conversation.
pub fn show(context: &mut Context<'_>, options: &str, width: Option<u32>) -> Result<View, ViewError> {
    let options = Options::parse(options, &["id"])?;
    let around = context.surroundings();
    let zone = context.reading(|connection| Ok(tools::zone(around.settings, connection)?))?;
    if options.text("id").is_none_or(|id| id.trim().is_empty()) {
        return Err(ViewError::InvalidOptions(
            "Say which conversation: `fastintercom show ID`; `fastintercom search` lists ids.".to_owned(),
        ));
    }
    let arguments = Map::from_iter([("id".to_owned(), json!(options.text("id")))]);
    let (thread, output) = ask(context, &get_conversation::TOOL, arguments, get_conversation::read)?;
    let mut screen = Screen::new(width, &around.settings.redactions);
    head(&mut screen, &thread, &zone);
    for found in &thread.messages {
        screen.blank();
        message(&mut screen, found, &zone);
    }
    screen.blank();
    end(&mut screen, &thread, output.text);
    Ok(View { structured: output.structured, lines: screen.into_lines() })
}

/// Everything that is known of the conversation, one topic a line.
fn head(screen: &mut Screen, thread: &Thread, zone: &Zone) {
    let about = &thread.summary;
    let title = about.title.clone().unwrap_or_else(|| format!("Conversation {}", about.id));
    screen.paragraph(0, vec![span(title, Style::Heading)]);
    let mut stands = vec![span(&about.state, state_style(&about.state))];
    if let Some(waiting) = &about.waiting {
        stands.push(span(format!(", the customer waits {waiting}"), Style::Bad));
    }
    topic(screen, "State", stands);
    let company = about.company.as_ref().map(|company| format!(", {company}")).unwrap_or_default();
    let after = |time: &Option<String>| time.as_ref().map(|time| format!("after {time}"));
    for (name, what) in [
        ("Customer", Some(format!("{}{company}", who(about)))),
        ("With", about.assignee.clone()),
        ("Team", about.team.clone()),
        ("Tags", Some(about.tags.join(", "))),
        ("Channel", channel(about).map(str::to_owned)),
        ("Priority", about.priority.clone()),
        ("Created", Some(created(thread, zone))),
        ("Answered", after(&thread.figures.first_response)),
        ("Closed", after(&thread.figures.resolution)),
        ("Reopened", thread.figures.reopened.map(times)),
        ("AI agent", about.ai_outcome.clone()),
    ] {
        topic(screen, name, vec![span(what.unwrap_or_default(), Style::Plain)]);
    }
    if let Some(rating) = about.rating {
        let style = if rating <= 2 { Style::Bad } else { Style::Good };
        let mut rated = vec![span(format!("{rating} of 5"), style)];
        rated.extend(about.rating_remark.as_ref().map(|remark| span(format!(": {remark}"), Style::Plain)));
        topic(screen, "Rated", rated);
    }
    if let Some(url) = &thread.url {
        screen.unbroken(vec![span("Link      ", Style::Faint), span(url, Style::Plain)]);
    }
}

fn created(thread: &Thread, zone: &Zone) -> String {
    format!(
        "{}, last change {} ({})",
        local(&thread.summary.created_at, zone),
        local(&thread.summary.updated_at, zone),
        zone.name()
    )
}

fn times(count: i64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// A named line; none when there is nothing to say.
fn topic(screen: &mut Screen, name: &str, what: Vec<Span>) {
    if what.iter().any(|part| !part.text.is_empty()) {
        let mut line = vec![span(format!("{name:<9} "), Style::Faint)];
        line.extend(what);
        screen.hanging(0, 10, line);
    }
}

fn message(screen: &mut Screen, found: &ShownMessage, zone: &Zone) {
    let author = match &found.author_name {
        None => found.author_type.clone(),
        Some(name) if found.is_ai.is_some() => format!("{name} (AI agent)"),
        Some(name) => format!("{name} ({})", found.author_type),
    };
    let mut head = vec![
        span("── ", Style::Faint),
        span(author, Style::Heading),
        span(format!("  {}", local(&found.created_at, zone)), Style::Faint),
    ];
    if found.kind == Kind::Note {
        head.push(span("  internal note", Style::Bad));
    }
    screen.paragraph(0, head);
    screen.text(3, &found.body, Style::Plain);
    if let Some(left_out) = found.body_left_out {
        screen.paragraph(3, vec![span(format!("({left_out} characters are left out)"), Style::Faint)]);
    }
    for file in found.attachments.iter().flatten() {
        let facts: Vec<String> = file.r#type.clone().into_iter().chain(file.size.map(bytes)).collect();
        let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
        let name = file.name.as_deref().unwrap_or_default();
        screen.paragraph(3, vec![span(format!("Attached: {name}{facts}"), Style::Faint)]);
    }
}

/// What is missing, and how fresh it is.
fn end(screen: &mut Screen, thread: &Thread, sentence: String) {
    let mut sentences = vec![sentence];
    if thread.parts_truncated.is_some() {
        sentences.push("Intercom no longer returns the oldest messages.".to_owned());
    }
    sentences.extend(thread.sync_info.as_ref().map(|info| info.message.clone()));
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
