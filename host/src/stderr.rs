//! Standard error, whether somebody reads it or not.
//!
//! The MCP specification lets a client leave a server's standard error unread. A pipe takes 64 KB
//! and then blocks whoever writes: with the log written where it arises, that were the threads that
//! answer calls. So one thread alone writes, from a bounded queue. What finds no room there is
//! dropped and counted, and where standard error is closed, everything is.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use tracing_subscriber::fmt::MakeWriter;

/// What may wait for a reader: some thousand lines.
const QUEUE_BYTES: usize = 512 * 1024;

/// How long the end of the program waits for what it said last.
const LAST_WORDS: Duration = Duration::from_millis(500);

static QUEUE: LazyLock<Queue> = LazyLock::new(|| {
    // Without a thread nothing is written, and the program works all the same.
    let _ = thread::Builder::new().name("stderr".to_owned()).spawn(|| QUEUE.write_to(io::stderr()));
    Queue::default()
});

/// The bar on the terminal, if there is one: lines step aside for it.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Puts lines, each ended by a line break, behind those that wait. Never blocks.
pub fn write(lines: &[u8]) {
    QUEUE.push(lines);
}

/// Waits a moment until everything is written.
pub fn flush() {
    QUEUE.wait_until_empty(LAST_WORDS);
}

/// Lines from now on appear above that bar.
pub fn set_bar(bar: Option<ProgressBar>) {
    *BAR.lock().unwrap_or_else(PoisonError::into_inner) = bar;
}

/// A panic's message takes the same way: the thread that panics may be one that answers calls.
pub fn take_panics() {
    std::panic::set_hook(Box::new(|panic| {
        write(format!("{panic}\n").as_bytes());
        // The process may end at once.
        flush();
    }));
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Box<[u8]>>,
    bytes: usize,
    /// Lines that found no room since the last one that did.
    dropped: u64,
    writing: bool,
}

impl Queue {
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, lines: &[u8]) {
        let mut state = self.locked();
        if state.bytes + lines.len() > QUEUE_BYTES {
            state.dropped += 1;
            return;
        }
        if state.dropped > 0 {
            let gap = gap(state.dropped);
            state.bytes += gap.len();
            state.lines.push_back(gap);
            state.dropped = 0;
        }
        state.bytes += lines.len();
        state.lines.push_back(lines.into());
        self.changed.notify_all();
    }

    fn wait_until_empty(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let mut state = self.locked();
        while state.writing || !state.lines.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The next lines, which stay in the count until they are written.
    fn take(&self) -> Box<[u8]> {
        let mut state = self.locked();
        loop {
            if let Some(lines) = state.lines.pop_front() {
                state.writing = true;
                return lines;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn written(&self, bytes: usize) {
        let mut state = self.locked();
        state.writing = false;
        state.bytes -= bytes;
        // All is read again: say what is missing even if nothing more is to be said.
        if state.lines.is_empty() && state.dropped > 0 {
            let gap = gap(state.dropped);
            state.bytes += gap.len();
            state.lines.push_back(gap);
            state.dropped = 0;
        }
        self.changed.notify_all();
    }

    fn write_to(&self, mut stream: impl Write) {
        loop {
            let lines = self.take();
            let bar = BAR.lock().unwrap_or_else(PoisonError::into_inner).clone();
            // Nobody is left to be told of an error; the next line may fare better.
            let _ = match bar {
                Some(bar) => bar.suspend(|| stream.write_all(&lines)),
                None => stream.write_all(&lines),
            };
            self.written(lines.len());
        }
    }
}

fn gap(dropped: u64) -> Box<[u8]> {
    format!("… {dropped} lines were dropped here: standard error was not read.\n").into_bytes().into()
}

/// For the log.
pub struct Log;

impl<'a> MakeWriter<'a> for Log {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line
    }
}

/// The log writes a whole line at once.
pub struct Line;

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        write(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    /// A stream that takes nothing until it is told to, and hands over what it took.
    struct Unread(mpsc::Receiver<()>, mpsc::Sender<Vec<u8>>);

    impl Write for Unread {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            let _ = self.1.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stream_that_nobody_reads_blocks_nobody_and_lines_are_counted() {
        let queue = Arc::new(Queue::default());
        let (go, wait) = mpsc::channel();
        let (sender, taken) = mpsc::channel();
        let writer = Arc::clone(&queue);
        thread::spawn(move || writer.write_to(Unread(wait, sender)));
        let line = [b"x".repeat(1_023).as_slice(), b"\n"].concat();
        for _ in 0..10_000 {
            queue.push(&line);
        }
        queue.wait_until_empty(Duration::from_millis(10));
        assert!(queue.locked().bytes <= QUEUE_BYTES);
        drop(go);
        queue.wait_until_empty(Duration::from_secs(10));
        queue.push(b"the last\n");
        let mut lines: Vec<Vec<u8>> = Vec::new();
        while lines.last().is_none_or(|line| line != b"the last\n") {
            lines.push(taken.recv_timeout(Duration::from_secs(10)).expect("a line"));
        }
        let gap = String::from_utf8(lines.remove(lines.len() - 2)).expect("text");
        assert_eq!(
            gap,
            format!("… {} lines were dropped here: standard error was not read.\n", 10_000 - lines.len() + 1)
        );
    }
}
