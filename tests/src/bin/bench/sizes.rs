//! Bytes: of the program, of the component, of databases.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::report::Report;
use crate::workspace::Workspace;
use crate::{Arguments, Result};

fn megabytes(path: &Path) -> f64 {
    std::fs::metadata(path).map_or(0.0, |data| data.len() as f64 / 1e6)
}

pub fn measure(arguments: &Arguments, workspaces: &[Workspace], report: &mut Report) -> Result<()> {
    let mut rows = vec![vec![
        "program as built (development profile, unstripped)".to_owned(),
        format!("{:.1} MB", megabytes(&arguments.binary)),
    ]];
    if let Some(component) = &arguments.component {
        rows.push(vec!["component".to_owned(), format!("{:.2} MB", megabytes(component))]);
    }
    if let Ok(files) = std::fs::read_dir(arguments.folder.join("cache")) {
        let largest = files
            .flatten()
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|e| e == "cwasm"));
        rows.extend(largest.map(|path| {
            vec!["compiled code in the cache".to_owned(), format!("{:.1} MB", megabytes(&path))]
        }));
    }
    for workspace in workspaces {
        let database = Connection::open_with_flags(&workspace.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let number = |sql: &str| database.query_row(sql, [], |row| row.get::<_, f64>(0));
        let messages = number("SELECT cast(count(*) AS REAL) FROM messages")?;
        let bodies = number("SELECT total(length(cast(body AS BLOB))) FROM messages")? / 1e6;
        let file = megabytes(&workspace.path);
        let allowed = 1.7 * bodies + workspace.conversations as f64 / 1e3;
        rows.push(vec![
            format!("database of {} conversations", workspace.conversations),
            format!(
                "{file:.1} MB for {messages:.0} messages with {bodies:.1} MB of bodies: {:.2} × the bodies plus 1 KB a conversation; goal {allowed:.1} MB",
                (file - workspace.conversations as f64 / 1e3) / bodies
            ),
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
