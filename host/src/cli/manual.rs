//! `fastintercom manual [FOLDER]`: the manual, made of what `--help` says.

use std::fs;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_mangen::Man;

use super::arguments::{Arguments, ManualOptions};
use super::{Failure, terminal};

pub fn run(options: &ManualOptions) -> Result<ExitCode, Failure> {
    let command = <Arguments as CommandFactory>::command();
    let Some(folder) = &options.folder else {
        let mut page = Vec::new();
        // Writing to memory cannot fail.
        let _ = Man::new(command).render(&mut page);
        terminal::line(String::from_utf8_lossy(&page).trim_end());
        return Ok(ExitCode::SUCCESS);
    };
    let shown = folder.display();
    let failed = |error: std::io::Error| {
        Failure::Work(format!("The manual could not be written to {shown} ({error})."))
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let count = 1 + command.get_subcommands().filter(|command| !command.is_hide_set()).count();
    // `help` is clap's own and only repeats the pages.
    let command = command.disable_help_subcommand(true);
    clap_mangen::generate_to(command, folder).map_err(failed)?;
    terminal::line(&format!("Wrote {count} pages to {shown}."));
    Ok(ExitCode::SUCCESS)
}
