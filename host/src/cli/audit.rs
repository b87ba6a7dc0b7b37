//! `fastintercom audit`: who read what, and whether the log is whole.

use std::path::Path;
use std::process::ExitCode;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::arguments::{AuditCommand, AuditOptions, VerifyOptions};
use super::{Failure, terminal};
use crate::audit::line::Line;
use crate::audit::reading::{self, Wanted};
use crate::audit::verify;
use crate::config::{Sources, audit_folder};

pub fn run(sources: &Sources, options: &AuditOptions) -> Result<ExitCode, Failure> {
    let folder = audit_folder(sources)?.filter(|folder| folder.is_dir()).ok_or_else(|| {
        Failure::Work(
            "There is no audit log here. `serve --http` keeps one; FASTINTERCOM_AUDIT_FOLDER names its folder."
                .to_owned(),
        )
    })?;
    match &options.command {
        Some(AuditCommand::Verify(options)) => check(&folder, options),
        None => show(&folder, options),
    }
}

fn unreadable(folder: &Path) -> impl Fn(std::io::Error) -> Failure {
    move |error| Failure::Work(format!("The audit log in {} cannot be read ({error}).", folder.display()))
}

/// Prints the lines that are wanted, the oldest first, as they are read: a log may be large.
fn show(folder: &Path, options: &AuditOptions) -> Result<ExitCode, Failure> {
    let wanted = Wanted {
        disclosed: options.who_read.clone(),
        caller: options.caller.clone(),
        since: options.since.clone(),
    };
    reading::pieces(folder, |piece| {
        // What is no line is for `verify` to tell.
        let Some(line) = Line::read(piece.bytes).filter(|line| wanted.is(line)) else { return };
        if options.json {
            terminal::json(&String::from_utf8_lossy(piece.bytes));
        } else {
            terminal::line(&in_words(&line));
        }
    })
    .map_err(unreadable(folder))?;
    Ok(ExitCode::SUCCESS)
}

/// One line for a person.
fn in_words(line: &Line) -> String {
    let number = |member: &str| line.members.get(member).and_then(Value::as_u64).unwrap_or_default();
    let count = |member: &str| line.members.get(member).and_then(Value::as_array).map_or(0, Vec::len);
    let client = &line.members.get("client").and_then(|client| client["name"].as_str());
    let client = client.map(|name| format!(" ({name})")).unwrap_or_default();
    let text = format!(
        "{}  {}{client}  {}  {}: {} rows, {} conversations, {} contacts, {} bytes",
        line.text("time"),
        line.text("caller"),
        line.text("name"),
        line.text("outcome"),
        number("rows"),
        count("conversations"),
        count("contacts"),
        number("bytes"),
    );
    // Names come from callers.
    crate::text::printable(&text, 1_000)
}

fn check(folder: &Path, options: &VerifyOptions) -> Result<ExitCode, Failure> {
    let report = verify::verify(folder, options.noted.as_deref()).map_err(unreadable(folder))?;
    let whole = report.problems.is_empty();
    let document = json!({
        "whole": whole,
        "folder": folder.display().to_string(),
        "files": report.files,
        "lines": report.lines,
        "first": report.first,
        "last": report.head.as_ref().map(|head| head.number),
        "hash": report.head.as_ref().map(|head| head.hash.clone()),
        "unlogged": report.unlogged,
        "notes": report.notes,
        "problems": report.problems,
    });
    let mut lines = vec![match &report.head {
        Some(head) if whole => format!(
            "{} lines in {} files follow each other. The last is number {} with the hash {}.",
            report.lines, report.files, head.number, head.hash
        ),
        Some(_) => format!("{} lines in {} files do not all follow each other.", report.lines, report.files),
        None => "There are no lines yet.".to_owned(),
    }];
    if report.unlogged > 0 {
        lines.push(format!("{} calls were answered unlogged, as the settings allowed.", report.unlogged));
    }
    lines.extend(report.notes);
    lines.extend(report.problems.iter().map(|problem| format!("Problem: {problem}")));
    terminal::answer(options.json, &document, &lines);
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// A day or an instant as the lines write it, so that both compare as text.
///
/// # Errors
/// What is allowed.
pub fn since(text: &str) -> Result<String, String> {
    if NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok() {
        return Ok(text.to_owned());
    }
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Millis, true))
        .map_err(|_| {
            "it is a day such as 2026-11-21 (UTC) or an instant such as 2026-11-21T08:00:00Z".to_owned()
        })
}
