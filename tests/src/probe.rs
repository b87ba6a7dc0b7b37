//! The component with tools that write, trap and hang in transactions: `guest/src/component/probe.rs`.

use serde_json::{Value, json};

use crate::scratch::Scratch;
use crate::server::Server;
use crate::session::{Pending, Session};
use crate::simulator::Simulator;

/// The component's file.
pub const FILE: &str = env!("FASTINTERCOM_PROBE");

/// A server that runs it and never syncs.
pub fn server(simulator: &Simulator, scratch: &Scratch) -> Server {
    Server::new(simulator).on(scratch).without_token().env("FASTINTERCOM_COMPONENT_FILE", FILE)
}

/// Begins so many transactions of so many rows.
pub fn begin_write(session: &Session, who: &str, times: u64, rows: u64, pause_ms: u64) -> Pending {
    session.begin_tool("probe_write", json!({"who": who, "times": times, "rows": rows, "pause_ms": pause_ms}))
}

/// Begins so many reads, each of which checks that it sees one state.
pub fn begin_read(session: &Session, times: u64, pause_ms: u64) -> Pending {
    session.begin_tool("probe_read", json!({"times": times, "pause_ms": pause_ms}))
}

/// Milliseconds of a spread that the probe reports: `p50`, `p99` or `max`.
#[must_use]
pub fn milliseconds(answer: &Value, which: &str) -> f64 {
    answer["microseconds"][which].as_f64().unwrap_or(f64::NAN) / 1_000.0
}
