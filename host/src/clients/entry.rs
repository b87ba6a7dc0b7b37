//! What a client shall start.

/// The variable that holds the access token.
pub const TOKEN_VARIABLE: &str = "INTERCOM_ACCESS_TOKEN";

/// The id of VS Code's input that asks for the token.
pub const INPUT: &str = "fastintercom-token";

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

/// A server's entry in a client's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The program's absolute path.
    pub command: String,
    pub arguments: Vec<String>,
    /// Settings as environment variables, the token not among them.
    pub environment: Vec<(String, String)>,
    pub token: EntryToken,
}

impl Entry {
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

/// VS Code's `${input:…}`.
#[must_use]
pub fn input_reference() -> String {
    format!("${{input:{INPUT}}}")
}
