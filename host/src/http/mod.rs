//! The door for many clients: MCP over Streamable HTTP, bare tool calls, and questions of health.
//!
//! | request | answer |
//! |---|---|
//! | `POST /mcp` | MCP, both eras, without sessions: any replica can answer any request |
//! | `POST /tools/NAME` | the structured answer of a tool, its arguments being the body |
//! | `GET /export` | whole conversations, all that meet the filters of its query, as they are read |
//! | `GET /healthz` | the process is alive |
//! | `GET /readyz` | calls can be answered; else 503 and why not |
//! | `GET /.well-known/oauth-protected-resource` | where there is an identity provider: which tokens are taken |
//!
//! Every request passes the guard ([`fastintercom_policy::guard`]) first. Bodies are read whole, within a size and a time,
//! before anything looks at them. Behind that, all calls go the way of those over standard input:
//! to the same instances, with the same limits.

mod answer;
mod body;
mod connections;
mod cors;
mod export;
mod health;
mod oauth;
mod routes;
mod tools;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::combinators::BoxBody;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::application::Application;
use crate::config::Door;
use answer::Cut;
use connections::{Busy, Connections};
use routes::Routes;

/// How long a connection may take to send the head of a request, and stay idle between two.
const HEAD: Duration = Duration::from_secs(10);
/// Bytes of the head of a request: a proxy's headers and a token need some thousand.
const HEAD_BYTES: usize = 32 * 1024;
/// How long calls in progress may take to end when the server is to stop. Kubernetes kills after
/// 30 seconds, systemd after 90.
const DRAIN: Duration = Duration::from_secs(10);
/// How long to wait when the system has no more files to give for a connection.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Begins to listen, so that an address that is taken is known at once.
///
/// # Errors
/// A sentence.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| {
        format!("--http is \"{address}\", and nothing can listen there ({error}). Is it in use already? Port 0 takes a free one.")
    })
}

/// Serves until cancelled, and then until the calls in progress have ended, or [`DRAIN`] has.
pub async fn serve(
    application: Arc<Application>,
    door: &Door,
    listener: TcpListener,
    cancelled: CancellationToken,
) {
    let address = listener.local_addr().unwrap_or(door.address);
    let token = match (door.token.is_some(), door.callers.guard()) {
        _ if let Some(oauth) = &door.oauth => {
            &format!("callers must show their token, or one of {}", oauth.settings().issuer)
        }
        (true, false) => "callers must show the token",
        (_, true) => "callers must show their token",
        (false, false) => "no token is asked for",
    };
    tracing::info!(
        "listening on http://{address} (MCP at /mcp, tools at /tools/NAME, everything at /export); {token}"
    );

    // What callers with limits read.
    tokio::spawn(Arc::clone(&application.filtered).watch(cancelled.clone()));
    // Cancelled last: what streams still run are cut.
    let streams = CancellationToken::new();
    let routes = Arc::new(Routes::new(Arc::clone(&application), door, cancelled.clone(), streams.clone()));
    let _cut = streams.drop_guard();
    let graceful = GracefulShutdown::new();
    let connections = Arc::new(Connections::default());
    loop {
        let stream = tokio::select! {
            () = cancelled.cancelled() => break,
            stream = accept(&listener) => stream,
        };
        // Dropping the stream closes it: every place has a request in progress.
        let Some(place) = connections.take_slot() else { continue };
        let _ = stream.set_nodelay(true);
        let routes = Arc::clone(&routes);
        let closed = place.closed.clone();
        let place = Arc::new(place);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(
                TokioIo::new(stream),
                service_fn(move |request| {
                    let (routes, busy, only_health) =
                        (Arc::clone(&routes), place.request(), place.only_health);
                    async move {
                        let (mut answer, unread) = match only_health && !routes::is_health(request.uri()) {
                            true => (answer::busy(), None),
                            false => routes.answer(request).await,
                        };
                        let Some(unread) = unread else {
                            return Ok::<_, Infallible>(answer.map(|body| held(body, busy)));
                        };
                        // Strangers get so far: meanwhile their connection gives way, as idle ones do.
                        drop(busy);
                        unread.discard(&mut answer).await;
                        Ok(answer)
                    }
                }),
            );
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => {
                    if let Err(error) = ended {
                        tracing::debug!("a connection ended early: {error}");
                    }
                }
                () = closed.cancelled() => tracing::debug!("an idle connection gave way to another"),
            }
        });
    }
    drop(listener);
    // A call that waits for a sync ends with it; what the sync has read is kept.
    let ended = async { tokio::join!(graceful.shutdown(), application.syncs.stop()) };
    if tokio::time::timeout(DRAIN, ended).await.is_err() {
        tracing::warn!("some calls did not end within {} s and are dropped", DRAIN.as_secs());
    }
}

/// The body; its request is in progress until all of it was taken.
fn held(body: BoxBody<Bytes, Cut>, busy: Busy) -> BoxBody<Bytes, Cut> {
    body.map_frame(move |frame| {
        let _ = &busy;
        frame
    })
    .boxed()
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::warn!("a connection could not be accepted: {error}");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}
