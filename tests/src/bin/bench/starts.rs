//! From the start of the process to its first answers, with and without compiled code.

use std::time::Instant;

use serde_json::json;

use crate::measure::{Samples, memory};
use crate::report::Report;
use crate::server::{Server, command};
use crate::workspace::{RARE, Workspace};
use crate::{Arguments, Result};

const RUNS: usize = 5;

pub fn measure(arguments: &Arguments, workspace: &Workspace, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut rows = Vec::new();
    let mut idle = 0.0;
    for (name, cold) in [("cold (nothing compiled)", true), ("warm", false)] {
        let mut initialized = Samples::default();
        let mut answered = Samples::default();
        for run in 0..RUNS {
            let cache = folder.path().join(if cold { format!("cache{run}") } else { "cache0".to_owned() });
            let begun = Instant::now();
            let mut server = Server::spawn(&mut command(arguments, &workspace.path, &cache))?;
            server.initialize()?;
            initialized.add(begun.elapsed());
            server.call("search_conversations", &json!({"query": RARE[run % RARE.len()]}))?;
            answered.add(begun.elapsed());
            idle = memory(server.pid(), "VmRSS");
        }
        rows.push(vec![
            name.to_owned(),
            format!("{:.0}", initialized.median()),
            format!("{:.0}", answered.median()),
        ]);
    }
    report.table(
        &format!("Start, {} conversations", workspace.conversations),
        "Milliseconds from the start of the process, medians of five; the first call is a search for a rare word.",
        &["", "answer to initialize", "answer to the first tools/call"],
        rows,
    );
    report.note(&format!("Resident after a warm start and one search: {idle:.0} MB."));
    Ok(())
}
