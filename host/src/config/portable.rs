//! The cache that the artifacts for other hosts keep (`guest/adapters`). They know no file locks, so
//! a native server and they do not share a folder; they refuse a native one's, too.

use std::fs;
use std::path::Path;

/// Why such a folder is not used.
pub const REFUSAL: &str = "its folder holds the cache of a portable FastIntercom (published.….db), which takes no file locks; use a folder of its own";

/// Whether there is one in the folder.
pub fn has_cache(folder: &Path) -> bool {
    fs::read_dir(folder)
        .is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name().to_str().is_some_and(is_its)))
}

/// The names are made in `guest/adapters/base/src/files.rs`.
fn is_its(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match name.split('.').collect::<Vec<_>>().as_slice() {
        ["lease", term] => is_number(term),
        ["writer", term, "db"] => is_number(term),
        ["published", term, number, "db"] => is_number(term) && is_number(number),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portable_cache_is_told_by_its_names() {
        for name in ["lease.7", "published.12.3.db", "writer.7.db"] {
            assert!(is_its(name), "{name}");
        }
        for name in [
            "data.db",
            "lease.txt",
            "lease.",
            "published.db",
            "published.a.b.db",
            "lease.7.db",
            "writer.db",
            "writer.a.db",
        ] {
            assert!(!is_its(name), "{name}");
        }
    }
}
