//! The plan of the house (`docs/DESIGN.md`, "Who knows what"), kept true by looking at what the
//! code uses. `cargo test -p fastintercom-tests --test house -- --nocapture` prints the circles.

mod modules;

use std::fs;
use std::path::{Path, PathBuf};

use modules::{Crate, circles};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// Rooms of the guest and what each must not know.
const WALLS: [(&str, &[&str]); 6] = [
    ("text", &["store", "intercom", "sync", "tools", "views", "component"]),
    ("intercom", &["store", "sync", "tools", "views", "component"]),
    ("store", &["intercom", "sync", "tools", "views", "component"]),
    ("sync", &["tools", "views", "component"]),
    ("tools", &["intercom", "sync", "views", "component"]),
    ("views", &["store", "intercom", "sync", "component"]),
];

fn room(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or_default()
}

#[test]
fn no_room_of_the_component_knows_what_lies_above_or_beside_it() {
    let guest = Crate::read(&folder("guest/src"));
    let mut crossed = Vec::new();
    for (file, used) in guest.uses() {
        for (_, forbidden) in WALLS.iter().filter(|(from, _)| *from == room(file)) {
            crossed.extend(
                used.iter().filter(|other| forbidden.contains(&room(other))).map(|other| format!("{file} uses {other}")),
            );
        }
    }
    assert!(crossed.is_empty(), "see docs/DESIGN.md, \"Who knows what\":\n{}", crossed.join("\n"));
}

#[test]
fn store_and_sync_have_no_circles_between_files() {
    let guest = Crate::read(&folder("guest/src"));
    let uses = guest.uses();
    for circle in circles(&uses) {
        println!("{}", circle.iter().copied().collect::<Vec<_>>().join(" - "));
    }
    let bad: Vec<String> = circles(&uses)
        .into_iter()
        .filter(|circle| circle.iter().any(|file| ["store", "sync"].contains(&room(file))))
        .map(|circle| circle.into_iter().collect::<Vec<_>>().join(" - "))
        .collect();
    assert!(bad.is_empty(), "files that use each other:\n{}", bad.join("\n"));
}
