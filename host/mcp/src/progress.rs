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
    pace: Pace,
    last: Option<Instant>,
}

impl Forwarder {
    pub fn new(peer: Peer<RoleServer>, token: ProgressToken) -> Self {
        let (sender, updates) = watch::channel(None);
        let sink: Sink = Arc::new(move |update| drop(sender.send_replace(Some(update))));
        Self { sink, updates, peer, token, pace: Pace::default(), last: None }
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

    async fn send(&mut self, update: Update) {
        let Some((progress, total)) = self.pace.next(update.done, update.total) else { return };
        self.last = Some(Instant::now());
        let mut parameters =
            ProgressNotificationParam::new(self.token.clone(), progress).with_message(format!(
                "{}: {} conversations, {} messages, {} waiting",
                update.phase, update.done, update.messages, update.waiting
            ));
        if let Some(total) = total {
            parameters = parameters.with_total(total);
        }
        let _ = self.peer.notify_progress(parameters).await;
    }
}

/// The protocol wants every value above the one before, and a person one that makes sense beside
/// its total.
#[derive(Default)]
struct Pace {
    sent: Option<f64>,
}

impl Pace {
    /// The next value and its total; `None`: there is nothing to tell.
    #[expect(clippy::cast_precision_loss, reason = "counts of conversations stay far below 2^52")]
    fn next(&mut self, done: u64, total: Option<u64>) -> Option<(f64, Option<f64>)> {
        // Before anything was counted a total of nothing says less than none.
        let total = total.filter(|total| *total > 0).map(|total| total as f64);
        let done = done as f64;
        let next = match self.sent {
            Some(sent) if done <= sent => sent + 0.001,
            _ => done,
        };
        if total.is_some_and(|total| next > total && done <= total) {
            return None;
        }
        self.sent = Some(next);
        Some((next, total.map(|total| total.max(next))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_begins_at_nothing_of_what_is_known_and_always_rises() {
        let mut pace = Pace::default();
        for (done, total, expected) in [
            // Nothing is counted yet.
            (0, Some(0), Some((0.0, None))),
            (0, None, Some((0.001, None))),
            (0, Some(40), Some((0.002, Some(40.0)))),
            (7, Some(40), Some((7.0, Some(40.0)))),
            (7, Some(40), Some((7.001, Some(40.0)))),
            // It never falls.
            (3, Some(40), Some((7.002, Some(40.0)))),
            (40, Some(40), Some((40.0, Some(40.0)))),
            // Never more than all.
            (40, Some(40), None),
            // More came than was expected.
            (45, Some(40), Some((45.0, Some(45.0)))),
        ] {
            let rounded = |(value, total): (f64, Option<f64>)| ((value * 1_000.0).round() / 1_000.0, total);
            assert_eq!(pace.next(done, total).map(rounded), expected, "{done} of {total:?}");
        }
    }
}
