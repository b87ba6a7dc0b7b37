//! From a request to what answers it.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use fastintercom_policy::guard::Guard;
use http::header::{
    ACCEPT, ALLOW, AUTHORIZATION, COOKIE, HeaderMap, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT,
};
use http::request::Parts;
use http::{Method, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer};
use super::health::Health;
use super::{body, cors, export, tools};
use crate::application::Application;
use crate::audit::Client;
use crate::callers::Asker;
use crate::config::Door;
use crate::mcp::message::{self, Received};
use crate::mcp::streamable::{self, Streamable};

const HEALTH: &str = "/healthz";
const READINESS: &str = "/readyz";

/// Whether only an orchestrator asks for that.
pub fn is_health(target: &Uri) -> bool {
    matches!(target.path(), HEALTH | READINESS)
}

/// The guard and everything behind it.
pub struct Routes {
    application: Arc<Application>,
    guard: Guard,
    /// Who comes through: there is one token, or none.
    caller: &'static str,
    health: Health,
    mcp: Streamable,
}

impl Routes {
    /// `stopping` says that the server is to end, `streams` that its time for that is over.
    pub fn new(
        application: Arc<Application>,
        door: &Door,
        stopping: CancellationToken,
        streams: CancellationToken,
    ) -> Self {
        Self {
            guard: Guard::new(door.token.clone(), door.names.clone()),
            caller: if door.token.is_some() { Asker::TOKEN } else { Asker::ANYBODY },
            health: Health::new(Arc::clone(&application), stopping.clone()),
            mcp: streamable::service(Arc::clone(&application), stopping, streams),
            application,
        }
    }

    /// Answers a request, whatever it is.
    pub async fn answer(&self, request: Request<Incoming>) -> Answer {
        let begun = Instant::now();
        let (parts, body) = request.into_parts();
        let (method, path) = (parts.method.clone(), crate::text::printable(parts.uri.path(), 100));
        let origin = self.guard.own_origin(&parts.headers);
        let mut answer = self.route(parts, body).await.unwrap_or_else(|refusal| *refusal);
        if let Some(origin) = origin {
            cors::let_read(&mut answer, origin);
        }
        tracing::debug!(
            %method,
            path,
            status = answer.status().as_u16(),
            milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "request answered"
        );
        answer
    }

    /// The answer, or the refusal on the way to it.
    async fn route(&self, mut parts: Parts, body: Incoming) -> Result<Answer, Box<Answer>> {
        self.guard.check_names(&parts.uri, &parts.headers).map_err(answer::refused)?;
        let path = parts.uri.path().to_owned();
        // A browser asks before it shows the token.
        if cors::is_preflight(&parts) {
            return Ok(cors::preflight(&parts.headers));
        }
        // Clients look there for an authorization server after a 401, and there is none: a plain
        // answer sends them back to the token they were given.
        if path.contains("/.well-known/") {
            return Ok(nothing());
        }
        // Probes of an orchestrator have no token, and learn nothing but whether to send requests.
        match path.as_str() {
            HEALTH => return only(&parts, &[Method::GET, Method::HEAD]).map(|()| Health::alive()),
            READINESS => {
                only(&parts, &[Method::GET, Method::HEAD])?;
                return Ok(self.health.ready().await);
            }
            _ => self.guard.check_token(&parts.headers).map_err(answer::refused)?,
        }
        let asker = Asker::new(self.caller, user_agent(&parts.headers));
        if path == "/mcp" {
            only(&parts, &[Method::POST])?;
            let body = readable(body::read(body).await?)?;
            accept_what_there_is(&mut parts);
            // The SDK keeps the head of a request with it; secrets have no business there.
            for secret in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
                parts.headers.remove(secret);
            }
            parts.extensions.insert(asker);
            return Ok(answer::whole(self.mcp.handle(Request::from_parts(parts, Full::new(body))).await));
        }
        if let Some(name) = path.strip_prefix("/tools/").filter(|name| !name.is_empty()) {
            only(&parts, &[Method::POST])?;
            let body = body::read(body).await?;
            return Ok(tools::call(&self.application, &asker, name, &body).await);
        }
        if path == "/export" {
            only(&parts, &[Method::GET])?;
            let query = parts.uri.query().unwrap_or_default();
            return Ok(export::begin(&self.application, asker, query).await);
        }
        Ok(nothing())
    }
}

fn nothing() -> Answer {
    answer::error(
        StatusCode::NOT_FOUND,
        "There is nothing here. There are POST /mcp, POST /tools/NAME, GET /export, GET /healthz and GET /readyz.",
    )
}

/// A body that the SDK can read: it has no words of JSON-RPC for what it cannot.
///
/// # Errors
/// 400 with JSON-RPC's error.
fn readable(body: Bytes) -> Result<Bytes, Box<Answer>> {
    match message::read(&body) {
        Received::Refused(refusal) => {
            Err(Box::new(answer::json(StatusCode::BAD_REQUEST, refusal.answer().to_string())))
        }
        Received::Nothing | Received::Message(_) => {
            Ok(message::mend_surrogates(&body).map_or(body, Bytes::from))
        }
    }
}

/// The SDK asks for both of its media types by name. A client that accepts anything, or says
/// nothing, accepts them, too.
fn accept_what_there_is(parts: &mut Parts) {
    let anything = parts.headers.get_all(ACCEPT).iter().any(|value| {
        let ranges = value.to_str().unwrap_or_default().split(',');
        ranges.map(|range| range.split(';').next().unwrap_or_default().trim()).any(|range| range == "*/*")
    });
    if anything || !parts.headers.contains_key(ACCEPT) {
        parts.headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    }
}

/// What the program calls itself where the protocol has no better word: `curl/8.5.0`.
fn user_agent(headers: &HeaderMap) -> Option<Client> {
    let text = headers.get(USER_AGENT)?.to_str().ok()?;
    let (name, version) = text.split_once('/').unwrap_or((text, ""));
    Some(Client::new(name, version))
}

/// # Errors
/// 405, which names the methods there are.
fn only(parts: &Parts, methods: &[Method]) -> Result<(), Box<Answer>> {
    if methods.contains(&parts.method) {
        return Ok(());
    }
    let allowed = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let mut answer =
        answer::error(StatusCode::METHOD_NOT_ALLOWED, &format!("Only {allowed} is answered here."));
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        answer.headers_mut().insert(ALLOW, allowed);
    }
    Err(Box::new(answer))
}
