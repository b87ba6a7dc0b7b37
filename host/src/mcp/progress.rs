//! Progress notifications: only when asked for, rising, not too many, none after the answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::Peer;
use tokio::sync::mpsc;

use crate::component::bindings::progress::Update;
use crate::component::state::ProgressSink;

/// Between two notifications; a person sees no more.
const PAUSE: Duration = Duration::from_millis(200);

/// The sending end, for the component, and the task that forwards to the client.
pub struct Forwarder {
    pub sink: ProgressSink,
    updates: mpsc::UnboundedReceiver<Update>,
    peer: Peer<RoleServer>,
    token: ProgressToken,
    sent: f64,
    last: Option<Instant>,
}

impl Forwarder {
    pub fn new(peer: Peer<RoleServer>, token: ProgressToken) -> Self {
        let (sender, updates) = mpsc::unbounded_channel();
        let sink: ProgressSink = Arc::new(move |update| {
            let _ = sender.send(update);
        });
        Self { sink, updates, peer, token, sent: 0.0, last: None }
    }

    /// Forwards while the call runs, and what is left when it ends: an answer is never followed
    /// by progress.
    pub async fn during<T>(mut self, call: impl Future<Output = T>) -> T {
        tokio::pin!(call);
        loop {
            tokio::select! {
                biased;
                answer = &mut call => {
                    let mut latest = None;
                    while let Ok(update) = self.updates.try_recv() {
                        latest = Some(update);
                    }
                    if let Some(update) = latest {
                        self.send(update).await;
                    }
                    return answer;
                }
                Some(update) = self.updates.recv() => {
                    if self.last.is_none_or(|last| last.elapsed() >= PAUSE) {
                        self.send(update).await;
                    }
                }
            }
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
