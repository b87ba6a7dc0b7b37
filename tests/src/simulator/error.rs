//! Errors in Intercom's envelope, `{"type":"error.list","request_id":…,"errors":[…]}`.

use serde_json::{Value, json};

/// A refusal that becomes an `error.list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    /// The API version's Link header for a merged contact.
    pub canonical: Option<String>,
}

impl ApiError {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), canonical: None }
    }

    /// 400 `parameter_invalid`.
    pub fn parameter(message: impl Into<String>) -> Self {
        Self::new(400, "parameter_invalid", message)
    }

    /// 404 in the words that Intercom uses for a `resource`.
    pub fn not_found(resource: &str) -> Self {
        Self::new(404, "not_found", format!("{resource} not found"))
    }

    /// 400 for a cursor that Intercom cannot read.
    pub fn bad_cursor() -> Self {
        Self::new(
            400,
            "client_error",
            "Invalid starting_after param. Please try again using a starting_after value from a paginated response",
        )
    }

    /// The body; 406 answers carry no request id (seen in recordings).
    pub fn body(&self, request_id: &str) -> Value {
        let errors = json!([{"code": self.code, "message": self.message}]);
        if self.status == 406 {
            json!({"type": "error.list", "errors": errors})
        } else {
            json!({"type": "error.list", "request_id": request_id, "errors": errors})
        }
    }
}
