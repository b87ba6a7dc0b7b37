//! Moves conversations from Intercom into the store, and says what is covered.
//!
//! # How it loses nothing
//!
//! A run fixes its upper bound from the server's clock and reads the stretch of `updated_at` from
//! what is already covered up to that bound, in windows ([`plan`]), the newest first. Each page
//! is written in one transaction with the cursor behind it, and with the queue of threads that
//! its rows call for ([`pages`]); threads are fetched meanwhile, several at once, and written in
//! batches ([`threads`]). A window that was read to the end becomes coverage. Intercom's list
//! lags behind the truth for a while, so the last [`crate::environment::Settings::overlap_seconds`]
//! before a bound stay provisional and are read again by the next run.
//!
//! Nothing here holds a transaction while it waits for Intercom, and everything that was read
//! stays when a run fails, is stopped or is killed.
//!
//! - [`run`] goes through one run from its row's opening to its closing. [`fetch`] is the one loop that
//!   asks Intercom, as much at once as [`pacing`] allows and again where no answer comes
//!   ([`flights`]); [`waits`] says where the time goes; [`writer`] is the database's side, and an
//!   [`engine`] is both.
//! - [`reading`] asks for the pages of [`windows`] ([`pages`], [`page_failures`]) and for [`threads`].
//! - [`labels`], [`contacts`], [`companies`] and [`deletions`] read what belongs to conversations,
//!   [`help_center`] what answers are taken from, [`tickets`] the tickets.
//! - [`erased`] leaves out who was erased.
//! - [`reconcile`] looks for what the windows missed; [`refill`] for what an earlier version did not keep.
//! - [`account`] asks whose the token is and what it may read, for `fastintercom login`.
//! - [`backlog`] says what is left to be read, for those who ask about the cache.
//! - [`translate`] and [`figures`] turn Intercom's shapes into rows.

mod account;
mod backlog;
mod companies;
mod contacts;
mod deletions;
mod engine;
mod erased;
mod failure;
mod fetch;
mod figures;
mod flights;
mod help_center;
mod labels;
mod latency;
mod pacing;
mod page_failures;
mod pages;
mod plan;
#[cfg(test)]
mod protocol;
mod range;
mod reading;
mod reconcile;
mod refill;
mod retention;
mod run;
mod threads;
mod tickets;
mod translate;
mod waits;
mod windows;
mod writer;

pub use account::{AccountEnvironment, AccountReport, check_account};
pub use backlog::{Backlog, Reason, backlog};
pub use engine::SyncEnvironment;
pub use pacing::Pace;
pub use run::{close_abandoned, run};
pub use translate::{contact_row, thread_rows};

pub use crate::wit::fastintercom::component::sync_types::{SyncKind, SyncReport, SyncRequest};

use std::fmt;

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

#[expect(clippy::derivable_impls, reason = "the type is made from the WIT package")]
impl Default for SyncReport {
    fn default() -> Self {
        Self {
            sync_id: 0,
            kind: String::new(),
            start_date: String::new(),
            end_date: String::new(),
            total_conversations: 0,
            total_messages: 0,
            hydrated: 0,
            unchanged: 0,
            deleted: 0,
            waiting: 0,
            api_calls: 0,
            rate_limited: 0,
            duration_ms: 0,
            skipped: false,
            notes: Vec::new(),
        }
    }
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
