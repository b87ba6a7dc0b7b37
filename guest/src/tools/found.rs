//! A conversation that a search found, as its answer shows it.

use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_with::skip_serializing_none;

use super::answer::value;
use super::content::Content;
use super::conversation::{self, Figures, Kind, Payer, ShownMessage, Summary};
use crate::store::conversations::threads::{Conversation, Message};
use crate::store::workspace::Workspace;
use crate::time::UnixSeconds;

/// A conversation, reduced to the fields that were asked for; none: all of them.
#[derive(Clone, Debug)]
pub struct Row {
    pub found: FoundConversation,
    pub fields: Vec<&'static str>,
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.fields.is_empty() {
            return self.found.serialize(serializer);
        }
        let mut row = value(&self.found);
        if let Value::Object(row) = &mut row {
            row.retain(|name, _| name == "id" || self.fields.contains(&name.as_str()));
        }
        row.serialize(serializer)
    }
}

/// What is known of it, and why it was found.
#[skip_serializing_none]
#[derive(Clone, Debug, Serialize)]
pub struct FoundConversation {
    #[serde(flatten)]
    pub summary: Summary,
    #[serde(flatten)]
    figures: Figures,
    #[serde(flatten)]
    payer: Payer,
    pub url: Option<String>,
    /// The message that matches best.
    pub r#match: Option<Match>,
    pub snippet: Option<String>,
    /// The words of the query that it has, when it does not have all.
    pub matched_only: Option<Vec<String>>,
    pub messages: Option<Vec<ShownMessage>>,
    pub messages_left_out: Option<usize>,
}

impl FoundConversation {
    pub fn new(record: &Conversation, content: Content<'_>, now: UnixSeconds) -> Self {
        Self {
            summary: Summary::new(record, content, now),
            figures: Figures::default(),
            payer: Payer::default(),
            url: None,
            r#match: None,
            snippet: None,
            matched_only: None,
            messages: None,
            messages_left_out: None,
        }
    }

    /// What only detailed answers say, or who asks for the field.
    pub fn add_details(
        &mut self,
        record: &Conversation,
        content: Content<'_>,
        workspace: Option<&Workspace>,
    ) {
        self.figures = Figures::new(record);
        self.payer = Payer::new(record, content);
        self.url = conversation::url(workspace, &record.id);
    }
}

/// The message that matches best, without its text.
#[skip_serializing_none]
#[derive(Clone, Debug, Serialize)]
pub struct Match {
    pub author_type: String,
    pub author_name: Option<String>,
    created_at: String,
    pub kind: Kind,
    message_id: String,
}

impl Match {
    pub fn new(message: &Message, content: Content<'_>) -> Self {
        Self {
            author_type: content.line(&message.author_type),
            author_name: message
                .author_name
                .as_deref()
                .map(|name| content.person(name))
                .filter(|name| !name.is_empty()),
            created_at: message.created_at.clone(),
            kind: Kind::of(message),
            message_id: content.id(&message.id),
        }
    }
}
