//! Bytes: of the program, of the component, of databases.

use std::path::{Path, PathBuf};

use fastintercom_tests::filled;
use rusqlite::{Connection, OpenFlags};

use crate::report::Report;
use crate::workspace::Workspace;
use crate::{Arguments, Result};

/// Conversations in the databases that are made to compare lengths of messages.
const SAMPLE: usize = 5_000;

fn megabytes(path: &Path) -> f64 {
    std::fs::metadata(path).map_or(0.0, |data| data.len() as f64 / 1e6)
}

pub fn measure(arguments: &Arguments, workspaces: &[Workspace], report: &mut Report) -> Result<()> {
    let mut rows = vec![vec!["program".to_owned(), format!("{:.1} MB", megabytes(&arguments.binary))]];
    let component = arguments.component.clone().unwrap_or_else(|| built_component(&arguments.binary));
    rows.push(vec!["component".to_owned(), format!("{:.2} MB", megabytes(&component))]);
    if let Some(code) = newest_code(&arguments.folder.join("cache")) {
        rows.push(vec!["compiled code in the cache".to_owned(), format!("{:.1} MB", megabytes(&code))]);
    }
    for workspace in workspaces {
        let size = database(&workspace.path, workspace.conversations)?;
        rows.push(vec![format!("database of {} conversations", workspace.conversations), size]);
    }
    // How much of a database is text decides about the ratio.
    for times in [1, 2, 5] {
        let folder = tempfile::tempdir_in(&arguments.folder)?;
        let path = folder.path().join("data.db");
        filled::fill_longer(&path, SAMPLE, times)?;
        rows.push(vec![
            format!("the same of {SAMPLE}, messages {times} times as long"),
            database(&path, SAMPLE)?,
        ]);
    }
    report.table("Sizes", "", &["", ""], rows);
    if let Some(workspace) = workspaces.last() {
        let database = Connection::open_with_flags(&workspace.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut statement = database
            .prepare("SELECT name, sum(pgsize) / 1e6 FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 12")?;
        let parts: Vec<Vec<String>> = statement
            .query_map([], |row| Ok(vec![row.get::<_, String>(0)?, format!("{:.1}", row.get::<_, f64>(1)?)]))?
            .collect::<std::result::Result<_, _>>()?;
        report.table(
            &format!("What the database of {} conversations consists of", workspace.conversations),
            "",
            &["table or index", "MB"],
            parts,
        );
    }
    Ok(())
}

/// The size of a database beside the goal.
fn database(path: &Path, conversations: usize) -> Result<String> {
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let number = |sql: &str| database.query_row(sql, [], |row| row.get::<_, f64>(0));
    let messages = number("SELECT cast(count(*) AS REAL) FROM messages")?;
    let bodies = number("SELECT total(length(cast(body AS BLOB))) FROM messages")? / 1e6;
    let file = megabytes(path);
    let allowed = 1.7 * bodies + conversations as f64 / 1e3;
    Ok(format!(
        "{file:.1} MB for {messages:.0} messages with {bodies:.1} MB of bodies, {:.0} bytes each; goal (1.7 × the bodies plus 1 KB a conversation) {allowed:.1} MB, so {:.2} × the goal",
        bodies * 1e6 / messages,
        file / allowed
    ))
}

/// Where the build of the program leaves its component: `target/component`, beside `target/debug`.
fn built_component(binary: &Path) -> PathBuf {
    let target = binary.parent().and_then(Path::parent).unwrap_or(Path::new("target"));
    target.join("component/wasm32-wasip2/component/fastintercom_guest.wasm")
}

/// Earlier runs may have left the code of other components.
fn newest_code(cache: &Path) -> Option<PathBuf> {
    std::fs::read_dir(cache)
        .ok()?
        .flatten()
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cwasm"))
        .max_by_key(|path| path.metadata().and_then(|data| data.modified()).ok())
}
