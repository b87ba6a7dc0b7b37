//! Who may come in: requests with a name of this server in `Host`, from no foreign web page, and
//! with the token where one is asked for.
//!
//! Without these checks any web page that its user opens could call a server on loopback: from
//! its own origin, or (DNS rebinding) under a name of its own that suddenly means 127.0.0.1. The
//! MCP specification demands them (revision 2026-07-28, Streamable HTTP, security warning).

use std::net::IpAddr;

use http::StatusCode;
use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderValue, ORIGIN};
use http::uri::{Authority, Uri};

use crate::secret::Secret;
use crate::text;

/// The checks, with what they compare to.
pub struct Guard {
    token: Option<Secret>,
    names: Vec<String>,
}

/// Why a request does not come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    /// For the caller.
    pub sentence: String,
    /// What `WWW-Authenticate` says.
    pub challenge: Option<&'static str>,
}

impl Refusal {
    /// No token came, and one is asked for.
    #[must_use]
    pub fn missing_token() -> Self {
        Self::unauthorized(
            "This server asks for a token: send it as `Authorization: Bearer TOKEN`.",
            "Bearer realm=\"fastintercom\"",
        )
    }

    /// Another one came.
    #[must_use]
    pub fn wrong_token() -> Self {
        Self::unauthorized(
            "That is not this server's token.",
            "Bearer realm=\"fastintercom\", error=\"invalid_token\"",
        )
    }

    fn unauthorized(sentence: &str, challenge: &'static str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, sentence: sentence.to_owned(), challenge: Some(challenge) }
    }
}

impl Guard {
    /// `names` are the server's own beside `localhost`, in lower case.
    #[must_use]
    pub fn new(token: Option<Secret>, names: Vec<String>) -> Self {
        Self { token, names }
    }

    /// `Host` (or the authority of an absolute target) and `Origin`.
    ///
    /// # Errors
    /// 400 or 403.
    pub fn check_names(&self, target: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let refuse = |status, sentence: String| Err(Refusal { status, sentence, challenge: None });
        let mut hosts = headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return refuse(StatusCode::BAD_REQUEST, "A request has one Host header.".to_owned());
        };
        let Some(host) = authority(host) else {
            return refuse(StatusCode::BAD_REQUEST, "The Host header is not a host name.".to_owned());
        };
        for host in [Some(&host), target.authority()].into_iter().flatten() {
            if !self.is_own(host) {
                return refuse(
                    StatusCode::FORBIDDEN,
                    format!(
                        "The host name {} is not one of this server's. Its operator can allow it with FASTINTERCOM_HTTP_HOSTS.",
                        shown(host.host())
                    ),
                );
            }
        }
        for origin in headers.get_all(ORIGIN) {
            if !self.is_own_origin(origin) {
                return refuse(
                    StatusCode::FORBIDDEN,
                    "Web pages of other origins may not call this server. Its operator can allow a page's host with FASTINTERCOM_HTTP_HOSTS.".to_owned(),
                );
            }
        }
        Ok(())
    }

    /// The origin of the web page that asks, if it is one of our own.
    pub fn own_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let mut origins = headers.get_all(ORIGIN).iter();
        let origin = origins.next().filter(|origin| self.is_own_origin(origin))?;
        origins.next().is_none().then(|| origin.clone())
    }

    /// The token, where one is asked for.
    ///
    /// # Errors
    /// 401 and how to do better.
    pub fn check_token(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        match presented(headers) {
            _ if self.token.is_none() => Ok(()),
            Ok(Some(token)) if self.is_token(token) => Ok(()),
            Ok(None) => Err(Refusal::missing_token()),
            Ok(Some(_)) | Err(_) => Err(Refusal::wrong_token()),
        }
    }

    /// Whether that is the token; never where none is asked for.
    #[must_use]
    pub fn is_token(&self, presented: &[u8]) -> bool {
        self.token.as_ref().is_some_and(|token| token.is(presented))
    }

    /// Whether there is a token.
    #[must_use]
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// A numeric address cannot be rebound; of the names, this machine's own and those of the
    /// settings are good.
    fn is_own(&self, host: &Authority) -> bool {
        numeric(host.host()).is_some() || self.is_named(host.host())
    }

    /// A web page counts as ours when it comes from this machine or from a host of the settings,
    /// on whatever port. A page at any other address, numeric or not, is a stranger's.
    fn is_own_origin(&self, origin: &HeaderValue) -> bool {
        let Some(uri) = origin.to_str().ok().and_then(|text| text.parse::<Uri>().ok()) else { return false };
        let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
        uri.authority().is_some_and(|authority| {
            let host = authority.host();
            is_web && (numeric(host).is_some_and(|address| address.is_loopback()) || self.is_named(host))
        })
    }

    fn is_named(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        host == "localhost" || self.names.contains(&host)
    }
}

/// The token that a request shows; `None`: none.
///
/// # Errors
/// 401: what there is, is not one token.
pub fn presented(headers: &HeaderMap) -> Result<Option<&[u8]>, Refusal> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    match (given.next().map(bearer), given.next()) {
        (None, _) => Ok(None),
        (Some(Some(token)), None) => Ok(Some(token)),
        _ => Err(Refusal::wrong_token()),
    }
}

fn authority(host: &HeaderValue) -> Option<Authority> {
    let authority: Authority = host.to_str().ok()?.parse().ok()?;
    // A user before the host is for no Host header.
    (!authority.as_str().contains('@')).then_some(authority)
}

fn numeric(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// The token of `Bearer TOKEN`.
fn bearer(header: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = header.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

fn shown(host: &str) -> String {
    text::printable(host, 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(token: Option<&str>) -> Guard {
        Guard {
            token: token.map(|token| Secret::new(token).expect("a token")),
            names: vec!["chat.example".to_owned()],
        }
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn status(checked: Result<(), Refusal>) -> u16 {
        checked.map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
    }

    fn named(pairs: &[(&'static str, &'static str)]) -> u16 {
        status(guard(None).check_names(&Uri::from_static("/mcp"), &headers(pairs)))
    }

    #[test]
    fn hosts_are_numeric_local_or_named() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8137",
            "[::1]:80",
            "localhost:1",
            "LocalHost",
            "chat.example",
            "10.0.0.9:80",
        ] {
            assert_eq!(named(&[("host", host)]), 200, "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example", "chat.example.evil.example", "127.0.0.1.nip.io"]
        {
            assert_eq!(named(&[("host", host)]), 403, "{host}");
        }
        assert_eq!(named(&[]), 400);
        assert_eq!(named(&[("host", "localhost"), ("host", "evil.example")]), 400);
        assert_eq!(named(&[("host", "user@localhost")]), 400);
        let absolute = Uri::from_static("http://evil.example/mcp");
        assert_eq!(status(guard(None).check_names(&absolute, &headers(&[("host", "localhost")]))), 403);
    }

    #[test]
    fn origins_are_local_or_named() {
        for origin in [
            "http://localhost:6274",
            "https://chat.example",
            "http://127.0.0.1:1",
            "http://[::1]:5",
            "https://chat.example:8443",
        ] {
            assert_eq!(named(&[("host", "localhost"), ("origin", origin)]), 200, "{origin}");
        }
        for origin in [
            "null",
            "http://evil.example",
            "http://10.0.0.9",
            "file://",
            "chrome-extension://localhost",
            "localhost",
            "",
        ] {
            assert_eq!(named(&[("host", "localhost"), ("origin", origin)]), 403, "{origin}");
        }
        let two = [("host", "localhost"), ("origin", "http://localhost"), ("origin", "http://evil.example")];
        assert_eq!(named(&two), 403);
    }

    #[test]
    fn the_token_is_asked_for_and_compared() {
        let ask = |pairs: &[(&'static str, &'static str)]| {
            guard(Some("0123456789abcdef")).check_token(&headers(pairs)).map_err(|refusal| {
                let challenge = refusal.challenge.expect("a challenge");
                (refusal.status.as_u16(), challenge.contains("invalid_token"))
            })
        };
        assert_eq!(ask(&[("authorization", "Bearer 0123456789abcdef")]), Ok(()));
        assert_eq!(ask(&[("authorization", "bearer 0123456789abcdef")]), Ok(()));
        assert_eq!(ask(&[]), Err((401, false)));
        for wrong in
            ["Bearer 0123456789abcde", "Bearer ", "Bearer", "Basic 0123456789abcdef", "0123456789abcdef"]
        {
            assert_eq!(ask(&[("authorization", wrong)]), Err((401, true)), "{wrong}");
        }
        let two = [("authorization", "Bearer 0123456789abcdef"), ("authorization", "Bearer x")];
        assert_eq!(ask(&two), Err((401, true)));
        assert_eq!(guard(None).check_token(&headers(&[])).map_err(|_| ()), Ok(()));
    }
}
