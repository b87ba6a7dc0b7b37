//! Takes out of a component what none of its adapters calls, such as reports and exports of whole
//! conversations, which only our own program offers. The exports stay, so that the component's
//! interfaces do, and trap; what only they reached goes when the module is optimised.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use wac_graph::CompositionGraph;
use wac_graph::types::{ItemKind, Package};
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{CodeSection, ExportKind, ExportSection, Function, FunctionSection, Module};
use wasmparser::{CodeSectionReader, Export, ExternalKind, FunctionSectionReader, Parser, Payload, TypeRef};

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

/// The module, whose exported functions trap unless they are called. Compilers let exports share
/// one body, with each other and with what is called inside, so no body is touched: an export that
/// nobody calls leads to a new function.
pub fn without(module: &[u8], calls: &Calls) -> Result<Vec<u8>> {
    let mut types = Vec::new();
    let mut traps = BTreeMap::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if let TypeRef::Func(of) = import?.ty {
                        types.push(of);
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                for of in functions {
                    types.push(of?);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind == ExternalKind::Func && is_uncalled(export.name, calls) {
                        let of = types.get(usize::try_from(export.index)?).ok_or("an export of nothing")?;
                        traps.insert(*of, 0);
                    }
                }
            }
            _ => {}
        }
    }
    for (number, trap) in traps.values_mut().enumerate() {
        *trap = u32::try_from(types.len() + number)?;
    }
    let mut out = Module::new();
    Redirected { calls, types, traps }.parse_core_module(&mut out, Parser::new(0), module)?;
    Ok(out.finish())
}

/// Methods and destructors of resources stay, as the components around them call those unasked.
fn is_uncalled(export: &str, calls: &Calls) -> bool {
    let name = export.strip_prefix("cabi_post_").unwrap_or(export);
    name.starts_with("fastintercom:") && !name.contains("#[") && !calls.contains(name)
}

struct Redirected<'a> {
    calls: &'a Calls,
    /// Of each function, those that are imported before all.
    types: Vec<u32>,
    /// For each type of what is not called, a function that stands behind all others.
    traps: BTreeMap<u32, u32>,
}

type Reencoded = std::result::Result<(), reencode::Error<Infallible>>;

impl Reencode for Redirected<'_> {
    type Error = Infallible;

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Reencoded {
        utils::parse_function_section(self, functions, section)?;
        for of in self.traps.keys() {
            functions.function(*of);
        }
        Ok(())
    }

    fn parse_export(&mut self, exports: &mut ExportSection, export: Export<'_>) -> Reencoded {
        let trap = self.types.get(export.index as usize).and_then(|of| self.traps.get(of));
        if let Some(trap) = trap
            && export.kind == ExternalKind::Func
            && is_uncalled(export.name, self.calls)
        {
            exports.export(export.name, ExportKind::Func, *trap);
            return Ok(());
        }
        utils::parse_export(self, exports, export)
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Reencoded {
        utils::parse_code_section(self, code, section)?;
        for _ in &self.traps {
            let mut trap = Function::new([]);
            trap.instructions().unreachable().end();
            code.function(&trap);
        }
        Ok(())
    }
}
