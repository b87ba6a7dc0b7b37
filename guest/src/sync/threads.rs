//! Fetching threads and writing them in batches.

use std::collections::{BinaryHeap, HashSet};

use serde_json::Value;

use super::SyncError;
use super::erased::{Presence, leave_out};
use super::failure::Failure;
use super::fetch::Fetcher;
use super::translate;
use super::writer::Writer;
use crate::environment::{HttpRequest, LogLevel};
use crate::error::StoreResult;
use crate::ids::ConversationId;
use crate::intercom::conversation::Conversation;
use crate::intercom::error::ApiError;
use crate::store::conversations::hydration_queue::{self, Queued};
use crate::store::conversations::raw_answers::Deflated;
use crate::store::conversations::rows::ThreadRows;
use crate::store::conversations::tombstones::{self, Reason};
use crate::store::conversations::totals::any_complete;
use crate::store::conversations::write_thread::{ThreadOutcome, store_thread};
use crate::store::erasure::{self, BlockList};
use crate::time::{HOUR, MINUTE, UnixSeconds};

/// A transaction holds so many threads at most, and is written after so many milliseconds: few
/// transactions, and little lost to a kill.
const BATCH_THREADS: usize = 100;
const BATCH_MS: u64 = 600;
/// So many refusals for want of a permission end a run, where no thread was ever read.
const MOST_FORBIDDEN: u32 = 10;
/// How many are taken from the durable queue at once.
const REFILL: u32 = 1000;

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
struct Batch {
    fetched: Vec<Fetched>,
    since_ms: u64,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.fetched.is_empty()
    }

    fn is_due(&self, now_ms: u64) -> bool {
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

/// The threads that a run fetches.
#[derive(Default)]
pub(super) struct Threads {
    /// To be fetched, the latest change on top. The durable queue holds the same, and more.
    queue: BinaryHeap<Queued>,
    /// The durable queue holds nothing that is not in `queue`.
    is_emptied: bool,
    /// Being fetched, waiting for another attempt, or fetched and not yet written.
    busy: HashSet<ConversationId>,
    retries: Vec<(u64, ThreadJob)>,
    batch: Batch,
    /// How often a thread was refused for want of a permission.
    forbidden: u32,
}

impl Threads {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.retries.is_empty() && self.is_emptied
    }

    /// How many wait to be fetched, as far as they were looked up.
    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// The latest change among them.
    pub(super) fn newest(&self) -> Option<UnixSeconds> {
        self.queue.peek().map(|queued| queued.updated_at)
    }

    /// What a page has put into the durable queue.
    pub(super) fn queue(&mut self, queued: Vec<Queued>) {
        self.queue.extend(queued);
    }

    /// When the first of the threads that failed is to be tried again.
    pub(super) fn due_ms(&self) -> Option<u64> {
        self.retries.iter().map(|(due, _)| *due).min()
    }

    /// The next thread to fetch: one whose pause is over, or the latest change.
    pub(super) fn next(
        &mut self,
        writer: &Writer<'_>,
        fetcher: &Fetcher<'_>,
    ) -> Result<Option<(HttpRequest, ThreadJob)>, SyncError> {
        while let Some(mut job) = self.next_job(writer, fetcher)? {
            if job.item.id.is_plain() {
                job.asked_at = fetcher.server_now();
                return Ok(Some((fetcher.api.conversation(&job.item.id), job)));
            }
            // An address made of it would lead elsewhere, or nowhere.
            let error = "Intercom names it by an id that no address can hold".to_owned();
            self.batch.push(Fetched::Failed(job.item.id, error), fetcher.monotonic_ms());
        }
        Ok(None)
    }

    fn next_job(
        &mut self,
        writer: &Writer<'_>,
        fetcher: &Fetcher<'_>,
    ) -> Result<Option<ThreadJob>, SyncError> {
        let now = fetcher.monotonic_ms();
        if let Some(place) = self.retries.iter().position(|(due, _)| *due <= now) {
            return Ok(Some(self.retries.swap_remove(place).1));
        }
        let connection = writer.store.connection();
        loop {
            if self.queue.is_empty() && !self.is_emptied {
                self.refill(connection, fetcher.server_now())?;
            }
            let Some(item) = self.queue.pop() else { return Ok(None) };
            // Fetched meanwhile, for an older or newer change; what is left to do is in the table.
            if self.busy.contains(&item.id) {
                self.is_emptied = false;
                continue;
            }
            if hydration_queue::is_waiting(connection, &item.id)? {
                self.busy.insert(item.id.clone());
                return Ok(Some(ThreadJob { item, failures: 0, asked_at: UnixSeconds(0) }));
            }
        }
    }

    fn refill(&mut self, connection: &rusqlite::Connection, server_now: UnixSeconds) -> StoreResult<()> {
        let ready = hydration_queue::ready(connection, server_now, REFILL)?;
        let more = ready.len() >= REFILL as usize;
        self.queue.extend(ready.into_iter().filter(|item| !self.busy.contains(&item.id)));
        // What is busy may come back with the next commit, which asks again.
        self.is_emptied = !more || self.queue.is_empty();
        Ok(())
    }

    pub(super) fn arrived(
        &mut self,
        writer: &Writer<'_>,
        fetcher: &mut Fetcher<'_>,
        job: ThreadJob,
        answer: Result<Value, ApiError>,
    ) -> Result<(), Failure> {
        let now = fetcher.monotonic_ms();
        let keep = writer.settings.keep_raw_answers;
        // Written out anew: what came over the network was read as it arrived.
        let raw =
            answer.as_ref().ok().filter(|_| keep).map(|value| Deflated::of(value.to_string().as_bytes()));
        let read =
            answer.and_then(|value| read_thread(value, &job.item, fetcher.server_now(), &fetcher.erased));
        let fetched = match read {
            Ok((Presence::Whole, _)) => Fetched::Erased(job.item.id),
            Ok((presence, mut rows)) => {
                rows.raw = raw.filter(|_| presence == Presence::Nothing);
                // A second that is not over may bring another change under the same `updated_at`.
                if job.asked_at <= rows.as_of {
                    rows.as_of = rows.as_of.plus(-1);
                }
                Fetched::Thread(Box::new(rows))
            }
            Err(ApiError::NotFound { .. }) => Fetched::Gone(job.item.id),
            Err(error) => return self.failed(writer, fetcher, job, error),
        };
        fetcher.useful += 1;
        self.batch.push(fetched, now);
        Ok(())
    }

    fn failed(
        &mut self,
        writer: &Writer<'_>,
        fetcher: &mut Fetcher<'_>,
        mut job: ThreadJob,
        error: ApiError,
    ) -> Result<(), Failure> {
        let now = fetcher.monotonic_ms();
        match error {
            ApiError::Unauthorized { .. } | ApiError::Denied(_) => return Err(Failure::Api(error)),
            ApiError::RateLimited { .. } => {
                self.retries.push((now, job));
                return fetcher.refused();
            }
            ApiError::Forbidden { .. } => {
                self.forbidden += 1;
                // A token that may list conversations and not read them: each would be refused. What
                // was read may not be written yet.
                let is_first = !self.batch.fetched.iter().any(|one| matches!(one, Fetched::Thread(_)));
                if self.forbidden >= MOST_FORBIDDEN && is_first && !any_complete(writer.store.connection())? {
                    return Err(Failure::Api(error));
                }
            }
            _ => {}
        }
        job.failures += 1;
        let pace = fetcher.pace;
        if error.is_temporary() && job.failures < pace.thread_attempts {
            self.retries.push((now + pace.pause_ms(job.failures), job));
        } else {
            writer.log(
                LogLevel::Warn,
                &format!("conversation {} could not be read: {error}; it stays queued", job.item.id),
            );
            self.batch.push(Fetched::Failed(job.item.id, error.to_string()), now);
        }
        Ok(())
    }

    /// Whether what was fetched shall be written. `idle`: there is nothing else to do.
    pub(super) fn is_batch_due(&self, now_ms: u64, idle: bool) -> bool {
        self.batch.is_due(now_ms) || (idle && !self.batch.is_empty())
    }

    /// Writes what was fetched, in one transaction. Returns whether there was anything.
    pub(super) fn commit(
        &mut self,
        writer: &mut Writer<'_>,
        fetcher: &Fetcher<'_>,
    ) -> Result<bool, SyncError> {
        if self.batch.is_empty() {
            return Ok(false);
        }
        let fetched = std::mem::take(&mut self.batch.fetched);
        let now = writer.now();
        let server_now = fetcher.server_now();
        let standing = writer.standing(fetcher)?;
        let written = writer.write(|transaction| {
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
        self.is_emptied = false;
        writer.tally.hydrated += written.threads;
        writer.tally.messages += written.messages;
        writer.tally.deleted += written.deleted;
        Ok(true)
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
