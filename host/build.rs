//! Builds the component that the binary embeds, unless it is handed a ready one.
//!
//! - `FASTINTERCOM_COMPONENT=FILE` skips the build.
//! - The nested Cargo has a target folder of its own: two Cargos on one folder would wait for
//!   each other's lock for ever. It also gets none of this build's flags and wrappers.
//! - SQLite's C code needs a clang that knows wasm: `WASI_SDK_PATH`, or the distribution's
//!   clang with wasi-libc, which is found here, so that a plain `cargo build` works.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What SQLite is built with in the component, on top of libsqlite3-sys's own choice. Left out is
/// what nothing here uses and what only makes code larger: the older full-text search, R-trees,
/// samples of values (`PRAGMA optimize` still keeps its counts), checks of API misuse, which
/// rusqlite's types exclude, and bookkeeping of memory that nobody reads.
/// `docs/BENCHMARKS.md` has what each choice brought.
const SQLITE_FLAGS: &str = "-USQLITE_ENABLE_FTS3 -USQLITE_ENABLE_FTS3_PARENTHESIS -USQLITE_ENABLE_RTREE \
     -USQLITE_ENABLE_STAT4 -USQLITE_ENABLE_API_ARMOR -USQLITE_SOUNDEX -DSQLITE_OMIT_DEPRECATED \
     -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_DEFAULT_MEMSTATUS=0";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let root = manifest.parent().ok_or("the host has no parent folder")?.to_path_buf();
    let out = PathBuf::from(env::var("OUT_DIR")?).join("fastintercom.wasm");

    for variable in ["FASTINTERCOM_COMPONENT", "WASI_SDK_PATH", "CC_wasm32_wasip2"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    println!("cargo::rerun-if-changed=build.rs");

    let component = match env::var_os("FASTINTERCOM_COMPONENT") {
        Some(file) => {
            println!("cargo::rerun-if-changed={}", Path::new(&file).display());
            PathBuf::from(file)
        }
        None => {
            for path in ["guest/src", "guest/Cargo.toml", "wit", "Cargo.lock", "Cargo.toml"] {
                println!("cargo::rerun-if-changed={}", root.join(path).display());
            }
            build_component(&root, &target_folder(&root)?)?
        }
    };
    fs::copy(&component, &out).map_err(|error| format!("cannot copy {}: {error}", component.display()))?;
    Ok(())
}

/// `target/component` beside this build's own artifacts, wherever those are.
fn target_folder(root: &Path) -> Result<PathBuf> {
    // OUT_DIR is <target>/[<triple>/]<profile>/build/<package>/out; the folder that cargo marks
    // with CACHEDIR.TAG is the target folder.
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let target = out
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").exists())
        .map_or_else(|| root.join("target"), Path::to_path_buf);
    Ok(target.join("component"))
}

fn build_component(root: &Path, target: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root)
        .args(["build", "--locked", "--package", "fastintercom-guest", "--lib"])
        .args(["--target", "wasm32-wasip2", "--profile", "component"])
        .env("CARGO_TARGET_DIR", target);
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let inherited = name.starts_with("CARGO_BUILD_")
            || name.starts_with("CARGO_PROFILE_")
            || name.starts_with("CARGO_CFG_")
            || name.starts_with("CARGO_FEATURE_")
            || name.starts_with("CARGO_TARGET_WASM32")
            || name.contains("RUSTFLAGS")
            || name.contains("WRAPPER")
            || ["RUSTC", "RUSTDOC", "TARGET", "HOST", "CARGO_MAKEFLAGS", "MAKEFLAGS", "NUM_JOBS", "OUT_DIR"]
                .contains(&name.as_str());
        if inherited {
            cargo.env_remove(&name);
        }
    }
    // Paths of this machine would make two builds of the same source differ.
    let home = env::var("CARGO_HOME").or_else(|_| env::var("HOME").map(|home| format!("{home}/.cargo")));
    let mut flags = vec![format!("--remap-path-prefix={}=/fastintercom", root.display())];
    if let Ok(home) = &home {
        flags.push(format!("--remap-path-prefix={home}=/cargo"));
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    cargo.env("LIBSQLITE3_FLAGS", SQLITE_FLAGS);
    if env::var_os("CC_wasm32_wasip2").is_none() {
        let tools = c_tools()?;
        let cflags = format!(
            "{} -O3 -mbulk-memory -ffile-prefix-map={}=/fastintercom -ffile-prefix-map={}=/cargo",
            tools.cflags,
            target.display(),
            home.as_deref().unwrap_or("/nonexistent")
        );
        cargo
            .env("CC_wasm32_wasip2", &tools.clang)
            .env("AR_wasm32_wasip2", &tools.ar)
            .env("CFLAGS_wasm32_wasip2", cflags);
    }
    let status = cargo.status().map_err(|error| format!("cannot run cargo: {error}"))?;
    if !status.success() {
        return Err("the component did not build; is the target installed (rustup target add wasm32-wasip2), and a clang that knows wasm? ./setup.sh installs both".into());
    }
    Ok(target.join("wasm32-wasip2/component/fastintercom_guest.wasm"))
}

/// A C compiler for wasm32-wasip2.
struct CTools {
    clang: String,
    ar: String,
    cflags: String,
}

fn c_tools() -> Result<CTools> {
    if let Ok(sdk) = env::var("WASI_SDK_PATH") {
        return Ok(CTools {
            clang: format!("{sdk}/bin/clang"),
            ar: format!("{sdk}/bin/llvm-ar"),
            cflags: format!("--sysroot={sdk}/share/wasi-sysroot --target=wasm32-wasip2"),
        });
    }
    for version in (15..=25).rev() {
        let clang = format!("clang-{version}");
        let ar = format!("llvm-ar-{version}");
        let knows_wasm = |program: &str| {
            Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
        };
        let runtime =
            Path::new("/usr/lib").join(format!("llvm-{version}/lib/clang/{version}/lib/wasm32-unknown-wasi"));
        let runtime_old = Path::new("/usr/lib").join(format!("llvm-{version}/lib/clang/{version}/lib/wasi"));
        if (runtime.exists() || runtime_old.exists()) && knows_wasm(&clang) && knows_wasm(&ar) {
            return Ok(CTools {
                clang,
                ar,
                cflags: "--sysroot=/usr -I/usr/include/wasm32-wasi --target=wasm32-wasi".to_owned(),
            });
        }
    }
    Err("no clang for WebAssembly: run ./setup.sh, or set WASI_SDK_PATH to an unpacked wasi-sdk".into())
}
