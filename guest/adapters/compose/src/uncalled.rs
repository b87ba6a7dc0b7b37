//! Takes out of a component what none of its adapters calls, such as reports and exports of whole
//! conversations, which only our own program offers. The exports stay, so that the component's
//! interfaces do, and trap; what only they reached goes when the module is optimised. So go the texts
//! that our own program reads from the file, and adapters ask the component for.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use wac_graph::CompositionGraph;
use wac_graph::types::{ItemKind, Package};
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{CodeSection, ExportKind, ExportSection, Function, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, Export, ExternalKind, FunctionSectionReader, Parser, Payload,
    TypeRef,
};

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

    fn parse_custom_section(&mut self, module: &mut Module, section: CustomSectionReader<'_>) -> Reencoded {
        if section.name().starts_with("fastintercom:") {
            return Ok(());
        }
        utils::parse_custom_section(self, module, section)
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

#[cfg(test)]
mod tests {
    use wasm_encoder::{EntityType, ImportSection, TypeSection};
    use wasmparser::{Operator, Validator};

    use super::*;

    const CALLED: &str = "fastintercom:component/tools@0.1.0#call-tool";
    const UNCALLED: &str = "fastintercom:component/views@0.1.0#report";
    const METHOD: &str = "fastintercom:component/bulk@0.1.0#[method]reader.next";

    /// A module with one function behind an import, whose body all these export.
    fn module_with(exported: &[&str]) -> Vec<u8> {
        let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
        types.ty().function([], []);
        imports.import("host", "log", EntityType::Function(0));
        let (mut functions, mut exports, mut code) =
            (FunctionSection::new(), ExportSection::new(), CodeSection::new());
        functions.function(0);
        for name in exported {
            exports.export(name, ExportKind::Func, 1);
        }
        let mut body = Function::new([]);
        body.instructions().call(0).end();
        code.function(&body);
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
        module.finish()
    }

    /// Whether each export leads to a trap.
    fn traps(module: &[u8]) -> BTreeMap<String, bool> {
        Validator::new().validate_all(module).expect("a valid module");
        let (mut exports, mut bodies) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(module) {
            match payload.expect("a section") {
                Payload::ExportSection(section) => {
                    exports.extend(section.into_iter().map(|export| export.expect("an export")));
                }
                Payload::CodeSectionEntry(body) => {
                    let mut operators = body.get_operators_reader().expect("operators");
                    bodies.push(matches!(operators.read(), Ok(Operator::Unreachable)));
                }
                _ => {}
            }
        }
        // The import is the first function.
        exports.iter().map(|export| (export.name.to_owned(), bodies[export.index as usize - 1])).collect()
    }

    #[test]
    fn an_export_that_nobody_calls_traps_and_what_shares_its_body_does_not() {
        let post = format!("cabi_post_{UNCALLED}");
        let module = module_with(&[UNCALLED, CALLED, &post, METHOD, "cabi_realloc", "memory-of-mine"]);
        let calls = Calls::from([CALLED.to_owned()]);
        let after = traps(&without(&module, &calls).expect("a module"));
        let trapping: Vec<&str> =
            after.iter().filter(|(_, trap)| **trap).map(|(name, _)| name.as_str()).collect();
        assert_eq!(trapping, [post.as_str(), UNCALLED]);
        assert_eq!(after.len(), 6, "every export is still there");
    }

    #[test]
    fn a_module_of_which_all_is_called_stays_as_it_is() {
        let module = module_with(&[CALLED]);
        let calls = Calls::from([CALLED.to_owned()]);
        assert_eq!(without(&module, &calls).expect("a module"), module);
    }
}
