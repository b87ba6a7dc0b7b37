//! The one way out: a pooled HTTP client that lives in the host's runtime.
//!
//! All instances share its connections. It follows no redirect, honours the operating system's
//! trust store and the usual proxy variables, and bounds time and size.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Response, StatusCode, Uri, header};
use tokio::runtime::Handle;

use super::policy::{ANSWER_BYTES, Policy, headers};
use super::secret::Secret;
use crate::component::limits::{MemoryBudget, Reservation};
use crate::counters::Requests;

/// Limits of a request; every one is explained where it is set.
#[derive(Clone, Copy, Debug)]
pub struct OutgoingLimits {
    /// To the proxy or the server, TLS included: even a satellite link needs under two seconds.
    pub connect: Duration,
    /// To the first byte of the answer. Intercom's slow searches take 18 s.
    pub first_byte: Duration,
    /// From the first to the last byte: the largest answer over a slow line.
    pub total: Duration,
    /// Bytes of an answer, unpacked.
    pub answer: usize,
}

impl Default for OutgoingLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(60),
            total: Duration::from_secs(120),
            answer: ANSWER_BYTES,
        }
    }
}

/// An answer's body, and its room in the memory of all instances.
pub type Body = (Bytes, Vec<Reservation>);

/// Why no answer came.
#[derive(Debug)]
pub enum OutgoingError {
    /// The policy does not allow the request.
    Denied(String),
    Timeout,
    TooLarge,
    /// Name look-up, connection, TLS or proxy trouble; a sentence.
    Connection(String),
}

/// The client, its rules, and the token it adds.
pub struct Outgoing {
    client: reqwest::Client,
    policy: Policy,
    token: Option<Secret>,
    limits: OutgoingLimits,
    runtime: Handle,
    proxy: Option<String>,
    pub requests: Requests,
}

impl Outgoing {
    /// Makes the client. `certificates` is a PEM file with further roots (`SSL_CERT_FILE`).
    ///
    /// # Errors
    /// A sentence about a certificate file or proxy that cannot be used.
    pub fn new(
        policy: Policy,
        token: Option<Secret>,
        limits: OutgoingLimits,
        certificates: Option<&Path>,
        runtime: Handle,
    ) -> Result<Self, String> {
        let client = client(&policy.host(), limits.connect, certificates)?;
        let proxy = proxy_variable(&policy);
        Ok(Self { client, policy, token, limits, runtime, proxy, requests: Requests::default() })
    }

    /// The same way out for who is given no token: Intercom tells nothing without one.
    #[must_use]
    pub fn without_token(&self) -> Self {
        Self {
            client: self.client.clone(),
            policy: self.policy.clone(),
            token: None,
            limits: self.limits,
            runtime: self.runtime.clone(),
            proxy: self.proxy.clone(),
            requests: Requests::default(),
        }
    }

    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Sends a request that passes the policy, with the token added. Runs on the host's runtime;
    /// dropping the future ends the request.
    ///
    /// # Errors
    /// [`OutgoingError`].
    pub async fn send(
        self: Arc<Self>,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
        memory: &Arc<MemoryBudget>,
    ) -> Result<Response<Body>, OutgoingError> {
        self.policy.check(&method, &uri).map_err(|rule| {
            tracing::warn!("request refused: {rule}");
            OutgoingError::Denied(rule)
        })?;
        let (runtime, memory) = (self.runtime.clone(), Arc::clone(memory));
        let task = runtime.spawn(async move {
            let answer = self.exchange(method, uri, headers, body, &memory).await;
            self.requests.sent.fetch_add(1, Ordering::Relaxed);
            match &answer {
                Err(_) => self.requests.failed.fetch_add(1, Ordering::Relaxed),
                Ok(answer) if answer.status() == StatusCode::TOO_MANY_REQUESTS => {
                    self.requests.rate_limited.fetch_add(1, Ordering::Relaxed)
                }
                Ok(_) => 0,
            };
            answer
        });
        let guard = AbortOnDrop(task.abort_handle());
        let answer = task.await.unwrap_or_else(|error| Err(OutgoingError::Connection(error.to_string())));
        drop(guard);
        answer
    }

    async fn exchange(
        &self,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
        memory: &Arc<MemoryBudget>,
    ) -> Result<Response<Body>, OutgoingError> {
        let url = reqwest::Url::parse(&uri.to_string())
            .map_err(|error| OutgoingError::Denied(format!("the address cannot be read ({error})")))?;
        // The policy judged http::Uri; what is called is what reqwest parsed. They must agree.
        let same: Uri = url
            .as_str()
            .parse()
            .map_err(|_| OutgoingError::Denied("the address cannot be read".to_owned()))?;
        self.policy.check(&method, &same).map_err(OutgoingError::Denied)?;
        let mut request = self.client.request(method, url).headers(headers);
        if let Some(bearer) = self.token.as_ref().and_then(Secret::bearer) {
            request = request.header(header::AUTHORIZATION, bearer);
        }
        if !body.is_empty() {
            request = request.body(body);
        }
        let response = tokio::time::timeout(self.limits.first_byte, request.send())
            .await
            .map_err(|_| overdue(self.limits.first_byte, "FASTINTERCOM_FIRST_BYTE_TIMEOUT_SECONDS"))?
            .map_err(|error| self.explain(&error))?;
        tokio::time::timeout(self.limits.total, self.collect(response, memory))
            .await
            .map_err(|_| overdue(self.limits.total, "FASTINTERCOM_RESPONSE_TIMEOUT_SECONDS"))?
    }

    async fn collect(
        &self,
        mut response: reqwest::Response,
        memory: &Arc<MemoryBudget>,
    ) -> Result<Response<Body>, OutgoingError> {
        let status: StatusCode = response.status();
        let mut headers = std::mem::take(response.headers_mut());
        // Unpacked by now, or in an encoding that nobody asked for, in which the token could pass.
        if headers.contains_key(header::CONTENT_ENCODING) {
            return Err(OutgoingError::Connection(format!(
                "the answer of {} is packed in a way that was not asked for",
                self.policy.origin()
            )));
        }
        let mut held = Vec::new();
        let mut room = 0;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.explain(&error))? {
            if body.len() + chunk.len() > self.limits.answer {
                tracing::warn!(
                    "an answer of more than {} MB was dropped; FASTINTERCOM_RESPONSE_MB allows more",
                    self.limits.answer / (1024 * 1024)
                );
                return Err(OutgoingError::TooLarge);
            }
            if body.len() + chunk.len() > room {
                let more = chunk.len().max(ROOM_STEP);
                let Some(reservation) = memory.reserve(more) else {
                    tracing::warn!("no room for an answer; FASTINTERCOM_MEMORY_TOTAL_MB allows more");
                    return Err(OutgoingError::TooLarge);
                };
                held.push(reservation);
                room += more;
            }
            body.extend_from_slice(&chunk);
        }
        if self.token.as_ref().is_some_and(|token| token.blank(&mut body)) {
            tracing::warn!("an answer held the access token; it was blanked");
        }
        headers::clean_incoming(&mut headers, self.token.as_ref());
        let mut answer = Response::new((body.freeze(), held));
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    fn explain(&self, error: &reqwest::Error) -> OutgoingError {
        if error.is_timeout() {
            return overdue(self.limits.connect, "FASTINTERCOM_CONNECT_TIMEOUT_SECONDS");
        }
        let mut causes = crate::text::printable(&causes(error), 300);
        let origin = self.policy.origin();
        if causes.contains("invalid peer certificate") {
            causes.push_str(
                "; if a proxy or a private authority signs here, name its certificate in SSL_CERT_FILE",
            );
        }
        if causes.contains("Invalid Server Name") {
            // reqwest 0.13 hands the address with its brackets to TLS behind a proxy.
            causes.push_str(
                "; through a proxy a server cannot be called by an IPv6 address, so give its name in INTERCOM_BASE_URL, or leave the proxy out with NO_PROXY",
            );
        }
        if error.is_connect()
            && let Some(proxy) = &self.proxy
        {
            return OutgoingError::Connection(format!(
                "no connection to {origin} through the proxy that {proxy} names: {causes}"
            ));
        }
        OutgoingError::Connection(format!("no connection to {origin}: {causes}"))
    }
}

/// A client for that host: it follows no redirect, and honours the operating system's trust store
/// with the roots of that PEM file, and the usual proxy variables.
///
/// # Errors
/// A sentence about a certificate file or proxy that cannot be used.
pub fn client(host: &str, connect: Duration, certificates: Option<&Path>) -> Result<reqwest::Client, String> {
    // An error only says that a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("fastintercom/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(connect)
        .pool_idle_timeout(Duration::from_secs(60))
        .tcp_nodelay(true);
    if super::policy::is_loopback(host) {
        // A proxy cannot reach this machine's loopback.
        builder = builder.no_proxy();
    }
    if let Some(file) = certificates {
        builder = builder.tls_certs_merge(further_roots(file)?);
    }
    builder.build().map_err(|error| match causes(&error) {
        // The words of rustls-platform-verifier; small images of containers are so.
        causes if causes.contains("No CA certificates") => {
            "This system has no certificate authorities, by which servers are known. Install its package ca-certificates, or name a PEM file of some in SSL_CERT_FILE.".to_owned()
        }
        causes => format!("The HTTP client cannot start: {causes}."),
    })
}

/// Memory is taken for an answer in steps of so many bytes: most fit into one.
const ROOM_STEP: usize = 256 * 1024;

/// The component is told that time is up; the log, which time, and how to give more.
fn overdue(limit: Duration, variable: &str) -> OutgoingError {
    tracing::warn!("no answer within {} s; {variable} allows more", limit.as_secs());
    OutgoingError::Timeout
}

/// The certificates of a PEM file, trusted beside the system's.
///
/// # Errors
/// A sentence, when it cannot be read or is no PEM file.
pub fn further_roots(file: &Path) -> Result<Vec<reqwest::Certificate>, String> {
    let shown = file.display();
    let pem =
        std::fs::read(file).map_err(|error| format!("SSL_CERT_FILE={shown} cannot be read: {error}."))?;
    reqwest::Certificate::from_pem_bundle(&pem)
        .map_err(|error| format!("SSL_CERT_FILE={shown} holds no PEM certificates: {error}."))
}

/// The variable that names the proxy for this origin; never its value, which may hold a password.
#[must_use]
pub fn proxy_variable(policy: &Policy) -> Option<String> {
    if super::policy::is_loopback(&policy.host()) {
        return None;
    }
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .into_iter()
        .find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
        .map(str::to_owned)
}

/// The error and what caused it, without the address (its query could hold anything).
#[must_use]
pub fn causes(error: &reqwest::Error) -> String {
    let mut words = Vec::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if words.last() != Some(&text) {
            words.push(text);
        }
        cause = error.source();
    }
    if words.is_empty() { "the request failed".to_owned() } else { words.join(": ") }
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
