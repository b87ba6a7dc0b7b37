//! Reader instances for tool calls.
//!
//! A call takes a place, an idle worker (or a new one) and gives both back. A call that waits for
//! a sync leaves its place to others, so no number of waiting calls keeps a reader away.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::bindings::settings::Redaction;
use super::bindings::tools::ToolLimits;
use super::deadline::{Deadline, Limit};
use super::errors::CallError;
use super::loader::Loader;
use super::shared::Shared;
use super::state::{CallContext, PoolPermit, ProgressSink};
use super::worker::{Live, Worker};
use crate::audit::Disclosed;
use crate::filtered::Scope;

/// What stands around a call.
#[derive(Clone, Default)]
pub struct Around {
    pub cancelled: CancellationToken,
    /// Where progress goes; `None`: nowhere.
    pub progress: Option<ProgressSink>,
    /// The tool's own limits.
    pub narrow: Option<Narrow>,
    /// Takes what the component says that its answer holds.
    pub disclosed: Arc<Mutex<Disclosed>>,
    /// What is blanked out for this caller, beside what is for everybody.
    pub redactions: Vec<Redaction>,
    /// Which conversations the caller sees; `None`: all.
    pub scope: Option<Arc<Scope>>,
}

/// The pool.
pub struct Readers {
    loader: Arc<Loader>,
    shared: Arc<Shared>,
    places: Arc<Semaphore>,
    /// Calls alive at once, waiting ones included.
    alive: Arc<Semaphore>,
    idle: Arc<Idle>,
}

/// What the calls of one costly tool share: a limit of their own, and turns.
#[derive(Clone)]
pub struct Narrow {
    limit: Duration,
    turns: Arc<Semaphore>,
}

/// Workers without a call. The one used last is used next, so with few callers the others age.
#[derive(Default)]
struct Idle {
    workers: Mutex<Vec<Resting>>,
    /// Counts renewals; a worker that was taken before the newest one is not kept.
    generation: AtomicU64,
    /// A task looks after those that nobody needs any more.
    watched: AtomicBool,
}

/// A worker, since when it has no call, and for whom it had its last one: its instance opens the
/// database anew for a caller for whom other things are blanked out.
struct Resting {
    since: Instant,
    redactions: Vec<Redaction>,
    worker: Worker,
}

/// An idle worker beyond the first is kept so long: callers at once mostly come again soon.
const KEPT_IDLE: Duration = Duration::from_secs(30);

/// Calls alive at once for each place: with more, a caller waits for its turn.
const CALLS_PER_PLACE: usize = 16;

impl Readers {
    #[must_use]
    pub fn new(loader: Arc<Loader>, shared: Arc<Shared>) -> Arc<Self> {
        let readers = shared.limits.readers;
        Arc::new(Self {
            loader,
            shared,
            places: Arc::new(Semaphore::new(readers)),
            alive: Arc::new(Semaphore::new(readers * CALLS_PER_PLACE)),
            idle: Arc::default(),
        })
    }

    /// For a tool that asked for limits of its own. Whatever it asked for, one reader stays free
    /// for others where there are several.
    #[must_use]
    pub fn narrow(&self, limits: ToolLimits) -> Narrow {
        let readers = self.shared.limits.readers;
        let turns = (limits.at_once as usize).clamp(1, readers.saturating_sub(1).max(1));
        let limit = Duration::from_millis(limits.milliseconds.into());
        Narrow { limit, turns: Arc::new(Semaphore::new(turns)) }
    }

    /// Calls into a reader. Dropping the future, or cancelling the token, ends the call.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call<R, F>(&self, around: Around, call: F) -> Result<R, CallError>
    where
        R: Send + 'static,
        F: AsyncFnOnce(&mut Live) -> wasmtime::Result<R> + Send + 'static,
    {
        let Around { cancelled, progress, narrow, disclosed, redactions, .. } = around;
        let closed = |_| CallError::Unavailable("the server is shutting down".to_owned());
        // Before the place, which others could use while this call waits for its turn.
        let _turn = match &narrow {
            None => None,
            Some(narrow) => tokio::select! {
                turn = Arc::clone(&narrow.turns).acquire_owned() => Some(turn.map_err(closed)?),
                () = cancelled.cancelled() => return Err(CallError::Cancelled),
            },
        };
        let limit = match narrow {
            Some(narrow) if narrow.limit < self.shared.limits.call => Limit::Tool(narrow.limit),
            _ => Limit::Call(self.shared.limits.call),
        };
        let _alive = self.alive.acquire().await.map_err(closed)?;
        let permit = tokio::select! {
            permit = Arc::clone(&self.places).acquire_owned() => permit.map_err(closed)?,
            () = cancelled.cancelled() => return Err(CallError::Cancelled),
        };
        let place =
            PoolPermit { semaphore: Arc::clone(&self.places), permit: Arc::new(Mutex::new(Some(permit))) };
        let generation = self.idle.generation();
        let worker = match self.idle.take(&redactions) {
            Some(worker) => worker,
            None => Worker::start(self.loader.code().await?, Arc::clone(&self.shared)).await?,
        };
        let context = CallContext {
            deadline: Arc::new(Deadline::new(limit)),
            progress,
            disclosed,
            redactions: redactions.clone(),
            stop: Arc::default(),
            place: Some(place),
        };
        // A dropped future must not leave the guest running.
        let token = cancelled.child_token();
        let _guard = token.clone().drop_guard();
        let answer = worker.call(context, token, call).await?;
        self.idle.give_back(worker, redactions, generation, self.shared.limits.readers);
        Ok(answer)
    }

    /// Makes one worker ahead of the first call.
    ///
    /// # Errors
    /// [`CallError::Unavailable`].
    pub async fn warm(&self) -> Result<(), CallError> {
        let generation = self.idle.generation();
        let worker = Worker::start(self.loader.code().await?, Arc::clone(&self.shared)).await?;
        self.idle.give_back(worker, Vec::new(), generation, self.shared.limits.readers);
        Ok(())
    }

    /// Lets go of every instance: the idle ones now, the others after the call at hand. So a
    /// database file that was replaced is closed, and its space is free.
    pub fn renew(&self) {
        self.idle.renew();
    }
}

impl Idle {
    fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    fn renew(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.locked().clear();
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Resting>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last of those that need not open the database anew, else the last.
    fn take(&self, redactions: &[Redaction]) -> Option<Worker> {
        let mut workers = self.locked();
        workers.retain(|resting| resting.worker.is_usable());
        let same = workers.iter().rposition(|resting| resting.redactions == redactions);
        let place = same.or_else(|| workers.len().checked_sub(1))?;
        Some(workers.remove(place).worker)
    }

    fn give_back(self: &Arc<Self>, worker: Worker, redactions: Vec<Redaction>, generation: u64, most: usize) {
        let mut workers = self.locked();
        if generation == self.generation() && workers.len() < most && worker.is_usable() {
            workers.push(Resting { since: Instant::now(), redactions, worker });
        }
        if workers.len() > 1 && !self.watched.swap(true, Ordering::Relaxed) {
            let idle = Arc::downgrade(self);
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(KEPT_IDLE).await;
                    match idle.upgrade() {
                        Some(idle) if idle.forget_old() => {}
                        _ => return,
                    }
                }
            });
        }
    }

    /// Drops all that were not used lately but the one used last. False: that one is alone.
    fn forget_old(&self) -> bool {
        let mut workers = self.locked();
        let last = workers.pop();
        workers.retain(|resting| resting.since.elapsed() < KEPT_IDLE);
        workers.extend(last);
        let several = workers.len() > 1;
        if !several {
            self.watched.store(false, Ordering::Relaxed);
        }
        several
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::application::Application;
    use crate::application::testing::application;

    async fn plain(application: &Application) -> Result<u32, CallError> {
        application.readers.call(Around::default(), async |_: &mut Live| Ok(7)).await
    }

    fn limits(milliseconds: u32, at_once: u32) -> ToolLimits {
        ToolLimits { milliseconds, at_once }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_cancelled_call_gives_its_place_to_the_next() {
        let (application, _folder) = application("cancelled", &[("FASTINTERCOM_READERS", "1")]);
        assert_eq!(plain(&application).await.ok(), Some(7));
        let cancelled = CancellationToken::new();
        let endless = application
            .readers
            .call(Around { cancelled: cancelled.clone(), ..Around::default() }, async |_: &mut Live| {
                std::future::pending::<wasmtime::Result<()>>().await
            });
        let waiting = async {
            tokio::task::yield_now().await;
            cancelled.cancel();
        };
        let (ended, ()) = tokio::join!(endless, waiting);
        assert!(matches!(ended, Err(CallError::Cancelled)), "{ended:?}");
        assert_eq!(plain(&application).await.ok(), Some(7));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_call_is_ended_by_the_limit_of_its_tool_and_told_which_it_was() {
        let (application, _folder) = application("narrow", &[("FASTINTERCOM_READERS", "1")]);
        let narrow = application.readers.narrow(limits(50, 9));
        let ended = application
            .readers
            .call(Around { narrow: Some(narrow), ..Around::default() }, async |_: &mut Live| {
                std::future::pending::<wasmtime::Result<()>>().await
            });
        let ended = ended.await;
        let own = Limit::Tool(Duration::from_millis(50));
        assert!(matches!(&ended, Err(CallError::Deadline(limit)) if *limit == own), "{ended:?}");
        assert_eq!(plain(&application).await.ok(), Some(7));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn calls_of_a_costly_tool_take_turns_and_leave_a_reader_to_others() {
        let (application, _folder) = application("turns", &[("FASTINTERCOM_READERS", "2")]);
        // It asks for more than there is.
        let narrow = application.readers.narrow(limits(60_000, 5));
        let (begun, cancelled) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        let calls: Vec<_> = (0..3)
            .map(|_| {
                let (application, narrow) = (Arc::clone(&application), narrow.clone());
                let (begun, cancelled) = (Arc::clone(&begun), cancelled.clone());
                tokio::spawn(async move {
                    let call = async move |_: &mut Live| {
                        begun.fetch_add(1, Ordering::Relaxed);
                        std::future::pending::<wasmtime::Result<()>>().await
                    };
                    application
                        .readers
                        .call(Around { cancelled, narrow: Some(narrow), ..Around::default() }, call)
                        .await
                })
            })
            .collect();
        while begun.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        for _ in 0..5 {
            assert_eq!(plain(&application).await.ok(), Some(7), "a reader is free");
        }
        assert_eq!(begun.load(Ordering::Relaxed), 1, "the others wait for their turns");
        cancelled.cancel();
        for call in calls {
            assert!(matches!(call.await.expect("a task"), Err(CallError::Cancelled)));
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_thread_that_dies_takes_only_its_call_with_it() {
        let (application, _folder) = application("dies", &[("FASTINTERCOM_READERS", "1")]);
        let dead = application.readers.call(Around::default(), async |_: &mut Live| {
            panic!("a test's wish");
            #[expect(unreachable_code, reason = "it gives the closure its type")]
            Ok(())
        });
        assert!(matches!(dead.await, Err(CallError::Unavailable(_))));
        assert_eq!(plain(&application).await.ok(), Some(7));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn workers_are_used_again_until_they_are_renewed() {
        let (application, _folder) = application("renewed", &[("FASTINTERCOM_READERS", "2")]);
        let readers = &application.readers;
        for _ in 0..3 {
            assert_eq!(plain(&application).await.ok(), Some(7));
            assert_eq!(readers.idle.locked().len(), 1, "one is enough for one after the other");
        }
        readers.renew();
        assert!(readers.idle.locked().is_empty());
        assert_eq!(plain(&application).await.ok(), Some(7));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_those_that_nobody_needs_the_one_used_last_stays() {
        let (application, _folder) = application("forgotten", &[("FASTINTERCOM_READERS", "2")]);
        let both = tokio::join!(plain(&application), plain(&application));
        assert_eq!((both.0.ok(), both.1.ok()), (Some(7), Some(7)));
        let idle = &application.readers.idle;
        for resting in idle.locked().iter_mut() {
            resting.since -= KEPT_IDLE;
        }
        assert!(!idle.forget_old());
        assert_eq!(idle.locked().len(), 1);
    }
}
