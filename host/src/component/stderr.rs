//! The guest's standard error: panic messages, as debug log lines.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

use super::lines::LineBudget;

/// Takes what the guest writes, line by line, cleaned and bounded, into the log.
#[derive(Clone, Debug)]
pub struct GuestStderr(Arc<Mutex<Unfinished>>);

/// The line that the guest is writing: what a program prints as one comes in many writes.
#[derive(Debug)]
struct Unfinished {
    line: Vec<u8>,
    budget: LineBudget,
}

/// More than a panic message with its place; the rest of a line is dropped.
const LINE_BYTES: usize = 4_000;

impl GuestStderr {
    /// Lines are taken from that budget.
    #[must_use]
    pub fn new(budget: LineBudget) -> Self {
        Self(Arc::new(Mutex::new(Unfinished { line: Vec::new(), budget })))
    }
}

impl Unfinished {
    fn write(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LINE_BYTES.saturating_sub(self.line.len());
            self.line.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let line = crate::text::printable(String::from_utf8_lossy(&self.line).trim_end(), LINE_BYTES);
        self.line.clear();
        if !line.is_empty() && self.budget.take() {
            tracing::debug!(target: "fastintercom::component", "stderr: {line}");
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.end_line();
    }
}

impl IsTerminal for GuestStderr {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestStderr {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for GuestStderr {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
