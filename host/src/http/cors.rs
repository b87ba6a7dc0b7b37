//! Which web pages may read an answer: those of this server's own origins, and no others.
//!
//! A browser asks first (a preflight) and shows the answer's headers, without the token. What a
//! page may send is what MCP's transport has; see <https://fetch.spec.whatwg.org/#http-cors-protocol>.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderName, HeaderValue, ORIGIN, VARY,
};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};

use super::answer::Answer;

const METHODS: &str = "GET, HEAD, POST";
/// The transport's headers, in both eras, and those of a trace.
const HEADERS: &str = "accept, authorization, content-type, last-event-id, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id, traceparent, tracestate";
/// Why a call was refused, and when to ask again.
const EXPOSED: &str = "mcp-protocol-version, mcp-session-id, retry-after, www-authenticate";
/// Seconds for which a browser remembers the answer; Chrome takes no more.
const MAX_AGE: &str = "7200";

/// Chrome asks so before a page of another address space calls this machine's own.
const REQUEST_PRIVATE: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// Whether a browser asks what a page may do.
pub fn is_preflight(parts: &Parts) -> bool {
    parts.method == Method::OPTIONS
        && parts.headers.contains_key(ORIGIN)
        && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// What a page of one of our own origins may do.
pub fn preflight(asked: &HeaderMap) -> Answer {
    let nothing = Empty::<Bytes>::new().map_err(|never| match never {});
    let mut answer = Response::new(nothing.boxed());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    let headers = answer.headers_mut();
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if asked.contains_key(REQUEST_PRIVATE) {
        headers.insert(ALLOW_PRIVATE, HeaderValue::from_static("true"));
    }
    answer
}

/// Lets the page of that origin, which is one of our own, read the answer.
pub fn let_read(answer: &mut Answer, origin: HeaderValue) {
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    headers.append(VARY, HeaderValue::from_static("origin"));
}
