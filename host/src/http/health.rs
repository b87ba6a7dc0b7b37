//! Is the process alive, and can it answer calls?

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer};
use crate::application::Application;

/// A finding is good for so long: who asks more often, and anybody may ask, costs nothing.
const GOOD_FOR: Duration = Duration::from_secs(1);
/// Compiling takes seconds at the first start; a call waits for a reader when all are at work.
const PATIENCE: Duration = Duration::from_secs(5);

/// Looks, at most once a second.
pub struct Health {
    application: Arc<Application>,
    stopping: CancellationToken,
    /// When it was looked last, and what is wrong, in a sentence.
    last: Mutex<Option<(Instant, Result<(), String>)>>,
}

impl Health {
    pub fn new(application: Arc<Application>, stopping: CancellationToken) -> Self {
        Self { application, stopping, last: Mutex::new(None) }
    }

    /// That there is an answer at all is the answer.
    pub fn alive() -> Answer {
        answer::json(StatusCode::OK, r#"{"status":"alive"}"#)
    }

    /// Whether the component is loaded and reads its database.
    pub async fn ready(&self) -> Answer {
        if self.stopping.is_cancelled() {
            return answer::error(StatusCode::SERVICE_UNAVAILABLE, "The server is shutting down.");
        }
        match self.finding().await {
            Ok(()) => answer::json(StatusCode::OK, r#"{"status":"ready"}"#),
            Err(sentence) => answer::error(StatusCode::SERVICE_UNAVAILABLE, &sentence),
        }
    }

    async fn finding(&self) -> Result<(), String> {
        // One looks, the others wait for what it finds.
        let mut last = self.last.lock().await;
        if let Some((at, finding)) = last.as_ref()
            && at.elapsed() < GOOD_FOR
        {
            return finding.clone();
        }
        let finding = match tokio::time::timeout(PATIENCE, self.application.status()).await {
            Ok(Ok(Ok(_))) => Ok(()),
            Ok(Ok(Err(sentence))) => Err(sentence),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!(
                "There was no answer within {} s: the component is being compiled for the first time, or all readers are at work.",
                PATIENCE.as_secs()
            )),
        };
        *last = Some((Instant::now(), finding.clone()));
        finding
    }
}
