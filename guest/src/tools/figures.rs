//! Figures of conversations as answers tell them: without those that say nothing, durations in
//! minutes, and how each is counted.

use serde::{Serialize, Serializer};
use serde_with::skip_serializing_none;

use crate::store::statistics::{Details, Figures, Spread, TIMES};

/// The main figures of a period or of a group.
#[skip_serializing_none]
#[derive(Clone, Debug, Serialize)]
pub struct MainFigures {
    conversations: usize,
    closed: Option<usize>,
    unanswered_now: Option<usize>,
    never_answered_by_a_human: Option<usize>,
    reopened: Option<usize>,
    ratings: Option<usize>,
    ai_involved: Option<usize>,
    #[serde(flatten)]
    durations: Durations,
    reopen_percent: Option<f64>,
    rating_average: Option<f64>,
    satisfied_percent: Option<f64>,
    ai_resolved_percent: Option<f64>,
}

/// Those of the period before that the figures of a group are compared with.
#[skip_serializing_none]
#[derive(Clone, Debug, Serialize)]
pub struct ComparedFigures {
    conversations: usize,
    first_response_median: Option<f64>,
    resolution_median: Option<f64>,
    reopen_percent: Option<f64>,
    rating_average: Option<f64>,
}

/// What is added in detail.
#[skip_serializing_none]
#[derive(Clone, Debug, Serialize)]
pub struct FurtherFigures {
    customers: usize,
    #[serde(flatten)]
    durations: Durations,
    ai_ratings: Option<usize>,
    ai_rating_average: Option<f64>,
}

/// Durations by name: of each its median and 90th percentile, as `name_median` and `name_p90`.
#[derive(Clone, Debug)]
struct Durations(Vec<(&'static str, Spread)>);

impl Serialize for Durations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().flat_map(|(name, spread)| {
            [(format!("{name}_median"), minutes(spread.median)), (format!("{name}_p90"), minutes(spread.p90))]
        }))
    }
}

impl FromIterator<(&'static str, Option<Spread>)> for Durations {
    fn from_iter<I: IntoIterator<Item = (&'static str, Option<Spread>)>>(all: I) -> Self {
        Self(all.into_iter().filter_map(|(name, spread)| Some((name, spread?))).collect())
    }
}

impl From<&Figures> for MainFigures {
    fn from(figures: &Figures) -> Self {
        let durations = [
            ("first_response", figures.first_response),
            ("resolution", figures.resolution),
            ("waiting_now", figures.waiting),
        ];
        Self {
            conversations: figures.conversations,
            closed: some(figures.closed),
            unanswered_now: some(figures.unanswered),
            never_answered_by_a_human: some(figures.never_answered),
            reopened: some(figures.reopened),
            ratings: some(figures.ratings),
            ai_involved: some(figures.ai_involved),
            durations: durations.into_iter().collect(),
            reopen_percent: reopen_percent(figures),
            rating_average: figures.rating_average,
            satisfied_percent: percent(figures.satisfied, figures.ratings),
            ai_resolved_percent: percent(figures.ai_resolved, figures.ai_involved),
        }
    }
}

impl From<&Figures> for ComparedFigures {
    fn from(figures: &Figures) -> Self {
        let median = |spread: Option<Spread>| spread.map(|spread| minutes(spread.median));
        Self {
            conversations: figures.conversations,
            first_response_median: median(figures.first_response),
            resolution_median: median(figures.resolution),
            reopen_percent: reopen_percent(figures),
            rating_average: figures.rating_average,
        }
    }
}

impl From<&Details> for FurtherFigures {
    fn from(details: &Details) -> Self {
        Self {
            customers: details.customers,
            durations: TIMES.iter().map(|(name, _)| *name).zip(details.times).collect(),
            ai_ratings: some(details.ai_ratings),
            ai_rating_average: details.ai_rating_average.filter(|_| details.ai_ratings > 0),
        }
    }
}

/// The count, unless it is none.
fn some(count: usize) -> Option<usize> {
    (count > 0).then_some(count)
}

fn reopen_percent(figures: &Figures) -> Option<f64> {
    percent(figures.reopened, figures.conversations).filter(|_| figures.reopened > 0)
}

fn minutes(seconds: i64) -> f64 {
    (seconds as f64 / 6.0).round() / 10.0
}

/// The part as a percentage with one decimal; none of nothing.
#[must_use]
pub fn percent(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 1_000.0).round() / 10.0)
}

/// Names of figures, each with how it is counted.
#[derive(Clone, Debug)]
pub struct Definitions(pub Vec<(&'static str, &'static str)>);

impl Serialize for Definitions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl Definitions {
    /// Of the figures that appear.
    #[must_use]
    pub fn of(figures: &Figures) -> Self {
        let all = [
            (
                true,
                "conversations",
                "Created in the period; all figures are about these. A count that is left out is 0.",
            ),
            (
                figures.first_response.is_some(),
                "first_response",
                "Minutes of wall clock (nights count) from the customer's first message to the first reply of a human teammate; conversations without one are left out.",
            ),
            (
                figures.resolution.is_some(),
                "resolution",
                "Minutes from creation to the last close, of those closed now.",
            ),
            (
                figures.unanswered > 0,
                "unanswered_now",
                "Not closed, and the customer waits for a reply at this moment; waiting_now is since when, in minutes.",
            ),
            (
                figures.never_answered > 0,
                "never_answered_by_a_human",
                "The customer wrote, and no human teammate has replied, whoever closed it.",
            ),
            (figures.reopened > 0, "reopen_percent", "Share of conversations reopened at least once."),
            (figures.ratings > 0, "satisfied_percent", "Share of ratings that are 4 or 5 of 5."),
            (
                figures.ai_involved > 0,
                "ai_resolved_percent",
                "Share of conversations with the AI agent that it resolved, confirmed or assumed.",
            ),
        ];
        let appearing = all.into_iter().filter(|(appears, ..)| *appears);
        Self(appearing.map(|(_, name, words)| (name, words)).collect())
    }
}
