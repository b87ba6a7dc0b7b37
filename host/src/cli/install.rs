//! `fastintercom install CLIENT` and `uninstall CLIENT`: this program in an MCP client's configuration.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::arguments::{InstallOptions, UninstallOptions};
use super::{Failure, terminal};
use crate::clients::Client;
use crate::clients::entry::{Entry, EntryToken, TOKEN_VARIABLE};
use crate::clients::file::ClientFile;
use crate::clients::places::Places;
use crate::config::{Config, Sources, TokenSource, find_token, login_file};

/// Stands for the token where it would be printed.
const HIDDEN_TOKEN: &str = "<the access token>";

pub fn install(
    sources: &Sources,
    config: Option<&Path>,
    options: &InstallOptions,
) -> Result<ExitCode, Failure> {
    let client = options.client;
    if !options.print {
        // A setting that no server would start with must not get into a client's file.
        Config::resolve(sources)?;
    }
    let entry = Entry {
        command: program()?,
        arguments: config_argument(config)?,
        environment: sources.given()?,
        token: token(sources, options)?,
    };
    let path = client.file(&places()?);
    if options.print {
        return print(options, &path, &entry);
    }
    let file = ClientFile::read(&path).map_err(Failure::Work)?;
    let refused = |reason: String| Failure::Work(unusable(client, &path, &reason));
    let text = client.shape().with(file.text(), &entry).map_err(refused)?;
    let changed = !file.exists() || text != file.text();
    let mut kept = None;
    let mut lines = Vec::new();
    if changed {
        let closed = matches!(entry.token, EntryToken::Written(_));
        kept = file.replace(&text, closed).map_err(Failure::Work)?;
        lines.push(format!("{} now starts {}.", client.title(), entry.command));
        lines.extend(where_it_is(&path, &file, kept.as_deref()));
    } else {
        lines.push(format!("{} is set up already, in {}.", client.title(), path.display()));
    }
    lines.push(about_token(client, sources, &entry));
    lines.push(format!("Restart {} to have it read its configuration anew.", client.title()));
    say(options.json, client, &path, changed, kept.as_deref(), &lines);
    Ok(ExitCode::SUCCESS)
}

pub fn uninstall(options: &UninstallOptions) -> Result<ExitCode, Failure> {
    let client = options.client;
    let path = client.file(&places()?);
    let file = ClientFile::read(&path).map_err(Failure::Work)?;
    let text = client
        .shape()
        .without(file.text())
        .map_err(|reason| Failure::Work(unusable(client, &path, &reason)))?;
    let Some(text) = text else {
        let line = format!("FastIntercom is not in {}, so nothing was changed there.", path.display());
        say(options.json, client, &path, false, None, &[line]);
        return Ok(ExitCode::SUCCESS);
    };
    let kept = file.replace(&text, false).map_err(Failure::Work)?;
    let mut lines = vec![format!("{} no longer starts FastIntercom.", client.title())];
    lines.extend(where_it_is(&path, &file, kept.as_deref()));
    lines.push(
        "The cached conversations and a stored token are still there; `fastintercom reset` and `fastintercom logout` remove them.".to_owned(),
    );
    say(options.json, client, &path, true, kept.as_deref(), &lines);
    Ok(ExitCode::SUCCESS)
}

/// What was done to the client's file; in JSON the sentences go along, since no field says what
/// they ask for.
fn say(as_json: bool, client: Client, path: &Path, changed: bool, kept: Option<&Path>, lines: &[String]) {
    let document = json!({
        "success": true,
        "client": client.name(),
        "file": path.display().to_string(),
        "changed": changed,
        "kept_as": kept.map(|kept| kept.display().to_string()),
        "notes": lines,
    });
    terminal::answer(as_json, &document, lines);
}

fn places() -> Result<Places, Failure> {
    Places::of_user().ok_or_else(|| {
        Failure::Work(
            "There is no home folder, so no client's configuration can be found; set HOME.".to_owned(),
        )
    })
}

/// `reason` is the part of a sentence that [`crate::clients::Shape::with`] returns.
fn unusable(client: Client, path: &Path, reason: &str) -> String {
    format!(
        "{} was left as it is: {reason}. Mend that and try again, or change the entry by hand: `fastintercom install {} --print` shows it.",
        path.display(),
        client.name()
    )
}

fn where_it_is(path: &Path, file: &ClientFile, kept: Option<&Path>) -> Vec<String> {
    let mut lines = vec![match kept {
        Some(kept) => {
            format!("Changed {}; as it was before it is kept as {}.", path.display(), kept.display())
        }
        None => format!("Wrote {}.", path.display()),
    }];
    if kept.is_some() && file.text().contains(TOKEN_VARIABLE) {
        lines.push("That copy may still hold an access token; remove it once all is well.".to_owned());
    }
    lines
}

/// What would stand in the file if nothing else did: other servers there may have secrets, and a
/// file that cannot be read is when somebody needs this most.
fn print(options: &InstallOptions, path: &Path, entry: &Entry) -> Result<ExitCode, Failure> {
    let mut shown = entry.clone();
    if let EntryToken::Written(token) = &mut shown.token {
        HIDDEN_TOKEN.clone_into(token);
    }
    let text = options.client.shape().with("", &shown).map_err(Failure::Work)?;
    if options.json {
        terminal::json(
            &json!({
                "success": true,
                "client": options.client.name(),
                "file": path.display().to_string(),
                "changed": false,
                "would_write": text,
            })
            .to_string(),
        );
        return Ok(ExitCode::SUCCESS);
    }
    let merged = if path.exists() { ", merged with what is there" } else { ", a new file" };
    terminal::note(&format!("Would be written to {}{merged}:", path.display()));
    terminal::line(text.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// The path by which this program is called. Where a link in a folder of `PATH` leads to it, that
/// link: package managers put a new version behind the same link.
fn program() -> Result<String, Failure> {
    let itself = std::env::current_exe()
        .map_err(|error| Failure::Work(format!("This program's own path is not known ({error}).")))?;
    let real = dunce::canonicalize(&itself).unwrap_or_else(|_| itself.clone());
    let name = itself.file_name().map(PathBuf::from).unwrap_or_default();
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let linked = std::env::split_paths(&folders)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&name))
        .find(|path| dunce::canonicalize(path).is_ok_and(|path| path == real));
    let path = linked.unwrap_or(itself);
    path.into_os_string().into_string().map_err(|path| {
        Failure::Work(format!(
            "This program's path {} is not UTF-8 text, which no configuration can hold; move it.",
            path.display()
        ))
    })
}

/// A configuration file that was named must be named to the server, too.
fn config_argument(config: Option<&Path>) -> Result<Vec<String>, Failure> {
    let Some(config) = config else { return Ok(Vec::new()) };
    let whole = std::path::absolute(config)
        .map_err(|error| Failure::Usage(format!("--config is not a usable path ({error}).")))?;
    Ok(vec!["--config".to_owned(), whole.display().to_string()])
}

fn token(sources: &Sources, options: &InstallOptions) -> Result<EntryToken, Failure> {
    if options.with_token {
        let (secret, _) = find_token(sources, None)?;
        let secret = secret.ok_or_else(|| {
            Failure::Usage(
                "There is no access token to write: set INTERCOM_ACCESS_TOKEN, or leave --with-token away and run `fastintercom login`.".to_owned(),
            )
        })?;
        return Ok(EntryToken::Written(secret.expose().to_owned()));
    }
    Ok(if is_stored(sources) { EntryToken::Stored } else { EntryToken::Asked })
}

/// Whether a server that a client starts finds a token without the client's help.
fn is_stored(sources: &Sources) -> bool {
    sources.find("token_file").is_some() || login_file().is_some_and(|file| file.exists())
}

fn about_token(client: Client, sources: &Sources, entry: &Entry) -> String {
    match &entry.token {
        EntryToken::Written(_) => {
            "The access token stands in that file, as you asked; whoever can read the file has it.".to_owned()
        }
        EntryToken::Stored => match find_token(sources, None) {
            Ok((_, TokenSource::File(file))) => {
                format!("The access token is read from {}; it is not in the client's file.", file.display())
            }
            _ => "The access token is not in the client's file.".to_owned(),
        },
        EntryToken::Asked if client == Client::Vscode => {
            "VS Code will ask for the access token once, and keep it. (After `fastintercom login` and another `fastintercom install vscode` it does not need to.)".to_owned()
        }
        EntryToken::Asked => {
            "There is no stored access token yet, so nothing can be synced: run `fastintercom login`.".to_owned()
        }
    }
}
