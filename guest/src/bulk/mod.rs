//! Conversations for programs that want them all: lines of JSON, or pages of Markdown.
//!
//! # Layout
//!
//! - [`read`] answers one stretch: so many conversations that they make about a megabyte.
//! - [`record`] is the shape of a line, which docs/EXPORT.md documents and [`VERSION`] numbers.
//! - [`markdown`] is the same for reading.
//! - [`person`] gathers everything of one person.
//!
//! # Order, and going on
//!
//! Conversations come in the order of `updated_at`, each stretch in a read of its own, so that a
//! long export holds no lock on the database. One that changes meanwhile takes a place further on
//! and comes (maybe again) when the export gets there: nothing is missed, and of two lines of one
//! id the later is the newer. The same makes exports incremental: with `updated_after` set to the
//! last line's `updated_at`, the next one begins where this one ended, with that second once more.

mod markdown;
mod person;
mod record;

#[cfg(test)]
mod tests;

pub use crate::wit::exports::fastintercom::component::bulk::Stretch;
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use crate::store::conversations::bulk::{self, Place};
use crate::store::workspace::{Workspace, workspace};
use crate::time::UnixSeconds;
use crate::tools::arguments::{ArgumentError, Arguments, Reader};
use crate::tools::content::Content;
use crate::tools::cursor::Cursor;
use crate::tools::{Context, Failure, disclosure, filters};
use crate::views::ViewError;

pub use person::person;

/// Number of the shape of a line. A new field does not change it; one that goes, or means
/// something else, does.
pub const VERSION: u32 = 1;

/// Bytes of text after which a stretch ends.
const STRETCH: usize = 1_000_000;
/// Conversations of a stretch, at most.
const MOST: usize = 500;
/// Bytes of one conversation. The host takes 8 MB; longer ones get shorter messages.
const LONGEST: usize = 6_000_000;
/// Characters of each message in a conversation that is longer than that, tried one by one.
const SHORTER: [usize; 3] = [50_000, 5_000, 500];

/// Options that are no filters.
const OPTIONS: &[&str] = &["format", "include_notes", "include_events"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Lines,
    Markdown,
}

/// What of a conversation is shown, and how.
struct Shown<'a> {
    format: Format,
    with_notes: bool,
    with_events: bool,
    content: Content<'a>,
    workspace: Option<Workspace>,
}

/// Reads a stretch. `options` is a JSON object of filters by their names in
/// `search_conversations`, `format` (`ndjson` or `markdown`), `include_notes` and
/// `include_events`; `from` is the `next` of the stretch before.
///
/// # Errors
/// [`ViewError`], whose sentence says what to do.
pub fn read(context: &mut Context<'_>, options: &str, from: Option<&str>) -> Result<Stretch, ViewError> {
    Ok(stretch(context, options, from)?)
}

fn stretch(context: &mut Context<'_>, options: &str, from: Option<&str>) -> Result<Stretch, Failure> {
    let mut properties = json!({});
    filters::add_properties(&mut properties, None);
    let names = properties.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let known: Vec<&str> = names.chain(OPTIONS.iter().copied()).collect();
    let arguments = Arguments::parse(options, &known)?.read_by(Reader::Program);
    let format = match arguments.choice("format", &["ndjson", "markdown"])? {
        Some("markdown") => Format::Markdown,
        _ => Format::Lines,
    };
    let question = arguments.question(&[]);
    let cursor = from.map(|text| Cursor::read(text, &question)).transpose()?;
    let around = context.surroundings();
    let now = cursor.as_ref().map_or(around.now, |cursor| cursor.now);
    let mut place = cursor.map(|cursor| place(&cursor.position)).transpose()?;
    context.reading(|connection| {
        let zone = crate::tools::zone(around.settings, connection)?;
        let filters =
            filters::parse(&arguments, connection, now, &zone, Content::new(&around.settings.redactions))?
                .filters;
        let shown = Shown {
            format,
            with_notes: arguments.boolean("include_notes")?.unwrap_or(true),
            with_events: arguments.boolean("include_events")?.unwrap_or(format == Format::Lines),
            content: Content::new(&around.settings.redactions),
            workspace: workspace(connection)?,
        };
        let found = bulk::after(connection, &filters, place.as_ref(), MOST + 1)?;
        let mut more = found.len() > MOST;
        let mut text = String::new();
        let mut conversations = 0;
        for next in found.into_iter().take(MOST) {
            if text.len() >= STRETCH {
                more = true;
                break;
            }
            if let Some(conversation) = shown.conversation(connection, next.number)? {
                text.push_str(&conversation);
                conversations += 1;
            }
            place = Some(next);
        }
        let next = place.as_ref().filter(|_| more).map(|place| {
            let position = json!([place.updated_at, place.number]).to_string().into_bytes();
            Cursor { now, position }.write(&question)
        });
        let reached = place.filter(|_| conversations > 0).map(|place| place.updated_at);
        Ok(Stretch { text, conversations, next, reached })
    })
}

fn place(position: &[u8]) -> Result<Place, Failure> {
    let damaged =
        || Failure::from(ArgumentError("The export cannot go on from there; begin it again.".to_owned()));
    let (updated_at, number): (String, i64) = serde_json::from_slice(position).map_err(|_| damaged())?;
    UnixSeconds::parse(&updated_at).ok_or_else(damaged)?;
    Ok(Place { updated_at, number })
}

impl Shown<'_> {
    /// The conversation's text; none: it went away meanwhile.
    fn conversation(&self, connection: &Connection, number: i64) -> Result<Option<String>, Failure> {
        let Some(conversation) = bulk::conversation(connection, number)? else { return Ok(None) };
        let id = conversation.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let messages = bulk::messages(connection, &id, self.with_notes)?;
        disclosure::conversation(&id, conversation.get("customer_id").and_then(Value::as_str));
        disclosure::rows(1 + messages.len());
        let events = if self.with_events { bulk::events(connection, &id)? } else { Vec::new() };
        let mut whole = record::record(self, conversation, messages, events);
        let mut text = self.text(&whole);
        for most in SHORTER {
            if text.len() <= LONGEST {
                break;
            }
            record::shorten(&mut whole, most);
            text = self.text(&whole);
        }
        Ok(Some(text))
    }

    fn text(&self, record: &Map<String, Value>) -> String {
        match self.format {
            Format::Lines => {
                let mut line = serde_json::to_string(record).unwrap_or_default();
                line.push('\n');
                line
            }
            Format::Markdown => markdown::page(record),
        }
    }
}
