//! From a request to what answers it.

use std::sync::Arc;

use bytes::Bytes;
use fastintercom_adapter_calls::bindings::fastintercom::adapter::orders;
use fastintercom_adapter_calls::bindings::fastintercom::component::tools::{self, Reader, ToolError};
use fastintercom_adapter_calls::{self as calls, Failure};
use fastintercom_mcp::{message, streamable};
use fastintercom_policy::guard::Guard;
use fastintercom_policy::secret::Secret;
use http::header::{ALLOW, AUTHORIZATION, COOKIE, HeaderValue, PROXY_AUTHORIZATION};
use http::request::Parts;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::backend::Component;
use crate::bindings::fastintercom::adapter::door;
use crate::bindings::wasi::http::types::IncomingRequest;
use crate::wire::{self, Answer, error, json};

/// Answers a request, whatever it is.
pub fn answer(parts: Parts, request: IncomingRequest) -> Answer {
    route(parts, &request).unwrap_or_else(|refusal| refusal)
}

fn route(mut parts: Parts, request: &IncomingRequest) -> Result<Answer, Answer> {
    let token = door::token().and_then(|token| Secret::new(&token).ok());
    let is_closed = token.is_none() && !door::is_open();
    let guard = Guard::new(token, door::names());
    guard.check_names(&parts.uri, &parts.headers).map_err(|refusal| wire::refused(&refusal))?;
    let path = parts.uri.path().to_owned();
    // Clients look there for an authorization server after a 401, and there is none: a plain answer
    // sends them back to the token they were given.
    if path.contains("/.well-known/") {
        return Err(nothing());
    }
    match path.as_str() {
        "/healthz" => {
            only(&parts, &[Method::GET, Method::HEAD])?;
            return Ok(json(StatusCode::OK, r#"{"status":"alive"}"#));
        }
        "/readyz" => only(&parts, &[Method::GET, Method::HEAD])?,
        _ if is_closed => {
            return Err(error(
                StatusCode::FORBIDDEN,
                "This server has no token for its callers, so it answers none. Its operator sets FASTINTERCOM_HTTP_TOKEN (`openssl rand -hex 32` makes one), or FASTINTERCOM_HTTP_OPEN=true where nobody else can reach it.",
            ));
        }
        _ => guard.check_token(&parts.headers).map_err(|refusal| wire::refused(&refusal))?,
    }
    if let Some(complaint) = orders::complaints().first() {
        return Err(error(StatusCode::SERVICE_UNAVAILABLE, complaint));
    }
    calls::make_first_file().map_err(|failure| match failure {
        Failure::Busy => {
            error(StatusCode::SERVICE_UNAVAILABLE, "The cache is being made; ask again in a second.")
        }
        other => error(StatusCode::SERVICE_UNAVAILABLE, &other.to_string()),
    })?;
    if path == "/readyz" {
        return Ok(json(StatusCode::OK, r#"{"status":"ready"}"#));
    }
    if path == "/mcp" {
        only(&parts, &[Method::POST])?;
        // The SDK keeps the head of a request with it; secrets have no business there.
        for secret in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
            parts.headers.remove(secret);
        }
        let body = wire::body(request)?;
        let body = match message::in_body(&body) {
            Ok((mended, _)) => mended.map_or(body, Bytes::from),
            Err(refusal) => return Err(json(StatusCode::BAD_REQUEST, refusal.answer().to_string())),
        };
        return mcp(Request::from_parts(parts, Full::new(body)));
    }
    if path == "/sync" {
        only(&parts, &[Method::POST])?;
        return Ok(sync());
    }
    if let Some(name) = path.strip_prefix("/tools/").filter(|name| !name.is_empty()) {
        only(&parts, &[Method::POST])?;
        return Ok(tool(name, &wire::body(request)?));
    }
    Err(nothing())
}

fn nothing() -> Answer {
    error(
        StatusCode::NOT_FOUND,
        "There is nothing here. There are POST /mcp, POST /tools/NAME, POST /sync, GET /healthz and GET /readyz.",
    )
}

/// Lets the SDK answer in a runtime that lasts as long as the request.
fn mcp(request: Request<Full<Bytes>>) -> Result<Answer, Answer> {
    let broken = |reason: &str| error(StatusCode::INTERNAL_SERVER_ERROR, reason);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|_| broken("The protocol could not be begun."))?;
    runtime.block_on(async {
        let component = Arc::new(Component { syncs_ended: None });
        let service = streamable::service(component, CancellationToken::new(), CancellationToken::new());
        let (parts, body) = service.handle(request).await.into_parts();
        let body = body.collect().await.map_err(|_| broken("The answer could not be made."))?.to_bytes();
        Ok(Answer::from_parts(parts, body))
    })
}

/// A background sync, as the native server's timer runs it.
fn sync() -> Answer {
    match calls::background() {
        Ok(report) => json(StatusCode::OK, report),
        Err(Failure::Busy) => error(StatusCode::CONFLICT, "Another sync of this cache runs."),
        Err(other) => error(StatusCode::BAD_GATEWAY, &other.to_string()),
    }
}

/// A tool without the protocol; the statuses are the native server's.
fn tool(name: &str, body: &Bytes) -> Answer {
    let mended = message::mend_surrogates(body);
    let arguments = match std::str::from_utf8(mended.as_deref().unwrap_or(body)) {
        Ok(text) if text.trim().is_empty() => "{}",
        Ok(text) => text,
        Err(_) => return error(StatusCode::BAD_REQUEST, "The body is not UTF-8."),
    };
    if let Err(reason) = serde_json::from_str::<Map<String, Value>>(arguments) {
        let sentence = format!("The body must be a JSON object, the tool's arguments: {reason}.");
        return error(StatusCode::BAD_REQUEST, &sentence);
    }
    match tools::call_tool(name, arguments, Reader::Program) {
        Ok(output) => json(StatusCode::OK, output.structured),
        Err(ToolError::UnknownTool(sentence)) => error(StatusCode::NOT_FOUND, &sentence),
        Err(ToolError::InvalidArguments(output)) => json(StatusCode::BAD_REQUEST, output.structured),
        Err(ToolError::Failed(output)) => json(StatusCode::UNPROCESSABLE_ENTITY, output.structured),
    }
}

/// 405 names the methods there are.
fn only(parts: &Parts, methods: &[Method]) -> Result<(), Answer> {
    if methods.contains(&parts.method) {
        return Ok(());
    }
    let allowed = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let mut answer = error(StatusCode::METHOD_NOT_ALLOWED, &format!("Only {allowed} is answered here."));
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        answer.headers_mut().insert(ALLOW, allowed);
    }
    Err(answer)
}
