//! Progress notifications: only when asked for, rising, not too many, none after the answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::Peer;
use tokio::sync::watch;

use crate::backend::{Sink, Update};

/// Between two notifications; a person sees no more.
const PAUSE: Duration = Duration::from_millis(200);

/// The sending end, for the component, and the task that forwards to the client.
pub struct Forwarder {
    pub sink: Sink,
    /// Only the latest: a component that reports faster than the client reads fills no queue.
    updates: watch::Receiver<Option<Update>>,
    peer: Peer<RoleServer>,
    token: ProgressToken,
    sent: f64,
    last: Option<Instant>,
}

impl Forwarder {
    pub fn new(peer: Peer<RoleServer>, token: ProgressToken) -> Self {
        let (sender, updates) = watch::channel(None);
        let sink: Sink = Arc::new(move |update| drop(sender.send_replace(Some(update))));
        Self { sink, updates, peer, token, sent: 0.0, last: None }
    }

    /// Forwards while the call runs, and what is left when it ends: an answer is never followed
    /// by progress.
    pub async fn during<T>(mut self, call: impl Future<Output = T>) -> T {
        tokio::pin!(call);
        let mut waiting = false;
        loop {
            tokio::select! {
                biased;
                answer = &mut call => {
                    if waiting || self.updates.has_changed().unwrap_or(false) {
                        self.send_latest().await;
                    }
                    return answer;
                }
                Ok(()) = self.updates.changed() => {
                    // What comes during the pause waits for the next change, or the end.
                    waiting = self.last.is_some_and(|last| last.elapsed() < PAUSE);
                    if !waiting {
                        self.send_latest().await;
                    }
                }
            }
        }
    }

    async fn send_latest(&mut self) {
        let update = self.updates.borrow_and_update().clone();
        if let Some(update) = update {
            self.send(update).await;
        }
    }

    /// The protocol wants every value above the one before.
    #[expect(clippy::cast_precision_loss, reason = "counts of conversations stay far below 2^52")]
    async fn send(&mut self, update: Update) {
        let done = update.done as f64;
        self.sent = if done > self.sent { done } else { self.sent + 0.001 };
        self.last = Some(Instant::now());
        let mut parameters =
            ProgressNotificationParam::new(self.token.clone(), self.sent).with_message(format!(
                "{}: {} conversations, {} messages, {} waiting",
                update.phase, update.done, update.messages, update.waiting
            ));
        if let Some(total) = update.total {
            parameters = parameters.with_total((total as f64).max(self.sent));
        }
        let _ = self.peer.notify_progress(parameters).await;
    }
}
