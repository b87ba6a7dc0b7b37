//! `POST /tools/NAME`: a tool for programs that want its answer and no protocol.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer};
use crate::application::Application;
use crate::callers::Asker;
use crate::component::bindings::tools::{Reader, ToolError};
use crate::component::errors::CallError;
use fastintercom_mcp::message::mend_surrogates;

/// Calls the tool with the body, a JSON object; an empty body is an empty object. A caller that
/// hangs up ends the call.
pub async fn call(application: &Arc<Application>, asker: &Asker, name: &str, body: &Bytes) -> Answer {
    let arguments = match arguments(body) {
        Ok(arguments) => arguments,
        Err(sentence) => return answer::error(StatusCode::BAD_REQUEST, &sentence),
    };
    let never = CancellationToken::new();
    match application.call_tool(asker, name.to_owned(), arguments, Reader::Program, never, None).await {
        Ok(Ok(output)) => answer::json(StatusCode::OK, output.structured),
        Ok(Err(ToolError::UnknownTool(sentence))) => answer::error(StatusCode::NOT_FOUND, &sentence),
        Ok(Err(ToolError::InvalidArguments(output))) => {
            answer::json(StatusCode::BAD_REQUEST, output.structured)
        }
        // What was asked is clear, and cannot be done: there is no such conversation, Intercom
        // refuses the sync, the database is locked. The sentence says which.
        Ok(Err(ToolError::Failed(output))) => {
            answer::json(StatusCode::UNPROCESSABLE_ENTITY, output.structured)
        }
        Err(error) => {
            tracing::warn!("{} failed: {error}", crate::text::printable(name, 64));
            answer::error(status(&error), &error.to_string())
        }
    }
}

/// The body as the text of a JSON object.
fn arguments(body: &Bytes) -> Result<String, String> {
    let text = std::str::from_utf8(body).map_err(|_| "The body is not UTF-8.".to_owned())?;
    if text.trim().is_empty() {
        return Ok("{}".to_owned());
    }
    // JavaScript writes half an emoji as an escape that JSON does not have.
    let mended = mend_surrogates(text.as_bytes()).and_then(|mended| String::from_utf8(mended).ok());
    let text = mended.unwrap_or_else(|| text.to_owned());
    match serde_json::from_str::<Map<String, Value>>(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(format!("The body must be a JSON object, the tool's arguments: {error}.")),
    }
}

/// What a program should make of a call without an answer: ask for less, or ask again later.
pub fn status(error: &CallError) -> StatusCode {
    match error {
        CallError::NotPermitted(_) => StatusCode::FORBIDDEN,
        CallError::Deadline(_) => StatusCode::GATEWAY_TIMEOUT,
        CallError::Memory(_) | CallError::Answer(_) => StatusCode::UNPROCESSABLE_ENTITY,
        CallError::MemoryOfAll(_)
        | CallError::Unavailable(_)
        | CallError::NotReady(_)
        | CallError::Audit(_)
        | CallError::Cancelled => StatusCode::SERVICE_UNAVAILABLE,
        CallError::Excess(_) | CallError::Trap(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_an_object_or_nothing() {
        let read = |text: &'static str| arguments(&Bytes::from_static(text.as_bytes()));
        assert_eq!(read("").as_deref(), Ok("{}"));
        assert_eq!(read(" \n").as_deref(), Ok("{}"));
        assert_eq!(read("{\"limit\": 3}").as_deref(), Ok("{\"limit\": 3}"));
        assert_eq!(read(r#"{"q":"\ud83d"}"#).as_deref(), Ok(r#"{"q":"\ufffd"}"#));
        for wrong in ["[]", "3", "{\"limit\":", "null", "{} {}"] {
            assert!(read(wrong).is_err_and(|sentence| sentence.contains("JSON object")), "{wrong}");
        }
        assert!(arguments(&Bytes::from_static(b"\xff")).is_err());
    }
}
