//! Builds the component that the binary embeds, unless it is handed a ready one.
//!
//! - `FASTINTERCOM_COMPONENT=FILE` skips the build.
//! - The nested Cargo has a target folder of its own: two Cargos on one folder would wait for
//!   each other's lock for ever. It also gets none of this build's flags and wrappers.
//! - SQLite's C code needs a clang that knows wasm: `WASI_SDK_PATH`, or the distribution's
//!   clang with wasi-libc, which is found here, so that a plain `cargo build` works.

mod build {
    pub mod component;
}

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use build::component::{self, Result};

fn main() -> Result<()> {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let root = manifest.parent().ok_or("the host has no parent folder")?.to_path_buf();
    let out = PathBuf::from(env::var("OUT_DIR")?).join("fastintercom.wasm");

    println!("cargo::rerun-if-env-changed=FASTINTERCOM_COMPONENT");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");

    let component = match env::var_os("FASTINTERCOM_COMPONENT") {
        Some(file) => {
            println!("cargo::rerun-if-changed={}", Path::new(&file).display());
            PathBuf::from(file)
        }
        None => component::build(&root, "fastintercom-guest")?,
    };
    fs::copy(&component, &out).map_err(|error| format!("cannot copy {}: {error}", component.display()))?;
    Ok(())
}
