//! What a tool answers.

use serde_json::Value;

/// The result of `tools/call`.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolAnswer {
    /// Null where a failure has no object that would hold to the output schema.
    pub structured: Value,
    pub is_error: bool,
    /// The first text: a failure's sentence, or the data again.
    pub text: String,
}

impl ToolAnswer {
    pub(crate) fn read(result: &Value) -> Self {
        let text = result["content"][0]["text"].as_str().unwrap_or_default().to_owned();
        assert!(!text.is_empty(), "every answer has a text: {result}");
        let structured = result["structuredContent"].clone();
        let is_error = result["isError"].as_bool().unwrap_or(false);
        assert!(structured.is_object() || is_error, "every answer is an object: {result}");
        if !is_error {
            // Some clients keep no structured content, and of the texts only the first.
            let data: Value = serde_json::from_str(&text).expect("the first text is the data");
            assert_eq!(data, structured, "the first text is the structured content");
        }
        Self { structured, is_error, text }
    }

    /// The structured answer.
    ///
    /// # Panics
    /// When the tool failed.
    pub fn succeeded(self) -> Value {
        assert!(!self.is_error, "the tool failed: {}", self.text);
        self.structured
    }

    /// The sentence of the failure.
    ///
    /// # Panics
    /// When the tool succeeded, or says nothing.
    pub fn failed(self) -> String {
        assert!(self.is_error, "the tool was to fail, but answered {}", self.structured);
        if !self.structured.is_null() {
            assert_eq!(self.structured["error"], self.text, "one failure, one sentence");
        }
        self.text
    }
}
