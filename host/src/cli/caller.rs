//! `fastintercom caller`: who may come in through `serve --http`, with a token of their own or by
//! the word of the identity provider.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use sha2::{Digest as _, Sha256};
use toml_edit::{DocumentMut, Item, Table, value};
use zeroize::Zeroizing;

use super::arguments::{AddCallerOptions, CallerCommand, JsonOption, RemoveCallerOptions};
use super::{Failure, terminal};
use crate::audit::line::hex;
use crate::callers::file::{self, Caller};
use crate::config::{Sources, callers_file, place, redaction_name};

pub fn run(sources: &mut Sources, command: &CallerCommand) -> Result<ExitCode, Failure> {
    match command {
        CallerCommand::Add(options) => add(sources, options),
        CallerCommand::List(options) => list(sources, options),
        CallerCommand::Remove(options) => remove(sources, options),
    }
}

/// The file, and what is in it.
struct Callers {
    path: PathBuf,
    text: String,
    known: Vec<Caller>,
}

impl Callers {
    fn read(sources: &Sources) -> Result<Self, Failure> {
        let path = callers_file(sources, &place(sources)?.folder)?.ok_or_else(|| {
            Failure::Usage(
                "There is no home folder in which callers could be stored; name a file with FASTINTERCOM_CALLERS_FILE.".to_owned(),
            )
        })?;
        let wrong = |reason: String| Failure::Usage(format!("{}: {reason}.", path.display()));
        let text = file::read(&path).map_err(wrong)?.map_or_else(String::new, |(text, _)| text);
        let known = file::parse(&text).map_err(wrong)?.into_values().collect();
        Ok(Self { path, text, known })
    }

    fn has(&self, name: &str) -> bool {
        self.known.iter().any(|caller| &*caller.name == name)
    }

    /// Changes the tables of the callers; comments and layout stay.
    fn change(&self, change: impl FnOnce(&mut Table)) -> Result<(), Failure> {
        let wrong =
            |reason: String| Failure::Work(format!("{} cannot be changed ({reason}).", self.path.display()));
        let mut document: DocumentMut =
            self.text.parse().map_err(|error: toml_edit::TomlError| wrong(error.message().to_owned()))?;
        let callers = document.entry("caller").or_insert_with(|| {
            let mut table = Table::new();
            // Only the tables in it have headers.
            table.set_implicit(true);
            Item::Table(table)
        });
        change(
            callers
                .as_table_mut()
                .ok_or_else(|| wrong("`caller` in it is written on one line".to_owned()))?,
        );
        let text = document.to_string();
        file::parse(&text).map_err(wrong)?;
        file::write(&self.path, &text).map_err(|error| wrong(error.to_string()))
    }
}

fn add(sources: &mut Sources, options: &AddCallerOptions) -> Result<ExitCode, Failure> {
    let name = options.name.as_str();
    file::check_name(name).map_err(|reason| Failure::Usage(format!("{reason}.")))?;
    let callers = Callers::read(sources)?;
    let subjects = &options.subject;
    if subjects.iter().any(|subject| !file::is_subject(subject)) {
        return Err(Failure::Usage("A subject has 1 to 1000 bytes.".to_owned()));
    }
    match (callers.has(name), options.renew) {
        (true, false) => {
            return Err(Failure::Usage(format!(
                "{name} may come in already. `fastintercom caller add {name} --renew` makes a new token; subjects and what they may do are in {}.",
                callers.path.display()
            )));
        }
        (false, true) => return Err(unknown(&callers, name)),
        _ => {}
    }
    check_tools(sources, &options.tools)?;
    // Whom the identity provider knows needs no token of ours.
    let token = subjects.is_empty().then(new_token).transpose()?;
    callers.change(|table| {
        let entry = table.entry(name).or_insert_with(|| Item::Table(Table::new()));
        if let Some(token) = &token {
            entry["token_sha256"] = value(hex(&Sha256::digest(token.as_bytes())));
        }
        match subjects.as_slice() {
            [] => {}
            [subject] => entry["subject"] = value(subject),
            several => entry["subject"] = value(several.iter().collect::<toml_edit::Array>()),
        }
        if !options.tools.is_empty() {
            entry["tools"] = value(options.tools.iter().collect::<toml_edit::Array>());
        }
        if let Some(kinds) = &options.redact {
            let kinds = kinds.split(',').map(str::trim).filter(|kind| !kind.is_empty());
            entry["redact"] = value(kinds.collect::<toml_edit::Array>());
        }
        for (key, names) in
            [("teams", &options.teams), ("tags", &options.tags), ("channels", &options.channels)]
        {
            if !names.is_empty() {
                entry[key] = value(names.iter().map(|name| name.trim()).collect::<toml_edit::Array>());
            }
        }
        if options.no_notes {
            entry["notes"] = value(false);
        }
        if let Some(calls) = options.calls_per_minute {
            entry["calls_per_minute"] = value(i64::from(calls));
        }
    })?;
    let shown = callers.path.display().to_string();
    let Some(token) = token else {
        let document = json!({"success": true, "name": name, "subjects": subjects, "file": shown});
        let words = subjects.iter().map(|subject| crate::text::printable(subject, 100)).collect::<Vec<_>>();
        let line = format!(
            "{name} comes in with a token of the identity provider that says {}; {shown} has what they may do.",
            words.join(" or ")
        );
        terminal::answer(options.json, &document, &[line]);
        return Ok(ExitCode::SUCCESS);
    };
    if options.json {
        let document = json!({"success": true, "name": name, "token": token.as_str(), "file": shown});
        terminal::answer(true, &document, &[]);
    } else {
        terminal::line(&token);
        terminal::note(&format!(
            "That is the token of {name}, shown this once; {shown} has its hash. A server that runs lets {name} in at once."
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn list(sources: &Sources, options: &JsonOption) -> Result<ExitCode, Failure> {
    let mut callers = Callers::read(sources)?;
    callers.known.sort_by(|one, other| one.name.cmp(&other.name));
    let redactions = |caller: &Caller| -> Vec<&'static str> {
        caller.rights.redactions.iter().map(|kind| redaction_name(*kind)).collect()
    };
    let rows: Vec<_> = callers
        .known
        .iter()
        .map(|caller| {
            json!({
                "name": &*caller.name,
                "tools": caller.rights.tools,
                "resources": caller.rights.resources,
                "export": caller.rights.export,
                "redact": redactions(caller),
                "teams": caller.rights.scope.as_ref().and_then(|scope| scope.teams.clone()),
                "tags": caller.rights.scope.as_ref().and_then(|scope| scope.tags.clone()),
                "channels": caller.rights.scope.as_ref().and_then(|scope| scope.channels.clone()),
                "notes": caller.rights.scope.as_ref().is_none_or(|scope| scope.notes),
                "calls_per_minute": caller.calls_per_minute,
                "subjects": caller.subjects,
            })
        })
        .collect();
    let words = |caller: &Caller| {
        let rights = &caller.rights;
        let mut words = vec![match &rights.tools {
            None => "all tools".to_owned(),
            Some(tools) if tools.is_empty() => "no tools".to_owned(),
            Some(tools) => tools.iter().cloned().collect::<Vec<_>>().join(", "),
        }];
        words.extend(rights.resources.then(|| "resources".to_owned()));
        words.extend(rights.export.then(|| "export".to_owned()));
        words.extend(
            (!rights.redactions.is_empty()).then(|| format!("without {}", redactions(caller).join(", "))),
        );
        words.extend(rights.scope.as_ref().map(|scope| scope.to_string()));
        words.extend(caller.calls_per_minute.map(|calls| format!("{calls} calls a minute")));
        words.extend(
            (!caller.subjects.is_empty()).then(|| format!("known as {}", caller.subjects.join(" or "))),
        );
        crate::text::printable(&format!("{}: {}", caller.name, words.join("; ")), 2_000)
    };
    let mut lines: Vec<String> = callers.known.iter().map(words).collect();
    if lines.is_empty() {
        lines.push("There are no callers. `fastintercom caller add NAME` makes one.".to_owned());
    }
    let document = json!({"file": callers.path.display().to_string(), "callers": rows});
    terminal::answer(options.json, &document, &lines);
    Ok(ExitCode::SUCCESS)
}

fn remove(sources: &Sources, options: &RemoveCallerOptions) -> Result<ExitCode, Failure> {
    let callers = Callers::read(sources)?;
    if !callers.has(&options.name) {
        return Err(unknown(&callers, &options.name));
    }
    callers.change(|table| drop(table.remove(&options.name)))?;
    let shown = callers.path.display().to_string();
    let lines = [format!(
        "{} comes in no longer; a server that runs noticed. What is in progress ends by itself.",
        options.name
    )];
    terminal::answer(options.json, &json!({"success": true, "name": options.name, "file": shown}), &lines);
    Ok(ExitCode::SUCCESS)
}

fn unknown(callers: &Callers, name: &str) -> Failure {
    Failure::Usage(format!(
        "{} has no caller {}; `fastintercom caller list` shows those it has.",
        callers.path.display(),
        crate::text::printable(name, 70)
    ))
}

/// A name with a mistake in it would let somebody do less than was meant, and nobody would know.
fn check_tools(sources: &mut Sources, tools: &[String]) -> Result<(), Failure> {
    if tools.is_empty() {
        return Ok(());
    }
    let application = super::application(sources)?;
    // A component of one's own may not say which tools it has.
    let Some(definitions) = &application.loader.metadata().definitions else { return Ok(()) };
    let known: Vec<&str> = definitions.tools.iter().map(|tool| &*tool.name).collect();
    match tools.iter().find(|tool| !known.contains(&tool.as_str())) {
        None => Ok(()),
        Some(tool) => Err(Failure::Usage(format!(
            "There is no tool {}. There are {}.",
            crate::text::printable(tool, 64),
            known.join(", ")
        ))),
    }
}

/// 256 random bits, with a beginning by which scanners of leaked secrets can know it.
fn new_token() -> Result<Zeroizing<String>, Failure> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut())
        .map_err(|error| Failure::Work(format!("There are no random numbers for a token ({error}).")))?;
    Ok(Zeroizing::new(format!("fic_{}", hex(bytes.as_ref()))))
}
