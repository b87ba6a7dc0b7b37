//! A command that goes on until it is ended: `backup --every`.

use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::feed::{Feed, PATIENCE};
use crate::scratch::Scratch;
use crate::server::Stopped;

/// The process and what it has written so far. It is killed with this value.
#[derive(Debug)]
pub struct Running {
    child: Child,
    output: Arc<Feed<String>>,
    log: Arc<Feed<String>>,
    /// Its folder, which must not go before it does.
    _scratch: Scratch,
}

impl Running {
    pub(crate) fn start(mut command: Command, scratch: Scratch) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let output = child.stdout.take().expect("its standard output");
        let log = child.stderr.take().expect("its standard error");
        let (output, log) = (Feed::follow(output, |line| line), Feed::follow(log, |line| line));
        Self { child, output, log, _scratch: scratch }
    }

    /// Waits until standard output has so many lines, and returns the last of them.
    ///
    /// # Panics
    /// When they do not come in that time.
    pub fn wait_for_lines(&self, count: usize, time: Duration) -> String {
        let found = self.output.wait_for(time, |lines| lines.get(count - 1).cloned());
        found.unwrap_or_else(|| panic!("there are not {count} lines: {self:?}"))
    }

    /// Waits for a line of standard error that has the words, and returns it.
    ///
    /// # Panics
    /// When it does not come in that time.
    pub fn wait_for_error(&self, words: &str, time: Duration) -> String {
        let found = self.log.wait_for(time, |lines| lines.iter().find(|line| line.contains(words)).cloned());
        found.unwrap_or_else(|| panic!("\"{words}\" did not come: {self:?}"))
    }

    /// Ends it by SIGTERM, as service managers do, and waits for its end.
    ///
    /// # Panics
    /// When it does not end.
    #[cfg(unix)]
    pub fn terminate(self) -> Stopped {
        self.end_by(rustix::process::Signal::TERM)
    }

    /// Ends it by SIGINT, as Ctrl-C does, and waits for its end.
    ///
    /// # Panics
    /// When it does not end.
    #[cfg(unix)]
    pub fn interrupt(self) -> Stopped {
        self.end_by(rustix::process::Signal::INT)
    }

    #[cfg(unix)]
    fn end_by(mut self, signal: rustix::process::Signal) -> Stopped {
        let begun = Instant::now();
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(pid.expect("a process id"), signal).expect("the signal is sent");
        let ended = self.output.ends_within(PATIENCE) && self.log.ends_within(PATIENCE);
        assert!(ended, "it does not end: {self:?}");
        let status = self.child.wait().expect("its exit status");
        Stopped { status, took: begun.elapsed(), log: self.log.with(<[_]>::to_vec) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
