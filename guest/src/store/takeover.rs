//! Taking over the database of the original program.

use std::path::Path;

use rusqlite::Connection;

use super::connection::OpenOptions;
use super::migrations::Prepared;
use crate::error::{StoreError, StoreResult};

/// What was taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub conversations: u64,
    pub messages: u64,
}

pub(super) fn is_original(_: &Connection) -> StoreResult<bool> {
    Ok(false)
}

pub(super) fn take_over(_: &mut Connection, _: &Path, _: &OpenOptions<'_>) -> StoreResult<Prepared> {
    Err(StoreError::Unprepared)
}
