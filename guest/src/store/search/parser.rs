//! Lexemes, put together to a query.

use super::ast::{Node, Phrase};
use super::letters::fold;
use super::lexer::Lexeme;
use super::snippet::Mark;

/// Most words that are looked for. FTS5 itself refuses expressions deeper than 256.
const MOST_TERMS: usize = 40;
const DEEPEST: usize = 10;

pub struct Parser {
    lexemes: Vec<Lexeme>,
    at: usize,
    terms: usize,
    /// What to mark in snippets.
    pub marks: Vec<Mark>,
    /// There were more words than are looked for.
    pub cut: bool,
}

impl Parser {
    pub fn new(lexemes: Vec<Lexeme>) -> Self {
        Self { lexemes, at: 0, terms: 0, marks: Vec::new(), cut: false }
    }

    /// Alternatives up to a closing bracket or the end: what is wanted, and what is not when
    /// nothing is wanted.
    pub fn any(&mut self, depth: usize) -> (Option<Node>, Option<Node>) {
        let mut alternatives = Vec::new();
        let mut unwanted = Vec::new();
        loop {
            let (wanted, not) = self.all(depth);
            alternatives.extend(wanted);
            unwanted.extend(not);
            if self.lexemes.get(self.at) != Some(&Lexeme::Or) {
                break;
            }
            self.at += 1;
        }
        match joined(alternatives, Node::Or) {
            Some(node) => (Some(node), None),
            None => (None, joined(unwanted, Node::Or)),
        }
    }

    /// Everything up to an OR, a closing bracket or the end.
    fn all(&mut self, depth: usize) -> (Option<Node>, Option<Node>) {
        let mut wanted = Vec::new();
        let mut unwanted = Vec::new();
        let mut negate = false;
        while let Some(lexeme) = self.lexemes.get(self.at).cloned() {
            let node = match lexeme {
                Lexeme::Or => break,
                Lexeme::Close if depth > 0 => break,
                Lexeme::Close => {
                    self.at += 1;
                    continue;
                }
                Lexeme::Not => {
                    negate = true;
                    self.at += 1;
                    continue;
                }
                Lexeme::Open => {
                    self.at += 1;
                    if depth >= DEEPEST {
                        continue;
                    }
                    let marks = self.marks.len();
                    let (node, _) = self.any(depth + 1);
                    if negate {
                        self.marks.truncate(marks);
                    }
                    if self.lexemes.get(self.at) == Some(&Lexeme::Close) {
                        self.at += 1;
                    }
                    node
                }
                Lexeme::Near(parts, distance) => {
                    self.at += 1;
                    let phrases: Vec<Phrase> = parts
                        .iter()
                        .filter_map(|part| self.phrase(part, part.ends_with('*'), !negate, true))
                        .collect();
                    match phrases.len() {
                        0 => None,
                        1 => phrases.into_iter().next().map(Node::Phrase),
                        _ => Some(Node::Near(phrases, distance)),
                    }
                }
                Lexeme::Text { text, quoted, prefix } => {
                    self.at += 1;
                    let mut phrase = self.phrase(&text, prefix, !negate, quoted);
                    // A sign behind a letter makes another word of it: C++ is not C.
                    if let Some(phrase) = &mut phrase
                        && !negate
                        && !quoted
                        && text.ends_with(['+', '#'])
                    {
                        phrase.literal = Some(text.to_lowercase());
                    }
                    phrase.map(Node::Phrase)
                }
            };
            if let Some(node) = node {
                if negate { unwanted.push(node) } else { wanted.push(node) }
            }
            negate = false;
        }
        let unwanted = joined(unwanted, Node::Or);
        match (joined(wanted, Node::And), unwanted) {
            (Some(wanted), Some(unwanted)) => {
                (Some(Node::Without(Box::new(wanted), Box::new(unwanted))), None)
            }
            (wanted, unwanted) => (wanted, unwanted),
        }
    }

    fn phrase(&mut self, text: &str, prefix: bool, mark: bool, exact: bool) -> Option<Phrase> {
        let mut tokens = crate::text::index_phrase(text);
        if tokens.is_empty() {
            return None;
        }
        if self.terms >= MOST_TERMS {
            self.cut = true;
            return None;
        }
        self.terms += 1;
        let mut prefix = prefix;
        if let Some(last) = tokens.last_mut()
            && last.ends_with('*')
        {
            last.pop();
            prefix = true;
        }
        if mark {
            let whole = fold(text.trim_matches(|letter: char| !letter.is_alphanumeric()));
            let parts = tokens.iter().map(|token| fold(token));
            for text in std::iter::once(whole).chain(parts) {
                if !text.is_empty() && !self.marks.iter().any(|mark| mark.text == text) {
                    self.marks.push(Mark { text, prefix });
                }
            }
        }
        let paired = crate::text::is_unbroken(text);
        Some(Phrase {
            typed: text.to_owned(),
            tokens,
            prefix,
            exact: exact || (prefix && !paired),
            paired,
            ..Phrase::default()
        })
    }
}

fn joined(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Option<Node> {
    match nodes.len() {
        0 => None,
        1 => nodes.pop(),
        _ => Some(join(nodes)),
    }
}
