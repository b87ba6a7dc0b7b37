//! The folders of a user in which clients keep their configuration.

use std::path::{Path, PathBuf};

/// An operating system, as far as clients tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux and other Unix systems.
    Linux,
    MacOs,
    Windows,
}

impl System {
    const fn this() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else {
            Self::Linux
        }
    }
}

/// A folder in which clients keep files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    Home,
    /// Where desktop applications keep settings.
    Applications,
    /// `~/.config`, where `XDG_CONFIG_HOME` does not move it; command-line programs use it everywhere.
    Config,
    /// Claude Code's, which `CLAUDE_CONFIG_DIR` moves.
    Claude,
    ClaudeDesktop,
    /// Codex's, which `CODEX_HOME` moves.
    Codex,
}

/// A user's folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    pub system: System,
    pub home: PathBuf,
    config: PathBuf,
    claude_desktop: PathBuf,
    /// Where desktop applications keep settings: `~/.config`, `~/Library/Application Support` or
    /// `%APPDATA%`.
    applications: PathBuf,
    claude: PathBuf,
    codex: PathBuf,
}

impl Places {
    /// This user's; `None` without a home folder.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let home = crate::config::home()?;
        Some(Self::new(System::this(), home, |name| std::env::var_os(name).map(PathBuf::from)))
    }

    /// Those of a user of that system, with that home folder and those environment variables.
    #[must_use]
    pub fn new(system: System, home: PathBuf, variable: impl Fn(&str) -> Option<PathBuf>) -> Self {
        // A relative path would mean another folder for each program.
        let variable = |name: &str| variable(name).filter(|path| path.is_absolute());
        let applications = match system {
            System::Linux => variable("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")),
            System::MacOs => home.join("Library/Application Support"),
            System::Windows => variable("APPDATA").unwrap_or_else(|| home.join("AppData/Roaming")),
        };
        let config = match system {
            System::Linux => applications.clone(),
            System::MacOs | System::Windows => home.join(".config"),
        };
        let packaged = (system == System::Windows)
            .then(|| variable("LOCALAPPDATA").unwrap_or_else(|| home.join("AppData/Local")))
            .and_then(|local| packaged_claude(&local));
        Self {
            system,
            config,
            claude_desktop: packaged.unwrap_or_else(|| applications.join("Claude")),
            applications,
            claude: variable("CLAUDE_CONFIG_DIR").unwrap_or_else(|| home.clone()),
            codex: variable("CODEX_HOME").unwrap_or_else(|| home.join(".codex")),
            home,
        }
    }

    #[must_use]
    pub fn base(&self, base: Base) -> &Path {
        match base {
            Base::Home => &self.home,
            Base::Applications => &self.applications,
            Base::Config => &self.config,
            Base::Claude => &self.claude,
            Base::ClaudeDesktop => &self.claude_desktop,
            Base::Codex => &self.codex,
        }
    }
}

/// Claude Desktop's folder where Windows installed it as a package (MSIX): the program sees that
/// one under the name of the usual one, and nothing of the usual one.
fn packaged_claude(local: &Path) -> Option<PathBuf> {
    let packages = std::fs::read_dir(local.join("Packages")).ok()?.flatten();
    let mut folders: Vec<PathBuf> = packages
        .filter(|package| package.file_name().to_string_lossy().starts_with("Claude_"))
        .map(|package| package.path().join("LocalCache/Roaming/Claude"))
        .collect();
    folders.sort();
    // Of several packages the one that ran.
    folders.iter().find(|folder| folder.is_dir()).or(folders.first()).cloned()
}
