//! The SQLite database: opening, schema, writing, searching, coverage.

mod connection;
pub mod conversations;
pub mod erasure;
pub mod filtered;
pub mod free_sql;
mod header;
pub mod help_center;
mod index;
mod lossy;
pub mod maintenance;
mod migrations;
mod opening;
pub mod people;
mod refresh;
pub mod runs;
mod schema;
pub mod search;
mod sql_functions;
pub mod statistics;
mod takeover;
pub mod text_search;
pub mod tickets;
pub mod trends;
mod vfs;
pub mod views;
pub mod workspace;

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
