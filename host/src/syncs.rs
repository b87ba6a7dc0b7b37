//! Syncs: one at a time, each in an instance of its own, whoever asks for it.
//!
//! Two locks keep them apart: within this process the state below, between processes one byte of
//! the database file (see [`SyncLock`]), which a crash gives back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use futures_core::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::component::bindings::progress;
use crate::component::bindings::sync_control::Outcome;
use crate::component::bindings::sync_types::{SyncError, SyncErrorKind, SyncKind, SyncReport, SyncRequest};
use crate::component::deadline::Deadline;
use crate::component::loader::Loader;
use crate::component::shared::{Shared, SyncService};
use crate::component::state::{CallContext, ProgressSink};
use crate::component::worker::{Live, Worker, alone};
use crate::counters::SyncRuns;
use crate::sandbox::lock::SyncLock;

/// How a run ended.
pub type SyncResult = Result<SyncReport, SyncError>;

/// How often a run that waits for another process looks again.
const OTHER_PROCESS_POLL: Duration = Duration::from_millis(300);
/// How long a stopped run may take to close its row before its instance is dropped.
const STOP_GRACE: Duration = Duration::from_millis(1_000);
/// How long the closing of a dropped run's row may take.
const CLOSE_GRACE: Duration = Duration::from_millis(500);

/// Starts, joins and stops syncs.
pub struct Syncs {
    loader: Arc<Loader>,
    shared: Arc<Shared>,
    running: Mutex<Option<Running>>,
    stopping: Arc<AtomicBool>,
    cancelled: CancellationToken,
    /// Told of every end of a run, so that subscribers of the status hear of it.
    ended: watch::Sender<u64>,
    pub runs: SyncRuns,
    /// The program's own. A tool asks for a sync from the runtime of its instance, which ends with
    /// the instance when the call is cancelled: what ran there would end in the middle.
    runtime: Handle,
    itself: Weak<Self>,
}

#[derive(Clone)]
struct Running {
    result: watch::Receiver<Option<SyncResult>>,
    listeners: Arc<Mutex<Vec<ProgressSink>>>,
}

impl Running {
    /// Whether its end is still to come. A run that panicked never tells one.
    fn is_live(&self) -> bool {
        self.result.borrow().is_none() && self.result.has_changed().is_ok()
    }
}

/// What to do when another process is syncing this database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfBusy {
    /// Leave it to that process.
    Leave,
    /// Wait for its end; what it read is then fresh and is not read again.
    Wait,
}

impl Syncs {
    /// To be called in the runtime that syncs shall run in.
    #[must_use]
    pub fn new(loader: Arc<Loader>, shared: Arc<Shared>) -> Arc<Self> {
        Arc::new_cyclic(|itself| Self {
            loader,
            shared,
            running: Mutex::new(None),
            stopping: Arc::new(AtomicBool::new(false)),
            cancelled: CancellationToken::new(),
            ended: watch::channel(0).0,
            runs: SyncRuns::default(),
            runtime: Handle::current(),
            itself: itself.clone(),
        })
    }

    /// Says that the data is another: a replica got a new copy.
    pub fn announce(&self) {
        self.ended.send_modify(|count| *count += 1);
    }

    /// Changes whenever a run ends, and with [`Syncs::announce`].
    #[must_use]
    pub fn ended(&self) -> watch::Receiver<u64> {
        self.ended.subscribe()
    }

    /// Runs a sync to its end, joining one that already runs where it serves as well.
    ///
    /// # Errors
    /// [`SyncError`].
    pub async fn run(
        &self,
        request: SyncRequest,
        if_busy: IfBusy,
        progress: Option<ProgressSink>,
    ) -> SyncResult {
        loop {
            let (mut result, is_mine) = self.join_or_start(&request, if_busy, progress.clone());
            let outcome = wait_for(&mut result).await;
            // A background run is what everybody gets who asks for no range of days; a range is
            // read in a run of its own, after the one at hand.
            let serves = match &outcome {
                // The timer's run found the cache new enough, or left the work to another process:
                // nothing was read, which is not what others asked for.
                Ok(report) if report.skipped => false,
                Err(SyncError { kind: SyncErrorKind::Busy, .. }) => if_busy == IfBusy::Leave,
                _ => request.kind == SyncKind::Background,
            };
            if is_mine || serves || self.stopping.load(Ordering::Relaxed) {
                return outcome;
            }
        }
    }

    fn join_or_start(
        &self,
        request: &SyncRequest,
        if_busy: IfBusy,
        progress: Option<ProgressSink>,
    ) -> (watch::Receiver<Option<SyncResult>>, bool) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = running.as_ref().filter(|current| current.is_live()) {
            if let Some(sink) = progress {
                current.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(sink);
            }
            return (current.result.clone(), false);
        }
        let (sender, result) = watch::channel(None);
        let listeners = Arc::new(Mutex::new(progress.into_iter().collect::<Vec<_>>()));
        *running = Some(Running { result: result.clone(), listeners: Arc::clone(&listeners) });
        let (request, itself) = (request.clone(), self.itself.clone());
        // Within the span of the call that asked for it, if one did.
        let span = tracing::error_span!("sync", run = self.runs.next());
        let run = async move {
            let Some(syncs) = itself.upgrade() else { return };
            let outcome = syncs.run_alone(request, if_busy, listeners).await;
            syncs.runs.ended(&outcome);
            let _ = sender.send(Some(outcome));
            syncs.announce();
        };
        self.runtime.spawn(run.instrument(span));
        (result, true)
    }

    async fn run_alone(
        &self,
        mut request: SyncRequest,
        if_busy: IfBusy,
        listeners: Arc<Mutex<Vec<ProgressSink>>>,
    ) -> SyncResult {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(stopped());
        }
        let begun = Instant::now();
        let mut waited_for_other = false;
        let lock = loop {
            match SyncLock::try_acquire(&self.shared.database) {
                Ok(Some(lock)) => break lock,
                Ok(None) if if_busy == IfBusy::Leave => {
                    return Err(failed(
                        SyncErrorKind::Busy,
                        "Another FastIntercom is syncing this database; its result serves both.",
                    ));
                }
                Ok(None) => {}
                Err(error) => return Err(failed(SyncErrorKind::Storage, unlockable(&error))),
            }
            waited_for_other = true;
            tokio::select! {
                () = tokio::time::sleep(OTHER_PROCESS_POLL) => {}
                () = self.cancelled.cancelled() => return Err(stopped()),
            }
            // What the other process finishes while we wait is as fresh as what we would read.
            if request.kind == SyncKind::Background {
                let waited = u32::try_from(begun.elapsed().as_secs()).unwrap_or(u32::MAX).saturating_add(1);
                request.unless_newer_than = Some(request.unless_newer_than.unwrap_or(0).max(waited));
            }
        };
        crate::temporary::sweep(&crate::temporary::folder_of(&self.shared.database));
        let mut outcome = self.run_locked(request, &listeners).await;
        drop(lock);
        if let Ok(report) = &mut outcome
            && waited_for_other
        {
            report.notes.push(if report.skipped {
                "Another FastIntercom was syncing this database; its result was waited for and serves both."
                    .to_owned()
            } else {
                "Another FastIntercom was syncing this database; this sync began after it.".to_owned()
            });
        }
        outcome
    }

    /// The sync lock is held.
    async fn run_locked(
        &self,
        request: SyncRequest,
        listeners: &Arc<Mutex<Vec<ProgressSink>>>,
    ) -> SyncResult {
        let unavailable =
            |error: crate::component::errors::CallError| failed(SyncErrorKind::Storage, error.to_string());
        let code = self.loader.code().await.map_err(unavailable)?;
        let worker = Worker::start(Arc::clone(&code), Arc::clone(&self.shared)).await.map_err(unavailable)?;
        let listeners = Arc::clone(listeners);
        let sink: ProgressSink = Arc::new(move |update: progress::Update| {
            for listener in listeners.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                listener(update.clone());
            }
        });
        let context = CallContext {
            deadline: Arc::new(Deadline::watchdog(self.shared.limits.sync_stall)),
            progress: Some(sink),
            disclosed: Arc::default(),
            redactions: Vec::new(),
            stop: Arc::clone(&self.stopping),
            place: None,
        };
        let outcome = worker
            .call(context, self.cancelled.child_token(), async move |live: &mut Live| {
                let sync = live.exports.fastintercom_component_sync();
                if let Err(reason) = sync
                    .call_close_abandoned(&mut live.store, "The process ended before the sync did.")
                    .await?
                {
                    return Ok(Err(failed(SyncErrorKind::Storage, reason)));
                }
                sync.call_run(&mut live.store, &request).await
            })
            .await;
        match outcome {
            Ok(result) => result,
            Err(error) => {
                let reason = if self.cancelled.is_cancelled() {
                    "The server was stopped.".to_owned()
                } else {
                    error.to_string()
                };
                self.close_abandoned(reason.clone()).await;
                Err(if self.cancelled.is_cancelled() {
                    stopped()
                } else {
                    failed(SyncErrorKind::Storage, reason)
                })
            }
        }
    }

    /// A fresh instance closes the row of a run whose instance is gone. The sync lock is held.
    async fn close_abandoned(&self, reason: String) {
        let Ok(code) = self.loader.code().await else { return };
        let work = async move |live: &mut Live| {
            let sync = live.exports.fastintercom_component_sync();
            sync.call_close_abandoned(&mut live.store, &reason).await
        };
        let shared = Arc::clone(&self.shared);
        let closed = alone(code, shared, CLOSE_GRACE, None, CancellationToken::new(), work).await;
        if let Ok(Err(reason)) = closed {
            tracing::warn!("the row of the ended sync stays open until the next one: {reason}");
        }
    }

    /// Ends a running sync: it closes its row and keeps what it read. Returns within two seconds.
    pub async fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        let current = self.running.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(mut current) = current else { return };
        if tokio::time::timeout(STOP_GRACE, wait_for(&mut current.result)).await.is_err() {
            self.cancelled.cancel();
            let _ = tokio::time::timeout(CLOSE_GRACE, wait_for(&mut current.result)).await;
        }
    }
}

impl SyncService for Syncs {
    fn request(
        &self,
        request: SyncRequest,
        wait_seconds: u32,
        progress: Option<ProgressSink>,
    ) -> BoxFuture<'static, Outcome> {
        let itself = self.itself.clone();
        Box::pin(async move {
            let Some(syncs) = itself.upgrade() else { return Outcome::Failed(stopped()) };
            // The run goes on when the waiting ends.
            let runtime = syncs.runtime.clone();
            let run = async move { syncs.run(request, IfBusy::Wait, progress).await };
            let run = runtime.spawn(run.in_current_span());
            match tokio::time::timeout(Duration::from_secs(wait_seconds.into()), run).await {
                Ok(Ok(Ok(report))) => Outcome::Finished(report),
                Ok(Ok(Err(error))) => Outcome::Failed(error),
                Ok(Err(_)) => Outcome::Failed(stopped()),
                Err(_) => Outcome::StillRunning,
            }
        })
    }

    fn is_running(&self) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().is_some_and(Running::is_live)
    }
}

async fn wait_for(result: &mut watch::Receiver<Option<SyncResult>>) -> SyncResult {
    match result.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(stopped())),
        Err(_) => Err(stopped()),
    }
}

/// Why the database file cannot be locked, and what to do.
fn unlockable(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "The database file was deleted or moved while FastIntercom was using it. Put it back, or restart FastIntercom to begin with an empty one.".to_owned(),
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => "The database cannot be written: the file or its folder is read-only. Make it writable, or set FASTINTERCOM_DB_PATH to another file.".to_owned(),
        _ => format!("The database file cannot be locked: {error}."),
    }
}

fn failed(kind: SyncErrorKind, sentence: impl Into<String>) -> SyncError {
    SyncError { kind, sentence: sentence.into() }
}

fn stopped() -> SyncError {
    failed(
        SyncErrorKind::Stopped,
        "The sync was stopped; what it read is kept, and the next one goes on from there.",
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::application::testing::application;

    fn background() -> SyncRequest {
        SyncRequest {
            kind: SyncKind::Background,
            start_date: None,
            end_date: None,
            days: None,
            unless_newer_than: None,
            refetch: false,
        }
    }

    fn kind(result: SyncResult) -> Option<SyncErrorKind> {
        result.err().map(|error| error.kind)
    }

    // One thread: all three have asked before the run has its turn.
    #[tokio::test]
    async fn who_asks_while_a_run_is_at_work_shares_it() {
        let (application, _folder) = application("shared", &[]);
        let syncs = &application.syncs;
        let ask = || syncs.run(background(), IfBusy::Leave, None);
        let (first, second, third) = tokio::join!(ask(), ask(), ask());
        for result in [first, second, third] {
            assert_eq!(kind(result), Some(SyncErrorKind::NoToken));
        }
        assert_eq!(syncs.runs.to_json()["failed"], 1, "{}", syncs.runs.to_json());
        assert!(!syncs.is_running());
        // The next one is a run of its own, and subscribers hear of each.
        assert_eq!(kind(ask().await), Some(SyncErrorKind::NoToken));
        assert_eq!(*syncs.ended().borrow(), 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_that_another_process_syncs_is_left_to_it_or_waited_for() {
        let (application, _folder) = application("if_busy", &[]);
        let syncs = Arc::clone(&application.syncs);
        let other = SyncLock::try_acquire(&application.config.database).expect("a lock").expect("it is free");
        assert_eq!(kind(syncs.run(background(), IfBusy::Leave, None).await), Some(SyncErrorKind::Busy));
        let waiting = tokio::spawn(async move { syncs.run(background(), IfBusy::Wait, None).await });
        tokio::time::sleep(OTHER_PROCESS_POLL * 2).await;
        assert!(!waiting.is_finished(), "it waits");
        drop(other);
        assert_eq!(kind(waiting.await.expect("a task")), Some(SyncErrorKind::NoToken), "its turn has come");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_stop_ends_who_waits_and_lets_nobody_begin() {
        let (application, _folder) = application("stop", &[]);
        let syncs = Arc::clone(&application.syncs);
        let _other =
            SyncLock::try_acquire(&application.config.database).expect("a lock").expect("it is free");
        let asked = Arc::clone(&syncs);
        let waiting = tokio::spawn(async move { asked.run(background(), IfBusy::Wait, None).await });
        while !syncs.is_running() {
            tokio::task::yield_now().await;
        }
        syncs.stop().await;
        assert_eq!(kind(waiting.await.expect("a task")), Some(SyncErrorKind::Stopped));
        let late = syncs.run(background(), IfBusy::Leave, None).await;
        assert_eq!(kind(late), Some(SyncErrorKind::Stopped));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_caller_waits_no_longer_than_it_said() {
        let (application, _folder) = application("patience", &[]);
        let other = SyncLock::try_acquire(&application.config.database).expect("a lock").expect("it is free");
        let outcome = application.syncs.request(background(), 0, None).await;
        assert!(matches!(outcome, Outcome::StillRunning), "{outcome:?}");
        // Its task may not have had its turn yet.
        let goes_on = async {
            while !application.syncs.is_running() {
                tokio::task::yield_now().await;
            }
        };
        assert!(tokio::time::timeout(CLOSE_GRACE, goes_on).await.is_ok(), "the run goes on without it");
        drop(other);
    }
}
