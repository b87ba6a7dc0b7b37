//! A running server, seen from its client.

mod notifications;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Child, ChildStdin, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::feed::{Feed, PATIENCE};
use crate::message::{Message, RpcError};
use crate::scratch::Scratch;
use crate::server::{Era, Stop, Stopped, client_info};
use crate::tool_answer::ToolAnswer;

/// A client's end of a server's standard streams. Every line of its standard output is checked
/// to be one JSON-RPC message that answers a question or notifies. Dropping it ends the server.
#[derive(Debug)]
pub struct Session {
    child: Child,
    input: Mutex<Option<ChildStdin>>,
    output: Arc<Feed<Message>>,
    log: Arc<Feed<String>>,
    era: Era,
    last_id: AtomicU64,
    scratch: Scratch,
}

/// A request whose answer has not been looked at.
#[derive(Clone, Copy, Debug)]
#[must_use = "wait for its answer, or cancel it"]
pub struct Pending(u64);

impl Pending {
    /// The id that the request was sent with.
    #[must_use]
    pub fn id(self) -> u64 {
        self.0
    }
}

impl Session {
    pub(crate) fn start(mut command: Command, era: Era, scratch: Scratch) -> Self {
        let mut child = command.spawn().expect("the server starts");
        let output = child.stdout.take().expect("its standard output");
        let log = child.stderr.take().expect("its standard error");
        Self {
            input: Mutex::new(child.stdin.take()),
            output: Feed::follow(output, Message::read),
            log: Feed::follow(log, std::convert::identity),
            child,
            era,
            last_id: AtomicU64::new(0),
            scratch,
        }
    }

    #[must_use]
    pub fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// Its process id.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The legacy handshake. Returns what the server says of itself.
    ///
    /// # Panics
    /// When it refuses.
    pub fn initialize(&self) -> Value {
        let parameters =
            json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client_info()});
        let answer = self.request("initialize", parameters).expect("the handshake succeeds");
        self.notify("notifications/initialized", json!({}));
        answer
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// The server's error.
    ///
    /// # Panics
    /// When no answer comes.
    pub fn request(&self, method: &str, parameters: Value) -> Result<Value, RpcError> {
        self.outcome(self.begin(method, parameters))
    }

    /// Sends a request, with parameters as the era wants them.
    pub fn begin(&self, method: &str, parameters: Value) -> Pending {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let parameters = self.era.parameters(parameters);
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}).to_string());
        Pending(id)
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// The server's error.
    ///
    /// # Panics
    /// When none comes.
    pub fn outcome(&self, pending: Pending) -> Result<Value, RpcError> {
        let found = self.output.wait_for(PATIENCE, |messages| {
            messages.iter().find_map(|message| match message {
                Message::Response { id: Some(id), outcome } if *id == pending.0 => Some(outcome.clone()),
                _ => None,
            })
        });
        self.check_output();
        found.unwrap_or_else(|| panic!("no answer to request {}.\n{}", pending.0, self.report()))
    }

    /// Calls a tool and waits for what it answers.
    ///
    /// # Panics
    /// When it is no tool's answer: use [`Session::request`] where an error is expected.
    pub fn call_tool(&self, name: &str, arguments: Value) -> ToolAnswer {
        self.answer(self.begin_tool(name, arguments))
    }

    pub fn begin_tool(&self, name: &str, arguments: Value) -> Pending {
        self.begin("tools/call", json!({"name": name, "arguments": arguments}))
    }

    /// Asks for progress notifications, too: see [`Session::progress`].
    pub fn begin_tool_with_progress(&self, name: &str, arguments: Value, token: &str) -> Pending {
        let meta = json!({"progressToken": token});
        self.begin("tools/call", json!({"name": name, "arguments": arguments, "_meta": meta}))
    }

    /// Waits for a tool's answer.
    ///
    /// # Panics
    /// When none comes.
    pub fn answer(&self, pending: Pending) -> ToolAnswer {
        match self.outcome(pending) {
            Ok(result) => ToolAnswer::read(&result),
            Err(error) => panic!("a tool was to answer, but the request failed: {error}\n{}", self.report()),
        }
    }

    pub fn notify(&self, method: &str, parameters: Value) {
        let parameters = self.era.parameters(parameters);
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": parameters}).to_string());
    }

    /// Takes back a request; a server answers it no more.
    pub fn cancel(&self, pending: Pending) {
        self.notify("notifications/cancelled", json!({"requestId": pending.0, "reason": "a test's wish"}));
    }

    /// Sends a line as it is.
    ///
    /// # Panics
    /// When standard input is closed.
    pub fn send(&self, line: &str) {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        let input = input.as_mut().expect("standard input is open");
        writeln!(input, "{line}").and_then(|()| input.flush()).expect("the server reads");
    }

    /// Whether an answer to the request has come so far.
    #[must_use]
    pub fn is_answered(&self, pending: Pending) -> bool {
        self.output.with(|messages| {
            messages
                .iter()
                .any(|message| matches!(message, Message::Response { id, .. } if *id == Some(pending.0)))
        })
    }

    /// Waits for a line of the log that has the words, and returns it.
    ///
    /// # Panics
    /// When none comes.
    pub fn wait_for_log(&self, words: &str) -> String {
        self.wait_for_logs(words, 1, PATIENCE)
    }

    /// Waits until so many lines have the words, and returns the last of them.
    ///
    /// # Panics
    /// When they do not come in that time.
    pub fn wait_for_logs(&self, words: &str, count: usize, time: Duration) -> String {
        let found = self.log.wait_for(time, |lines| {
            lines
                .iter()
                .filter(|line| line.to_lowercase().contains(&words.to_lowercase()))
                .nth(count - 1)
                .cloned()
        });
        found.unwrap_or_else(|| {
            panic!("\"{words}\" did not come {count} times in the log.\n{}", self.report())
        })
    }

    /// Waits until the log says that the first sync completed. All its data is there then, though
    /// the run itself may take a moment longer to end.
    ///
    /// # Panics
    /// When it does not complete.
    pub fn wait_until_synced(&self) {
        self.wait_for_log("sync completed");
    }

    /// What the server has logged so far.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.log.with(<[_]>::to_vec)
    }

    /// Closes standard input, and waits for nothing.
    pub fn close_input(&self) {
        *self.input.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Ends the server and waits for its end.
    ///
    /// # Panics
    /// When it does not end, or wrote to standard output what it should not.
    pub fn stop_by(mut self, stop: Stop) -> Stopped {
        let begun = Instant::now();
        match stop {
            Stop::CloseStdin => self.close_input(),
            Stop::Interrupt => self.signal(Signal::Interrupt),
            Stop::Terminate => self.signal(Signal::Terminate),
        }
        // Both streams end with the process: there is nothing to poll.
        let ended = self.output.ends_within(PATIENCE) && self.log.ends_within(PATIENCE);
        assert!(ended, "the server does not end after {stop:?}.\n{}", self.report());
        let status = self.child.wait().expect("its exit status");
        let took = begun.elapsed();
        self.check_output();
        Stopped { status, took, log: self.log() }
    }

    /// Ends the server as a crash would, and waits for its end.
    ///
    /// # Panics
    /// When the system cannot.
    pub fn kill(mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it has ended");
    }

    #[cfg(unix)]
    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        let signal = match signal {
            Signal::Interrupt => rustix::process::Signal::INT,
            Signal::Terminate => rustix::process::Signal::TERM,
        };
        rustix::process::kill_process(pid.expect("a process id"), signal).expect("the signal is sent");
    }

    #[cfg(not(unix))]
    fn signal(&self, signal: Signal) {
        unimplemented!("{signal:?} exists on Unix only")
    }

    /// # Panics
    /// When a line of standard output was no message, or answered nothing.
    fn check_output(&self) {
        if let Some(problem) = self.impurity() {
            panic!("standard output: {problem}\n{}", self.report());
        }
    }

    fn impurity(&self) -> Option<String> {
        let asked = self.last_id.load(Ordering::Relaxed);
        self.output.with(|messages| {
            let mut answered = BTreeSet::new();
            messages.iter().find_map(|message| match message {
                Message::Impure(problem) => Some(problem.clone()),
                Message::Response { id: Some(id), .. } if *id > asked => Some(format!("nobody asked {id}")),
                Message::Response { id: Some(id), .. } => {
                    (!answered.insert(*id)).then(|| format!("request {id} was answered twice"))
                }
                _ => None,
            })
        })
    }

    /// The end of what the server wrote, for messages of failing tests.
    fn report(&self) -> String {
        let mut report = "The log of the server ends with:\n".to_owned();
        self.log.with(|lines| {
            for line in lines.iter().rev().take(30).rev() {
                let _ = writeln!(report, "  {line}");
            }
        });
        report.push_str("Its last messages were:\n");
        self.output.with(|messages| {
            for message in messages.iter().rev().take(5).rev() {
                let shown: String = format!("{message:?}").chars().take(400).collect();
                let _ = writeln!(report, "  {shown}");
            }
        });
        report
    }
}

#[derive(Clone, Copy, Debug)]
enum Signal {
    Interrupt,
    Terminate,
}

impl Drop for Session {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.output.ends_within(Duration::from_secs(5));
        if !std::thread::panicking() {
            self.check_output();
        }
    }
}
