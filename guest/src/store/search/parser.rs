//! Lexemes, put together to a query.

use super::fold::fold;
use super::inflection::forms;
use super::lexer::Lexeme;
use super::query::{Mark, Node, Phrase, Query};

/// Most words that are looked for. FTS5 itself refuses expressions deeper than 256.
const MOST_TERMS: usize = 40;
const DEEPEST: usize = 10;

pub struct Parser {
    lexemes: Vec<Lexeme>,
    at: usize,
    terms: usize,
    pub query: Query,
}

impl Parser {
    pub fn new(lexemes: Vec<Lexeme>, query: Query) -> Self {
        Self { lexemes, at: 0, terms: 0, query }
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
                    let marks = self.query.marks.len();
                    let (node, _) = self.any(depth + 1);
                    if negate {
                        self.query.marks.truncate(marks);
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
                    let phrase = self.phrase(&text, prefix, !negate, quoted);
                    // A sign behind a letter makes another word of it: C++ is not C.
                    if !negate && !quoted && depth == 0 && phrase.is_some() && text.ends_with(['+', '#']) {
                        self.query.literals.push(text.to_lowercase());
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
            self.query.cut = true;
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
        let others = if exact || prefix { Vec::new() } else { other_forms(text, &tokens) };
        if mark {
            let whole = fold(text.trim_matches(|letter: char| !letter.is_alphanumeric()));
            let parts = tokens.iter().map(|token| fold(token));
            for text in std::iter::once(whole).chain(parts).chain(others.iter().cloned()) {
                if !text.is_empty() && !self.query.marks.iter().any(|mark| mark.text == text) {
                    self.query.marks.push(Mark { text, prefix });
                }
            }
        }
        Some(Phrase { tokens, prefix, others })
    }
}

/// What a word may also be written as: its inflections, and what has a hyphen without it.
fn other_forms(text: &str, tokens: &[String]) -> Vec<String> {
    if let [word] = tokens {
        return forms(word);
    }
    let is_compound = text.contains('-')
        && text.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '-')
        && tokens.len() == 2;
    if is_compound { vec![tokens.concat().to_lowercase()] } else { Vec::new() }
}

fn joined(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Option<Node> {
    match nodes.len() {
        0 => None,
        1 => nodes.pop(),
        _ => Some(join(nodes)),
    }
}
