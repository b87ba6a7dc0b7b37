//! Answers of the door: JSON, and never to be stored.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use fastintercom_policy::guard::Refusal;
use http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use serde_json::json;

/// What every route answers with.
pub type Answer = Response<BoxBody<Bytes, Cut>>;

/// A body that ends before its end: the connection is closed, so that no client takes what came
/// for the whole.
#[derive(Debug)]
pub struct Cut(pub String);

impl std::fmt::Display for Cut {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Cut {}

/// An answer of the SDK, whose bodies do not break off.
pub fn whole(answer: Response<BoxBody<Bytes, Infallible>>) -> Answer {
    answer.map(|body| body.map_err(|never| match never {}).boxed())
}

/// A JSON document, passed on unread.
pub fn json(status: StatusCode, document: impl Into<Bytes>) -> Answer {
    let body = Full::new(document.into()).map_err(|never: Infallible| match never {});
    of("application/json", status, body.boxed())
}

/// An answer of that type, which nobody keeps or takes for another type.
pub fn of(media_type: &'static str, status: StatusCode, body: BoxBody<Bytes, Cut>) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// `{"error": "…"}` with a sentence for a person.
pub fn error(status: StatusCode, sentence: &str) -> Answer {
    json(status, json!({ "error": sentence }).to_string())
}

/// What a caller gets whom the guard turned away.
#[must_use]
pub fn refused(refusal: Refusal) -> Box<Answer> {
    let mut answer = error(refusal.status, &refusal.sentence);
    if let Some(challenge) = refusal.challenge {
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    Box::new(answer)
}

/// A caller has made all the calls of their minute.
pub fn too_many(most: u32, wait: Duration) -> Answer {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let sentence =
        format!("You may make {most} calls a minute, and have made them. Ask again in {seconds} seconds.");
    let mut answer = error(StatusCode::TOO_MANY_REQUESTS, &sentence);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

/// What would be needed is not to be had; it may be soon.
pub fn unavailable(sentence: &str, wait: Duration) -> Answer {
    let mut answer = error(StatusCode::SERVICE_UNAVAILABLE, sentence);
    let seconds = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

/// All places are taken by requests in progress; to be asked again on another connection.
pub fn busy() -> Answer {
    let mut answer = error(
        StatusCode::SERVICE_UNAVAILABLE,
        "All connections of this server have requests in progress. Ask again in a moment.",
    );
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}
