//! The plan of the house (`docs/DESIGN.md`, "Who knows what"), kept true by looking at what the
//! code uses. A failure names the files.

mod modules;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use modules::{Crate, circles};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// Rooms of the guest and what each must not know.
const WALLS: [(&str, &[&str]); 8] = [
    ("apps", &["text", "store", "intercom", "sync", "tools", "views", "component"]),
    ("text", &["store", "intercom", "sync", "tools", "views", "component"]),
    ("intercom", &["store", "sync", "tools", "views", "component"]),
    ("store", &["intercom", "sync", "tools", "views", "component"]),
    ("sync", &["tools", "views", "component"]),
    ("tools", &["intercom", "sync", "views", "component"]),
    ("views", &["store", "intercom", "sync", "component"]),
    ("bulk", &["intercom", "sync", "component"]),
];

/// Doors in those walls, each with its reason. One that nobody uses any more fails the test.
const DOORS: [(&str, &str, &str); 3] = [
    ("tools/incomplete.rs", "sync/backlog.rs", "what a run leaves undone is the sync's to say"),
    ("views/report/", "store/", "a report of many days asks the store for all of them at once"),
    // A query is read into a tree that the reader's tests print again.
    ("store/search/parser.rs", "store/search/query.rs", "parser and syntax tree"),
];

fn room(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or_default()
}

#[test]
fn no_room_of_the_component_knows_what_lies_above_or_beside_it() {
    let guest = Crate::read(&folder("guest/src"));
    let mut crossed = Vec::new();
    let mut used_doors = BTreeSet::new();
    for (file, used) in guest.uses() {
        for (_, forbidden) in WALLS.iter().filter(|(from, _)| *from == room(file)) {
            for other in used.iter().filter(|other| forbidden.contains(&room(other))) {
                match DOORS.iter().find(|(from, to, _)| file.starts_with(from) && other.starts_with(to)) {
                    Some(door) => _ = used_doors.insert(door),
                    None => crossed.push(format!("{file} uses {other}")),
                }
            }
        }
    }
    assert!(crossed.is_empty(), "see docs/DESIGN.md, \"Who knows what\":\n{}", crossed.join("\n"));
    let unused: Vec<_> =
        DOORS.iter().filter(|door| room(door.0) != room(door.1) && !used_doors.contains(door)).collect();
    assert!(unused.is_empty(), "nobody needs these doors any more: {unused:?}");
}

#[test]
fn no_files_of_store_and_sync_use_each_other_in_a_circle() {
    let guest = Crate::read(&folder("guest/src"));
    let uses = guest.uses();
    let bad: Vec<String> = circles(&uses)
        .into_iter()
        .filter(|circle| circle.iter().any(|file| ["store", "sync"].contains(&room(file))))
        .filter(|circle| {
            !DOORS
                .iter()
                .any(|(one, other, _)| circle.len() == 2 && circle.contains(one) && circle.contains(other))
        })
        .map(|circle| circle.into_iter().collect::<Vec<_>>().join(" - "))
        .collect();
    assert!(bad.is_empty(), "files that use each other:\n{}", bad.join("\n"));
}
