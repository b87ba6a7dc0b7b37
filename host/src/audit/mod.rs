//! Who read what: a log that the component cannot touch.
//!
//! # Layout
//!
//! - [`record`] is what is written of a call.
//! - [`line`] is a record as a line of text that carries the hash of the one before, and back.
//! - [`journal`] appends lines to files, takes turns with other processes, and begins new files.
//! - [`reading`] goes through all lines there are; [`verify`] says whether any was changed, taken
//!   away or moved.
//!
//! [`Audit`] is what the application holds: the journal, and what to do when it cannot be written.

pub mod journal;
pub mod line;
mod pending;
pub mod reading;
pub mod record;
pub mod verify;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use journal::Journal;
pub use pending::Pending;
pub use record::{Client, Disclosed, Outcome, Record};

/// The settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `None`: over HTTP only.
    pub enabled: Option<bool>,
    /// Where the files are; `None`: this system has no usual place, and none is named.
    pub folder: Option<PathBuf>,
    /// Arguments are written as their hash.
    pub hash_arguments: bool,
    /// Every line is on the disk before its answer leaves.
    pub synchronous: bool,
    /// Bytes after which a new file begins.
    pub file_bytes: u64,
    /// What cannot be logged is answered all the same.
    pub answer_unlogged: bool,
}

/// The log of this process.
pub struct Audit {
    journal: Arc<Journal>,
    hash_arguments: bool,
    synchronous: bool,
    answer_unlogged: bool,
    /// Calls that were answered without a line since the last line.
    unlogged: AtomicU64,
    /// The log says so once, and once more when it works again.
    failing: AtomicBool,
}

impl Audit {
    /// The log of those settings, which must be writable now.
    ///
    /// # Errors
    /// A sentence that names folder and setting.
    pub fn open(settings: &Settings) -> Result<Self, String> {
        let folder = settings.folder.clone().ok_or(
            "There is no folder for the audit log, since there is no home folder. Set FASTINTERCOM_AUDIT_FOLDER to one outside the data folder, or FASTINTERCOM_AUDIT=off.",
        )?;
        let journal = Journal::open(&folder, settings.file_bytes, settings.synchronous).map_err(|error| {
            format!(
                "The audit log in {} cannot be written ({error}). Set FASTINTERCOM_AUDIT_FOLDER to a folder that can, or FASTINTERCOM_AUDIT=off.",
                folder.display()
            )
        })?;
        Ok(Self {
            journal: Arc::new(journal),
            hash_arguments: settings.hash_arguments,
            synchronous: settings.synchronous,
            answer_unlogged: settings.answer_unlogged,
            unlogged: AtomicU64::new(0),
            failing: AtomicBool::new(false),
        })
    }

    /// Appends a line.
    ///
    /// # Errors
    /// Why that is impossible, unless such calls are to be answered all the same.
    pub fn append(&self, record: &Record) -> Result<(), String> {
        let unlogged = self.unlogged.swap(0, Ordering::AcqRel);
        match self.journal.append(record, self.hash_arguments, unlogged) {
            Ok(()) => {
                if self.failing.swap(false, Ordering::AcqRel) {
                    tracing::warn!("the audit log is written again; {unlogged} calls are missing from it");
                }
                Ok(())
            }
            Err(error) => {
                self.unlogged.fetch_add(unlogged + u64::from(self.answer_unlogged), Ordering::AcqRel);
                if !self.failing.swap(true, Ordering::AcqRel) {
                    let then = if self.answer_unlogged { "answered unlogged" } else { "refused" };
                    tracing::error!("the audit log cannot be written ({error}); calls are {then}");
                }
                if self.answer_unlogged { Ok(()) } else { Err(error.to_string()) }
            }
        }
    }

    /// The same, away from the threads that serve when it waits for the disk.
    ///
    /// # Errors
    /// As [`Audit::append`].
    pub async fn record(self: &Arc<Self>, record: Record) -> Result<(), String> {
        if !self.synchronous {
            return self.append(&record);
        }
        let audit = Arc::clone(self);
        tokio::task::spawn_blocking(move || audit.append(&record))
            .await
            .unwrap_or_else(|error| Err(error.to_string()))
    }

    /// Where the files are.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.journal.folder()
    }
}

#[cfg(test)]
mod tests;
