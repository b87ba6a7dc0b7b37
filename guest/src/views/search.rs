//! `fastintercom search`: what `search_conversations` finds, three lines a conversation.

use serde_json::{Map, json};

use super::options::{End, Options};
use super::screen::span;
use super::{Screen, Span, Style, View, ViewError, ask};
use crate::time::UnixSeconds;
use crate::tools::answer::counted;
use crate::tools::conversation::{Kind, Summary};
use crate::tools::found::FoundConversation;
use crate::tools::search_conversations::{self, TotalMatches};
use crate::tools::zone::Zone;
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
    let (answer, output) = ask(context, &search_conversations::TOOL, arguments, search_conversations::find)?;

    let mut screen = Screen::new(width, &around.settings.redactions);
    let rows = answer.conversations.unwrap_or_default();
    for row in &rows {
        conversation(&mut screen, &row.found, &zone);
        screen.blank();
    }
    screen.paragraph(0, vec![span(output.text, Style::Plain)]);
    if let Some(notice) = &answer.notice {
        screen.paragraph(0, vec![span(notice, Style::Faint)]);
    }
    hints(&mut screen, rows.len(), &answer.total_matches, &zone);
    Ok(View { structured: output.structured, lines: screen.into_lines() })
}

/// One conversation: who and when; what it is about; what was found; how it stands.
fn conversation(screen: &mut Screen, found: &FoundConversation, zone: &Zone) {
    let row = &found.summary;
    let mut head = vec![
        span(&row.id, Style::Heading),
        span(format!("  {}", row.state), state_style(&row.state)),
        span(format!("  {}", local(&row.created_at, zone)), Style::Faint),
        span(format!("  {}", who(row)), Style::Plain),
    ];
    if let Some(company) = &row.company {
        head.push(span(format!(", {company}"), Style::Faint));
    }
    screen.hanging(0, 4, head);
    if let Some(title) = &row.title {
        screen.paragraph(2, vec![span(title, Style::Heading)]);
    }
    if let Some(snippet) = &found.snippet {
        let mut line = Vec::new();
        if let Some(matched) = &found.r#match {
            let author = matched.author_name.as_ref().unwrap_or(&matched.author_type);
            let note = if matched.kind == Kind::Note { " (note)" } else { "" };
            line.push(span(format!("{author}{note}: "), Style::Faint));
        }
        line.extend(marked(&snippet.replace('\n', " ")));
        screen.hanging(2, 2, line);
    }
    screen.hanging(2, 2, facts(row));
}

/// How a conversation stands, in one line.
fn facts(row: &Summary) -> Vec<Span> {
    let mut facts = Vec::new();
    let mut fact = |text: String, style: Style| {
        if !facts.is_empty() {
            facts.push(span(" · ", Style::Faint));
        }
        facts.push(span(text, style));
    };
    if let Some(waiting) = &row.waiting {
        fact(format!("waiting {waiting}"), Style::Bad);
    }
    if let Some(rating) = row.rating {
        fact(format!("rated {rating} of 5"), if rating <= 2 { Style::Bad } else { Style::Good });
    }
    fact(counted(row.message_count, "message"), Style::Faint);
    for (value, before) in [
        (channel(row), ""),
        (row.priority.as_deref(), "priority "),
        (row.team.as_deref(), "team "),
        (row.assignee.as_deref(), "with "),
    ] {
        if let Some(value) = value {
            fact(format!("{before}{value}"), Style::Faint);
        }
    }
    if !row.tags.is_empty() {
        fact(format!("tags: {}", row.tags.join(", ")), Style::Faint);
    }
    facts
}

fn hints(screen: &mut Screen, shown: usize, total: &TotalMatches, zone: &Zone) {
    if shown == 0 {
        return;
    }
    let more = match total {
        TotalMatches::Exactly(total) if *total <= shown => None,
        more => Some(more.to_string()),
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
pub fn who(row: &Summary) -> String {
    let email = row.customer_email.as_deref().filter(|email| !email.is_empty());
    match (&row.customer_name, email) {
        (None, None) => "somebody unknown".to_owned(),
        (None, Some(email)) => email.to_owned(),
        (Some(name), None) => name.clone(),
        (Some(name), Some(email)) => format!("{name} <{email}>"),
    }
}

/// The channel as people call it: Intercom's `conversation` is its messenger.
pub fn channel(row: &Summary) -> Option<&str> {
    match row.channel.as_deref() {
        Some("conversation") => Some("chat"),
        other => other,
    }
}

/// The instant as day and time in the zone.
pub fn local(instant: &str, zone: &Zone) -> String {
    UnixSeconds::parse(instant).map_or_else(|| instant.to_owned(), |at| zone.minute(at))
}

pub fn state_style(state: &str) -> Style {
    match state {
        "closed" => Style::Faint,
        "open" => Style::Good,
        _ => Style::Plain,
    }
}
