//! What the component gets from outside: settings, time, HTTP, and the host's ear.
//!
//! On WebAssembly these are the imports of `wit/world.wit`; in native tests and benchmarks they
//! are ordinary objects.

use crate::time::UnixSeconds;

/// Kinds of personal data that tools can blank out in what they return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redaction {
    Emails,
    Phones,
    Cards,
    /// International bank account numbers.
    Accounts,
    Secrets,
    /// Names of people that the cache knows.
    Names,
}

/// The configuration of this instance; see `interface settings` in `wit/world.wit`.
#[derive(Clone, Debug)]
pub struct Settings {
    pub base_url: String,
    pub api_version: String,
    pub database_file: String,
    pub read_only: bool,
    pub replica: bool,
    pub token_present: bool,
    pub sync_days: u32,
    pub initial_sync_days: u32,
    pub sync_interval_minutes: u32,
    pub timezone: Option<String>,
    pub redactions: Vec<Redaction>,
    pub max_in_flight: u32,
    pub overlap_seconds: u32,
    pub retention_days: Option<u32>,
    pub keep_raw_answers: bool,
}

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
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

/// What holds a sync up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Intercom's rate limit.
    Limit,
    /// Intercom's answers, and the way to it.
    Network,
    /// The sync's own work.
    Itself,
}

/// How far a sync has come; see `interface progress` in `wit/world.wit`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgressUpdate {
    pub phase: String,
    pub done: u64,
    pub total: Option<u64>,
    pub messages: u64,
    pub waiting: u64,
    pub holder: Option<Holder>,
    /// Seconds until all is read, as it goes at the moment.
    pub seconds_left: Option<u32>,
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
