//! The access token, wherever it could be.
//!
//! A test hands it over written backwards, so that the search does not find itself.

use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};

use super::bindings::fastintercom::component::settings;
use super::{network, text};

const PAGE: usize = 65_536;

/// Everything that a process usually finds around it.
pub fn surroundings() -> Value {
    let environment: Vec<String> = std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
    let arguments: Vec<String> = std::env::args().collect();
    let mut input = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut input);
    json!({
        "environment": environment,
        "arguments": arguments,
        "stdin": input.len(),
        "current_folder": std::env::current_dir().map(|folder| folder.display().to_string()).ok(),
        "settings": format!("{:?}", settings::get()),
    })
}

/// Makes the request that the arguments describe, then looks for the token in environment,
/// arguments, settings, files, and in every byte of this instance's memory.
pub fn find_token(arguments: &Value) -> Value {
    let reversed = text(arguments, "reversed").as_bytes();
    let answer = network::send(arguments);
    let mut places = Vec::new();
    if contains(format!("{}", surroundings()).as_bytes(), reversed) {
        places.push("surroundings".to_owned());
    }
    if contains(answer.to_string().as_bytes(), reversed) {
        places.push("answer".to_owned());
    }
    search_files(Path::new("/data"), reversed, &mut places);
    let pages = std::arch::wasm32::memory_size::<0>();
    if memory_contains(pages * PAGE, reversed) {
        places.push("memory".to_owned());
    }
    json!({"places": places, "pages": pages, "answer": answer})
}

fn search_files(folder: &Path, reversed: &[u8], places: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            search_files(&path, reversed, places);
        } else if std::fs::read(&path).is_ok_and(|content| contains(&content, reversed)) {
            places.push(path.display().to_string());
        }
    }
}

fn contains(bytes: &[u8], reversed: &[u8]) -> bool {
    bytes.windows(reversed.len()).any(|window| window.iter().eq(reversed.iter().rev()))
}

fn memory_contains(size: usize, reversed: &[u8]) -> bool {
    let matches_at = |start: usize| {
        reversed.iter().rev().enumerate().all(|(offset, wanted)| {
            let address = std::ptr::without_provenance::<u8>(start + offset);
            // SAFETY: the address lies within linear memory, all of which can be read. Volatile,
            // because the compiler knows nothing of these bytes.
            unsafe { address.read_volatile() == *wanted }
        })
    };
    (1..size.saturating_sub(reversed.len())).any(matches_at)
}
