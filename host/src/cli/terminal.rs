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

/// What clap says of a mistake, without its colours, usage and tips.
pub fn in_one_sentence(words: &clap::Error) -> String {
    let text = words.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let first = first.strip_prefix("error:").unwrap_or(first);
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why there is no answer, in the answer's place: what docs/COMMANDS.md promises of `--json`.
pub fn json_error(sentence: &str) {
    json(&serde_json::json!({"success": false, "error": sentence}).to_string());
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

/// Lines on standard output, broken between words where it is a terminal.
pub fn text(text: &str) {
    for line in text.lines() {
        // What stands further in, stays so.
        let blanks = line.len() - line.trim_start_matches(' ').len();
        labelled(&line[..blanks], &line[blanks..]);
    }
}

/// The same behind a label, below which nothing stands.
pub fn labelled(label: &str, text: &str) {
    for paragraph in wrapped(width(), label, text) {
        line(&paragraph);
    }
}

/// Columns that are left beside a label at least: what is narrower is broken by the terminal itself.
const NARROWEST: usize = 20;

fn wrapped(width: Option<u32>, label: &str, text: &str) -> Vec<String> {
    let text = crate::text::visible(text);
    let Some(width) = width else { return vec![format!("{label}{text}")] };
    let taken = textwrap::core::display_width(label);
    let below = " ".repeat(taken);
    let options = textwrap::Options::new((width as usize).max(taken + NARROWEST))
        .initial_indent(label)
        .subsequent_indent(&below)
        // A path or a command that is torn apart cannot be copied.
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::Custom(words));
    textwrap::wrap(&text, options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

/// Words as blanks part them. Of scripts without blanks, whose letters take two columns, each letter
/// is one.
fn words(line: &str) -> Box<dyn Iterator<Item = textwrap::core::Word<'_>> + '_> {
    use textwrap::WordSeparator::AsciiSpace;
    use textwrap::core::{Word, display_width};
    let is_wide = |letter: char| display_width(letter.encode_utf8(&mut [0; 4])) == 2;
    Box::new(AsciiSpace.find_words(line).flat_map(move |word| {
        let text = word.word;
        let mut cuts: Vec<usize> = text
            .char_indices()
            .zip(text.chars().skip(1))
            .filter(|((_, letter), next)| is_wide(*letter) && is_wide(*next))
            .map(|((at, letter), _)| at + letter.len_utf8())
            .collect();
        cuts.push(text.len());
        let mut parts = Vec::with_capacity(cuts.len());
        let mut from = 0;
        for cut in cuts {
            parts.push(Word::from(&text[from..cut]));
            from = cut;
        }
        if let Some(last) = parts.last_mut() {
            last.whitespace = word.whitespace;
        }
        parts
    }))
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
    for line in lines {
        self::text(line);
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

    #[test]
    fn sentences_are_broken_between_words_beside_their_label() {
        let text = "the quick brown fox jumps over /a/path/that/is/longer/than/any/line of it";
        assert_eq!(
            wrapped(Some(30), "ok     ", text),
            [
                "ok     the quick brown fox",
                "       jumps over",
                "       /a/path/that/is/longer/than/any/line",
                "       of it"
            ]
        );
        // In no terminal nothing is, and in the narrowest there is some room.
        assert_eq!(wrapped(None, "ok     ", text), [format!("ok     {text}")]);
        assert_eq!(
            wrapped(Some(1), "ok     ", "the quick brown fox jumps"),
            ["ok     the quick brown fox", "       jumps"]
        );
    }

    #[test]
    fn letters_that_take_two_columns_count_as_two() {
        let lines = wrapped(Some(31), "作業   ", &"返金してほしい。".repeat(6));
        assert!(lines.len() > 2, "{lines:?}");
        for line in &lines {
            assert!(textwrap::core::display_width(line) <= 31, "{line}");
        }
        // An odd column stays empty: no letter is cut, and none is lost.
        assert!(lines[..2].iter().all(|line| textwrap::core::display_width(line) >= 30), "{lines:?}");
        let whole: String = lines.iter().map(|line| line.trim_start_matches("作業").trim()).collect();
        assert_eq!(whole, "返金してほしい。".repeat(6));
    }

    #[test]
    fn sentences_of_the_component_steer_no_terminal() {
        assert_eq!(wrapped(None, "", "a\u{1b}[2Jb"), ["a [2Jb"]);
        assert_eq!(wrapped(Some(80), "", "a\u{1b}[2Jb"), ["a [2Jb"]);
    }
}
