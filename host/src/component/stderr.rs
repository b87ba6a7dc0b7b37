//! The guest's standard error: panic messages, as debug log lines.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

use super::lines::LineBudget;

/// Takes what the guest writes, cleaned and bounded, into the log.
#[derive(Clone, Debug)]
pub struct GuestStderr(pub LineBudget);

/// More than a panic message with its place; the rest is dropped.
const WRITE_BYTES: usize = 4_000;

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
        let line = crate::text::printable(String::from_utf8_lossy(bytes).trim_end(), WRITE_BYTES);
        if !line.is_empty() && self.0.take() {
            tracing::debug!(target: "fastintercom::component", "stderr: {line}");
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
