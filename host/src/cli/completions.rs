//! `fastintercom completions SHELL`: what the shell needs to complete this program's words.

use std::process::ExitCode;

use clap::CommandFactory;

use super::arguments::{Arguments, CompletionsOptions};
use super::{Failure, terminal};

pub fn run(options: &CompletionsOptions) -> Result<ExitCode, Failure> {
    let mut command = <Arguments as CommandFactory>::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, name, &mut script);
    terminal::line(String::from_utf8_lossy(&script).trim_end());
    Ok(ExitCode::SUCCESS)
}
