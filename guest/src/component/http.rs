//! Many requests at once over `wasi:http`, without threads.

use crate::environment::{Http, HttpError, HttpMethod, HttpRequest, HttpResponse, Ticket};
use crate::wit::wasi::clocks::monotonic_clock;
use crate::wit::wasi::http::outgoing_handler;
use crate::wit::wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, Method, OutgoingBody, OutgoingRequest, Scheme,
};
use crate::wit::wasi::io::poll::{Pollable, poll};
use crate::wit::wasi::io::streams::StreamError;

/// Bytes taken from a body at once.
const CHUNK: u64 = 256 * 1024;
const MILLISECOND: u64 = 1_000_000;

/// Requests that were sent and have not ended.
#[derive(Default)]
pub struct WasiHttp {
    next: u64,
    flights: Vec<Flight>,
    /// Requests that failed before they left.
    failed: Vec<(Ticket, HttpError)>,
}

struct Flight {
    ticket: Ticket,
    // Declared, and so dropped, before the future it watches.
    ready: Pollable,
    response: FutureIncomingResponse,
    /// Nanoseconds of the monotonic clock.
    overdue: u64,
}

impl Http for WasiHttp {
    fn send(&mut self, request: HttpRequest) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        let overdue = monotonic_clock::now().saturating_add(request.timeout_ms.saturating_mul(MILLISECOND));
        match start(&request) {
            Ok(response) => {
                self.flights.push(Flight { ticket, ready: response.subscribe(), response, overdue });
            }
            Err(error) => self.failed.push((ticket, error)),
        }
        ticket
    }

    fn wait(&mut self, at_most_ms: u64) -> Option<(Ticket, Result<HttpResponse, HttpError>)> {
        if let Some((ticket, error)) = self.failed.pop() {
            return Some((ticket, Err(error)));
        }
        let now = monotonic_clock::now();
        if let Some(index) = self.flights.iter().position(|flight| flight.overdue <= now) {
            let flight = self.flights.swap_remove(index);
            return Some((flight.ticket, Err(HttpError::Timeout)));
        }
        let first_overdue = self.flights.iter().map(|flight| flight.overdue - now).min();
        let pause = first_overdue.unwrap_or(u64::MAX).min(at_most_ms.saturating_mul(MILLISECOND));
        let timer = monotonic_clock::subscribe_duration(pause);
        let mut watched: Vec<&Pollable> = self.flights.iter().map(|flight| &flight.ready).collect();
        watched.push(&timer);
        let ready = poll(&watched);
        let index =
            ready.into_iter().map(|index| index as usize).find(|index| *index < self.flights.len())?;
        let flight = self.flights.swap_remove(index);
        Some((flight.ticket, finish(&flight.response)))
    }

    fn cancel(&mut self, ticket: Ticket) {
        // Dropping the future ends the request.
        self.flights.retain(|flight| flight.ticket != ticket);
        self.failed.retain(|(failed, _)| *failed != ticket);
    }

    fn in_flight(&self) -> usize {
        self.flights.len() + self.failed.len()
    }
}

fn start(request: &HttpRequest) -> Result<FutureIncomingResponse, HttpError> {
    let malformed = |what: &str| HttpError::Denied(format!("the {what} of the request is malformed"));
    let fields = Fields::new();
    for (name, value) in &request.headers {
        fields.append(name, value.as_bytes()).map_err(|_| malformed("header"))?;
    }
    if let Some(body) = &request.body {
        // Without it, hosts send the body in chunks, which simple servers cannot read.
        fields
            .append("content-length", body.len().to_string().as_bytes())
            .map_err(|_| malformed("header"))?;
    }
    let (scheme, rest) = request.url.split_once("://").ok_or_else(|| malformed("address"))?;
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/"),
    };
    let outgoing = OutgoingRequest::new(fields);
    let method = match request.method {
        HttpMethod::Get => Method::Get,
        HttpMethod::Post => Method::Post,
    };
    let scheme = if scheme == "http" { Scheme::Http } else { Scheme::Https };
    outgoing.set_method(&method).map_err(|()| malformed("method"))?;
    outgoing.set_scheme(Some(&scheme)).map_err(|()| malformed("address"))?;
    outgoing.set_authority(Some(authority)).map_err(|()| malformed("address"))?;
    outgoing.set_path_with_query(Some(path)).map_err(|()| malformed("address"))?;
    let body = outgoing.body().map_err(|()| malformed("body"))?;
    // No request options: wasmtime-wasi-http 48 never takes them out of its table, which is full
    // after some thousands of requests. Dropping the future when it is overdue ends the request.
    let response = outgoing_handler::handle(outgoing, None).map_err(|code| explain(&code))?;
    if let Some(bytes) = &request.body {
        let stream = body.write().map_err(|()| malformed("body"))?;
        for chunk in bytes.chunks(4096) {
            stream
                .blocking_write_and_flush(chunk)
                .map_err(|_| HttpError::Connection("the request could not be sent".to_owned()))?;
        }
    }
    OutgoingBody::finish(body, None).map_err(|code| explain(&code))?;
    Ok(response)
}

fn finish(response: &FutureIncomingResponse) -> Result<HttpResponse, HttpError> {
    let lost = || HttpError::Connection("the answer was lost".to_owned());
    let response = response.get().ok_or_else(lost)?.map_err(|()| lost())?.map_err(|code| explain(&code))?;
    let headers = response
        .headers()
        .entries()
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), String::from_utf8_lossy(&value).into_owned()))
        .collect();
    let incoming = response.consume().map_err(|()| lost())?;
    let body = read(&incoming)?;
    Ok(HttpResponse { status: response.status(), headers, body })
}

/// The host hands over a body when it has all of it, so reading does not wait.
fn read(incoming: &IncomingBody) -> Result<Vec<u8>, HttpError> {
    let stream = incoming.stream().map_err(|()| HttpError::Connection("the answer was lost".to_owned()))?;
    let mut body = Vec::new();
    loop {
        match stream.blocking_read(CHUNK) {
            Ok(bytes) if body.is_empty() => body = bytes,
            Ok(bytes) => body.extend_from_slice(&bytes),
            Err(StreamError::Closed) => return Ok(body),
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(HttpError::Connection(error.to_debug_string()));
            }
        }
    }
}

/// The host's sentences come as internal errors, a refusal's with `denied:` before it.
fn explain(code: &ErrorCode) -> HttpError {
    match code {
        ErrorCode::InternalError(Some(text)) => match text.strip_prefix("denied: ") {
            Some(rule) => HttpError::Denied(rule.to_owned()),
            None => HttpError::Connection(text.clone()),
        },
        ErrorCode::HttpRequestDenied => HttpError::Denied("the host refused the request".to_owned()),
        ErrorCode::HttpResponseTimeout
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::DnsTimeout => HttpError::Timeout,
        ErrorCode::HttpResponseBodySize(_) => HttpError::TooLarge,
        other => HttpError::Connection(format!("{other:?}")),
    }
}
