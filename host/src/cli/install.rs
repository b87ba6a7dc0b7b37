//! `fastintercom install CLIENT` and `uninstall CLIENT`: this program, or a team's server, in an MCP
//! client's configuration.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use http::Uri;
use serde_json::{Value, json};

use super::arguments::{InstallOptions, UninstallOptions};
use super::{Failure, terminal};
use crate::clients::Client;
use crate::clients::entry::{Entry, EntryToken, Program, TOKEN_VARIABLE};
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
    if !options.print {
        // A setting that no server would start with must not get into a client's file.
        Config::resolve(sources)?;
    }
    let entry = match &options.http {
        Some(address) => Entry::Url {
            url: team_url(address, options.with_token).map_err(Failure::Usage)?,
            token: if options.with_token { Some(callers_token(sources)?) } else { None },
        },
        None => Entry::Program(Program {
            command: program()?,
            arguments: config_argument(config)?,
            environment: sources.given()?,
            token: token(sources, options)?,
        }),
    };
    let places = places()?;
    if options.print {
        let chosen = chosen(options.client, |client| client.is_there(&places));
        for client in found(chosen)? {
            print(client, options.json, &client.file(&places), &entry)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = found(chosen(options.client, |client| client.is_there(&places)))?;
    each(options.json, &chosen, options.client.is_none(), |client| enter(client, &places, sources, &entry))
}

pub fn uninstall(options: &UninstallOptions) -> Result<ExitCode, Failure> {
    let places = places()?;
    let has_entry = |client: Client| {
        let file = ClientFile::read(&client.file(&places));
        file.is_ok_and(|file| client.target(file.text()).is_ok_and(|target| target.is_some()))
    };
    let chosen = chosen(options.client, has_entry);
    if chosen.is_empty() {
        terminal::answer(
            options.json,
            &json!({"success": true, "clients": []}),
            &["FastIntercom is in no client's configuration, so nothing was changed.".to_owned()],
        );
        return Ok(ExitCode::SUCCESS);
    }
    each(options.json, &chosen, options.client.is_none(), |client| take_out(client, &places))
}

/// The one client that was named, or all to which that applies.
fn chosen(client: Option<Client>, applies: impl Fn(Client) -> bool) -> Vec<Client> {
    match client {
        Some(client) => vec![client],
        None => Client::all().filter(|client| applies(*client)).collect(),
    }
}

fn found(clients: Vec<Client>) -> Result<Vec<Client>, Failure> {
    if clients.is_empty() {
        return Err(Failure::Work(
            "No client's configuration was found for this user; name the client, as in `fastintercom install cursor`."
                .to_owned(),
        ));
    }
    Ok(clients)
}

/// What was done to one client's file.
struct Done {
    client: Client,
    path: PathBuf,
    changed: bool,
    kept: Option<PathBuf>,
    lines: Vec<String>,
}

impl Done {
    /// In JSON the sentences go along, since no field says what they ask for.
    fn to_json(&self) -> Value {
        json!({
            "success": true,
            "client": self.client.name(),
            "file": self.path.display().to_string(),
            "changed": self.changed,
            "kept_as": self.kept.as_ref().map(|kept| kept.display().to_string()),
            "notes": self.lines,
        })
    }
}

/// Does it for each. One that fails does not keep the others from it.
fn each(
    as_json: bool,
    clients: &[Client],
    all: bool,
    work: impl Fn(Client) -> Result<Done, Failure>,
) -> Result<ExitCode, Failure> {
    if let ([client], false) = (clients, all) {
        let done = work(*client)?;
        terminal::answer(as_json, &done.to_json(), &done.lines);
        return Ok(ExitCode::SUCCESS);
    }
    let mut documents = Vec::new();
    let mut lines = Vec::new();
    let mut failed = false;
    for client in clients {
        match work(*client) {
            Ok(done) => {
                documents.push(done.to_json());
                lines.extend(done.lines.into_iter().filter(|line| !line.starts_with("Restart ")));
            }
            Err(Failure::Work(reason) | Failure::Usage(reason)) => {
                failed = true;
                lines.push(format!("{} was left out. {reason}", client.title()));
                documents.push(json!({"success": false, "client": client.name(), "error": reason}));
            }
        }
    }
    lines.push("Restart these clients to have them read their configuration anew.".to_owned());
    // Several say the same about the token.
    let mut said = HashSet::new();
    lines.retain(|line| said.insert(line.clone()));
    terminal::answer(as_json, &json!({"success": !failed, "clients": documents}), &lines);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn enter(client: Client, places: &Places, sources: &Sources, entry: &Entry) -> Result<Done, Failure> {
    let path = client.file(places);
    let file = ClientFile::read(&path).map_err(Failure::Work)?;
    let refused = |reason: String| Failure::Work(unusable(client, &path, &reason));
    let text = client.with(file.text(), entry).map_err(refused)?;
    let changed = !file.exists() || text != file.text();
    let mut kept = None;
    let mut lines = Vec::new();
    if changed {
        kept = file.replace(&text, entry.has_secret()).map_err(Failure::Work)?;
        lines.push(match entry {
            Entry::Program(program) => format!("{} now starts {}.", client.title(), program.command),
            Entry::Url { url, .. } => format!("{} now asks the server at {url}.", client.title()),
        });
        lines.extend(where_it_is(&path, &file, kept.as_deref()));
    } else {
        lines.push(format!("{} is set up already, in {}.", client.title(), path.display()));
    }
    lines.push(about_token(client, sources, entry));
    lines.push(format!("Restart {} to have it read its configuration anew.", client.title()));
    Ok(Done { client, path, changed, kept, lines })
}

fn take_out(client: Client, places: &Places) -> Result<Done, Failure> {
    let path = client.file(places);
    let file = ClientFile::read(&path).map_err(Failure::Work)?;
    let text =
        client.without(file.text()).map_err(|reason| Failure::Work(unusable(client, &path, &reason)))?;
    let Some(text) = text else {
        let line = format!("FastIntercom is not in {}, so nothing was changed there.", path.display());
        return Ok(Done { client, path, changed: false, kept: None, lines: vec![line] });
    };
    let kept = file.replace(&text, false).map_err(Failure::Work)?;
    let mut lines = vec![format!("{} no longer starts FastIntercom.", client.title())];
    lines.extend(where_it_is(&path, &file, kept.as_deref()));
    lines.push(
        "The cached conversations and a stored token are still there; `fastintercom reset` and `fastintercom logout` remove them.".to_owned(),
    );
    Ok(Done { client, path, changed: true, kept, lines })
}

/// The address of a team's server, with `/mcp` where no path is given. A token may only go where
/// nobody on the way can read it.
fn team_url(address: &str, with_token: bool) -> Result<String, String> {
    let wrong = |why: &str| format!("--http is \"{}\": {why}.", crate::text::printable(address, 200));
    let uri: Uri = address
        .trim()
        .parse()
        .map_err(|_| wrong("allowed are addresses such as https://host.example/mcp"))?;
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
        return Err(wrong("allowed are whole addresses such as https://host.example/mcp"));
    };
    if !["http", "https"].contains(&scheme) {
        return Err(wrong("allowed are http and https"));
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(wrong("a name or password in an address stands in the open; use --with-token"));
    }
    let is_here = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    if with_token && scheme == "http" && !is_here {
        return Err(wrong("a token goes only over https, or to this machine"));
    }
    let address = address.trim().trim_end_matches('/');
    Ok(if uri.path() == "/" && uri.query().is_none() { format!("{address}/mcp") } else { address.to_owned() })
}

/// The token that a team's server asks of its callers.
fn callers_token(sources: &Sources) -> Result<String, Failure> {
    if let Some(token) = sources.variable("FASTINTERCOM_HTTP_TOKEN") {
        return Ok(token.trim().to_owned());
    }
    let Some(file) = sources.path("http_token_file")? else {
        return Err(Failure::Usage(
            "There is no token to write: set FASTINTERCOM_HTTP_TOKEN or FASTINTERCOM_HTTP_TOKEN_FILE to the one that the server asks of callers, or leave --with-token away.".to_owned(),
        ));
    };
    std::fs::read_to_string(&file)
        .map(|token| token.trim().to_owned())
        .map_err(|error| Failure::Work(format!("{} cannot be read ({error}).", file.display())))
}

fn places() -> Result<Places, Failure> {
    Places::of_user().ok_or_else(|| {
        Failure::Work(
            "There is no home folder, so no client's configuration can be found; set HOME.".to_owned(),
        )
    })
}

/// `reason` is the part of a sentence that [`Client::with`] returns.
fn unusable(client: Client, path: &Path, reason: &str) -> String {
    format!(
        "{} was left as it is: {reason}. Fix that and try again, or change the entry by hand: `fastintercom install {} --print` shows it.",
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
fn print(client: Client, as_json: bool, path: &Path, entry: &Entry) -> Result<(), Failure> {
    let mut shown = entry.clone();
    match &mut shown {
        Entry::Program(Program { token: EntryToken::Written(token), .. })
        | Entry::Url { token: Some(token), .. } => HIDDEN_TOKEN.clone_into(token),
        _ => {}
    }
    let text =
        client.with("", &shown).map_err(|reason| Failure::Work(format!("{}: {reason}.", client.title())))?;
    if as_json {
        terminal::json(
            &json!({
                "success": true,
                "client": client.name(),
                "file": path.display().to_string(),
                "changed": false,
                "would_write": text,
            })
            .to_string(),
        );
        return Ok(());
    }
    let merged = if path.exists() { ", merged with what is there" } else { ", a new file" };
    terminal::note(&format!("Would be written to {}{merged}:", path.display()));
    terminal::line(text.trim_end());
    Ok(())
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
    let program = match entry {
        Entry::Program(program) => program,
        Entry::Url { token: Some(_), .. } => {
            return "The token stands in that file, as you asked; whoever can read the file has it."
                .to_owned();
        }
        Entry::Url { token: None, .. } => {
            return "If that server asks for a token, install again with FASTINTERCOM_HTTP_TOKEN set and --with-token.".to_owned();
        }
    };
    match &program.token {
        EntryToken::Written(_) => {
            "The access token stands in that file, as you asked; whoever can read the file has it.".to_owned()
        }
        EntryToken::Stored => match find_token(sources, None) {
            Ok((_, TokenSource::File(file))) => {
                format!("The access token is read from {}; it is not in the client's file.", file.display())
            }
            _ => "The access token is not in the client's file.".to_owned(),
        },
        EntryToken::Asked if client.asks() => {
            "VS Code will ask for the access token once, and keep it. (After `fastintercom login` and another `fastintercom install vscode` it does not need to.)".to_owned()
        }
        EntryToken::Asked => {
            "There is no stored access token yet, so nothing can be synced: run `fastintercom login`.".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_its_path_and_a_token_no_open_way() {
        for (given, used) in [
            ("https://team.example", "https://team.example/mcp"),
            ("https://team.example/", "https://team.example/mcp"),
            ("https://team.example:8443/a/mcp", "https://team.example:8443/a/mcp"),
            ("http://127.0.0.1:8137", "http://127.0.0.1:8137/mcp"),
        ] {
            assert_eq!(team_url(given, true).as_deref(), Ok(used));
        }
        assert!(team_url("http://team.example", false).is_ok());
        for (given, words) in [
            ("http://team.example", "only over https"),
            ("team.example", "whole addresses"),
            ("ftp://team.example", "http and https"),
            ("https://ann:secret@team.example", "--with-token"),
            ("https://", "allowed are"),
            ("", "allowed are"),
        ] {
            let error = team_url(given, true).expect_err(given);
            assert!(error.contains(words), "{given}: {error}");
        }
    }
}
