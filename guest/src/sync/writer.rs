//! The database side of a run: its transactions, its counts, and what it tells of itself.

use super::SyncError;
use super::fetch::Fetcher;
use crate::environment::{Clock, Log, LogLevel, Progress, ProgressUpdate, Settings};
use crate::error::StoreResult;
use crate::store::Store;
use crate::store::conversations::hydration_queue;
use crate::store::runs::facts::{Fact, RunTimes, clear_fact, set_fact, set_run_times};
use crate::time::UnixSeconds;

/// Progress is reported at most so often.
const REPORT_EVERY_MS: u64 = 200;

/// What a run did so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Rows that lists showed, in range.
    pub listed: u64,
    pub hydrated: u64,
    pub unchanged: u64,
    pub deleted: u64,
    pub messages: u64,
}

/// Where the time went, and when the end is expected.
pub(super) struct Standing {
    pub times: RunTimes,
    pub expected_end: Option<UnixSeconds>,
}

impl Standing {
    pub(super) fn write(&self, connection: &rusqlite::Connection) -> StoreResult<()> {
        set_run_times(connection, self.times)?;
        match self.expected_end {
            Some(at) => set_fact(connection, Fact::ExpectedEndAt, at),
            None => clear_fact(connection, Fact::ExpectedEndAt),
        }
    }
}

pub(super) struct Writer<'a> {
    pub store: &'a mut Store,
    pub settings: &'a Settings,
    clock: &'a dyn Clock,
    log: &'a dyn Log,
    progress: &'a dyn Progress,
    pub sync_id: i64,
    pub tally: Tally,
    /// What is being done, in a few words.
    pub phase: String,
    /// Rows that the run's lists will show in all, when that was asked.
    pub expected: Option<u64>,
    reported_ms: Option<u64>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        store: &'a mut Store,
        settings: &'a Settings,
        clock: &'a dyn Clock,
        log: &'a dyn Log,
        progress: &'a dyn Progress,
        sync_id: i64,
    ) -> Self {
        Self {
            store,
            settings,
            clock,
            log,
            progress,
            sync_id,
            tally: Tally::default(),
            phase: "asking Intercom".to_owned(),
            expected: None,
            reported_ms: None,
        }
    }

    /// Our clock's time, for what is written about ourselves.
    pub(super) fn now(&self) -> UnixSeconds {
        self.clock.now()
    }

    pub(super) fn log(&self, level: LogLevel, message: &str) {
        self.log.write(level, message);
    }

    /// Runs a write in a transaction of its own. No request is waited for meanwhile.
    ///
    /// Unlike [`Store::write`] it never turns to a file that has taken the database's place: a run
    /// reads into the one that it began with, whose file the lock of its host keeps where it is.
    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> StoreResult<T>,
    ) -> Result<T, SyncError> {
        let transaction = begin(self.store)?;
        let result = work(&transaction)?;
        commit(transaction)?;
        Ok(result)
    }

    /// How the run stands, for those who ask meanwhile.
    pub(super) fn standing(&self, fetcher: &Fetcher<'_>) -> Result<Standing, SyncError> {
        let waiting = hydration_queue::waiting(self.store.connection())?;
        let left = fetcher.seconds_left(waiting + self.unlisted());
        let expected_end = left.map(|seconds| self.now().plus(i64::from(seconds)));
        Ok(Standing { times: fetcher.times(), expected_end })
    }

    /// Rows that lists have yet to show, as far as that is known.
    fn unlisted(&self) -> u64 {
        self.expected.unwrap_or(0).saturating_sub(self.tally.listed)
    }

    /// Notes a long wait for the rate limit, for those who ask why the cache is not complete yet.
    pub(super) fn note_held_back(&mut self, fetcher: &mut Fetcher<'_>) -> Result<(), SyncError> {
        if fetcher.take_held_back() {
            let now = self.now();
            self.write(|transaction| set_fact(transaction, Fact::HeldBackAt, now))?;
        }
        Ok(())
    }

    /// What is told each time around.
    pub(super) fn turn(&mut self, fetcher: &mut Fetcher<'_>) -> Result<(), SyncError> {
        self.note_held_back(fetcher)?;
        self.report(fetcher, false)
    }

    /// Tells the host how far the run has come, at most every fifth of a second.
    pub(super) fn report(&mut self, fetcher: &mut Fetcher<'_>, force: bool) -> Result<(), SyncError> {
        let now = fetcher.monotonic_ms();
        if !force && self.reported_ms.is_some_and(|last| now.saturating_sub(last) < REPORT_EVERY_MS) {
            return Ok(());
        }
        self.reported_ms = Some(now);
        let waiting = hydration_queue::waiting(self.store.connection())?;
        let done = self.tally.hydrated + self.tally.unchanged;
        let unlisted = self.unlisted();
        fetcher.note_done(done);
        self.progress.report(&ProgressUpdate {
            phase: self.phase.clone(),
            done,
            total: Some(done + waiting + unlisted),
            messages: self.tally.messages,
            waiting,
            holder: fetcher.holder(),
            seconds_left: fetcher.seconds_left(waiting + unlisted),
        });
        Ok(())
    }
}

// Apart from the work, whose type differs each time: these are compiled once.

fn begin(store: &mut Store) -> StoreResult<rusqlite::Transaction<'_>> {
    Ok(store.connection_mut().transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?)
}

fn commit(transaction: rusqlite::Transaction<'_>) -> StoreResult<()> {
    Ok(transaction.commit()?)
}
