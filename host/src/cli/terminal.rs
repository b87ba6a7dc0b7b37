//! The only places that print. Standard output carries answers, standard error everything else.
//!
//! Colours appear on a terminal only; `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM=dumb`
//! are honoured (by `anstream`).

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use crate::component::bindings::views::{Span, Style as Meaning};

/// Why standard output could not be written, if so. An answer that nobody got is a failure.
static UNWRITTEN: OnceLock<io::Error> = OnceLock::new();

/// Takes note of how a write to standard output ended. A reader that closed its pipe had enough.
fn noted(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        let _ = UNWRITTEN.set(error);
    }
}

/// The sentence about answers that did not get out; `None`: all did.
pub fn unwritten() -> Option<String> {
    noted(io::stdout().lock().flush());
    UNWRITTEN.get().map(|error| format!("Standard output could not be written ({error})."))
}

/// A line on standard output.
pub fn line(text: &str) {
    noted(writeln!(io::stdout().lock(), "{text}"));
}

/// What clap has to say: help and version on standard output, mistakes on standard error.
pub fn usage(words: &clap::Error) {
    noted(words.print());
}

/// A line on standard error, for whoever watches.
pub fn note(text: &str) {
    crate::stderr::write(format!("{text}\n").as_bytes());
}

/// A failure's sentence on standard error.
pub fn error(sentence: &str) {
    // The component's words may be in it; a configuration file's error has several lines.
    let lines: Vec<String> = sentence.lines().map(crate::text::visible).collect();
    let lines = lines.join("\n");
    match anstream::AutoStream::choice(&io::stderr()) {
        anstream::ColorChoice::Never => note(&format!("error: {lines}")),
        _ => {
            let red = AnsiColor::Red.on_default();
            note(&format!("{red}error:{red:#} {lines}"));
        }
    }
}

/// Asks whoever sits at the terminal a question; anything but yes is no.
///
/// # Errors
/// `Unsupported` where nobody does; the operating system's, when the answer cannot be read.
pub fn ask(question: &str) -> io::Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    crate::stderr::write(format!("{question} [y/N] ").as_bytes());
    crate::stderr::flush();
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Whether a person watches standard error.
pub fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Columns of the terminal that standard output is; `None`: it is none.
pub fn width() -> Option<u32> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    // A terminal that does not tell has the classic size.
    Some(terminal_size::terminal_size_of(stdout).map_or(80, |(width, _)| u32::from(width.0)))
}

/// Columns of the terminal that standard error is.
pub fn width_of_stderr() -> usize {
    terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| usize::from(width.0))
}

/// What the component laid out.
pub fn screen(lines: &[Vec<Span>]) {
    let mut stdout = anstream::stdout().lock();
    for line in lines {
        let written = writeln!(stdout, "{}", painted(line));
        let failed = written.is_err();
        noted(written);
        if failed {
            return;
        }
    }
}

/// The line with the colours of this program, and no other control character: whatever the
/// component let through of what strangers wrote, it cannot steer the terminal.
fn painted(line: &[Span]) -> String {
    let mut text = String::new();
    for span in line {
        let look = look(span.style);
        text.push_str(&format!("{look}{}{look:#}", crate::text::visible(&span.text)));
    }
    text
}

fn look(meaning: Meaning) -> Style {
    match meaning {
        Meaning::Plain => Style::new(),
        Meaning::Heading => Style::new().bold(),
        Meaning::Faint => Style::new().dimmed(),
        Meaning::Good => AnsiColor::Green.on_default(),
        Meaning::Bad => AnsiColor::Red.on_default(),
        Meaning::Hit => AnsiColor::Yellow.on_default().bold(),
    }
}

/// What a command did: one JSON document for programs, or else a line each for people.
pub fn answer(as_json: bool, document: &Value, lines: &[String]) {
    if as_json {
        return json(&document.to_string());
    }
    for text in lines {
        line(text);
    }
}

/// JSON, indented for people and one line for programs.
pub fn json(text: &str) {
    let pretty = serde_json::from_str::<Value>(text)
        .ok()
        .filter(|_| io::stdout().is_terminal())
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    line(pretty.as_deref().unwrap_or(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_programs_own_colours_reach_the_terminal() {
        let hostile = Span { text: "a\u{1b}[2J\u{9b}1mb\nc".to_owned(), style: Meaning::Bad };
        let text = painted(&[hostile]);
        assert_eq!(text, "\u{1b}[31ma [2J 1mb c\u{1b}[0m");
        let plain = Span { text: "plain".to_owned(), style: Meaning::Plain };
        assert_eq!(painted(&[plain]), "plain");
    }
}
