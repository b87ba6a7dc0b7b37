//! Optimises the component, and composes it with its adapters into artifacts that run in any host
//! of WASI 0.2.
//!
//! ```text
//! fastintercom-compose optimise COMPONENT KEPT OUT
//! fastintercom-compose build ROOT TARGET
//! fastintercom-compose compose COMPONENT ADAPTERS KEPT OUT
//! ```
//!
//! `build` compiles the component as small as it gets, in the target folder `TARGET`, and prints the
//! file's name. `optimise` writes the component with optimised code into the file `OUT`. `compose` takes the
//! component without what no adapter calls, and adapters from the folder `ADAPTERS`, optimises
//! them, and writes
//! `fastintercom-NAME.wasm` for each artifact into the folder `OUT`, with `SHA256SUMS` beside them.
//! `KEPT` is a folder for optimised modules, from which a later run takes them. The same input makes
//! the same bytes.

#[path = "../../../../host/build/component.rs"]
mod component;
mod modules;
mod optimise;
mod uncalled;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use optimise::{For, Optimiser};
use sha2::{Digest, Sha256};
use wac_graph::types::{Package, are_semver_compatible};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId};
use wasm_encoder::{ComponentSection as _, CustomSection};
use wasmparser::{Parser, Payload};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// An instance in a composition: its name, the component it is made of, and who provides its
/// imports. A provider is an instance that stands before it; what no provider has is the host's.
struct Instance {
    name: &'static str,
    package: &'static str,
    providers: &'static [Provider],
}

/// What an instance takes from another one.
enum Provider {
    /// Whatever it has of what is imported.
    All(&'static str),
    /// Only interfaces of ours: not the base's way out, nor the component's empty environment.
    Own(&'static str),
    /// The environment, which is empty there: the host's has the token in it, and libraries ask for
    /// variables of their own.
    NoEnvironment(&'static str),
    /// One interface in the place of another one of the same shape.
    Instead { instance: &'static str, export: &'static str, import: &'static str },
}

use Provider::{All, Instead, NoEnvironment, Own};

const COMPONENT: &str = "component";
const SETTINGS: &str = "fastintercom:component/settings@0.1.0";
const WRITER_SETTINGS: &str = "fastintercom:adapter/writer-settings@0.1.0";
const MAINTENANCE: &str = "fastintercom:component/maintenance@0.1.0";
const SYNC: &str = "fastintercom:component/sync@0.1.0";
const PROGRESS: &str = "fastintercom:component/progress@0.1.0";

/// A front that is called, and syncs when it is called for that.
const fn front(package: &'static str) -> Instance {
    let providers = &[
        Own("base"),
        NoEnvironment("base"),
        // The instance for tools cannot write.
        Instead { instance: "syncs", export: MAINTENANCE, import: MAINTENANCE },
        Instead { instance: "syncs", export: SYNC, import: SYNC },
        All("tools"),
    ];
    Instance { name: "front", package, providers }
}

const BASE: Instance = Instance { name: "base", package: "base", providers: &[] };
const TOOLS: Instance = Instance { name: "tools", package: COMPONENT, providers: &[All("base")] };
/// Its progress is the base's, which renews the lease.
const SYNCS: Instance = Instance {
    name: "syncs",
    package: COMPONENT,
    providers: &[Instead { instance: "base", export: WRITER_SETTINGS, import: SETTINGS }, All("base")],
};

/// What a host looks for in an artifact, and an adapter has in its module: the documentation of
/// functions (wassette), what can be granted to it (ACT).
const TOLD: &[&str] = &["package-docs", "act:component"];

/// The artifacts; the last instance's exports are the artifact's.
const ARTIFACTS: &[(&str, &[Instance])] = &[
    (
        "stdio",
        &[
            BASE,
            TOOLS,
            Instance {
                name: "front",
                package: "stdio",
                providers: &[Own("base"), NoEnvironment("base"), All("tools")],
            },
            // Its progress goes through the front, which answers messages meanwhile.
            Instance {
                name: "syncs",
                package: COMPONENT,
                providers: &[
                    Instead { instance: "base", export: WRITER_SETTINGS, import: SETTINGS },
                    Instead { instance: "front", export: PROGRESS, import: PROGRESS },
                    All("base"),
                ],
            },
            Instance {
                name: "driver",
                package: "driver",
                providers: &[Own("base"), NoEnvironment("base"), All("front"), All("syncs")],
            },
        ],
    ),
    ("http", &[BASE, TOOLS, SYNCS, front("http")]),
    ("typed", &[BASE, TOOLS, SYNCS, front("typed")]),
    ("act", &[Instance { package: "base_act", ..BASE }, TOOLS, SYNCS, front("act")]),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["optimise", component, kept, out] => alone(component.as_ref(), kept.as_ref(), out.as_ref()),
        ["build", root, target] => build(root.as_ref(), target.as_ref()),
        ["compose", component, adapters, kept, out] => {
            artifacts(component.as_ref(), adapters.as_ref(), kept.as_ref(), out.as_ref())
        }
        _ => {
            return failed(
                "usage: optimise COMPONENT KEPT OUT, build ROOT TARGET, or compose COMPONENT ADAPTERS KEPT OUT",
            );
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error.to_string()),
    }
}

#[expect(clippy::print_stderr, reason = "a tool of the build")]
fn failed(sentence: &str) -> ExitCode {
    eprintln!("compose: {sentence}");
    ExitCode::FAILURE
}

#[expect(clippy::print_stdout, reason = "a tool of the build")]
fn artifacts(component: &Path, adapters: &Path, kept: &Path, out: &Path) -> Result<()> {
    let optimiser = Optimiser::find(kept, For::Size)?;
    fs::create_dir_all(out)?;
    let mut packages = BTreeMap::new();
    for package in ARTIFACTS.iter().flat_map(|(_, instances)| *instances).map(|instance| instance.package) {
        if package != COMPONENT && !packages.contains_key(package) {
            let file = adapters.join(format!("fastintercom_adapter_{package}.wasm"));
            packages.insert(package, optimised(&optimiser, &file)?);
        }
    }
    let calls = uncalled::calls_of(packages.values().map(Vec::as_slice))?;
    let called = modules::replace(&read(component)?, &|module| uncalled::without(module, &calls))?;
    packages.insert(COMPONENT, optimiser.component(&called)?);
    let mut sums = String::new();
    for (name, instances) in ARTIFACTS {
        let bytes = compose(instances, &packages).map_err(|error| format!("{name}: {error}"))?;
        let file = format!("fastintercom-{name}.wasm");
        sums.push_str(&format!("{}  {file}\n", hex(&Sha256::digest(&bytes))));
        fs::write(out.join(&file), bytes)?;
    }
    fs::write(out.join("SHA256SUMS"), &sums)?;
    print!("{sums}");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a tool of the build")]
fn build(root: &Path, target: &Path) -> Result<()> {
    let file = component::compile(root, component::SHIPPED, target, component::For::OtherHosts)?;
    println!("{}", file.display());
    Ok(())
}

fn alone(component: &Path, kept: &Path, out: &Path) -> Result<()> {
    Ok(fs::write(out, optimised(&Optimiser::find(kept, For::Speed)?, component)?)?)
}

fn optimised(optimiser: &Optimiser, file: &Path) -> Result<Vec<u8>> {
    optimiser.component(&read(file)?).map_err(|error| format!("{}: {error}", file.display()).into())
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error| format!("{}: {error}", file.display()).into())
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn compose(instances: &[Instance], bytes: &BTreeMap<&str, Vec<u8>>) -> Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let mut packages: Vec<(&str, PackageId)> = Vec::new();
    let mut nodes: Vec<(&str, NodeId, PackageId)> = Vec::new();
    for instance in instances {
        let known = packages.iter().find(|(name, _)| *name == instance.package);
        let package = match known {
            Some((_, package)) => *package,
            None => {
                let name = format!("fastintercom:{}", instance.package);
                let bytes = bytes.get(instance.package).ok_or("a package that was not read")?;
                let package = Package::from_bytes(&name, None, bytes.as_slice(), graph.types_mut())?;
                let package = graph.register_package(package)?;
                packages.push((instance.package, package));
                package
            }
        };
        let node = graph.instantiate(package);
        let imports: Vec<String> = graph.types()[graph[package].ty()].imports.keys().cloned().collect();
        for import in imports {
            if let Some((provider, export)) = provider(&graph, &nodes, instance, &import)? {
                let export = graph.alias_instance_export(provider, &export)?;
                graph.set_instantiation_argument(node, &import, export)?;
            } else if import.starts_with("fastintercom:") {
                return Err(format!("nobody provides {import} to {}", instance.name).into());
            }
        }
        nodes.push((instance.name, node, package));
    }
    let Some((_, last, package)) = nodes.last().copied() else { return Err("nothing to compose".into()) };
    let exports: Vec<String> = graph.types()[graph[package].ty()].exports.keys().cloned().collect();
    for name in exports {
        let export = graph.alias_instance_export(last, &name)?;
        graph.export(export, &name)?;
    }
    let mut bytes = graph.encode(EncodeOptions::default())?;
    for payload in Parser::new(0).parse_all(graph[package].bytes()) {
        if let Payload::CustomSection(section) = payload?
            && TOLD.contains(&section.name())
        {
            CustomSection { name: section.name().into(), data: section.data().into() }
                .append_to_component(&mut bytes);
        }
    }
    Ok(bytes)
}

/// Who provides the import, and under which name.
fn provider(
    graph: &CompositionGraph,
    nodes: &[(&str, NodeId, PackageId)],
    instance: &Instance,
    import: &str,
) -> Result<Option<(NodeId, String)>> {
    for provider in instance.providers {
        let from = match provider {
            All(name) | Own(name) | NoEnvironment(name) => *name,
            Instead { instance, .. } => *instance,
        };
        let Some((_, node, package)) = nodes.iter().find(|(name, ..)| *name == from) else {
            return Err(format!("{from} does not stand before {}", instance.name).into());
        };
        let exports = &graph.types()[graph[*package].ty()].exports;
        match provider {
            Instead { export, import: of, .. } if *of == import => {
                return Ok(Some((*node, (*export).to_owned())));
            }
            Instead { .. } => {}
            Own(_) if !import.starts_with("fastintercom:") => {}
            NoEnvironment(_) if !import.starts_with("wasi:cli/environment@") => {}
            All(_) | Own(_) | NoEnvironment(_) => {
                let found =
                    exports.keys().find(|name| *name == import || are_semver_compatible(name, import));
                if let Some(name) = found {
                    return Ok(Some((*node, name.clone())));
                }
            }
        }
    }
    Ok(None)
}
