//! `fastintercom completions SHELL`: what the shell needs to complete this program's words.

use std::process::ExitCode;

use clap::CommandFactory;

use super::arguments::{Arguments, CompletionsOptions};
use super::call::flags;
use super::{Failure, terminal};
use crate::component::code::EMBEDDED;
use crate::component::metadata::Metadata;

pub fn run(options: &CompletionsOptions) -> Result<ExitCode, Failure> {
    // The shell completes each tool as a command of `call`, from what the component tells without being
    // compiled.
    let tools = Metadata::read(EMBEDDED).definitions.map_or_else(Vec::new, |definitions| definitions.tools);
    let mut command = <Arguments as CommandFactory>::command().mut_subcommand("call", |call| {
        let about = call.get_about().cloned().unwrap_or_default();
        clap::Command::new("call").about(about).subcommands(tools.iter().map(flags::command))
    });
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, name, &mut script);
    terminal::line(String::from_utf8_lossy(&script).trim_end());
    Ok(ExitCode::SUCCESS)
}
