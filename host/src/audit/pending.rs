//! A call that has not ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::{Audit, Disclosed, Outcome, Record};

/// Writes a line also when the call is dropped, as it is when its caller hangs up.
pub struct Pending {
    audit: Arc<Audit>,
    record: Option<Record>,
    disclosed: Arc<Mutex<Disclosed>>,
    begun: Instant,
}

impl Pending {
    #[must_use]
    pub fn new(audit: Arc<Audit>, record: Record, disclosed: Arc<Mutex<Disclosed>>) -> Self {
        Self { audit, record: Some(record), disclosed, begun: Instant::now() }
    }

    /// The call has ended so.
    ///
    /// # Errors
    /// As [`Audit::append`].
    pub async fn end(mut self, outcome: Outcome, bytes: usize) -> Result<(), String> {
        match self.take() {
            Some(record) => Arc::clone(&self.audit).record(Record { outcome, bytes, ..record }).await,
            None => Ok(()),
        }
    }

    fn take(&mut self) -> Option<Record> {
        let mut record = self.record.take()?;
        record.disclosed =
            std::mem::take(&mut *self.disclosed.lock().unwrap_or_else(PoisonError::into_inner));
        record.took = self.begun.elapsed();
        Some(record)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(record) = self.take() {
            // Nobody is there to be refused; that it failed is logged.
            let _ = self.audit.append(&Record { outcome: Outcome::Cancelled, ..record });
        }
    }
}
