//! A function for each tool at the root of the component, for hosts that make tools of functions,
//! such as wassette. `build.rs` makes them of the tools' definitions: parameters with types, and
//! the descriptions as documentation, which the artifact carries in its section `package-docs`.
//!
//! An answer is the tool's JSON, an error a sentence. There is no timer: `sync` syncs.

#![cfg(target_family = "wasm")]

use fastintercom_adapter_calls as calls;
use fastintercom_adapter_calls::bindings::fastintercom::component::tools::ToolError;
use serde_json::{Map, Value};

/// What hosts give is a tool's argument again.
trait Argument {
    /// None: it was not given.
    fn json(self) -> Option<Value>;
}

impl<T: Argument> Argument for Option<T> {
    fn json(self) -> Option<Value> {
        self.and_then(Argument::json)
    }
}

impl<T: Argument> Argument for Vec<T> {
    fn json(self) -> Option<Value> {
        Some(self.into_iter().filter_map(Argument::json).collect())
    }
}

impl Argument for String {
    fn json(self) -> Option<Value> {
        Some(self.into())
    }
}

impl Argument for i64 {
    fn json(self) -> Option<Value> {
        Some(self.into())
    }
}

impl Argument for f64 {
    fn json(self) -> Option<Value> {
        Some(self.into())
    }
}

impl Argument for bool {
    fn json(self) -> Option<Value> {
        Some(self.into())
    }
}

fn answer<const COUNT: usize>(
    tool: &str,
    arguments: [(&'static str, Option<Value>); COUNT],
) -> Result<String, String> {
    let arguments: Map<String, Value> =
        arguments.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    match calls::call(tool, &Value::Object(arguments).to_string()) {
        Ok(output) => Ok(output.structured),
        Err(ToolError::UnknownTool(sentence)) => Err(sentence),
        Err(ToolError::InvalidArguments(output) | ToolError::Failed(output)) => Err(output.text),
    }
}

fn synced() -> Result<String, String> {
    calls::sync().map_err(|failure| failure.to_string())
}

#[allow(clippy::all, missing_docs, reason = "generated code")]
mod functions {
    use serde_json::Value;

    use super::{Argument, answer, synced};

    struct Program;
    include!(concat!(env!("OUT_DIR"), "/typed.rs"));
    export!(Program);
}
