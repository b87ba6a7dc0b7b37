//! Writes plain text: collapses blanks, and turns block borders into newlines.

/// How deep a list is indented at most; deeper ones stay at that depth.
const DEEPEST_INDENT: usize = 6;

/// Collects the plain text of a page of HTML. Blanks and newlines are held back until a
/// character follows, so that none ends up at the beginning or the end of a line.
pub(super) struct PlainText {
    out: String,
    blank: bool,
    newlines: usize,
    /// Within `<pre>`: how many are open.
    pub(super) preformatted: usize,
    /// How many lists are open.
    pub(super) list_depth: usize,
    /// A list item has begun and no character of it is written yet.
    bullet: bool,
}

impl PlainText {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            out: String::with_capacity(capacity),
            blank: false,
            newlines: 0,
            preformatted: 0,
            list_depth: 0,
            bullet: false,
        }
    }

    /// A stretch of text without markup and references.
    pub(super) fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if first.is_whitespace() {
                self.character(first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            self.flush();
            self.out.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }

    pub(super) fn character(&mut self, character: char) {
        if !character.is_whitespace() {
            self.flush();
            self.out.push(character);
        } else if self.preformatted == 0 {
            self.blank = true;
        } else if character == '\n' {
            self.newlines += 1;
        } else {
            self.flush();
            self.out.push(character);
        }
    }

    /// `<br>`.
    pub(super) fn line_break(&mut self) {
        self.newlines += 1;
    }

    /// The beginning or end of a block: what follows starts on a line of its own.
    pub(super) fn block(&mut self) {
        self.newlines = self.newlines.max(1);
    }

    /// The beginning of a list item.
    pub(super) fn item(&mut self) {
        self.block();
        self.bullet = true;
    }

    /// How much is written so far, in bytes, without held-back blanks: where the label of a link
    /// begins.
    pub(super) fn position(&self) -> usize {
        self.out.len()
    }

    /// What was written since that position.
    pub(super) fn since(&self, position: usize) -> &str {
        self.out.get(position..).unwrap_or_default()
    }

    /// The text, without blanks at its end.
    pub(super) fn finish(mut self) -> String {
        self.out.truncate(self.out.trim_end().len());
        self.out
    }

    /// Writes the held-back newlines (never more than one empty line) or blank.
    fn flush(&mut self) {
        if self.newlines > 0 && !self.out.is_empty() {
            while self.out.ends_with([' ', '\t', '\u{a0}']) {
                self.out.pop();
            }
            self.out.push_str(if self.newlines == 1 { "\n" } else { "\n\n" });
        } else if self.blank && !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
            self.out.push(' ');
        }
        self.newlines = 0;
        self.blank = false;
        if self.bullet {
            self.bullet = false;
            for _ in 1..self.list_depth.min(DEEPEST_INDENT) {
                self.out.push_str("  ");
            }
            self.out.push_str("- ");
        }
    }
}
