//! `fastintercom serve`, set up in a sentence:
//!
//! ```no_run
//! use fastintercom_tests::server::{Server, Stop};
//! use fastintercom_tests::simulator::{Config, Simulator};
//! use serde_json::json;
//!
//! # fn main() -> std::io::Result<()> {
//! let simulator = Simulator::start(Config::new().conversations(20))?;
//! let session = Server::new(&simulator).interval_minutes(1).modern().start();
//! session.wait_until_synced();
//! let found = session.call_tool("search_conversations", json!({"query": "refund"})).succeeded();
//! assert!(found["conversations"].is_array());
//! session.stop_by(Stop::CloseStdin).assert_clean();
//! # Ok(())
//! # }
//! ```

use std::ffi::OsStr;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use serde_json::{Value, json};

use crate::environment::{Environment, slowed};
use crate::scratch::Scratch;
use crate::session::Session;
use crate::simulator::Simulator;

/// How a client opens: with `initialize`, or with metadata in every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// Revision 2025-11-25, what most clients speak today.
    Legacy,
    /// Revision 2026-07-28.
    Modern,
}

impl Era {
    pub const BOTH: [Self; 2] = [Self::Legacy, Self::Modern];

    /// The parameters of a request in this era.
    pub(crate) fn parameters(self, mut parameters: Value) -> Value {
        if self == Self::Modern {
            let meta = &mut parameters["_meta"];
            meta["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
            meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
            meta["io.modelcontextprotocol/clientInfo"] = client_info();
        }
        parameters
    }
}

pub(crate) fn client_info() -> Value {
    json!({"name": "fastintercom-tests", "version": env!("CARGO_PKG_VERSION")})
}

/// A server that is not started yet.
#[derive(Clone, Debug)]
#[must_use = "nothing runs before start()"]
pub struct Server {
    environment: Environment,
    era: Era,
    arguments: Vec<String>,
}

impl Server {
    /// Against that simulator, with its token, on a new database. The first sync reads everything.
    pub fn new(simulator: &Simulator) -> Self {
        Self {
            environment: Environment::of(simulator),
            era: Era::Legacy,
            arguments: vec!["serve".to_owned()],
        }
    }

    /// In that folder, and so on the database in it.
    pub fn on(mut self, scratch: &Scratch) -> Self {
        self.environment.scratch = scratch.clone();
        self
    }

    /// Sets an environment variable; an empty value takes it away.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.set(name, value);
        self
    }

    pub fn interval_minutes(self, minutes: u32) -> Self {
        self.env("FASTINTERCOM_SYNC_INTERVAL_MINUTES", minutes.to_string())
    }

    pub fn without_token(mut self) -> Self {
        self.environment.remove("INTERCOM_ACCESS_TOKEN");
        self
    }

    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// With a door for HTTP clients ([`crate::web::Web`]) instead of its standard streams.
    pub fn http(self) -> Self {
        self.argument("--http").argument("127.0.0.1:0")
    }

    /// On a copy of another server's database, which it only reads.
    pub fn replica(self) -> Self {
        self.argument("--read-only")
    }

    pub fn legacy(self) -> Self {
        self.speaking(Era::Legacy)
    }

    pub fn modern(self) -> Self {
        self.speaking(Era::Modern)
    }

    pub fn speaking(self, era: Era) -> Self {
        Self { era, ..self }
    }

    #[must_use]
    pub fn scratch(&self) -> &Scratch {
        &self.environment.scratch
    }

    /// Starts the server and, where the era has one, goes through the handshake.
    ///
    /// # Panics
    /// When the server does not come up.
    #[must_use]
    pub fn start(&self) -> Session {
        let session = self.start_silent();
        if self.era == Era::Legacy {
            session.initialize();
        }
        session
    }

    /// The command that starts it, all three streams piped.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = self.environment.command();
        command.args(&self.arguments);
        command
    }

    /// Starts the server and says nothing to it.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start_silent(&self) -> Session {
        Session::start(self.command(), self.era, self.environment.scratch.clone())
    }
}

/// What makes a server end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The client goes away.
    CloseStdin,
    /// SIGINT, as Ctrl-C sends it.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Stop {
    pub const ALL: [Self; 3] = [Self::CloseStdin, Self::Interrupt, Self::Terminate];
}

/// A server that has ended.
#[derive(Debug)]
pub struct Stopped {
    pub status: ExitStatus,
    /// From the wish that it ends to its end.
    pub took: Duration,
    /// What it wrote to standard error.
    pub log: Vec<String>,
}

impl Stopped {
    /// # Panics
    /// When it did not end in under two seconds ([`slowed`]) with exit code 0.
    pub fn assert_clean(self) -> Self {
        let log = self.log.join("\n");
        assert_eq!(self.status.code(), Some(0), "the exit code; the log was:\n{log}");
        let limit = slowed(Duration::from_secs(2));
        assert!(self.took < limit, "it took {:?} to end; the log was:\n{log}", self.took);
        self
    }
}
