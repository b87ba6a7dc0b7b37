//! Moves conversations from Intercom into the store, and says what is covered.

use std::fmt;

/// What kind of sync was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncKind {
    /// What the timer runs: the last `sync_days` days.
    Background,
    /// A range of days that somebody named.
    Incremental,
    /// The last 90 days, or the range that is given.
    Full,
}

impl SyncKind {
    /// The word in `sync_metadata.sync_type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Background => "background",
            Self::Incremental => "incremental",
            Self::Full => "full",
        }
    }
}

/// See `record sync-request` in `wit/world.wit`. Dates are `YYYY-MM-DD`, UTC, inclusive.
#[derive(Clone, Debug)]
pub struct SyncRequest {
    pub kind: SyncKind,
    pub start_date: Option<String>,
    pub end_date: Option<String>,
    pub days: Option<u32>,
    /// Do nothing when a sync completed less than so many seconds ago.
    pub unless_newer_than: Option<u32>,
}

/// See `record sync-report` in `wit/world.wit`.
#[derive(Clone, Debug, Default)]
pub struct SyncReport {
    pub sync_id: i64,
    pub kind: String,
    pub start_date: String,
    pub end_date: String,
    pub total_conversations: u64,
    pub total_messages: u64,
    pub hydrated: u64,
    pub unchanged: u64,
    pub deleted: u64,
    pub waiting: u64,
    pub api_calls: u64,
    pub rate_limited: u64,
    pub duration_ms: u64,
    pub skipped: bool,
    pub notes: Vec<String>,
}

/// Why a sync did not complete; each holds the sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncError {
    InvalidRequest(String),
    NoToken(String),
    Unauthorized(String),
    WrongWorkspace(String),
    Stopped(String),
    Upstream(String),
    Storage(String),
    Busy(String),
}

impl fmt::Display for SyncError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidRequest(sentence)
            | Self::NoToken(sentence)
            | Self::Unauthorized(sentence)
            | Self::WrongWorkspace(sentence)
            | Self::Stopped(sentence)
            | Self::Upstream(sentence)
            | Self::Storage(sentence)
            | Self::Busy(sentence) => formatter.write_str(sentence),
        }
    }
}

impl std::error::Error for SyncError {}
