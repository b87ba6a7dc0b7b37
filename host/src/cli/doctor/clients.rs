//! Which MCP clients start this program, and whether they can.

use std::path::{Path, PathBuf};

use super::{Finding, ill, skipped, well};
use crate::clients::Client;
use crate::clients::entry::Target;
use crate::clients::file::ClientFile;
use crate::clients::places::Places;

/// One finding about all that is well, or one for each client that is not.
pub fn look() -> Vec<Finding> {
    let Some(places) = Places::of_user() else {
        return vec![skipped("clients", "there is no home folder in which to look for them")];
    };
    let mut set_up = Vec::new();
    let mut findings = Vec::new();
    for client in Client::all() {
        match started_by(client, &client.file(&places)) {
            Ok(None) => {}
            Ok(Some(Target::Url(_))) => set_up.push(client.title()),
            Ok(Some(Target::Program(command))) => match found(&command) {
                Some(_) => set_up.push(client.title()),
                None => findings.push(ill(
                    "clients",
                    format!(
                        "{} starts {command}, which is not there; run `fastintercom install {}`",
                        client.title(),
                        client.name()
                    ),
                )),
            },
            Err(reason) => {
                findings.push(ill("clients", format!("{} cannot read it, either: {reason}", client.title())));
            }
        }
    }
    if !set_up.is_empty() {
        findings.push(well("clients", format!("{} can start this server", set_up.join(", "))));
    }
    if findings.is_empty() {
        findings
            .push(well("clients", "none is set up to start this server; `fastintercom install` does that"));
    }
    findings
}

/// What the client's entry of ours leads to.
fn started_by(client: Client, path: &Path) -> Result<Option<Target>, String> {
    let file = ClientFile::read(path)?;
    if !file.exists() {
        return Ok(None);
    }
    client.target(file.text()).map_err(|reason| format!("{}: {reason}; fix that file", path.display()))
}

/// The program's file. A bare name is looked for in `PATH`, as clients do.
fn found(command: &str) -> Option<PathBuf> {
    let path = Path::new(command);
    if path.components().count() > 1 {
        return path.is_file().then(|| path.to_owned());
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let names = [command.to_owned(), format!("{command}{}", std::env::consts::EXE_SUFFIX)];
    std::env::split_paths(&folders)
        .flat_map(|folder| names.clone().map(|name| folder.join(name)))
        .find(|path| path.is_file())
}
