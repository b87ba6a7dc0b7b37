//! From an HTTP response to a JSON value, or to an error that says what it was instead.

use serde_json::Value;

use super::error::ApiError;
use super::{json, lenient};
use crate::environment::{HttpError, HttpResponse};

/// Longest piece of a server's message that is kept in an error.
const MESSAGE_LENGTH: usize = 200;

/// The JSON of a successful response.
///
/// # Errors
/// [`ApiError`], sorted by status, content type and body. Intercom answers some failures with
/// bare HTML pages of a proxy (404, 502 and 504 were seen), and some successes with nothing at
/// all, so a status alone decides little.
pub fn read(result: Result<HttpResponse, HttpError>) -> Result<Value, ApiError> {
    let response = result?;
    let body = trim(&response.body);
    let html = body.first() == Some(&b'<')
        || response.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    if (200..300).contains(&response.status) {
        if body.is_empty() {
            return Err(ApiError::Empty);
        }
        if html {
            return Err(ApiError::Html { status: response.status });
        }
        return lenient::parse(body).map_err(|error| ApiError::Malformed {
            position: byte_position(body, error.line(), error.column()),
            length: body.len(),
        });
    }
    Err(failure(&response, body, html))
}

fn failure(response: &HttpResponse, body: &[u8], html: bool) -> ApiError {
    let status = response.status;
    if status == 429 {
        let retry_after = response.header("retry-after").and_then(|text| text.trim().parse().ok());
        return ApiError::RateLimited { retry_after };
    }
    if (300..400).contains(&status) {
        return ApiError::Redirected { status, location: response.header("location").and_then(address) };
    }
    if html {
        return ApiError::Html { status };
    }
    let (code, message) = details(body);
    match status {
        401 => ApiError::Unauthorized { code, message },
        402 | 403 => ApiError::Forbidden { status, code, message },
        // Without Intercom's envelope it is some proxy's 404, which says nothing about the
        // conversation.
        404 if code == UNKNOWN_CODE => ApiError::Html { status },
        404 => ApiError::NotFound { code },
        410 => ApiError::Merged { into: response.header("link").and_then(canonical_contact) },
        408 => ApiError::Unavailable { status },
        400..=499 => ApiError::Rejected { status, code, message },
        _ => ApiError::Unavailable { status },
    }
}

const UNKNOWN_CODE: &str = "unknown";

/// Code and message of Intercom's `error.list`, or of the other shape that it uses for JSON that
/// it cannot read: `{"status":400,"error":"…"}`.
fn details(body: &[u8]) -> (String, String) {
    let mut value: Value = lenient::parse(body).unwrap_or(Value::Null);
    let first = json::list(&mut value, "errors", &[]).into_iter().next();
    let (code, message) = match first {
        Some(mut error) => (json::text(&mut error, "code"), json::text(&mut error, "message")),
        None => (None, json::text(&mut value, "error")),
    };
    let mut message = message.unwrap_or_default();
    if let Some((cut, _)) = message.char_indices().nth(MESSAGE_LENGTH) {
        message.truncate(cut);
    }
    (code.unwrap_or_else(|| UNKNOWN_CODE.to_owned()), message)
}

/// Where a `Location` leads, for a person: without user, query and fragment, which may be secret.
fn address(location: &str) -> Option<String> {
    let plain = location.split(['?', '#']).next().unwrap_or_default().trim();
    let (scheme, rest) = plain.split_once("//").unwrap_or(("", plain));
    let host = rest.find('/').unwrap_or(rest.len());
    let user = rest.get(..host)?.rfind('@').map_or(0, |at| at + 1);
    let slashes = if scheme.len() < plain.len() && plain.contains("//") { "//" } else { "" };
    let shown = format!("{scheme}{slashes}{}", rest.get(user..)?);
    let fit = !shown.is_empty()
        && shown.len() <= MESSAGE_LENGTH
        && shown.bytes().all(|byte| byte.is_ascii_graphic());
    fit.then_some(shown)
}

/// The id in `</contacts/{id}>; rel="canonical"`.
fn canonical_contact(link: &str) -> Option<String> {
    let path = link.split_once('<')?.1.split_once('>')?.0;
    path.rsplit_once("/contacts/").map(|(_, id)| id.to_owned()).filter(|id| !id.is_empty())
}

fn trim(body: &[u8]) -> &[u8] {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.trim_ascii()
}

fn byte_position(body: &[u8], line: usize, column: usize) -> usize {
    let before: usize =
        body.split(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(|part| part.len() + 1).sum();
    before + column
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, kind: &str, body: &str) -> Result<HttpResponse, HttpError> {
        Ok(HttpResponse {
            status,
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body: body.as_bytes().to_vec(),
        })
    }

    const JSON: &str = "application/json; charset=utf-8";

    /// tap-intercom 2.0.2 met successes with an empty or non-JSON body.
    #[test]
    fn a_success_without_json_is_an_error() {
        assert_eq!(read(response(200, JSON, "")), Err(ApiError::Empty));
        assert_eq!(
            read(response(200, "text/html", "<html>busy</html>")),
            Err(ApiError::Html { status: 200 })
        );
        assert_eq!(
            read(response(200, JSON, "{\"type\":\"con")),
            Err(ApiError::Malformed { position: 12, length: 12 })
        );
    }

    #[test]
    fn a_redirect_says_where_it_leads_and_no_secret() {
        for (location, shown) in [
            ("https://api.eu.intercom.io/me", Some("https://api.eu.intercom.io/me")),
            ("https://me:word@sso.example/in?token=x#y", Some("https://sso.example/in")),
            ("/elsewhere?a=b", Some("/elsewhere")),
            ("//host/path", Some("//host/path")),
            ("", None),
            ("https://a\u{1b}[2J", None),
        ] {
            let mut redirect = response(302, "text/html", "<html>moved</html>").expect("a response");
            redirect.headers.push(("location".to_owned(), location.to_owned()));
            let error = read(Ok(redirect)).expect_err("a redirect");
            assert_eq!(error, ApiError::Redirected { status: 302, location: shown.map(str::to_owned) });
            assert!(!error.is_temporary(), "asking again leads there again");
        }
    }

    /// A proxy's HTML 404 between search and GET must not become a tombstone.
    #[test]
    fn only_intercoms_own_404_means_that_there_is_no_such_thing() {
        let own = r#"{"type":"error.list","request_id":null,"errors":[{"code":"not_found","message":"x"}]}"#;
        assert_eq!(read(response(404, JSON, own)), Err(ApiError::NotFound { code: "not_found".to_owned() }));
        assert_eq!(
            read(response(404, "text/html", "<html>404 nginx</html>")),
            Err(ApiError::Html { status: 404 })
        );
        assert_eq!(read(response(404, JSON, "{}")), Err(ApiError::Html { status: 404 }));
    }

    #[test]
    fn both_shapes_of_a_bad_request_are_read() {
        let own = r#"{"type":"error.list","errors":[{"code":"parameter_invalid","message":"Per Page is too big"}]}"#;
        let Err(ApiError::Rejected { status: 400, code, message }) = read(response(400, JSON, own)) else {
            panic!("rejected");
        };
        assert_eq!((code.as_str(), message.as_str()), ("parameter_invalid", "Per Page is too big"));
        let other = r#"{"status":400,"error":"There was a problem in the JSON you submitted"}"#;
        let Err(ApiError::Rejected { message, .. }) = read(response(400, JSON, other)) else {
            panic!("rejected");
        };
        assert!(message.starts_with("There was a problem"));
    }

    #[test]
    fn a_merged_contact_names_its_heir() {
        let result = Ok(HttpResponse {
            status: 410,
            headers: vec![("link".to_owned(), "</contacts/abc123>; rel=\"canonical\"".to_owned())],
            body: b"{\"type\":\"error.list\",\"errors\":[{\"code\":\"contact_merged\"}]}".to_vec(),
        });
        assert_eq!(read(result), Err(ApiError::Merged { into: Some("abc123".to_owned()) }));
    }
}
