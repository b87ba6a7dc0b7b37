//! What the workspace is about: topics with and without an article, written as different people
//! write, and articles.

mod english;
mod german;
mod plain;
mod spanish;

pub use english::{ENGLISH, OF_THE_SIMULATOR};
pub use german::GERMAN;
pub use plain::PLAIN;
pub use spanish::SPANISH;

/// A question as different customers ask it, and how teammates answer.
#[derive(Clone, Copy)]
pub struct Topic {
    pub name: &'static str,
    pub questions: &'static [&'static str],
    pub answers: &'static [&'static str],
}

/// A question that an article answers, with the article's title and text.
pub type Covered = (Topic, &'static str, &'static str);

/// All that is planted in a workspace.
#[derive(Clone, Copy)]
pub struct Plan {
    /// Nothing in the help centre answers these.
    pub without_article: &'static [Topic],
    /// These are asked as often, and an article answers them, in words of its own.
    pub with_article: &'static [Covered],
    /// Articles that let customers down; and others that are used as often and help.
    pub bad: &'static [&'static str],
    pub good: &'static [&'static str],
    /// What these articles say beside their title.
    pub article: &'static str,
    /// What people write around a question.
    pub before: &'static [&'static str],
    pub after: &'static [&'static str],
    /// How teammates begin.
    pub openings: &'static [&'static str],
}

/// Four topics and two articles of each of three languages, with what is written around them.
pub fn mixed() -> Plan {
    let plans = [ENGLISH, GERMAN, SPANISH];
    let of_each = |part: fn(&Plan) -> &'static [&'static str]| -> &'static [&'static str] {
        plans.iter().flat_map(part).copied().collect::<Vec<_>>().leak()
    };
    let topics: Vec<Topic> =
        plans.iter().flat_map(|plan| plan.without_article.iter().copied().step_by(3)).collect();
    let covered: Vec<Covered> =
        plans.iter().flat_map(|plan| plan.with_article.iter().copied().take(2)).collect();
    Plan {
        without_article: topics.leak(),
        with_article: covered.leak(),
        before: of_each(|plan| plan.before),
        after: of_each(|plan| plan.after),
        openings: of_each(|plan| plan.openings),
        ..ENGLISH
    }
}
