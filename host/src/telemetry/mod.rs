//! OpenTelemetry: off, unless a collector is named (`FASTINTERCOM_OTLP_ENDPOINT`).
//!
//! For each tool call a span, and a histogram of durations, by the semantic conventions for MCP:
//! method, tool, protocol version, request id, times, and the kind of error. Never arguments,
//! answers, names of customers or the token: nothing of the kind is in an [`Operation`].
//!
//! It is sent as OTLP over HTTP in JSON with the HTTP client that is here anyway. The official
//! crates would bring Protocol Buffers and a second HTTP client for these two messages.

mod otlp;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Operations that wait to be sent; more than a slow collector takes are dropped.
const QUEUE: usize = 2_048;
/// Between two messages.
const EVERY: Duration = Duration::from_secs(5);
/// How long a collector may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long the end of the program waits for the last message.
const FLUSH: Duration = Duration::from_millis(1_000);

/// One request of a client, as far as it is told.
#[derive(Clone, Debug)]
pub struct Operation {
    pub method: &'static str,
    /// Only names that the component knows.
    pub tool: Option<String>,
    pub protocol_version: Option<String>,
    pub request_id: String,
    /// What the client sent as `_meta.traceparent`.
    pub traceparent: Option<String>,
    pub begun: SystemTime,
    pub took: Duration,
    /// `error.type` of the conventions; none: it went well.
    pub error: Option<&'static str>,
}

/// The way to the collector.
#[derive(Debug)]
pub struct Telemetry {
    queue: mpsc::Sender<Operation>,
    ended: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Telemetry {
    /// Starts telling the collector at that address, whose paths are `/v1/traces` and `/v1/metrics`.
    ///
    /// # Errors
    /// A sentence, when the HTTP client cannot start.
    pub fn start(endpoint: &str) -> Result<Self, String> {
        // Nothing of the environment changes where this goes; no redirect does, either.
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| format!("The HTTP client for telemetry cannot start: {error}."))?;
        let (queue, operations) = mpsc::channel(QUEUE);
        let ended = CancellationToken::new();
        let sender = Sender { client, endpoint: endpoint.trim_end_matches('/').to_owned(), failing: false };
        let task = tokio::spawn(run(sender, operations, ended.clone()));
        Ok(Self { queue, ended, task: Mutex::new(Some(task)) })
    }

    /// Never waits: what does not fit into the queue is not told.
    pub fn record(&self, operation: Operation) {
        let _ = self.queue.try_send(operation);
    }

    /// Sends what is left, within a second.
    pub async fn flush(&self) {
        self.ended.cancel();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            let _ = tokio::time::timeout(FLUSH, task).await;
        }
    }
}

async fn run(mut sender: Sender, mut operations: mpsc::Receiver<Operation>, ended: CancellationToken) {
    let mut durations = otlp::Durations::default();
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = ended.cancelled() => {}
        }
        while let Ok(operation) = operations.try_recv() {
            durations.add(&operation);
            batch.push(operation);
        }
        if !batch.is_empty() {
            sender.send("/v1/traces", &otlp::traces(&batch)).await;
            sender.send("/v1/metrics", &durations.to_json(SystemTime::now())).await;
            batch.clear();
        }
        if ended.is_cancelled() {
            return;
        }
    }
}

struct Sender {
    client: reqwest::Client,
    endpoint: String,
    failing: bool,
}

impl Sender {
    /// What cannot be told is dropped; the log says so once.
    async fn send(&mut self, path: &str, message: &serde_json::Value) {
        let request = self
            .client
            .post(format!("{}{path}", self.endpoint))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(message.to_string());
        let failure = match request.send().await {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("it answers {}", answer.status())),
            Err(error) if error.is_timeout() => Some("it does not answer in time".to_owned()),
            Err(_) => Some("it cannot be reached".to_owned()),
        };
        if let Some(failure) = &failure
            && !self.failing
        {
            tracing::warn!("the collector at FASTINTERCOM_OTLP_ENDPOINT gets nothing: {failure}");
        }
        self.failing = failure.is_some();
    }
}
