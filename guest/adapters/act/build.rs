//! Makes the section `act:component` of `act.toml`, as `act-build pack` does.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=act.toml");
    if let Err(error) = pack() {
        println!("cargo::error=the manifest for ACT cannot be made: {error}");
    }
}

fn pack() -> Result<(), Box<dyn Error>> {
    let mut manifest: toml::Table = fs::read_to_string("act.toml")?.parse()?;
    let own = manifest.get_mut("std").and_then(toml::Value::as_table_mut).ok_or("there is no [std]")?;
    for (key, value) in [
        ("name", "fastintercom".to_owned()),
        ("version", env::var("CARGO_PKG_VERSION")?),
        ("license", env::var("CARGO_PKG_LICENSE")?),
    ] {
        own.insert(key.to_owned(), value.into());
    }
    let mut section = Vec::new();
    ciborium::into_writer(&manifest, &mut section)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("there is no OUT_DIR")?);
    fs::write(out.join("manifest"), &section)?;
    let code = format!(
        "#[used]\n#[unsafe(link_section = \"act:component\")]\n\
         static MANIFEST: [u8; {}] = *include_bytes!(concat!(env!(\"OUT_DIR\"), \"/manifest\"));\n",
        section.len()
    );
    fs::write(out.join("manifest.rs"), code)?;
    Ok(())
}
