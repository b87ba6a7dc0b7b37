//! Core modules inside a component. All else of it stays as it is, byte for byte, but for names that
//! only a debugger would show.

use std::ops::Range;

use wasm_encoder::{Component, ComponentSectionId, RawSection};
use wasmparser::{Parser, Payload, Validator};

use crate::Result;

/// The component with other core modules, each made of the one before; those of nested components
/// included.
pub fn replace(bytes: &[u8], module: &dyn Fn(&[u8]) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    let mut out = Component::new();
    // Sections of what is nested come from the parser, too; only the outermost are copied.
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        let nested = match &payload {
            Payload::ModuleSection { unchecked_range, .. } if depth == 0 => {
                Some((ComponentSectionId::CoreModule, module(part(bytes, unchecked_range)?)?))
            }
            Payload::ComponentSection { unchecked_range, .. } if depth == 0 => {
                Some((ComponentSectionId::Component, replace(part(bytes, unchecked_range)?, module)?))
            }
            _ => None,
        };
        if let Some((id, data)) = nested {
            out.section(&RawSection { id: id.into(), data: &data });
        } else if depth == 0
            && !is_names(&payload)
            && let Some((id, range)) = payload.as_section()
        {
            out.section(&RawSection { id, data: part(bytes, &range)? });
        }
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            _ => {}
        }
    }
    let out = out.finish();
    Validator::new().validate_all(&out)?;
    Ok(out)
}

fn is_names(payload: &Payload<'_>) -> bool {
    matches!(payload, Payload::CustomSection(section) if section.name() == "component-name")
}

fn part<'a>(bytes: &'a [u8], range: &Range<u64>) -> Result<&'a [u8]> {
    let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
    bytes.get(range).ok_or_else(|| "a section ends beyond the file".into())
}
