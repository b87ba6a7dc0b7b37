//! What a tool answers.

use serde_json::Value;

/// The result of `tools/call`.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolAnswer {
    pub structured: Value,
    pub is_error: bool,
    /// The first text.
    pub text: String,
}

impl ToolAnswer {
    pub(crate) fn read(result: &Value) -> Self {
        let text = result["content"][0]["text"].as_str().unwrap_or_default().to_owned();
        assert!(!text.is_empty(), "every answer has a text: {result}");
        assert!(result["structuredContent"].is_object(), "every answer is an object: {result}");
        Self {
            structured: result["structuredContent"].clone(),
            is_error: result["isError"].as_bool().unwrap_or(false),
            text,
        }
    }

    /// The structured answer.
    ///
    /// # Panics
    /// When the tool failed.
    pub fn succeeded(self) -> Value {
        assert!(!self.is_error, "the tool failed: {}", self.structured);
        self.structured
    }

    /// The sentence of the failure.
    ///
    /// # Panics
    /// When the tool succeeded, or says nothing.
    pub fn failed(self) -> String {
        assert!(self.is_error, "the tool was to fail, but answered {}", self.structured);
        let sentence = self.structured["error"].as_str().expect("a failure has the field error");
        assert!(!sentence.is_empty(), "a failure says what to do");
        sentence.to_owned()
    }
}
