//! The only places that print. Standard output carries answers, standard error everything else.

use std::io::{self, IsTerminal, Write};

/// A line on standard output; a closed pipe is no failure.
pub fn line(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// A failure's sentence on standard error.
pub fn error(sentence: &str) {
    let mut stderr = io::stderr().lock();
    let _ = if stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        writeln!(stderr, "\u{1b}[31merror:\u{1b}[0m {sentence}")
    } else {
        writeln!(stderr, "error: {sentence}")
    };
}

/// Whether a person watches standard error.
pub fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// JSON, indented for people and one line for programs.
pub fn json(text: &str) {
    let pretty = serde_json::from_str::<serde_json::Value>(text)
        .ok()
        .filter(|_| io::stdout().is_terminal())
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    line(pretty.as_deref().unwrap_or(text));
}
