//! The log, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use super::Failure;
use super::arguments::Command;
use crate::config::Sources;

/// Starts the log. A server logs at `info`; commands, which print their own results, at `warn`.
pub fn start(sources: &Sources, command: &Command) -> Result<(), Failure> {
    let usual = if matches!(command, Command::Serve(_)) { "info" } else { "warn" };
    let wanted = sources.parsed("log", |text| match text.to_ascii_lowercase().as_str() {
        level @ ("off" | "error" | "warn" | "info" | "debug" | "trace") => Ok(level.to_owned()),
        _ => Err("allowed are off, error, warn, info, debug and trace".to_owned()),
    })?;
    // What ends a sync is the command's own sentence, which the component would log before it.
    let own = if wanted.is_none() && matches!(command, Command::Sync(options) if !options.json) {
        ",fastintercom::component=off"
    } else {
        ""
    };
    let level = wanted.unwrap_or_else(|| usual.to_owned());
    let json = sources
        .parsed("log_format", |text| match text {
            "text" => Ok(false),
            "json" => Ok(true),
            _ => Err("allowed are text and json".to_owned()),
        })?
        .unwrap_or(false);
    // Other crates never log what passes through them: their debug lines hold requests.
    let filter = EnvFilter::new(format!("off,fastintercom={level}{own}"));
    let builder = fmt()
        .with_env_filter(filter)
        .with_writer(crate::stderr::Log)
        // In JSON it tells the component's lines from the host's.
        .with_target(json)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    // An error only says that a log runs already, in tests.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
    Ok(())
}
