//! A stateful Intercom REST API on loopback.
//!
//! It models what a copy of a workspace depends on: searches over live data behind a lagging
//! index, cursors, threads of more than 500 parts, versions 2.11 to 2.16, rate windows, deletions,
//! merges, and the ways in which the service fails. Where Intercom's behaviour is not established,
//! both possibilities are a switch in [`Config`].
//!
//! ```no_run
//! use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule, Simulator};
//!
//! # fn main() -> std::io::Result<()> {
//! let simulator = Simulator::start(Config::new().conversations(500).index_lag(5))?;
//! // … point a client at simulator.base_url() with simulator.token() …
//! simulator.add_fault(Rule::new(Fault::HtmlError { status: 502 }).on(Endpoint::Search).times(3));
//! let id = simulator.workspace().add_conversation("Where is my parcel?");
//! simulator.workspace().contact_reply(id, "It has arrived, thank you!");
//! assert!(simulator.stats().rate_limited == 0);
//! # Ok(())
//! # }
//! ```
//!
//! # Layout
//!
//! [`model`] is the truth and [`workspace`] holds and changes it; [`change`] says what an event does
//! to a conversation, [`generate`] and [`text`] make the data, [`directory`] the people,
//! [`help_center`] the articles. [`tickets`] are of the types in [`ticket_types`]; `generate_tickets`
//! makes them and `workspace_tickets` changes them. [`query`], [`filter`], [`fields`] and [`index`]
//! are the search. [`render`], `render_tickets` and [`render_people`] write the JSON of each version.
//! `server` checks requests and sends the answers of `routes`, spoilt by [`faults`]; [`log`] counts,
//! [`control`] and `ticket_control` serve other processes.

mod answer;
mod busy_inbox;
pub mod change;
pub mod clock;
pub mod config;
mod connection;
mod contact_search;
pub mod control;
pub mod directory;
mod error;
pub mod faults;
pub mod fields;
pub mod filter;
pub mod generate;
mod generate_tickets;
pub mod help_center;
pub mod index;
pub mod log;
pub mod model;
pub mod plaintext;
pub mod query;
mod rate_limit;
pub mod render;
pub mod render_people;
mod render_tickets;
mod routes;
mod server;
mod statistics;
pub mod text;
mod thread;
mod ticket_control;
pub mod ticket_types;
pub mod tickets;
pub mod topics;
pub mod version;
pub mod workspace;
mod workspace_tickets;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::AbortHandle;

pub use change::Change;
pub use config::Config;
pub use faults::{Fault, OddReset, Rule, TimeForm};
pub use filter::Comparison;
pub use log::{Endpoint, Entry, Stats};
pub use model::{Conversation, Id, Index, Part, Seconds};
pub use tickets::{Ticket, TicketChange, TicketState};
pub use version::ApiVersion;
pub use workspace::Workspace;

use server::Shared;

/// `GET /conversations/{id}` returns at most this many parts, the newest.
pub const MAX_PARTS: usize = 500;

/// A running simulator; it ends when it is dropped. It has its own threads, so it serves
/// synchronous and asynchronous tests alike.
#[derive(Debug)]
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    runtime: Option<Runtime>,
    acceptor: AbortHandle,
    /// Disconnects when the listening socket is closed.
    closed: Mutex<Receiver<()>>,
}

impl Simulator {
    /// Generates the workspace, and listens on loopback when it returns.
    ///
    /// # Errors
    ///
    /// When the port is taken or threads cannot be started.
    pub fn start(config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(config));
        let runtime =
            Builder::new_multi_thread().worker_threads(2).thread_name("simulator").enable_all().build()?;
        let listener = {
            let _guard = runtime.enter();
            connection::Acceptor(tokio::net::TcpListener::from_std(listener)?)
        };
        let service =
            server::router(Arc::clone(&shared)).into_make_service_with_connect_info::<connection::Cut>();
        let (open, closed) = mpsc::channel();
        let acceptor = runtime.spawn(async move {
            let served = axum::serve(listener, service).await;
            drop::<mpsc::Sender<()>>(open);
            served
        });
        Ok(Self {
            shared,
            address,
            runtime: Some(runtime),
            acceptor: acceptor.abort_handle(),
            closed: Mutex::new(closed),
        })
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The bearer token that is accepted.
    pub fn token(&self) -> &str {
        &self.shared.config.token
    }

    /// The data. Requests wait while the lock is held: take it for short.
    pub fn workspace(&self) -> MutexGuard<'_, Workspace> {
        self.shared.workspace()
    }

    /// Counts of requests since the start or the last [`Simulator::reset_log`].
    pub fn stats(&self) -> Stats {
        self.shared.log.stats()
    }

    /// All requests since the start or the last [`Simulator::reset_log`], in order of arrival.
    pub fn log(&self) -> Vec<Entry> {
        self.shared.log.entries()
    }

    pub fn reset_log(&self) {
        self.shared.log.reset();
    }

    pub fn add_fault(&self, rule: Rule) {
        self.shared.faults.add(rule);
    }

    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// The Unix second on the simulator's clock.
    pub fn now(&self) -> Seconds {
        self.shared.clock.seconds()
    }

    /// Moves the simulator's clock on, and with it index lags and rate windows.
    pub fn advance(&self, seconds: Seconds) {
        self.shared.clock.advance(seconds);
    }

    /// Uses up the current rate window, as a burst of another app would.
    pub fn exhaust_rate_limit(&self) {
        self.shared.rate_limit.exhaust(self.shared.clock.millis());
    }

    /// Ends the simulator; open connections are closed.
    pub fn stop(self) {}
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.acceptor.abort();
        // The port is free for a successor once the socket is closed, which takes no time unless
        // the machine is overloaded; then the successor says so itself.
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = closed.recv_timeout(Duration::from_secs(2));
        if let Some(runtime) = self.runtime.take() {
            // Waiting here would panic in an asynchronous test.
            runtime.shutdown_background();
        }
    }
}
