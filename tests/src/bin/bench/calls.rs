//! Each question over real stdio, and in native form, in turns.

use std::time::Instant;

use serde_json::json;

use crate::measure::{Samples, median, memory};
use crate::mix;
use crate::native::Native;
use crate::report::Report;
use crate::server::{Server, command};
use crate::workspace::Workspace;
use crate::{Arguments, Result};

pub fn measure(arguments: &Arguments, workspace: &Workspace, report: &mut Report) -> Result<()> {
    let cache = arguments.folder.join("cache");
    let mut native = Native::open(&workspace.path)?;
    let cases = mix::cases(workspace, &mut native)?;
    let mut server = Server::start(command(arguments, &workspace.path, &cache))?;
    let mut rows = Vec::new();
    let mut ratios = Vec::new();
    let mut searches = Samples::default();
    let mut pings = Samples::default();
    for _ in 0..100 {
        let begun = Instant::now();
        server.request("ping", &json!({}))?;
        pings.add(begun.elapsed());
    }
    for case in &cases {
        let mut over_stdio = Samples::default();
        let mut natively = Samples::default();
        // Slow questions are asked less often.
        let begun = Instant::now();
        for round in 0..arguments.rounds {
            let arguments = &case.arguments[round % case.arguments.len()];
            over_stdio.add(server.call(case.tool, arguments)?);
            let text = arguments.to_string();
            let begun_native = Instant::now();
            native.call(case.tool, &text)?;
            natively.add(begun_native.elapsed());
            if begun.elapsed().as_secs() >= 20 && round >= 5 {
                break;
            }
        }
        let ratio = over_stdio.median() / natively.median();
        ratios.push(ratio);
        if case.is_search() {
            searches.extend(&over_stdio);
        }
        rows.push(vec![
            format!("{} {}", case.tool, case.name).trim().to_owned(),
            format!("{:.2}", over_stdio.median()),
            format!("{:.2}", over_stdio.percentile(95)),
            format!("{:.2}", over_stdio.percentile(99)),
            format!("{:.2}", natively.median()),
            format!("{ratio:.1}"),
        ]);
    }
    rows.push(vec![
        "**search_conversations, the whole mix**".to_owned(),
        format!("{:.2}", searches.median()),
        format!("{:.2}", searches.percentile(95)),
        format!("{:.2}", searches.percentile(99)),
        String::new(),
        String::new(),
    ]);
    report.table(
        &format!("Calls, {} conversations", workspace.conversations),
        &format!(
            "Milliseconds over stdio, {} calls each, one caller, beside the same guest code compiled natively and called directly, in turns. A `ping`, which never reaches the component, takes {:.2} ms at the median.",
            arguments.rounds,
            pings.median()
        ),
        &["", "p50", "p95", "p99", "native p50", "ratio"],
        rows,
    );
    report.note(&format!("Median ratio of component over stdio to native: {:.2}.", median(ratios)));
    report.note(&format!("Resident after all of these: {:.0} MB.", memory(server.pid(), "VmRSS")));
    Ok(())
}
