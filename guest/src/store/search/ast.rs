//! A query that was understood, as a tree.

/// What conversations must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Phrase(Phrase),
    Near(Vec<Phrase>, u32),
    And(Vec<Node>),
    Or(Vec<Node>),
    Without(Box<Node>, Box<Node>),
}

/// A word, or several that stand next to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phrase {
    /// As it was typed, without quotation marks.
    pub typed: String,
    /// As the index knows it.
    pub tokens: Vec<String>,
    /// The last token is only the beginning of a word.
    pub prefix: bool,
    /// Stood in quotation marks or has a `*`: found as it stands and in no other form.
    pub exact: bool,
    /// Written without blanks, at least in part, so that tokens are pairs of characters.
    pub paired: bool,
    /// FTS5 expressions that count as this one: other forms and spellings of the word.
    pub others: Vec<String>,
    /// FTS5 expressions of its parts, each scored by itself: pairs of characters, beginnings.
    pub pieces: Vec<String>,
    /// FTS5 expressions that count half: words made with this one.
    pub akin: Vec<String>,
    /// Must also stand in the text as typed, since the index knows only its letters: `c++`. In
    /// lower case.
    pub literal: Option<String>,
}

/// Something to find that is not made of others.
#[derive(Clone, Copy, Debug)]
pub enum Leaf<'a> {
    Phrase(&'a Phrase),
    Near(&'a [Phrase], u32),
    /// Alternatives of which one excludes something: `refund OR (invoice -paid)`.
    Without(&'a Node),
}

impl Node {
    /// As an FTS5 expression.
    pub fn write(&self) -> String {
        match self {
            Self::Phrase(phrase) => phrase.write_with_others(),
            Self::Near(phrases, distance) => write_near(phrases, *distance),
            Self::And(nodes) => Self::join(nodes, " AND "),
            Self::Or(nodes) => Self::join(nodes, " OR "),
            Self::Without(wanted, unwanted) => format!("({}) NOT ({})", wanted.write(), unwanted.write()),
        }
    }

    fn join(nodes: &[Self], operator: &str) -> String {
        let nodes: Vec<String> = nodes.iter().map(|node| format!("({})", node.write())).collect();
        nodes.join(operator)
    }

    /// Everything that is wanted, from left to right.
    pub fn leaves<'a>(&'a self, into: &mut Vec<Leaf<'a>>) {
        match self {
            Self::Phrase(phrase) => into.push(Leaf::Phrase(phrase)),
            Self::Near(phrases, distance) => into.push(Leaf::Near(phrases, *distance)),
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().for_each(|node| node.leaves(into)),
            Self::Without(..) => into.push(Leaf::Without(self)),
        }
    }

    /// Whether something with these leaves, numbered as in [`Node::leaves`], is what is wanted.
    pub fn is_met(&self, has: &impl Fn(usize) -> bool) -> bool {
        self.met_from(&mut 0, has)
    }

    #[expect(clippy::unnecessary_fold, reason = "every node takes its places, whatever the others say")]
    fn met_from(&self, at: &mut usize, has: &impl Fn(usize) -> bool) -> bool {
        match self {
            Self::Phrase(_) | Self::Near(..) | Self::Without(..) => {
                *at += 1;
                has(*at - 1)
            }
            // Each node is asked, so that the leaves behind it keep their numbers.
            Self::And(nodes) => nodes.iter().fold(true, |all, node| node.met_from(at, has) && all),
            Self::Or(nodes) => nodes.iter().fold(false, |any, node| node.met_from(at, has) || any),
        }
    }

    /// What is wanted of single words or phrases, to be changed in place.
    pub fn phrases_mut<'a>(&'a mut self, into: &mut Vec<&'a mut Phrase>) {
        match self {
            Self::Phrase(phrase) => into.push(phrase),
            Self::Near(..) => {}
            Self::And(nodes) | Self::Or(nodes) => nodes.iter_mut().for_each(|node| node.phrases_mut(into)),
            Self::Without(wanted, _) => wanted.phrases_mut(into),
        }
    }
}

impl Leaf<'_> {
    /// As an FTS5 expression.
    #[must_use]
    pub fn write(&self) -> String {
        match self {
            Self::Phrase(phrase) => phrase.write_with_others(),
            Self::Near(phrases, distance) => write_near(phrases, *distance),
            Self::Without(node) => node.write(),
        }
    }

    /// As it was typed, more or less.
    #[must_use]
    pub fn typed(&self) -> String {
        match self {
            Self::Phrase(phrase) => phrase.typed.clone(),
            Self::Near(phrases, _) => {
                phrases.iter().map(|phrase| phrase.typed.as_str()).collect::<Vec<_>>().join(" ")
            }
            Self::Without(Node::Without(wanted, _)) => {
                let mut leaves = Vec::new();
                wanted.leaves(&mut leaves);
                leaves.iter().map(Self::typed).collect::<Vec<_>>().join(" ")
            }
            Self::Without(_) => String::new(),
        }
    }
}

impl Phrase {
    /// As it stands.
    pub fn write(&self) -> String {
        let text = self.tokens.join(" ").replace('"', " ");
        if self.prefix { format!("\"{text}\" *") } else { format!("\"{text}\"") }
    }

    /// With everything that counts as this one.
    pub fn write_with_others(&self) -> String {
        let mut all = vec![self.write()];
        all.extend(self.others.iter().chain(&self.akin).cloned());
        all.join(" OR ")
    }

    /// How many of the phrases that [`Phrase::write_with_others`] writes count whole.
    pub fn whole(&self) -> usize {
        1 + self.others.len()
    }
}

/// `NEAR(…)` as an FTS5 expression.
pub fn write_near(phrases: &[Phrase], distance: u32) -> String {
    let phrases: Vec<String> = phrases.iter().map(Phrase::write).collect();
    format!("NEAR({}, {distance})", phrases.join(" "))
}
