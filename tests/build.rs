//! Builds the probe, the component with which the tests write to a database as the real one does.

#[path = "../host/build/component.rs"]
mod component;

use std::path::PathBuf;

fn main() -> component::Result<()> {
    let tests = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let root = tests.parent().ok_or("the tests have no parent folder")?;
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_SCENARIOS").is_none() {
        return Ok(());
    }
    println!("cargo::rerun-if-changed={}", tests.join("probe").display());
    let probe = component::build(root, "fastintercom-probe")?;
    println!("cargo::rustc-env=FASTINTERCOM_PROBE={}", probe.display());
    Ok(())
}
