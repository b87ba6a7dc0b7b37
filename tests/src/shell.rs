//! The `sqlite3` shell on the live database, as the user's people run it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The shell on one database.
#[derive(Clone, Debug)]
pub struct Shell(PathBuf);

impl Shell {
    /// `None`, with a line that says so, where the shell is not installed.
    #[must_use]
    pub fn on(database: &Path) -> Option<Self> {
        let found = Command::new("sqlite3").arg("-version").stdout(Stdio::null()).status();
        if found.is_ok_and(|status| status.success()) {
            return Some(Self(database.to_owned()));
        }
        #[expect(clippy::print_stderr, reason = "a test that does less must say so")]
        {
            eprintln!("sqlite3 is not installed: skipping what the shell would do (./setup.sh installs it)");
        }
        None
    }

    /// What it prints, without the line's end; it waits for locks as long as a person would.
    ///
    /// # Errors
    /// What it prints when it fails.
    pub fn run(&self, sql: &str) -> Result<String, String> {
        let output = Command::new("sqlite3")
            .arg("-cmd")
            .arg(".timeout 20000")
            .arg(&self.0)
            .arg(sql)
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned())
        }
    }
}
