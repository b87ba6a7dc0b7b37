//! What a person types, as an FTS5 query that can never be a syntax error.
//!
//! Understood are words, "phrases", `prefix*`, `OR`, `-not`, `NEAR(a b, 5)` and brackets. All
//! else is text: `C++`, `user@example.com`, `#1234` and quotes without a partner are words.
//! FTS5 sees nothing but quoted strings and operators that are written here.

use super::fold::fold;

/// Longest query that is read, in characters; the rest is dropped.
pub const MOST_CHARACTERS: usize = 500;
/// Most words that are looked for. FTS5 itself refuses expressions deeper than 256.
const MOST_TERMS: usize = 40;
const DEEPEST: usize = 10;
/// How many words may lie between those of a NEAR, unless it says otherwise (as in FTS5).
const NEAR_DISTANCE: u32 = 10;

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
enum Node {
    Phrase(Phrase),
    Near(Vec<Phrase>, u32),
    And(Vec<Node>),
    Or(Vec<Node>),
    Without(Box<Node>, Box<Node>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Phrase {
    tokens: Vec<String>,
    prefix: bool,
}

impl Query {
    /// Reads what was typed.
    #[must_use]
    pub fn parse(typed: &str) -> Self {
        let cut = typed.chars().count() > MOST_CHARACTERS;
        let typed: String =
            typed.chars().take(MOST_CHARACTERS).map(|c| if c == '\0' { ' ' } else { c }).collect();
        let mut parser =
            Parser { lexemes: lexemes(&typed), at: 0, terms: 0, query: Self { cut, ..Self::default() } };
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
        let (positive, negative) = match self.root.as_ref()? {
            Node::Without(positive, negative) => (positive.as_ref(), Some(negative)),
            other => (other, None),
        };
        if !matches!(positive, Node::And(_) | Node::Near(..)) {
            return None;
        }
        positive.phrases(&mut phrases);
        if phrases.len() < 2 {
            return None;
        }
        let any = Node::Or(phrases.into_iter().map(Node::Phrase).collect());
        let node = match negative {
            Some(negative) => Node::Without(Box::new(any), negative.clone()),
            None => any,
        };
        Some(in_columns(&node.write(), with_notes))
    }
}

fn in_columns(expression: &str, with_notes: bool) -> String {
    let columns = if with_notes { "subject body note" } else { "subject body" };
    format!("{{{columns}}} : ({expression})")
}

impl Node {
    fn write(&self) -> String {
        match self {
            Self::Phrase(phrase) => phrase.write(),
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
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Lexeme {
    /// A word, or what stood between quotation marks.
    Text {
        text: String,
        quoted: bool,
        prefix: bool,
    },
    Or,
    Not,
    Open,
    Close,
    /// `NEAR(` and everything to its bracket: the words, and the distance.
    Near(Vec<String>, u32),
}

fn lexemes(typed: &str) -> Vec<Lexeme> {
    let letters: Vec<char> = typed.chars().map(straight).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        let starts_word = at == 0 || letters[at - 1].is_whitespace() || "(-".contains(letters[at - 1]);
        match letter {
            _ if letter.is_whitespace() => at += 1,
            '"' => {
                let end =
                    letters[at + 1..].iter().position(|c| *c == '"').map_or(letters.len(), |n| at + 1 + n);
                let prefix = letters.get(end + 1) == Some(&'*');
                found.push(Lexeme::Text {
                    text: letters[at + 1..end].iter().collect(),
                    quoted: true,
                    prefix,
                });
                at = end + 1 + usize::from(prefix);
            }
            '-' if starts_word && letters.get(at + 1).is_some_and(|c| !c.is_whitespace() && *c != '-') => {
                found.push(Lexeme::Not);
                at += 1;
            }
            '(' if starts_word => {
                found.push(Lexeme::Open);
                at += 1;
            }
            ')' => {
                found.push(Lexeme::Close);
                at += 1;
            }
            _ => {
                let rest = &letters[at..];
                if let Some((near, length)) = near(rest) {
                    found.push(near);
                    at += length;
                    continue;
                }
                let length = rest
                    .iter()
                    .position(|c| c.is_whitespace() || *c == '"' || *c == ')')
                    .unwrap_or(rest.len());
                let word: String = rest[..length].iter().collect();
                at += length;
                found.push(match word.as_str() {
                    "OR" | "|" | "||" => Lexeme::Or,
                    "NOT" => Lexeme::Not,
                    "AND" | "&" | "&&" | "+" => continue,
                    _ => {
                        let prefix = word.ends_with('*');
                        Lexeme::Text { text: word, quoted: false, prefix }
                    }
                });
            }
        }
    }
    found
}

/// Quotation marks of all sorts become the plain ones.
fn straight(letter: char) -> char {
    match letter {
        '“' | '”' | '„' | '‟' | '«' | '»' | '＂' => '"',
        '‘' | '’' => '\'',
        other => other,
    }
}

/// `NEAR(one two, 5)` at the beginning of these letters, and how long it is.
fn near(letters: &[char]) -> Option<(Lexeme, usize)> {
    if !letters.starts_with(&['N', 'E', 'A', 'R', '(']) {
        return None;
    }
    let close = letters.iter().position(|letter| *letter == ')')?;
    let inside: String = letters[5..close].iter().collect();
    let (words, distance) = match inside.rsplit_once(',') {
        Some((words, number)) => match number.trim().parse::<u32>() {
            Ok(number) => (words.to_owned(), number.min(100)),
            Err(_) => (inside, NEAR_DISTANCE),
        },
        None => (inside, NEAR_DISTANCE),
    };
    let mut parts = Vec::new();
    for (index, piece) in words.split('"').enumerate() {
        if index % 2 == 1 {
            parts.push(piece.to_owned());
        } else {
            parts.extend(piece.split_whitespace().map(str::to_owned));
        }
    }
    Some((Lexeme::Near(parts, distance), close + 1))
}

struct Parser {
    lexemes: Vec<Lexeme>,
    at: usize,
    terms: usize,
    query: Query,
}

impl Parser {
    /// Alternatives up to a closing bracket or the end: what is wanted, and what is not when
    /// nothing is wanted.
    fn any(&mut self, depth: usize) -> (Option<Node>, Option<Node>) {
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
                        .filter_map(|part| self.phrase(part, part.ends_with('*'), !negate))
                        .collect();
                    match phrases.len() {
                        0 => None,
                        1 => phrases.into_iter().next().map(Node::Phrase),
                        _ => Some(Node::Near(phrases, distance)),
                    }
                }
                Lexeme::Text { text, quoted, prefix } => {
                    self.at += 1;
                    let phrase = self.phrase(&text, prefix, !negate);
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

    fn phrase(&mut self, text: &str, prefix: bool, mark: bool) -> Option<Phrase> {
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
        if mark {
            let whole = fold(text.trim_matches(|letter: char| !letter.is_alphanumeric()));
            for text in std::iter::once(whole).chain(tokens.iter().map(|token| fold(token))) {
                if !text.is_empty() && !self.query.marks.iter().any(|mark| mark.text == text) {
                    self.query.marks.push(Mark { text, prefix });
                }
            }
        }
        Some(Phrase { tokens, prefix })
    }
}

fn joined(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Option<Node> {
    match nodes.len() {
        0 => None,
        1 => nodes.pop(),
        _ => Some(join(nodes)),
    }
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

    #[test]
    fn signs_that_make_another_word_are_checked_in_the_text() {
        assert_eq!(Query::parse("C++ crash").literals, ["c++"]);
    }
}
