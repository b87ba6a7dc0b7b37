//! From a request to what answers it.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use fastintercom_mcp::message;
use fastintercom_mcp::streamable::{self, Streamable};
use fastintercom_policy::guard::{self, Guard, Refusal};
use http::header::{
    ACCEPT, ALLOW, AUTHORIZATION, COOKIE, EXPECT, HeaderMap, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT,
};
use http::request::Parts;
use http::{Method, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer};
use super::body::Unread;
use super::health::Health;
use super::{body, cors, export, oauth, tools};
use crate::application::Application;
use crate::audit::Client;
use crate::callers::file::Caller;
use crate::callers::{Asker, Callers, Unreadable};
use crate::config::Door;
use crate::oauth::{ResourceServer, is_jwt};

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
    callers: Arc<Callers>,
    oauth: Option<Arc<ResourceServer>>,
    health: Health,
    mcp: Streamable<Application>,
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
            callers: Arc::clone(&door.callers),
            oauth: door.oauth.clone(),
            health: Health::new(Arc::clone(&application), stopping.clone()),
            mcp: streamable::service(Arc::clone(&application), stopping, streams),
            application,
        }
    }

    /// Answers a request, whatever it is. With a refusal comes the body, if it was not read.
    pub async fn answer(&self, request: Request<Incoming>) -> (Answer, Option<Unread>) {
        let begun = Instant::now();
        let (parts, mut body) = request.into_parts();
        let (method, path) = (parts.method.clone(), crate::text::printable(parts.uri.path(), 100));
        let origin = self.guard.own_origin(&parts.headers);
        let is_awaited = parts.headers.contains_key(EXPECT);
        let mut answer = self.route(parts, &mut body).await.unwrap_or_else(|refusal| *refusal);
        if let Some(oauth) = &self.oauth {
            oauth::show_way(&mut answer, oauth);
        }
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
        let is_unread = !answer.status().is_success() && !body.is_end_stream();
        (answer, is_unread.then_some(Unread { body, is_awaited }))
    }

    /// The answer, or the refusal on the way to it.
    async fn route(&self, mut parts: Parts, body: &mut Incoming) -> Result<Answer, Box<Answer>> {
        self.guard.check_names(&parts.uri, &parts.headers).map_err(answer::refused)?;
        let path = parts.uri.path().to_owned();
        // A browser asks before it shows the token.
        if cors::is_preflight(&parts) {
            return Ok(cors::preflight(&parts.headers));
        }
        // Clients look there for an authorization server after a 401. There is none of our own, and
        // without an identity provider a plain answer sends them back to the token they were given.
        if path.contains("/.well-known/") {
            let Some(document) = self.oauth.as_ref().and_then(|oauth| oauth.metadata(&path)) else {
                return Ok(nothing());
            };
            only(&parts, &[Method::GET, Method::HEAD])?;
            return Ok(answer::json(StatusCode::OK, document.to_string()));
        }
        // Probes of an orchestrator have no token, and learn nothing but whether to send requests.
        match path.as_str() {
            HEALTH => return only(&parts, &[Method::GET, Method::HEAD]).map(|()| Health::alive()),
            READINESS => {
                only(&parts, &[Method::GET, Method::HEAD])?;
                return Ok(self.health.ready().await);
            }
            _ => {}
        }
        let known = self.known(&parts.headers).await?;
        let asker = Asker { client: user_agent(&parts.headers), ..known.asker };
        if path == "/mcp" {
            only(&parts, &[Method::POST])?;
            let (body, is_call) = readable(body::read(body).await?)?;
            if is_call {
                self.enter(known.caller.as_ref())?;
            }
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
            self.enter(known.caller.as_ref())?;
            let body = body::read(body).await?;
            return Ok(tools::call(&self.application, &asker, name, &body).await);
        }
        if path == "/export" {
            only(&parts, &[Method::GET])?;
            self.enter(known.caller.as_ref())?;
            let query = parts.uri.query().unwrap_or_default();
            return Ok(export::begin(&self.application, asker, query).await);
        }
        Ok(nothing())
    }

    /// Who shows that token, or none where nobody is asked for one.
    ///
    /// # Errors
    /// 401; 403 for whom only the identity provider knows; 503 when the callers, or the provider's
    /// keys, are not known, and it is not the token of all.
    async fn known(&self, headers: &HeaderMap) -> Result<Known, Box<Answer>> {
        let one = |name| Known { asker: Asker::new(name, None), caller: None };
        let presented = guard::presented(headers);
        if let Ok(Some(token)) = presented {
            if self.guard.is_token(token) {
                return Ok(one(Asker::TOKEN));
            }
            if let Some(caller) = self.callers.find(token).map_err(unreadable)? {
                return Ok(Known::of(caller));
            }
            if let Some(oauth) = self.oauth.as_ref().filter(|_| is_jwt(token)) {
                return Ok(Known::of(oauth::caller(oauth, &self.callers, token).await?));
            }
        }
        if !self.guard.has_token() && !self.callers.guard() && self.oauth.is_none() {
            return Ok(one(Asker::ANYBODY));
        }
        Err(answer::refused(match presented {
            Ok(None) => Refusal::missing_token(),
            Ok(Some(_)) | Err(_) => Refusal::wrong_token(),
        }))
    }

    /// Counts a call of somebody who may make so many a minute.
    ///
    /// # Errors
    /// 429, and when to ask again.
    fn enter(&self, caller: Option<&Caller>) -> Result<(), Box<Answer>> {
        let Some(caller) = caller else { return Ok(()) };
        self.callers.enter(caller).map_err(|wait| {
            tracing::debug!(caller = &*caller.name, "too many calls in a minute");
            Box::new(answer::too_many(caller.calls_per_minute.map_or(0, std::num::NonZero::get), wait))
        })
    }
}

/// Who came in.
struct Known {
    asker: Asker,
    /// Where they are one of `callers.toml`.
    caller: Option<Caller>,
}

impl Known {
    fn of(caller: Caller) -> Self {
        let (name, rights) = (Arc::clone(&caller.name), Arc::clone(&caller.rights));
        Self { asker: Asker { caller: name, client: None, rights }, caller: Some(caller) }
    }
}

/// The operator's log says why; to a stranger it is nothing.
pub fn unreadable(_: Unreadable) -> Box<Answer> {
    Box::new(answer::error(
        StatusCode::SERVICE_UNAVAILABLE,
        "Who may come in is not known now. The operator of this server finds the reason in its log.",
    ))
}

fn nothing() -> Answer {
    answer::error(
        StatusCode::NOT_FOUND,
        "There is nothing here. There are POST /mcp, POST /tools/NAME, GET /export, GET /healthz and GET /readyz.",
    )
}

/// A body that the SDK can read, and whether that is a call that reads.
///
/// # Errors
/// 400 with JSON-RPC's error.
fn readable(body: Bytes) -> Result<(Bytes, bool), Box<Answer>> {
    match message::in_body(&body) {
        Ok((mended, is_call)) => Ok((mended.map_or(body, Bytes::from), is_call)),
        Err(refusal) => Err(Box::new(answer::json(StatusCode::BAD_REQUEST, refusal.answer().to_string()))),
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
