//! Syncs against the simulator, which runs on the same cores.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fastintercom_tests::simulator::{Config, Simulator};
use rusqlite::Connection;
use serde_json::Value;

use crate::measure::{Samples, memory};
use crate::mix;
use crate::native::Native;
use crate::report::{Report, line};
use crate::server::{Server, command};
use crate::workspace::{self, Workspace};
use crate::{Arguments, Result};

/// From before the oldest conversation on.
const EVERYTHING: [&str; 3] = ["--full", "--start-date", "2025-10-01"];

/// A workspace of 200,000 would take the simulator longer to make than us to read, and in a smaller
/// one the sync would find most conversations deleted.
const MOST_SIMULATED: usize = 50_000;

pub fn measure(arguments: &Arguments, workspaces: &[Workspace], report: &mut Report) -> Result<()> {
    let mut rows = Vec::new();
    for latency in [0, 200] {
        rows.push(first(arguments, latency)?);
    }
    if let Some(workspace) = workspaces.iter().rfind(|workspace| workspace.conversations <= MOST_SIMULATED) {
        for share in [0, 5] {
            rows.push(again(arguments, workspace, 0, share)?);
        }
        if let Some(small) = workspaces.iter().find(|workspace| workspace.conversations <= 2_000) {
            for share in [0, 5] {
                rows.push(again(arguments, small, 200, share)?);
            }
        }
        report.table(
            "Syncs",
            "The program's `sync` command with compiled code at hand. A second sync has forgotten what is covered: it reads the whole list again, and the threads that changed.",
            &["", "latency ms", "seconds", "threads a second", "listed a second", "API calls", "peak resident MB"],
            rows,
        );
        during(arguments, workspace, report)?;
    }
    Ok(())
}

fn simulator(config: Config, latency: u64) -> Result<Simulator> {
    Ok(Simulator::start(config.latency(Duration::from_millis(latency)))?)
}

/// Runs the command; its report, how long it took, and the most memory it held.
fn sync(
    arguments: &Arguments,
    simulator: &Simulator,
    database: &Path,
    options: &[&str],
) -> Result<(Value, f64, f64)> {
    let cache = arguments.folder.join("cache");
    let mut command = command(arguments, database, &cache);
    command
        .env("INTERCOM_BASE_URL", simulator.base_url())
        .env("INTERCOM_ACCESS_TOKEN", simulator.token())
        .args(["sync", "--json"])
        .args(options)
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped());
    let begun = Instant::now();
    let mut child = command.spawn()?;
    let pid = child.id();
    let mut peak = 0.0_f64;
    while child.try_wait()?.is_none() {
        peak = peak.max(memory(pid, "VmHWM"));
        std::thread::sleep(Duration::from_millis(20));
    }
    let seconds = begun.elapsed().as_secs_f64();
    let output = child.wait_with_output()?;
    let report = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("sync: {error}: {}", String::from_utf8_lossy(&output.stderr)))?;
    Ok((report, seconds, peak))
}

fn row(name: String, latency: u64, (report, seconds, peak): (Value, f64, f64)) -> Vec<String> {
    let number = |name: &str| report[name].as_f64().unwrap_or_default();
    line(&format!("{name} at {latency} ms: {seconds:.1} s {report}"));
    vec![
        name,
        latency.to_string(),
        format!("{seconds:.1}"),
        format!("{:.0}", number("hydrated") / seconds),
        format!("{:.0}", (number("hydrated") + number("unchanged")) / seconds),
        format!("{:.0}", number("api_calls")),
        format!("{peak:.0}"),
    ]
}

fn first(arguments: &Arguments, latency: u64) -> Result<Vec<String>> {
    let simulator = simulator(workspace::config(2_000), latency)?;
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let result = sync(arguments, &simulator, &folder.path().join("data.db"), &EVERYTHING)?;
    Ok(row("first, 2,000 conversations".to_owned(), latency, result))
}

fn changed(workspace: &Workspace, latency: u64, percent: usize) -> Result<Simulator> {
    let size = workspace.conversations;
    let simulator = simulator(workspace::config(size), latency)?;
    let mut truth = simulator.workspace();
    let ids: Vec<_> = truth
        .conversations()
        .filter(|conversation| conversation.index % 100 < percent)
        .map(|conversation| conversation.id)
        .collect();
    for id in ids {
        truth.contact_reply(id, "Is there any news about my order? I wait since Monday.");
    }
    drop(truth);
    Ok(simulator)
}

fn again(arguments: &Arguments, workspace: &Workspace, latency: u64, percent: usize) -> Result<Vec<String>> {
    let simulator = changed(workspace, latency, percent)?;
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let database = forgetful_copy(workspace, folder.path())?;
    let result = sync(arguments, &simulator, &database, &EVERYTHING)?;
    let name = match percent {
        0 => format!("unchanged, {} conversations", workspace.conversations),
        _ => format!("{percent} % changed, {} conversations", workspace.conversations),
    };
    Ok(row(name, latency, result))
}

/// A copy that has forgotten what is covered: that would not be listed again, and a sync would have
/// next to nothing to do.
fn forgetful_copy(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let database = workspace.copy(folder)?;
    Connection::open(&database)?.execute_batch(
        "DELETE FROM coverage; DELETE FROM meta WHERE key IN ('high_water', 'provisional_from', 'initial_low', 'initial_done')",
    )?;
    Ok(database)
}

/// Tool calls while the server's own sync writes.
fn during(arguments: &Arguments, workspace: &Workspace, report: &mut Report) -> Result<()> {
    let simulator = changed(workspace, 0, 20)?;
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let database = forgetful_copy(workspace, folder.path())?;
    let mut native = Native::open(&workspace.path)?;
    let cases = mix::cases(workspace, &mut native)?;
    let searches: Vec<(&str, &Value)> = cases
        .iter()
        .filter(|case| case.is_search() || case.tool == "get_conversation")
        .flat_map(|case| case.arguments.iter().map(|arguments| (case.tool, arguments)))
        .collect();
    let cache = arguments.folder.join("cache");
    let mut quiet = Samples::default();
    let mut server = Server::start(command(arguments, &database, &cache))?;
    let idle = memory(server.pid(), "VmRSS");
    for (tool, arguments) in searches.iter().cycle().take(200) {
        quiet.add(server.call(tool, arguments)?);
    }
    let searching = memory(server.pid(), "VmHWM");
    drop(server);

    let mut command = command(arguments, &database, &cache);
    command.env("INTERCOM_BASE_URL", simulator.base_url()).env("INTERCOM_ACCESS_TOKEN", simulator.token());
    let mut server = Server::start(command)?;
    let mut busy = Samples::default();
    let begun = Instant::now();
    // Threads that the server asked for: the sync is over when it asks no more.
    let asked = || simulator.stats().requests;
    let mut last = (0, Instant::now());
    for (tool, arguments) in searches.iter().cycle() {
        let took = server.call(tool, arguments)?;
        let now = asked();
        if now != last.0 {
            last = (now, Instant::now());
        } else if now > 20 && last.1.elapsed() > Duration::from_secs(2) {
            break;
        }
        if now > 20 {
            busy.add(took);
        }
        if begun.elapsed() > Duration::from_secs(120) {
            break;
        }
    }
    report.table(
        &format!("Tool calls while a sync writes, {} conversations", workspace.conversations),
        &format!(
            "Searches and threads, alone and while the server's own sync fetches and writes {} threads without latency, simulator on the same cores.",
            workspace.conversations / 5
        ),
        &["", "calls", "p50 ms", "p99 ms", "peak resident MB"],
        vec![
            vec!["no sync".to_owned(), quiet.count().to_string(), format!("{:.1}", quiet.median()), format!("{:.1}", quiet.percentile(99)), format!("{searching:.0}")],
            vec!["during a sync".to_owned(), busy.count().to_string(), format!("{:.1}", busy.median()), format!("{:.1}", busy.percentile(99)), format!("{:.0}", memory(server.pid(), "VmHWM"))],
        ],
    );
    report.note(&format!("Resident right after the handshake: {idle:.0} MB."));
    Ok(())
}
