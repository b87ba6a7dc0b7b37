//! Clients that want to know when the status resource changed: at the end of each sync.
//!
//! Of all that the component offers, only the status changes while the server runs. Revision
//! 2026-07-28 asks with `subscriptions/listen`; the revisions before it with
//! `resources/subscribe`, which lasts for the session.

use std::sync::{Mutex, PoisonError};

use rmcp::model::{ResourceUpdatedNotificationParam, SubscriptionFilter};
use rmcp::service::{Peer, SubscriptionContext};
use rmcp::{ErrorData, RoleServer};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

/// The resource whose changes can be subscribed to.
pub const STATUS_URI: &str = "intercom://status";

/// Of what a client asks to hear, what it will.
pub fn accepted(requested: &SubscriptionFilter) -> SubscriptionFilter {
    let uris = requested.resource_subscriptions.iter().flatten();
    let mut accepted = SubscriptionFilter::new();
    if uris.clone().any(|uri| uri == STATUS_URI) {
        accepted.resource_subscriptions = Some(vec![STATUS_URI.to_owned()]);
    }
    accepted
}

/// Tells a client of each end of a sync, until it has heard enough or the program is to end.
pub async fn listen(
    context: SubscriptionContext,
    mut ended: watch::Receiver<u64>,
    stopping: &CancellationToken,
) {
    loop {
        tokio::select! {
            () = context.cancelled() => return,
            () = stopping.cancelled() => return,
            changed = ended.changed() => {
                if changed.is_err() {
                    return;
                }
                // It fails for a client that did not ask for the status; nothing else changes.
                let _ = context.sink().notify_resource_updated(STATUS_URI).await;
            }
        }
    }
}

/// A legacy session's subscription to the status, if it has one. It ends with the session.
#[derive(Debug, Default)]
pub struct LegacySubscription(Mutex<Option<AbortHandle>>);

impl LegacySubscription {
    /// Subscribing twice is subscribing once.
    ///
    /// # Errors
    /// `-32602` for a resource that does not change.
    pub fn begin(
        &self,
        uri: &str,
        peer: Peer<RoleServer>,
        mut ended: watch::Receiver<u64>,
    ) -> Result<(), ErrorData> {
        if uri != STATUS_URI {
            return Err(ErrorData::invalid_params(
                format!(
                    "Only {STATUS_URI} can be subscribed to: nothing else changes while the server runs."
                ),
                None,
            ));
        }
        let telling = tokio::spawn(async move {
            while ended.changed().await.is_ok() {
                let updated = ResourceUpdatedNotificationParam::new(STATUS_URI);
                if peer.notify_resource_updated(updated).await.is_err() {
                    return;
                }
            }
        });
        self.replace(Some(telling.abort_handle()));
        Ok(())
    }

    /// No error without a subscription: what the client wants is so.
    pub fn end(&self, uri: &str) {
        if uri == STATUS_URI {
            self.replace(None);
        }
    }

    fn replace(&self, telling: Option<AbortHandle>) {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = std::mem::replace(&mut *current, telling) {
            before.abort();
        }
    }
}

impl Drop for LegacySubscription {
    fn drop(&mut self) {
        self.replace(None);
    }
}
