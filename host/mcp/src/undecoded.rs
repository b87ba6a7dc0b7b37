//! Requests that the SDK could not decode.
//!
//! It hands over parameters of the wrong shape as if the whole method were unknown. The
//! specification tells the two apart: -32602 for the parameters, -32601 for the method.

use rmcp::ErrorData;
use rmcp::model::{CustomRequest, ErrorCode};
use serde_json::Value;

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

/// Method, member of its parameters, whether a value is right for that, and what it has to be.
type Member = (&'static str, &'static str, fn(&Value) -> bool, &'static str);

const MEMBERS: &[Member] = &[
    ("tools/call", "name", Value::is_string, "the name of a tool, as tools/list has it"),
    (
        "tools/call",
        "arguments",
        Value::is_object,
        "a JSON object, such as {\"query\": \"refund\"}, and no text of one",
    ),
    ("prompts/get", "name", Value::is_string, "the name of a prompt, as prompts/list has it"),
    ("prompts/get", "arguments", Value::is_object, "a JSON object of texts"),
    ("resources/read", "uri", Value::is_string, "an address, as resources/list has it"),
    ("initialize", "protocolVersion", Value::is_string, "a text, such as \"2025-11-25\""),
    ("initialize", "capabilities", Value::is_object, "a JSON object"),
    ("initialize", "clientInfo", Value::is_object, "a JSON object with `name` and `version`"),
];

/// Members that a request can do without.
const OPTIONAL: &[&str] = &["arguments"];

/// Why the request is refused.
pub fn refusal(request: &CustomRequest, in_legacy_session: bool) -> ErrorData {
    let method = request.method.as_str();
    if KNOWN.contains(&method) || (in_legacy_session && OF_SESSIONS.contains(&method)) {
        return ErrorData::invalid_params(wrong_parameters(method, request.params.as_ref()), None);
    }
    let method: String = method.chars().take(80).collect();
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("There is no method \"{method}\" here."), None)
}

/// What is wrong with the parameters of a request, which could not be decoded, as one sentence.
#[must_use]
pub fn wrong_parameters(method: &str, params: Option<&Value>) -> String {
    let Some(Value::Object(members)) = params else {
        return format!("The parameters (`params`) of {method} are missing, or no JSON object.");
    };
    let of_method = MEMBERS.iter().filter(|(of, ..)| *of == method);
    for (_, name, is_right, what) in of_method {
        match members.get(*name) {
            Some(value) if !is_right(value) => {
                return format!("`{name}` in the parameters of {method} has to be {what}.");
            }
            None if !OPTIONAL.contains(name) => {
                return format!("`{name}` is missing in the parameters of {method}: {what}.");
            }
            _ => {}
        }
    }
    format!("The parameters of {method} are missing or of the wrong type.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        for (method, params, named) in [
            (
                "tools/call",
                json!({"name": "search", "arguments": "{}"}),
                "`arguments` in the parameters of tools/call has to be a JSON object",
            ),
            ("tools/call", json!({"arguments": {}}), "`name` is missing in the parameters of tools/call"),
            ("tools/call", json!([1]), "`params`"),
            (
                "initialize",
                json!({"protocolVersion": 5, "capabilities": {}, "clientInfo": {}}),
                "`protocolVersion`",
            ),
            (
                "initialize",
                json!({"protocolVersion": "2025-11-25", "capabilities": [], "clientInfo": {}}),
                "`capabilities`",
            ),
            (
                "initialize",
                json!({"protocolVersion": "2025-11-25", "capabilities": {}}),
                "`clientInfo` is missing",
            ),
            ("tools/list", json!({"cursor": 5}), "of the wrong type"),
        ] {
            let sentence = wrong_parameters(method, Some(&params));
            assert!(sentence.contains(named), "{sentence}");
        }
        let unknown = refusal(&CustomRequest::new("nope", None), true);
        assert_eq!(
            (unknown.code, &*unknown.message),
            (ErrorCode::METHOD_NOT_FOUND, "There is no method \"nope\" here.")
        );
    }
}
