//! The server over Streamable HTTP, in both eras without sessions.
//!
//! The 2026-07-28 revision has none, and 2025-11-25 leaves them to the server. Nothing of ours is
//! remembered between two requests, so none is needed: there is no table for strangers to fill,
//! and any replica behind a load balancer can answer any request. What that costs clients of the
//! older era: a cancelled call is ended by closing its request, not by a notification.

use std::sync::Arc;

use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::CancellationToken;

use crate::{Backend, Server};

/// Answers the requests of one endpoint.
pub type Streamable<B> = StreamableHttpService<Server<B>, NeverSessionManager>;

/// A service that ends subscriptions when `stopping` is cancelled, and everything with `streams`.
///
/// Names and origins are not checked here: the guard before it is the same for all routes.
pub fn service<B: Backend>(
    backend: Arc<B>,
    stopping: CancellationToken,
    streams: CancellationToken,
) -> Streamable<B> {
    let server = Server::new(backend, stopping).without_sessions();
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        // A stream only where there is progress to tell, or a subscription.
        .with_json_response(true)
        .disable_allowed_hosts()
        .with_cancellation_token(streams);
    StreamableHttpService::new(move || Ok(server.clone()), Arc::default(), config)
}
