//! A server's streams without a well-behaved client: any bytes go in, and nothing need be read.

use std::io::Write as _;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, ExitStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::feed::{Feed, PATIENCE};
use crate::scratch::Scratch;
use crate::server::Server;

/// The process, and of its streams what was not given away. It is killed with this value.
#[derive(Debug)]
pub struct Raw {
    child: Child,
    pub stdin: Option<ChildStdin>,
    pub stdout: Option<ChildStdout>,
    pub stderr: Option<ChildStderr>,
    answers: Option<Arc<Feed<Value>>>,
    log: Option<Arc<Feed<String>>>,
    /// Its folders are there as long as it.
    _scratch: Scratch,
}

impl Raw {
    /// Starts the server; nobody reads what it writes.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(server: &Server) -> Self {
        let mut child = server.command().spawn().expect("the server starts");
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        Self { child, stdin, stdout, stderr, answers: None, log: None, _scratch: server.scratch().clone() }
    }

    /// Reads standard output from now on.
    ///
    /// # Panics
    /// When it is closed.
    pub fn read_answers(&mut self) {
        let stdout = self.stdout.take().expect("standard output is open");
        self.answers = Some(Feed::follow(stdout, |line| {
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("no JSON ({error}): {line}"))
        }));
    }

    /// Reads standard error from now on; it is shown when an answer is missing.
    ///
    /// # Panics
    /// When it is closed.
    pub fn drain_log(&mut self) {
        self.log = Some(Feed::follow(self.stderr.take().expect("standard error is open"), |line| line));
    }

    /// The last lines of the log, as far as it is read.
    fn last_words(&self) -> String {
        let Some(log) = &self.log else { return String::new() };
        log.with(|lines| lines[lines.len().saturating_sub(10)..].join("\n"))
    }

    /// Sends these bytes and a line break.
    ///
    /// # Panics
    /// When the server does not take them.
    pub fn send(&mut self, line: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().expect("standard input is open");
        stdin
            .write_all(line.as_ref())
            .and_then(|()| stdin.write_all(b"\n"))
            .unwrap_or_else(|error| panic!("the server does not read ({error}): {}", self.last_words()));
    }

    /// The handshake of the older era, with the id `"hello"`.
    pub fn send_initialize(&mut self) {
        self.send(
            r#"{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"1"}}}"#,
        );
        self.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    }

    /// Calls a tool.
    pub fn send_call(&mut self, id: u64, tool: &str, arguments: &str) {
        self.send(format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
        ));
    }

    /// Waits for the answer to that id.
    ///
    /// # Panics
    /// When none comes.
    #[must_use]
    pub fn answer(&self, id: &Value) -> Value {
        let answers = self.answers.as_ref().expect("answers are read");
        let found =
            answers.wait_for(PATIENCE, |answers| answers.iter().find(|answer| answer["id"] == *id).cloned());
        found.unwrap_or_else(|| {
            panic!("no answer to {id}: {:?}\n{}", answers.with(<[_]>::to_vec), self.last_words())
        })
    }

    /// Waits for so many answers.
    ///
    /// # Panics
    /// When fewer come.
    #[must_use]
    pub fn wait_for_answers(&self, count: usize) -> Vec<Value> {
        let answers = self.answers.as_ref().expect("answers are read");
        let found = answers.wait_for(PATIENCE, |answers| (answers.len() >= count).then(|| answers.to_vec()));
        found.unwrap_or_else(|| panic!("{} answers instead of {count}", answers.with(<[_]>::len)))
    }

    /// Memory that the process has in use, kilobytes. Linux only.
    ///
    /// # Panics
    /// When the system does not tell.
    #[must_use]
    pub fn resident_kilobytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// # Panics
    /// When it does not come in time.
    #[cfg(unix)]
    pub fn terminate(&mut self, within: Duration) -> ExitStatus {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(pid.expect("a process id"), rustix::process::Signal::TERM)
            .expect("the signal is sent");
        self.wait(within)
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// When it does not come in time.
    pub fn wait(&mut self, within: Duration) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("an exit status") {
                return status;
            }
            assert!(begun.elapsed() < crate::slowed(within), "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether it still runs.
    ///
    /// # Panics
    /// When the system does not tell.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("an exit status").is_none()
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
