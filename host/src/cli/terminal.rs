//! The only places that print. Standard output carries answers, standard error everything else.

use std::io::{self, IsTerminal, Write};

/// A line on standard output; a closed pipe is no failure.
pub fn line(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// A line on standard error, for whoever watches.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
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

/// Asks whoever sits at the terminal a question; anything but yes is no.
///
/// # Errors
/// `Unsupported` where nobody does; the operating system's, when the answer cannot be read.
pub fn ask(question: &str) -> io::Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let mut stderr = io::stderr().lock();
    write!(stderr, "{question} [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
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
