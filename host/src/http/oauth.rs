//! Callers with a token of an identity provider, before the door.

use http::StatusCode;
use http::header::{HeaderValue, WWW_AUTHENTICATE};

use super::answer::{self, Answer};
use super::routes::unreadable;
use crate::callers::file::Caller;
use crate::callers::{Callers, Vouched};
use crate::oauth::{Denied, ResourceServer};
use crate::text::printable;

/// Whose token of the provider that is.
///
/// # Errors
/// 401 for a token that is none of ours, 403 for somebody who is no caller, 503 when nobody can tell.
pub async fn caller(oauth: &ResourceServer, callers: &Callers, token: &[u8]) -> Result<Caller, Box<Answer>> {
    let subjects = oauth.check(token).await.map_err(denied)?;
    let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
    let claim = printable(&oauth.settings().claim, 200);
    let shown = printable(&subjects.join(", "), 200);
    // Not `insufficient_scope`: no other token of theirs would help, and clients would ask for one.
    let refused = |sentence: String| Err(Box::new(answer::error(StatusCode::FORBIDDEN, &sentence)));
    match callers.vouched(&subjects).map_err(unreadable)? {
        Vouched::Caller(caller) => Ok(caller),
        Vouched::Nobody if subjects.is_empty() => {
            tracing::info!("a token of the identity provider has no claim {claim}");
            refused(format!(
                "The identity provider knows you, and your token does not say who you are: it has no claim {claim}. The operator of this server can name another one with FASTINTERCOM_OAUTH_CLAIM."
            ))
        }
        Vouched::Nobody => {
            tracing::info!("somebody with {claim} {shown} is no caller");
            refused(format!(
                "The identity provider knows you as {shown} ({claim}), and no caller of this server has that subject. Its operator can add one: fastintercom caller add NAME --subject SUBJECT."
            ))
        }
        Vouched::Several(names) => {
            tracing::warn!("somebody with {claim} {shown} is several callers: {}", names.join(", "));
            refused(format!(
                "The identity provider knows you as {shown} ({claim}), which is more than one caller of this server. Its operator can leave one of them."
            ))
        }
    }
}

fn denied(denied: Denied) -> Box<Answer> {
    match denied {
        Denied::Invalid(reason) => {
            tracing::debug!("a token of the identity provider is refused: {reason}");
            let mut answer =
                answer::error(StatusCode::UNAUTHORIZED, &format!("That token is not accepted: {reason}."));
            let challenge = format!(
                "Bearer realm=\"fastintercom\", error=\"invalid_token\", error_description=\"{reason}\""
            );
            if let Ok(challenge) = HeaderValue::from_str(&challenge) {
                answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
            Box::new(answer)
        }
        Denied::Unavailable(wait) => Box::new(answer::unavailable(
            "The keys of the identity provider are not known now, so your token cannot be checked. The operator of this server finds the reason in its log.",
            wait,
        )),
    }
}

/// Tells whom we refuse where to read which tokens are taken (RFC 9728, section 5.1).
pub fn show_way(answer: &mut Answer, oauth: &ResourceServer) {
    if answer.status() != StatusCode::UNAUTHORIZED {
        return;
    }
    let challenge = answer.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    let challenge = challenge.unwrap_or("Bearer realm=\"fastintercom\"");
    let mut challenge = format!("{challenge}, resource_metadata=\"{}\"", oauth.metadata_address());
    if !oauth.settings().scopes.is_empty() {
        challenge.push_str(&format!(", scope=\"{}\"", oauth.settings().scopes.join(" ")));
    }
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
}
