//! Each question over real stdio, and in native form, in turns; and how that grows with the cache.

use std::time::Instant;

use serde_json::json;

use crate::measure::{Samples, cpu, median, memory, own_cpu};
use crate::mix;
use crate::native::Native;
use crate::report::Report;
use crate::server::{Server, command};
use crate::workspace::Workspace;
use crate::{Arguments, Result};

/// Names of the questions and their medians in milliseconds.
pub type Medians = Vec<(String, f64)>;

pub fn measure(arguments: &Arguments, workspace: &Workspace, report: &mut Report) -> Result<Medians> {
    let cache = arguments.folder.join("cache");
    let mut native = Native::open(&workspace.path)?;
    let cases = mix::cases(workspace, &mut native)?;
    let mut server = Server::start(command(arguments, &workspace.path, &cache))?;
    let mut rows = Vec::new();
    let mut medians = Vec::new();
    let (mut ratios, mut ratios_of_medians) = (Vec::new(), Vec::new());
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
        let (mut cpu_component, mut cpu_native) = (0.0, 0.0);
        let process = server.pid().to_string();
        // Once for both unmeasured: the first call may wait for the compiler, and for the disk.
        server.call(case.tool, &case.arguments[0])?;
        native.call(case.tool, &case.arguments[0].to_string())?;
        // Slow questions are asked less often.
        let begun = Instant::now();
        for round in 0..arguments.rounds {
            let arguments = &case.arguments[round % case.arguments.len()];
            let used = cpu(&process);
            over_stdio.add(server.call(case.tool, arguments)?);
            cpu_component += cpu(&process) - used;
            let text = arguments.to_string();
            let (begun_native, used) = (Instant::now(), own_cpu());
            native.call(case.tool, &text)?;
            natively.add(begun_native.elapsed());
            cpu_native += own_cpu() - used;
            if begun.elapsed().as_secs() >= 20 && round >= 5 {
                break;
            }
        }
        let calls = over_stdio.count() as f64;
        let ratio = cpu_component / cpu_native;
        ratios.push(ratio);
        ratios_of_medians.push(over_stdio.median() / natively.median());
        if case.is_search() {
            searches.extend(&over_stdio);
        }
        let name = format!("{} {}", case.tool, case.name).trim().to_owned();
        medians.push((name.clone(), over_stdio.median()));
        rows.push(vec![
            name,
            format!("{:.2}", over_stdio.median()),
            format!("{:.2}", over_stdio.percentile(95)),
            format!("{:.2}", over_stdio.percentile(99)),
            format!("{:.2}", natively.median()),
            format!("{:.2}", cpu_component / calls),
            format!("{:.2}", cpu_native / calls),
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
        String::new(),
        String::new(),
    ]);
    report.table(
        &format!("Calls, {} conversations", workspace.conversations),
        &format!(
            "Milliseconds over stdio, {} calls each, one caller, beside the same guest code compiled natively and called directly, in turns. Processor time (of all threads of the server, the host's included; means) and its ratio hold on a busy machine, times on the wall do not. A `ping`, which never reaches the component, takes {:.2} ms at the median.",
            arguments.rounds,
            pings.median()
        ),
        &["", "p50", "p95", "p99", "native p50", "processor", "native", "ratio"],
        rows,
    );
    report.note(&format!(
        "Median ratio of component over stdio to native: {:.2} in processor time, {:.2} in p50.",
        median(ratios),
        median(ratios_of_medians)
    ));
    report.note(&format!("Resident after all of these: {:.0} MB.", memory(server.pid(), "VmRSS")));
    Ok(medians)
}

/// How many times longer each question takes in the larger of two workspaces.
pub fn growth(small: &Workspace, few: &Medians, large: &Workspace, many: &Medians, report: &mut Report) {
    let rows = few
        .iter()
        .zip(many)
        .map(|((name, before), (_, after))| {
            vec![
                name.clone(),
                format!("{before:.2}"),
                format!("{after:.2}"),
                format!("{:.1}", after / before),
            ]
        })
        .collect();
    report.table(
        &format!("Growth from {} to {} conversations", small.conversations, large.conversations),
        &format!(
            "Medians in milliseconds. In proportion would be {:.0} times.",
            large.conversations as f64 / small.conversations as f64
        ),
        &["", "before", "after", "times"],
        rows,
    );
}
