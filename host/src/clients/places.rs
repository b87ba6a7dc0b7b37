//! The folders of a user in which clients keep their configuration.

use std::path::PathBuf;

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

/// A user's folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    pub home: PathBuf,
    /// Where desktop applications keep settings: `~/.config`, `~/Library/Application Support` or
    /// `%APPDATA%`.
    pub applications: PathBuf,
    /// Claude Code's folder, which `CLAUDE_CONFIG_DIR` moves.
    pub claude: PathBuf,
    /// Codex's folder, which `CODEX_HOME` moves.
    pub codex: PathBuf,
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
        Self {
            applications,
            claude: variable("CLAUDE_CONFIG_DIR").unwrap_or_else(|| home.clone()),
            codex: variable("CODEX_HOME").unwrap_or_else(|| home.join(".codex")),
            home,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::Client;

    fn files(system: System, variables: &[(&str, &str)]) -> Vec<String> {
        let places = Places::new(system, PathBuf::from("/home/ann"), |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| PathBuf::from(value))
        });
        let files = Client::ALL.iter().map(|client| client.file(&places));
        files.map(|file| file.to_string_lossy().replace('\\', "/")).collect()
    }

    #[test]
    fn linux() {
        assert_eq!(
            files(System::Linux, &[]),
            [
                "/home/ann/.config/Claude/claude_desktop_config.json",
                "/home/ann/.claude.json",
                "/home/ann/.cursor/mcp.json",
                "/home/ann/.config/Code/User/mcp.json",
                "/home/ann/.codeium/windsurf/mcp_config.json",
                "/home/ann/.gemini/settings.json",
                "/home/ann/.codex/config.toml",
            ]
        );
    }

    #[test]
    fn macos() {
        let files = files(System::MacOs, &[("XDG_CONFIG_HOME", "/elsewhere")]);
        assert_eq!(files[0], "/home/ann/Library/Application Support/Claude/claude_desktop_config.json");
        assert_eq!(files[3], "/home/ann/Library/Application Support/Code/User/mcp.json");
        assert_eq!(files[4], "/home/ann/.codeium/windsurf/mcp_config.json");
    }

    #[test]
    fn windows() {
        let roaming = if cfg!(windows) { "C:/Users/ann/AppData/Roaming" } else { "/users/ann/roaming" };
        let files = files(System::Windows, &[("APPDATA", roaming)]);
        assert_eq!(files[0], format!("{roaming}/Claude/claude_desktop_config.json"));
        assert_eq!(files[3], format!("{roaming}/Code/User/mcp.json"));
        assert_eq!(files[2], "/home/ann/.cursor/mcp.json");
    }

    #[test]
    fn variables_move_folders_unless_they_are_relative() {
        let moved = [("CLAUDE_CONFIG_DIR", "/c"), ("CODEX_HOME", "/x"), ("XDG_CONFIG_HOME", "/k")];
        let files = files(System::Linux, &moved);
        assert_eq!((files[1].as_str(), files[6].as_str()), ("/c/.claude.json", "/x/config.toml"));
        assert_eq!(files[3], "/k/Code/User/mcp.json");
        let relative = [("XDG_CONFIG_HOME", "here")];
        assert_eq!(self::files(System::Linux, &relative)[3], "/home/ann/.config/Code/User/mcp.json");
    }
}
