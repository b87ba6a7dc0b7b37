//! Whether a cache holds what the simulated workspace holds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fastintercom_guest::store::{OpenMode, Store};
use fastintercom_guest::time::UnixSeconds;
use rusqlite::Connection;

use crate::simulator::model::Author;
use crate::simulator::{Conversation, MAX_PARTS, Part, Simulator, Workspace};

/// What is compared of a conversation.
#[derive(Debug, PartialEq, Eq)]
struct Picture {
    created_at: String,
    updated_at: String,
    state: String,
    complete: bool,
    truncated: bool,
    tags: Vec<String>,
    /// Id, author's kind, body, time, whether it is a note: for every message.
    messages: Vec<(String, String, String, String, bool)>,
    /// Id and kind of every other part.
    events: Vec<(String, String)>,
}

/// Differences between cache and workspace, one a line; none when they are the same. Of threads
/// with more than 500 parts only the newest 500 must be there.
///
/// # Panics
/// When the database cannot be read.
pub fn differences(simulator: &Simulator, store: &Store) -> Vec<String> {
    let workspace = simulator.workspace();
    let connection = store.connection();
    let mut cached = pictures(connection);
    let mut differences = Vec::new();
    for conversation in workspace.conversations() {
        let id = conversation.id.to_string();
        let truth = picture(&workspace, conversation);
        match cached.remove(&id) {
            None => differences.push(format!("{id} is missing")),
            Some(mut found) => {
                if found.truncated && truth.truncated {
                    forget_older(&mut found, &truth);
                }
                if found != truth {
                    differences.push(difference(&id, &found, &truth));
                }
            }
        }
    }
    differences.extend(cached.keys().map(|id| format!("{id} is in the cache and not in the workspace")));
    let queued: i64 = number(connection, "SELECT count(*) FROM hydration_queue");
    if queued > 0 {
        differences.push(format!("{queued} conversations are still queued"));
    }
    let mut own = Store::open(store.path(), OpenMode::ReadWrite).expect("opens");
    let report = own.check().expect("checks");
    for problem in report["problems"].as_array().into_iter().flatten() {
        differences.push(format!("`doctor` would say: {problem}"));
    }
    differences
}

/// # Panics
/// With the first differences, when there are any.
pub fn assert_same(simulator: &Simulator, store: &Store) {
    let differences = differences(simulator, store);
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.iter().take(5).cloned().collect::<Vec<_>>().join("\n")
    );
}

fn number(connection: &Connection, query: &str) -> i64 {
    connection.query_row(query, [], |row| row.get(0)).expect("a number")
}

fn iso(seconds: i64) -> String {
    UnixSeconds(seconds).to_iso()
}

fn picture(workspace: &Workspace, conversation: &Conversation) -> Picture {
    let directory = workspace.directory();
    let kind = |author: Author| match author {
        Author::Contact(contact) if directory.contacts[contact as usize].is_lead => "lead",
        Author::Contact(_) => "user",
        Author::Admin(_) => "admin",
        Author::Bot(_) => "bot",
    };
    let is_message = |part: &Part| part.body.is_some() || !part.attachments.is_empty() || part.redacted;
    let visible = &conversation.parts[conversation.parts.len().saturating_sub(MAX_PARTS)..];
    let first = conversation.source.iter().map(|source| {
        let body = if source.redacted { String::new() } else { source.body.clone() };
        let author = kind(source.author).to_owned();
        (format!("{}_initial", conversation.id), author, body, iso(conversation.created_at), false)
    });
    let parts = visible.iter().filter(|part| is_message(part)).map(|part| {
        (
            part.id.to_string(),
            kind(part.author).to_owned(),
            part.body.clone().filter(|_| !part.redacted).unwrap_or_default(),
            iso(part.created_at),
            part.part_type.starts_with("note"),
        )
    });
    let mut tags: Vec<String> =
        conversation.tags.iter().map(|tag| directory.tags[tag.tag as usize].name.clone()).collect();
    tags.sort();
    let mut events: Vec<_> = visible
        .iter()
        .filter(|part| !is_message(part))
        .map(|part| (part.id.to_string(), part.part_type.to_string()))
        .collect();
    events.sort();
    Picture {
        created_at: iso(conversation.created_at),
        updated_at: iso(conversation.updated_at),
        state: conversation.state.as_str().to_owned(),
        complete: true,
        truncated: conversation.is_truncated_by_api(),
        tags,
        messages: first.chain(parts).collect(),
        events,
    }
}

fn pictures(connection: &Connection) -> BTreeMap<String, Picture> {
    let mut pictures = BTreeMap::new();
    let mut statement = connection
        .prepare("SELECT id, created_at, updated_at, state, thread_complete, parts_truncated, tags FROM conversations")
        .expect("a statement");
    let rows = statement.query_map([], |row| {
        let tags: String = row.get(6)?;
        let mut tags: Vec<String> = serde_json::from_str(&tags).unwrap_or_default();
        tags.sort();
        Ok((
            row.get::<_, String>(0)?,
            Picture {
                created_at: row.get(1)?,
                updated_at: row.get(2)?,
                state: row.get(3)?,
                complete: row.get(4)?,
                truncated: row.get(5)?,
                tags,
                messages: Vec::new(),
                events: Vec::new(),
            },
        ))
    });
    pictures.extend(rows.expect("rows").map(|row| row.expect("a row")));
    let mut statement = connection
        .prepare("SELECT conversation_id, id, author_type, body, created_at, is_note FROM messages ORDER BY conversation_id, sequence_number, number")
        .expect("a statement");
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))
    });
    for row in rows.expect("rows") {
        let (id, message) = row.expect("a row");
        pictures.get_mut(&id).expect("its conversation").messages.push(message);
    }
    let mut statement = connection
        .prepare(
            "SELECT c.id, CAST(e.id AS TEXT), k.name FROM conversation_events e
                JOIN conversations c ON c.number = e.conversation JOIN event_kinds k ON k.number = e.kind
             ORDER BY e.id",
        )
        .expect("a statement");
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, (row.get(1)?, row.get(2)?))));
    for row in rows.expect("rows") {
        let (id, event) = row.expect("a row");
        pictures.get_mut(&id).expect("its conversation").events.push(event);
    }
    pictures
}

/// Leaves out what Intercom no longer shows of a long thread, and the cache may still have.
fn forget_older(found: &mut Picture, truth: &Picture) {
    let shown: std::collections::BTreeSet<&str> = truth
        .messages
        .iter()
        .map(|message| message.0.as_str())
        .chain(truth.events.iter().map(|event| event.0.as_str()))
        .collect();
    let oldest = truth.messages.iter().skip(1).map(|message| message.3.clone()).min().unwrap_or_default();
    found.messages.retain(|message| shown.contains(message.0.as_str()) || message.3 >= oldest);
    found.events.retain(|event| shown.contains(event.0.as_str()));
}

fn difference(id: &str, found: &Picture, truth: &Picture) -> String {
    let mut text = format!("{id} differs:");
    let mut note = |name: &str, found: &dyn std::fmt::Debug, truth: &dyn std::fmt::Debug| {
        let (found, truth) = (format!("{found:?}"), format!("{truth:?}"));
        if found != truth {
            let _ = write!(text, "\n  {name}: cached {found}\n  {name}: is     {truth}");
        }
    };
    note("updated_at", &found.updated_at, &truth.updated_at);
    note("created_at", &found.created_at, &truth.created_at);
    note("state", &found.state, &truth.state);
    note("complete", &found.complete, &truth.complete);
    note("truncated", &found.truncated, &truth.truncated);
    note("tags", &found.tags, &truth.tags);
    note("events", &found.events, &truth.events);
    note("messages", &found.messages.len(), &truth.messages.len());
    for (found, truth) in found.messages.iter().zip(&truth.messages) {
        if found != truth {
            note("message", found, truth);
        }
    }
    text
}
