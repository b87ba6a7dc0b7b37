//! Many texts sought at once.

use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::{Input, Match, MatchKind};

/// One kind of automaton for all uses, and built in one place: `AhoCorasick` chooses among three, each
/// of which would be in the component once for every type that patterns come as.
#[derive(Debug)]
pub struct Patterns(DFA);

/// How letters of ASCII are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Same,
    Either,
}

impl Patterns {
    /// Of those that begin at the same place, the longest is found. `None`: they are too many.
    #[must_use]
    pub fn new(patterns: &[&str], case: Case) -> Option<Self> {
        DFA::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(case == Case::Either)
            .build(patterns)
            .ok()
            .map(Self)
    }

    /// All places in the text, none of which overlap.
    pub fn find_iter<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Match> + 'a {
        self.0.try_find_iter(Input::new(text)).into_iter().flatten()
    }

    #[must_use]
    pub fn is_in(&self, text: &[u8]) -> bool {
        self.find_iter(text).next().is_some()
    }
}
