//! Which requests may leave the sandbox (one origin, and the methods and paths that a sync needs), and
//! which may come in.
//!
//! The native host enforces it, and in other hosts the base adapter, so that there is one list:
//!
//! - [`Policy`]: origin, methods and paths.
//! - [`guard`]: who may come in, where there is a door for callers.
//! - [`headers`]: what passes with a request and with its answer.
//! - [`secret`]: the token, which is added to requests that passed, and never enters the component.
//! - [`text`]: text from outside, made fit for a log.

mod echo;
pub mod guard;
pub mod headers;
pub mod secret;
pub mod text;

use http::{Method, Uri};

/// Bytes of a request's body: a search is some hundred.
pub const REQUEST_BYTES: usize = 1024 * 1024;
/// Bytes of an answer, unpacked: 500 parts of 100 KB are 50 MB.
pub const ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// Requests in flight at once: `FASTINTERCOM_MAX_IN_FLIGHT` goes up to 100.
pub const IN_FLIGHT: usize = 128;

/// What a sync reads, and nothing that writes: `POST` only where Intercom searches by it.
const ALLOWED: &[(Method, &str)] = &[
    (Method::GET, "/me"),
    (Method::GET, "/admins"),
    (Method::GET, "/teams"),
    (Method::GET, "/tags"),
    (Method::GET, "/contacts/*"),
    (Method::GET, "/companies/*"),
    (Method::GET, "/articles"),
    (Method::GET, "/articles/*"),
    (Method::GET, "/help_center/collections"),
    (Method::GET, "/conversations/*"),
    (Method::POST, "/conversations/search"),
    (Method::POST, "/contacts/search"),
    (Method::POST, "/tickets/search"),
    (Method::GET, "/tickets/*"),
];

/// The one origin, and its rules.
#[derive(Clone, Debug)]
pub struct Policy {
    scheme: String,
    host: String,
    port: u16,
}

impl Policy {
    /// The rules for that base address: https anywhere, http only on loopback.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the address.
    pub fn new(base_url: &str) -> Result<Self, String> {
        let uri: Uri = base_url.parse().map_err(|error| format!("it is not an address ({error})"))?;
        let scheme = uri.scheme_str().ok_or("it has no scheme; https:// is needed")?.to_owned();
        let authority = uri.authority().ok_or("it names no host")?;
        if authority.as_str().contains('@') {
            return Err("it holds a user name; give the host alone".to_owned());
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err("it has a path; give scheme, host and port alone".to_owned());
        }
        let host = authority.host().to_ascii_lowercase();
        let port = match (scheme.as_str(), authority.port_u16()) {
            ("https", port) => port.unwrap_or(443),
            ("http", port) if is_loopback(&host) => port.unwrap_or(80),
            ("http", _) => return Err("http is allowed on loopback only; use https".to_owned()),
            _ => return Err(format!("{scheme} is not supported; use https")),
        };
        Ok(Self { scheme, host, port })
    }

    /// `https://api.intercom.io`, with the port where it is not the usual one.
    #[must_use]
    pub fn origin(&self) -> String {
        let usual = if self.scheme == "https" { 443 } else { 80 };
        if self.port == usual {
            format!("{}://{}", self.scheme, self.host)
        } else {
            format!("{}://{}:{}", self.scheme, self.host, self.port)
        }
    }

    /// The host's name or address.
    #[must_use]
    pub fn host(&self) -> String {
        self.host.clone()
    }

    /// `GET /me`, … as `fastintercom capabilities` prints them.
    pub fn rules() -> impl Iterator<Item = String> {
        ALLOWED.iter().map(|(method, path)| format!("{method} {path}"))
    }

    /// Whether a request may leave.
    ///
    /// # Errors
    /// A sentence that names the rule, and the setting that would change it.
    pub fn check(&self, method: &Method, uri: &Uri) -> Result<(), String> {
        let scheme = uri.scheme_str().unwrap_or_default();
        let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        if scheme != self.scheme
            || !is_same_host(&host, &self.host)
            || port != self.port
            || authority.contains('@')
        {
            return Err(format!(
                "only {} may be called; INTERCOM_REGION or INTERCOM_BASE_URL changes it",
                self.origin()
            ));
        }
        let path = uri.path();
        if !is_plain(path) {
            return Err("the path is not in its plain form; no setting changes that".to_owned());
        }
        if ALLOWED.iter().any(|(allowed, pattern)| allowed == method && matches(pattern, path)) {
            return Ok(());
        }
        Err(format!(
            "{method} {} is not among the requests a sync needs; no setting changes that",
            text::printable(path, 100)
        ))
    }
}

/// No empty, `.` or `..` segment, and no percent-encoded dot, slash or backslash that some
/// server might decode into one.
fn is_plain(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let hidden = ["%2e", "%2f", "%5c", "%00", "\\"].iter().any(|code| lower.contains(code));
    !hidden
        && path
            .strip_prefix('/')
            .is_some_and(|rest| rest.split('/').all(|segment| !matches!(segment, "" | "." | "..")))
}

/// `/contacts/*` matches exactly one further segment.
fn matches(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        None => pattern == path,
        Some(prefix) => path.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && !rest.contains('/')),
    }
}

/// An IPv6 address can be written in more than one way, and libraries differ in which they choose.
fn is_same_host(one: &str, other: &str) -> bool {
    let address = |host: &str| host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    one == other || matches!((address(one), address(other)), (Ok(one), Ok(other)) if one == other)
}

/// Whether that host of an address can only be this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: Method, address: &str) -> Result<(), String> {
        let policy = Policy::new("https://api.intercom.io").expect("a policy");
        policy.check(&method, &address.parse().expect("an address"))
    }

    #[test]
    fn what_the_sync_needs_is_allowed() {
        for (method, address) in [
            (Method::GET, "https://api.intercom.io/me"),
            (Method::GET, "https://API.intercom.io:443/conversations/215474207312016?display_as=plaintext"),
            (Method::GET, "https://api.intercom.io/conversations/deleted?page=1"),
            (Method::POST, "https://api.intercom.io/conversations/search"),
            (Method::GET, "https://api.intercom.io/articles?page=2&per_page=50"),
            (Method::GET, "https://api.intercom.io/articles/6871119"),
            (Method::GET, "https://api.intercom.io/help_center/collections?page=1"),
            (Method::POST, "https://api.intercom.io/tickets/search"),
            (Method::GET, "https://api.intercom.io/tickets/633"),
        ] {
            assert_eq!(check(method, address), Ok(()), "{address}");
        }
    }

    #[test]
    fn everything_else_is_denied_and_the_rule_is_named() {
        for (method, address, rule) in [
            (Method::GET, "http://api.intercom.io/me", "INTERCOM_BASE_URL"),
            (Method::GET, "https://api.intercom.io:8443/me", "INTERCOM_BASE_URL"),
            (Method::GET, "https://example.com/me", "INTERCOM_BASE_URL"),
            (Method::GET, "https://api.intercom.io.example.com/me", "INTERCOM_BASE_URL"),
            (Method::GET, "https://api.intercom.io@example.com/me", "INTERCOM_BASE_URL"),
            (Method::GET, "https://someone@api.intercom.io/me", "INTERCOM_BASE_URL"),
            (Method::GET, "https://169.254.169.254/latest/meta-data", "INTERCOM_BASE_URL"),
            (Method::DELETE, "https://api.intercom.io/conversations/1", "DELETE"),
            (Method::PUT, "https://api.intercom.io/conversations/1", "PUT"),
            (Method::POST, "https://api.intercom.io/conversations/1/reply", "POST"),
            (Method::GET, "https://api.intercom.io/export/content/data/1", "GET"),
            (Method::GET, "https://api.intercom.io/articles/6871119/draft", "GET"),
            (Method::PUT, "https://api.intercom.io/articles/6871119", "PUT"),
            (Method::POST, "https://api.intercom.io/articles", "POST"),
            (Method::GET, "https://api.intercom.io/help_center/collections/159", "GET"),
            (Method::GET, "https://api.intercom.io/internal_articles", "GET"),
            (Method::POST, "https://api.intercom.io/tickets", "POST"),
            (Method::PUT, "https://api.intercom.io/tickets/633", "PUT"),
            (Method::POST, "https://api.intercom.io/tickets/633/reply", "POST"),
            (Method::GET, "https://api.intercom.io/conversations/../admins", "plain"),
            (Method::GET, "https://api.intercom.io/conversations/%2e%2e/export", "plain"),
            (Method::GET, "https://api.intercom.io/conversations/1%2freply", "plain"),
            (Method::GET, "https://api.intercom.io//me", "plain"),
        ] {
            let denial = check(method, address).expect_err(address);
            assert!(denial.contains(rule), "{address}: {denial}");
        }
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        assert!(Policy::new("http://127.0.0.1:8080").is_ok());
        assert!(Policy::new("http://[::1]:8080").is_ok());
        assert!(Policy::new("http://localhost:8080/").is_ok());
        for address in [
            "http://api.intercom.io",
            "ftp://127.0.0.1",
            "api.intercom.io",
            "https://u@h",
            "https://h/path",
            "http://127.0.0.1.example.com",
        ] {
            assert!(Policy::new(address).is_err(), "{address}");
        }
    }
}
