//! Builds a component with a nested Cargo, for the build scripts of the host and of the tests, and for
//! the artifacts for other hosts (`guest/adapters`).
#![allow(
    dead_code,
    clippy::print_stdout,
    reason = "three programs share this file, and none needs all of it; Cargo reads what build scripts print"
)]

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What SQLite is built with in the component, on top of libsqlite3-sys's own choice. Left out is
/// what nothing here uses and what only makes code larger: the older full-text search, R-trees,
/// samples of values (`PRAGMA optimize` still keeps its counts), checks of API misuse, which
/// rusqlite's types exclude, bookkeeping of memory that nobody reads, and the table of pages.
/// `docs/reports/BENCHMARKS.md` has what each choice brought.
const SQLITE_FLAGS: &str = "-USQLITE_ENABLE_FTS3 -USQLITE_ENABLE_FTS3_PARENTHESIS -USQLITE_ENABLE_RTREE \
     -USQLITE_ENABLE_STAT4 -USQLITE_ENABLE_DBSTAT_VTAB -USQLITE_ENABLE_API_ARMOR -USQLITE_SOUNDEX -DSQLITE_OMIT_DEPRECATED \
     -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_DEFAULT_MEMSTATUS=0";

/// What SQLite does all day, counted (`host/build/profile.sh`): clang inlines and lays out by it.
const PROFILE: &str = "host/build/sqlite.profdata";

/// The clang that wrote the profile; older ones cannot read it.
const PROFILE_CLANG: u32 = 19;

/// How SQLite is optimised without the profile: without clang's eager inlining, which makes half a
/// megabyte of code that runs no faster in the sandbox (`docs/reports/BENCHMARKS.md`).
const WITHOUT_PROFILE: &str = "-mllvm -inline-threshold=50";

/// How eagerly Rust's code is inlined: LLVM's own threshold is 250, which makes a third of a
/// megabyte more, and a third more time to build it, for code that runs no faster in the sandbox.
const RUST_INLINING: &str = "-Cllvm-args=-inline-threshold=100";

/// The component that the server embeds.
pub const SHIPPED: &str = "fastintercom-guest";

/// What a component is built for.
#[derive(Clone, Copy)]
pub enum For {
    /// The server: fast.
    Server,
    /// Hosts that compile all of it at a start, and fetch it before: small, and slower where there is
    /// much to read (`docs/HOSTS.md`).
    OtherHosts,
    /// The tests. What is not shipped need not be small: without whole-program optimisation a change
    /// in the guest costs them one such build instead of two.
    Tests,
}

impl For {
    const fn profile(self) -> &'static str {
        match self {
            Self::Server => "component",
            Self::OtherHosts => "portable",
            Self::Tests => "component-for-tests",
        }
    }
}

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// `target/component` beside this build's own artifacts, wherever those are.
fn target_folder(root: &Path) -> Result<PathBuf> {
    // OUT_DIR is <target>/[<triple>/]<profile>/build/<package>/out; the folders that cargo marks
    // with CACHEDIR.TAG are the target folder and, in a cross build, that of the triple, too. A
    // component is the same for every triple, so all share one folder.
    let (out, triple) = (PathBuf::from(env::var("OUT_DIR")?), env::var("TARGET").ok());
    let target = out
        .ancestors()
        .filter(|folder| triple.as_ref().is_none_or(|triple| !folder.ends_with(triple)))
        .find(|folder| folder.join("CACHEDIR.TAG").exists())
        .map_or_else(|| root.join("target"), Path::to_path_buf);
    Ok(target.join("component"))
}

/// Builds a package of the workspace as a component, and tells Cargo what that depends on.
/// Returns the file.
pub fn build(root: &Path, package: &str) -> Result<PathBuf> {
    for variable in ["WASI_SDK_PATH", "CC_wasm32_wasip2"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    for path in ["guest/src", "guest/Cargo.toml", "wit", "Cargo.lock", "Cargo.toml", PROFILE] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    let target = target_folder(root)?;
    // Whoever depends on the guest builds it, too, and with features of its own: the probe's guest
    // would lie where the shipped one is looked for, under the same name.
    if package == SHIPPED {
        compile(root, package, &target, For::Server)
    } else {
        compile(root, package, &target.join(package), For::Tests)
    }
}

/// Builds a package of the workspace as a component in that target folder. Returns the file.
pub fn compile(root: &Path, package: &str, target: &Path, purpose: For) -> Result<PathBuf> {
    let profile = purpose.profile();
    let is_small = matches!(purpose, For::OtherHosts);
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root)
        .args(["build", "--locked", "--package", package, "--lib"])
        .args(["--target", "wasm32-wasip2", "--profile", profile])
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
    if !is_small {
        flags.push(RUST_INLINING.to_owned());
    }
    if let Ok(home) = &home {
        flags.push(format!("--remap-path-prefix={home}=/cargo"));
        // Shorter by the registry's own name, which is in every message of a panic else.
        let registries = std::fs::read_dir(Path::new(home).join("registry/src")).into_iter().flatten();
        for registry in registries.flatten() {
            flags.push(format!("--remap-path-prefix={}=/cargo", registry.path().display()));
        }
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    cargo.env("LIBSQLITE3_FLAGS", SQLITE_FLAGS);
    if env::var_os("CC_wasm32_wasip2").is_none() {
        let tools = c_tools()?;
        let optimisation = if tools.major >= PROFILE_CLANG {
            format!("-fprofile-instr-use={}", root.join(PROFILE).display())
        } else {
            WITHOUT_PROFILE.to_owned()
        };
        let level = if is_small { "-Oz" } else { "-O2" };
        let cflags = format!(
            "{} {level} {optimisation} -mbulk-memory -ffile-prefix-map={}=/fastintercom -ffile-prefix-map={}=/cargo",
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
    Ok(target.join(format!("wasm32-wasip2/{profile}/{}.wasm", package.replace('-', "_"))))
}

/// A C compiler for wasm32-wasip2.
struct CTools {
    clang: String,
    /// The compiler's major version.
    major: u32,
    ar: String,
    cflags: String,
}

/// The major version of a clang: "Debian clang version 19.1.7 (3)".
fn major_version(clang: &str) -> Option<u32> {
    let output = Command::new(clang).arg("--version").output().ok()?;
    let words = String::from_utf8_lossy(&output.stdout);
    words.split("clang version ").nth(1)?.split('.').next()?.parse().ok()
}

fn c_tools() -> Result<CTools> {
    if let Ok(sdk) = env::var("WASI_SDK_PATH") {
        let clang = format!("{sdk}/bin/clang");
        return Ok(CTools {
            major: major_version(&clang).ok_or("WASI_SDK_PATH has no clang that says its version")?,
            clang,
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
                major: version,
                ar,
                cflags: "--sysroot=/usr -I/usr/include/wasm32-wasi --target=wasm32-wasi".to_owned(),
            });
        }
    }
    Err("no clang for WebAssembly: run ./setup.sh, or set WASI_SDK_PATH to an unpacked wasi-sdk".into())
}
