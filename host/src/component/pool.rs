//! Reader instances for tool calls.
//!
//! A call takes a place, an idle worker (or a new one) and gives both back. A call that waits for
//! a sync leaves its place to others, so no number of waiting calls keeps a reader away.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::deadline::Deadline;
use super::errors::CallError;
use super::loader::Loader;
use super::state::{CallContext, Place, ProgressSink};
use super::surroundings::Surroundings;
use super::worker::{Live, Worker};
use crate::audit::Disclosed;

/// What stands around a call.
#[derive(Clone, Default)]
pub struct Around {
    pub cancelled: CancellationToken,
    /// Where progress goes; `None`: nowhere.
    pub progress: Option<ProgressSink>,
    /// Takes what the component says that its answer holds.
    pub disclosed: Arc<Mutex<Disclosed>>,
}

impl Around {
    /// A call that can be cancelled, and no more.
    #[must_use]
    pub fn cancelled_by(cancelled: CancellationToken) -> Self {
        Self { cancelled, ..Self::default() }
    }
}

/// The pool.
pub struct Readers {
    loader: Arc<Loader>,
    surroundings: Arc<Surroundings>,
    places: Arc<Semaphore>,
    /// Calls alive at once, waiting ones included.
    alive: Arc<Semaphore>,
    idle: Arc<Idle>,
}

/// Workers without a call. The one used last is used next, so with few callers the others age.
#[derive(Default)]
struct Idle {
    workers: Mutex<Vec<(Instant, Worker)>>,
    /// Counts renewals; a worker that was taken before the newest one is not kept.
    generation: AtomicU64,
    /// A task looks after those that nobody needs any more.
    watched: AtomicBool,
}

/// An idle worker beyond the first is kept so long: callers at once mostly come again soon.
const KEPT_IDLE: Duration = Duration::from_secs(30);

/// Calls alive at once for each place: with more, a caller waits for its turn.
const CALLS_PER_PLACE: usize = 16;

impl Readers {
    #[must_use]
    pub fn new(loader: Arc<Loader>, surroundings: Arc<Surroundings>) -> Arc<Self> {
        let readers = surroundings.limits.readers;
        Arc::new(Self {
            loader,
            surroundings,
            places: Arc::new(Semaphore::new(readers)),
            alive: Arc::new(Semaphore::new(readers * CALLS_PER_PLACE)),
            idle: Arc::default(),
        })
    }

    /// Calls into a reader. Dropping the future, or cancelling the token, ends the call.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call<R, F>(&self, around: Around, call: F) -> Result<R, CallError>
    where
        R: Send + 'static,
        F: for<'a> FnOnce(&'a mut Live) -> Pin<Box<dyn Future<Output = wasmtime::Result<R>> + 'a>>
            + Send
            + 'static,
    {
        let Around { cancelled, progress, disclosed } = around;
        let closed = |_| CallError::Unavailable("the server is shutting down".to_owned());
        let _alive = self.alive.acquire().await.map_err(closed)?;
        let permit = tokio::select! {
            permit = Arc::clone(&self.places).acquire_owned() => permit.map_err(closed)?,
            () = cancelled.cancelled() => return Err(CallError::Cancelled),
        };
        let place = Place { semaphore: Arc::clone(&self.places), permit: Arc::new(Mutex::new(Some(permit))) };
        let generation = self.idle.generation();
        let worker = match self.idle.take() {
            Some(worker) => worker,
            None => Worker::start(self.loader.code().await?, Arc::clone(&self.surroundings)).await?,
        };
        let context = CallContext {
            deadline: Arc::new(Deadline::new(self.surroundings.limits.call)),
            progress,
            disclosed,
            stop: Arc::default(),
            place: Some(place),
        };
        // A dropped future must not leave the guest running.
        let token = cancelled.child_token();
        let _guard = token.clone().drop_guard();
        let answer = worker.call(context, token, call).await?;
        self.idle.give_back(worker, generation, self.surroundings.limits.readers);
        Ok(answer)
    }

    /// Makes one worker ahead of the first call.
    ///
    /// # Errors
    /// [`CallError::Unavailable`].
    pub async fn warm(&self) -> Result<(), CallError> {
        let generation = self.idle.generation();
        let worker = Worker::start(self.loader.code().await?, Arc::clone(&self.surroundings)).await?;
        self.idle.give_back(worker, generation, self.surroundings.limits.readers);
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

    fn locked(&self) -> MutexGuard<'_, Vec<(Instant, Worker)>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<Worker> {
        let mut workers = self.locked();
        while let Some((_, worker)) = workers.pop() {
            if worker.is_usable() {
                return Some(worker);
            }
        }
        None
    }

    fn give_back(self: &Arc<Self>, worker: Worker, generation: u64, most: usize) {
        let mut workers = self.locked();
        if generation == self.generation() && workers.len() < most && worker.is_usable() {
            workers.push((Instant::now(), worker));
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
        workers.retain(|(since, _)| since.elapsed() < KEPT_IDLE);
        workers.extend(last);
        let several = workers.len() > 1;
        if !several {
            self.watched.store(false, Ordering::Relaxed);
        }
        several
    }
}
