//! MCP clients: where each keeps its configuration, and how this program is entered there.
//!
//! - [`places`] knows the files on each operating system.
//! - [`entry`] is what a client shall start; [`json`] and [`toml`] write it into a file's text and
//!   take it out again, and leave everything else as it was, comments included.
//! - [`file`](mod@file) reads and replaces files that belong to other programs.

pub mod entry;
pub mod file;
pub mod json;
pub mod places;
pub mod toml;

use std::path::PathBuf;

use clap::ValueEnum;

use entry::Entry;
use places::Places;

/// The name under which clients know this server.
pub const NAME: &str = "fastintercom";

/// A client that can be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Client {
    ClaudeDesktop,
    ClaudeCode,
    Cursor,
    Vscode,
    Windsurf,
    Gemini,
    Codex,
}

/// How a client's file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `{"mcpServers": {"x": {"command": …, "args": […], "env": {…}}}}`
    McpServers,
    /// The same with `"type": "stdio"`, as Claude Code writes it itself.
    TypedMcpServers,
    /// VS Code's `{"servers": {…}, "inputs": […]}`, where an input asks for a secret.
    Servers,
    /// Codex's `[mcp_servers.x]`.
    Toml,
}

impl Client {
    pub const ALL: [Self; 7] = [
        Self::ClaudeDesktop,
        Self::ClaudeCode,
        Self::Cursor,
        Self::Vscode,
        Self::Windsurf,
        Self::Gemini,
        Self::Codex,
    ];

    /// As on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ClaudeDesktop => "claude-desktop",
            Self::ClaudeCode => "claude-code",
            Self::Cursor => "cursor",
            Self::Vscode => "vscode",
            Self::Windsurf => "windsurf",
            Self::Gemini => "gemini",
            Self::Codex => "codex",
        }
    }

    /// As people know it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::ClaudeDesktop => "Claude Desktop",
            Self::ClaudeCode => "Claude Code",
            Self::Cursor => "Cursor",
            Self::Vscode => "VS Code",
            Self::Windsurf => "Windsurf",
            Self::Gemini => "Gemini CLI",
            Self::Codex => "Codex",
        }
    }

    #[must_use]
    pub fn shape(self) -> Shape {
        match self {
            Self::ClaudeDesktop | Self::Cursor | Self::Windsurf | Self::Gemini => Shape::McpServers,
            Self::ClaudeCode => Shape::TypedMcpServers,
            Self::Vscode => Shape::Servers,
            Self::Codex => Shape::Toml,
        }
    }

    /// Its configuration for this user, as its own documentation names the place.
    #[must_use]
    pub fn file(self, places: &Places) -> PathBuf {
        match self {
            Self::ClaudeDesktop => places.applications.join("Claude/claude_desktop_config.json"),
            Self::ClaudeCode => places.claude.join(".claude.json"),
            Self::Cursor => places.home.join(".cursor/mcp.json"),
            Self::Vscode => places.applications.join("Code/User/mcp.json"),
            Self::Windsurf => places.home.join(".codeium/windsurf/mcp_config.json"),
            Self::Gemini => places.home.join(".gemini/settings.json"),
            Self::Codex => places.codex.join("config.toml"),
        }
    }
}

impl Shape {
    /// The text with our entry in it, new or brought up to date.
    ///
    /// # Errors
    /// What is wrong with the text, with its line; a part of a sentence.
    pub fn with(self, text: &str, entry: &Entry) -> Result<String, String> {
        match self {
            Self::Toml => toml::with(text, entry),
            _ => json::with(text, self, entry),
        }
    }

    /// The text without our entry; `None` when it has none.
    ///
    /// # Errors
    /// As [`Shape::with`].
    pub fn without(self, text: &str) -> Result<Option<String>, String> {
        match self {
            Self::Toml => toml::without(text),
            _ => json::without(text, self),
        }
    }

    /// What our entry starts; `None` when there is none.
    ///
    /// # Errors
    /// As [`Shape::with`].
    pub fn command(self, text: &str) -> Result<Option<String>, String> {
        match self {
            Self::Toml => toml::command(text),
            _ => json::command(text, self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_is_called_by_its_name() {
        for client in Client::ALL {
            assert_eq!(Client::from_str(client.name(), false), Ok(client));
        }
        assert_eq!(Client::value_variants().len(), Client::ALL.len());
    }
}
