//! What the component says of itself without being compiled.
//!
//! Compiling takes seconds, once for each version. A client that asks for the lists meanwhile has
//! them from a custom section of the component, in the words of MCP, which the host passes on.

use serde::Deserialize;
use wasmparser::{Parser, Payload};

/// Instructions for MCP clients.
const INSTRUCTIONS: &str = "fastintercom:instructions";
/// The definitions of tools, resources and prompts: a JSON object with MCP's four lists.
const DEFINITIONS: &str = "fastintercom:definitions";

/// What the component carries.
#[derive(Debug, Default)]
pub struct Metadata {
    pub instructions: Option<String>,
    pub definitions: Option<Definitions>,
}

/// MCP's lists.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Definitions {
    pub tools: Vec<rmcp::model::Tool>,
    pub resources: Vec<rmcp::model::Resource>,
    pub resource_templates: Vec<rmcp::model::ResourceTemplate>,
    pub prompts: Vec<rmcp::model::Prompt>,
}

impl Metadata {
    /// Looks through the sections. What is not there, or cannot be read, the component is asked for
    /// when it is compiled.
    #[must_use]
    pub fn read(component: &[u8]) -> Self {
        let mut found = Self::default();
        for payload in Parser::new(0).parse_all(component).map_while(Result::ok) {
            let Payload::CustomSection(section) = payload else { continue };
            match section.name() {
                INSTRUCTIONS => {
                    found.instructions = std::str::from_utf8(section.data()).ok().map(str::to_owned);
                }
                DEFINITIONS => {
                    found.definitions = serde_json::from_slice(section.data())
                        .inspect_err(|error| tracing::debug!("the definitions cannot be read: {error}"))
                        .ok();
                    // Clients that know annotations only find the title there.
                    for tool in
                        found.definitions.iter_mut().flat_map(|found: &mut Definitions| &mut found.tools)
                    {
                        if let Some(annotations) = &mut tool.annotations {
                            annotations.title.clone_from(&tool.title);
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_component_tells_what_it_has() {
        let metadata = Metadata::read(crate::component::code::EMBEDDED);
        assert!(metadata.instructions.is_some_and(|text| text.contains("Intercom")));
        let definitions = metadata.definitions.expect("definitions");
        assert!(definitions.tools.iter().all(|tool| !tool.input_schema.is_empty()));
        assert!(definitions.tools.len() > 5 && !definitions.prompts.is_empty());
        assert!(!definitions.resources.is_empty() && !definitions.resource_templates.is_empty());
    }

    #[test]
    fn what_is_no_component_tells_nothing() {
        let metadata = Metadata::read(b"hello");
        assert!(metadata.instructions.is_none() && metadata.definitions.is_none());
    }
}
