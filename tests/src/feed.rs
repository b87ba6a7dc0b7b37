//! What a process writes, line by line, to be waited for without sleeping.

use std::io::{BufRead as _, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::environment::slowed;

/// How long anything may take before a test gives up on it. Only a failing test waits so long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The lines so far, each turned into a `T` when it arrived.
#[derive(Debug)]
pub struct Feed<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    items: Vec<T>,
    ended: bool,
}

impl<T: Send + 'static> Feed<T> {
    /// Reads the stream to its end on a thread of its own.
    pub(crate) fn follow(stream: impl Read + Send + 'static, read: fn(String) -> T) -> Arc<Self> {
        let feed = Arc::new(Self {
            state: Mutex::new(State { items: Vec::new(), ended: false }),
            changed: Condvar::new(),
        });
        let writer = Arc::clone(&feed);
        thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while matches!(stream.read_until(b'\n', &mut line), Ok(1..)) {
                let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
                line.clear();
                writer.lock().items.push(read(text));
                writer.changed.notify_all();
            }
            writer.lock().ended = true;
            writer.changed.notify_all();
        });
        feed
    }

    /// Waits until `find` finds something among the items. `None`: the stream or the time
    /// ([`slowed`]) ended.
    pub(crate) fn wait_for<R>(&self, time: Duration, mut find: impl FnMut(&[T]) -> Option<R>) -> Option<R> {
        let deadline = Instant::now() + slowed(time);
        let mut state = self.lock();
        loop {
            if let Some(found) = find(&state.items) {
                return Some(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if state.ended || left.is_zero() {
                return None;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether the stream ended within that time.
    pub(crate) fn ends_within(&self, time: Duration) -> bool {
        let state = self.lock();
        let waited = self.changed.wait_timeout_while(state, time, |state| !state.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    pub(crate) fn with<R>(&self, look: impl FnOnce(&[T]) -> R) -> R {
        look(&self.lock().items)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
