//! `docs/SECURITY.md` names a test for each of its claims; here each name is looked up.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Rust files below a folder, by their path from the repository without the ending.
fn sources(folder: &Path, name: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let (path, file) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            sources(&path, &format!("{name}/{file}"), found);
        } else if let Some(stem) = file.strip_suffix(".rs") {
            found.insert(format!("{name}/{stem}"), fs::read_to_string(&path).expect("UTF-8"));
        }
    }
}

/// The names in backticks in the last column of a table's row: `module::test`, `module::*`,
/// `module`, or the bare name of a test of the module before.
fn names(row: &str) -> Vec<&str> {
    let Some(column) = row.trim().strip_suffix('|').and_then(|row| row.rsplit('|').next()) else {
        return Vec::new();
    };
    let plain = |name: &&str| {
        // The heading of a column names what its names begin with.
        name.contains(['_', ':'])
            && !name.ends_with(':')
            && name.chars().all(|letter| letter.is_ascii_lowercase() || "0123456789_:*".contains(letter))
    };
    column.split('`').skip(1).step_by(2).filter(plain).collect()
}

/// Whether a file has that test, or tests at all for a whole module.
fn exists(files: &BTreeMap<String, String>, name: &str) -> bool {
    let (module, test) = match name.rsplit_once("::") {
        Some((module, test)) => (module.strip_suffix("::tests").unwrap_or(module), test),
        None => ("", name),
    };
    let place = module.replace("::", "/");
    let whole = format!("/{}", name.replace("::", "/"));
    files.iter().any(|(path, text)| {
        // A module's unit tests stand in it or in a file beside it, a crate's in its `lib`.
        let in_place = place.is_empty()
            || ["", "/lib", "/mod", "/tests"].iter().any(|file| path.ends_with(&format!("/{place}{file}")));
        if test == "*" {
            return (in_place || path.contains(&format!("/{place}/"))) && text.contains("#[test]");
        }
        (in_place && text.contains(&format!("fn {test}()")))
            || (path.ends_with(&whole) && text.contains("#[test]"))
    })
}

#[test]
fn every_claim_names_a_test_that_exists() {
    let mut files = BTreeMap::new();
    for folder in ["host/src", "host/policy/src", "guest/src", "tests/tests"] {
        // A crate's modules are named after the crate.
        let name = if folder == "host/policy/src" { "host/policy" } else { folder };
        sources(&repository().join(folder), name, &mut files);
    }
    let document = fs::read_to_string(repository().join("docs/SECURITY.md")).expect("the document");
    let named: Vec<&str> = document.lines().filter(|line| line.starts_with('|')).flat_map(names).collect();
    assert!(named.len() > 30, "{named:?}");
    let missing: Vec<&&str> = named.iter().filter(|name| !exists(&files, name)).collect();
    assert!(missing.is_empty(), "docs/SECURITY.md names what does not exist: {missing:?}");
    assert!(
        !exists(&files, "sandbox::network::no_such_test") && !exists(&files, "sandbox::no_such_module::*")
    );
}

/// Cargo is told which integration binaries there are (each costs a link), so a file that neither
/// of them has as a module would never run.
#[test]
fn every_file_of_tests_belongs_to_a_binary() {
    let folder = repository().join("tests/tests");
    let listed: String = ["program.rs", "scenarios.rs"]
        .map(|file| fs::read_to_string(folder.join(file)).expect("the binary's list of modules"))
        .concat();
    for entry in fs::read_dir(&folder).expect("the folder of tests").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let stem = name.strip_suffix(".rs").unwrap_or(&name);
        assert!(
            ["program", "scenarios"].contains(&stem) || listed.contains(&format!("mod {stem};")),
            "tests/tests/{name} is a module of neither program.rs nor scenarios.rs, so it never runs"
        );
    }
}
