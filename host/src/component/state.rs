//! What an instance sees of the host: the data of its store, and our own imports.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::bindings::{database_lock, disclosure, log, progress, settings, sync_control, sync_types};
use super::deadline::Deadline;
use super::limits::InstanceLimits;
use super::lines::LineBudget;
use super::shared::Shared;
use crate::audit::Disclosed;
use crate::sandbox::egress::Egress;
use crate::sandbox::lock::{DatabaseLock, Level};

/// What belongs to the call at hand.
#[derive(Clone)]
pub struct CallContext {
    pub deadline: Arc<Deadline>,
    /// Where progress goes; `None`: nowhere.
    pub progress: Option<ProgressSink>,
    /// What the component says that the answer holds.
    pub disclosed: Arc<Mutex<Disclosed>>,
    /// What is blanked out for this caller, beside what is for everybody.
    pub redactions: Vec<settings::Redaction>,
    /// The host wants a sync to end.
    pub stop: Arc<AtomicBool>,
    /// The reader's place in the pool, given back while the call waits for a sync. Instances
    /// that sync have none.
    pub place: Option<PoolPermit>,
}

/// More than the host gives; ends the call. Of what, in a few words.
#[derive(Debug)]
pub struct Excess(pub &'static str);

impl std::fmt::Display for Excess {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "too many {}", self.0)
    }
}

impl std::error::Error for Excess {}

pub type ProgressSink = Arc<dyn Fn(progress::Update) + Send + Sync>;

/// One of the pool's places, which a waiting call leaves to others.
#[derive(Clone)]
pub struct PoolPermit {
    pub semaphore: Arc<Semaphore>,
    pub permit: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
}

impl PoolPermit {
    pub fn leave(&self) {
        self.permit.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    async fn come_back(&self) {
        if let Ok(permit) = Arc::clone(&self.semaphore).acquire_owned().await {
            *self.permit.lock().unwrap_or_else(PoisonError::into_inner) = Some(permit);
        }
    }
}

/// Locks that must outlive the store: see `worker`.
pub type LockKeeper = Arc<Mutex<Vec<Arc<DatabaseLock>>>>;

/// The data of a store.
pub struct State {
    pub wasi: WasiCtx,
    pub http: WasiHttpCtx,
    pub egress: Egress,
    pub table: ResourceTable,
    pub limits: InstanceLimits,
    pub shared: Arc<Shared>,
    pub locks: LockKeeper,
    pub lines: LineBudget,
    pub call: CallContext,
    /// What the call at hand last said of its progress.
    pub(super) last_update: Option<Summary>,
}

/// What of an update is a sign of progress: its phase, and its four counts. What holds the work up,
/// and how long that may take, changes while it only waits.
pub(super) type Summary = (String, [u64; 4]);

fn summary(update: &progress::Update) -> Summary {
    let counts = [update.done, update.total.unwrap_or(0), update.messages, update.waiting];
    (crate::text::printable(&update.phase, PHASE_BYTES), counts)
}

impl State {
    /// Another call begins.
    pub fn begin(&mut self, call: CallContext) {
        self.egress.watched_by(Arc::clone(&call.deadline));
        self.call = call;
        self.last_update = None;
        self.limits.begin_call();
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.egress }
    }
}

/// Our own imports are implemented on the whole state.
pub struct OwnImports;

impl HasData for OwnImports {
    type Data<'a> = &'a mut State;
}

impl settings::Host for State {
    fn get(&mut self) -> wasmtime::Result<settings::Configuration> {
        let mut configuration = self.shared.configuration.clone();
        configuration.redactions.extend(&self.call.redactions);
        Ok(configuration)
    }

    fn local_utc_offset(&mut self, at: i64) -> wasmtime::Result<i32> {
        use chrono::{Local, Offset, TimeZone};
        let offset = match Local.timestamp_opt(at, 0) {
            chrono::LocalResult::Single(instant) | chrono::LocalResult::Ambiguous(instant, _) => {
                instant.offset().fix().local_minus_utc()
            }
            chrono::LocalResult::None => 0,
        };
        Ok(offset)
    }
}

/// Lock handles of one instance, each an open file: it has a connection or two.
const LOCKS: usize = 16;

impl database_lock::Host for State {}

impl database_lock::HostLock for State {
    fn open(&mut self) -> wasmtime::Result<Result<Resource<Arc<DatabaseLock>>, String>> {
        // What a trap left behind is still in the list, so this counts open files, too.
        if self.locks.lock().unwrap_or_else(PoisonError::into_inner).len() >= LOCKS {
            return Err(Excess("database locks").into());
        }
        match DatabaseLock::open(&self.shared.database, self.shared.configuration.read_only) {
            Ok(lock) => {
                self.locks.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&lock));
                Ok(Ok(self.table.push(lock)?))
            }
            Err(error) => Ok(Err(error.to_string())),
        }
    }

    fn acquire(
        &mut self,
        lock: Resource<Arc<DatabaseLock>>,
        level: database_lock::Level,
    ) -> wasmtime::Result<Result<bool, String>> {
        let level = lock_level(level);
        // A guest that may only read must not keep native writers out.
        if level > Level::Shared && self.shared.configuration.read_only {
            return Ok(Err("the database is open for reading only".to_owned()));
        }
        Ok(self.table.get(&lock)?.acquire(level).map_err(|error| error.to_string()))
    }

    fn release(
        &mut self,
        lock: Resource<Arc<DatabaseLock>>,
        level: database_lock::Level,
    ) -> wasmtime::Result<Result<(), String>> {
        Ok(self.table.get(&lock)?.release(lock_level(level)).map_err(|error| error.to_string()))
    }

    fn is_reserved(&mut self, lock: Resource<Arc<DatabaseLock>>) -> wasmtime::Result<Result<bool, String>> {
        Ok(self.table.get(&lock)?.is_reserved().map_err(|error| error.to_string()))
    }

    fn has_moved(&mut self, lock: Resource<Arc<DatabaseLock>>) -> wasmtime::Result<bool> {
        Ok(self.table.get(&lock)?.has_moved())
    }

    fn drop(&mut self, lock: Resource<Arc<DatabaseLock>>) -> wasmtime::Result<()> {
        let lock = self.table.delete(lock)?;
        self.locks.lock().unwrap_or_else(PoisonError::into_inner).retain(|kept| !Arc::ptr_eq(kept, &lock));
        Ok(())
    }
}

fn lock_level(level: database_lock::Level) -> Level {
    match level {
        database_lock::Level::Unlocked => Level::Unlocked,
        database_lock::Level::Shared => Level::Shared,
        database_lock::Level::Reserved => Level::Reserved,
        database_lock::Level::Exclusive => Level::Exclusive,
    }
}

/// A guest's log line is cut there: it is our own code's, but the component may be hostile.
const LOG_LINE_BYTES: usize = 2_000;

impl log::Host for State {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        if !self.lines.take() {
            return Ok(());
        }
        let line = crate::text::printable(&message, LOG_LINE_BYTES);
        match level {
            log::Level::Error => tracing::error!(target: "fastintercom::component", "{line}"),
            log::Level::Warn => tracing::warn!(target: "fastintercom::component", "{line}"),
            log::Level::Info => tracing::info!(target: "fastintercom::component", "{line}"),
            log::Level::Debug => tracing::debug!(target: "fastintercom::component", "{line}"),
        }
        Ok(())
    }
}

impl disclosure::Host for State {
    fn tell(&mut self, what: disclosure::Disclosed) -> wasmtime::Result<()> {
        let mut told = self.call.disclosed.lock().unwrap_or_else(PoisonError::into_inner);
        told.add(what.conversations, what.contacts, what.rows);
        Ok(())
    }
}

/// The words of a sign of progress are shown to a person on one line.
const PHASE_BYTES: usize = 200;

impl progress::Host for State {
    fn report(&mut self, update: progress::Update) -> wasmtime::Result<()> {
        // A component that only waits says the same again and again.
        if self.last_update.as_ref() != Some(&summary(&update)) {
            self.call.deadline.progress();
            self.last_update = Some(summary(&update));
        }
        if let Some(sink) = &self.call.progress {
            let phase = crate::text::printable(&update.phase, PHASE_BYTES);
            sink(progress::Update { phase, ..update });
        }
        Ok(())
    }

    fn should_stop(&mut self) -> wasmtime::Result<bool> {
        Ok(self.call.stop.load(Ordering::Relaxed))
    }
}

impl sync_types::Host for State {}

fn busy(sentence: &str) -> sync_control::Outcome {
    let kind = sync_types::SyncErrorKind::Busy;
    sync_control::Outcome::Failed(sync_types::SyncError { kind, sentence: sentence.to_owned() })
}

impl sync_control::Host for State {
    async fn request_sync(
        &mut self,
        request: sync_types::SyncRequest,
        wait_seconds: u32,
    ) -> wasmtime::Result<sync_control::Outcome> {
        let Some(service) = self.shared.sync_service() else {
            return Ok(busy("This process cannot sync. Run `fastintercom sync`."));
        };
        let call = self.call.clone();
        // A sync that waits for a sync would wait for itself.
        if call.place.is_none() {
            return Ok(busy("A sync cannot ask for another one."));
        }
        // The wait is not the guest's doing, and its place is free for other calls meanwhile.
        let pause = call.deadline.pause();
        if let Some(place) = &call.place {
            place.leave();
        }
        let outcome = service.request(request, wait_seconds, call.progress.clone()).await;
        if let Some(place) = &call.place {
            place.come_back().await;
        }
        drop(pause);
        Ok(outcome)
    }

    fn is_syncing(&mut self) -> wasmtime::Result<bool> {
        Ok(self.shared.sync_service().is_some_and(|service| service.is_running())
            || crate::sandbox::lock::SyncLock::is_held(&self.shared.database).unwrap_or(false))
    }
}
