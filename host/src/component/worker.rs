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
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;
use wasmtime::Store;
use wasmtime::component::ResourceTableError;

use super::bindings::Fastintercom;
use super::code::Code;
use super::deadline::{Deadline, Limit};
use super::errors::CallError;
use super::limits::Refusal;
use super::shared::Shared;
use super::state::{CallContext, Excess, LockKeeper, ProgressSink, State};

/// How long an instance may take to start: ours needs under a millisecond.
const INSTANTIATION: Duration = Duration::from_secs(10);

/// How much later than its worker a call is given up from outside: by then the worker's thread
/// does not run guest code, which yields every 10 ms, but hangs in the operating system.
const STUCK: Duration = Duration::from_secs(2);

/// Linear memory with which an instance is used again. Memory of WebAssembly never shrinks, so one
/// that a huge answer made larger is replaced, which costs some milliseconds once. An instance that
/// answers tools has its page cache of 8 MB, and little else.
const KEPT: usize = 32 * 1024 * 1024;

/// One call in an instance of its own, which ends with it.
///
/// # Errors
/// [`CallError`].
pub async fn alone<R, F>(
    code: Arc<Code>,
    shared: Arc<Shared>,
    limit: Duration,
    progress: Option<ProgressSink>,
    cancelled: CancellationToken,
    work: F,
) -> Result<R, CallError>
where
    R: Send + 'static,
    F: AsyncFnOnce(&mut Live) -> wasmtime::Result<R> + Send + 'static,
{
    let worker = Worker::start(code, shared).await?;
    let context = CallContext {
        deadline: Arc::new(Deadline::new(Limit::Work(limit))),
        progress,
        disclosed: Arc::default(),
        redactions: Vec::new(),
        stop: Arc::default(),
        place: None,
    };
    worker.call(context, cancelled, work).await
}

/// A store with the component's instance in it.
pub struct Live {
    pub store: Store<State>,
    pub exports: Fastintercom,
}

type Job = Box<dyn for<'a> FnOnce(&'a mut Live) -> Pin<Box<dyn Future<Output = Reuse> + 'a>> + Send>;

/// Whether the instance can be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reuse {
    Yes,
    No,
}

/// A running worker. Dropping it ends its thread after the call at hand.
pub struct Worker {
    jobs: mpsc::Sender<Job>,
    /// It answered, and has grown too large for another call.
    retired: Arc<AtomicBool>,
}

impl Worker {
    /// Starts a thread with a fresh instance.
    ///
    /// # Errors
    /// [`CallError::Unavailable`] when no thread or no instance can be made.
    pub async fn start(code: Arc<Code>, shared: Arc<Shared>) -> Result<Self, CallError> {
        let (jobs, inbox) = mpsc::channel::<Job>(1);
        let (ready, started) = oneshot::channel();
        let worker = Self { jobs, retired: Arc::default() };
        thread::Builder::new()
            .name("instance".to_owned())
            .spawn(move || run(&code, shared, inbox, ready))
            .map_err(|error| CallError::Unavailable(format!("no thread for an instance: {error}")))?;
        started
            .await
            .map_err(|_| CallError::Unavailable("the instance's thread ended at once".to_owned()))??;
        Ok(worker)
    }

    /// Calls into the instance.
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
        F: AsyncFnOnce(&mut Live) -> wasmtime::Result<R> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let (watched, watched_place) = (Arc::clone(&context.deadline), context.place.clone());
        let given_up = cancelled.clone();
        let retired = Arc::clone(&self.retired);
        // What is logged on the instance's thread belongs to this call.
        let span = tracing::Span::current();
        let job: Job = Box::new(move |live| {
            let work = async move {
                let deadline = Arc::clone(&context.deadline);
                let place = context.place.clone();
                live.store.data_mut().begin(context);
                deadline.start();
                let outcome = tokio::select! {
                    biased;
                    result = call(live) => Ok(result),
                    () = cancelled.cancelled() => Err(CallError::Cancelled),
                    () = deadline.expired() => Err(CallError::Deadline(deadline.limit())),
                };
                let outcome = outcome.and_then(|result| {
                    let state = live.store.data();
                    result.map_err(|error| describe(&error, state.limits.refused(), &state.shared))
                });
                let small = live.store.data().limits.held() <= KEPT;
                let reuse = if outcome.is_ok() && small { Reuse::Yes } else { Reuse::No };
                // Before the answer: whoever has that may put the worker back for the next call.
                retired.store(reuse == Reuse::No, Ordering::Release);
                // The idle instance would keep the place, and soon nobody could get one.
                live.store.data_mut().call.place = None;
                live.store.data_mut().call.progress = None;
                drop(place);
                let _ = answer.send(outcome);
                reuse
            };
            Box::pin(work.instrument(span))
        });
        let gone = || CallError::Unavailable("the instance's thread is gone".to_owned());
        watched.start();
        self.jobs.send(job).await.map_err(|_| gone())?;
        let stuck = tokio::select! {
            answer = answered => return answer.map_err(|_| gone())?,
            error = overdue(&watched, &given_up) => error,
        };
        // The thread sits in a call of the operating system that does not return: a pipe, a
        // network drive. It keeps its instance and its locks, since its writes may still happen;
        // the caller and the place in the pool do not wait for it.
        tracing::error!("a call does not return from the operating system; its thread is left behind");
        if let Some(place) = watched_place {
            place.leave();
        }
        Err(stuck)
    }

    /// Whether the worker still takes calls.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        !self.jobs.is_closed() && !self.retired.load(Ordering::Acquire)
    }
}

/// Resolves some time after the worker itself should have ended the call.
async fn overdue(deadline: &Deadline, cancelled: &CancellationToken) -> CallError {
    let error = tokio::select! {
        () = deadline.expired() => CallError::Deadline(deadline.limit()),
        () = cancelled.cancelled() => CallError::Cancelled,
    };
    tokio::time::sleep(STUCK).await;
    error
}

fn run(
    code: &Code,
    shared: Arc<Shared>,
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
            tokio::time::timeout(INSTANTIATION, code.instantiate(shared, Arc::clone(&locks))).await
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
            if job(&mut live).await == Reuse::No {
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

/// Which limit it was, or the sentence behind a trap, without the guest's stack.
fn describe(error: &wasmtime::Error, refused: Option<Refusal>, shared: &Shared) -> CallError {
    let limits = &shared.limits;
    match refused {
        Some(Refusal::Instance) => return CallError::Memory(limits.memory),
        Some(Refusal::All) => return CallError::MemoryOfAll(shared.memory.ceiling()),
        None => {}
    }
    tracing::debug!("trap: {}", crate::text::printable(&format!("{error:?}"), 4_000));
    if error
        .downcast_ref::<ResourceTableError>()
        .is_some_and(|error| matches!(error, ResourceTableError::Full))
    {
        return CallError::Excess("resources".to_owned());
    }
    if let Some(excess) = error.downcast_ref::<Excess>() {
        return CallError::Excess(excess.0.to_owned());
    }
    // wasmtime keeps these types to itself; their words are what there is.
    let words = error.root_cause().to_string();
    if words.contains("cannot allocate another handle") {
        return CallError::Excess("resources".to_owned());
    }
    if words.contains("fuel allocated for hostcalls") {
        return CallError::Answer(limits.answer);
    }
    if words.starts_with("requested len") {
        return CallError::Excess("random bytes at once".to_owned());
    }
    if words.contains("total size of fields") {
        return CallError::Excess("room for headers".to_owned());
    }
    let reason = error
        .downcast_ref::<wasmtime::Trap>()
        .map_or_else(|| error.root_cause().to_string(), ToString::to_string);
    CallError::Trap(crate::text::printable(&reason, 300))
}
