//! What a person types, as an FTS5 query that can never be a syntax error.
//!
//! Understood are words, "phrases", `prefix*`, `OR`, `-not`, `NEAR(a b, 5)` and brackets. All
//! else is text: `C++`, `user@example.com`, `#1234` and quotes without a partner are words.
//! FTS5 sees nothing but quoted strings and operators that are written here.

use super::ast::{Leaf, Node, Phrase};
use super::lexer::{lexemes, with_numbers_joined, without_stop_words};
use super::parser::Parser;
use super::snippet::Mark;
use super::spelling::Correction;

use crate::sorting;

/// Longest query that is read, in characters; the rest is dropped.
pub const MOST_CHARACTERS: usize = 500;

/// A query that was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    root: Option<Node>,
    /// Excluded words of a query that consists of nothing else.
    excluded: Option<Node>,
    /// What to mark in snippets, folded, the longest first.
    pub marks: Vec<Mark>,
    /// Some of a too long query was dropped.
    pub cut: bool,
    /// Words that are nowhere, and what was taken for them.
    pub corrections: Vec<Correction>,
}

impl Query {
    /// Reads what was typed.
    #[must_use]
    pub fn parse(typed: &str) -> Self {
        let cut = typed.chars().count() > MOST_CHARACTERS;
        let typed: String =
            typed.chars().take(MOST_CHARACTERS).map(|c| if c == '\0' { ' ' } else { c }).collect();
        let mut parser = Parser::new(without_stop_words(with_numbers_joined(lexemes(&typed))));
        let (root, excluded) = parser.any(0);
        let mut query =
            Self { root, excluded, marks: parser.marks, cut: cut || parser.cut, corrections: Vec::new() };
        query.sort_marks();
        query
    }

    /// The FTS5 expression over the columns that may be searched, if there is anything to find.
    #[must_use]
    pub fn expression(&self, with_notes: bool) -> Option<String> {
        self.root.as_ref().map(|node| in_columns(&node.write(), with_notes))
    }

    /// The FTS5 expression of what a message must not contain, when the query is only that.
    #[must_use]
    pub fn exclusion(&self, with_notes: bool) -> Option<String> {
        self.excluded.as_ref().map(|node| in_columns(&node.write(), with_notes))
    }

    /// The FTS5 expression of what no message may have beside what is wanted.
    #[must_use]
    pub fn unwanted_expression(&self, with_notes: bool) -> Option<String> {
        let (_, unwanted) = self.parts()?;
        unwanted.map(|node| in_columns(&node.write(), with_notes))
    }

    /// The FTS5 expression of what has any of the words and phrases.
    #[must_use]
    pub fn any(&self, with_notes: bool) -> Option<String> {
        let any: Vec<String> = self.leaves().iter().map(|leaf| format!("({})", leaf.write())).collect();
        (!any.is_empty()).then(|| in_columns(&any.join(" OR "), with_notes))
    }

    /// The words and phrases that are wanted, from left to right.
    #[must_use]
    pub fn leaves(&self) -> Vec<Leaf<'_>> {
        let mut leaves = Vec::new();
        if let Some((wanted, _)) = self.parts() {
            wanted.leaves(&mut leaves);
        }
        leaves
    }

    /// Whether a conversation with these leaves, numbered as in [`Query::leaves`], has what is
    /// wanted.
    #[must_use]
    pub fn is_met(&self, has: impl Fn(usize) -> bool) -> bool {
        self.parts().is_some_and(|(wanted, _)| wanted.is_met(&has))
    }

    /// One word or phrase is all that is wanted.
    #[must_use]
    pub fn is_single(&self) -> bool {
        matches!(self.parts(), Some((Node::Phrase(phrase), _)) if !phrase.paired || phrase.exact)
    }

    /// Every leaf is needed.
    #[must_use]
    pub fn needs_all(&self) -> bool {
        let leaf = |node: &Node| !matches!(node, Node::And(_) | Node::Or(_));
        match self.parts() {
            Some((Node::And(nodes), _)) => nodes.iter().all(leaf),
            Some((node, _)) => leaf(node),
            None => false,
        }
    }

    /// Any leaf is enough.
    #[must_use]
    pub fn needs_any(&self) -> bool {
        let leaf = |node: &Node| !matches!(node, Node::And(_) | Node::Or(_));
        matches!(self.parts(), Some((Node::Or(nodes), _)) if nodes.iter().all(leaf))
    }

    /// An expression for a part of what is wanted, over the columns that may be searched, in
    /// messages that have nothing unwanted.
    #[must_use]
    pub fn part(&self, expression: &str, with_notes: bool) -> String {
        match self.parts() {
            Some((_, Some(unwanted))) => {
                in_columns(&format!("({expression}) NOT ({})", unwanted.write()), with_notes)
            }
            _ => in_columns(expression, with_notes),
        }
    }

    /// Whether it says of nothing but words that are not wanted.
    #[must_use]
    pub fn is_exclusion(&self) -> bool {
        self.root.is_none() && self.excluded.is_some()
    }

    /// What no message may have, as it was typed.
    #[must_use]
    pub fn unwanted(&self) -> Vec<String> {
        let mut leaves = Vec::new();
        if let Some(node) = &self.excluded {
            node.leaves(&mut leaves);
        }
        if let Some((_, Some(unwanted))) = self.parts() {
            unwanted.leaves(&mut leaves);
        }
        leaves.iter().map(Leaf::typed).collect()
    }

    /// Every word and phrase, those that are not wanted last, to be changed in place.
    pub fn phrases_mut(&mut self) -> (Vec<&mut Phrase>, Vec<&mut Phrase>) {
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        match &mut self.root {
            Some(Node::Without(positive, negative)) => {
                positive.phrases_mut(&mut wanted);
                negative.phrases_mut(&mut unwanted);
            }
            Some(node) => node.phrases_mut(&mut wanted),
            None => {}
        }
        if let Some(node) = &mut self.excluded {
            node.phrases_mut(&mut unwanted);
        }
        (wanted, unwanted)
    }

    /// Puts the longest first, so that it is marked before its parts.
    pub fn sort_marks(&mut self) {
        sorting::by(&mut self.marks, |a, b| {
            b.text.len().cmp(&a.text.len()).then_with(|| a.text.cmp(&b.text))
        });
        self.marks.dedup();
    }

    /// What is wanted, and what a message must not have.
    fn parts(&self) -> Option<(&Node, Option<&Node>)> {
        Some(match self.root.as_ref()? {
            Node::Without(positive, negative) => (positive.as_ref(), Some(negative.as_ref())),
            other => (other, None),
        })
    }
}

fn in_columns(expression: &str, with_notes: bool) -> String {
    let columns = if with_notes { "subject body note" } else { "subject body" };
    format!("{{{columns}}} : ({expression})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(typed: &str) -> String {
        Query::parse(typed).root.map(|node| node.write()).unwrap_or_default()
    }

    #[test]
    fn the_language() {
        for (typed, expected) in [
            ("refund", "\"refund\""),
            ("refund invoice", "(\"refund\") AND (\"invoice\")"),
            ("\"credit card\"", "\"credit card\""),
            ("refun*", "\"refun\" *"),
            ("refund OR invoice", "(\"refund\") OR (\"invoice\")"),
            ("refund -spam", "(\"refund\") NOT (\"spam\")"),
            ("NEAR(refund late, 3)", "NEAR(\"refund\" \"late\", 3)"),
            ("(refund OR invoice) late", "((\"refund\") OR (\"invoice\")) AND (\"late\")"),
            ("user@example.com", "\"user example com\""),
            ("#1234", "\"1234\""),
            ("“credit card”", "\"credit card\""),
            ("e-mail", "\"e mail\""),
            ("how do I get the refund", "(\"get\") AND (\"refund\")"),
            ("call +49 170 1234567 now", "(\"call\") AND (\"49 170 1234567\") AND (\"now\")"),
            ("card 4242 4242 4242 4242", "(\"card\") AND (\"4242 4242 4242 4242\")"),
            ("order 123456 and 2024", "(\"order\") AND (\"123456\") AND (\"2024\")"),
            ("what is it", "(\"what\") AND (\"is\") AND (\"it\")"),
        ] {
            assert_eq!(written(typed), expected, "{typed}");
        }
    }

    #[test]
    fn signs_without_letters_ask_for_nothing() {
        for typed in ["", "  ", "🎉", "\"", "((", "* OR -", "\"\" ''", "--", "AND OR NOT"] {
            assert_eq!(Query::parse(typed).root, None, "{typed}");
        }
    }

    #[test]
    fn what_is_only_excluded_is_told_apart() {
        let query = Query::parse("-spam -newsletter");
        assert_eq!(query.expression(false), None);
        assert!(query.exclusion(false).expect("excluded").contains("\"spam\""));
    }
}
