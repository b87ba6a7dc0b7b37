//! The SQLite database: opening, schema, writing, searching, coverage.

pub mod articles;
pub mod bulk;
pub mod companies;
mod connection;
#[cfg(test)]
mod counts_tests;
pub mod coverage;
pub mod customers;
pub mod erasure;
pub mod fields;
pub mod filtered;
pub mod free_sql;
pub mod future;
mod header;
pub mod hydration_queue;
mod index;
pub mod knowledge;
pub mod labels;
mod lossy;
pub mod maintenance;
mod message_numbers;
mod migrations;
mod opening;
pub mod people;
pub mod raw_answers;
mod refresh;
pub mod rows;
pub mod runs;
pub mod samples;
mod schema;
pub mod search;
mod sql_functions;
pub mod statistics;
pub mod sync_runs;
pub mod sync_state;
pub mod sync_windows;
mod takeover;
pub mod text_search;
pub mod threads;
pub mod ticket_search;
pub mod tickets;
pub mod tombstones;
pub mod trends;
mod vfs;
pub mod views;
pub mod write_conversation;
pub mod write_thread;

pub use connection::Store;
pub use index::{IndexEntry, index_message, unindex_message};
pub use migrations::Prepared;
pub use opening::{OpenMode, OpenOptions, READER_CACHE_KIB, SYNC_CACHE_KIB};
pub use schema::SCHEMA_VERSION;
pub use takeover::Report as TakeoverReport;

use crate::time::UnixSeconds;

/// Where a message of that second begins to look for a free `messages.number`.
///
/// Numbers grow with time, so that an index read backwards by number is read newest first. 16
/// numbers a second are enough for nearly all seconds; a fuller one runs over into the next.
#[must_use]
pub fn message_number(created_at: UnixSeconds) -> i64 {
    created_at.0.saturating_mul(16)
}
