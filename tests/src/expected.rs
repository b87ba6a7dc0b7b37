//! What answers must say, taken from the simulated workspace and not from our own tables.

use chrono::DateTime;

use crate::simulator::model::Author;
use crate::simulator::{Conversation, Id, MAX_PARTS, Seconds, Workspace};

/// A message as every view of a thread must show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedMessage {
    pub id: String,
    pub author_type: String,
    pub created_at: String,
    pub is_note: bool,
}

/// `YYYY-MM-DDTHH:MM:SS+00:00`.
///
/// # Panics
/// When the time is out of range.
#[must_use]
pub fn iso(at: Seconds) -> String {
    DateTime::from_timestamp(at, 0).expect("a time").format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// The UTC day so many days before that time, as `YYYY-MM-DD`.
#[must_use]
pub fn day(now: Seconds, days_ago: i64) -> String {
    iso(now - days_ago * 86_400)[..10].to_owned()
}

/// All messages of a conversation, in order: the first one, and every part with a text, an
/// attachment, or a text that was taken away. Of long threads those that the API returns.
#[must_use]
pub fn messages(workspace: &Workspace, conversation: &Conversation) -> Vec<ExpectedMessage> {
    let message = |id: String, author: Author, at: Seconds, is_note: bool| ExpectedMessage {
        id,
        author_type: kind(workspace, author).to_owned(),
        created_at: iso(at),
        is_note,
    };
    let first = conversation.source.iter().map(|source| {
        message(format!("{}_initial", conversation.id), source.author, conversation.created_at, false)
    });
    let visible = &conversation.parts[conversation.parts.len().saturating_sub(MAX_PARTS)..];
    let parts = visible
        .iter()
        .filter(|part| part.body.is_some() || !part.attachments.is_empty() || part.redacted)
        .map(|part| {
            message(part.id.to_string(), part.author, part.created_at, part.part_type.starts_with("note"))
        });
    first.chain(parts).collect()
}

fn kind(workspace: &Workspace, author: Author) -> &'static str {
    match author {
        Author::Contact(contact) if workspace.directory.contacts[contact as usize].is_lead => "lead",
        Author::Contact(_) => "user",
        Author::Admin(_) => "admin",
        Author::Bot(_) => "bot",
    }
}

/// How many messages all conversations have together.
#[must_use]
pub fn total_messages(workspace: &Workspace) -> usize {
    workspace.conversations().map(|conversation| messages(workspace, conversation).len()).sum()
}

/// The names of a conversation's tags, sorted.
#[must_use]
pub fn tags(workspace: &Workspace, conversation: &Conversation) -> Vec<String> {
    let mut names: Vec<String> =
        conversation.tags.iter().map(|tag| workspace.directory.tags[tag.tag as usize].name.clone()).collect();
    names.sort();
    names
}

/// The ids of the conversations that hold to a condition, sorted.
#[must_use]
pub fn ids(workspace: &Workspace, holds: impl Fn(&Conversation) -> bool) -> Vec<Id> {
    let mut ids: Vec<Id> =
        workspace.conversations().filter(|conversation| holds(conversation)).map(|found| found.id).collect();
    ids.sort_unstable();
    ids
}
