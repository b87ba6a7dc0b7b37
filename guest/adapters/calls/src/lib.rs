//! What stands behind fronts that are called and have no timer: calls of tools, and syncs, which
//! run when somebody calls for one.
//!
//! A front takes its imports from here ([`bindings`]), so that each adapter has the same.

#![cfg(target_family = "wasm")]

mod syncs;

#[allow(clippy::all, missing_docs, reason = "generated code")]
pub mod bindings {
    wit_bindgen::generate!({ path: ["../../../wit", "../wit"], world: "fastintercom:adapter/calls", generate_all });
}

use bindings::fastintercom::adapter::{orders, outcomes};
use bindings::fastintercom::component::sync_types::{SyncError, SyncErrorKind};
use bindings::fastintercom::component::tools::{self, Reader, ToolError, ToolOutput};

pub use syncs::{Failure, background, make_first_file, run};

/// What a function or tool that is [`sync`] says of itself to agents.
pub const SYNC: &str = include_str!("sync.md");

/// What is wrong with the surroundings; then there is something to read.
fn prepare() -> Result<(), Failure> {
    match orders::complaints().into_iter().next() {
        Some(complaint) => Err(Failure::Failed(complaint)),
        None => make_first_file(),
    }
}

/// A background sync. What it brought is a JSON object.
///
/// # Errors
/// Why it brought nothing.
pub fn sync() -> Result<String, Failure> {
    prepare()?;
    background()
}

/// Calls a tool for an agent. A sync that it asks for runs before the answer, and is what it answers
/// with: whoever calls a function has nothing left to call for it later.
///
/// # Errors
/// The tool's, and what is wrong with the surroundings.
pub fn call(name: &str, arguments: &str) -> Result<ToolOutput, ToolError> {
    prepare().map_err(|failure| failed(failure.to_string()))?;
    let answer = tools::call_tool(name, arguments, Reader::Agent);
    let Some(wish) = orders::take_wish() else { return answer };
    let ended = match run(&wish, true) {
        Ok(report) => Ok(report),
        // It goes on elsewhere, as the tool has said.
        Err(Failure::Busy) => return answer,
        Err(Failure::Sync(error)) => Err(error),
        Err(Failure::Failed(sentence)) => Err(SyncError { kind: SyncErrorKind::Storage, sentence }),
    };
    outcomes::leave(ended.as_ref());
    tools::call_tool(name, arguments, Reader::Agent)
}

fn failed(sentence: String) -> ToolError {
    let structured = serde_json::json!({ "error": sentence }).to_string();
    ToolError::Failed(ToolOutput { structured, text: sentence })
}
