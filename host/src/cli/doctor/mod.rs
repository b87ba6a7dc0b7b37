//! `fastintercom doctor`: is everything as it should be, and if not, what to do.
//!
//! Each file looks at one part of what is around the server: [`account`] asks Intercom, [`network`] looks at
//! the way there, [`files`] at folder, database file and locks, [`database`] into the database,
//! [`component`] at the code that runs, and [`clients`] at who starts this program.
//!
//! No finding tells a secret: a token is named by where it stands, a proxy by host and port.

mod account;
mod clients;
mod component;
mod database;
mod files;
mod network;

use std::process::ExitCode;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::arguments::JsonOption;
use super::{Failure, terminal};
use crate::application::Application;
use crate::config::{Config, Sources};

/// Bytes of what comes from outside that one finding may have.
const LONGEST: usize = 600;

/// One thing that was looked at.
struct Finding {
    name: &'static str,
    state: State,
    /// What was found and, where it is not well, what to do.
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Well,
    Ill,
    /// It could not be looked at, because of what another finding says.
    Skipped,
}

impl State {
    /// As it stands before a line, and in JSON.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Well => ("ok   ", "ok"),
            Self::Ill => ("WRONG", "wrong"),
            Self::Skipped => ("skip ", "skipped"),
        }
    }
}

fn well(name: &'static str, text: impl Into<String>) -> Finding {
    Finding { name, state: State::Well, text: text.into() }
}

fn ill(name: &'static str, text: impl Into<String>) -> Finding {
    Finding { name, state: State::Ill, text: text.into() }
}

fn skipped(name: &'static str, text: impl Into<String>) -> Finding {
    Finding { name, state: State::Skipped, text: text.into() }
}

pub async fn run(sources: &mut Sources, options: &JsonOption) -> Result<ExitCode, Failure> {
    let cancelled = super::signals::cancelled_by();
    let mut findings = match super::settings(sources) {
        Ok(config) => {
            let mut findings = vec![well("settings", "each has a value that is allowed")];
            findings.extend(examine(config, &cancelled).await);
            findings
        }
        Err(error) => vec![
            ill("settings", error.0),
            skipped("others", "what depends on settings is looked at once they are right"),
        ],
    };
    findings.extend(clients::look());
    let ok = findings.iter().all(|finding| finding.state != State::Ill);
    if options.json {
        terminal::json(&as_json(ok, &findings).to_string());
    } else {
        for finding in &findings {
            let (mark, _) = finding.state.words();
            terminal::labelled(&format!("{mark}  {:<12} ", finding.name), &shown(finding));
        }
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn as_json(ok: bool, findings: &[Finding]) -> Value {
    let checks: Vec<_> = findings
        .iter()
        .map(|finding| {
            let (_, state) = finding.state.words();
            let ok = finding.state != State::Ill;
            json!({"name": finding.name, "ok": ok, "state": state, "message": shown(finding)})
        })
        .collect();
    json!({"ok": ok, "checks": checks})
}

/// On one line and without control characters: some of it comes from Intercom, through the component.
fn shown(finding: &Finding) -> String {
    crate::text::printable(&finding.text, LONGEST)
}

async fn examine(config: Config, cancelled: &CancellationToken) -> Vec<Finding> {
    let certificates = network::certificates(&config);
    let files = files::look(&config);
    let application = match Application::new(config) {
        Ok(application) => application,
        Err(error) => {
            let known = certificates.state == State::Ill;
            let mut findings = vec![certificates];
            if !known {
                findings.push(ill("component", error.0));
            }
            findings.extend(files);
            findings.push(skipped("others", "nothing starts before that is mended"));
            return findings;
        }
    };
    let mut findings = account::look(&application, cancelled).await;
    findings.push(certificates);
    findings.push(network::proxy(&application).await);
    findings.extend(files);
    findings.push(database::content(&application, cancelled).await);
    findings.push(database::freshness(&application).await);
    findings.push(component::code(&application));
    findings.push(component::cache(application.config.code_cache.as_deref()));
    findings
}
