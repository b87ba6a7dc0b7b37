//! Packs the committed pictures of the definitions of tools, resources and prompts into one text,
//! which the component carries in a custom section: whoever asks for the lists before the component
//! is compiled gets them from there.

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
    if let Err(error) = fs::write(out.join("definitions.json"), definitions) {
        println!("cargo::error=the definitions cannot be written: {error}");
    }
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
