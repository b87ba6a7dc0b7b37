//! Standard input and output on the one side, the protocol on the other.

use std::sync::Arc;
use std::task::Poll;

use fastintercom_mcp::Server;
use fastintercom_mcp::message::{self, Line, Received};
use fastintercom_mcp::rmcp::ServiceExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadBuf};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::backend::Component;
use crate::bindings::fastintercom::adapter::orders::{self, LogLevel};
use crate::bindings::wasi::cli::{stdin, stdout};
use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::io::poll::{Pollable, poll};
use crate::bindings::wasi::io::streams::{InputStream, OutputStream, StreamError};

/// Bytes that are taken from standard input at once.
const TAKEN: u64 = 64 * 1024;
/// Bytes that WASI takes for standard output at once.
const GIVEN: usize = 4096;
/// Bytes in each pipe in memory.
const PIPE: usize = 256 * 1024;
/// After so many rounds of all tasks without a byte, the protocol waits for input: from a line to
/// its answer it hands over some ten times.
const QUIET: u32 = 64;

pub struct Pipes {
    // Declared, and so dropped, before the stream it watches.
    ready: Pollable,
    input: InputStream,
    output: OutputStream,
    runtime: Runtime,
    /// The protocol's ends of the pipes are in its task.
    to_server: Option<tokio::io::WriteHalf<DuplexStream>>,
    from_server: tokio::io::ReadHalf<DuplexStream>,
    syncs_ended: watch::Sender<u64>,
    line: Line,
    ended: bool,
}

impl Pipes {
    pub fn open() -> Self {
        let input = stdin::get_stdin();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let Ok(runtime) = runtime else { std::process::abort() };
        let (ours, theirs) = tokio::io::duplex(PIPE);
        let (from_server, to_server) = tokio::io::split(ours);
        let (syncs_ended, watching) = watch::channel(0);
        let component = Arc::new(Component { syncs_ended: Some(watching) });
        runtime.spawn(async move {
            let server = Server::new(component, CancellationToken::new());
            match server.serve(tokio::io::split(theirs)).await {
                Ok(session) => drop(session.waiting().await),
                Err(error) => {
                    orders::log(LogLevel::Warn, &format!("The MCP session could not begin: {error}"));
                }
            }
        });
        Self {
            ready: input.subscribe(),
            input,
            output: stdout::get_stdout(),
            runtime,
            to_server: Some(to_server),
            from_server,
            syncs_ended,
            line: Line::default(),
            ended: false,
        }
    }

    /// Waits for input until that instant, and answers what has come. False: the input has ended,
    /// or nobody reads the answers any more.
    pub fn step(&mut self, deadline: u64) -> bool {
        if self.ended {
            return false;
        }
        if deadline > 0 && !self.ready.ready() {
            let timer = monotonic_clock::subscribe_instant(deadline);
            poll(&[&self.ready, &timer]);
        }
        while self.ready.ready() && !self.ended {
            match self.input.read(TAKEN) {
                // Some hosts say that there is something, and there is not.
                Ok(bytes) if bytes.is_empty() => break,
                Ok(bytes) => self.take(&bytes),
                Err(StreamError::Closed) => self.end(),
                Err(StreamError::LastOperationFailed(error)) => {
                    orders::log(LogLevel::Error, &format!("Standard input: {}", error.to_debug_string()));
                    self.end();
                }
            }
        }
        // Notifications that no input led to.
        if !self.ended {
            self.exchange(&[]);
        }
        !self.ended
    }

    pub fn sync_ended(&self) {
        self.syncs_ended.send_modify(|count| *count += 1);
    }

    /// Gives the protocol each line that is whole.
    fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.add(piece);
            if piece.ends_with(b"\n") {
                self.take_line();
            }
        }
    }

    /// The SDK would leave requests unanswered that it cannot read.
    fn take_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        match line.read() {
            Received::Message(_) => {
                let mended = message::mend_surrogates(line.bytes());
                self.exchange(mended.as_deref().unwrap_or(line.bytes()));
                // The last line may have no end of its own.
                if !line.bytes().ends_with(b"\n") {
                    self.exchange(b"\n");
                }
            }
            Received::Nothing => {}
            Received::Refused(refusal) => {
                orders::log(
                    LogLevel::Warn,
                    &format!("A line of the client is refused: {}", refusal.sentence),
                );
                self.write(format!("{}\n", refusal.answer()).as_bytes());
            }
        }
        line.clear();
        self.line = line;
    }

    /// The last answers still go out.
    fn end(&mut self) {
        self.take_line();
        self.to_server = None;
        self.exchange(&[]);
        self.ended = true;
    }

    /// Gives the protocol some bytes and writes what it says, until it says nothing more.
    fn exchange(&mut self, mut bytes: &[u8]) {
        let (from_server, to_server) = (&mut self.from_server, &mut self.to_server);
        let mut answers = Vec::new();
        self.runtime.block_on(async {
            let mut quiet = 0;
            while quiet < QUIET {
                quiet += 1;
                tokio::task::yield_now().await;
                if let Some(to_server) = to_server
                    && !bytes.is_empty()
                    && let Some(Ok(count)) = at_once(to_server.write(bytes)).await
                {
                    bytes = &bytes[count..];
                    quiet = 0;
                }
                let mut piece = [0; GIVEN];
                let mut piece = ReadBuf::new(&mut piece);
                if let Some(Ok(count)) = at_once(from_server.read_buf(&mut piece)).await
                    && count > 0
                {
                    answers.extend_from_slice(piece.filled());
                    quiet = 0;
                }
            }
        });
        self.write(&answers);
    }

    fn write(&mut self, answers: &[u8]) {
        for piece in answers.chunks(GIVEN) {
            if self.output.blocking_write_and_flush(piece).is_err() {
                self.ended = true;
                return;
            }
        }
    }
}

/// The future's result, if it has one without waiting.
async fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        })
    })
    .await
}
