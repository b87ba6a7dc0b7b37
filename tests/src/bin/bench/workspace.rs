//! Databases to measure on, made once and kept.

use std::path::{Path, PathBuf};
use std::time::Instant;

use fastintercom_tests::filled;
pub use fastintercom_tests::filled::{RARE, config};

use crate::Result;
use crate::report::line;

/// A database of so many conversations.
#[derive(Clone, Debug)]
pub struct Workspace {
    pub conversations: usize,
    pub path: PathBuf,
}

impl Workspace {
    /// The database, made now unless an earlier run made it.
    pub fn ready(folder: &Path, conversations: usize) -> Result<Self> {
        // A folder of its own: the program refuses one that holds more than its data.
        let own = folder.join(conversations.to_string());
        std::fs::create_dir_all(&own)?;
        let path = own.join("data.db");
        if !path.exists() {
            let draft = folder.join(format!("{conversations}.draft"));
            let forget = |suffix: &str| {
                let _ = std::fs::remove_file(folder.join(format!("{conversations}.draft{suffix}")));
            };
            forget("");
            forget("-journal");
            let begun = Instant::now();
            filled::fill(&draft, conversations)?;
            std::fs::rename(&draft, &path)?;
            forget("-journal");
            line(&format!("{conversations} conversations written in {:.1} s", begun.elapsed().as_secs_f64()));
        }
        Ok(Self { conversations, path })
    }

    /// A copy to write into.
    pub fn copy(&self, folder: &Path) -> Result<PathBuf> {
        let copy = folder.join("data.db");
        std::fs::copy(&self.path, &copy)?;
        Ok(copy)
    }
}
