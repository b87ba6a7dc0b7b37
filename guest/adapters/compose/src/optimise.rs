//! Optimises the core modules inside a component with Binaryen's `wasm-opt`. The modules' custom
//! sections, of which the definitions of the tools are one, stay as they are.
//!
//! The native build does not do this: it would need one more tool on every developer's machine.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest, Sha256};
use wasmparser::{Validator, WasmFeatures};

use crate::{Result, modules};

/// Another version makes other bytes, so only this one will do. npm has it ready-made; as it runs
/// in Node, it is one and the same program on every system.
const VERSION: &str = "132";

/// What modules may use: WebAssembly 2.0 without vectors, which the compilers make anyway and
/// every host of components has. `wasm-opt` must be told, or it refuses, or uses what hosts lack.
const FEATURES: &[&str] = &[
    "--mvp-features",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// What is optimised for. Names and debug information are not there any more (`strip` of the
/// profiles), so nothing has to be removed for the size. Sections of others are kept by `wasm-opt` as
/// they are.
#[derive(Clone, Copy)]
pub enum For {
    Speed,
    Size,
}

impl For {
    fn passes(self) -> &'static [&'static str] {
        match self {
            Self::Speed => &["-O3"],
            // Below 1024 is the end of the stack, which nothing is ever given an address in.
            Self::Size => &["-Oz", "--low-memory-unused"],
        }
    }
}

/// Modules below this are glue of a few functions, in which nothing is to be won.
const WORTH_IT: usize = 16 * 1024;

/// Optimises modules, each one once: results are kept in a folder, since `wasm-opt` takes minutes.
pub struct Optimiser {
    program: PathBuf,
    kept: PathBuf,
    passes: &'static [&'static str],
}

impl Optimiser {
    /// Looks for the program: `WASM_OPT`, or `wasm-opt` on the path.
    pub fn find(kept: &Path, what: For) -> Result<Self> {
        let program = std::env::var_os("WASM_OPT").map_or_else(|| PathBuf::from("wasm-opt"), PathBuf::from);
        let optimiser = Self { program, kept: kept.to_path_buf(), passes: what.passes() };
        let found = match optimiser.run(&["--version"]) {
            Ok(output) => {
                String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned()
            }
            Err(error) => error.to_string(),
        };
        if found.split_whitespace().nth(2) != Some(VERSION) {
            return Err(format!(
                "wasm-opt {VERSION} is needed: `npm install --global binaryen@{VERSION}.0.0`, \
                 or WASM_OPT=FILE; {} said: {found}",
                optimiser.program.display()
            )
            .into());
        }
        fs::create_dir_all(kept)?;
        Ok(optimiser)
    }

    /// The component with its core modules optimised, those of nested components included.
    pub fn component(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        modules::replace(bytes, &|module| self.module(module))
    }

    fn module(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        valid(bytes).map_err(|error| format!("a module needs more than WebAssembly 2.0: {error}"))?;
        if bytes.len() < WORTH_IT {
            return Ok(bytes.to_vec());
        }
        let mut of = Sha256::new();
        for option in self.passes.iter().chain(FEATURES).chain(&[VERSION]) {
            of.update(option);
        }
        let name = crate::hex(&of.chain_update(bytes).finalize());
        let done = self.kept.join(format!("{name}.wasm"));
        if !done.exists() {
            let (before, after) =
                (self.kept.join(format!("{name}.before")), self.kept.join(format!("{name}.after")));
            fs::write(&before, bytes)?;
            let files = [before.as_os_str(), "-o".as_ref(), after.as_os_str()];
            let options = self.passes.iter().chain(FEATURES).map(|option| option.as_ref());
            let output = self.run(&options.chain(files).collect::<Vec<&OsStr>>())?;
            if !output.status.success() {
                return Err(format!("wasm-opt: {}", String::from_utf8_lossy(&output.stderr)).into());
            }
            fs::remove_file(&before)?;
            // What stands under its last name is whole.
            fs::rename(&after, &done)?;
        }
        let optimised = fs::read(&done)?;
        valid(&optimised).map_err(|error| format!("wasm-opt made what hosts may not have: {error}"))?;
        Ok(optimised)
    }

    fn run(&self, arguments: &[impl AsRef<OsStr>]) -> Result<Output> {
        Ok(Command::new(&self.program).args(arguments).output()?)
    }
}

fn valid(module: &[u8]) -> Result<()> {
    let features = WasmFeatures::WASM2.difference(WasmFeatures::SIMD);
    Validator::new_with_features(features).validate_all(module)?;
    Ok(())
}
