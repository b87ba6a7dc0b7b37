//! Signals that end the program: SIGINT and SIGTERM, or Ctrl-C on Windows.
//!
//! The first one asks the work at hand to end; what it has read so far is kept. One more, or
//! [`PATIENCE`] without an end, ends the process at once: it may hang in a write that nobody takes.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// A server gives its calls ten seconds, and a sync gets two to close its row.
const PATIENCE: Duration = Duration::from_secs(20);

/// Numbers of POSIX, which shells add to 128 for the exit code.
const SIGINT: u8 = 2;
#[cfg(unix)]
const SIGTERM: u8 = 15;

/// The first signal that came; 0: none.
static RECEIVED: AtomicU8 = AtomicU8::new(0);

/// The exit code of work that a signal ended, as shells know it: 130 after Ctrl-C.
#[must_use]
pub fn exit_code() -> Option<ExitCode> {
    match RECEIVED.load(Ordering::Relaxed) {
        0 => None,
        signal => Some(ExitCode::from(128 + signal)),
    }
}

/// A token that the first signal cancels. Signals are caught from the return on, not only when a
/// task gets its turn.
#[must_use]
pub fn cancelled_by() -> CancellationToken {
    let cancelled = CancellationToken::new();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            tracing::warn!("signals cannot be received; end the server by closing its standard input");
            return cancelled;
        };
        let next = async move || {
            tokio::select! {
                _ = interrupt.recv() => SIGINT,
                _ = terminate.recv() => SIGTERM,
            }
        };
        tokio::spawn(end_on(next, cancelled.clone()));
    }
    #[cfg(not(unix))]
    tokio::spawn(end_on(
        async || {
            let _ = tokio::signal::ctrl_c().await;
            SIGINT
        },
        cancelled.clone(),
    ));
    cancelled
}

async fn end_on(mut next: impl AsyncFnMut() -> u8, cancelled: CancellationToken) {
    let signal = next().await;
    RECEIVED.store(signal, Ordering::Relaxed);
    cancelled.cancel();
    let _ = tokio::time::timeout(PATIENCE, next()).await;
    std::process::exit((128 + signal).into());
}
