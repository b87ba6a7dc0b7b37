//! What this process did since it started: counted always, told when asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::component::bindings::sync_types::{SyncError, SyncErrorKind, SyncReport};
use crate::component::bindings::tools::{ToolError, ToolOutput};
use crate::component::errors::CallError;

/// Calls of one tool whose times are kept, the newest.
const TIMES: usize = 256;

/// How a call ended, in the words of logs, counters and traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    /// There is no such tool.
    UnknownTool,
    /// The caller's mistake.
    InvalidArguments,
    /// The tool says that it could not do its work.
    Failed,
    /// The caller gave up.
    Cancelled,
    /// The caller may not do that.
    NotPermitted,
    /// The host ended the call, or could not begin it.
    Host,
}

impl Outcome {
    #[must_use]
    pub fn of(answer: &Result<Result<ToolOutput, ToolError>, CallError>) -> Self {
        match answer {
            Ok(answer) => Self::of_tool(answer),
            Err(error) => Self::of_error(error),
        }
    }

    /// Of a call that has no answer of the component.
    #[must_use]
    pub fn of_error(error: &CallError) -> Self {
        match error {
            CallError::Cancelled => Self::Cancelled,
            CallError::NotPermitted(_) => Self::NotPermitted,
            _ => Self::Host,
        }
    }

    /// Of a call that the tool answered.
    #[must_use]
    pub fn of_tool(answer: &Result<ToolOutput, ToolError>) -> Self {
        match answer {
            Ok(_) => Self::Ok,
            Err(ToolError::UnknownTool(_)) => Self::UnknownTool,
            Err(ToolError::InvalidArguments(_)) => Self::InvalidArguments,
            Err(ToolError::Failed(_)) => Self::Failed,
        }
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::UnknownTool => "unknown_tool",
            Self::InvalidArguments => "invalid_arguments",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::NotPermitted => "not_permitted",
            Self::Host => "host_error",
        }
    }
}

/// Tool calls.
#[derive(Debug)]
pub struct Calls {
    since: Instant,
    number: AtomicU64,
    tools: Mutex<BTreeMap<String, Tool>>,
}

#[derive(Debug, Default)]
struct Tool {
    calls: u64,
    errors: u64,
    slowest: Duration,
    newest: VecDeque<Duration>,
}

impl Default for Calls {
    fn default() -> Self {
        Self { since: Instant::now(), number: AtomicU64::new(0), tools: Mutex::default() }
    }
}

impl Calls {
    /// The number of the next call: its name in the log.
    pub fn next(&self) -> u64 {
        self.number.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub fn ended(&self, tool: &str, outcome: Outcome, took: Duration) {
        // Names come from outside: only those that the component knows have a row.
        let name = if outcome == Outcome::UnknownTool { "(unknown)" } else { tool };
        let mut tools = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
        let tool = tools.entry(name.to_owned()).or_default();
        tool.calls += 1;
        tool.errors += u64::from(outcome != Outcome::Ok);
        tool.slowest = tool.slowest.max(took);
        if tool.newest.len() == TIMES {
            tool.newest.pop_front();
        }
        tool.newest.push_back(took);
    }

    /// Calls, errors, and times in milliseconds by tool; median and 95th percentile are those of
    /// the newest 256 calls.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let tools = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
        let rows: serde_json::Map<String, Value> = tools
            .iter()
            .map(|(name, tool)| {
                let mut times: Vec<Duration> = tool.newest.iter().copied().collect();
                times.sort_unstable();
                let rank = |part: usize| times.get((times.len() * part).div_ceil(100).saturating_sub(1));
                let row = json!({
                    "calls": tool.calls,
                    "errors": tool.errors,
                    "median_ms": rank(50).copied().map(milliseconds),
                    "p95_ms": rank(95).copied().map(milliseconds),
                    "slowest_ms": milliseconds(tool.slowest),
                });
                (name.clone(), row)
            })
            .collect();
        json!({
            "uptime_seconds": self.since.elapsed().as_secs(),
            "calls": tools.values().map(|tool| tool.calls).sum::<u64>(),
            "errors": tools.values().map(|tool| tool.errors).sum::<u64>(),
            "tools": rows,
        })
    }
}

/// To a hundredth.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

/// Requests to Intercom.
#[derive(Debug, Default)]
pub struct Requests {
    pub sent: AtomicU64,
    /// No answer came, or none that could be taken.
    pub failed: AtomicU64,
    /// Answers with status 429.
    pub rate_limited: AtomicU64,
}

impl Requests {
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "sent": self.sent.load(Ordering::Relaxed),
            "failed": self.failed.load(Ordering::Relaxed),
            "rate_limited": self.rate_limited.load(Ordering::Relaxed),
        })
    }
}

/// Syncs that this process ran.
#[derive(Debug, Default)]
pub struct SyncRuns {
    number: AtomicU64,
    completed: AtomicU64,
    failed: AtomicU64,
    /// There was nothing to do, or another process did it.
    skipped: AtomicU64,
}

impl SyncRuns {
    /// The number of the next run: its name in the log.
    pub fn next(&self) -> u64 {
        self.number.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub fn ended(&self, outcome: &Result<SyncReport, SyncError>) {
        let counter = match outcome {
            Ok(report) if report.skipped => &self.skipped,
            Err(SyncError { kind: SyncErrorKind::Busy, .. }) => &self.skipped,
            Ok(_) => &self.completed,
            Err(_) => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "completed": self.completed.load(Ordering::Relaxed),
            "failed": self.failed.load(Ordering::Relaxed),
            "skipped": self.skipped.load(Ordering::Relaxed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_tool() {
        let calls = Calls::default();
        for time in 1..=100 {
            calls.ended("search", Outcome::Ok, Duration::from_millis(time));
        }
        calls.ended("search", Outcome::Failed, Duration::from_millis(500));
        for name in ["made up", "another"] {
            calls.ended(name, Outcome::UnknownTool, Duration::ZERO);
        }
        let told = calls.to_json();
        assert_eq!((&told["calls"], &told["errors"]), (&json!(103), &json!(3)), "{told}");
        let search = &told["tools"]["search"];
        assert_eq!((&search["calls"], &search["errors"]), (&json!(101), &json!(1)), "{told}");
        assert_eq!((&search["median_ms"], &search["p95_ms"]), (&json!(51.0), &json!(96.0)), "{told}");
        assert_eq!(search["slowest_ms"], 500.0);
        assert_eq!(told["tools"].as_object().map(serde_json::Map::len), Some(2), "{told}");
    }
}
