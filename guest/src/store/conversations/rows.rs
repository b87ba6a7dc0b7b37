//! What is written about a conversation, in the words of the tables (`schema.sql` says what each
//! column means). The sync fills these from Intercom's answers; the store only writes them.

use rusqlite::ToSql;
use rusqlite::types::ToSqlOutput;

use crate::ids::{CompanyId, ContactId, ConversationId, PartId, TagId};
use crate::store::conversations::raw_answers::Deflated;
use crate::time::UnixSeconds;

/// Times are stored as text that compares in the order of time. The tables of the sync, which
/// hold numbers, bind the number inside.
impl ToSql for UnixSeconds {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.to_iso()))
    }
}

/// What lists and threads both say about a conversation.
#[derive(Clone, Debug)]
pub struct ConversationRow {
    pub id: ConversationId,
    pub created_at: UnixSeconds,
    pub updated_at: UnixSeconds,
    pub customer_email: Option<String>,
    pub customer_name: Option<String>,
    pub title: Option<String>,
    pub state: &'static str,
    pub open: bool,
    pub read: bool,
    pub priority: &'static str,
    pub channel: Option<String>,
    pub delivered_as: Option<String>,
    pub admin_assignee_id: Option<String>,
    pub team_assignee_id: Option<String>,
    pub contacts: Vec<ContactId>,
    pub company: Option<CompanyRow>,
    pub tags: Vec<TagRow>,
    pub waiting_since: Option<UnixSeconds>,
    pub snoozed_until: Option<UnixSeconds>,
    pub figures: Figures,
    pub rating: Option<i64>,
    pub rating_remark: Option<String>,
    pub rated_at: Option<UnixSeconds>,
    pub rated_admin_id: Option<String>,
    pub ai_involved: bool,
    pub ai_outcome: Option<&'static str>,
    pub ai_resolution_state: Option<String>,
    pub ai_rating: Option<i64>,
    pub sla_name: Option<String>,
    pub sla_status: Option<String>,
    pub has_attachment: bool,
    pub language: Option<String>,
    /// JSON object
    pub custom_attributes: Option<String>,
    pub statistics: StatisticsRow,
    pub ai_answer_type: Option<String>,
    pub ai_source_type: Option<String>,
    pub ai_source_title: Option<String>,
    pub ai_rating_remark: Option<String>,
    pub content_sources: Vec<ContentSourceRow>,
    pub links: Vec<LinkRow>,
    pub source_url: Option<String>,
    pub current_channel: Option<String>,
}

/// What Intercom itself measured. Durations in seconds; "office" leaves out what lies outside of
/// office hours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatisticsRow {
    pub assignment_seconds: Option<i64>,
    pub office_first_response_seconds: Option<i64>,
    pub office_first_close_seconds: Option<i64>,
    pub office_resolution_seconds: Option<i64>,
    pub office_median_reply_seconds: Option<i64>,
    pub handling_seconds: Option<i64>,
    pub active_handling_seconds: Option<i64>,
    pub team_response_seconds: Option<i64>,
    pub office_team_response_seconds: Option<i64>,
    pub closed_by_id: Option<String>,
    pub part_count: Option<i64>,
}

/// What an AI agent's answer was made of; `""` for what is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContentSourceRow {
    pub kind: String,
    pub title: String,
    pub url: String,
    pub locale: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    pub kind: String,
    pub id: String,
    pub category: Option<String>,
}

/// A company, by its id alone or with all that Intercom knows of it.
#[derive(Clone, Debug)]
pub struct CompanyRow {
    pub id: CompanyId,
    pub name: Option<String>,
    pub profile: Option<Box<CompanyProfileRow>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompanyProfileRow {
    pub external_id: Option<String>,
    pub plan: Option<String>,
    pub monthly_spend: Option<f64>,
    pub size: Option<i64>,
    pub industry: Option<String>,
    pub website: Option<String>,
    pub user_count: Option<i64>,
    pub created_at: Option<UnixSeconds>,
    pub last_request_at: Option<UnixSeconds>,
    /// JSON array of names
    pub tags: Option<String>,
    /// JSON array of names
    pub segments: Option<String>,
    /// JSON object
    pub custom_attributes: Option<String>,
}

/// Figures derived from statistics, and from the parts where these are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub last_customer_message_at: Option<UnixSeconds>,
    pub last_admin_message_at: Option<UnixSeconds>,
    pub first_response_seconds: Option<i64>,
    pub first_ai_response_seconds: Option<i64>,
    pub resolution_seconds: Option<i64>,
    pub last_closed_at: Option<UnixSeconds>,
    pub reopen_count: i64,
    pub assignment_count: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagRow {
    pub id: TagId,
    pub name: Option<String>,
    pub applied_at: Option<UnixSeconds>,
}

/// A message: the first one, or a part with something to read.
#[derive(Clone, Debug)]
pub struct MessageRow {
    pub id: PartId,
    pub author_type: &'static str,
    pub author_id: Option<String>,
    pub author_name: Option<String>,
    /// HTML; empty when redacted.
    pub body: String,
    pub created_at: UnixSeconds,
    /// Only where it differs from `created_at`.
    pub updated_at: Option<UnixSeconds>,
    pub part_type: String,
    pub is_note: bool,
    pub is_ai: bool,
    pub redacted: bool,
    /// JSON array
    pub attachments: Option<String>,
    /// JSON array of names
    pub tags: Option<String>,
}

/// A part without text.
#[derive(Clone, Debug)]
pub struct EventRow {
    pub id: PartId,
    pub kind: String,
    pub created_at: UnixSeconds,
    pub author_type: &'static str,
    pub author_id: Option<String>,
    pub author_name: Option<String>,
    pub assigned_to_type: Option<String>,
    pub assigned_to_id: Option<String>,
    /// JSON object
    pub details: Option<String>,
}

/// A customer as seen in a thread.
#[derive(Clone, Debug)]
pub struct SeenContact {
    pub id: ContactId,
    pub role: &'static str,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// A whole thread, as one `GET` brought it.
#[derive(Clone, Debug)]
pub struct ThreadRows {
    pub conversation: ConversationRow,
    /// Up to which change the thread is known: `updated_at`, or the second before when that one
    /// was not over yet and may bring more.
    pub as_of: UnixSeconds,
    /// The first message, unless the conversation began without one.
    pub first: Option<MessageRow>,
    /// In the order of time.
    pub messages: Vec<MessageRow>,
    pub events: Vec<EventRow>,
    pub seen_contacts: Vec<SeenContact>,
    /// The answer itself, where it is to be kept.
    pub raw: Option<Deflated>,
    /// Intercom has more parts than it returned.
    pub truncated: bool,
    /// Intercom returned no list of parts at all: what is stored of them stays, and the thread is
    /// not whole.
    pub parts_unknown: bool,
    /// The oldest part that was returned; when truncated, what is older is kept as it is.
    pub oldest_part: Option<UnixSeconds>,
}
