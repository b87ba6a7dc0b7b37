//! A folder of one test, with everything that its processes may touch.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A temporary folder that goes away with its last clone.
///
/// The database lies in a folder of its own below it: the host gives that whole folder to the
/// component, and so refuses the temporary folder itself.
#[derive(Clone, Debug)]
pub struct Scratch(Arc<tempfile::TempDir>);

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Scratch {
    /// # Panics
    /// When there is no room for a temporary folder.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("fastintercom-test-").tempdir();
        let scratch = Self(Arc::new(folder.expect("a temporary folder")));
        for folder in [scratch.home(), scratch.database_folder()] {
            make_private(&folder);
        }
        scratch
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// What the processes take for the user's home.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    /// Where the program's configuration folder is, seen from [`Scratch::home`].
    #[must_use]
    pub fn configuration_folder(&self) -> PathBuf {
        let windows = "AppData/Roaming/fastintercom/fastintercom/config";
        self.home().join(if cfg!(windows) { windows } else { ".config/fastintercom" })
    }

    #[must_use]
    pub fn database_folder(&self) -> PathBuf {
        self.path().join("data")
    }

    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.database_folder().join("data.db")
    }

    /// Writes a file below the folder, and the folders that it needs.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let file = self.path().join(name);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).expect("a folder for the file");
        }
        fs::write(&file, content).expect("the file is written");
        file
    }

    /// Every file below the folder, with its content; what goes meanwhile is left out.
    ///
    /// # Panics
    /// When one cannot be read.
    #[must_use]
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                entries => entries.expect("the folder is readable"),
            };
            for entry in entries {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                match fs::read(&path) {
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    content => found.push((path, content.expect("the file is readable"))),
                }
            }
        }
        found
    }
}

fn make_private(folder: &Path) {
    fs::create_dir_all(folder).expect("a folder");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).expect("a private folder");
    }
}
