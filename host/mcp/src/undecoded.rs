//! Requests that the SDK could not decode.
//!
//! It hands over parameters of the wrong shape as if the whole method were unknown. The
//! specification tells the two apart: -32602 for the parameters, -32601 for the method.

use rmcp::ErrorData;
use rmcp::model::ErrorCode;

/// What both eras have.
const KNOWN: &[&str] = &[
    "tools/call",
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "prompts/list",
    "prompts/get",
    "completion/complete",
    "subscriptions/listen",
    "server/discover",
];

/// What the 2026-07-28 revision removed, and only sessions have.
const OF_SESSIONS: &[&str] = &["resources/subscribe", "resources/unsubscribe"];

/// Why the request is refused.
pub fn refusal(method: String, in_legacy_session: bool) -> ErrorData {
    if KNOWN.contains(&method.as_str()) || (in_legacy_session && OF_SESSIONS.contains(&method.as_str())) {
        return ErrorData::invalid_params(
            format!("The parameters of {method} are missing or of the wrong type."),
            None,
        );
    }
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method, None)
}
