//! `fastintercom capabilities`: what the component may do, and nothing else.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::arguments::JsonOption;
use super::{Failure, terminal};
use crate::application::Application;
use crate::sandbox::policy::Policy;

pub fn run(application: &Application, options: JsonOption) -> Result<ExitCode, Failure> {
    let whole = describe(application);
    if options.json {
        terminal::json(&whole.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let limits = application.config.call_limits;
    let config = &application.config;
    let mut lines = vec![
        ("component", format!("sha256 {}", application.loader.bytes().digest())),
        ("files", format!("{} ({}), nothing else", config.data_folder.display(), access(application))),
        ("network", format!("{}, nothing else; no sockets", config.policy.origin())),
    ];
    lines.extend(Policy::rules().map(|rule| ("", rule)));
    lines.extend([
        ("token", format!("{}; added by the host, never inside the component", config.token_source)),
        ("clocks", "wall clock, monotonic clock".to_owned()),
        ("random", "the operating system's".to_owned()),
        ("stderr", "into this program's log; no stdin, stdout, arguments or environment".to_owned()),
        (
            "limits",
            format!(
                "{} s a call, {} MB an instance, {} MB in all, {} readers, syncs ended after {} s without progress",
                limits.call.as_secs(),
                limits.memory / 1_048_576,
                config.memory_total / 1_048_576,
                limits.readers,
                limits.sync_stall.as_secs()
            ),
        ),
    ]);
    for (label, text) in lines {
        terminal::labelled(&format!("{label:<11}"), &text);
    }
    Ok(ExitCode::SUCCESS)
}

/// For the log at start.
pub fn in_one_line(application: &Application) -> String {
    format!(
        "component {} may use the folder {} ({}) and {} requests to {}, nothing else; token: {}",
        application.loader.bytes().digest(),
        application.config.data_folder.display(),
        access(application),
        Policy::rules().count(),
        application.config.policy.origin(),
        application.config.token_source
    )
}

fn access(application: &Application) -> &'static str {
    if application.config.read_only { "read only" } else { "read and write" }
}

fn describe(application: &Application) -> Value {
    let limits = application.config.call_limits;
    json!({
        "component_sha256": application.loader.bytes().digest(),
        "files": [{"folder": application.config.data_folder, "write": !application.config.read_only}],
        "network": {
            "origin": application.config.policy.origin(),
            "requests": Policy::rules().collect::<Vec<_>>(),
            "sockets": false,
            "redirects": false,
        },
        "token": {"source": application.config.token_source.to_string(), "inside_component": false},
        "clocks": ["wall", "monotonic"],
        "random": true,
        "stderr": "log",
        "stdin": false,
        "stdout": false,
        "arguments": false,
        "environment": false,
        "limits": {
            "call_seconds": limits.call.as_secs(),
            "sync_stall_seconds": limits.sync_stall.as_secs(),
            "instance_bytes": limits.memory,
            "all_bytes": application.config.memory_total,
            "readers": limits.readers,
            "answer_bytes": limits.answer,
            "response_bytes": application.config.outgoing_limits.answer,
        },
    })
}
