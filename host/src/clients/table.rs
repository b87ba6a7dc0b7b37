//! Every client that can be set up, as one table of data: name, file, form of the entry.
//!
//! `docs/CLIENTS.md` says where and when each was looked up. A new client is a row here.

use super::places::Base;

/// A row.
#[derive(Debug)]
pub struct Row {
    /// As on the command line.
    pub name: &'static str,
    /// As people know it.
    pub title: &'static str,
    /// Its file for this user: the first of these that is there, else the first whose folder is,
    /// else the first.
    pub places: &'static [(Base, &'static str)],
    /// The same on Windows, where it differs.
    pub windows: &'static [(Base, &'static str)],
    pub form: Form,
}

/// How a file is written.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    Json(&'static Json),
    Toml(&'static Toml),
    /// Goose's `extensions`.
    Yaml,
}

/// An object of servers in a JSON file.
#[derive(Clone, Copy, Debug)]
pub struct Json {
    pub key: &'static str,
    /// What says that the server is a program.
    pub kind: Option<(&'static str, &'static str)>,
    /// `"command": [program, arguments…]` instead of `command` and `args`.
    pub is_list: bool,
    pub environment: &'static str,
    /// What a new entry needs besides; an existing one keeps its own.
    pub besides: &'static [(&'static str, Value)],
    /// A server that runs elsewhere; `None`: the file takes programs only.
    pub remote: Option<Remote>,
    /// It asks for a secret by `"inputs"`, and keeps it (VS Code).
    pub asks: bool,
}

/// A value that needs no data of ours.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    Flag(bool),
    Text(&'static str),
    Texts(&'static [&'static str]),
}

#[derive(Clone, Copy, Debug)]
pub struct Remote {
    pub kind: Option<(&'static str, &'static str)>,
    pub url: &'static str,
}

/// A table of servers in a TOML file.
#[derive(Debug)]
pub struct Toml {
    pub key: &'static str,
    pub headers: &'static str,
}

const URL: Remote = Remote { kind: None, url: "url" };

/// `{"mcpServers": {"x": {"command": …, "args": […], "env": {…}}}}`, where most began.
pub const MCP_SERVERS: Json = Json {
    key: "mcpServers",
    kind: None,
    is_list: false,
    environment: "env",
    besides: &[],
    remote: Some(URL),
    asks: false,
};
/// Claude Desktop takes remote servers as connectors, in its settings.
const PROGRAMS_ONLY: Json = Json { remote: None, ..MCP_SERVERS };
const SERVER_URL: Json = Json { remote: Some(Remote { kind: None, url: "serverUrl" }), ..MCP_SERVERS };
const HTTP_URL: Json = Json { remote: Some(Remote { kind: None, url: "httpUrl" }), ..MCP_SERVERS };
const HTTP: Remote = Remote { kind: Some(("type", "http")), url: "url" };
/// With `"type": "stdio"`, as Claude Code writes it itself.
pub const TYPED: Json = Json { kind: Some(("type", "stdio")), remote: Some(HTTP), ..MCP_SERVERS };
/// VS Code's `{"servers": {…}, "inputs": […]}`.
pub const SERVERS: Json = Json { key: "servers", asks: true, ..TYPED };
const COPILOT: Json = Json { besides: &[("tools", Value::Texts(&["*"]))], ..TYPED };
const CLINE: Json = Json {
    besides: &[("disabled", Value::Flag(false))],
    remote: Some(Remote { kind: Some(("type", "streamableHttp")), url: "url" }),
    ..MCP_SERVERS
};
pub const OPENCODE: Json = Json {
    key: "mcp",
    kind: Some(("type", "local")),
    is_list: true,
    environment: "environment",
    besides: &[("enabled", Value::Flag(true))],
    remote: Some(Remote { kind: Some(("type", "remote")), url: "url" }),
    asks: false,
};
const ZED: Json =
    Json { key: "context_servers", besides: &[("source", Value::Text("custom"))], ..MCP_SERVERS };
const KIMI: Json = Json {
    kind: Some(("transport", "stdio")),
    remote: Some(Remote { kind: Some(("transport", "http")), url: "url" }),
    ..MCP_SERVERS
};
const AMAZON: Json = Json { remote: Some(HTTP), ..MCP_SERVERS };

pub const CODEX: Toml = Toml { key: "mcp_servers", headers: "http_headers" };
const GROK: Toml = Toml { key: "mcp_servers", headers: "headers" };

const fn row(
    name: &'static str,
    title: &'static str,
    places: &'static [(Base, &'static str)],
    form: Form,
) -> Row {
    Row { name, title, places, windows: &[], form }
}

impl Row {
    const fn on_windows(self, windows: &'static [(Base, &'static str)]) -> Self {
        Self { windows, ..self }
    }
}

use Base::{Applications, Claude, ClaudeDesktop, Codex, Config, Home};
use Form::{Json as J, Toml as T, Yaml};

pub static TABLE: &[Row] = &[
    row(
        "claude-desktop",
        "Claude Desktop",
        &[(ClaudeDesktop, "claude_desktop_config.json")],
        J(&PROGRAMS_ONLY),
    ),
    row("claude-code", "Claude Code", &[(Claude, ".claude.json")], J(&TYPED)),
    row("cursor", "Cursor", &[(Home, ".cursor/mcp.json")], J(&MCP_SERVERS)),
    row("vscode", "VS Code", &[(Applications, "Code/User/mcp.json")], J(&SERVERS)),
    // Devin Desktop is the next Windsurf, and has taken the file over where it is installed.
    row(
        "windsurf",
        "Windsurf",
        &[(Home, ".codeium/windsurf/mcp_config.json"), (Config, "devin/mcp_config.json")],
        J(&SERVER_URL),
    ),
    row("gemini", "Gemini CLI", &[(Home, ".gemini/settings.json")], J(&HTTP_URL)),
    row("codex", "Codex", &[(Codex, "config.toml")], T(&CODEX)),
    row("copilot", "GitHub Copilot CLI", &[(Home, ".copilot/mcp-config.json")], J(&COPILOT)),
    row(
        "opencode",
        "opencode",
        &[(Config, "opencode/opencode.jsonc"), (Config, "opencode/opencode.json")],
        J(&OPENCODE),
    ),
    row(
        "antigravity",
        "Antigravity",
        &[(Home, ".gemini/config/mcp_config.json"), (Home, ".gemini/antigravity/mcp_config.json")],
        J(&SERVER_URL),
    ),
    row(
        "cline",
        "Cline in VS Code",
        &[(Applications, "Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json")],
        J(&CLINE),
    ),
    row("cline-cli", "Cline CLI", &[(Home, ".cline/data/settings/cline_mcp_settings.json")], J(&CLINE)),
    row("qwen", "Qwen Code", &[(Home, ".qwen/settings.json")], J(&HTTP_URL)),
    row("kilo", "Kilo Code", &[(Config, "kilo/kilo.json"), (Config, "kilo/kilo.jsonc")], J(&OPENCODE)),
    row("kiro", "Kiro", &[(Home, ".kiro/settings/mcp.json")], J(&MCP_SERVERS)),
    row("kimi", "Kimi Code", &[(Home, ".kimi-code/mcp.json")], J(&KIMI)),
    row("grok", "Grok Build", &[(Home, ".grok/config.toml")], T(&GROK)),
    row("zed", "Zed", &[(Config, "zed/settings.json")], J(&ZED))
        .on_windows(&[(Applications, "Zed/settings.json")]),
    row("goose", "Goose", &[(Config, "goose/config.yaml")], Yaml)
        .on_windows(&[(Applications, "Block/goose/config/config.yaml")]),
    row("devin", "Devin CLI", &[(Config, "devin/config.json")], J(&MCP_SERVERS))
        .on_windows(&[(Applications, "devin/config.json")]),
    row("lmstudio", "LM Studio", &[(Home, ".lmstudio/mcp.json")], J(&MCP_SERVERS)),
    row("junie", "Junie", &[(Home, ".junie/mcp/mcp.json")], J(&MCP_SERVERS)),
    row("amazon-q", "Amazon Q Developer CLI", &[(Home, ".aws/amazonq/mcp.json")], J(&AMAZON)),
    row("warp", "Warp", &[(Home, ".warp/.mcp.json")], J(&MCP_SERVERS)),
];
