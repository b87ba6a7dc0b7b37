//! From the host's requests to those of the `http` crate, and back.

use bytes::Bytes;
use fastintercom_policy::guard::Refusal;
use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use serde_json::json;

use crate::bindings::wasi::http::types::{
    Fields, IncomingRequest, Method as WasiMethod, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use crate::bindings::wasi::io::streams::StreamError;

/// The longest arguments that a tool takes are a query and some lists: far below.
const MOST: usize = 1024 * 1024;
/// Bytes that are taken from a body at once.
const TAKEN: u64 = 64 * 1024;
/// Bytes that WASI takes for a body at once.
const GIVEN: usize = 4096;

pub type Answer = Response<Bytes>;

/// A JSON document.
pub fn json(status: StatusCode, document: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(document.into());
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// `{"error": "…"}` with a sentence for a person.
pub fn error(status: StatusCode, sentence: &str) -> Answer {
    json(status, json!({ "error": sentence }).to_string())
}

pub fn refused(refusal: &Refusal) -> Answer {
    let mut answer = error(refusal.status, &refusal.sentence);
    if let Some(challenge) = refusal.challenge {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    answer
}

/// Everything of the request but its body.
pub fn head(request: &IncomingRequest) -> Result<Parts, Answer> {
    let malformed = || error(StatusCode::BAD_REQUEST, "The head of the request cannot be read.");
    let method = match request.method() {
        WasiMethod::Get => Method::GET,
        WasiMethod::Head => Method::HEAD,
        WasiMethod::Post => Method::POST,
        WasiMethod::Put => Method::PUT,
        WasiMethod::Delete => Method::DELETE,
        WasiMethod::Connect => Method::CONNECT,
        WasiMethod::Options => Method::OPTIONS,
        WasiMethod::Trace => Method::TRACE,
        WasiMethod::Patch => Method::PATCH,
        WasiMethod::Other(name) => Method::from_bytes(name.as_bytes()).map_err(|_| malformed())?,
    };
    let path = request.path_with_query().unwrap_or_else(|| "/".to_owned());
    let mut made = Request::builder().method(method).uri(path).body(()).map_err(|_| malformed())?;
    for (name, value) in request.headers().entries() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed())?;
        made.headers_mut().append(name, HeaderValue::from_bytes(&value).map_err(|_| malformed())?);
    }
    // Some hosts take the Host header away and give the authority instead.
    if !made.headers().contains_key(header::HOST)
        && let Some(authority) = request.authority()
    {
        let host = HeaderValue::from_str(&authority).map_err(|_| malformed())?;
        made.headers_mut().insert(header::HOST, host);
    }
    Ok(made.into_parts().0)
}

/// The body, within its size. How long it may take is the host's affair.
pub fn body(request: &IncomingRequest) -> Result<Bytes, Answer> {
    let lost = || error(StatusCode::BAD_REQUEST, "The body could not be read to its end.");
    let body = request.consume().map_err(|()| lost())?;
    let stream = body.stream().map_err(|()| lost())?;
    let mut read = Vec::new();
    loop {
        match stream.blocking_read(TAKEN) {
            Ok(bytes) => read.extend_from_slice(&bytes),
            Err(StreamError::Closed) => return Ok(read.into()),
            Err(StreamError::LastOperationFailed(_)) => return Err(lost()),
        }
        if read.len() > MOST {
            let sentence = "The body is larger than 1 MB; ask for less at a time.";
            return Err(error(StatusCode::PAYLOAD_TOO_LARGE, sentence));
        }
    }
}

/// Gives the answer to the host. A caller that hung up is no error.
pub fn respond(out: ResponseOutparam, answer: Answer) {
    let headers = Fields::new();
    for (name, value) in answer.headers() {
        // Framing is the host's affair.
        if name != header::TRANSFER_ENCODING && name != header::CONTENT_LENGTH {
            let _ = headers.append(name.as_str(), value.as_bytes());
        }
    }
    let _ = headers.append("content-length", answer.body().len().to_string().as_bytes());
    let response = OutgoingResponse::new(headers);
    let _ = response.set_status_code(answer.status().as_u16());
    let Ok(body) = response.body() else { return };
    ResponseOutparam::set(out, Ok(response));
    if let Ok(stream) = body.write() {
        for piece in answer.body().chunks(GIVEN) {
            if stream.blocking_write_and_flush(piece).is_err() {
                break;
            }
        }
    }
    let _ = OutgoingBody::finish(body, None);
}
