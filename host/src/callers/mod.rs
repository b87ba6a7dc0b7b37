//! Who asks.

use std::sync::Arc;

use crate::audit::Client;

/// Who asks, and with which program.
#[derive(Clone, Debug)]
pub struct Asker {
    /// The caller's name: that of a person or a service over HTTP, else how the call came.
    pub caller: Arc<str>,
    /// What the program says of itself.
    pub client: Option<Client>,
}

impl Asker {
    /// The one client of standard input and output, who is the user.
    pub const STDIO: &'static str = "stdio";
    /// The command line.
    pub const TERMINAL: &'static str = "terminal";
    /// Somebody before a door that asks for no token.
    pub const ANYBODY: &'static str = "anybody";
    /// Somebody with the one token of the door.
    pub const TOKEN: &'static str = "token";

    #[must_use]
    pub fn new(caller: &str, client: Option<Client>) -> Self {
        Self { caller: caller.into(), client }
    }
}
