//! `wasi:http` for the guest, bound to the one way out.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderName};
use http_body_util::{BodyExt, Full};
use tokio::sync::Semaphore;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
};

use super::outgoing::{Outgoing, OutgoingError};
use super::policy::{IN_FLIGHT, REQUEST_BYTES, headers};
use crate::component::deadline::Deadline;
use crate::component::limits::MemoryBudget;

/// Bytes of a body that one write may leave with the host.
const CHUNK_BYTES: usize = 64 * 1024;
/// The hooks of one instance.
pub struct Egress {
    outgoing: Arc<Outgoing>,
    memory: Arc<MemoryBudget>,
    places: Arc<Semaphore>,
    /// Of the call at hand; an answer that brings something is a sign that its work goes on.
    watchdog: Option<Arc<Deadline>>,
}

impl Egress {
    /// Answers that the guest has not read yet count as memory of all instances.
    #[must_use]
    pub fn new(outgoing: Arc<Outgoing>, memory: Arc<MemoryBudget>) -> Self {
        Self { outgoing, memory, places: Arc::new(Semaphore::new(IN_FLIGHT)), watchdog: None }
    }

    /// Requests from now on belong to a call with that deadline.
    pub fn watched_by(&mut self, deadline: Arc<Deadline>) {
        self.watchdog = Some(deadline);
    }
}

type Exchange = Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for Egress {
    /// Neither in headers nor in trailers; the filter serves both.
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(|name: &HeaderName| {
            DEFAULT_FORBIDDEN_HEADERS.contains(name)
                || [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION].contains(name)
                || name.as_str().starts_with("x-forwarded")
        })
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK_BYTES
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _options: Option<RequestOptions>,
        _transmission: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Exchange> + Send> {
        let (outgoing, memory) = (Arc::clone(&self.outgoing), Arc::clone(&self.memory));
        let place = Arc::clone(&self.places).try_acquire_owned();
        let watchdog = self.watchdog.clone();
        Box::new(async move {
            let _place = place.map_err(|_| Error::ConnectionLimitReached)?;
            let (mut parts, body) = request.into_parts();
            // The body is read in any case: a guest that is refused while it still writes would
            // see a broken pipe instead of the rule.
            let body = collect(body).await?;
            parts.headers.remove(header::HOST);
            headers::check_outgoing(&mut parts.headers).map_err(|rule| {
                tracing::warn!("request refused: {rule}");
                to_wasi(OutgoingError::Denied(rule))
            })?;
            let answer = outgoing
                .send(parts.method, parts.uri, parts.headers, body, &memory)
                .await
                .map_err(to_wasi)?;
            // A refusal brings nothing: an API that answers 429 for ever must not keep a sync alive.
            if let Some(watchdog) = watchdog.filter(|_| answer.status().is_success()) {
                watchdog.progress();
            }
            let (parts, (bytes, held)) = answer.into_parts();
            // The room goes back when the guest has read the body, or thrown it away.
            let body = Full::new(bytes).map_err(Error::from).map_frame(move |frame| {
                let _ = &held;
                frame
            });
            let answer = http::Response::from_parts(parts, body.boxed_unsync());
            let done: Box<dyn Future<Output = Result<(), Error>> + Send> = Box::new(async { Ok(()) });
            Ok((answer, done))
        })
    }
}

async fn collect(mut body: WasiBody) -> Result<Bytes, Error> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // Trailers are dropped: nothing that we send has any.
        if let Ok(data) = frame?.into_data() {
            if bytes.len() + data.len() > REQUEST_BYTES {
                return Err(Error::HttpRequestBodySize(Some(REQUEST_BYTES as u64)));
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.freeze())
}

/// The guest tells a denial and a broken connection apart by the first word (see the guest's
/// `component::http`): WASI's `HTTP-request-denied` has no room for the rule.
fn to_wasi(error: OutgoingError) -> Error {
    match error {
        OutgoingError::Denied(rule) => Error::InternalError(Some(format!("denied: {rule}"))),
        OutgoingError::Timeout => Error::HttpResponseTimeout,
        OutgoingError::TooLarge => Error::HttpResponseBodySize(None),
        OutgoingError::Connection(reason) => Error::InternalError(Some(reason)),
    }
}
