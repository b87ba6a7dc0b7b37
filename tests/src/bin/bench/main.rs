//! `just bench`: how fast the real program is, and what the sandbox costs.
//!
//! - [`workspace`] makes databases of any size from the simulator's generator, through the guest's
//!   own store, once.
//! - [`mix`] is the fixed mix of questions. [`server`] asks them over real stdio, [`native`] asks
//!   the same guest code in native form, in turns, so that both see the same machine.
//! - [`starts`], [`calls`], [`load`], [`syncs`] and [`sizes`] measure; [`report`] writes it down.
//!
//! Times move with the machine, so nothing here fails for being slow.

mod calls;
mod load;
mod measure;
mod mix;
mod native;
mod report;
mod server;
mod sizes;
mod starts;
mod syncs;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use report::Report;
use workspace::Workspace;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Measures the real program beside the same code in native form.
#[derive(Debug, Parser)]
pub struct Arguments {
    /// Conversations in each workspace
    #[arg(long, value_delimiter = ',', default_value = "2000,50000")]
    sizes: Vec<usize>,
    /// Where databases are kept between runs
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// The program to measure
    #[arg(long, env = "FASTINTERCOM_BIN")]
    binary: PathBuf,
    /// A component to measure instead of the one inside it
    #[arg(long)]
    component: Option<PathBuf>,
    /// How often each question is asked
    #[arg(long, default_value_t = 60)]
    rounds: usize,
    /// Parts to run: starts, calls, load, syncs, sizes [default: all]
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Write the tables into this document, between its two marks
    #[arg(long)]
    write: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::line(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    std::fs::create_dir_all(&arguments.folder)?;
    let wants = |part: &str| arguments.only.is_empty() || arguments.only.iter().any(|one| one == part);
    let mut report = Report::new(&arguments.binary)?;
    let mut workspaces = Vec::new();
    for size in &arguments.sizes {
        workspaces.push(Workspace::ready(&arguments.folder, *size)?);
    }
    if wants("starts") {
        for workspace in &workspaces {
            starts::measure(arguments, workspace, &mut report)?;
        }
    }
    if wants("calls") {
        let mut medians = Vec::new();
        for workspace in &workspaces {
            medians.push(calls::measure(arguments, workspace, &mut report)?);
        }
        if let ([.., small, large], [.., few, many]) = (&workspaces[..], &medians[..]) {
            calls::growth(small, few, large, many, &mut report);
        }
    }
    if wants("load") {
        for workspace in &workspaces {
            load::measure(arguments, workspace, &mut report)?;
        }
    }
    if wants("syncs") {
        syncs::measure(arguments, &workspaces, &mut report)?;
    }
    if wants("sizes") {
        sizes::measure(arguments, &workspaces, &mut report)?;
    }
    report.print();
    if let Some(document) = &arguments.write {
        report.write_into(document)?;
    }
    Ok(())
}
