//! `fastintercom login` and `logout`: the access token, stored for this user alone.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use zeroize::Zeroizing;

use super::arguments::JsonOption;
use super::{Failure, terminal};
use crate::application::Application;
use crate::config::{Config, Sources, login_file, remove_token, store_token};
use crate::sandbox::secret::Secret;
use crate::text::printable;

/// Bytes that are read of standard input at most: a token has some sixty.
const LONGEST: u64 = 64 * 1024;

pub async fn login(sources: &Sources, options: &JsonOption) -> Result<ExitCode, Failure> {
    let file = stored_file()?;
    // Wrong settings are told before somebody looks for the token.
    Config::resolve_with(sources, Some(placeholder()?))?;
    let secret = read()?;
    let config = Config::resolve_with(sources, Some(secret.clone()))?;
    let application = Application::new(config)?;
    let cancelled = super::signals::cancelled_by();
    let report = application
        .account(cancelled)
        .await?
        .map_err(|error| Failure::Work(format!("{} Nothing was stored.", error.sentence)))?;
    store_token(&secret, &file).map_err(|error| {
        Failure::Work(format!("The token could not be stored in {} ({error}).", file.display()))
    })?;
    let shown = file.display().to_string();
    let workspace = printable(&report.workspace, 200);
    let problems = report.wrong_region.iter().chain(&report.missing).map(|problem| printable(problem, 600));
    let notes: Vec<String> = problems.chain(hints(sources)).collect();
    let mut lines =
        vec![format!("The token belongs to {workspace}."), format!("Stored in {shown}, for you alone.")];
    lines.extend(notes.iter().map(|note| format!("Note: {note}")));
    let document = json!({"success": true, "workspace": workspace, "file": shown, "notes": notes});
    terminal::answer(options.json, &document, &lines);
    Ok(ExitCode::SUCCESS)
}

pub fn logout(sources: &Sources, options: &JsonOption) -> Result<ExitCode, Failure> {
    let file = stored_file()?;
    let shown = file.display().to_string();
    let was_there = remove_token(&file)
        .map_err(|error| Failure::Work(format!("{shown} could not be removed ({error}).")))?;
    let notes = elsewhere(sources);
    let mut lines = vec![if was_there {
        format!("Removed {shown}. A server that runs still has the token until it ends.")
    } else {
        format!("No token is stored; {shown} is not there.")
    }];
    lines.extend(notes.iter().map(|note| format!("Note: {note}")));
    let document = json!({"success": true, "removed": was_there, "file": shown, "notes": notes});
    terminal::answer(options.json, &document, &lines);
    Ok(ExitCode::SUCCESS)
}

fn stored_file() -> Result<PathBuf, Failure> {
    login_file().ok_or_else(|| {
        Failure::Work("There is no home folder in which a token could be stored; set HOME.".to_owned())
    })
}

fn unusable(reason: &str) -> Failure {
    Failure::Usage(format!("The token cannot be used: {reason}."))
}

/// Stands for the token while everything else is checked; nothing is ever sent with it.
fn placeholder() -> Result<Secret, Failure> {
    Secret::new("unread").map_err(|reason| unusable(&reason))
}

/// From the terminal without an echo, or else from standard input.
fn read() -> Result<Secret, Failure> {
    let unread = |error: io::Error| Failure::Work(format!("The token could not be read ({error})."));
    let text = if io::stdin().is_terminal() {
        terminal::note(
            "Give an access token from Intercom's Developer Hub (Your app > Authentication). It is not shown.",
        );
        crate::stderr::flush();
        Zeroizing::new(rpassword::prompt_password("Access token: ").map_err(unread)?)
    } else {
        let mut text = Zeroizing::new(String::new());
        io::stdin().lock().take(LONGEST).read_to_string(&mut text).map_err(unread)?;
        text
    };
    if text.trim().is_empty() {
        return Err(Failure::Usage(
            "No token was given. Type it at the prompt, or hand it over on standard input: `fastintercom login < FILE`.".to_owned(),
        ));
    }
    Secret::new(&text).map_err(|reason| unusable(&reason))
}

/// What else decides which token a server uses, and where it asks.
fn hints(sources: &Sources) -> Vec<String> {
    let mut hints = elsewhere(sources);
    let given = sources.given().unwrap_or_default();
    for (variable, key) in [("INTERCOM_REGION", "region"), ("INTERCOM_BASE_URL", "base_url")] {
        if let Some((_, value)) = given.iter().find(|(name, _)| name == variable) {
            hints.push(format!(
                "Servers need the {} as well: `fastintercom install` passes it on, or write {key} = \"{}\" into {}.",
                key.replace('_', " "),
                printable(value, 100),
                configuration_file().display()
            ));
        }
    }
    hints
}

fn configuration_file() -> PathBuf {
    crate::config::configuration_folder().unwrap_or_default().join("config.toml")
}

/// A token that beats the stored one.
fn elsewhere(sources: &Sources) -> Vec<String> {
    let mut found = Vec::new();
    if sources.variable("INTERCOM_ACCESS_TOKEN").is_some() {
        found.push("INTERCOM_ACCESS_TOKEN is set here and beats a stored token.".to_owned());
    }
    if let Some(file) = sources.find("token_file") {
        found.push(format!("{} names a token file, which beats a stored token.", file.place));
    }
    found
}
