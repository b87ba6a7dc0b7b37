//! What a person types, as an FTS5 query that can never be a syntax error.
//!
//! Understood are words, "phrases", `prefix*`, `OR`, `-not`, `NEAR(a b, 5)` and brackets. All
//! else is text: `C++`, `user@example.com`, `#1234` and quotes without a partner are words.
//! FTS5 sees nothing but quoted strings and operators that are written here.

use super::fold::fold;
use super::lexer::{lexemes, without_stop_words};
use super::parser::Parser;

/// Longest query that is read, in characters; the rest is dropped.
pub const MOST_CHARACTERS: usize = 500;
/// Shortest beginning of a word that nobody wrote.
const SHORTEST_BEGINNING: usize = 4;

/// A query that was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    root: Option<Node>,
    /// Excluded words of a query that consists of nothing else.
    excluded: Option<Node>,
    /// Words that must also stand in the text as typed, since the index knows only their letters:
    /// `c++`, `c#`. In lower case.
    pub literals: Vec<String>,
    /// What to mark in snippets, folded, the longest first.
    pub marks: Vec<Mark>,
    /// Some of a too long query was dropped.
    pub cut: bool,
}

/// A word or phrase to mark in a snippet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub text: String,
    pub prefix: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Phrase(Phrase),
    Near(Vec<Phrase>, u32),
    And(Vec<Node>),
    Or(Vec<Node>),
    Without(Box<Node>, Box<Node>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    pub tokens: Vec<String>,
    pub prefix: bool,
    /// Words that count as this one.
    pub others: Vec<String>,
}

impl Query {
    /// Reads what was typed.
    #[must_use]
    pub fn parse(typed: &str) -> Self {
        let cut = typed.chars().count() > MOST_CHARACTERS;
        let typed: String =
            typed.chars().take(MOST_CHARACTERS).map(|c| if c == '\0' { ' ' } else { c }).collect();
        let lexemes = without_stop_words(lexemes(&typed));
        let mut parser = Parser::new(lexemes, Self { cut, ..Self::default() });
        let (root, excluded) = parser.any(0);
        let mut query = parser.query;
        query.root = root;
        query.excluded = excluded;
        query.marks.sort_by_key(|mark| std::cmp::Reverse(mark.text.len()));
        query.marks.dedup();
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

    /// The same words, any of them enough; none when there is only one to begin with.
    #[must_use]
    pub fn relaxed(&self, with_notes: bool) -> Option<String> {
        let mut phrases = Vec::new();
        let (positive, negative) = self.parts()?;
        if !matches!(positive, Node::And(_) | Node::Near(..)) {
            return None;
        }
        positive.phrases(&mut phrases);
        if phrases.len() < 2 {
            return None;
        }
        let any = Node::Or(phrases.into_iter().map(Node::Phrase).collect());
        let node = match negative {
            Some(negative) => Node::Without(Box::new(any), Box::new(negative.clone())),
            None => any,
        };
        Some(in_columns(&node.write(), with_notes))
    }

    /// What must all be there, one expression each; none when that is a single thing.
    #[must_use]
    pub fn conjuncts(&self, with_notes: bool) -> Vec<String> {
        let Some((positive, negative)) = self.parts() else { return Vec::new() };
        let Node::And(nodes) = positive else { return Vec::new() };
        let write = |node: &Node| match negative {
            Some(negative) => format!("({}) NOT ({})", node.write(), negative.write()),
            None => node.write(),
        };
        nodes.iter().map(|node| in_columns(&write(node), with_notes)).collect()
    }

    /// The same query in which words that are nowhere count as beginnings: `authent` becomes
    /// `authent*`, and `authentification` the longest beginning of it that some word has, down to
    /// two thirds. The words come back too. None when that changes nothing.
    ///
    /// # Errors
    /// What `exists` reports.
    pub fn widened<E>(
        &self,
        with_notes: bool,
        mut exists: impl FnMut(&str) -> Result<bool, E>,
    ) -> Result<Option<(Self, Vec<String>)>, E> {
        let mut query = self.clone();
        let mut widened = Vec::new();
        if let Some(root) = &mut query.root {
            let wanted = match root {
                Node::Without(wanted, _) => wanted.as_mut(),
                other => other,
            };
            let mut phrases = Vec::new();
            wanted.single_words(&mut phrases);
            for phrase in phrases {
                let word = phrase.tokens[0].clone();
                let letters: Vec<char> = word.chars().collect();
                if letters.len() < SHORTEST_BEGINNING
                    || letters.iter().any(|letter| !letter.is_alphabetic())
                    || exists(&in_columns(&phrase.write_with_forms(), with_notes))?
                {
                    continue;
                }
                let shortest = SHORTEST_BEGINNING.max(letters.len() * 2 / 3);
                for length in (shortest..=letters.len()).rev() {
                    let beginning = Phrase {
                        tokens: vec![letters[..length].iter().collect()],
                        prefix: true,
                        others: Vec::new(),
                    };
                    if exists(&in_columns(&beginning.write(), with_notes))? {
                        query.marks.push(Mark { text: fold(&beginning.tokens[0]), prefix: true });
                        *phrase = beginning;
                        widened.push(word);
                        break;
                    }
                }
            }
        }
        Ok((!widened.is_empty()).then_some((query, widened)))
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

impl Node {
    fn write(&self) -> String {
        match self {
            Self::Phrase(phrase) => phrase.write_with_forms(),
            Self::Near(phrases, distance) => {
                let phrases: Vec<String> = phrases.iter().map(Phrase::write).collect();
                format!("NEAR({}, {distance})", phrases.join(" "))
            }
            Self::And(nodes) => Self::join(nodes, " AND "),
            Self::Or(nodes) => Self::join(nodes, " OR "),
            Self::Without(wanted, unwanted) => format!("({}) NOT ({})", wanted.write(), unwanted.write()),
        }
    }

    fn join(nodes: &[Self], operator: &str) -> String {
        let nodes: Vec<String> = nodes.iter().map(|node| format!("({})", node.write())).collect();
        nodes.join(operator)
    }

    /// Single words that are wanted, as they stand in the tree.
    fn single_words<'a>(&'a mut self, into: &mut Vec<&'a mut Phrase>) {
        match self {
            Self::Phrase(phrase) if phrase.tokens.len() == 1 && !phrase.prefix => into.push(phrase),
            Self::And(nodes) | Self::Or(nodes) => {
                nodes.iter_mut().for_each(|node| node.single_words(into));
            }
            _ => {}
        }
    }

    fn phrases(&self, into: &mut Vec<Phrase>) {
        match self {
            Self::Phrase(phrase) => into.push(phrase.clone()),
            Self::Near(phrases, _) => into.extend(phrases.iter().cloned()),
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().for_each(|node| node.phrases(into)),
            Self::Without(wanted, _) => wanted.phrases(into),
        }
    }
}

impl Phrase {
    fn write(&self) -> String {
        let text = self.tokens.join(" ").replace('"', " ");
        if self.prefix { format!("\"{text}\" *") } else { format!("\"{text}\"") }
    }

    fn write_with_forms(&self) -> String {
        let mut all = vec![self.write()];
        all.extend(self.others.iter().map(|other| format!("\"{other}\"")));
        all.join(" OR ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without the other forms of words.
    fn written(typed: &str) -> String {
        let mut root = Query::parse(typed).root;
        if let Some(root) = &mut root {
            plain(root);
        }
        root.map(|node| node.write()).unwrap_or_default()
    }

    fn plain(node: &mut Node) {
        match node {
            Node::Phrase(phrase) => phrase.others.clear(),
            Node::Near(..) => {}
            Node::And(nodes) | Node::Or(nodes) => nodes.iter_mut().for_each(plain),
            Node::Without(wanted, unwanted) => {
                plain(wanted);
                plain(unwanted);
            }
        }
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
    fn words_count_in_their_other_forms() {
        let expression = Query::parse("refunds e-mail").expression(false).expect("words");
        assert!(expression.contains("\"refund\"") && expression.contains("\"email\""), "{expression}");
        let exact = Query::parse("\"refunds\"").expression(false).expect("a word");
        assert!(!exact.contains("\"refund\""), "{exact}");
    }

    #[test]
    fn a_word_that_is_nowhere_is_taken_for_a_beginning() {
        let known = |expression: &str| {
            Ok::<_, ()>(expression.contains("\"authentic\" *") || expression.contains("code"))
        };
        let (query, words) =
            Query::parse("authentication code").widened(false, known).expect("no error").expect("wider");
        assert_eq!(words, ["authentication"]);
        assert!(query.expression(false).expect("words").contains("\"authentic\" *"));
        assert_eq!(Query::parse("code").widened(false, known), Ok(None));
    }

    #[test]
    fn what_is_only_excluded_is_told_apart() {
        let query = Query::parse("-spam -newsletter");
        assert_eq!(query.expression(false), None);
        assert!(query.exclusion(false).expect("excluded").contains("\"spam\""));
    }

    #[test]
    fn signs_that_make_another_word_are_checked_in_the_text() {
        assert_eq!(Query::parse("C++ crash").literals, ["c++"]);
    }
}
