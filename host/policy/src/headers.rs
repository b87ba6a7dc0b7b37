//! Which headers pass: out of the sandbox, and back into it.

use http::header::{self, HeaderMap, HeaderName};

use crate::secret::Secret;
use crate::text;

/// What a sync sends besides what the host adds. A list of what may pass, since others could undo
/// the blanking of the token: with `Accept-Encoding` an answer comes packed, with `Range` in pieces.
const OUTGOING: &[&str] = &["accept", "content-type", "intercom-version"];

/// Set by every client; the host sets its own.
const REPLACED: &[&str] = &["content-length", "user-agent"];

/// Headers of an answer that the component has no business with.
const HIDDEN: &[HeaderName] = &[
    header::SET_COOKIE,
    header::AUTHORIZATION,
    header::WWW_AUTHENTICATE,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::CONTENT_LENGTH,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
];

/// Takes away what the host sets itself, and refuses what no sync sends.
///
/// # Errors
/// A sentence that names the header.
pub fn check_outgoing(headers: &mut HeaderMap) -> Result<(), String> {
    for name in REPLACED {
        headers.remove(*name);
    }
    match headers.keys().find(|name| !OUTGOING.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(format!(
            "the header {} is not among those a sync needs; no setting changes that",
            text::printable(name.as_str(), 60)
        )),
    }
}

/// Takes away what the component has no business with, and every header in which the token stands.
pub fn clean_incoming(headers: &mut HeaderMap, token: Option<&Secret>) {
    for name in HIDDEN {
        headers.remove(name);
    }
    let Some(token) = token else { return };
    let tainted: Vec<HeaderName> = headers
        .iter()
        .filter(|(name, value)| {
            token.blank(&mut value.as_bytes().to_vec()) || token.blank(&mut name.as_str().as_bytes().to_vec())
        })
        .map(|(name, _)| name.clone())
        .collect();
    for name in tainted {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn what_the_sync_sends_passes_and_nothing_else() {
        let mut sent =
            headers(&[("accept", "application/json"), ("intercom-version", "2.16"), ("user-agent", "me")]);
        assert_eq!(check_outgoing(&mut sent), Ok(()));
        assert!(!sent.contains_key("user-agent"), "the host sets its own");
        for name in ["authorization", "accept-encoding", "range", "cookie", "x-anything"] {
            let refusal = check_outgoing(&mut headers(&[(name, "x")])).expect_err(name);
            assert!(refusal.contains(name), "{refusal}");
        }
    }

    #[test]
    fn answers_lose_cookies_and_every_header_with_the_token() {
        let token = Secret::new("canary").expect("a token");
        let mut answer =
            headers(&[("set-cookie", "a=b"), ("x-echo", "Bearer canary"), ("x-ratelimit-remaining", "9")]);
        clean_incoming(&mut answer, Some(&token));
        assert_eq!(answer, headers(&[("x-ratelimit-remaining", "9")]));
    }
}
