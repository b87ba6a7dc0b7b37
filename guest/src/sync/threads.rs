//! Fetching threads and writing them in batches.

use serde_json::Value;

use super::SyncError;
use super::erased::{Presence, leave_out};
use super::failure::fatal;
use super::reading::{Job, Reading};
use super::translate;
use crate::environment::LogLevel;
use crate::error::StoreResult;
use crate::ids::ConversationId;
use crate::intercom::conversation::Conversation;
use crate::intercom::error::ApiError;
use crate::store::erasure::{self, BlockList};
use crate::store::hydration_queue::{self, Queued};
use crate::store::raw_answers::Deflated;
use crate::store::rows::ThreadRows;
use crate::store::tombstones::{self, Reason};
use crate::store::write_thread::{ThreadOutcome, store_thread};
use crate::time::{HOUR, MINUTE, UnixSeconds};

/// A transaction holds so many threads at most, and is written after so many milliseconds: few
/// transactions, and little lost to a kill.
const BATCH_THREADS: usize = 100;
const BATCH_MS: u64 = 600;

/// A thread to fetch, and how often that failed in this run.
#[derive(Clone, Debug)]
pub(super) struct ThreadJob {
    pub item: Queued,
    pub failures: u32,
    /// Server's time when it was last asked for.
    pub asked_at: UnixSeconds,
}

/// What became of a thread, waiting to be written.
enum Fetched {
    Thread(Box<ThreadRows>),
    Gone(ConversationId),
    /// All of it is of somebody who was erased.
    Erased(ConversationId),
    Failed(ConversationId, String),
}

#[derive(Default)]
pub(super) struct Batch {
    fetched: Vec<Fetched>,
    since_ms: u64,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.fetched.is_empty()
    }

    pub(super) fn is_due(&self, now_ms: u64) -> bool {
        self.fetched.len() >= BATCH_THREADS
            || (!self.fetched.is_empty() && now_ms.saturating_sub(self.since_ms) >= BATCH_MS)
    }

    fn push(&mut self, fetched: Fetched, now_ms: u64) {
        if self.fetched.is_empty() {
            self.since_ms = now_ms;
        }
        self.fetched.push(fetched);
    }
}

/// What writing a batch did.
#[derive(Default)]
struct Written {
    threads: u64,
    messages: u64,
    deleted: u64,
}

impl Reading<'_, '_> {
    pub(super) fn send_thread(&mut self, mut job: ThreadJob) {
        if !job.item.id.is_plain() {
            // An address made of it would lead elsewhere, or nowhere.
            let error = "Intercom names it by an id that no address can hold".to_owned();
            self.batch.push(Fetched::Failed(job.item.id, error), self.engine.monotonic_ms());
            return;
        }
        job.asked_at = self.engine.server_now();
        let request = self.engine.api.conversation(&job.item.id);
        let ticket = self.engine.send(request);
        self.in_flight.insert(ticket, Job::Thread(job));
    }

    pub(super) fn thread_arrived(
        &mut self,
        job: ThreadJob,
        answer: Result<Value, ApiError>,
    ) -> Result<(), SyncError> {
        let now = self.engine.monotonic_ms();
        let server_now = self.engine.server_now();
        let keep = self.engine.outside.settings.keep_raw_answers;
        // Written out anew: what came over the network was read as it arrived.
        let raw =
            answer.as_ref().ok().filter(|_| keep).map(|value| Deflated::of(value.to_string().as_bytes()));
        match answer.and_then(|value| read_thread(value, &job.item, server_now, &self.engine.erased)) {
            Ok((Presence::Whole, _)) => {
                self.answers += 1;
                self.batch.push(Fetched::Erased(job.item.id), now);
            }
            Ok((presence, mut rows)) => {
                rows.raw = raw.filter(|_| presence == Presence::Nothing);
                // A second that is not over may bring another change under the same `updated_at`.
                if job.asked_at <= rows.as_of {
                    rows.as_of = rows.as_of.plus(-1);
                }
                self.answers += 1;
                self.batch.push(Fetched::Thread(Box::new(rows)), now);
            }
            Err(ApiError::NotFound { .. }) => {
                self.answers += 1;
                self.batch.push(Fetched::Gone(job.item.id), now);
            }
            Err(error) => return self.thread_failed(job, &error),
        }
        Ok(())
    }

    fn thread_failed(&mut self, mut job: ThreadJob, error: &ApiError) -> Result<(), SyncError> {
        let now = self.engine.monotonic_ms();
        match error {
            ApiError::Unauthorized { .. } | ApiError::Denied(_) => {
                return Err(fatal(&self.engine.api, error));
            }
            ApiError::RateLimited { .. } => {
                self.retries.push((now, job));
                return self.refused();
            }
            _ => {}
        }
        job.failures += 1;
        let pace = self.engine.outside.pace;
        if error.is_temporary() && job.failures < pace.thread_attempts {
            self.retries.push((now + pace.pause_ms(job.failures), job));
        } else {
            self.engine.log(
                LogLevel::Warn,
                &format!("conversation {} could not be read: {error}; it stays queued", job.item.id),
            );
            self.batch.push(Fetched::Failed(job.item.id, error.to_string()), now);
        }
        Ok(())
    }

    /// Writes what was fetched, in one transaction.
    pub(super) fn commit(&mut self) -> Result<(), SyncError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let fetched = std::mem::take(&mut self.batch.fetched);
        let now = self.engine.now();
        let server_now = self.engine.server_now();
        let standing = self.engine.standing()?;
        let written = self.engine.write(|transaction| {
            let mut written = Written::default();
            standing.write(transaction)?;
            for one in &fetched {
                match one {
                    Fetched::Thread(rows) => write_thread(transaction, rows, now, server_now, &mut written)?,
                    Fetched::Gone(id) => {
                        written.deleted +=
                            u64::from(tombstones::bury(transaction, id, server_now, Reason::NotFound)?);
                    }
                    Fetched::Erased(id) => erasure::remove_conversation(transaction, id, now)?,
                    Fetched::Failed(id, error) => postpone(transaction, id, error, server_now)?,
                }
            }
            Ok(written)
        })?;
        for one in fetched {
            let id = match one {
                Fetched::Thread(rows) => rows.conversation.id,
                Fetched::Gone(id) | Fetched::Erased(id) | Fetched::Failed(id, _) => id,
            };
            self.busy.remove(&id);
        }
        // One that changed again while it was fetched is still in the table.
        self.maybe_more = true;
        self.engine.tally.hydrated += written.threads;
        self.engine.tally.messages += written.messages;
        self.engine.tally.deleted += written.deleted;
        Ok(())
    }
}

/// The rows of a thread, without what is of somebody who was erased.
///
/// # Errors
/// [`ApiError::Unexpected`] for an answer that is no conversation, or another one: it must neither
/// empty a stored thread nor count as fetched.
pub(super) fn read_thread(
    value: Value,
    item: &Queued,
    server_now: UnixSeconds,
    erased: &BlockList,
) -> Result<(Presence, ThreadRows), ApiError> {
    let mut conversation = Conversation::read(value)
        .filter(|conversation| conversation.id == item.id)
        .ok_or(ApiError::Unexpected { missing: "id" })?;
    // A time to come would keep every later change out, and one that cannot be read says nothing:
    // then the thread is as new as what called for it.
    if !conversation.dated || conversation.updated_at > server_now {
        conversation.updated_at = item.updated_at.max(conversation.created_at).min(server_now);
    }
    if conversation.updated_at.0 <= 0 {
        return Err(ApiError::Unexpected { missing: "updated_at" });
    }
    let presence = leave_out(&mut conversation, erased);
    Ok((presence, translate::thread(conversation)))
}

fn write_thread(
    connection: &rusqlite::Connection,
    rows: &ThreadRows,
    now: UnixSeconds,
    server_now: UnixSeconds,
    written: &mut Written,
) -> StoreResult<()> {
    let id = &rows.conversation.id;
    match store_thread(connection, rows, now)? {
        ThreadOutcome::Stored { messages } => {
            written.messages += messages;
            if rows.parts_unknown {
                return postpone(connection, id, "the answer held no list of parts", server_now);
            }
            written.threads += 1;
            hydration_queue::dequeue(connection, id, rows.conversation.updated_at)
        }
        // The list has shown a newer state than this answer: it came from a copy that lags.
        ThreadOutcome::Older => postpone(connection, id, "the answer was older than the list", server_now),
    }
}

/// Leaves a thread for later: after a minute, then ever more rarely, at last once an hour.
fn postpone(
    connection: &rusqlite::Connection,
    id: &ConversationId,
    error: &str,
    server_now: UnixSeconds,
) -> StoreResult<()> {
    hydration_queue::postpone(connection, id, error, |attempts| {
        let pause = MINUTE.saturating_mul(1 << attempts.saturating_sub(1).min(20));
        server_now.plus(pause.min(HOUR))
    })
}
