//! Takes out of a component what none of its adapters calls, such as reports and exports of whole
//! conversations, which only our own program offers. The functions stay, so that the component's
//! interfaces do, and trap; what only they reached goes when the module is optimised.

use std::collections::BTreeSet;
use std::convert::Infallible;

use wac_graph::CompositionGraph;
use wac_graph::types::{ItemKind, Package};
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{CodeSection, Function, Module};
use wasmparser::{ExternalKind, FunctionBody, Parser, Payload, TypeRef};

use crate::Result;

/// What is exported, as the canonical ABI names it: `fastintercom:component/tools@0.1.0#call-tool`.
pub type Calls = BTreeSet<String>;

/// What these components import of instances.
pub fn calls_of<'a>(adapters: impl IntoIterator<Item = &'a [u8]>) -> Result<Calls> {
    let mut calls = Calls::new();
    for adapter in adapters {
        let mut graph = CompositionGraph::new();
        let package = Package::from_bytes("fastintercom:adapter", None, adapter, graph.types_mut())?;
        let types = graph.types();
        for (name, kind) in &types[package.ty()].imports {
            let ItemKind::Instance(interface) = kind else { continue };
            calls.extend(types[*interface].exports.keys().map(|function| format!("{name}#{function}")));
        }
    }
    Ok(calls)
}

/// The module, whose exported functions trap unless they are called. A module that exports nothing
/// of ours stays as it is.
pub fn without(module: &[u8], calls: &Calls) -> Result<Vec<u8>> {
    let mut emptied = Emptied { uncalled: BTreeSet::new(), next: 0 };
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    emptied.next += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind == ExternalKind::Func && is_uncalled(export.name, calls) {
                        emptied.uncalled.insert(export.index);
                    }
                }
            }
            _ => {}
        }
    }
    let mut out = Module::new();
    emptied.parse_core_module(&mut out, Parser::new(0), module)?;
    Ok(out.finish())
}

/// Methods and destructors of resources stay, as the components around them call those unasked.
fn is_uncalled(export: &str, calls: &Calls) -> bool {
    let name = export.strip_prefix("cabi_post_").unwrap_or(export);
    name.starts_with("fastintercom:") && !name.contains("#[") && !calls.contains(name)
}

struct Emptied {
    uncalled: BTreeSet<u32>,
    /// The function that comes next; imported ones stand before all.
    next: u32,
}

impl Reencode for Emptied {
    type Error = Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> std::result::Result<(), reencode::Error<Infallible>> {
        let index = self.next;
        self.next += 1;
        if !self.uncalled.contains(&index) {
            return utils::parse_function_body(self, code, body);
        }
        let mut trap = Function::new([]);
        trap.instructions().unreachable().end();
        code.function(&trap);
        Ok(())
    }
}
