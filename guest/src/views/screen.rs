//! Lines of styled text, broken to the width of a terminal.

use unicode_width::UnicodeWidthStr;

use crate::environment::Redaction;
use crate::redaction;

pub use crate::wit::exports::fastintercom::component::views::{Span, Style};

pub type Line = Vec<Span>;

#[must_use]
pub fn span(text: impl Into<String>, style: Style) -> Span {
    Span { text: text.into(), style }
}

/// Narrower than this nothing can be read; wider than that the eye loses its line.
const WIDTHS: std::ops::RangeInclusive<u32> = 24..=110;

/// A screen under construction.
#[derive(Clone, Debug)]
pub struct Screen {
    /// Columns; none: lines are not broken.
    width: Option<usize>,
    /// What is blanked out of everything that is written, below what the tools did themselves.
    redactions: Vec<Redaction>,
    lines: Vec<Line>,
}

impl Screen {
    #[must_use]
    pub fn new(width: Option<u32>, redactions: &[Redaction]) -> Self {
        let width = width.map(|width| width.clamp(*WIDTHS.start(), *WIDTHS.end()) as usize);
        Self { width, redactions: redactions.to_vec(), lines: Vec::new() }
    }

    pub fn blank(&mut self) {
        self.lines.push(Line::new());
    }

    /// One paragraph, broken between words, each of its lines indented.
    pub fn paragraph(&mut self, indent: usize, spans: Vec<Span>) {
        self.hanging(indent, 0, spans);
    }

    /// The same, with all lines but the first `more` columns further to the right.
    pub fn hanging(&mut self, indent: usize, more: usize, spans: Vec<Span>) {
        let spans = spans.into_iter().map(|span| self.clean(span)).collect();
        let room = |taken: usize| self.width.map_or(usize::MAX, |width| width.saturating_sub(taken).max(8));
        let lines = Breaker::new(room(indent), room(indent + more)).run(spans);
        for (index, mut line) in lines.into_iter().enumerate() {
            let blanks = if index == 0 { indent } else { indent + more };
            if blanks > 0 {
                line.insert(0, span(" ".repeat(blanks), Style::Plain));
            }
            self.lines.push(line);
        }
    }

    /// One line whatever its length: an address that is broken cannot be opened.
    pub fn unbroken(&mut self, line: Line) {
        let line = line.into_iter().map(|span| self.clean(span)).collect();
        self.lines.push(line);
    }

    /// The same net that stands below the tools' JSON.
    fn clean(&self, span: Span) -> Span {
        let text = crate::text::clean(&span.text);
        Span { text: redaction::redact(&text, &self.redactions).into_owned(), style: span.style }
    }

    /// Text of several lines, each a paragraph. Blank ones stay, but not in a row.
    pub fn text(&mut self, indent: usize, text: &str, style: Style) {
        let mut was_blank = true;
        for line in text.lines() {
            let is_blank = line.trim().is_empty();
            match (is_blank, was_blank) {
                (true, true) => {}
                (true, false) => self.blank(),
                (false, _) => self.paragraph(indent, vec![span(line.replace('\t', "    "), style)]),
            }
            was_blank = is_blank;
        }
    }

    #[must_use]
    pub fn into_lines(self) -> Vec<Line> {
        self.lines
    }
}

/// Breaks a paragraph into lines. A word may have several styles.
struct Breaker {
    /// Columns of the line at hand.
    room: usize,
    /// Columns of all lines after the first.
    further: usize,
    lines: Vec<Line>,
    line: Line,
    line_width: usize,
    word: Line,
    word_width: usize,
    /// Blanks before the word at hand, which vanish at a break.
    blanks: usize,
}

impl Breaker {
    fn new(room: usize, further: usize) -> Self {
        Self {
            room,
            further,
            lines: Vec::new(),
            line: Line::new(),
            line_width: 0,
            word: Line::new(),
            word_width: 0,
            blanks: 0,
        }
    }

    fn run(mut self, spans: Vec<Span>) -> Vec<Line> {
        for part in spans {
            let mut rest = part.text.as_str();
            while !rest.is_empty() {
                let end = rest.find(' ').unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                if !word.is_empty() {
                    self.word_width += word.width();
                    self.word.push(span(word, part.style));
                }
                rest = after.trim_start_matches(' ');
                let blanks = after.len() - rest.len();
                if blanks > 0 {
                    self.end_word();
                    self.blanks += blanks;
                }
            }
        }
        self.end_word();
        self.end_line();
        self.lines
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        if self.line_width > 0 && self.line_width + self.blanks + self.word_width > self.room {
            self.end_line();
        } else if self.blanks > 0 {
            // Blanks between words of one style have it too: fewer changes, shorter lines.
            let style = match (self.line.last(), self.word.first()) {
                (Some(last), Some(first)) if last.style == first.style => last.style,
                _ => Style::Plain,
            };
            push(&mut self.line, &" ".repeat(self.blanks), style);
            self.line_width += self.blanks;
        }
        self.blanks = 0;
        self.word_width = 0;
        for part in std::mem::take(&mut self.word) {
            self.put(&part);
        }
    }

    /// A word that is longer than a line is broken wherever the line is full.
    fn put(&mut self, part: &Span) {
        let mut rest = part.text.as_str();
        while self.line_width + rest.width() > self.room {
            let free = self.room.saturating_sub(self.line_width);
            let cut = rest
                .char_indices()
                .map(|(start, letter)| start + letter.len_utf8())
                .take_while(|end| rest[..*end].width() <= free)
                .last();
            match cut {
                Some(cut) => {
                    push(&mut self.line, &rest[..cut], part.style);
                    rest = &rest[cut..];
                    self.end_line();
                }
                // Not even one letter fits here; on a line of its own it must.
                None if self.line_width > 0 => self.end_line(),
                None => break,
            }
        }
        push(&mut self.line, rest, part.style);
        self.line_width += rest.width();
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.lines.push(std::mem::take(&mut self.line));
            self.room = self.further;
        }
        self.line_width = 0;
        self.blanks = 0;
    }
}

/// Adds text, to the last span where that has the same style.
fn push(line: &mut Line, text: &str, style: Style) {
    if text.is_empty() {
        return;
    }
    match line.last_mut() {
        Some(last) if last.style == style => last.text.push_str(text),
        _ => line.push(span(text, style)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|part| part.text.as_str()).collect()).collect()
    }

    fn broken(width: u32, indent: usize, text: &str) -> Vec<String> {
        let mut screen = Screen::new(Some(width), &[]);
        screen.paragraph(indent, vec![span(text, Style::Plain)]);
        plain(&screen.into_lines())
    }

    #[test]
    fn lines_are_broken_between_words_and_indented() {
        assert_eq!(
            broken(24, 4, "the quick brown fox jumps over the dog"),
            ["    the quick brown fox", "    jumps over the dog"]
        );
    }

    #[test]
    fn a_word_longer_than_a_line_is_cut() {
        let url = "https://example.com/a/very/long/path/that/never/ends";
        let lines = broken(24, 2, &format!("see {url}"));
        assert!(lines.iter().all(|line| line.width() <= 24), "{lines:?}");
        assert_eq!(lines.iter().map(|line| line.trim()).collect::<String>(), format!("see{url}"));
    }

    #[test]
    fn letters_that_take_two_columns_count_as_two() {
        let lines = broken(24, 0, &"返金してほしい".repeat(4));
        assert!(lines.len() > 2 && lines.iter().all(|line| line.width() <= 24), "{lines:?}");
    }

    #[test]
    fn a_word_of_two_styles_is_not_torn() {
        let mut screen = Screen::new(Some(24), &[]);
        screen.paragraph(
            0,
            vec![
                span("aaaa bbbb cccc dddd (", Style::Plain),
                span("refund", Style::Hit),
                span("), please", Style::Plain),
            ],
        );
        let lines = screen.into_lines();
        assert_eq!(plain(&lines), ["aaaa bbbb cccc dddd", "(refund), please"]);
        assert!(lines[1].contains(&span("refund", Style::Hit)));
    }

    #[test]
    fn without_a_width_nothing_is_broken() {
        let mut screen = Screen::new(None, &[]);
        screen.text(2, &format!("{}\n\n\n\nend", "word ".repeat(200)), Style::Plain);
        assert_eq!(screen.into_lines().len(), 3);
    }
}
