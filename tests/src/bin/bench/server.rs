//! The real program as a client starts it, without the checks that tests want.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Arguments, Result};

/// A running server.
pub struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    last: u64,
    early: HashMap<u64, Instant>,
}

/// The program with a clean environment around that database.
#[must_use]
pub fn command(arguments: &Arguments, database: &Path, cache: &Path) -> Command {
    let mut command = Command::new(&arguments.binary);
    command.env_clear();
    if let Some(component) = &arguments.component {
        command.env("FASTINTERCOM_COMPONENT_FILE", component);
    }
    command
        .env("HOME", cache)
        .env("FASTINTERCOM_DB_PATH", database)
        .env("FASTINTERCOM_CACHE_DIR", cache)
        .env("FASTINTERCOM_INITIAL_SYNC_DAYS", "0")
        .env("FASTINTERCOM_LOG", "warn")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

impl Server {
    /// Starts it and goes through the handshake.
    pub fn start(mut command: Command) -> Result<Self> {
        let mut server = Self::spawn(&mut command)?;
        server.initialize()?;
        Ok(server)
    }

    pub fn spawn(command: &mut Command) -> Result<Self> {
        let mut child = command.spawn()?;
        let input = child.stdin.take().ok_or("no standard input")?;
        let output = BufReader::with_capacity(1 << 20, child.stdout.take().ok_or("no standard output")?);
        Ok(Self { child, input, output, last: 0, early: HashMap::new() })
    }

    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn initialize(&mut self) -> Result<()> {
        self.request("initialize", &json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}))?;
        writeln!(self.input, "{}", json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))?;
        self.input.flush()?;
        Ok(())
    }

    pub fn send(&mut self, method: &str, parameters: &Value) -> Result<u64> {
        self.last += 1;
        let line =
            json!({"jsonrpc": "2.0", "id": self.last, "method": method, "params": parameters}).to_string();
        self.input.write_all(line.as_bytes())?;
        self.input.write_all(b"\n")?;
        self.input.flush()?;
        Ok(self.last)
    }

    /// Reads until some answer comes; its id, and the line.
    fn next(&mut self) -> Result<(u64, String)> {
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line)? == 0 {
                return Err("the server has ended".into());
            }
            // Only the id matters while the clock runs; it stands at one of both ends.
            let value: Value = serde_json::from_str(&line)?;
            if let Some(id) = value["id"].as_u64() {
                if value["error"].is_object() || value["result"]["isError"] == true {
                    return Err(format!("an error: {}", line.chars().take(300).collect::<String>()).into());
                }
                return Ok((id, line));
            }
        }
    }

    pub fn request(&mut self, method: &str, parameters: &Value) -> Result<String> {
        let asked = self.send(method, parameters)?;
        loop {
            let (id, line) = self.next()?;
            if id == asked {
                return Ok(line);
            }
            self.early.insert(id, Instant::now());
        }
    }

    /// Calls a tool; how long until its answer was read.
    pub fn call(&mut self, tool: &str, arguments: &Value) -> Result<Duration> {
        let parameters = json!({"name": tool, "arguments": arguments});
        let begun = Instant::now();
        self.last += 1;
        let line = json!({"jsonrpc": "2.0", "id": self.last, "method": "tools/call", "params": parameters})
            .to_string();
        self.input.write_all(line.as_bytes())?;
        self.input.write_all(b"\n")?;
        self.input.flush()?;
        let mut answer = String::new();
        if self.output.read_line(&mut answer)? == 0 {
            return Err("the server has ended".into());
        }
        let took = begun.elapsed();
        let value: Value = serde_json::from_str(&answer)?;
        if value["id"] != self.last || value["error"].is_object() || value["result"]["isError"] == true {
            return Err(format!("{tool}: {}", answer.chars().take(300).collect::<String>()).into());
        }
        Ok(took)
    }

    /// So many calls at once, from a list; how long each took, and all together.
    pub fn at_once(&mut self, calls: &[(&str, &Value)], callers: usize) -> Result<(Vec<Duration>, Duration)> {
        let begun = Instant::now();
        let mut sent: HashMap<u64, Instant> = HashMap::new();
        let mut waiting = calls.iter();
        let mut took = Vec::new();
        loop {
            while sent.len() < callers {
                let Some((tool, arguments)) = waiting.next() else { break };
                let id = self.send("tools/call", &json!({"name": tool, "arguments": arguments}))?;
                sent.insert(id, Instant::now());
            }
            if sent.is_empty() {
                return Ok((took, begun.elapsed()));
            }
            let (id, _) = self.next()?;
            if let Some(at) = sent.remove(&id) {
                took.push(at.elapsed());
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
