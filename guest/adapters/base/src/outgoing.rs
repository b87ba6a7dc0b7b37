//! The way out: `wasi:http` once more, with the policy and the token in between.
//!
//! The component makes requests of these types. One that passes the policy is made anew of the
//! host's, with the token among its headers, which nobody can read out of it again. Bodies are the
//! host's own streams: they pass unread.

use std::cell::{Cell, RefCell};

use fastintercom_policy::{ANSWER_BYTES, IN_FLIGHT, REQUEST_BYTES, headers};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::Base;
use crate::bindings::exports::fastintercom::component::log::Level;
use crate::bindings::exports::wasi::http::{outgoing_handler as handler, types as inner};
use crate::bindings::wasi::http::types as outer;
use crate::bindings::wasi::io::error::Error as IoError;
use crate::bindings::wasi::io::poll::Pollable;
use crate::bindings::wasi::io::streams::{InputStream, OutputStream};
use crate::settings::settings;

/// Headers that a component may not even hold.
const FORBIDDEN: &[HeaderName] =
    &[header::AUTHORIZATION, header::COOKIE, header::HOST, header::PROXY_AUTHORIZATION];

thread_local! { static FLIGHTS: Cell<usize> = const { Cell::new(0) }; }

#[derive(Default)]
pub struct Fields(RefCell<Vec<(String, Vec<u8>)>>);

pub struct Request {
    headers: Vec<(String, Vec<u8>)>,
    method: RefCell<inner::Method>,
    path: RefCell<Option<String>>,
    scheme: RefCell<Option<inner::Scheme>>,
    authority: RefCell<Option<String>>,
    /// The host's request, or why there is none.
    made: RefCell<Option<Result<outer::OutgoingRequest, Refusal>>>,
}

/// Why a request may not leave.
type Refusal = String;

pub struct Body(outer::OutgoingBody);

/// A request that is under way; there may be only so many.
pub struct Flight(outer::FutureIncomingResponse);

impl Drop for Flight {
    fn drop(&mut self) {
        FLIGHTS.set(FLIGHTS.get().saturating_sub(1));
    }
}

pub struct Response {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    response: outer::IncomingResponse,
}

pub struct Incoming(outer::IncomingBody);

/// Request options are taken and not used: time is the component's affair, which drops what is late.
pub struct Options;

/// What belongs to servers, or to trailers, has no place in the component.
pub struct Nothing;

impl inner::Guest for Base {
    type Fields = Fields;
    type FutureIncomingResponse = Flight;
    type FutureTrailers = Nothing;
    type IncomingBody = Incoming;
    type IncomingRequest = Nothing;
    type IncomingResponse = Response;
    type OutgoingBody = Body;
    type OutgoingRequest = Request;
    type OutgoingResponse = Nothing;
    type RequestOptions = Options;
    type ResponseOutparam = Nothing;

    fn http_error_code(_: &IoError) -> Option<inner::ErrorCode> {
        None
    }
}

impl Fields {
    fn allows(name: &str, value: &[u8]) -> Result<(), inner::HeaderError> {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| inner::HeaderError::InvalidSyntax)?;
        HeaderValue::from_bytes(value).map_err(|_| inner::HeaderError::InvalidSyntax)?;
        if FORBIDDEN.contains(&name) { Err(inner::HeaderError::Forbidden) } else { Ok(()) }
    }

    fn wrapped(entries: Vec<(String, Vec<u8>)>) -> inner::Fields {
        inner::Fields::new(Self(RefCell::new(entries)))
    }
}

impl inner::GuestFields for Fields {
    fn new() -> Self {
        Self::default()
    }

    fn from_list(entries: Vec<(String, Vec<u8>)>) -> Result<inner::Fields, inner::HeaderError> {
        entries.iter().try_for_each(|(name, value)| Self::allows(name, value))?;
        Ok(Self::wrapped(entries))
    }

    fn get(&self, name: String) -> Vec<Vec<u8>> {
        let entries = self.0.borrow();
        let same = entries.iter().filter(|(key, _)| key.eq_ignore_ascii_case(&name));
        same.map(|(_, value)| value.clone()).collect()
    }

    fn has(&self, name: String) -> bool {
        self.0.borrow().iter().any(|(key, _)| key.eq_ignore_ascii_case(&name))
    }

    fn set(&self, name: String, values: Vec<Vec<u8>>) -> Result<(), inner::HeaderError> {
        values.iter().try_for_each(|value| Self::allows(&name, value))?;
        self.delete(name.clone())?;
        self.0.borrow_mut().extend(values.into_iter().map(|value| (name.clone(), value)));
        Ok(())
    }

    fn delete(&self, name: String) -> Result<(), inner::HeaderError> {
        self.0.borrow_mut().retain(|(key, _)| !key.eq_ignore_ascii_case(&name));
        Ok(())
    }

    fn append(&self, name: String, value: Vec<u8>) -> Result<(), inner::HeaderError> {
        Self::allows(&name, &value)?;
        self.0.borrow_mut().push((name, value));
        Ok(())
    }

    fn entries(&self) -> Vec<(String, Vec<u8>)> {
        self.0.borrow().clone()
    }

    fn clone(&self) -> inner::Fields {
        Self::wrapped(self.entries())
    }
}

impl Request {
    /// The host's request, if the policy lets it out.
    fn make(&self) -> Result<outer::OutgoingRequest, Refusal> {
        let malformed = |what: &str| format!("the {what} of the request is malformed");
        let settings = settings();
        let policy = settings.policy.as_ref().ok_or("there is no address that may be called")?;
        let token = settings.token.as_ref().ok_or("there is no access token; set INTERCOM_ACCESS_TOKEN")?;
        let mut map = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed("header"))?;
            map.append(name, HeaderValue::from_bytes(value).map_err(|_| malformed("header"))?);
        }
        let method: http::Method = match &*self.method.borrow() {
            inner::Method::Get => http::Method::GET,
            inner::Method::Post => http::Method::POST,
            other => return Err(format!("the method {other:?} is not among those a sync needs")),
        };
        let length = body_length(&map, &method)?;
        headers::check_outgoing(&mut map)?;
        let (scheme, outer_scheme) = match &*self.scheme.borrow() {
            Some(inner::Scheme::Http) => ("http", outer::Scheme::Http),
            Some(inner::Scheme::Https) => ("https", outer::Scheme::Https),
            _ => return Err(malformed("address")),
        };
        let authority = self.authority.borrow().clone().unwrap_or_default();
        let path = self.path.borrow().clone().unwrap_or_default();
        let uri: http::Uri =
            format!("{scheme}://{authority}{path}").parse().map_err(|_| malformed("address"))?;
        policy.check(&method, &uri)?;

        let fields = outer::Fields::new();
        let append = |name: &HeaderName, value: &[u8]| {
            fields.append(name.as_str(), value).map_err(|_| malformed("header"))
        };
        for (name, value) in &map {
            append(name, value.as_bytes())?;
        }
        append(&header::USER_AGENT, concat!("fastintercom/", env!("CARGO_PKG_VERSION")).as_bytes())?;
        if method == http::Method::POST {
            append(&header::CONTENT_LENGTH, length.to_string().as_bytes())?;
        }
        let bearer = token.bearer().ok_or("the access token fits into no header")?;
        append(&header::AUTHORIZATION, bearer.as_bytes())?;
        let request = outer::OutgoingRequest::new(fields);
        let outer_method =
            if method == http::Method::POST { outer::Method::Post } else { outer::Method::Get };
        // What was checked is what is sent.
        let (authority, path) = (uri.authority().map(ToString::to_string), uri.path_and_query());
        request
            .set_method(&outer_method)
            .and_then(|()| request.set_scheme(Some(&outer_scheme)))
            .and_then(|()| request.set_authority(authority.as_deref()))
            .and_then(|()| request.set_path_with_query(path.map(http::uri::PathAndQuery::as_str)))
            .map_err(|()| malformed("address"))?;
        Ok(request)
    }
}

/// How long the body is. It passes as a stream, so the host is told its length and holds it to that.
fn body_length(headers: &HeaderMap, method: &http::Method) -> Result<usize, Refusal> {
    let Some(length) = headers.get(header::CONTENT_LENGTH) else {
        return if method == http::Method::POST {
            Err("the length of the body is not told".to_owned())
        } else {
            Ok(0)
        };
    };
    let length = length.to_str().ok().and_then(|text| text.parse().ok());
    length
        .filter(|length| *length <= REQUEST_BYTES)
        .ok_or_else(|| format!("the body is longer than {REQUEST_BYTES} bytes"))
}

impl inner::GuestOutgoingRequest for Request {
    fn new(headers: inner::Headers) -> Self {
        Self {
            headers: headers.into_inner::<Fields>().0.into_inner(),
            method: RefCell::new(inner::Method::Get),
            path: RefCell::default(),
            scheme: RefCell::default(),
            authority: RefCell::default(),
            made: RefCell::default(),
        }
    }

    /// Also for a request that is refused, so that the sentence comes from `handle`.
    fn body(&self) -> Result<inner::OutgoingBody, ()> {
        let made = self.make();
        let body = match &made {
            Ok(request) => request.body(),
            Err(_) => outer::OutgoingRequest::new(outer::Fields::new()).body(),
        };
        *self.made.borrow_mut() = Some(made);
        body.map(|body| inner::OutgoingBody::new(Body(body)))
    }

    fn method(&self) -> inner::Method {
        self.method.borrow().clone()
    }

    fn set_method(&self, method: inner::Method) -> Result<(), ()> {
        *self.method.borrow_mut() = method;
        Ok(())
    }

    fn path_with_query(&self) -> Option<String> {
        self.path.borrow().clone()
    }

    fn set_path_with_query(&self, path: Option<String>) -> Result<(), ()> {
        *self.path.borrow_mut() = path;
        Ok(())
    }

    fn scheme(&self) -> Option<inner::Scheme> {
        self.scheme.borrow().clone()
    }

    fn set_scheme(&self, scheme: Option<inner::Scheme>) -> Result<(), ()> {
        *self.scheme.borrow_mut() = scheme;
        Ok(())
    }

    fn authority(&self) -> Option<String> {
        self.authority.borrow().clone()
    }

    fn set_authority(&self, authority: Option<String>) -> Result<(), ()> {
        *self.authority.borrow_mut() = authority;
        Ok(())
    }

    fn headers(&self) -> inner::Headers {
        Fields::wrapped(self.headers.clone())
    }
}

impl inner::GuestOutgoingBody for Body {
    fn write(&self) -> Result<OutputStream, ()> {
        self.0.write()
    }

    fn finish(this: inner::OutgoingBody, _: Option<inner::Trailers>) -> Result<(), inner::ErrorCode> {
        outer::OutgoingBody::finish(this.into_inner::<Body>().0, None).map_err(code)
    }
}

impl handler::Guest for Base {
    fn handle(
        request: handler::OutgoingRequest,
        _: Option<handler::RequestOptions>,
    ) -> Result<handler::FutureIncomingResponse, handler::ErrorCode> {
        let request = request.into_inner::<Request>();
        let made = request.made.take().unwrap_or_else(|| request.make());
        let made = made.map_err(|rule| {
            crate::log::write(Level::Warn, &format!("request refused: {rule}"));
            // The component tells a refusal by its first word.
            inner::ErrorCode::InternalError(Some(format!("denied: {rule}")))
        })?;
        if FLIGHTS.get() >= IN_FLIGHT {
            return Err(inner::ErrorCode::ConnectionLimitReached);
        }
        let flight = crate::bindings::wasi::http::outgoing_handler::handle(made, None).map_err(code)?;
        FLIGHTS.set(FLIGHTS.get() + 1);
        Ok(inner::FutureIncomingResponse::new(Flight(flight)))
    }
}

impl inner::GuestFutureIncomingResponse for Flight {
    fn subscribe(&self) -> Pollable {
        self.0.subscribe()
    }

    fn get(&self) -> Option<Result<Result<inner::IncomingResponse, inner::ErrorCode>, ()>> {
        let answer = self.0.get()?;
        Some(answer.map(|answer| {
            let response = answer.map_err(code)?;
            Response::new(response).map(inner::IncomingResponse::new)
        }))
    }
}

impl Response {
    fn new(response: outer::IncomingResponse) -> Result<Self, inner::ErrorCode> {
        let mut map = HeaderMap::new();
        for (name, value) in response.headers().entries() {
            // What is no header is dropped.
            let name = HeaderName::from_bytes(name.as_bytes()).ok();
            if let (Some(name), Ok(value)) = (name, HeaderValue::from_bytes(&value)) {
                map.append(name, value);
            }
        }
        let length =
            map.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > ANSWER_BYTES as u64) {
            return Err(inner::ErrorCode::HttpResponseBodySize(length));
        }
        if map.contains_key(header::CONTENT_ENCODING) {
            let sentence = "the answer is packed in a way that was not asked for";
            return Err(inner::ErrorCode::InternalError(Some(sentence.to_owned())));
        }
        headers::clean_incoming(&mut map, settings().token.as_ref());
        let headers = map.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
        Ok(Self { status: response.status(), headers, response })
    }
}

impl inner::GuestIncomingResponse for Response {
    fn status(&self) -> u16 {
        self.status
    }

    fn headers(&self) -> inner::Headers {
        Fields::wrapped(self.headers.clone())
    }

    fn consume(&self) -> Result<inner::IncomingBody, ()> {
        self.response.consume().map(|body| inner::IncomingBody::new(Incoming(body)))
    }
}

impl inner::GuestIncomingBody for Incoming {
    fn stream(&self) -> Result<InputStream, ()> {
        self.0.stream()
    }

    fn finish(_: inner::IncomingBody) -> inner::FutureTrailers {
        inner::FutureTrailers::new(Nothing)
    }
}

/// Trailers are dropped, so there are none, at once.
impl inner::GuestFutureTrailers for Nothing {
    fn subscribe(&self) -> Pollable {
        crate::bindings::wasi::clocks::monotonic_clock::subscribe_duration(0)
    }

    fn get(&self) -> Option<Result<Result<Option<inner::Trailers>, inner::ErrorCode>, ()>> {
        Some(Ok(Ok(None)))
    }
}

impl inner::GuestRequestOptions for Options {
    fn new() -> Self {
        Self
    }

    fn connect_timeout(&self) -> Option<u64> {
        None
    }

    fn set_connect_timeout(&self, _: Option<u64>) -> Result<(), ()> {
        Err(())
    }

    fn first_byte_timeout(&self) -> Option<u64> {
        None
    }

    fn set_first_byte_timeout(&self, _: Option<u64>) -> Result<(), ()> {
        Err(())
    }

    fn between_bytes_timeout(&self) -> Option<u64> {
        None
    }

    fn set_between_bytes_timeout(&self, _: Option<u64>) -> Result<(), ()> {
        Err(())
    }
}

/// The component serves nobody: nothing ever makes one of these.
impl inner::GuestIncomingRequest for Nothing {
    fn method(&self) -> inner::Method {
        inner::Method::Get
    }

    fn path_with_query(&self) -> Option<String> {
        None
    }

    fn scheme(&self) -> Option<inner::Scheme> {
        None
    }

    fn authority(&self) -> Option<String> {
        None
    }

    fn headers(&self) -> inner::Headers {
        Fields::wrapped(Vec::new())
    }

    fn consume(&self) -> Result<inner::IncomingBody, ()> {
        Err(())
    }
}

impl inner::GuestOutgoingResponse for Nothing {
    fn new(_: inner::Headers) -> Self {
        Self
    }

    fn status_code(&self) -> u16 {
        0
    }

    fn set_status_code(&self, _: u16) -> Result<(), ()> {
        Err(())
    }

    fn headers(&self) -> inner::Headers {
        Fields::wrapped(Vec::new())
    }

    fn body(&self) -> Result<inner::OutgoingBody, ()> {
        Err(())
    }
}

impl inner::GuestResponseOutparam for Nothing {
    fn set(_: inner::ResponseOutparam, _: Result<inner::OutgoingResponse, inner::ErrorCode>) {}
}

/// The two sides' codes are alike and not the same type; these are the ones that the component
/// tells apart.
fn code(code: outer::ErrorCode) -> inner::ErrorCode {
    use outer::ErrorCode as Outer;
    match code {
        Outer::DnsTimeout => inner::ErrorCode::DnsTimeout,
        Outer::ConnectionTimeout => inner::ErrorCode::ConnectionTimeout,
        Outer::ConnectionReadTimeout => inner::ErrorCode::ConnectionReadTimeout,
        Outer::ConnectionWriteTimeout => inner::ErrorCode::ConnectionWriteTimeout,
        Outer::HttpResponseTimeout => inner::ErrorCode::HttpResponseTimeout,
        Outer::HttpRequestDenied => inner::ErrorCode::HttpRequestDenied,
        Outer::HttpResponseBodySize(size) => inner::ErrorCode::HttpResponseBodySize(size),
        Outer::InternalError(reason) => inner::ErrorCode::InternalError(reason),
        Outer::ConnectionRefused => {
            inner::ErrorCode::InternalError(Some("the connection was refused".to_owned()))
        }
        other => inner::ErrorCode::InternalError(Some(format!("{other:?}"))),
    }
}
