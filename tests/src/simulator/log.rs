//! Which requests came, how they ended, and how many ran at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    Me,
    /// `POST /conversations/search`.
    Search,
    /// `GET /conversations/{id}`.
    Conversation,
    /// `GET /conversations`.
    Conversations,
    /// `GET /conversations/deleted`.
    Deleted,
    Admins,
    Teams,
    Tags,
    /// `GET /contacts/{id}`.
    Contact,
    ContactSearch,
    Company,
    /// `GET /articles`.
    Articles,
    /// `GET /articles/{id}`.
    Article,
    Collections,
    /// `POST /tickets/search`.
    TicketSearch,
    /// `GET /tickets/{id}`.
    Ticket,
    /// Any other path or method.
    Unknown,
}

impl Endpoint {
    /// The endpoint of `method` and the path's `segments`.
    pub fn of(method: &str, segments: &[&str]) -> Self {
        match (method, segments) {
            ("GET", ["me"]) => Self::Me,
            ("POST", ["conversations", "search"]) => Self::Search,
            ("GET", ["conversations"]) => Self::Conversations,
            ("GET", ["conversations", "deleted"]) => Self::Deleted,
            ("GET", ["conversations", _]) => Self::Conversation,
            ("GET", ["admins"] | ["admins", _]) => Self::Admins,
            ("GET", ["teams"] | ["teams", _]) => Self::Teams,
            ("GET", ["tags"]) => Self::Tags,
            ("POST", ["contacts", "search"]) => Self::ContactSearch,
            ("GET", ["contacts", _]) => Self::Contact,
            ("GET", ["companies", _]) => Self::Company,
            ("GET", ["articles"]) => Self::Articles,
            ("GET", ["articles", _]) => Self::Article,
            ("GET", ["help_center", "collections"]) => Self::Collections,
            ("POST", ["tickets", "search"]) => Self::TicketSearch,
            ("GET", ["tickets", _]) => Self::Ticket,
            _ => Self::Unknown,
        }
    }
}

/// One request, as it arrived and ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    pub endpoint: Endpoint,
    pub method: String,
    /// Path and query.
    pub path: String,
    pub version: Option<String>,
    pub per_page: Option<u64>,
    pub starting_after: Option<String>,
    /// Since the simulator's start.
    #[serde(rename = "started_after_seconds", serialize_with = "seconds")]
    pub started_after: Duration,
    /// `None` while the request runs, and for ever when the client went away or was cut off.
    pub status: Option<u16>,
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// Counts since the start or the last reset.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    pub requests: u64,
    pub by_endpoint: BTreeMap<Endpoint, u64>,
    pub by_status: BTreeMap<u16, u64>,
    /// Answers with 429.
    pub rate_limited: u64,
    pub in_flight: u32,
    pub max_in_flight: u32,
}

impl Stats {
    /// The number of requests for `endpoint`.
    pub fn count(&self, endpoint: Endpoint) -> u64 {
        self.by_endpoint.get(&endpoint).copied().unwrap_or(0)
    }
}

/// The requests since the last reset.
#[derive(Debug)]
pub struct Log {
    started: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    stats: Stats,
    entries: Vec<Entry>,
    /// Entries of requests from before a reset must not be touched when they end.
    generation: u64,
}

impl Default for Log {
    fn default() -> Self {
        Self { started: Instant::now(), inner: Mutex::default() }
    }
}

impl Log {
    /// Notes a request; it counts as in flight until the guard is dropped.
    pub fn begin(self: &Arc<Self>, mut entry: Entry) -> InFlight {
        entry.started_after = self.started.elapsed();
        let mut inner = self.lock();
        let stats = &mut inner.stats;
        stats.requests += 1;
        *stats.by_endpoint.entry(entry.endpoint).or_default() += 1;
        stats.in_flight += 1;
        stats.max_in_flight = stats.max_in_flight.max(stats.in_flight);
        inner.entries.push(entry);
        InFlight { log: Arc::clone(self), place: inner.entries.len() - 1, generation: inner.generation }
    }

    pub fn stats(&self) -> Stats {
        self.lock().stats.clone()
    }

    pub fn entries(&self) -> Vec<Entry> {
        self.lock().entries.clone()
    }

    /// Forgets all requests; those in flight stay counted as such.
    pub fn reset(&self) {
        let mut inner = self.lock();
        let in_flight = inner.stats.in_flight;
        inner.stats = Stats { in_flight, max_in_flight: in_flight, ..Stats::default() };
        inner.entries.clear();
        inner.generation += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that has not ended.
#[derive(Debug)]
pub struct InFlight {
    log: Arc<Log>,
    place: usize,
    generation: u64,
}

impl InFlight {
    /// The answer is on its way.
    pub fn answered(&self, status: u16) {
        let mut inner = self.log.lock();
        if inner.generation != self.generation {
            return;
        }
        inner.entries[self.place].status = Some(status);
        *inner.stats.by_status.entry(status).or_default() += 1;
        if status == 429 {
            inner.stats.rate_limited += 1;
        }
    }

    /// Completes the entry with what only the body tells.
    pub fn paging(&self, per_page: Option<u64>, starting_after: Option<&str>) {
        let mut inner = self.log.lock();
        if inner.generation == self.generation {
            let entry = &mut inner.entries[self.place];
            entry.per_page = per_page;
            entry.starting_after = starting_after.map(str::to_owned);
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.log.lock().stats.in_flight -= 1;
    }
}
