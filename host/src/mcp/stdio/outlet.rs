//! Standard output: one task writes, and what waits for it is counted.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Notify;

/// Notifications of progress are worth nothing to a client that is so far behind.
const STALE: usize = 256 * 1024;

/// Lines that wait to be written.
#[derive(Default)]
pub struct Outlet {
    state: Mutex<State>,
    /// For the writer: there is a line.
    filled: Notify,
    /// For everyone else: something was written, or never will be.
    drained: Notify,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Vec<u8>>,
    /// Of the lines, the one included that is being written.
    bytes: usize,
    /// Written so far.
    written: u64,
    /// Nobody reads any more.
    closed: bool,
    /// Answers that nobody could read.
    dropped: u64,
}

impl Outlet {
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an answer behind those that wait.
    pub fn answer(&self, line: Vec<u8>) {
        let mut state = self.locked();
        if state.closed {
            state.dropped += 1;
            return;
        }
        state.bytes += line.len();
        state.lines.push_back(line);
        self.filled.notify_one();
    }

    /// Puts a notification there, if it is still of use when it arrives.
    pub fn notify(&self, line: Vec<u8>) {
        if self.waiting() <= STALE {
            self.answer(line);
        }
    }

    /// Bytes that nobody has read yet.
    pub fn waiting(&self) -> usize {
        self.locked().bytes
    }

    /// Lines written so far: a client that reads slowly still reads.
    pub fn written(&self) -> u64 {
        self.locked().written
    }

    /// Answers that found no reader.
    pub fn dropped(&self) -> u64 {
        self.locked().dropped
    }

    /// Resolves after the next line was written.
    pub async fn drained(&self) {
        self.drained.notified().await;
    }

    /// Resolves when nothing waits any more.
    pub async fn flushed(&self) {
        while self.waiting() > 0 {
            // Looked at again even if another waiter took the notice.
            let _ = tokio::time::timeout(std::time::Duration::from_millis(20), self.drained()).await;
        }
    }

    #[cfg(test)]
    pub fn take_all(&self) -> Vec<String> {
        let mut state = self.locked();
        state.bytes = 0;
        state.lines.drain(..).map(|line| String::from_utf8_lossy(&line).into_owned()).collect()
    }

    /// Writes what comes, for ever. `progressed` is called after each line.
    pub async fn write_to(&self, mut stream: impl AsyncWrite + Unpin, progressed: impl Fn()) {
        loop {
            let line = self.locked().lines.pop_front();
            let Some(line) = line else {
                self.filled.notified().await;
                continue;
            };
            let mut result = stream.write_all(&line).await;
            if result.is_ok() {
                result = stream.flush().await;
            }
            let mut state = self.locked();
            state.bytes -= line.len();
            state.written += 1;
            if let Err(error) = result {
                tracing::warn!("standard output is closed ({error}); answers are dropped from now on");
                state.closed = true;
                state.dropped += 1 + state.lines.len() as u64;
                state.lines.clear();
                state.bytes = 0;
            }
            drop(state);
            self.drained.notify_waiters();
            progressed();
        }
    }
}
