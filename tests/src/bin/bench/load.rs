//! Several callers at once.

use std::time::Duration;

use serde_json::Value;

use crate::measure::{Samples, memory};
use crate::mix;
use crate::native::Native;
use crate::report::Report;
use crate::server::{Server, command};
use crate::workspace::Workspace;
use crate::{Arguments, Result};

const CALLS: usize = 400;
/// After so long without a call the server has given back what only many callers need.
const IDLE: Duration = Duration::from_secs(65);

pub fn measure(arguments: &Arguments, workspace: &Workspace, report: &mut Report) -> Result<()> {
    let cache = arguments.folder.join("cache");
    let mut native = Native::open(&workspace.path)?;
    let cases = mix::cases(workspace, &mut native)?;
    let searches: Vec<(&str, &Value)> = cases
        .iter()
        .filter(|case| case.is_search())
        .flat_map(|case| case.arguments.iter().map(|arguments| (case.tool, arguments)))
        .collect();
    let calls: Vec<(&str, &Value)> = searches.iter().copied().cycle().take(CALLS).collect();
    let mut rows = Vec::new();
    let mut afterwards = 0.0;
    for callers in [1, 4, 16] {
        let mut server = Server::start(command(arguments, &workspace.path, &cache))?;
        server.at_once(&calls[..callers * 2], callers)?;
        let (took, all) = server.at_once(&calls, callers)?;
        let mut samples = Samples::default();
        took.into_iter().for_each(|sample| samples.add(sample));
        rows.push(vec![
            callers.to_string(),
            format!("{:.0}", samples.count() as f64 / all.as_secs_f64()),
            format!("{:.1}", samples.median()),
            format!("{:.1}", samples.percentile(99)),
            format!("{:.0}", memory(server.pid(), "VmHWM")),
        ]);
        if callers == 16 {
            std::thread::sleep(IDLE);
            afterwards = memory(server.pid(), "VmRSS");
        }
    }
    report.table(
        &format!("Callers at once, {} conversations", workspace.conversations),
        "The mix of searches over one stdio session.",
        &["callers", "calls a second", "p50 ms", "p99 ms", "peak resident MB"],
        rows,
    );
    report.note(&format!(
        "Resident {} seconds after the sixteen callers have gone: {afterwards:.0} MB.",
        IDLE.as_secs()
    ));
    Ok(())
}
