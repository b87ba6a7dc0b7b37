//! The one preopened folder, in which the database lies.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::wit::wasi::filesystem::preopens::get_directories;
use crate::wit::wasi::filesystem::types::Descriptor;

pub(super) struct Folder {
    pub(super) descriptor: Descriptor,
    /// The name under which the host gives it to the guest, such as `/data`.
    name: String,
}

/// The first preopened folder; there is one. `None`: the host preopened nothing.
pub(super) fn folder() -> Option<&'static Folder> {
    static FOLDER: OnceLock<Option<Folder>> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let (descriptor, name) = get_directories().into_iter().next()?;
            Some(Folder { descriptor, name })
        })
        .as_ref()
}

/// A path as this VFS writes it: relative to the folder, however it was given.
pub(super) fn relative(path: &str) -> &str {
    let within = folder().and_then(|folder| path.strip_prefix(folder.name.as_str())).unwrap_or(path);
    let within = within.trim_start_matches('/');
    within.strip_prefix("./").unwrap_or(within)
}

/// The path under which `std::fs` finds a file of the folder.
pub(in crate::store) fn std_path(path: &Path) -> PathBuf {
    match (folder(), path.to_str()) {
        (Some(folder), Some(path)) => Path::new(&folder.name).join(relative(path)),
        _ => path.to_owned(),
    }
}
