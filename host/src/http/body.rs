//! Bodies of requests: whole, within a size and a time.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};

use super::answer::{self, Answer};

/// The longest arguments that a tool takes are a query and some lists: far below.
const MOST: usize = 1024 * 1024;
/// How long a caller may take to send it.
const PATIENCE: Duration = Duration::from_secs(20);
/// For how long a body that nobody asked for is read.
const DISCARDING: Duration = Duration::from_secs(2);

/// # Errors
/// The answer to give instead: 413, 408 or 400.
pub async fn read(body: &mut Incoming) -> Result<Bytes, Box<Answer>> {
    let refuse = |status, sentence: &str| Err(Box::new(answer::error(status, sentence)));
    let too_large =
        || refuse(StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 1 MB; ask for less at a time.");
    if body.size_hint().lower() > MOST as u64 {
        return too_large();
    }
    match tokio::time::timeout(PATIENCE, Limited::new(body, MOST).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => too_large(),
        Ok(Err(_)) => refuse(StatusCode::BAD_REQUEST, "The body could not be read to its end."),
        Err(_) => refuse(StatusCode::REQUEST_TIMEOUT, "The body did not come in time."),
    }
}

/// The body of a request that is refused without it.
pub struct Unread {
    pub body: Incoming,
    /// The client waits for `100 Continue`: it has not begun to write, and does not.
    pub is_awaited: bool,
}

impl Unread {
    /// Reads it. A connection that is closed while its client still writes is reset, and the client
    /// would see that in place of the answer. What takes too long ends with the connection.
    pub async fn discard(mut self, answer: &mut Answer) {
        let is_done =
            !self.is_awaited && tokio::time::timeout(DISCARDING, rest(&mut self.body)).await.unwrap_or(false);
        if !is_done && !self.body.is_end_stream() {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// Whether it came to its end.
async fn rest(body: &mut Incoming) -> bool {
    while let Some(frame) = body.frame().await {
        if frame.is_err() {
            return false;
        }
    }
    true
}
