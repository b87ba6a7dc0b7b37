//! One instance on one thread.
//!
//! Each worker has a thread, a current-thread runtime and a store of its own, so that blocking
//! file work runs inline and never holds up anybody else. A call that traps, is cancelled or runs
//! over a limit ends the worker: an instance in the middle of a call cannot be used again.
//!
//! The order in which a worker ends matters. Blocking work that wasmtime handed to the runtime's
//! helper threads goes on after its task is dropped, so first the store goes, then the runtime,
//! whose drop waits for that work, and only then the database locks, which the [`LockKeeper`]
//! kept alive. Otherwise a page could be written after the lock on the file is gone.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use wasmtime::Store;

use super::bindings::Fastintercom;
use super::code::Code;
use super::errors::CallError;
use super::state::{CallContext, LockKeeper, State};
use super::surroundings::Surroundings;

/// How long an instance may take to start: ours needs under a millisecond.
const INSTANTIATION: Duration = Duration::from_secs(10);

/// A store with the component's instance in it.
pub struct Live {
    pub store: Store<State>,
    pub exports: Fastintercom,
}

type Job = Box<dyn for<'a> FnOnce(&'a mut Live) -> Pin<Box<dyn Future<Output = Fate> + 'a>> + Send>;

/// Whether the instance can be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Keep,
    Drop,
}

/// A running worker. Dropping it ends its thread after the call at hand.
pub struct Worker {
    jobs: mpsc::Sender<Job>,
    surroundings: Arc<Surroundings>,
}

impl Worker {
    /// Starts a thread with a fresh instance.
    ///
    /// # Errors
    /// [`CallError::Unavailable`] when no thread or no instance can be made.
    pub async fn start(code: Arc<Code>, surroundings: Arc<Surroundings>) -> Result<Self, CallError> {
        let (jobs, inbox) = mpsc::channel::<Job>(1);
        let (ready, started) = oneshot::channel();
        let worker = Self { jobs, surroundings: Arc::clone(&surroundings) };
        thread::Builder::new()
            .name("instance".to_owned())
            .spawn(move || run(&code, surroundings, inbox, ready))
            .map_err(|error| CallError::Unavailable(format!("no thread for an instance: {error}")))?;
        started
            .await
            .map_err(|_| CallError::Unavailable("the instance's thread ended at once".to_owned()))??;
        Ok(worker)
    }

    /// Calls into the instance.
    ///
    /// Returns the answer, and whether the worker can be used again.
    ///
    /// # Errors
    /// [`CallError`]; the worker is then of no more use.
    pub async fn call<R, F>(
        &self,
        context: CallContext,
        cancelled: CancellationToken,
        call: F,
    ) -> Result<R, CallError>
    where
        R: Send + 'static,
        F: for<'a> FnOnce(&'a mut Live) -> Pin<Box<dyn Future<Output = wasmtime::Result<R>> + 'a>>
            + Send
            + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let memory = self.surroundings.limits.memory;
        let job: Job = Box::new(move |live| {
            Box::pin(async move {
                let deadline = Arc::clone(&context.deadline);
                let place = context.place.clone();
                live.store.data_mut().call = context;
                let refused = live.store.data().limits.refused();
                deadline.touch();
                let outcome = tokio::select! {
                    biased;
                    result = call(live) => result.map_err(|error| describe(&error, refused.load(Ordering::Relaxed), memory)),
                    () = cancelled.cancelled() => Err(CallError::Cancelled),
                    () = deadline.expired() => Err(CallError::Deadline(deadline.limit())),
                };
                let fate = if outcome.is_ok() { Fate::Keep } else { Fate::Drop };
                // The idle instance would keep the place, and soon nobody could get one.
                live.store.data_mut().call.place = None;
                live.store.data_mut().call.progress = None;
                drop(place);
                let _ = answer.send(outcome);
                fate
            })
        });
        let gone = || CallError::Unavailable("the instance's thread is gone".to_owned());
        self.jobs.send(job).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Whether the worker still takes calls.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        !self.jobs.is_closed()
    }
}

fn run(
    code: &Code,
    surroundings: Arc<Surroundings>,
    mut inbox: mpsc::Receiver<Job>,
    ready: oneshot::Sender<Result<(), CallError>>,
) {
    let locks: LockKeeper = Arc::new(Mutex::new(Vec::new()));
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = ready.send(Err(CallError::Unavailable(format!("no runtime for an instance: {error}"))));
            return;
        }
    };
    let live = runtime.block_on(async {
        let instance = {
            let _ticking = code.ticker.start();
            tokio::time::timeout(INSTANTIATION, code.instantiate(surroundings, Arc::clone(&locks))).await
        };
        let mut live = match instance {
            Ok(Ok(live)) => live,
            Ok(Err(error)) => {
                let _ = ready.send(Err(CallError::Unavailable(format!("{error:#}"))));
                return None;
            }
            Err(_) => {
                let _ = ready.send(Err(CallError::Unavailable("it did not start in time".to_owned())));
                return None;
            }
        };
        let _ = ready.send(Ok(()));
        while let Some(job) = inbox.recv().await {
            let _ticking = code.ticker.start();
            if job(&mut live).await == Fate::Drop {
                break;
            }
        }
        inbox.close();
        Some(live)
    });
    // See the module's documentation: this order keeps the locks until all writing has ended.
    drop(live);
    drop(runtime);
    drop(locks);
}

/// The sentence behind a trap, without the guest's stack.
fn describe(error: &wasmtime::Error, memory_refused: bool, memory: usize) -> CallError {
    if memory_refused {
        return CallError::Memory(memory);
    }
    tracing::debug!("trap: {error:?}");
    let reason = error
        .downcast_ref::<wasmtime::Trap>()
        .map_or_else(|| error.root_cause().to_string(), ToString::to_string);
    CallError::Trap(crate::text::printable(&reason, 300))
}
