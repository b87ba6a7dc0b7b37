//! Pages of lists: found conversations, deleted conversations.

use serde_json::Value;

use super::conversation::Conversation;
use super::error::ApiError;
use super::json;
use super::request::Cursor;
use crate::ids::ConversationId;
use crate::time::UnixSeconds;

/// One page of `POST /conversations/search`.
#[derive(Debug)]
pub struct SearchPage {
    pub conversations: Vec<Conversation>,
    /// Entries that had no id, and so could not be used.
    pub unreadable: usize,
    /// How many conversations match in all.
    pub total_count: Option<i64>,
    /// Where the next page begins; none on the last one.
    pub next: Option<Cursor>,
}

impl SearchPage {
    /// # Errors
    /// [`ApiError::Unexpected`] when there is no list at all: an empty object must not be taken
    /// for an empty window, which would then be called covered.
    pub fn read(mut value: Value) -> Result<Self, ApiError> {
        let Value::Array(entries) = json::take(&mut value, "conversations") else {
            return Err(ApiError::Unexpected { missing: "conversations" });
        };
        let count = entries.len();
        let conversations: Vec<_> = entries.into_iter().filter_map(Conversation::read).collect();
        let next = next_cursor(&mut value);
        Ok(Self {
            unreadable: count - conversations.len(),
            conversations,
            total_count: json::integer(&value, "total_count"),
            next,
        })
    }
}

/// Where the next page of a search begins.
pub(super) fn next_cursor(answer: &mut Value) -> Option<Cursor> {
    let mut pages = json::take(answer, "pages");
    let mut next = json::take(&mut pages, "next");
    let cursor = match &mut next {
        Value::Object(_) => json::text(&mut next, "starting_after"),
        // A link, as page-based lists have it, holds the cursor among its parameters.
        Value::String(link) => cursor_in_link(link),
        _ => None,
    };
    cursor.map(Cursor)
}

fn cursor_in_link(link: &str) -> Option<String> {
    let (_, rest) = link.split_once("starting_after=")?;
    let value = rest.split('&').next().unwrap_or(rest).replace("%3D", "=").replace("%3d", "=");
    (!value.is_empty()).then_some(value)
}

#[derive(Clone, Debug)]
pub struct DeletedConversation {
    pub id: ConversationId,
    pub deleted_at: Option<UnixSeconds>,
}

/// One page of `GET /conversations/deleted`.
#[derive(Debug)]
pub struct DeletedPage {
    pub deleted: Vec<DeletedConversation>,
    pub has_more: bool,
}

impl DeletedPage {
    /// # Errors
    /// [`ApiError::Unexpected`] when there is no list.
    pub fn read(mut value: Value) -> Result<Self, ApiError> {
        let list = match json::take(&mut value, "conversations") {
            Value::Array(list) => list,
            _ => match json::take(&mut value, "data") {
                Value::Array(list) => list,
                _ => return Err(ApiError::Unexpected { missing: "conversations" }),
            },
        };
        let pages = json::take(&mut value, "pages");
        let has_more = pages.get("next").is_some_and(|next| !next.is_null());
        let deleted = list
            .into_iter()
            .filter_map(|mut entry| {
                let deleted_at = json::seconds(&entry, "deleted_at");
                json::id(&mut entry, "id")
                    .map(|id| DeletedConversation { id: ConversationId(id), deleted_at })
            })
            .collect();
        Ok(Self { deleted, has_more })
    }
}
