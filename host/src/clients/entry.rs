//! What a client shall start, or call.

/// The variable that holds the access token.
pub const TOKEN_VARIABLE: &str = "INTERCOM_ACCESS_TOKEN";

/// The id of VS Code's input that asks for the token.
pub const INPUT: &str = "fastintercom-token";

/// What an entry of a program has and one of a server elsewhere must not have, in all formats.
/// Clients refuse the mixture (Codex does not start at all), or take the one that was not meant.
pub const OF_PROGRAMS: &[&str] =
    &["command", "args", "env", "environment", "envs", "cmd", "cwd", "env_vars", "env_keys", "envFile"];

/// The other way round.
pub const OF_URLS: &[&str] = &[
    "url",
    "httpUrl",
    "serverUrl",
    "uri",
    "headers",
    "http_headers",
    "env_http_headers",
    "bearer_token",
    "bearer_token_env_var",
    "requestInit",
    "oauth",
    "oauth_resource",
    "scopes",
    "auth",
    "authProviderType",
];

/// What says which of the two an entry is, and its words.
pub const KINDS: &[&str] = &["type", "transport"];
pub const KINDS_OF_URLS: &[&str] =
    &["http", "sse", "remote", "streamable-http", "streamable_http", "streamableHttp", "ws", "websocket"];
pub const KINDS_OF_PROGRAMS: &[&str] = &["stdio", "local"];

/// Where the server that a client starts gets its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryToken {
    /// From the file of `fastintercom login`, or from wherever else a server finds it by itself.
    Stored,
    /// The client asks for it, where it can (VS Code), and keeps it.
    Asked,
    /// It stands in the client's file.
    Written(String),
}

/// A server that a client starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The program's absolute path.
    pub command: String,
    pub arguments: Vec<String>,
    /// Settings as environment variables, the token not among them.
    pub environment: Vec<(String, String)>,
    pub token: EntryToken,
}

/// A server's entry in a client's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Program(Program),
    /// A team's server: its address, and the token that it asks of callers.
    Url {
        url: String,
        token: Option<String>,
    },
}

/// What an entry that was found leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Program(String),
    Url(String),
}

impl Program {
    /// All variables for a client that can, or cannot, ask for the token.
    #[must_use]
    pub fn variables(&self, can_ask: bool) -> Vec<(String, String)> {
        let token = match &self.token {
            EntryToken::Written(token) => Some(token.clone()),
            EntryToken::Asked if can_ask => Some(input_reference()),
            EntryToken::Asked | EntryToken::Stored => None,
        };
        let token = token.map(|token| (TOKEN_VARIABLE.to_owned(), token));
        self.environment.iter().cloned().chain(token).collect()
    }
}

impl Entry {
    /// Whether a secret stands in it.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        match self {
            Self::Program(program) => matches!(program.token, EntryToken::Written(_)),
            Self::Url { token, .. } => token.is_some(),
        }
    }
}

/// The header that shows a caller's token.
#[must_use]
pub fn authorization(token: &str) -> String {
    format!("Bearer {token}")
}

/// VS Code's `${input:…}`.
#[must_use]
pub fn input_reference() -> String {
    format!("${{input:{INPUT}}}")
}
