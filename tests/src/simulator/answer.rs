//! An answer, and what a fault makes of it.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::error::ApiError;
use super::faults::Fault;
use super::log::InFlight;
use super::server::Shared;

/// An answer before its headers.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: Vec<u8>,
    pub canonical: Option<String>,
}

impl Answer {
    pub fn json(status: u16, value: &Value) -> Self {
        let body = value.to_string().into_bytes();
        Self { status, content_type: "application/json; charset=utf-8", body, canonical: None }
    }

    pub fn html(status: u16, title: &str) -> Self {
        let body = format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
             <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        );
        Self { status, content_type: "text/html", body: body.into_bytes(), canonical: None }
    }
}

pub fn rate_limited(limit: u32) -> ApiError {
    ApiError::new(429, "rate_limit_exceeded", format!("Exceeded rate limit of {limit} in 10_seconds"))
}

/// The answer of a fault that never reaches the endpoint.
pub fn instead(fault: &Fault, shared: &Shared, request_id: &str) -> Option<Answer> {
    let error = |error: ApiError| Some(refusal(&error, request_id));
    match fault {
        Fault::HtmlError { status } => {
            let reason = StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason());
            Some(Answer::html(*status, &format!("{status} {}", reason.unwrap_or_default())))
        }
        Fault::Unavailable => error(ApiError::new(
            503,
            "service_unavailable",
            "Sorry, the API service is temporarily unavailable",
        )),
        Fault::EmptyOk => Some(Answer { body: Vec::new(), ..Answer::html(200, "") }),
        Fault::HtmlOk => Some(Answer::html(200, "Intercom")),
        Fault::RateLimited | Fault::RefusedBurst => error(rate_limited(shared.rate_limit.exhausted(0).limit)),
        Fault::RejectedCursor => error(ApiError::bad_cursor()),
        Fault::NotFound => error(ApiError::not_found("Conversation")),
        Fault::ParameterInvalid => error(ApiError::parameter("Too many values")),
        Fault::MissingScope { status: 401 } => {
            error(ApiError::new(401, "unauthorized", "Access Token Invalid"))
        }
        Fault::MissingScope { status } => {
            error(ApiError::new(*status, "forbidden", "The token lacks the permission for this endpoint"))
        }
        Fault::Reset => error(ApiError::new(500, "server_error", "never sent")),
        _ => None,
    }
}

pub fn refusal(error: &ApiError, request_id: &str) -> Answer {
    Answer { canonical: error.canonical.clone(), ..Answer::json(error.status, &error.body(request_id)) }
}

/// Sends the body whole, or as the fault has it. A stalled request stays in flight to its end.
pub fn into_response(
    answer: Answer,
    headers: HeaderMap,
    fault: Option<Fault>,
    in_flight: InFlight,
) -> Response {
    let bytes = Bytes::from(answer.body);
    let seconds = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let body = match fault {
        // Without the pause the error would overtake the half that is to arrive.
        Some(Fault::Truncated) => halved(bytes, Duration::from_millis(20), false, in_flight),
        Some(Fault::Stall { seconds: pause }) => halved(bytes, seconds(pause), true, in_flight),
        _ => Body::from(bytes),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    response
}

/// Half of `bytes`, a pause, and then the other half or an error that closes the connection.
fn halved(bytes: Bytes, pause: Duration, complete: bool, in_flight: InFlight) -> Body {
    let half = bytes.len() / 2;
    let rest =
        if complete { Ok(bytes.slice(half..)) } else { Err(io::Error::from(io::ErrorKind::UnexpectedEof)) };
    let first = stream::once(async move { Ok(bytes.slice(..half)) });
    let second = stream::once(async move {
        tokio::time::sleep(pause).await;
        drop(in_flight);
        rest
    });
    Body::from_stream(first.chain(second))
}
