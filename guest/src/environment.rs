//! What the component gets from outside: settings, time, HTTP, and the host's ear.
//!
//! On WebAssembly these are the imports of `wit/world.wit`; in native tests and benchmarks they
//! are ordinary objects. Records are those of the WIT package.

use crate::time::UnixSeconds;
pub use crate::wit::fastintercom::component::log::Level as LogLevel;
pub use crate::wit::fastintercom::component::progress::{Holder, Update as ProgressUpdate};
pub use crate::wit::fastintercom::component::settings::{Configuration as Settings, Redaction};

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: "https://api.intercom.io".to_owned(),
            api_version: "2.16".to_owned(),
            database_file: "data.db".to_owned(),
            read_only: false,
            replica: false,
            token_present: true,
            sync_days: 7,
            initial_sync_days: 7,
            sync_interval_minutes: 15,
            timezone: None,
            redactions: Vec::new(),
            max_in_flight: 60,
            overlap_seconds: 600,
            retention_days: None,
            keep_raw_answers: false,
        }
    }
}

/// Wall clock and stopwatch.
pub trait Clock {
    fn now(&self) -> UnixSeconds;
    /// Milliseconds since some fixed moment; never goes back.
    fn monotonic_ms(&self) -> u64;
}

/// Where log lines go. They name no token and quote no customer.
pub trait Log {
    fn write(&self, level: LogLevel, message: &str);
}

/// One HTTP request to Intercom. The host adds the token; the client cannot.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    pub method: HttpMethod,
    /// Absolute: base URL, path and query.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    /// How long the first byte, and each pause in the body, may take.
    pub timeout_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMethod {
    Get,
    Post,
}

#[derive(Clone, Debug)]
pub struct HttpResponse {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The first header of that name (lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// The sandbox refused the request; the sentence names the rule.
    Denied(String),
    /// No answer in time.
    Timeout,
    /// Name look-up, connection, TLS or protocol trouble, or a body that ended early.
    Connection(String),
    /// The answer was larger than the host allows.
    TooLarge,
}

/// Names a request that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Many requests at once, without threads: send, then wait for whichever ends first.
pub trait Http {
    /// Starts a request and returns at once.
    fn send(&mut self, request: HttpRequest) -> Ticket;

    /// Waits for any request to end, at most so long. `None`: the time is over. With nothing in
    /// flight this is how the sync sleeps.
    fn wait(&mut self, at_most_ms: u64) -> Option<(Ticket, Result<HttpResponse, HttpError>)>;

    /// Ends a request whose answer nobody needs any more; none will come.
    fn cancel(&mut self, ticket: Ticket);

    /// How many were sent and have not ended.
    fn in_flight(&self) -> usize;
}

#[expect(clippy::derivable_impls, reason = "the type is made from the WIT package")]
impl Default for ProgressUpdate {
    fn default() -> Self {
        Self {
            phase: String::new(),
            done: 0,
            total: None,
            messages: 0,
            waiting: 0,
            holder: None,
            seconds_left: None,
        }
    }
}

pub trait Progress {
    fn report(&self, update: &ProgressUpdate);
    /// The host wants the call to end soon.
    fn should_stop(&self) -> bool;
}

/// How a tool gets a sync done; see `interface sync-control` in `wit/world.wit`.
pub trait SyncControl {
    /// Starts or joins a sync and waits at most so long. No transaction may be open.
    fn request_sync(&self, request: crate::sync::SyncRequest, wait_seconds: u32) -> SyncOutcome;
    /// Whether a sync of this database runs now, in any process.
    fn is_syncing(&self) -> bool;
}

#[derive(Clone, Debug)]
pub enum SyncOutcome {
    Finished(crate::sync::SyncReport),
    Failed(crate::sync::SyncError),
    StillRunning,
}
