//! Compiled code on disk, so that only the first start compiles.
//!
//! A cached file is native code that is run as it is, so it is kept where only this user can
//! write, and a folder of anybody else is refused. The file's name holds the component's digest
//! and a hash of everything in the engine that the code depends on (version, settings, target).
//!
//! The `unsafe` of loading such a file is in this file.

use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use wasmtime::Engine;
use wasmtime::component::Component;

/// One place for one component's compiled code.
#[derive(Debug)]
pub struct CodeCache {
    file: PathBuf,
}

impl CodeCache {
    /// `None`, with a line in the log, when the folder cannot be used safely; the code is then
    /// compiled in memory.
    #[must_use]
    pub fn open(folder: PathBuf, engine: &Engine, digest: &str) -> Option<Self> {
        if let Err(reason) = private_folder(&folder) {
            tracing::warn!("compiled code is not cached: {reason}");
            return None;
        }
        // Not stable between Rust releases, which is as it should be: another build, another key.
        let mut hasher = std::hash::DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        let file = folder.join(format!("{}-{:016x}.cwasm", digest.get(..32)?, hasher.finish()));
        Some(Self { file })
    }

    /// Where the code lies.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.file.parent()
    }

    /// Whether the code is stored. It is there as a whole or not at all.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.file.is_file()
    }

    /// The compiled component, if it is there and fits the engine.
    #[must_use]
    pub fn load(&self, engine: &Engine) -> Option<Component> {
        owned_by_us(&self.file).ok()?;
        // SAFETY: the file was written by `store` below: it lies in a folder that only this user
        // can write, is owned by this user (both checked), and its name was made from the
        // component's digest and the engine's settings. wasmtime checks version and settings again.
        let mapped = unsafe { Component::deserialize_file(engine, &self.file) };
        // Not every file can be mapped as code: not where the folder is mounted `noexec`, and not
        // under Wine. A copy in memory can be run there all the same.
        let loaded = mapped.or_else(|error| {
            tracing::debug!("cached code cannot be mapped: {error:#}");
            let code = fs::read(&self.file)?;
            // SAFETY: as above; these are the bytes of the same file.
            unsafe { Component::deserialize(engine, code) }
        });
        loaded.inspect_err(|error| tracing::debug!("cached code is not usable: {error:#}")).ok()
    }

    /// Keeps the compiled component for the next start, and says whether that worked; a failure
    /// costs only time.
    pub fn store(&self, component: &Component) -> bool {
        let stored = self.try_store(component);
        if let Err(error) = &stored {
            tracing::warn!("compiled code is not cached: {error}");
        }
        stored.is_ok()
    }

    fn try_store(&self, component: &Component) -> Result<(), String> {
        let code = component.serialize().map_err(|error| format!("{error:#}"))?;
        // Two servers may start at once: each writes a file of its own and renames it whole.
        let draft = self.file.with_extension(format!("{}.draft", std::process::id()));
        let written = create_private(&draft).and_then(|mut file| file.write_all(&code));
        let renamed = written.and_then(|()| fs::rename(&draft, &self.file));
        if renamed.is_err() {
            let _ = fs::remove_file(&draft);
        }
        renamed.map_err(|error| format!("{}: {error}", self.file.display()))?;
        self.forget_others();
        Ok(())
    }

    /// Code of other versions is of no use any more.
    fn forget_others(&self) {
        let Some(folder) = self.file.parent() else { return };
        let Ok(entries) = fs::read_dir(folder) else { return };
        let month = std::time::Duration::from_secs(30 * 24 * 3600);
        for entry in entries.flatten() {
            let path = entry.path();
            let is_code = path.extension().is_some_and(|extension| extension == "cwasm");
            let age = entry
                .metadata()
                .and_then(|metadata| metadata.modified())
                .ok()
                .and_then(|at| at.elapsed().ok());
            if is_code && path != self.file && age.is_some_and(|age| age > month) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// Whether compiled code can be kept in that folder, which is made where there is none.
///
/// # Errors
/// The part of a sentence that says why not.
pub fn check(folder: &Path) -> Result<(), String> {
    private_folder(folder)?;
    let probe = folder.join(format!("probe-{}", std::process::id()));
    let written = create_private(&probe);
    let _ = fs::remove_file(&probe);
    written.map(|_| ()).map_err(|error| format!("{} cannot be written: {error}", folder.display()))
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> Result<(), String> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    let shown = folder.display();
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| format!("{shown} cannot be created: {error}"))?;
    owned_by_us(folder)?;
    let metadata = fs::metadata(folder).map_err(|error| format!("{shown}: {error}"))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
            .map_err(|error| format!("{shown} is open to others, and cannot be closed: {error}"))?;
    }
    Ok(())
}

#[cfg(unix)]
fn owned_by_us(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::symlink_metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if metadata.is_symlink() {
        return Err(format!("{} is a symbolic link", path.display()));
    }
    if metadata.uid() != crate::platform::user_id() {
        return Err(format!("{} belongs to another user", path.display()));
    }
    Ok(())
}

#[cfg(unix)]
fn create_private(path: &Path) -> std::io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

// On Windows the folder lies in the user's profile, whose access list keeps others out.
#[cfg(not(unix))]
fn private_folder(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{} cannot be created: {error}", folder.display()))
}

#[cfg(not(unix))]
fn owned_by_us(path: &Path) -> Result<(), String> {
    fs::symlink_metadata(path).map(|_| ()).map_err(|error| error.to_string())
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> std::io::Result<fs::File> {
    fs::File::create(path)
}
