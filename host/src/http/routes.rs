//! From a request to what answers it.

use std::sync::Arc;
use std::time::Instant;

use http::header::{ALLOW, AUTHORIZATION, COOKIE, HeaderValue, PROXY_AUTHORIZATION};
use http::request::Parts;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer};
use super::guard::Guard;
use super::health::Health;
use super::{body, export, tools};
use crate::application::Application;
use crate::config::Door;
use crate::mcp::streamable::{self, Streamable};

/// The guard and everything behind it.
pub struct Routes {
    application: Arc<Application>,
    guard: Guard,
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
            guard: Guard::new(door),
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
        let answer = self.route(parts, body).await.unwrap_or_else(|refusal| *refusal);
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
        self.guard.check_names(&parts.uri, &parts.headers)?;
        let path = parts.uri.path().to_owned();
        // Probes of an orchestrator have no token, and learn nothing but whether to send requests.
        match path.as_str() {
            "/healthz" => return only(&parts, &[Method::GET, Method::HEAD]).map(|()| Health::alive()),
            "/readyz" => {
                only(&parts, &[Method::GET, Method::HEAD])?;
                return Ok(self.health.ready().await);
            }
            _ => self.guard.check_token(&parts.headers)?,
        }
        if path == "/mcp" {
            only(&parts, &[Method::POST])?;
            let body = body::read(body).await?;
            // The SDK keeps the head of a request with it; secrets have no business there.
            for secret in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
                parts.headers.remove(secret);
            }
            return Ok(answer::whole(self.mcp.handle(Request::from_parts(parts, Full::new(body))).await));
        }
        if let Some(name) = path.strip_prefix("/tools/").filter(|name| !name.is_empty()) {
            only(&parts, &[Method::POST])?;
            let body = body::read(body).await?;
            return Ok(tools::call(&self.application, name, &body).await);
        }
        if path == "/export" {
            only(&parts, &[Method::GET])?;
            return Ok(export::begin(&self.application, parts.uri.query().unwrap_or_default()).await);
        }
        Ok(answer::error(
            StatusCode::NOT_FOUND,
            "There is nothing here. There are POST /mcp, POST /tools/NAME, GET /export, GET /healthz and GET /readyz.",
        ))
    }
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
