//! What the component says of itself without being compiled.

use wasmparser::{Parser, Payload};

/// Custom section in which the guest keeps its instructions for MCP clients, so that a cold
/// `initialize` does not wait for the compiler.
const INSTRUCTIONS: &str = "fastintercom:instructions";

/// The instructions, if the component carries some.
#[must_use]
pub fn instructions(component: &[u8]) -> Option<String> {
    Parser::new(0).parse_all(component).map_while(Result::ok).find_map(|payload| match payload {
        Payload::CustomSection(section) if section.name() == INSTRUCTIONS => {
            std::str::from_utf8(section.data()).ok().map(str::to_owned)
        }
        _ => None,
    })
}
